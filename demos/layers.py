"""From edges to things: what the best channels of every layer want to see, beside what fires them.

    python -m demos layers
    python -m demos layers --layers relu1_1 relu3_2 relu5_1 fc8 --channels 6
    python -m demos layers --folder PHOTOS --patches 9

A row for each layer, from the first convolution to the scores.  Each channel has the picture that
most excites it (Yosinski et al. 2015) and, at its right, the patches of real photos that do
(Zeiler and Fergus 2013), both of what one unit sees: in the first layers a few pixels, which are
enlarged, at last the whole picture.  The channels are those whose patches stand out most against
what they do on a photo as a rule (minigrad/techniques/look/patches.py).

More of one channel: python -m demos maximize and python -m demos patches.
"""

import argparse
import dataclasses
import pathlib

import numpy as np
from tqdm import tqdm

from demos.shared import pictures, provenance
from demos.shared.album import CALTECH, Album, album
from demos.shared.command import filled, layers_for_shell, network, parser
from demos.shared.image_run import saved
from demos.shared.layer_sheet import Shown, row_of
from demos.shared.patch_sheet import BEYOND
from demos.shared.wishes import Wish, make, of_class
from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques.look.patches import (
    Places,
    Top,
    Usual,
    cut_out,
    merged,
    nothing_yet,
    places_of,
    selectivity,
)
from minigrad.techniques.make.drawable import (
    STILL,
    channel_count,
    drawable_channel,
    drawable_unit,
    edge_for_unit,
    field_of,
)
from minigrad.techniques.make.presets import preset_for
from minigrad.techniques.make.style_presets import outputs
from models.classes import class_name

BATCH = 16          # photos of one pass


def main(argv: list[str]) -> None:
    """Search the photos once for all layers, make the pictures, and draw both."""
    args = options().parse_args(argv)
    for name in ("channels", "patches", "steps", "photos"):
        whole(f"--{name}", getattr(args, name), at_least=1)
    net = network(args)
    layers = list(dict.fromkeys(args.layers or stages(net)))
    for layer in layers:
        net.receptive_field(layer)  # complains where there is no such layer
    photos = some_of(album(args.folder, but=args.out), args.photos)
    found = searched(net, layers, photos, args)
    rows, error = {}, None
    for layer in layers:
        best = best_channels(*found[layer], args)
        made, wishes, preset = pictures_of(net, layer, best, args)
        if made.error:  # half a row would be compared with whole ones
            error = made.error
            break
        rows[layer] = [
            Shown(c, wish, image, patches_of(net, found[layer][0], layer, c, photos, args), preset)
            for c, wish, image in zip(best, wishes, made.pixels, strict=True)
        ]
    if not rows:
        raise error
    saved(error, lambda: save(net, rows, layers, photos, error, args))


def options() -> argparse.ArgumentParser:
    """Which layers, how many channels, and which photos fire them."""
    parse = parser("layers", __doc__)
    add = parse.add_argument
    layers = add("--layers", nargs="+", type=filled, default=[], metavar="NAME",
                 help="from the first to the last (the last one of each size)")
    layers.completer = layers_for_shell
    add("--channels", type=int, default=4, metavar="N", help="so many of each layer, the best (4)")
    add("--patches", type=int, default=4, metavar="N", help="so many beside each picture (4)")
    add("--folder", type=pathlib.Path, default=CALTECH, metavar="PHOTOS",
        help="of photos, in folders below too (400 that are here)")
    add("--photos", type=int, default=400, metavar="N",
        help="of a larger folder only so many, evenly chosen (400)")
    add("--steps", type=int, default=40, metavar="N", help="of a picture at each size (40)")
    add("--seed", type=int, default=0, help="of the noise to start from (0)")
    return parse


def stages(net) -> list[str]:
    """The last layer of each size, those that see everything, and the scores."""
    last, everything = {}, []
    for layer in outputs(net):
        field = net.receptive_field(layer)
        if field.size is None:
            everything.append(layer)
        else:
            last[field.stride] = layer
    return list(dict.fromkeys([*last.values(), *everything, net.score_layer]))


# ── What fires the channels ─────────────────────────────────────────────────────────────────────


def some_of(photos: Album, most: int) -> list[str]:
    """The names of photos of a folder, evenly chosen where there are more."""
    names = [photo.name for photo in photos.photos]
    count = min(most, len(names))
    return [names[n * len(names) // count] for n in range(count)]


def searched(net, layers: list[str], photos: list[str], args) -> dict[str, tuple[Top, Usual]]:
    """Each layer's strongest places in all photos, and what it does as a rule; one pass for all."""
    found = {}
    for layer in layers:
        count = channel_count(net, layer)
        zero = np.zeros(count)
        found[layer] = nothing_yet(count, args.patches), Usual(0, zero, zero)
    batches = [range(i, min(i + BATCH, len(photos))) for i in range(0, len(photos), BATCH)]
    with tqdm(total=len(photos), unit="photo", desc="what fires them") as bar:
        for numbers in batches:
            each = [net.pixels(args.folder / photos[n]) for n in numbers]
            acts = net(array_module(*each).concatenate(each), only=layers)
            for layer, (top, usual) in found.items():
                places = Places(*map(to_numpy, places_of(acts[layer])))
                found[layer] = merged(top, places, numbers), usual.and_of(places.value)
            bar.update(len(numbers))
    return found


def best_channels(top: Top, usual: Usual, args) -> list[int]:
    """The channels whose patches stand out most."""
    z = selectivity(top, usual, args.patches)
    return np.lexsort((-top.value[:, 0], -z))[: args.channels].tolist()


def patches_of(net, top: Top, layer: str, c: int, photos: list[str], args):
    """The patches of a channel, cut out of their photos: (name, pixels) each."""
    field, found = net.receptive_field(layer), []
    for number, row, column in zip(*(part[c].tolist() for part in top[1:]), strict=True):
        if number < 0:  # there are fewer photos
            break
        photo = to_numpy(net.pixels(args.folder / photos[number]))[0]
        box = field.box(row, column, photo.shape[1:] if field.size is None else None)
        found.append((photos[number], cut_out(photo, box, BEYOND)))
    return found


# ── What the channels want to see ───────────────────────────────────────────────────────────────


def pictures_of(net, layer: str, channels: list[int], args):
    """The picture of each channel: of one unit in the centre, cut out, or of a class."""
    preset = preset_for(net).changed({"steps": args.steps})
    if layer == net.score_layer:
        wishes = [of_class(net, c, class_name(net, c)) for c in channels]
    elif net.receptive_field(layer).size is None:
        wishes = [Wish(f"{c}", drawable_channel(net, layer, c), c) for c in channels]
    else:
        edge = edge_for_unit(net, layer)
        preset = preset.changed({"sizes": (edge,), **STILL})
        wishes = [Wish(f"{c}", drawable_unit(net, layer, c, edge), c) for c in channels]
    made = make(net, wishes, preset, args.seed, what=layer)
    box = field_of(net, wishes[0].objective, made.pixels.shape[2:])
    if box:
        top, left, bottom, right = box
        made = made._replace(pixels=made.pixels[:, :, top:bottom, left:right])
    return made, wishes, preset


def save(net, rows, layers, photos, error, args) -> str:
    """Write the sheet and what it shows; return what was written."""
    name = f"{net.name}_layers"
    drawn = [row_of(net, layer, shown) for layer, shown in rows.items()]
    pictures.save(args.out, name, {"": pictures.sheet(drawn, tile=None)}, {
        "demo": "layers",
        "model": net.name,
        "photos searched": len(photos),
        "random seed": args.seed,
        "interrupted": isinstance(error, KeyboardInterrupt),
        "layers": {
            layer: {
                "edge of what a unit sees": net.receptive_field(layer).size or "all",
                "settings": dataclasses.asdict(shown[0].preset),
                "channels": {one.channel: [patch for patch, _ in one.patches] for one in shown},
            } for layer, shown in rows.items()
        },
        **provenance.of(args),
    })  # fmt: skip
    of = f" of {len(layers)}" if len(rows) < len(layers) else ""
    return f"{len(rows)}{of} layers: {args.out / name}.png"
