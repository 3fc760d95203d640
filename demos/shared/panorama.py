"""A large photo of several things, composed so that one knows where each of them is.

Used by: demos/heat.py.
"""

import pathlib
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from demos.shared.album import CALTECH
from demos.shared.command import photos_in
from models.classes import shared
from models.photo import upright_rgb

COLUMNS, ROWS = 4, 2


class Panorama(NamedTuple):
    """Photos side by side.

    Attributes:
        image: all of them.
        files: each one's file, row by row.
        truth: where a class is, (top, left, bottom, right), by its number; of things that the
            network knows by name.
    """

    image: Image.Image
    files: list[pathlib.Path]
    truth: dict[int, tuple[int, int, int, int]]


class Named(NamedTuple):
    """Names of things, as `shared` reads them off a network."""

    classes: list[str]


def panorama(net, seed: int) -> Panorama:
    """Draw eight kinds of things and a photo of each; each is a little larger than a window."""
    rng, cell = np.random.default_rng(seed), net.input_size * 5 // 4
    kinds = sorted(folder for folder in CALTECH.iterdir() if folder.is_dir())
    drawn = [kinds[n] for n in rng.choice(len(kinds), COLUMNS * ROWS, replace=False)]
    files = []
    image = Image.new("RGB", (COLUMNS * cell, ROWS * cell))
    boxes = [(r * cell, c * cell, (r + 1) * cell, (c + 1) * cell)
             for r in range(ROWS) for c in range(COLUMNS)]
    for kind, (top, left, _, _) in zip(drawn, boxes, strict=True):
        photos = photos_in(str(kind))
        files.append(photos[rng.integers(len(photos))])
        image.paste(ImageOps.fit(upright_rgb(files[-1]), (cell, cell)), (left, top))
    known = shared(Named([kind.name for kind in drawn]), net)
    return Panorama(image, files, {k: boxes[n] for n, k in known.items()})
