r"""Batch normalisation and dropout: what helps a deep network to train.

Batch norm (Ioffe and Szegedy 2015, algorithm 1), per channel:

    x̂ = (x − μ) / √(σ² + ε)          y = weight · x̂ + bias

While training μ and σ² are the batch's own, so they depend on x and the gradient goes through them
too; afterwards they are constants, collected while training, and the layer is a line per channel.

Read before: ops/pool.py.  Read next: ops/resample.py.
"""

from minigrad.backend import Array, array_module
from minigrad.ops.fast.channels import channel_sums, per_channel, pixels
from minigrad.ops.fast.kept import for_this_g
from minigrad.tensor import op


@op
def batch_norm(
    x: Array, weight: Array, bias: Array, mean: Array | None = None, var: Array | None = None,
    eps=1e-5,
):
    r"""y = weight · (x − μ) / √(σ² + ε) + bias, per channel.

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
        ValueError: only one of mean and var is given, there are not C of something, or ε < 0.
    """
    _check(x, weight, bias, mean, var, eps)
    xp = array_module(x)
    of_batch = mean is None
    if of_batch:
        mean, var = batch_statistics(x)
    inverse = (1 / xp.sqrt(var + eps)).astype(x.dtype)
    scale, n = weight * inverse, x.size // x.shape[1]

    @for_this_g
    def sums(g):  # Σ g and Σ g · x̂
        sum_g, along = channel_sums(lambda g, x, mean: [g, (x - mean) * g], [g, x], mean)
        return sum_g, along * inverse

    def back_x(g):
        if not of_batch:
            return per_channel(xp.multiply, [g], scale)
        # x moves μ and σ² as well: take out of g its mean and its part along x̂
        mean_g, along = (total / n for total in sums(g))
        slope = along * inverse

        def centred(g, x, mean, slope, mean_g, scale, out):
            # scale · (g − mean(g) − x̂ · mean(g · x̂))
            xp.subtract(x, mean, out=out)
            out *= slope
            out += mean_g
            xp.subtract(g, out, out=out)
            out *= scale

        return per_channel(centred, [g, x], mean, slope, mean_g, scale)

    def back_weight(g):
        return sums(g)[1]

    def back_bias(g):
        return sums(g)[0]

    def forward(x, mean, scale, bias, out):
        xp.subtract(x, mean, out=out)
        out *= scale
        out += bias

    y = per_channel(forward, [x], mean, scale, bias)
    if of_batch:
        return y, back_x, back_weight, back_bias, None, None

    def back_mean(g):  # y = scale · (x − μ) + bias
        return -scale * sums(g)[0]

    def back_var(g):  # ∂ (σ² + ε)^−½ / ∂σ² = −½ (σ² + ε)^−3/2
        return -scale * inverse * sums(g)[1] / 2

    return y, back_x, back_weight, back_bias, back_mean, back_var


def batch_statistics(x):
    """Mean and variance (divided by n) of each channel: x (N, C, …) → (C,), (C,)."""
    n = x.size // x.shape[1]
    some = slice(None, None, max(1, n // 1024))
    near = pixels(x)[some].mean(axis=0)  # close to the mean: little is lost in square − d²

    def apart(x, near):
        d = x - near
        yield d
        yield array_module(x).multiply(d, d, out=d)

    d, square = (total / n for total in channel_sums(apart, [x], near))
    return near + d, square - d * d


@op
def dropout(x: Array, p, rng):
    r"""y = x · m / (1 − p), m = 0 with probability p, else 1          ∂L/∂x = g · m / (1 − p)

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


def _check(x, weight, bias, mean, var, eps):
    C = x.shape[1] if x.ndim >= 2 else None
    if not eps >= 0:
        raise ValueError(f"batch_norm: eps is {eps}, and a variance plus eps must stay positive")
    if (mean is None) != (var is None):
        raise ValueError("batch_norm: give mean and var together, or neither")
    for name, array in [("weight", weight), ("bias", bias), ("mean", mean), ("var", var)]:
        if array is not None and array.shape != (C,):
            raise ValueError(
                f"batch_norm of x {x.shape} needs {name} of shape ({C},), got {array.shape}"
            )
