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

from demos.shared.pictures import INK, PAPER
from models import photo as photos

COLOURS = [(213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (230, 159, 0),
           (86, 180, 233)]  # fmt: skip
OTHERS = (196, 196, 200)
SHAPES = 4          # circle, square, triangle, diamond: with six colours 24 classes
FINER = 3           # points are drawn so much larger, and shrunk
MARGIN = 36         # around a map, for what stands out of its outermost places
COVERED = 0.4       # of a thumbnail: one that would be covered more is left out


def thumbnails(files: Sequence[pathlib.Path], preprocessing, edge: int) -> list[Image.Image]:
    """The part of each photo that the network sees, edge × edge, several at a time."""
    def thumbnail(file):
        image = photos.upright_rgb(file, at_least=2 * edge)
        p = preprocessing
        return photos.centre(image, p.resize * edge / p.crop, edge, p.interpolation)

    with ThreadPoolExecutor() as threads:
        return list(tqdm(threads.map(thumbnail, files), "thumbnails", len(files), unit="photo"))


def as_numbers(pictures: Sequence[Image.Image], edge: int = 32):
    """Small pictures as rows of grey levels: (N, 3 · edge · edge) float32."""
    small = [picture.resize((edge, edge), Image.Resampling.BOX) for picture in pictures]
    return np.stack([np.asarray(picture, np.float32).ravel() for picture in small])


# ── Points ──────────────────────────────────────────────────────────────────────────────────────


def scatter(places, labels, names: Sequence[str], shown: Sequence[int], size: int = 900,
            named: bool = True) -> Image.Image:  # fmt: skip
    """Points on a map, with the names of some classes at their middles.

    Args:
        places: (N, 2).
        labels: (N,), −1 for none.
        names: of the classes.
        shown: the classes that get a colour and a name.
        size: of the picture.
        named: write the names; a name that would cover another is left out.
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
    if named:
        write_names(page, {names[k]: np.median(xy[labels == k], axis=0) for k in shown})
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


def write_names(page, places: dict) -> None:
    """Write each name above its place, on a light ground, but for those that would cover others."""
    draw, font, taken = ImageDraw.Draw(page), ImageFont.load_default(size=14), []
    for name, (x, y) in places.items():
        half = draw.textlength(name, font=font) / 2
        x = min(max(x, half + 4), page.width - half - 4)
        box = (x - half - 3, y - 27, x + half + 3, y - 9)
        if not any(overlap(box, other) for other in taken):
            taken.append(box)
            draw.text((x, y - 18), name, fill=INK, font=font, anchor="mm", stroke_width=2,
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


def scattered(places, pictures, size: int = 1600, edge: int = 56) -> tuple[Image.Image, int]:
    """Thumbnails where their photos lie; how many are shown.

    One that would hide, or be hidden by, too much of another is left out: a heap shows nothing.
    """
    xy = np.rint(on_canvas(places, size, size) - edge / 2).astype(int)
    page, boxes = Image.new("RGB", (size, size), PAPER), []
    for (x, y), picture in zip(xy.tolist(), pictures, strict=True):
        box = (x, y, x + edge, y + edge)
        if sum(overlap(box, other) for other in boxes) <= COVERED * edge * edge:
            boxes.append(box)
            page.paste(picture.resize((edge, edge), Image.Resampling.LANCZOS), (x, y))
    return page, len(boxes)


def in_cells(cell, pictures, rows: int, columns: int) -> Image.Image:
    """Each photo in its cell; a cell without is paper."""
    edge = pictures[0].width
    page = Image.new("RGB", (columns * (edge + 1) - 1, rows * (edge + 1) - 1), PAPER)
    for at, picture in zip(cell.tolist(), pictures, strict=True):
        row, column = divmod(at, columns)
        page.paste(picture, (column * (edge + 1), row * (edge + 1)))
    return page
