"""Pictures that were made, on a wall: what the network says of each file, and the sheet of all.

Read before: pictures.py, wishes.py.
"""

import io
import textwrap

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import pictures
from minigrad import ops
from minigrad.backend import to_device

LECTURE = 127.5, 25.5  # .5 + .1 (x − mean) / deviation, in grey levels (Fleuret, part 9.4)


def stretched(pixels, mean: float = 115, deviation: float = 50):
    """Another contrast, to look at: each image's mean and its deviation, in grey levels."""
    u = pixels - pixels.mean(axis=(1, 2, 3), keepdims=True)
    spread = np.maximum(u.std(axis=(1, 2, 3), keepdims=True), 1e-6)
    return (mean + deviation * u / spread).clip(0, 255)


def probability(net, png: bytes, k: int | None) -> float | None:
    """What the network says of a picture, read again from its file; None if it is of no class."""
    if k is None:
        return None
    picture = np.asarray(Image.open(io.BytesIO(png)), net.dtype)                # (H, W, 3)
    pixels = to_device(picture.transpose(2, 0, 1)[None], net.device)            # (1, 3, H, W)
    return float(ops.softmax(net.scores(pixels))[0, k])


def label(text: str, width: int, height: int) -> Image.Image:
    """What a row of a sheet is of, as a picture at its left."""
    picture = Image.new("RGB", (width, height), pictures.PAPER)
    lines = textwrap.fill(text, max(1, width // 9))
    ImageDraw.Draw(picture).text((0, 0), lines, fill=pictures.INK, font=pictures.font())
    return picture


def boxed(pixels, box, tile: int = 224) -> Image.Image:
    """A picture (3, H, W), enlarged, and around what a unit sees a box."""
    picture = pictures.fitted(pictures.photo(pixels), tile)
    scale = tile / max(pixels.shape[1:])
    top, left, bottom, right = (round(edge * scale) for edge in box)
    return pictures.boxed(picture, (top - 2, left - 2, bottom + 2, right + 2))


def draw(wishes, made, answers, boxes, stretch: bool = False) -> Image.Image:
    """Lay out the pictures.

    Those of many channels stand in rows of 16, with their contrast stretched; those of units have a
    box around what a unit sees.

    Args:
        wishes: what they are of.
        made: the pictures, (N, 3, H, W).
        answers: the probability of each, or None.
        boxes: what a unit sees in each, or None.
        stretch: show those of classes as the lecture does.
    """
    if boxes[0]:
        tiles = [
            (wish.name, boxed(image, box))
            for wish, image, box in zip(wishes, made, boxes, strict=True)
        ]
        return pictures.sheet([tiles[i : i + 4] for i in range(0, len(tiles), 4)], tile=None)
    if wishes[0].k is None:
        columns = min(16, max(4, round(len(made) ** 0.5)))
        tiles = [
            (wish.name, pictures.photo(image))
            for wish, image in zip(wishes, stretched(made), strict=True)
        ]
        rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
        return pictures.sheet(rows, tile=112)
    rows, made = [], stretched(made, *LECTURE) if stretch else made
    for i in range(0, len(made), 4):
        part = slice(i, i + 4)
        rows.append([
            (f"{wish.name}  {p:.0%}", pictures.photo(image))
            for wish, p, image in zip(wishes[part], answers[part], made[part], strict=True)
        ])
    return pictures.sheet(rows)
