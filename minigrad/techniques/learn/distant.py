r"""The distant cue: what every pixel is, something far away from it tells.

On a grey ground with some grain stands one small square, orange or blue, and its colour is the
class of the whole image.  A pixel whose network sees r pixels to each side knows it if the square
is that near.  If it is further away than r, all that is seen looks the same in both cases, and what
is left is to guess: half of these pixels are right.  So the share of right pixels by the distance
to the square measures how far a network does look, and not how far its table says it could.  As
its windows are squares, the distance is

    d = max(rows, columns) between the pixel and the nearest one of the square

Read before: models/dilated.py.
"""

from typing import NamedTuple

import numpy as np

from minigrad.backend import to_numpy
from minigrad.checked import whole

CLASSES = ("orange", "blue")
COLOURS = np.array([(235, 130, 30), (40, 110, 220)], np.float32)
GROUND, GRAIN = 140, 6          # grey levels; the second is the deviation of the noise
HALF, SMALLEST = 2, 16          # the square has 2 · HALF + 1 pixels a side


class Cues(NamedTuple):
    """Pixels (N, 3, S, S) float32, labels (N, S, S), and distances to the square (N, S, S)."""

    pixels: np.ndarray
    labels: np.ndarray
    distances: np.ndarray


def distant_cues(
    count: int = 16, *, size: int = 64, rng: np.random.Generator | None = None
) -> Cues:  # fmt: skip
    """Make images with a square somewhere.

    Args:
        count: how many.
        size: their edge S, in pixels.
        rng: the same generator makes the same ones.

    Raises:
        ValueError: fewer than one, or smaller than 16 pixels.
    """
    rng, size = rng or np.random.default_rng(0), whole("size", size, at_least=SMALLEST)
    made = [_cue(size, rng) for _ in range(whole("count", count, at_least=1))]
    return Cues(*map(np.stack, zip(*made, strict=True)))


def _cue(size: int, rng):
    """One image: pixels (3, S, S), labels (S, S), distances (S, S)."""
    rows, columns = np.mgrid[:size, :size]
    row, column = rng.integers(HALF, size - HALF, 2)
    d = np.maximum(abs(rows - row), abs(columns - column)).clip(HALF) - HALF        # (S, S)
    k = rng.integers(len(CLASSES))
    grain = GROUND + rng.normal(0, GRAIN, (3, size, size))
    pixels = np.where(d == 0, COLOURS[k][:, None, None], grain).clip(0, 255)        # (3, S, S)
    return pixels.astype(np.float32), np.full((size, size), k), d


def right_by_distance(said, labels, distances, edges) -> np.ndarray:
    """The share of right pixels, by how far away the square is.

    Args:
        said: what a network says, class numbers (N, S, S).
        labels: (N, S, S).
        distances: (N, S, S).
        edges: B + 1 distances, rising; share b is of edges[b] ≤ d < edges[b + 1].

    Returns:
        (B,); NaN where there is no such pixel.
    """
    right = to_numpy(said) == labels
    there, good = (np.histogram(some, edges)[0] for some in (distances, distances[right]))
    return np.where(there > 0, good / np.maximum(there, 1), np.nan)
