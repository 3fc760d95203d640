"""Every channel of a layer on your photo: where each of its filters finds what it looks for.

    python -m demos activations cat.jpg
    python -m demos activations cat.jpg --layer relu1_1
    python -m demos activations cat.jpg --layer conv4_1 --size 256

A tile for each channel, in their order, row by row, with one scale for all: black is nothing, and
the brighter, the more the channel fires there.  In front of a relu, where a channel may be negative
too, it is from blue over grey to red.  A layer without places has one square for each channel.
"""

import argparse

from demos.shared import pictures, provenance
from demos.shared.command import add_layer, add_photos, for_each, network, parser, photos_of
from minigrad.techniques.look.patches import places_of


def main(argv: list[str]) -> None:
    """Look at every photo."""
    args = options().parse_intermixed_args(argv)
    photos = photos_of(args)
    net = network(args)
    for_each(photos, lambda photo, name: look(net, photo, f"{name}_activations", args))


def options() -> argparse.ArgumentParser:
    """Which photos, and which layer."""
    parse = parser("activations", __doc__)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add_layer(parse, "whose channels to look at (each network has a default)")
    parse.add_argument("--size", default=None, metavar="EDGE",
                       help="in pixels, or full, instead of the network's own")
    return parse


def look(net, photo, name: str, args) -> None:
    """Draw the layer's channels, and say which of them fire most."""
    layer = args.layer or net.default_layer
    a = net(net.pixels(photo, size=args.size), only=[layer])[layer]
    places = places_of(a)
    value = places.value[0]
    strongest = [int(c) for c in value.argsort()[::-1][:5]]
    drawn = pictures.show(maps_of(a))
    pictures.save(args.out, name, {"": drawn}, {
        "demo": "activations",
        "photo": photo.name,
        "model": net.name,
        "layer": layer,
        "shape (channels, rows, columns)": list(a.shape[1:]),
        "strongest": {
            c: {"activation": float(value[c]),
                "row, column": [int(places.row[0, c]), int(places.column[0, c])]}
            for c in strongest
        },
        **provenance.of(args, photo=photo),
    })  # fmt: skip
    for c in strongest:
        print(f"{value[c]:9.3f}  channel {c}")
    print(f"{layer}: {args.out / name}.png")


def maps_of(a):
    """One image's activations as maps: (1, C, H, W) or (1, C) → (C, H, W) or (C, 1, 1)."""
    return a[0] if a.ndim == 4 else a[0][:, None, None]
