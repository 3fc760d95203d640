"""Five ways up from a small map to a large one, in numbers and on a photo, each with its code.

    python -m demos upsampling
    python -m demos upsampling cat.jpg --layer relu2_2

Nearest, bed of nails, max unpooling with switches, transposed convolution and bilinear: what a
network for labels of pixels climbs up by.  Three sheets are written.

The first has each way from 2×2 numbers to 4×4.  A colour says which number came there; where
several did, their colours mix.

The second (_convolution) has convolution with stride 1 and 2, window by window, and transposed
convolution, number by number, which is its gradient: each number paints the filter, and where they
overlap they add up.

The third (_photo) has the five on a photo and on the strongest channel of a layer, both pooled to
half their size.  The filter of the transposed convolution is flat there, and its checkerboard is
seen; demos checkerboard tells why.
"""

import argparse

import numpy as np
from PIL import Image

from demos.shared import captions, pictures, provenance
from demos.shared.command import add_layer, add_photos, for_each, network, parser, photos_of
from demos.shared.number_grid import COLOURS, grid, mixed, row, shaded
from minigrad import ops
from minigrad.backend import to_numpy
from minigrad.techniques.learn.upsampling import (
    WAYS,
    contributions,
    gradient_of_convolution,
    painted,
)

X = np.array([[1.0, 2], [3, 4]])                                            # goes up
EARLIER = np.array([[1.0, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]])  # was pooled
W = np.array([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])                           # a filter
WIDE, TILE, LEAST = 1140, 210, 32


def main(argv: list[str]) -> None:
    """Draw the numbers, and the five ways on every photo."""
    args = options().parse_intermixed_args(argv)
    net = network(args)
    for_each(photos_of(args), lambda photo, name: look(net, photo, f"{name}_upsampling", args))


def options() -> argparse.ArgumentParser:
    """Which photo, and which layer."""
    parse = parser("upsampling", __doc__)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face)")
    add_layer(parse, "whose strongest channel goes up (the last with 32 rows or more)")
    return parse


def look(net, photo, name: str, args) -> None:
    """The three sheets of one photo."""
    x = net.pixels(photo)
    layer = args.layer or usual_layer(net)
    acts = net(x, only=[layer])[layer]
    if acts.ndim != 4 or min(acts.shape[2:]) < 2:
        raise ValueError(f"--layer {layer} has no map that could be pooled: name one with rows and "
                         "columns")
    c = int(to_numpy((acts * acts).sum(axis=(0, 2, 3))).argmax())
    pictures.save(args.out, name, {
        "": numbers(), "convolution": convolutions(),
        "photo": on_a_photo(x, acts[:, c : c + 1], f"{layer}, channel {c}"),
    }, {
        "demo": "upsampling", "photo": photo.name, "model": net.name, "layer": layer, "channel": c,
        **{way: WAYS[way].up(X[None, None], EARLIER[None, None])[0, 0].tolist() for way in WAYS},
        **provenance.of(args, photo=photo),
    })  # fmt: skip
    print(f"{args.out / name}.png, {name}_convolution.png, {name}_photo.png")


def usual_layer(net) -> str:
    """The last layer whose map has rows enough to see what becomes of it, or the largest map."""
    rows = {name: shape[1] for name, shape in net.output_shapes().items() if len(shape) == 3}
    least = min(LEAST, max(rows.values()))
    return [name for name, n in rows.items() if n >= least][-1]


# ── In numbers ──────────────────────────────────────────────────────────────────────────────────


def numbers() -> Image.Image:
    """Each way from 2×2 to 4×4."""
    source = mixed(alone(X))
    drawn = {}
    for name, way in WAYS.items():
        y = way.up(X[None, None], EARLIER[None, None])[0, 0]
        shares = contributions(lambda x, up=way.up: up(x, EARLIER[None, None]), X)
        drawn[name] = [grid(X, source, name="x"), "→", grid(y, mixed(abs(shares)), name="y")]
    winners = WAYS["max unpooling"].up(alone(X)[:, None], EARLIER[None, None])[:, 0]
    drawn["max unpooling"] = [
        grid(EARLIER, mixed(winners), name="z"), "    ", *drawn["max unpooling"]]
    drawn["transposed convolution"][1:2] = ["∗", grid(np.ones((3, 3)), name="w"), "→"]

    def block(name, width):
        return captions.block(name, row(*drawn[name]), WAYS[name].code, WAYS[name].says, width)

    return captions.stacked([
        captions.headline("Up again: from 2 × 2 numbers to 4 × 4", WIDE),
        captions.beside([block(n, WIDE // 3) for n in ("nearest", "bed of nails", "bilinear")]),
        captions.beside([block("max unpooling", WIDE // 2),
                         block("transposed convolution", WIDE // 2)]),
        captions.sentences(["A colour says which of the four numbers came there; where several "
                            "did, their colours mix."], WIDE),
    ])  # fmt: skip


def alone(x):
    """Each of the numbers of x by itself: (H, W) → (H · W, H, W)."""
    return contributions(lambda x: x, x)


def convolutions() -> Image.Image:
    """Convolution with two strides, and transposed convolution, drawn from their numbers."""
    shares = contributions(lambda x: painted(x, W), X)
    y = painted(X[None, None], W)[0, 0]
    by_gradient = gradient_of_convolution(X[None, None], W[None, None], (4, 4), 2, 1)[0, 0]
    one_each = [grid(part, mixed((part > 0)[None], COLOURS[k : k + 1]))
                for k, part in enumerate(shares)]
    sums = [part for one in one_each for part in (one, "+")][:-1]
    often = (shares > 0).sum(axis=0)
    head = grid(X, mixed(alone(X)), name="x")
    rows = [
        ("convolution with stride 1: each window gives a number, the next is one pixel on",
         strided(1, 2), "y = conv2d(z, w, padding=1)",
         "Around the image stand zeros.  Two of the sixteen windows are framed."),
        ("convolution with stride 2: the next window is two pixels on, and 4 × 4 become 2 × 2",
         strided(2, 4), "y = conv2d(z, w, stride=2, padding=1)",
         "All four windows; where frames cross, a pixel is seen by two or by four of them."),
        ("transposed convolution with stride 2: each number paints the filter, two pixels on",
         row(head, "∗", grid(W, name="w"), "→", *sums),
         "y = conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)",
         "What one number paints is the filter times the number; what lies beyond the border is "
         "cut off."),
        ("and where they overlap, they add up",
         row("=", grid(y, mixed(shares), name="y"), "      painted so often:",
             grid(often, shaded(often, 4))),
         "y = grad(conv2d(z, w, stride=2, padding=1), [z], seed=x)",
         "The gradient of convolution at its image has the same numbers: they differ by "
         f"{abs(by_gradient - y).max():.0g}."),
    ]  # fmt: skip
    return captions.stacked([captions.block(*one, WIDE) for one in rows])


def strided(stride: int, windows: int) -> Image.Image:
    """Convolution of the 4×4 image: the first windows framed, and their numbers coloured."""
    z = np.pad(EARLIER, 1)
    border = np.full((*z.shape, 3), 255.0)
    border[[0, -1]] = border[:, [0, -1]] = 238                              # beyond the image
    y = ops.conv2d(EARLIER[None, None], W[None, None], stride=stride, padding=1)[0, 0]
    places = list(np.ndindex(y.shape))[:windows]
    frames = [(i * stride, j * stride, i * stride + 3, j * stride + 3, COLOURS[n])
              for n, (i, j) in enumerate(places)]
    chosen = np.zeros((windows, *y.shape))
    for n, place in enumerate(places):
        chosen[(n, *place)] = 1
    return row(grid(z, border, frames, name="z"), "∗", grid(W, name="w"), "→",
               grid(y, mixed(chosen), name="y"))


# ── On a photo ──────────────────────────────────────────────────────────────────────────────────


def on_a_photo(x, a, named: str) -> Image.Image:
    """A photo and a channel pooled to half their size, and the five ways up again."""
    rows = []
    for what, z, drawn in [("the photo", small(x), pictures.photo),
                           (named, to_numpy(a), lambda a: pictures.heat(a[:, 0]))]:
        pooled = ops.max_pool2d(z, 2)
        up = {name: way.up(pooled, z) for name, way in WAYS.items()}
        up["transposed convolution"] *= pooled.max() / up["transposed convolution"].max()
        rows.append([(what, drawn(z)), ("max pooled to half its size", drawn(pooled)),
                     *((name, drawn(y)) for name, y in up.items())])
    return pictures.sheet(rows, tile=TILE)


def small(x):
    """The photo with LEAST · 2 rows, so that one sees its pixels: (1, 3, H, W)."""
    return ops.upsample_bilinear(to_numpy(x), 2 * LEAST)
