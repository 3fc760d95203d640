r"""A layer in blocks: a few rows of outputs at a time, small enough to stay in a core's cache.

What a block of outputs sees is cut out of the image as one array of windows, and a product works on
that.  For a whole layer this array is many times the image (A·B times, for filters of A×B), for a
block it never leaves the cache.  Blocks are also what threads share.

Images are (N, H, W, C) here: with the channels last, windows are cut out in long runs.

Read before: threads.py.  Read next: channels.py.
"""

from typing import NamedTuple

import numpy as np

from minigrad.backend import array_module
from minigrad.ops.fast import threads

CACHE = 2**21  # bytes that a core keeps close to itself
LAUNCH = 2**28  # bytes in a block on a GPU, where few large products beat many small ones
TOGETHER = 4  # blocks come in fours, so that two threads or four get as many each
STRIP = 64  # outputs that are multiplied at a time on the CPU


class Block(NamedTuple):
    """Rows of windows that are worked on together, of one image or of several whole images."""

    images: slice
    rows: slice

    @property
    def height(self):
        """How many rows of windows there are in each image."""
        return self.rows.stop - self.rows.start


def blocks_of(images, rows, columns, windows):
    """Cut images of rows × columns windows into blocks of about so many `windows`.

    The blocks follow from the sizes alone: sums over them come out the same on any number of cores.
    """
    together = max(1, windows // (rows * columns))
    count = -(-rows // min(rows, -(-windows // columns)))
    if count > 2:
        count = min(rows, -(-count // TOGETHER) * TOGETHER)
    heights = [rows // count + (i < rows % count) for i in range(count)]  # the higher ones first
    starts = [sum(heights[:i]) for i in range(count)]
    return [
        Block(slice(n, min(n + together, images)), slice(r, r + height))
        for n in range(0, images, together)
        for r, height in zip(starts, heights, strict=True)
    ]


def room(x):
    """How many elements a block should hold in all."""
    return (CACHE if array_module(x) is np else LAUNCH) // x.itemsize


def share(blocks, outputs, x=None):
    """Pair every block with all output channels, or with shares of them if threads would idle.

    A share is whole strips, so that `in_strips` gives the same bits however many shares there are.
    A GPU, where x may live, is parallel by itself and gets large shares.
    """
    shares = -(-threads.count() // max(1, len(blocks))) if array_module(x) is np else 1
    each = -(-outputs // (shares * STRIP)) * STRIP
    ranges = [slice(o, min(o + each, outputs)) for o in range(0, outputs, each)]
    return [(block, some) for block in blocks for some in ranges]


def in_strips(a, b, out=None):
    """Return a @ b, (…, n, k) (…, k, outputs), some outputs at a time; in `out`, if it is given.

    BLAS sums over k in another order for a narrow product than for a wide one.  These are all as
    wide as each other, so that a sum does not depend on who shares out what to how many threads.
    """
    xp, outputs = array_module(a), b.shape[-1]
    out = xp.empty((*a.shape[:-1], outputs), a.dtype) if out is None else out
    strip = STRIP if xp is np else max(1, outputs)
    for o in range(0, outputs, strip):
        xp.matmul(a, b[..., o : o + strip], out=out[..., o : o + strip])
    return out


def add_up(blocks, outputs, product, x):
    """Σ over the blocks of product(block, output channels): (…, outputs), a part to every thread.

    Each part is summed in order, and the parts in order, so that the same call gives the same bits,
    on any number of threads.  x is one of the arrays that `product` works on.
    """
    each = -(-len(blocks) // TOGETHER)
    groups = [blocks[i : i + each] for i in range(0, len(blocks), each)]
    parts = share(groups, outputs, x)
    sums = [None] * len(parts)

    def work(numbers):
        for number in numbers:
            (first, *rest), some = parts[number]
            sums[number] = product(first, some)
            for block in rest:
                sums[number] += product(block, some)

    threads.spread(work, range(len(parts)), x)
    xp = array_module(x)
    total = xp.zeros((*sums[0].shape[:-1], outputs), x.dtype)
    for (_, some), part in zip(parts, sums, strict=True):
        total[..., some] += part
    return total


def view(x, shape, strides):
    """Look at the memory of x in another shape, in steps of `strides` bytes."""
    if array_module(x) is np and x.flags.c_contiguous:
        return np.ndarray(shape, x.dtype, x, 0, strides)  # a tenth of the time of as_strided
    return array_module(x).lib.stride_tricks.as_strided(x, shape, strides)


def cut(x, block, columns, kernel_size, stride, padding, dilation=(1, 1)):
    """Cut out what a block's windows see, zeros beyond the border.

    x (N, H, W, C) → (n, rows, columns, A, B, C), a view: where windows overlap, memory does.
    """
    xp = array_module(x)
    (A, B), (s, t), (p, q), (d, e) = kernel_size, stride, padding, dilation
    C, images = x.shape[3], block.images.stop - block.images.start
    top = s * block.rows.start - p
    height = s * (block.height - 1) + d * (A - 1) + 1
    width = t * (columns - 1) + e * (B - 1) + 1
    seen = x[block.images, max(top, 0) : max(top + height, 0), : max(width - q, 0)]
    if seen.shape[1:3] != (height, width):
        above = max(-top, 0)
        padded = xp.zeros((images, height, width, C), x.dtype)
        padded[:, above : above + seen.shape[1], q : q + seen.shape[2]] = seen
        seen = padded
    n, i, j, c = seen.strides
    shape, strides = (images, block.height, columns, A, B, C), (n, s * i, t * j, d * i, e * j, c)
    return view(seen, shape, strides)
