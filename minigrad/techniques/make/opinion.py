"""What another network says of a picture: a second opinion with a number.

A picture that excites a class of one network may be a code that only this network reads.  So it is
shown to a judge, trained by others on other photos: which place has the class among the judge's?

Read before: excite.py.
"""

from typing import NamedTuple

import numpy as np

from minigrad.backend import to_numpy
from minigrad.checked import whole


class Opinion(NamedTuple):
    """Of each image, the place of the class that was asked for, 1 for the first, and the first."""

    rank: np.ndarray
    first: np.ndarray


def opinion(judge, pixels, k: int) -> Opinion:
    """Say where class k stands among the judge's scores: rank (N,) and first (N,), whole numbers.

    Args:
        judge: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        k: a class of the judge's.

    Raises:
        ValueError: the judge has no such class, or a score is NaN.
    """
    scores = to_numpy(judge.scores(pixels))                                 # (N, K)
    if whole("the number of a class", k) >= scores.shape[1]:
        raise ValueError(f"{judge.name} has classes 0 … {scores.shape[1] - 1}, not {k}")
    if np.isnan(scores).any():
        raise ValueError(f"{judge.name} gives NaN as a score: its classes have no order")
    above = scores > scores[:, k : k + 1]
    return Opinion(above.sum(axis=1) + 1, scores.argmax(axis=1))
