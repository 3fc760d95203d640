r"""Back up from a pooled map: each number to one place of its window, zeros to all others.

    max unpooling       y[n, c, i·s + a − p, j·s + b − p] = x[n,c,i,j],  (a, b) the switch [n,c,i,j]
    bed of nails        y[n, c, i·s, j·t] = x[n,c,i,j]

Pooling forgets where in each window the maximum was; the switches remember (Zeiler and Fergus 2013,
section 2.1; Noh, Hong and Han 2015, section 3.2).  Max unpooling is what max pooling's gradient
does, used as a forward; its own gradient picks the numbers up again where it has put them.  A bed
of nails needs no switches: it always takes the corner.

Read before: ops/pool.py, ops/resample.py.  Read next: ops/roi.py.
"""

import numpy as np

from minigrad.backend import Array, array_module, is_array
from minigrad.ops.pool import Window
from minigrad.ops.sizes import check_images, pair
from minigrad.tensor import op


@op
def max_unpool2d(x: Array, switches, size, kernel_size, stride=None, padding=0, ceil_mode=False):
    r"""y[switched place] = x, else 0          ∂L/∂x = g[switched place]

    Where windows overlap, a place that won several gets the sum of them, so that it is exactly the
    transpose of picking the maxima (PyTorch keeps one of them).

    Args:
        x: (N, C, H', W').
        switches: integers (N, C, H', W'), those of `max_pool_switches`, a·B + b.
        size: (H, W), of what was pooled.
        kernel_size: as for max_pool2d, as are the others.
        stride: the window's own size if None.
        padding: see max_pool2d.
        ceil_mode: see max_pool2d.

    Returns:
        y (N, C, H, W).

    Raises:
        ValueError: x is no pooled map of an image of this size, or a switch is no tap of the window
            or points at the padding.
    """
    xp = array_module(x)
    check_images("max_unpool2d", x.shape)
    H, W = pair("max_unpool2d: size", size, 1)
    shape = (*x.shape[:2], H, W)
    window = Window("max_unpool2d", shape, kernel_size, stride, padding, ceil_mode)
    if x.shape[2:] != window.size:
        raise ValueError(f"max_unpool2d: {H}×{W} pools to {window.size}, and x has {x.shape[2:]}")
    maps, places = x.shape[0] * x.shape[1], x.shape[2] * x.shape[3]
    at = xp.arange(maps)[:, None], _places(window, switches, x).reshape(maps, places)
    y = xp.zeros((maps, H * W), x.dtype)
    if window.overlap:
        xp.add.at(y, at, x.reshape(maps, places))
    else:
        y[at] = x.reshape(maps, places)
    return y.reshape(shape), lambda g: g.reshape(maps, H * W)[at].reshape(x.shape), None


@op
def bed_of_nails(x: Array, scale):
    r"""y[n, c, i·s, j·t] = x[n,c,i,j], else 0          ∂L/∂x = g[:, :, ::s, ::t]

    x (N, C, H, W), scale a whole number or (s, t) → y (N, C, s·H, t·W).

    Raises:
        ValueError, TypeError: x is no batch of images, or the scale is not 1, 2, 3, …
    """
    check_images("bed_of_nails", x.shape)
    s, t = pair("scale", scale, 1)
    N, C, H, W = x.shape
    y = array_module(x).zeros((N, C, s * H, t * W), x.dtype)
    y[:, :, ::s, ::t] = x
    return y, lambda g: g[:, :, ::s, ::t].copy()


def _places(window: Window, switches, x):
    """Where each switch points in the image, row · W + column: (N, C, H', W') → the same shape."""
    xp = array_module(x)
    switches = switches if is_array(switches) else np.asarray(switches)
    if switches.shape != x.shape or switches.dtype.kind not in "iu":
        raise ValueError(f"max_unpool2d: the switches are integers of x's shape {x.shape}, not "
                         f"{switches.dtype} {switches.shape}")
    switches = xp.asarray(switches).astype(np.int64)
    if bool(((switches < 0) | (switches >= window.A * window.B)).any()):
        raise ValueError(f"max_unpool2d: a switch is no tap of a {window.A}×{window.B} window, "
                         f"0–{window.A * window.B - 1}")
    (H, W), (s, t), (p, q) = window.image, window.stride, window.start
    i, j = (xp.arange(n) for n in window.size)
    row = i[:, None] * s + switches // window.B - p
    column = j * t + switches % window.B - q
    if bool(((row < 0) | (row >= H) | (column < 0) | (column >= W)).any()):
        raise ValueError("max_unpool2d: a switch points at the padding, where there is no pixel")
    return row * W + column
