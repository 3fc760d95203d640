"""Arithmetic, element by element with broadcasting, and the reductions sum, mean, var, max and min.

Each op is its formula, its derivative, and nothing else.  Where the arrays have unlike shapes the
forward repeats the smaller one, and the engine adds the gradient up again.

Read before: ops/activation.py.  Read next: ops/shape.py.
"""

import math

from minigrad.backend import Array, array_module
from minigrad.tensor import op


@op(broadcasts=True)
def add(a: Array, b: Array):
    """a + b          ∂L/∂a = g, ∂L/∂b = g"""
    return a + b, lambda g: g, lambda g: g


@op(broadcasts=True)
def subtract(a: Array, b: Array):
    """a − b          ∂L/∂a = g, ∂L/∂b = −g"""
    return a - b, lambda g: g, lambda g: -g


@op(broadcasts=True)
def multiply(a: Array, b: Array):
    """a · b          ∂L/∂a = g · b, ∂L/∂b = g · a"""
    return a * b, lambda g: g * b, lambda g: g * a


@op(broadcasts=True)
def divide(a: Array, b: Array):
    """a / b          ∂L/∂a = g / b, ∂L/∂b = −g · (a / b) / b"""
    y = a / b
    return y, lambda g: g / b, lambda g: -g * y / b  # b² would underflow for a small b


@op
def negative(x: Array):
    """−x          ∂L/∂x = −g"""
    return -x, lambda g: -g


@op(broadcasts=True)
def power(x: Array, exponent: Array):
    """xⁿ          ∂L/∂x = g · n · xⁿ⁻¹, ∂L/∂n = g · xⁿ · log x

    Both are 0 where the other factor is: x⁰ = 1 for all x, and 0ⁿ = 0 for all n > 0.
    """
    xp = array_module(x, exponent)
    if isinstance(exponent, int | float) and exponent == 2:  # x·x is many times faster than x**2
        return x * x, lambda g: 2 * g * x, None
    y = x**exponent

    def back_x(g):
        below = xp.where(exponent == 0, 0, exponent - 1).astype(g.dtype)
        return xp.where(exponent == 0, 0, g * exponent * x**below)

    def back_exponent(g):
        flat = (x == 0) & (exponent >= 0)
        return g * y * xp.log(xp.where(flat, 1, x).astype(g.dtype))

    return y, back_x, back_exponent


@op
def exp(x: Array):
    """eˣ          ∂L/∂x = g · eˣ"""
    y = array_module(x).exp(x)
    return y, lambda g: g * y


@op
def log(x: Array):
    """log x          ∂L/∂x = g / x"""
    return array_module(x).log(x), lambda g: g / x


@op
def sqrt(x: Array):
    """√x          ∂L/∂x = g / (2 √x)"""
    y = array_module(x).sqrt(x)
    return y, lambda g: g / (2 * y)


@op
def abs(x: Array):
    """|x|          ∂L/∂x = g · sign x, and 0 at x = 0"""
    xp = array_module(x)
    return xp.abs(x), lambda g: g * xp.sign(x)


@op(broadcasts=True)
def maximum(a: Array, b: Array):
    """max(a, b)          ∂L/∂a = g · [a > b], ∂L/∂b = g · [b > a]; half each where a = b"""
    y = array_module(a, b).maximum(a, b)
    return y, lambda g: _share(g, a > b, a == b), lambda g: _share(g, b > a, a == b)


@op(broadcasts=True)
def minimum(a: Array, b: Array):
    """min(a, b)          ∂L/∂a = g · [a < b], ∂L/∂b = g · [b < a]; half each where a = b"""
    y = array_module(a, b).minimum(a, b)
    return y, lambda g: _share(g, a < b, a == b), lambda g: _share(g, b < a, a == b)


def _share(g, won, tied):
    """Return g for the winner, half of it where there is none."""
    xp = array_module(g)
    return xp.where(won, g, xp.where(tied, g / 2, 0))


@op(broadcasts=True)
def where(condition, a: Array, b: Array):
    """a where the condition holds, else b          ∂L/∂a = g · [condition], ∂L/∂b = g · [not]"""
    xp = array_module(a, b)
    holds = xp.asarray(condition, bool)
    y = xp.where(holds, a, b)
    return y, None, lambda g: xp.where(holds, g, 0), lambda g: xp.where(holds, 0, g)


@op(broadcasts=True)
def clip(x: Array, low: Array | None = None, high: Array | None = None):
    """min(max(x, low), high)          ∂L/∂x = g · [low ≤ x ≤ high]

    Where x is cut off, g goes to the bound that cut: ∂L/∂low = g · [x < low < high],
    ∂L/∂high = g · [x > high or low > high].  None is no bound.

    Raises:
        ValueError: there is no bound at all.
    """
    if low is None and high is None:
        raise ValueError("clip: give a low or a high bound, or both")
    xp = array_module(x)
    least, most = (-math.inf if low is None else low), (math.inf if high is None else high)
    y = xp.minimum(xp.maximum(x, least), most)
    inside = (x >= least) & (x <= most)
    below = (x < least) & ((least < most) | (high is None))
    above = (x > most) | (least > most)
    return (
        y,
        lambda g: xp.where(inside, g, 0),
        None if low is None else lambda g: xp.where(below, g, 0),
        None if high is None else lambda g: xp.where(above, g, 0),
    )


# ── Reductions ───────────────────────────────────────────────────────────────────────────────────


@op
def sum(x: Array, axis=None, keepdims=False):
    """Σ x over the axes          ∂L/∂x = g for every summand"""
    return x.sum(axis=axis, keepdims=keepdims), lambda g: _repeated(g, x, axis, keepdims)


@op
def mean(x: Array, axis=None, keepdims=False):
    """Σ x / n over the axes          ∂L/∂x = g / n for every summand"""
    n = _count(x, axis)
    y = x.sum(axis=axis, keepdims=keepdims) / n
    return y, lambda g: _repeated(g / n, x, axis, keepdims)


@op
def var(x: Array, axis=None, correction=1, keepdims=False):
    """Σ (x − mean)² / (n − correction) over the axes          ∂L/∂x = g · 2 (x − mean) / (n − c)

    The correction 1 makes a sample's variance right on average (Bessel); 0 divides by n.

    Raises:
        ValueError: fewer numbers than the correction leaves any of.
    """
    n = _count(x, axis)
    if not n > correction >= 0:
        raise ValueError(f"var: of {n} numbers with correction {correction} nothing is left")
    apart = x - x.sum(axis=axis, keepdims=True) / n
    y = (apart * apart).sum(axis=axis, keepdims=keepdims) / (n - correction)
    return y, lambda g: _repeated(g * (2 / (n - correction)), x, axis, keepdims) * apart


@op
def max(x: Array, axis=None, keepdims=False):
    """max x over the axes          ∂L/∂x = g where x is the maximum, in equal shares among ties"""
    y = x.max(axis=axis, keepdims=True)
    return _dropped(y, x, axis, keepdims), lambda g: _shared(g, x, y, axis, keepdims)


@op
def min(x: Array, axis=None, keepdims=False):
    """min x over the axes          ∂L/∂x = g where x is the minimum, in equal shares among ties"""
    y = x.min(axis=axis, keepdims=True)
    return _dropped(y, x, axis, keepdims), lambda g: _shared(g, x, y, axis, keepdims)


def _dropped(y, x, axis, keepdims):
    """Return y without the axes that a reduction made 1."""
    if keepdims:
        return y
    return y.reshape(()) if axis is None else array_module(x).squeeze(y, axis)


def _shared(g, x, y, axis, keepdims):
    """Return g for the elements of x that equal the reduction y, in equal shares."""
    won = ((x == y) | (x != x)).astype(x.dtype)  # NaN is the maximum and the minimum of its axis
    share = won / won.sum(axis=axis, keepdims=True)
    return share * _repeated(g, x, axis, keepdims)


def _count(x, axis) -> int:
    """How many numbers a reduction over these axes puts into one."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod(x.shape[a] for a in axes if -x.ndim <= a < x.ndim)  # NumPy refuses the others


def _repeated(g, x, axis, keepdims):
    """Repeat g along the axes that a reduction took away: x's shape again."""
    xp = array_module(x)
    if axis is not None and not keepdims:
        g = xp.expand_dims(g, axis)
    every = xp.empty_like(x)  # numbers, not a view with steps of 0, for which BLAS does nothing
    every[...] = g
    return every
