"""Arithmetic, element by element with broadcasting, and the reductions sum, mean and max.

Each op is its formula, its derivative, and nothing else.  Where the arrays have unlike shapes the
forward repeats the smaller one, and the engine adds the gradient up again.

Read before: ops/activation.py.  Read next: ops/shape.py.
"""

from minigrad.backend import array_module
from minigrad.tensor import op


@op(broadcasts=True)
def add(a, b):
    """Add: a + b          ∂L/∂a = g, ∂L/∂b = g"""
    return a + b, lambda g: g, lambda g: g


@op(broadcasts=True)
def subtract(a, b):
    """Subtract: a − b          ∂L/∂a = g, ∂L/∂b = −g"""
    return a - b, lambda g: g, lambda g: -g


@op(broadcasts=True)
def multiply(a, b):
    """Multiply: a · b          ∂L/∂a = g · b, ∂L/∂b = g · a"""
    return a * b, lambda g: g * b, lambda g: g * a


@op(broadcasts=True)
def divide(a, b):
    """Divide: a / b          ∂L/∂a = g / b, ∂L/∂b = −g · a / b²"""
    return a / b, lambda g: g / b, lambda g: -g * a / (b * b)


@op
def negative(x):
    """−x          ∂L/∂x = −g"""
    return -x, lambda g: -g


@op
def power(x, exponent):
    """xⁿ, n a number          ∂L/∂x = g · n · xⁿ⁻¹"""
    if exponent == 2:  # x·x is many times faster than x**2.0
        return x * x, lambda g: 2 * g * x
    return x**exponent, lambda g: g * exponent * x ** (exponent - 1)


@op
def exp(x):
    """eˣ          ∂L/∂x = g · eˣ"""
    xp = array_module(x)
    y = xp.exp(x)
    return y, lambda g: g * y


@op
def log(x):
    """Log x          ∂L/∂x = g / x"""
    xp = array_module(x)
    return xp.log(x), lambda g: g / x


@op
def sqrt(x):
    """√x          ∂L/∂x = g / (2 √x)"""
    xp = array_module(x)
    y = xp.sqrt(x)
    return y, lambda g: g / (2 * y)


@op
def abs(x):
    """|x|          ∂L/∂x = g · sign x, and 0 at x = 0"""
    xp = array_module(x)
    return xp.abs(x), lambda g: g * xp.sign(x)


@op(broadcasts=True)
def maximum(a, b):
    """max(a, b)          ∂L/∂a = g · [a > b], ∂L/∂b = g · [b > a]; half each where a = b"""
    xp = array_module(a, b)
    y = xp.maximum(a, b)

    def back_to(argument, other):
        return lambda g: g * ((argument > other) + 0.5 * (argument == other)).astype(g.dtype)

    return y, back_to(a, b), back_to(b, a)


@op
def clip(x, low, high):
    """min(max(x, low), high)          ∂L/∂x = g · [low ≤ x ≤ high]"""
    xp = array_module(x)
    inside = (x >= low) & (x <= high)
    return xp.clip(x, low, high), lambda g: g * inside


@op
def sum(x, axis=None, keepdims=False):
    """Σ x over the axes          ∂L/∂x = g for every summand"""
    return x.sum(axis=axis, keepdims=keepdims), lambda g: _spread(g, x, axis, keepdims)


@op
def mean(x, axis=None, keepdims=False):
    """Σ x / n over the axes          ∂L/∂x = g / n for every summand"""
    y = x.mean(axis=axis, keepdims=keepdims)
    n = x.size // y.size
    return y, lambda g: _spread(g / n, x, axis, keepdims)


@op
def max(x, axis=None, keepdims=False):
    """Max x over the axes          ∂L/∂x = g where x is the maximum, in equal shares among ties"""
    won = (x == x.max(axis=axis, keepdims=True)).astype(x.dtype)
    share = won / won.sum(axis=axis, keepdims=True)
    return x.max(axis=axis, keepdims=keepdims), lambda g: share * _spread(g, x, axis, keepdims)


def _spread(g, x, axis, keepdims):
    """Repeat g along the axes that a reduction took away: x's shape again."""
    xp = array_module(x)
    if axis is not None and not keepdims:
        g = xp.expand_dims(g, axis)
    every = xp.empty_like(x)  # numbers, not a view with steps of 0, for which BLAS does nothing
    every[...] = g
    return every
