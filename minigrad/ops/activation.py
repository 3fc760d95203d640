"""Activations: one number in, one number out, and the softmax over classes.

relu is the op that this whole project turns on: rules.py replaces its gradient, and three pictures
of the same neuron come out (Zeiler and Fergus 2013; Springenberg et al. 2015).

Read before: tensor.py, for what @op does.  Read next: ops/arithmetic.py.
"""

from minigrad.backend import Array, array_module
from minigrad.ops.fast.threads import elementwise
from minigrad.tensor import op


@op
def relu(x: Array):
    r"""max(0, x)          ∂L/∂x = g · [x > 0]

    At x = 0 the gradient is 0.
    """
    return elementwise(array_module(x).maximum, x, 0), lambda g: elementwise(g_where_x_over_0, g, x)


def g_where_x_over_0(g, x, out):
    """Write g · [x > 0] to out.

    It multiplies the bits as whole numbers: 0 · ∞ of floats is NaN, and here it must be 0.
    """
    bits = f"i{g.itemsize}"
    array_module(x).multiply(g.view(bits), x > 0, out=out.view(bits))


@op
def leaky_relu(x: Array, negative_slope=0.01):
    r"""x for x > 0, else s · x          ∂L/∂x = g for x > 0, else s · g, s the negative slope

    Source: Maas, Hannun and Ng 2013.
    """
    xp = array_module(x)
    slope = xp.where(x > 0, 1, negative_slope).astype(x.dtype)
    return x * slope, lambda g: g * slope


@op
def sigmoid(x: Array):
    r"""σ(x) = 1 / (1 + e⁻ˣ)          ∂L/∂x = g · σ(x) · σ(−x)

    Computed as e^{min(x, 0)} / (1 + e^{−|x|}): nothing overflows, and small values keep all their
    digits, which 1 − σ would lose.
    """
    xp = array_module(x)
    below = 1 + xp.exp(-xp.abs(x))
    y, other = xp.exp(xp.minimum(x, 0)) / below, xp.exp(xp.minimum(-x, 0)) / below
    return y, lambda g: g * y * other


@op
def tanh(x: Array):
    r"""tanh x          ∂L/∂x = g · (1 − tanh² x)"""
    xp = array_module(x)
    y = xp.tanh(x)
    return y, lambda g: g * (1 - y * y)


@op
def softmax(x: Array, axis=-1):
    r"""p_i = e^{x_i} / Σ_j e^{x_j}          ∂L/∂x_i = p_i · (g_i − Σ_j g_j p_j)"""
    xp = array_module(x)
    x = xp.asarray(x, order="C")  # sums over what lies innermost in memory take longer than a copy
    e = xp.exp(x - x.max(axis=axis, keepdims=True))  # the same p, and no overflow
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda g: p * (g - (g * p).sum(axis=axis, keepdims=True))


@op
def log_softmax(x: Array, axis=-1):
    r"""l_i = x_i − log Σ_j e^{x_j}          ∂L/∂x_i = g_i − e^{l_i} · Σ_j g_j"""
    xp = array_module(x)
    x = xp.asarray(x, order="C")  # as in softmax
    shifted = x - x.max(axis=axis, keepdims=True)  # the same l, and no overflow
    y = shifted - xp.log(xp.exp(shifted).sum(axis=axis, keepdims=True))
    return y, lambda g: g - xp.exp(y) * g.sum(axis=axis, keepdims=True)
