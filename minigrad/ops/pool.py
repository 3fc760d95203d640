r"""Pooling: a window becomes one number, its maximum or its mean.

    max       y[n,c,i,j] = max_{a,b} x[n, c, i·s + a − p, j·s + b − p]
    average   y[n,c,i,j] = mean_{a,b} of the same

Max pooling remembers in `switches` which tap of each window won; its gradient goes there and
nowhere else.  The deconvnet's unpooling (Zeiler and Fergus 2013, section 2.1) is just this.

Read before: ops/conv.py.  Read next: ops/norm.py.
"""

import numpy as np

from minigrad import threads
from minigrad.backend import Array, array_module
from minigrad.ops.blocks import blocks_of, room, share
from minigrad.ops.conv import pair
from minigrad.tensor import op


@op
def max_pool2d(x: Array, kernel_size, stride=None, padding=0, ceil_mode=False):
    r"""y[n,c,i,j] = max_{a,b} x[n, c, i·s + a − p, j·s + b − p], −∞ beyond the border.

    Args:
        x: (N, C, H, W).
        kernel_size: a number or (rows, columns), as are stride and padding.
        stride: the window's own size if None.
        padding: at most half the window.
        ceil_mode: round the number of windows up, so that the last row and column are seen too.

    Returns:
        y (N, C, H', W').

    Raises:
        ValueError: no window fits into x.
    """
    xp = array_module(x)
    window = Window("max_pool2d", x.shape, kernel_size, stride, padding, ceil_mode)
    y = xp.empty_like(x, shape=(*x.shape[:2], *window.size))

    def forward(parts):
        padded = window.pad(x, -np.inf)
        for part in parts:
            first, *rest = window.taps(padded, part)
            y[part] = first
            for tap in rest:
                xp.maximum(y[part], tap, out=y[part])

    def back(g):  # the winner gets it all, of equals the first
        padded = window.pad(x, -np.inf)
        total = xp.zeros_like(padded) if window.overlap else xp.empty_like(padded)

        def work(parts):
            for part in parts:
                free = xp.ones_like(y[part], bool)
                places = window.taps(total, part)
                for tap, place in zip(window.taps(padded, part), places, strict=True):
                    won = (tap == y[part]) & free
                    free &= ~won
                    if window.overlap:
                        place += g[part] * won
                    else:
                        xp.multiply(g[part], won, out=place)

        threads.spread(work, window.parts(x, to_add=True), x)
        return window.crop(total)

    threads.spread(forward, window.parts(x), x)
    return y, back


def max_pool_switches(x, kernel_size, stride=None, padding=0, ceil_mode=False):
    r"""Return which tap of each window won, a·B + b, of max_pool2d with the same arguments.

    x (N, C, H, W) → (N, C, H', W') integers; of equal taps the first wins.
    """
    return _winners(x, Window("max_pool2d", x.shape, kernel_size, stride, padding, ceil_mode))[1]


@op
def avg_pool2d(x: Array, kernel_size, stride=None, padding=0, ceil_mode=False):
    r"""y[n,c,i,j] = mean_{a,b} x[n, c, i·s + a − p, j·s + b − p], 0 beyond the border.

    The padding counts as pixels seen; what ceil_mode adds beyond it does not (as in PyTorch).
    Arguments, result and errors as for max_pool2d.
    """
    xp = array_module(x)
    window = Window("avg_pool2d", x.shape, kernel_size, stride, padding, ceil_mode)
    share = xp.asarray(1 / window.seen, x.dtype)        # (H', W')
    y = sum(window.taps(window.pad(x, 0))) * share

    def back(g):  # every pixel seen gets an equal share
        total = xp.zeros(window.padded, g.dtype)
        for tap in window.taps(total):
            tap += g * share
        return window.crop(total)

    return y, back


@op
def adaptive_avg_pool2d(x: Array, output_size):
    r"""Y = R X Cᵀ: average over as many windows as asked for, whatever the size of x.

    Row i of R is the mean of rows ⌊i·H/H'⌋ … ⌈(i+1)·H/H'⌉ − 1 of x, and likewise the columns in C.
    At x's own size R and C are the identity.

    x (N, C, H, W), output_size a number or (H', W') → y (N, C, H', W').
    """
    rows, columns = pair(output_size)
    if (rows, columns) == x.shape[2:]:
        return x, lambda g: g
    xp = array_module(x)
    R = xp.asarray(_averaging(x.shape[2], rows), x.dtype)           # (H', H)
    C = xp.asarray(_averaging(x.shape[3], columns), x.dtype)        # (W', W)
    return R @ x @ C.T, lambda g: R.T @ g @ C


def _averaging(n, bins):
    matrix = np.zeros((bins, n))
    for i in range(bins):
        start, end = i * n // bins, -(-(i + 1) * n // bins)
        matrix[i, start:end] = 1 / (end - start)
    return matrix


def _winners(x, window):
    """Return the maximum of each window and the tap where it stands, the first of equals."""
    xp = array_module(x)
    taps = window.taps(window.pad(x, -np.inf))
    y = next(taps).copy()
    switches = xp.zeros(y.shape, np.uint8 if window.A * window.B <= 256 else np.int32)
    for k, tap in enumerate(taps, start=1):
        better = tap > y
        switches[better] = k
        xp.maximum(y, tap, out=y)
    return y, switches


class Window:
    """Where a pooling window stands: sizes worked out once, and the views that follow from them.

    A *tap* is one place (a, b) within the window; its view, x[:, :, a::s, b::s] of the padded
    image, holds what all windows see there.  Pooling is a loop over A·B taps.
    """

    def __init__(self, name, shape, kernel_size, stride, padding, ceil_mode):
        (self.A, self.B), (p, q) = pair(kernel_size), pair(padding)
        self.stride = pair(kernel_size if stride is None else stride)
        if len(shape) != 4:
            raise ValueError(f"{name} takes x (N, C, H, W), but x has shape {shape}")
        if 2 * p > self.A or 2 * q > self.B:
            raise ValueError(f"{name}: padding {padding} is more than half of {kernel_size}")
        self.image = shape[2:]
        self.start = p, q
        self.size = tuple(
            _count(n, k, s, before, ceil_mode)
            for n, k, s, before in zip(
                self.image, (self.A, self.B), self.stride, self.start, strict=True
            )
        )
        if min(self.size) < 1:
            raise ValueError(f"{name}: no window of {kernel_size} fits into {shape}")
        reach = [
            (m - 1) * s + k
            for m, s, k in zip(self.size, self.stride, (self.A, self.B), strict=True)
        ]
        ends = [max(r, n + 2 * b) for r, n, b in zip(reach, self.image, self.start, strict=True)]
        self.padded = (*shape[:2], *ends)

    def pad(self, x, value):
        """Put `value` around x, as far as any window reaches."""
        if x.shape == self.padded:
            return x
        margins = [
            (before, end - n - before)
            for n, before, end in zip(self.image, self.start, self.padded[2:], strict=True)
        ]
        return array_module(x).pad(x, [(0, 0), (0, 0), *margins], constant_values=value)

    def crop(self, padded):
        """Undo `pad`: the adjoint, for a gradient."""
        (p, q), (H, W) = self.start, self.image
        return padded[:, :, p : p + H, q : q + W]

    def taps(self, padded, part=None):
        """Yield the A·B views of the padded image, row by row; of a part of the windows, if given.

        A part is slices of images, channels and rows of windows.
        """
        images, channels, rows = part or (slice(None), slice(None), slice(0, self.size[0]))
        (s, t), columns = self.stride, self.size[1]
        for a in range(self.A):
            i = slice(a + rows.start * s, a + (rows.stop - 1) * s + 1, s)
            for b in range(self.B):
                yield padded[images, channels, i, b : b + (columns - 1) * t + 1 : t]

    @property
    def overlap(self):
        """Whether some pixel is in two windows, or in none."""
        tiled = [m * k for m, k in zip(self.size, (self.A, self.B), strict=True)]
        return self.stride != (self.A, self.B) or tiled != list(self.padded[2:])

    def parts(self, x, to_add=False):
        """Cut the windows into parts for the threads; `to_add`: such that no two share a pixel."""
        N, C = x.shape[:2]
        if to_add and self.overlap:
            images = [slice(n, n + 1) for n in range(N)]
            return [(*part, slice(0, self.size[0])) for part in share(images, C)]
        blocks = blocks_of(N, *self.size, max(1, room(x) // (2 * self.A * self.B * C)))
        return [(block.images, slice(None), block.rows) for block in blocks]

    @property
    def seen(self):
        """How many pixels each window holds, padding counted, (H', W')."""
        rows, columns = (
            np.minimum(np.arange(m) * s + k, n + 2 * before) - np.arange(m) * s
            for m, s, k, n, before in zip(
                self.size, self.stride, (self.A, self.B), self.image, self.start, strict=True
            )
        )
        return np.outer(rows, columns)


def _count(n, k, stride, padding, ceil_mode):
    """How many windows of k stand on n pixels; one that would see padding alone is left out."""
    free = n + 2 * padding - k
    if not ceil_mode:
        return free // stride + 1
    count = -(-free // stride) + 1
    return count - 1 if (count - 1) * stride >= n + padding else count
