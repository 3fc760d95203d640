r"""Making images larger: every pixel several times, or straight lines between the pixels.

    nearest      y[n,c,i,j] = x[n, c, ⌊i/s⌋, ⌊j/t⌋]
    bilinear     Y = R X Cᵀ, R and C with two weights a row that sum to 1

Read before: ops/pool.py, of which this is the counterpart.  Read next: ops/unpool.py.
"""

import numpy as np

from minigrad.backend import Array, array_module
from minigrad.ops.fast import threads
from minigrad.ops.sizes import pair
from minigrad.tensor import op


@op
def upsample_nearest(x: Array, scale):
    r"""y[n,c,i,j] = x[n, c, ⌊i/s⌋, ⌊j/t⌋]          ∂L/∂x = Σ of g over the s·t copies

    x (N, C, H, W), scale a whole number or (s, t) → y (N, C, s·H, t·W).

    Raises:
        ValueError, TypeError: x is no batch of images, or the scale is not 1, 2, 3, …
    """
    _check("upsample_nearest", x)
    s, t = pair("scale", scale, 1)
    N, C, H, W = x.shape
    y = x.repeat(s, axis=2).repeat(t, axis=3)
    return y, lambda g: g.reshape(N, C, H, s, W, t).sum(axis=(3, 5))    # (N, C, H, s, W, t)


@op
def upsample_bilinear(x: Array, size):
    r"""Y = R X Cᵀ          ∂L/∂X = Rᵀ G C

    Row i of R looks at place (i + ½) · H/H' − ½ of x's rows, between two pixels or beyond the last,
    where the border goes on; C likewise (F.interpolate(x, size, mode="bilinear") of PyTorch).

    x (N, C, H, W), size a number or (H', W') → y (N, C, H', W').

    Raises:
        ValueError, TypeError: x is no batch of images, has no pixels, or the size is not 1, 2, 3, …
    """
    _check("upsample_bilinear", x)
    xp, (rows, columns) = array_module(x), pair("size", size, 1)
    if 0 in x.shape[2:]:
        raise ValueError(f"upsample_bilinear: x has shape {x.shape}, and no pixels to look at")
    H, W = x.shape[2:]
    y = _between(_between(x, H, rows, axis=2), W, columns, axis=3)          # (N, C, H', W')

    def back(g):
        R = _between(xp.eye(H, dtype=g.dtype), H, rows, axis=0)             # (H', H)
        C = _between(xp.eye(W, dtype=g.dtype), W, columns, axis=0)          # (W', W)
        return threads.matmul(threads.matmul(R.T, g), C)

    return y, back


def _between(x, n: int, size: int, axis: int):
    """Look at `size` places along an axis of n pixels, each between two of them: R X, or X Cᵀ."""
    place = ((np.arange(size) + 0.5) * n / size - 0.5).clip(0, n - 1)
    low = np.floor(place).astype(int)
    xp, shape = array_module(x), [size if a == axis else 1 for a in range(x.ndim)]
    above = xp.asarray((place - low).reshape(shape), x.dtype)
    low, high = (xp.asarray(i) for i in (low, np.minimum(low + 1, n - 1)))
    higher = xp.where(above > 0, xp.take(x, high, axis) * above, 0)  # unseen, it may be ∞
    return xp.take(x, low, axis) * (1 - above) + higher


def _check(name, x):
    if x.ndim != 4:
        raise ValueError(f"{name} takes x (N, C, H, W), but x has shape {x.shape}")
