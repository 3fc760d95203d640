"""What is where in a large photo: a heat map of every class, and the likeliest at each pixel.

    python -m demos heat
    python -m demos heat street.jpg --size 640
    python -m demos heat street.jpg --class face --class "stop sign"

A classifier sees one window.  Slid over a photo it says what is where; made fully convolutional, it
says the same from one pass, and many times sooner (Long, Shelhamer and Darrell 2015).  The sheet
shows the photo, the likeliest class of each pixel, and the heat maps of the likeliest classes.

--size sets how large things are: the network finds those that are about as large as its window, 128
pixels for MiniVGG.

Without a photo, eight of the project's are composed to one, so that one knows where each thing is:
it is framed in its heat map, a ring is where the map is largest, and ✓ says that it lies within.

A second sheet (heat_at_once) has the map of one class by both ways, the seconds of each, and what
is equal: windows that are cut out with their surroundings, to rounding.
"""

import argparse
import pathlib
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

import models
from demos.shared import captions, colours, easel, grids, pictures, provenance
from demos.shared.both_ways import Ways, both_ways
from demos.shared.command import (
    add_photos,
    classes_for_shell,
    filled,
    for_each,
    network,
    parser,
    photos_of,
)
from demos.shared.panorama import panorama
from demos.shared.patience import patiently
from minigrad.backend import to_numpy
from minigrad.checked import whole
from minigrad.ops import softmax
from minigrad.techniques.look.dense import likeliest, over_photo, place_probabilities
from models.classes import class_name, find_class

MAPS, ACROSS, WIDE, NARROW = 8, 4, 720, 356     # heat maps, in a row; pixels of large and small
COVER = 0.85                                    # of the colour of a class that is sure
PALETTE = [*grids.APART, (240, 228, 66), (130, 90, 210), (150, 200, 60), (120, 72, 40)]


class Seen(NamedTuple):
    """What the network sees in a photo.

    Attributes:
        net: the fully convolutional network.
        x: the photo, (1, 3, H, W).
        p: how probable each class is at each place, (1, K, rows, columns).
        label: the likeliest class at each pixel, (H, W).
        sure: how probable it is, (H, W).
        wanted: the classes that are drawn.
        maps: their heat maps, (classes, H, W).
        truth: where a class is, if that is known: {class: box}.
    """

    net: Any
    x: Any
    p: Any
    label: np.ndarray
    sure: np.ndarray
    wanted: list[int]
    maps: np.ndarray
    truth: dict[int, tuple[int, int, int, int]]


def main(argv: list[str]) -> None:
    """Look at every photo, or at one that is composed."""
    args = options().parse_intermixed_args(argv)
    whole("--seed", args.seed)
    net = network(args)
    if args.size is not None and whole("--size", args.size) < net.input_size:
        raise ValueError(f"--size {args.size}: give {net.input_size} or more, {net.name}'s window")
    if args.bare or args.image:
        for_each(photos_of(args), lambda photo, name: look(
            net, easel.pixels_of(net, photo, args.size or 4 * net.input_size), {}, f"{name}_heat",
            args, photo=photo))  # fmt: skip
        return
    if args.size is not None:
        raise ValueError("--size is of a photo: without one, eight are composed at their own size")
    made = panorama(net, args.seed)
    files = {f"photo {n}": file for n, file in enumerate(made.files, start=1)}
    look(net, net.pixels(made.image, "full"), made.truth, "heat", args, **files)


def options() -> argparse.ArgumentParser:
    """Which photos, and what to look for."""
    parse = parser("heat", __doc__)
    add = parse.add_argument
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (eight in one)")
    class_ = add("--class", dest="classes", type=filled, action="append", metavar="NAME|INDEX",
                 help="a class to map; may be given several times (the likeliest eight)")
    class_.completer = classes_for_shell
    add("--size", type=int, metavar="EDGE",
        help="the photo's longer edge, in pixels (four times the network's window)")
    add("--seed", type=int, default=0, help="of what is composed where no photo is given (0)")
    return parse


def look(net, x, truth, name: str, args, **files: pathlib.Path) -> None:
    """One photo: what is where, in how many seconds, and the pictures."""
    wanted = list(dict.fromkeys(find_class(net, text) for text in args.classes or []))
    if len(wanted) > len(PALETTE):
        raise ValueError(f"--class is given {len(wanted)} times: there are {len(PALETTE)} colours")
    dense = models.fully_convolutional(net)
    with patiently("the maps"):
        seen = see(dense, x, wanted, truth)
    for k, map in zip(seen.wanted, seen.maps, strict=True):
        print(f"{map.max():6.1%}  {class_name(net, k)}{mark(seen, k, map)}")
    ways = both_ways(net, dense, x)
    pictures.save(args.out, name, {"": sheet(seen), "at_once": ways_sheet(net, seen, ways)}, {
        "demo": "heat",
        "model": net.name,
        "largest probability": {
            class_name(net, k): float(map.max())
            for k, map in zip(seen.wanted, seen.maps, strict=True)
        },
        "found": {class_name(net, k): inside(map, truth[k])
                  for k, map in zip(seen.wanted, seen.maps, strict=True) if k in truth},
        **ways.note,
        **provenance.of(args, **files),
    })  # fmt: skip
    print(f"{told(ways, 'one by one')}, {told(ways, 'at once')}: {ways.faster:.1f} × faster")
    print(f"{args.out / name}.png")


def see(dense, x, wanted: list[int], truth) -> Seen:
    """Take all maps from one pass; if no class is wanted, of the true ones and the likeliest."""
    p, size = place_probabilities(dense, x), x.shape[2:]
    label, sure = (to_numpy(a)[0] for a in likeliest(dense, p, size))
    common = to_numpy(p).sum(axis=(0, 2, 3)).argsort()[::-1][:MAPS]
    wanted = wanted or list(dict.fromkeys([*truth, *common.tolist()]))[:MAPS]
    maps = to_numpy(over_photo(dense, p[:, wanted], size))[0]
    return Seen(dense, x, p, label, sure, wanted, maps, truth)


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────


def sheet(seen: Seen) -> Image.Image:
    """The photo, the likeliest classes, and the heat maps."""
    told, legend = labels(seen)
    maps = [(f"{class_name(seen.net, k)}: {map.max():.0%} at most{mark(seen, k, map)}",
             heat_map(seen, k, map)) for k, map in zip(seen.wanted, seen.maps, strict=True)]
    maps = [maps[n : n + ACROSS] for n in range(0, len(maps), ACROSS)]
    head = pictures.sheet([[
        ("the photo", pictures.fitted(pictures.photo(seen.x), WIDE)),
        ("the likeliest class of each pixel, stronger the surer", told),
        ("", legend),
    ]], tile=None)
    return captions.stacked([head, pictures.sheet(maps, tile=None)])


def labels(seen: Seen) -> tuple[Image.Image, Image.Image]:
    """The likeliest class of each pixel over the photo in grey, stronger the surer; the legend."""
    colour = dict(zip(seen.wanted, PALETTE, strict=False))
    paint = np.empty((*seen.label.shape, 3))
    paint[:] = grids.OTHERS
    for k, c in colour.items():
        paint[seen.label == k] = c
    grey = np.tensordot([0.299, 0.587, 0.114], to_numpy(seen.x)[0], axes=1)[..., None]  # (H, W, 1)
    cover = COVER * seen.sure[..., None]
    mixed = (1 - cover) * grey + cover * paint
    share = {k: (seen.label == k).mean() for k in colour}
    lines = [(c, f"{share[k]:4.0%}  {class_name(seen.net, k)}") for k, c in colour.items()]
    others = np.unique(seen.label[~np.isin(seen.label, seen.wanted)])
    if len(others):
        lines.append((grids.OTHERS, f"{1 - sum(share.values()):4.0%}  {len(others)} others"))
    picture = Image.fromarray(np.rint(mixed.clip(0, 255)).astype(np.uint8))
    return pictures.fitted(picture, WIDE), grids.legend(lines, max(220, len(lines) * grids.LINE))


def heat_map(seen: Seen, k: int, map, edge: int = NARROW) -> Image.Image:
    """A class's map over the photo, with a ring where it is largest, and a frame where it is."""
    picture = colours.over_photo(map, to_numpy(seen.x)[0], 1.0)
    if k in seen.truth:
        picture = pictures.boxed(picture, seen.truth[k])
    row, column = np.unravel_index(map.argmax(), map.shape)
    draw = ImageDraw.Draw(picture)
    for radius, ink in ((8, pictures.INK), (7, pictures.PAPER), (6, pictures.PAPER)):
        draw.ellipse((column - radius, row - radius, column + radius, row + radius), outline=ink)
    return colours.with_scale(pictures.fitted(picture, edge), 1.0)


def mark(seen: Seen, k: int, map) -> str:
    """Whether the map is largest where the thing is, where that is known."""
    return (" ✓" if inside(map, seen.truth[k]) else " ✗") if k in seen.truth else ""


def inside(map, box) -> bool:
    """Does the largest number of a map lie in a box (top, left, bottom, right)?"""
    row, column = np.unravel_index(map.argmax(), map.shape)
    top, left, bottom, right = box
    return bool(top <= row < bottom and left <= column < right)


# ── Window by window, and at once ───────────────────────────────────────────────────────────────


def told(ways: Ways, way: str) -> str:
    """How many windows in how many seconds."""
    windows = ways.note["windows one by one" if way == "one by one" else "places at once"]
    return f"{windows} {way}: {ways.note['seconds'][way]:.2f} s"


def ways_sheet(net, seen: Seen, ways: Ways) -> Image.Image:
    """One class by both ways, and up again; below, what is equal and what is not."""
    k, map = max(zip(seen.wanted, seen.maps, strict=True), key=lambda pair: pair[1].max())
    edge, note = net.input_size, ways.note
    probable = [grids.numbers(softmax(S, axis=1)[0, k], 0, 1, colours.USUAL, 480)
                for S in (ways.one_by_one, ways.at_once)]
    picture = pictures.photo(seen.x)
    for corner in (0, seen.net.receptive_field(seen.net.score_layer).stride):
        picture = pictures.boxed(picture, (0, corner, edge, corner + edge))
    titles = [
        f"two of the windows, {edge} × {edge} pixels", told(ways, "one by one"),
        f"{told(ways, 'at once')}, {ways.faster:.1f} × faster", "up again, to every pixel",
    ]  # fmt: skip
    drawn = [pictures.fitted(picture, 480), *probable, heat_map(seen, k, map, 480)]
    fewer = note["multiplications for each window"] / note["multiplications for each place"]
    below = [
        f"How probable {class_name(net, k)} is at each place.  At once, windows share their work: "
        f"{fewer:.1f} × fewer multiplications.",
        "What is cut out sees zeros beyond its border, in every convolution, where the photo goes "
        f"on: the scores differ by up to {note['scores differ']:.1f}, and the likeliest class is "
        f"the same at {note['same likeliest class']:.0%} of the places.",
        *(f"Cut out with its surroundings, a window has the same scores: they differ by "
          f"{note[what]:.0e} at most." for what in note if what.startswith("scores differ with")),
    ]  # fmt: skip
    page = pictures.sheet([list(zip(titles, drawn, strict=True))], tile=None)
    return captions.stacked([page, captions.sentences(below, page.width)])
