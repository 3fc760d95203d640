"""Images as rows of channels, (N·H·W, C), and what is done to each channel a cacheful at a time.

With the channels last in memory an image is this matrix already, and nothing is copied.  Batch norm
and the biases of convolutions work on it: a number per channel is a row that is added to each row,
and a sum over all places is a product with a row of ones.

Read before: blocks.py.  Read next: ways.py.
"""

import math

from minigrad.backend import array_module
from minigrad.ops.fast import threads
from minigrad.ops.fast.blocks import TOGETHER, room

WIDE = 512  # numbers in a row, at most


def pixels(image):
    """Rows of channels, (N, C, …) → (rows, C): no copy if the channels lie last in memory."""
    return array_module(image).moveaxis(image, 1, -1).reshape(-1, image.shape[1])


def per_channel(function, images, *vectors):
    """Apply function(*rows, *vectors, out=rows) to rows of channels, part by part.

    Images (N, C, …), vectors (C,) → one of the images' shape, channels last in memory.
    """
    N, C, *places = images[0].shape
    rows, vectors = _wide(images, vectors)
    out = array_module(*images).empty_like(rows[0])

    def work(parts):
        for part in parts:
            function(*(r[part] for r in rows), *vectors, out=out[part])

    threads.spread(work, _parts(out), out)
    return array_module(out).moveaxis(out.reshape(N, *places, C), -1, 1)


def channel_sums(function, images, *vectors):
    """Σ over the rows of what function(*rows, *vectors) gives, one array or several of their shape.

    Images (N, C, …), vectors (C,) → (C,) for each array.  Every part is summed on its own: more
    exact than one long sum, and the same in any order.
    """
    xp, C = array_module(*images), images[0].shape[1]
    rows, vectors = _wide(images, vectors)
    parts = _parts(rows[0])
    ones = xp.ones(len(rows[0][parts[0]]), rows[0].dtype)
    sums = [()] * len(parts)

    def work(numbers):
        for number in numbers:
            arrays = function(*(r[parts[number]] for r in rows), *vectors)
            sums[number] = [ones[: len(array)] @ array for array in arrays]

    threads.spread(work, range(len(parts)), ones)
    return [xp.stack(of_parts).reshape(-1, C).sum(axis=0) for of_parts in zip(*sums, strict=True)]


def back_bias(g):
    """A bias was added to every place of its channel: (N, C, …) → (C,)."""
    return channel_sums(lambda g: [g], [g])[0]


def _wide(images, vectors):
    """Lay k pixels side by side in a row, and each vector k times: (rows / k, k·C), (k·C,).

    NumPy begins anew with every row: for sixteen channels that takes longer than the work itself.
    """
    rows = [pixels(image) for image in images]
    n, C = rows[0].shape
    k = math.gcd(n, 2 ** int(math.log2(max(1, WIDE // max(1, C)))))
    return [r.reshape(n // k, k * C) for r in rows], [array_module(v).tile(v, k) for v in vectors]


def _parts(rows):
    """Cut (rows, C) into parts that fit in the cache, one or four or eight …, of equal sizes."""
    count = -(-rows.size // max(1, room(rows)))
    if count > 1:
        count = TOGETHER * -(-count // TOGETHER)
    each = max(1, -(-len(rows) // max(1, count)))
    return [slice(start, start + each) for start in range(0, max(1, len(rows)), each)]
