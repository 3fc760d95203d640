"""Checkerboards: how often transposed convolution paints each pixel, and what helps.

    python -m demos checkerboard
    python -m demos checkerboard cat.jpg --pair 3,2 --pair 7,4

A filter of k pixels moved by s paints some pixels more often than others, unless s divides k
(Odena, Dumoulin and Olah 2016).  For each pair k,s the sheet shows how often, along a row and in
two dimensions, and the spectrum of that, which has its peak at the frequency 1/s; what a flat
filter makes of a small photo; and what random filters, an untrained decoder, make of a layer's
channels, with its spectrum.

The last column makes the map larger first and then convolves, with the filters of the first pair:
each pixel is painted equally often, and there is no peak.
"""

import argparse
import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from demos.shared import captions, handout, pictures, provenance
from demos.shared.axes import Axes
from demos.shared.command import add_photos, for_each, network, parser, photos_of
from demos.shared.number_grid import grid, shaded
from minigrad.backend import to_numpy
from minigrad.ops import upsample_bilinear
from minigrad.techniques import overlap_counts, resized_counts
from minigrad.techniques.learn.checkerboard import (
    decoded,
    flat_filter,
    inside,
    once_up,
    spectrum,
)

PAIRS = ["3,2", "5,2", "4,2", "5,3"]
CHANNELS, TIMES, EDGE, WIDE = 16, 8, 210, 262   # what goes up, how often larger; pixels of pictures
SMALL = 32                                      # rows of the photo that a flat filter paints
PLACES = 48                                     # of the map whose counts are taken
LOW = 0.04                                      # waves per pixel: slower ones are the photo's own


class Column(NamedTuple):
    """One way up.

    Attributes:
        kernel: k, pixels of an edge of its filter.
        stride: s.
        resize: larger first, then convolved.
        counts: how often each pixel is painted, its border left out, (H', W').
        border: the same along a row from the border on.
        photo: what a flat filter makes of the photo, (1, 3, H', W').
        image: what random filters paint, around grey, (3, H', W'), 0–255.
    """

    kernel: int
    stride: int
    resize: bool
    counts: np.ndarray
    border: np.ndarray
    photo: np.ndarray
    image: np.ndarray


def main(argv: list[str]) -> None:
    """Draw the columns, for the channels that each photo fires."""
    args = options().parse_intermixed_args(argv)
    pairs = [pair_of(text) for text in args.pairs or PAIRS]
    net = network(args)
    for_each(photos_of(args),
             lambda photo, name: look(net, photo, f"{name}_checkerboard", pairs, args))


def options() -> argparse.ArgumentParser:
    """Which filters and strides."""
    parse = parser("checkerboard", __doc__)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face)")
    parse.add_argument("--pair", dest="pairs", action="append", metavar="K,S",
                       help="filter and stride; may be given several times (3,2 5,2 4,2 and 5,3)")
    return parse


def pair_of(text: str) -> tuple[int, int]:
    """Read a --pair.

    Raises:
        ValueError: it is no pair of whole numbers, or its filter leaves pixels unpainted.
    """
    parts = text.split(",")
    if len(parts) != 2 or not all(p.strip().isascii() and p.strip().isdecimal() for p in parts):
        raise ValueError(f"--pair {text!r}: give filter and stride, as 3,2")
    k, s = map(int, parts)
    if not 2 <= s <= k <= PLACES // 2:
        raise ValueError(f"--pair {text}: give a stride from 2 on, and a filter from the stride's "
                         f"size to {PLACES // 2}")
    return k, s


def look(net, photo, name: str, pairs, args) -> None:
    """One photo's channels go up in every way."""
    pixels = net.pixels(photo)
    a = to_numpy(net(pixels, only=[net.default_layer])[net.default_layer])
    small = upsample_bilinear(to_numpy(pixels), SMALL)
    strongest = (a * a).sum(axis=(0, 2, 3)).argsort()[::-1][:CHANNELS]
    x = a[:, strongest] / a.max()                                           # (1, 16, H, W)
    columns = [column(x, small, k, s, False) for k, s in pairs]
    columns.append(column(x, small, *pairs[0], True))
    pictures.save(args.out, name, {"": sheet(columns, net)}, {
        "demo": "checkerboard", "photo": photo.name, "model": net.name,
        "columns": [
            {"kernel": c.kernel, "stride": c.stride, "resized first": c.resize,
             "painted so often": c.counts[0, : c.stride].tolist() if not c.resize else
             float(c.counts.mean()), "peak at 1/s": peak(c.counts, c.stride),
             "of the picture": peak(rows_of(c), c.stride)}
            for c in columns
        ],
        **provenance.of(args, photo=photo),
    })  # fmt: skip
    for c in columns:
        print(f"{title(c):26} at the frequency 1/{c.stride}: {peak(c.counts, c.stride):4.0%} of "
              f"the count's mean, {peak(rows_of(c), c.stride):5.1%} of the picture's")
    print(f"{args.out / name}.png")


def column(x, small, k: int, s: int, resize: bool) -> Column:
    """Count and paint one way."""
    counted = resized_counts if resize else overlap_counts
    counts = inside(counted(k, s, inputs=PLACES), k)
    border = counted((1, k), (1, s), inputs=(1, PLACES))[:, :7]
    y = decoded(x, kernel=k, stride=s, layers=layers_of(s), resize=resize)[0]
    photo = once_up(small, flat_filter(3, k), stride=s, resize=resize)
    photo *= small.max() / photo.max()
    image = (128 + 42 * (y - y.mean()) / y.std()).clip(0, 255)
    return Column(k, s, resize, counts, border, photo, image)


def layers_of(stride: int) -> int:
    """How many layers make a map about TIMES as large."""
    return max(1, round(math.log(TIMES, stride)))


def title(c: Column) -> str:
    """Filter and stride in words."""
    head = f"nearest × {c.stride}, then filter {c.kernel}"
    return head if c.resize else f"filter {c.kernel}, stride {c.stride}"


def rows_of(c: Column):
    """The rows of the picture, of all three colours: (3 · H', W')."""
    return c.image.reshape(-1, c.image.shape[-1])


def peak(rows, stride: int) -> float:
    """How strong the frequency 1/s is, relative to the mean."""
    f, C = spectrum(rows, stride)
    return float(C[abs(f - 1 / stride).argmin()])


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────


def sheet(columns: list[Column], net) -> Image.Image:
    """A column for each way; down it the counts, their spectrum, a picture and its spectrum."""
    most = [max(curve(of(c), c.stride)[1].max() for c in columns)
            for of in (lambda c: c.counts, rows_of)]
    rows = [
        [(title(c), grid(c.border, shaded(c.border, 2 * c.border.max()), cell=37))
         for c in columns],
        [("painted so often, magnified", many(c.counts)) for c in columns],
        [(f"its spectrum: {peak(c.counts, c.stride):.0%} at 1/{c.stride}",
          stems(c, c.counts, 1.15 * most[0])) for c in columns],
        [("a small photo, by a flat filter", pictures.fitted(pictures.photo(c.photo), WIDE))
         for c in columns],
        [(f"random filters, {layers_of(c.stride)} layers", pictures.fitted(
            pictures.photo(c.image), WIDE)) for c in columns],
        [(f"its spectrum: {peak(rows_of(c), c.stride):.1%} at 1/{c.stride}",
          stems(c, rows_of(c), 1.15 * most[1])) for c in columns],
    ]
    page = pictures.sheet(rows, tile=None)
    head = "How often does transposed convolution paint each pixel?"
    foot = [
        "Above: how often, along a row from the border on, and inside in both directions.  If the "
        "stride divides the filter, all pixels are painted equally often; if not, a pattern of the "
        "stride's period is in all that is painted.  A spectrum tells how strong each frequency, "
        "in waves per pixel, is beside the mean.",
        f"Below: the {CHANNELS} strongest channels of {net.name}'s {net.default_layer}, painted "
        "by an untrained decoder.  Equal counts are not enough there: each kind of pixel has taps "
        "of its own, whose sums differ.  Larger first, all kinds have all taps.",
    ]
    return captions.stacked([captions.headline(head, page.width), page,
                             captions.sentences(foot, page.width)])


def many(counts) -> Image.Image:
    """How often each of some pixels inside is painted, darker where more."""
    few = counts[:12, :12]
    cells = shaded(few, 1.5 * few.max()).round().astype(np.uint8)
    return Image.fromarray(cells).resize((WIDE, WIDE), Image.Resampling.NEAREST)


def curve(rows, stride: int):
    """Frequencies above LOW, and how strong each is beside the mean."""
    f, C = spectrum(rows, stride ** layers_of(stride))
    return f[f > LOW], C[f > LOW]


def stems(c: Column, rows, most: float) -> Image.Image:
    """A spectrum as a line for each frequency; those of the pattern in red."""
    axes = Axes(EDGE, (0.0, 0.52), (0.0, most))
    f, C = curve(rows, c.stride)
    for at, height in zip(f, C, strict=True):
        whole = abs(at * c.stride - round(at * c.stride)) < 1e-6
        axes.pen.line([axes.place(at, 0), axes.place(at, height)],
                      fill=handout.BAD if whole else handout.BLUE, width=7 if whole else 3)
    return axes.picture("waves per pixel")
