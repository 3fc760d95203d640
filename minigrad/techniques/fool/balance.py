r"""Near or wrong: how much the one shall weigh against the other, found for each photo by halving.

Two attacks look for the smallest move by making one number small,

    ‖r‖² + c · (how far the network is from what it shall say)

A large c: the network is fooled, from far.  A small c: the move is small, and fools nobody.  In
between is the smallest c that just does, and its move is the smallest.  Where c worked it is made
smaller, where it failed larger, tenfold as long as only one side is known, then to the middle, as
c lives on a scale of powers √(low · high).

‖r‖² is measured on pixels of 0–1, as in both papers, so that their values of c mean the same here.

Read before: record.py.  Read next: carlini_wagner.py, lbfgs_attack.py.
"""

from collections.abc import Callable

import numpy as np

from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.techniques.fool.balls import PIXELS


def smallest(attempt: Callable, pixels, c: float, searches: int):
    """Try one c after another, for each photo its own, and keep the nearest that succeeded.

    Args:
        attempt: (c (N,), the nearest so far (N, 3, H, W), how often one was found (N,)) →
            (x (N, 3, H, W), its ‖r‖² (N,), ∞ where none was found, whether c was enough (N,)).
        pixels: (N, 3, H, W), the photos.
        c: the first to be tried, the same for all.
        searches: so many are tried.

    Returns:
        (N, 3, H, W), the nearest that succeeded; the photo itself where none did.
    """
    c, searches = number("c", c, above=0), whole("searches", searches, at_least=1)
    xp, N = array_module(pixels), len(pixels)
    best, nearest = pixels, np.full(N, np.inf)
    cs, low, high, found = np.full(N, c), np.zeros(N), np.full(N, np.inf), np.zeros(N, int)
    for _ in range(searches):
        x, distance, enough = attempt(cs, best, found)
        better = distance < nearest
        best = xp.where(xp.asarray(better).reshape(-1, 1, 1, 1), x, best)
        nearest, found = np.where(better, distance, nearest), found + np.isfinite(distance)
        low, high = np.where(enough, low, cs), np.where(enough, cs, high)
        # √(low · high), or ten times less or more where one of them is not known
        cs = np.sqrt(np.where(low > 0, low, high / 100) * np.where(high < np.inf, high, low * 100))
    return best


def squared(r):
    """‖r‖² of each image on pixels of 0–1: (N, 3, H, W) in grey levels → (N,)."""
    return ((r / 255) ** 2).sum(axis=PIXELS)
