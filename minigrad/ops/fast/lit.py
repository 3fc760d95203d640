"""The gradient of one unit is zero but in a few places, and only what they reach need be computed.

Walked back from a class score, g is somewhere in every row and column.  From a unit it is one place
at first, then the 3×3 that it read, and never more than its receptive field: the lit part.  The
rest of the gradient at the image is zero, and nobody has to multiply by zeros to know it.

Read before: winograd.py.  Read next: kept.py.
"""

import numpy as np

from minigrad.backend import array_module


def where_lit(convolved, g, padding, reach):
    """convolved(g, padding), worked out where g is lit, if that is less than half of it.

    Args:
        convolved: convolved(g, padding), a convolution of g (N, O, H', W') at stride 1 without a
            bias.
        g: the gradient.
        padding: (rows, columns), none larger than reach.
        reach: d (k − 1) of rows and of columns, the padding with which each place of g is seen by
            every tap.
    """
    part = lit(g)
    if part is None:
        return convolved(g, padding)
    here = convolved(g[:, :, part[0], part[1]], reach)                  # all that the part touches
    N, C, *size = here.shape
    H, W = (n + 2 * p - r for n, p, r in zip(g.shape[2:], padding, reach, strict=True))
    # y[i] = Σ_a w[a] g[i + a − p]: from r − p places before the part on
    first = [one.start - r + p for one, r, p in zip(part, reach, padding, strict=True)]
    to, of = zip(*map(inside, first, size, (H, W)), strict=True)
    whole = np.zeros((N, H, W, C), g.dtype).transpose(0, 3, 1, 2)       # channels last in memory
    whole[:, :, to[0], to[1]] = here[:, :, of[0], of[1]]
    return whole


def lit(g) -> tuple[slice, slice] | None:
    """Rows and columns that hold all of g (N, O, H, W) that is not zero; None if they are most.

    None on a GPU, too, which would have to stop and tell.
    """
    if array_module(g) is not np or not g.size or (g[:, :, 0].any() and g[:, :, -1].any()):
        return None
    rows, columns = (np.flatnonzero(g.any(axis=axes)) for axes in ((0, 1, 3), (0, 1, 2)))
    if not len(rows):
        return slice(0, 1), slice(0, 1)     # one place, for a shape
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    area = (part[0].stop - part[0].start) * (part[1].stop - part[1].start)
    return part if 2 * area < g.shape[2] * g.shape[3] else None


def inside(start: int, count: int, most: int) -> tuple[slice, slice]:
    """Where `count` places from `start` on lie among `most`, and which of them do."""
    low, high = max(0, start), min(most, start + count)
    return slice(low, high), slice(low - start, high - start)
