"""Maps of many photos as pictures: points with the names of classes, thumbnails, rows and columns.

A hundred classes cannot have a hundred colours that one could tell apart.  So those that lie
closest together get a colour (Okabe and Ito 2008, told apart by colour-blind readers, too), a shape
and their name; all others are grey.

Used by: ../codes.py.
"""

import pathlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from demos.shared.patience import SILENCE
from demos.shared.pictures import INK, PAPER
from models import photo as photos

COLOURS = [(213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (230, 159, 0),
           (86, 180, 233)]  # fmt: skip
OTHERS = (196, 196, 200)
SHAPES = 4          # circle, square, triangle, diamond: with six colours 24 classes
FINER = 3           # points are drawn so much larger, and shrunk
MARGIN = 36         # around a map, for what stands out of its outermost places
GROUND = (228, 228, 231)  # below thumbnails, many of which are white themselves
COVERED = 0.15      # of a thumbnail's place may be taken already


def thumbnails(files: Sequence[pathlib.Path], preprocessing, edge: int) -> list[Image.Image]:
    """The part of each photo that the network sees, edge × edge, several at a time."""
    def thumbnail(file):
        image = photos.upright_rgb(file, at_least=2 * edge)
        p = preprocessing
        return photos.centre(image, p.resize * edge / p.crop, edge, p.interpolation)

    with ThreadPoolExecutor() as threads:
        return list(tqdm(threads.map(thumbnail, files), "thumbnails", len(files),
                         unit="photo", delay=SILENCE))


def as_numbers(pictures: Sequence[Image.Image], edge: int = 32):
    """Small pictures as rows of numbers, (N, 3 · edge · edge) float32.

    The distance of two rows is the root of the mean square of the differences, in grey levels.
    """
    small = [picture.resize((edge, edge), Image.Resampling.BOX) for picture in pictures]
    rows = np.stack([np.asarray(picture, np.float32).ravel() for picture in small])
    return rows / np.float32(rows.shape[1] ** 0.5)


# ── Points ──────────────────────────────────────────────────────────────────────────────────────


def scatter(places, labels, shown: Sequence[int], names: Sequence[str] = (),
            size: int = 900) -> Image.Image:  # fmt: skip
    """Points on a map, some classes in colours, and their names at their middles.

    Args:
        places: (N, 2).
        labels: (N,), −1 for none.
        shown: the classes that get a colour.
        names: of all classes; none, to write none.
        size: of the picture.
    """
    xy = on_canvas(places, size, size)
    page = Image.new("RGB", (size * FINER, size * FINER), PAPER)
    draw = ImageDraw.Draw(page)
    looks = {k: n for n, k in enumerate(shown)}
    order = sorted(range(len(xy)), key=lambda n: labels[n] in looks)  # those with colours on top
    for n in order:
        look = looks.get(labels[n])
        point(draw, xy[n] * FINER, (5 if look is not None else 4) * FINER, look)
    page = page.resize((size, size), Image.Resampling.LANCZOS)
    if names:
        write_names(page, {names[k].replace("_", " "): above(xy[labels == k]) for k in shown})
    return page


def point(draw, at, radius: int, look: int | None) -> None:
    """Draw a point in the n-th colour and shape; grey for None."""
    x, y = at
    colour = OTHERS if look is None else COLOURS[look % len(COLOURS)]
    shape = 0 if look is None else look // len(COLOURS) % SHAPES
    r = radius
    corners = {
        1: [(-1, -1), (1, -1), (1, 1), (-1, 1)],
        2: [(0, -1.3), (1.2, 0.9), (-1.2, 0.9)],
        3: [(0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)],
    }
    if shape in corners:
        draw.polygon([(x + r * dx, y + r * dy) for dx, dy in corners[shape]], fill=colour)
    else:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def above(xy, near: int = 60):
    """Where to name points: over the highest of those near their middle, in pixels."""
    x, y = middle = np.median(xy, axis=0)
    tops = xy[np.linalg.norm(xy - middle, axis=1) < near, 1]
    return x, tops.min(initial=y)


def write_names(page, places: dict) -> None:
    """Write each name above its place, on a light ground, but for those that would cover others."""
    draw, font, taken = ImageDraw.Draw(page), ImageFont.load_default(size=14), []
    for name, (x, y) in places.items():
        half = draw.textlength(name, font=font) / 2
        x = min(max(x, half + 4), page.width - half - 4)
        box = (x - half - 3, y - 31, x + half + 3, y - 13)
        if not any(overlap(box, other) for other in taken):
            taken.append(box)
            draw.text((x, y - 22), name, fill=INK, font=font, anchor="mm", stroke_width=2,
                      stroke_fill=PAPER)


def tightest(places, labels, most: int = len(COLOURS) * SHAPES) -> list[int]:
    """The classes whose photos lie closest together on a map, the closest first."""
    def spread(k):
        own = places[labels == k]
        return np.median(np.linalg.norm(own - np.median(own, axis=0), axis=1))

    several = [k for k in np.unique(labels[labels >= 0]) if (labels == k).sum() >= 3]
    return sorted(several, key=spread)[:most]


def on_canvas(places, width: int, height: int):
    """Places → pixels, with one scale for both axes and a margin."""
    low, high = places.min(axis=0), places.max(axis=0)
    room = np.array([width, height]) - 2 * MARGIN
    scale = (room / np.maximum(high - low, 1e-12)).min()
    return (places - (low + high) / 2) * scale + np.array([width, height]) / 2


def overlap(one, other) -> float:
    """The area that two boxes (left, top, right, bottom) share."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return max(0, right - left) * max(0, bottom - top)


# ── Thumbnails ──────────────────────────────────────────────────────────────────────────────────


def scattered(places, pictures, size: int = 1600) -> tuple[Image.Image, int]:
    """Thumbnails where their photos lie, the smaller the more there are, and how many are shown.

    One that would cover too much of those before it moves aside, by one and a half of its widths at
    most; where that does not help it is left out, for a heap shows nothing.
    """
    edge = int(min(pictures[0].width, max(24, 0.7 * size / len(pictures) ** 0.5)))
    xy = np.rint(on_canvas(places, size, size) - edge / 2).astype(int)
    page, taken = Image.new("RGB", (size, size), GROUND), np.zeros((size, size), bool)
    shown = 0
    for at, picture in zip(xy, pictures, strict=True):
        for x, y in (at + aside(3 * edge // 2)).clip(0, size - edge).tolist():
            there = taken[y : y + edge, x : x + edge]
            if there.mean() <= COVERED:
                there[:] = True
                page.paste(picture.resize((edge, edge), Image.Resampling.LANCZOS), (x, y))
                shown += 1
                break
    return page, shown


def aside(most: int, step: int = 8):
    """Ways to move aside, (dx, dy) in pixels, the shortest first."""
    steps = np.arange(-most, most + 1, step)
    ways = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    length = np.linalg.norm(ways, axis=1)
    return ways[length.argsort(kind="stable")][: (length <= most).sum()]


def in_cells(cell, pictures, rows: int, columns: int) -> Image.Image:
    """Each photo in its cell; a cell without is paper."""
    edge = pictures[0].width
    page = Image.new("RGB", (columns * (edge + 1) - 1, rows * (edge + 1) - 1), PAPER)
    for at, picture in zip(cell.tolist(), pictures, strict=True):
        row, column = divmod(at, columns)
        page.paste(picture, (column * (edge + 1), row * (edge + 1)))
    return page
