r"""Batch normalisation and dropout: what helps a deep network to train.

Batch norm (Ioffe and Szegedy 2015, algorithm 1), per channel:

    x̂ = (x − μ) / √(σ² + ε)          y = weight · x̂ + bias

While training μ and σ² are the batch's own, so they depend on x and the gradient goes through them
too; afterwards they are constants, collected while training, and the layer is a line per channel.

Read before: ops/pool.py.  Read next: ops/loss.py.
"""

from minigrad import threads
from minigrad.backend import array_module
from minigrad.ops.blocks import room
from minigrad.tensor import op


@op
def batch_norm(x, weight, bias, mean=None, var=None, eps=1e-5):
    r"""Y = weight · (x − μ) / √(σ² + ε) + bias, per channel.

    Args:
        x: (N, C, H, W) or (N, C).
        weight: (C,).
        bias: (C,).
        mean: μ (C,), or None for the batch's own.
        var: σ² (C,), or None for the batch's own.
        eps: ε.

    Returns:
        y of x's shape.

    Raises:
        ValueError: only one of mean and var is given, or there are not C of something.
    """
    _check(x, weight, bias, mean, var)
    xp = array_module(x)
    of_batch = mean is None
    if of_batch:
        mean, var = batch_statistics(x)
    inverse = (1 / xp.sqrt(var + eps)).astype(x.dtype)
    n = x.size // x.shape[1]

    def back_x(g):
        if not of_batch:
            return per_channel(lambda g, out: xp.multiply(g, weight * inverse, out=out), g)
        # x moves μ and σ² as well: take out of g its mean and its part along x̂
        mean_g, along = back_bias(g) / n, back_weight(g) / n

        def centred(g, x, out):  # weight / √(σ² + ε) · (g − mean(g) − x̂ · mean(g · x̂))
            xp.subtract(x, mean, out=out)
            out *= along * inverse
            xp.subtract(g - mean_g, out, out=out)
            out *= weight * inverse

        return per_channel(centred, g, x)

    def back_weight(g):  # Σ g · x̂
        return channel_sums(lambda g, x: (x - mean) * g, g, x) * inverse

    def back_bias(g):
        return channel_sums(lambda g: g, g)

    def forward(x, out):
        xp.subtract(x, mean, out=out)
        out *= weight * inverse
        out += bias

    return per_channel(forward, x), back_x, back_weight, back_bias, None, None


def batch_statistics(x):
    """Mean and variance (divided by n) of each channel: x (N, C, …) → (C,), (C,)."""
    n = x.size // x.shape[1]
    mean = channel_sums(lambda x: x, x) / n
    var = channel_sums(lambda x: (x - mean) ** 2, x) / n
    return mean, var


def per_channel(function, *images):
    """Apply function(*rows, out=rows) to rows of channels (rows, C), a cacheful at a time.

    Images (N, C, …) → one of the same shape, channels last in memory.
    """
    x = images[0]
    xp = array_module(x)
    rows = [channels_last(image) for image in images]
    out = xp.empty_like(rows[0])

    def work(parts):
        for part in parts:
            function(*(r[part] for r in rows), out=out[part])

    threads.spread(work, row_parts(out), x)
    return xp.moveaxis(out.reshape(x.shape[0], *x.shape[2:], x.shape[1]), -1, 1)


def channel_sums(function, *images):
    """Σ of function(*rows) over the rows (rows, C), part by part: images (N, C, …) → (C,)."""
    x = images[0]
    xp = array_module(x)
    rows = [channels_last(image) for image in images]
    parts = row_parts(rows[0])
    sums = xp.empty((len(parts), x.shape[1]), x.dtype)

    def work(numbers):
        for number in numbers:
            values = function(*(r[parts[number]] for r in rows))
            sums[number] = xp.ones(len(values), x.dtype) @ values

    threads.spread(work, range(len(parts)), x)
    return sums.sum(axis=0)


def channels_last(image):
    """Rows of channels, (N, C, …) → (rows, C): no copy if the channels lie last in memory."""
    return array_module(image).moveaxis(image, 1, -1).reshape(-1, image.shape[1])


def row_parts(rows):
    """Cut (rows, C) into parts of which a few fit in the cache together."""
    each = max(1, room(rows) // (8 * rows.shape[1]))
    return [slice(start, start + each) for start in range(0, len(rows), each)]


@op
def dropout(x, p, rng):
    r"""Y = x · m / (1 − p), m = 0 with probability p, else 1          ∂L/∂x = g · m / (1 − p)

    Args:
        x: an array of any shape.
        p: the share that is dropped, 0 ≤ p < 1.
        rng: a numpy.random.Generator.

    Source: Srivastava et al. 2014, in the form that needs no change at test time.

    Raises:
        ValueError: p is not a share, or rng is no Generator.
    """
    if not 0 <= p < 1:
        raise ValueError(f"dropout drops a share 0 ≤ p < 1 of the numbers, not {p}")
    if not hasattr(rng, "random"):
        raise ValueError("dropout needs its randomness: give rng=numpy.random.default_rng(seed)")
    xp = array_module(x)
    kept = xp.asarray(rng.random(x.shape, dtype="float32") >= p)
    m = kept.astype(x.dtype) * (1 / (1 - p))
    return x * m, lambda g: g * m


def _check(x, weight, bias, mean, var):
    C = x.shape[1] if x.ndim >= 2 else None
    if (mean is None) != (var is None):
        raise ValueError("batch_norm: give mean and var together, or neither")
    for name, array in [("weight", weight), ("bias", bias), ("mean", mean), ("var", var)]:
        if array is not None and array.shape != (C,):
            raise ValueError(
                f"batch_norm of x {x.shape} needs {name} of shape ({C},), got {array.shape}"
            )
