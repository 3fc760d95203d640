"""The filters of a layer, as pictures: of the first, what a network looks for before anything else.

    python -m demos filters
    python -m demos filters --model vgg16
    python -m demos filters --layer conv2_1
    python -m demos filters --layer conv3_2 --channels 3,17

A filter is drawn around grey, so that its sign shows: grey is zero, white speaks for and black
against.

The first layer reads colours, and a filter is a small picture in colour.  It is drawn three times:
with one scale for the layer, which tells weak from strong; with a scale of its own, which shows
weak ones too; and as w/‖w‖, of all inputs of length one the one that excites it most (by the
Cauchy–Schwarz inequality).  No weights are read: the gradient of a unit of the first layer *is* its
filter (minigrad/techniques/look/filters.py).

The filters of a layer that is named are drawn as they are: a row for each channel, and in it a tile
for each channel of the layer before.  Of many channels those with the longest filters are shown.
"""

import argparse

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import pictures, provenance
from demos.shared.asking import channels_in
from demos.shared.command import add_layer, network, parser
from minigrad.backend import to_numpy
from minigrad.checked import whole
from minigrad.techniques import filters, layer_weights

LINE, WIDE, LARGE = 64, 1100, 30    # a line has so many tiles and pixels at most, a tile so many


def main(argv: list[str]) -> None:
    """Write the filters of the first layer in colour, or the weights of another as they are."""
    args = options().parse_args(argv)
    net = network(args)
    if args.layer:
        raw(net, args)
    elif args.channels:
        raise ValueError("--channels is of a --layer: without one, all filters are drawn")
    else:
        in_colour(net, args)


def options() -> argparse.ArgumentParser:
    """Which layer, and which of its channels."""
    parse = parser("filters", __doc__)
    add_layer(parse, "a convolution, whose weights are drawn as they are (the first, in colour)")
    add = parse.add_argument
    add("--channels", metavar="C,C,…", help="which of its channels (the strongest)")
    add("--rows", type=int, default=16, metavar="N", help="so many channels at most (16)")
    return parse


def in_colour(net, args) -> None:
    """The first layer, under three scales."""
    layer = next(iter(net.layers))
    w = to_numpy(filters(net))                                              # (O, 3, k, k)
    length = lengths(w)
    unit = w / np.maximum(length, 1e-30)
    each = abs(w).max(axis=(1, 2, 3), keepdims=True)
    drawn = {
        "one scale for all": pictures.mosaic(128 + 127 * w / abs(w).max()),
        "a scale for each": pictures.mosaic(128 + 127 * w / np.maximum(each, 1e-30)),
        "w/|w|, what excites it most": pictures.mosaic(128 + 127 * unit / abs(unit).max()),
    }
    size = max(picture.width for picture in drawn.values())
    save(net, args, layer, w, f"{net.name}_filters", "score per grey level",
         {"": pictures.sheet([list(drawn.items())], tile=size)})


def raw(net, args) -> None:
    """A layer further up: its weights, a row of tiles for each channel."""
    whole("--rows", args.rows, at_least=1)
    w = to_numpy(layer_weights(net, args.layer))                            # (O, I, k, k)
    length = lengths(w).ravel()
    strongest = np.argsort(-length, kind="stable")[: args.rows].tolist()
    shown = channels_in(args.channels, len(w), args.layer) if args.channels else strongest
    each, most = abs(w).max(axis=(1, 2, 3)), np.full(len(w), abs(w).max())
    head = f"{args.layer}: {len(shown)} of {len(w)} channels, a tile for each channel before; "
    drawn = {
        part: page(head + told, [
            (f"{c}   |w| {length[c]:.2f}", tiles(w[c] / max(scale[c], 1e-30))) for c in shown
        ])
        for part, told, scale in [
            ("", "a scale for each row", each), ("one_scale", "one scale for all", most)
        ]
    }
    save(net, args, args.layer, w, f"{net.name}_{args.layer.replace('/', '.')}_filters",
         "as in the file", drawn)


def lengths(w):
    """‖w[o]‖ of each filter: (O, I, k, k) → (O, 1, 1, 1)."""
    return np.sqrt((w * w).sum(axis=(1, 2, 3), keepdims=True))


def save(net, args, layer: str, w, name: str, unit: str, drawn) -> None:
    """Write the pictures, what made them, and a line about the filters."""
    length = lengths(w)
    pictures.save(args.out, name, drawn, {
        "demo": "filters",
        "model": net.name,
        "layer": layer,
        "unit": unit,
        "strongest value": float(abs(w).max()),
        "‖w‖ of each": [round(float(n), 6) for n in length.ravel()],
        **provenance.of(args),
    })
    weak = int((length < 0.1 * length.max()).sum())
    print(f"{len(w)} filters of {layer}, {w.shape[2]}×{w.shape[3]} pixels, ‖w‖ from "
          f"{length.min():.2g} to {length.max():.2g}, {weak} under a tenth of the most")
    print(f"{args.out / name}.png")


# ── Rows of small grey tiles ────────────────────────────────────────────────────────────────────


def tiles(w) -> Image.Image:
    """One filter, (I, k, k) in [−1, 1], as I tiles around grey, in lines of LINE."""
    columns, lines = min(len(w), LINE), -(-len(w) // LINE)
    scale = max(1, min(LARGE, WIDE // columns - 2) // w.shape[-1])
    step = w.shape[-1] * scale + 2
    row = Image.new("RGB", (columns * step, lines * step), pictures.PAPER)
    for n, one in enumerate(np.rint(128 + 127 * w).astype(np.uint8)):
        tile = Image.fromarray(one.repeat(scale, axis=0).repeat(scale, axis=1))
        row.paste(tile, (n % LINE * step, n // LINE * step))
    return row


def page(head: str, rows: list[tuple[str, Image.Image]]) -> Image.Image:
    """Rows below a head, each behind its channel and the length of its filter."""
    margin, label = pictures.MARGIN, 100
    width = max(label + max(row.width for _, row in rows), 520) + 2 * margin
    heights = [max(row.height, 17) + 6 for _, row in rows]
    sheet = Image.new("RGB", (width, pictures.TITLE + sum(heights) + 2 * margin), pictures.PAPER)
    draw, y = ImageDraw.Draw(sheet), margin + pictures.TITLE
    draw.text((margin, margin), pictures.shortened(head, width - 2 * margin, draw),
              fill=pictures.INK, font=pictures.font())
    for (text, row), height in zip(rows, heights, strict=True):
        draw.text((margin, y), text, fill=pictures.INK, font=pictures.font(13))
        sheet.paste(row, (margin + label, y))
        y += height
    return sheet
