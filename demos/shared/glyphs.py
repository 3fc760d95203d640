"""HOG as it is always drawn: a star in each cell, a line along the edges of each orientation.

A gradient stands across its edge, so the line of an orientation is turned by 90°; it is the
brighter the more of the cell's votes are its own.

Used by: demos/hog.py.
"""

import functools
import math

import numpy as np
from PIL import Image, ImageDraw

FINE, THICK, FULL = 4, 0.09, 0.4  # thick in shares of a cell; a number of FULL or more is white


def glyphs(weights, edge: int) -> Image.Image:
    """Draw what HOG says of each cell, (bins, h, w), a star of `edge` pixels for each."""
    bins, h, w = weights.shape
    share = np.clip(weights / FULL, 0, 1) ** 0.7
    lit = np.einsum("khw,kab->hawb", share, lines(bins, edge))              # (h, edge, w, edge)
    grey = np.rint(255 * lit.reshape(h * edge, w * edge).clip(0, 1)).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


@functools.cache
def lines(bins: int, edge: int):
    """A line through the middle of a cell for each orientation, in [0, 1]: (bins, edge, edge)."""
    size = FINE * edge
    drawn = []
    for k in range(bins):
        along = (k + 0.5) * math.pi / bins + math.pi / 2
        dx, dy = 0.47 * size * math.cos(along), 0.47 * size * math.sin(along)
        cell = Image.new("L", (size, size))
        ImageDraw.Draw(cell).line(
            (size / 2 - dx, size / 2 - dy, size / 2 + dx, size / 2 + dy),
            fill=255, width=round(THICK * size),
        )  # fmt: skip
        drawn.append(np.asarray(cell.resize((edge, edge), Image.Resampling.BOX), float) / 255)
    return np.stack(drawn)
