"""Activations: one number in, one number out, and the softmax over classes.

relu is the op that this whole project turns on: rules.py replaces its gradient, and three pictures
of the same neuron come out (Zeiler and Fergus 2013; Springenberg et al. 2015).

Read before: tensor.py, for what @op does.  Read next: rules.py, then ops/conv.py.
"""

from minigrad.backend import array_module
from minigrad.tensor import op
from minigrad.threads import elementwise


@op
def relu(x):
    r"""max(0, x)          ∂L/∂x = g · [x > 0]

    At x = 0 the gradient is 0.
    """
    return elementwise(array_module(x).maximum, x, 0), lambda g: elementwise(gate, g, x)


def gate(g, x, out):
    """Write g · [x > 0] to out."""
    array_module(x).multiply(g, x > 0, out=out)


@op
def sigmoid(x):
    r"""σ(x) = 1 / (1 + e⁻ˣ)          ∂L/∂x = g · σ · (1 − σ)"""
    xp = array_module(x)
    # e⁻ˣ overflows for x ≪ 0; tanh never does, and σ(x) = (1 + tanh(x/2)) / 2
    y = (1 + xp.tanh(x / 2)) / 2
    return y, lambda g: g * y * (1 - y)


@op
def tanh(x):
    r"""Tanh x          ∂L/∂x = g · (1 − tanh² x)"""
    xp = array_module(x)
    y = xp.tanh(x)
    return y, lambda g: g * (1 - y * y)


@op
def softmax(x, axis=-1):
    r"""p_i = e^{x_i} / Σ_j e^{x_j}          ∂L/∂x_i = p_i · (g_i − Σ_j g_j p_j)"""
    xp = array_module(x)
    e = xp.exp(x - x.max(axis=axis, keepdims=True))  # the same p, and no overflow
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda g: p * (g - (g * p).sum(axis=axis, keepdims=True))


@op
def log_softmax(x, axis=-1):
    r"""l_i = x_i − log Σ_j e^{x_j}          ∂L/∂x_i = g_i − e^{l_i} · Σ_j g_j"""
    xp = array_module(x)
    shifted = x - x.max(axis=axis, keepdims=True)  # the same l, and no overflow
    y = shifted - xp.log(xp.exp(shifted).sum(axis=axis, keepdims=True))
    return y, lambda g: g - xp.exp(y) * g.sum(axis=axis, keepdims=True)
