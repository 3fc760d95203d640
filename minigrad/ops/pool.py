r"""Pooling: a window becomes one number, its maximum or its mean.

    max       y[n,c,i,j] = max_{a,b} x[n, c, i·s + a − p, j·s + b − p]
    average   y[n,c,i,j] = mean_{a,b} of the same

The gradient of max pooling goes to the tap of each window that won, and nowhere else.  The
deconvnet's unpooling (Zeiler and Fergus 2013, section 2.1) is just this, its `switches` being the
numbers of those taps.  Who wins is PyTorch's answer: of equals the first; a NaN before all numbers,
and of NaNs the last; the padding never, not even where all the window holds is −∞.

Read before: ops/conv.py.  Read next: ops/norm.py.
"""

import functools

import numpy as np

from minigrad.backend import Array, array_module, is_array
from minigrad.ops.fast import threads
from minigrad.ops.fast.blocks import blocks_of, room, share, view
from minigrad.ops.sizes import check_images, pair
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
        ValueError: no window fits into x, or there are no such windows.
        TypeError: an option is of the wrong kind.
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

    def back(g):  # the winner gets it all
        edged = window.pad(x, np.nan)
        total = (xp.zeros_like if window.overlap else xp.empty_like)(x, shape=window.padded)
        integer = np.dtype(f"i{g.itemsize}")  # as whole numbers 0 · g is 0, for an infinite g too

        def work(parts):
            for part in parts:
                winners, some = window.winners(x, edged, y, part), g[part].view(integer)
                for k, places in window.tap_groups(total, part):
                    if window.overlap:
                        given = (some * (winners == k)).view(g.dtype)   # (A', B', n, C, h, W')
                        for place, more in zip(_each(places), _each(given), strict=True):
                            place += more
                    else:
                        xp.multiply(some, winners == k, out=places.view(integer))

        threads.spread(work, window.parts(x, to_add=True), x)
        return window.crop(total)

    threads.spread(forward, window.parts(x), x)
    return y, back


def max_pool_switches(x, kernel_size, stride=None, padding=0, ceil_mode=False):
    r"""Return which tap of each window won, a·B + b, of max_pool2d with the same arguments.

    x (N, C, H, W) → (N, C, H', W') integers.
    """
    if not is_array(x):
        raise TypeError(f"max_pool_switches takes a plain array, not a {type(x).__name__}")
    y = max_pool2d(x, kernel_size, stride, padding, ceil_mode)
    window = Window("max_pool2d", x.shape, kernel_size, stride, padding, ceil_mode)
    return window.winners(x, window.pad(x, np.nan), y, window.whole)


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
        total = xp.zeros_like(g, shape=window.padded)
        for tap in window.taps(total):
            tap += g * share
        return window.crop(total)

    return y, back


@op
def adaptive_avg_pool2d(x: Array, output_size):
    r"""y[n,c,i,j] = the mean of x[n, c, rows i, columns j]: as many windows as asked for.

    Rows i are ⌊i·H/H'⌋ … ⌈(i+1)·H/H'⌉ − 1, and likewise the columns; windows may share a row.

    x (N, C, H, W), output_size a number or (H', W'), 1 or more → y (N, C, H', W').  Errors as for
    max_pool2d.
    """
    check_images("adaptive_avg_pool2d", x.shape)
    rows, columns = pair("adaptive_avg_pool2d: output_size", output_size, 1)
    (H, W), xp = x.shape[2:], array_module(x)
    if (rows, columns) == (H, W):
        return x.copy(), lambda g: g
    rows, columns = _adaptive(H, rows), _adaptive(W, columns)

    # no product with a matrix of shares: 0 · NaN would reach every window
    y = xp.stack([x[:, :, some].mean(axis=2) for some in rows], axis=2)             # (N, C, H', W)
    y = xp.stack([y[..., some].mean(axis=3) for some in columns], axis=3)           # (N, C, H', W')

    def back(g):  # every pixel of a window gets an equal share
        wide = xp.zeros_like(g, shape=(*g.shape[:3], W))                            # (N, C, H', W)
        for j, some in enumerate(columns):
            wide[..., some] += g[..., j : j + 1] / (some.stop - some.start)
        total = xp.zeros_like(g, shape=(*g.shape[:2], H, W))
        for i, some in enumerate(rows):
            total[:, :, some] += wide[:, :, i : i + 1] / (some.stop - some.start)
        return total

    return y, back


def _adaptive(n, windows):
    return [slice(i * n // windows, -(-(i + 1) * n // windows)) for i in range(windows)]


class Window:
    """Where a pooling window stands: sizes worked out once, and the views that follow from them.

    A *tap* is one place (a, b) within the window, number a·B + b; its view, x[:, :, a::s, b::s] of
    the padded image, holds what all windows see there.  Pooling is a loop over A·B taps.
    """

    def __init__(self, name, shape, kernel_size, stride, padding, ceil_mode):
        check_images(name, shape)
        window = self.A, self.B = pair(f"{name}: kernel_size", kernel_size, 1)
        self.stride = pair(f"{name}: stride", kernel_size if stride is None else stride, 1)
        self.start = p, q = pair(f"{name}: padding", padding, 0)
        if 2 * p > self.A or 2 * q > self.B:
            raise ValueError(f"{name}: padding {padding} is more than half of {kernel_size}")
        if not isinstance(ceil_mode, bool | np.bool_):
            raise TypeError(f"{name}: ceil_mode is True or False, not {ceil_mode!r}")
        self.image = shape[2:]
        axes = list(zip(self.image, window, self.stride, self.start, strict=True))
        self.size = tuple(_count(n, k, s, before, ceil_mode) for n, k, s, before in axes)
        if min(self.size) < 1:
            raise ValueError(f"{name}: no window of {kernel_size} fits into {shape}")
        ends = (
            max((m - 1) * s + k, n + 2 * before)
            for m, (n, k, s, before) in zip(self.size, axes, strict=True)
        )
        self.padded = (*shape[:2], *ends)
        self.whole = slice(None), slice(None), slice(0, self.size[0])

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
        """Yield the A·B views (n, C, h, W') of the padded image, row by row, of a part's windows.

        A part is slices of images, channels and rows of windows; all of them if None.
        """
        images, channels, rows = part or self.whole
        (s, t), columns = self.stride, self.size[1]
        for a in range(self.A):
            i = slice(a + rows.start * s, a + (rows.stop - 1) * s + 1, s)
            for b in range(self.B):
                yield padded[images, channels, i, b : b + (columns - 1) * t + 1 : t]

    def tap_groups(self, padded, part):
        """Yield the taps as pairs of their numbers and their views (A', B', n, C, h, W').

        One at a time on a CPU, where a tap is a run along memory that stays in the cache; all of
        them in one on a GPU, where it is launches that cost.
        """
        xp = array_module(padded)
        numbers = _numbers(xp, self.A, self.B)
        if xp is np:
            for k, tap in zip(numbers.reshape(-1, *[1] * 6), self.taps(padded, part), strict=True):
                yield k, tap[None, None]
            return
        images, channels, rows = part
        some = padded[images, channels, rows.start * self.stride[0] :]
        shape = self.A, self.B, *some.shape[:2], rows.stop - rows.start, self.size[1]
        (n, c, i, j), (s, t) = some.strides, self.stride
        yield numbers, view(some, shape, (i, j, n, c, s * i, t * j))

    def winners(self, x, edged, y, part):
        """Return the number of the tap where each window of a part has its maximum, (n, C, h, W').

        `edged` is x with NaN around it, which equals no number: the padding never wins.
        """
        xp, K, y = array_module(x), self.A * self.B, y[part]

        def highest(ranks):
            return functools.reduce(xp.maximum, (rank.max(axis=(0, 1)) for rank in ranks))

        taps = self.tap_groups(edged, part)
        first = K - highest((tap == y) * (K - k) for k, tap in taps)  # K if nothing equals y: NaN
        if xp is np and (first < K).all():
            return first
        taps = self.tap_groups(self.pad(x, 0), part)
        return xp.where(first < K, first, highest(xp.isnan(tap) * k for k, tap in taps))

    @property
    def overlap(self):
        """Whether some pixel is in two windows, or in none."""
        tiled = [m * k for m, k in zip(self.size, (self.A, self.B), strict=True)]
        return self.stride != (self.A, self.B) or tiled != list(self.padded[2:])

    def parts(self, x, to_add=False):
        """Cut the windows into parts for the threads; `to_add`: such that no two share a pixel."""
        N, C = x.shape[:2]
        if array_module(x) is not np or not N:
            return [self.whole]
        if to_add and self.overlap:
            images = [slice(n, n + 1) for n in range(N)]
            return [(*part, slice(0, self.size[0])) for part in share(images, C)]
        windows = 2 * room(x) // (self.A * self.B * C)  # with fewer, the threads wait too often
        blocks = blocks_of(N, *self.size, max(1, windows))
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


@functools.lru_cache
def _numbers(xp, A, B):
    """a·B + b for every tap, (A, B, 1, 1, 1, 1), made once for all images there."""
    kind = np.uint8 if A * B < 256 else np.int32
    return xp.arange(A * B, dtype=kind).reshape(A, B, 1, 1, 1, 1)


def _each(taps):
    return (tap for row in taps for tap in row)


def _count(n, k, stride, padding, ceil_mode):
    """How many windows of k stand on n pixels; one that would see padding alone is left out."""
    free = n + 2 * padding - k
    if not ceil_mode:
        return free // stride + 1
    count = -(-free // stride) + 1
    return count - 1 if (count - 1) * stride >= n + padding else count
