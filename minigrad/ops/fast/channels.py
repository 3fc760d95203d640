"""Images as rows of channels, (N·H·W, C), and what is done to each channel a cacheful at a time.

With the channels last in memory an image is this matrix already, and nothing is copied.  Batch norm
and the biases of convolutions work on it: a number per channel is a row that is added to each row,
and a sum over all places is a product with a row of ones.

Read before: blocks.py.  Read next: ways.py.
"""

from minigrad.backend import array_module
from minigrad.ops.fast import threads
from minigrad.ops.fast.blocks import room


def pixels(image):
    """Rows of channels, (N, C, …) → (rows, C): no copy if the channels lie last in memory."""
    return array_module(image).moveaxis(image, 1, -1).reshape(-1, image.shape[1])


def per_channel(function, *images):
    """Apply function(*rows, out=rows) to rows of channels, part by part.

    Images (N, C, …) → one of the same shape, channels last in memory.
    """
    N, C, *places = images[0].shape
    rows = [pixels(image) for image in images]
    out = array_module(*images).empty_like(rows[0])

    def work(parts):
        for part in parts:
            function(*(r[part] for r in rows), out=out[part])

    threads.spread(work, _parts(out), out)
    return array_module(out).moveaxis(out.reshape(N, *places, C), -1, 1)


def channel_sums(function, *images):
    """Σ over the rows of what function(*rows) gives, an array or several: images → (C,) for each.

    Every part is summed on its own: more exact than one long sum, and the same in any order.
    """
    xp = array_module(*images)
    rows = [pixels(image) for image in images]
    parts = _parts(rows[0])
    ones = xp.ones(len(rows[0][parts[0]]), rows[0].dtype)
    sums = [()] * len(parts)

    def work(numbers):
        for number in numbers:
            arrays = function(*(r[parts[number]] for r in rows))
            sums[number] = [ones[: len(array)] @ array for array in arrays]

    threads.spread(work, range(len(parts)), ones)
    return [xp.stack(of_parts).sum(axis=0) for of_parts in zip(*sums, strict=True)]


def back_bias(g):
    """A bias was added to every place of its channel: (N, C, …) → (C,)."""
    return channel_sums(lambda g: [g], g)[0]


def _parts(rows):
    """Cut (rows, C) into parts of which a few fit in the cache together; no rows are one part."""
    each = max(1, room(rows) // (8 * max(1, rows.shape[1])))
    return [slice(start, start + each) for start in range(0, max(1, len(rows)), each)]
