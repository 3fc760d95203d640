r"""Making images larger: every pixel several times, or straight lines between the pixels.

    nearest      y[n,c,i,j] = x[n, c, ⌊i/s⌋, ⌊j/t⌋]
    bilinear     Y = R X Cᵀ, R and C with two weights a row that sum to 1

Read before: ops/pool.py, of which this is the counterpart.
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
    s, t = pair(scale, "scale", 1)
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
    rows, columns = pair(size, "size", 1)
    if 0 in x.shape[2:]:
        raise ValueError(f"upsample_bilinear: x has shape {x.shape}, and no pixels to look at")
    R, C = _between(x, x.shape[2], rows), _between(x, x.shape[3], columns)  # (H', H), (W', W)
    y = threads.matmul(threads.matmul(R, x), C.T)                           # (N, C, H', W')
    return y, lambda g: threads.matmul(threads.matmul(R.T, g), C)


def _between(x, n: int, size: int):
    """How much of pixel j of n lies at the place of pixel i of `size`: (size, n)."""
    place = ((np.arange(size) + 0.5) * n / size - 0.5).clip(0, n - 1)
    weights = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(n)))
    return array_module(x).asarray(weights, x.dtype)


def _check(name, x):
    if x.ndim != 4:
        raise ValueError(f"{name} takes x (N, C, H, W), but x has shape {x.shape}")
