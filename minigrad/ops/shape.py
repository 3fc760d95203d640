"""Moving numbers about: reshape, transpose, index, join, pad, roll.

None of these computes anything, so each gradient is the same move backwards: what was put there
is fetched from there, and what was taken several times is added up.

Read before: ops/arithmetic.py.  Read next: ops/linear.py.
"""

import math
from numbers import Real

import numpy as np

from minigrad.backend import Array, array_module, is_array
from minigrad.tensor import op


@op
def reshape(x: Array, shape):
    """The same numbers in another shape          ∂L/∂x = g in x's shape

    Raises:
        ValueError: a shape that does not hold as many; −1, once, stands for what is left.
    """
    sizes = shape if isinstance(shape, tuple | list) else (shape,)
    if any(not isinstance(n, int | np.integer) or n < -1 for n in sizes):
        raise ValueError(f"reshape: {shape!r} is no shape: give whole numbers, one of them −1")
    return x.reshape(shape), lambda g: g.reshape(x.shape)


@op
def transpose(x: Array, axes=None):
    """The axes in another order, reversed if none is given          ∂L/∂x = the order undone"""
    y = x.transpose(axes)
    back_to = None if axes is None else np.argsort([a % x.ndim for a in axes]).tolist()
    return y, lambda g: g.transpose(back_to)


@op
def getitem(x: Array, index):
    """x[index]          ∂L/∂x[i] = Σ of g over every place that x[i] was copied to

    Raises:
        IndexError: the index lies outside of x, as for arrays and lists.
    """
    xp = array_module(x)
    if xp is not np:
        _check_inside(x.shape, index)

    def back(g):
        total = xp.zeros_like(x)
        if _copies_once(index):
            total[index] = g
        else:
            xp.add.at(total, index, g)  # total[index] += g would count a repeated index once
        return total

    return x[index], back


def _copies_once(index) -> bool:
    """Slices, whole numbers and masks take no element twice; lists of numbers may."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, int | slice | np.integer)
        or (is_array(part) and part.dtype == bool)
        for part in parts
    )


def _check_inside(shape, index):
    """CuPy takes a number in a list modulo the axis' length; NumPy refuses one that is too large.

    NumPy is asked with an array of x's shape and no memory; parts on the device are not looked at.
    """
    parts = index if isinstance(index, tuple) else (index,)
    on_host = tuple(slice(None) if array_module(part) is not np else part for part in parts)
    np.broadcast_to(np.zeros((), np.int8), shape)[on_host]


@op
def concatenate(arrays: list[Array], axis=0):
    """One array behind the other along an axis          ∂L/∂array = its own slice of g"""
    xp = array_module(*arrays)
    y = xp.concatenate(arrays, axis=axis)
    ends = np.cumsum([a.shape[axis] for a in arrays]).tolist()

    def back_to(start, end):
        return lambda g: g[(slice(None),) * (axis % g.ndim) + (slice(start, end),)]

    return y, *(back_to(start, end) for start, end in zip([0, *ends], ends, strict=False))


@op
def stack(arrays: list[Array], axis=0):
    """Arrays of one shape along a new axis          ∂L/∂array = its own place in g"""
    xp = array_module(*arrays)
    y = xp.stack(arrays, axis=axis)

    def back_to(i):
        return lambda g: g[(slice(None),) * (axis % g.ndim) + (i,)]

    return y, *(back_to(i) for i in range(len(arrays)))


@op
def pad(x: Array, widths, value=0):
    """A border of one value around x          ∂L/∂x = g without the border

    Args:
        x: an array of any shape.
        widths: (before, after) for each axis, or one number for all.
        value: what the border is filled with, a number.

    Raises:
        ValueError: widths that are negative, or not two for each axis.
    """
    xp = array_module(x)
    widths = [(widths, widths)] * x.ndim if isinstance(widths, int) else [*map(tuple, widths)]
    if not isinstance(value, Real):
        raise TypeError(f"pad: the border is filled with a number, not with {value!r}")
    if len(widths) != x.ndim or any(len(w) != 2 or min(w) < 0 for w in widths):
        raise ValueError(
            f"pad: x has {x.ndim} axes, and widths is {widths}: give (before, after) for each"
        )
    inner = tuple(slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True))
    return xp.pad(x, widths, constant_values=value), lambda g: g[inner]


@op
def roll(x: Array, shift, axis=None):
    """Shift x along the axes, and what falls off comes in at the other end: g is rolled back.

    Raises:
        ValueError: shifts that are no whole numbers, or not one for each axis.
    """
    xp = array_module(x)
    shifts, axes = (v if isinstance(v, tuple | list) else (v,) for v in (shift, axis))
    if len(shifts) != len(axes) or any(not isinstance(s, int | np.integer) for s in shifts):
        raise ValueError(f"roll: shift {shift!r} along {axis!r}: give a whole number for each axis")
    undo = tuple(-s for s in shift) if isinstance(shift, tuple | list) else -shift
    return xp.roll(x, shift, axis=axis), lambda g: xp.roll(g, undo, axis=axis)


@op
def flatten(x: Array):
    """(N, …) → (N, the product of the rest)          ∂L/∂x = g in x's shape

    Rows, as a fully connected layer reads them.

    Raises:
        ValueError: x is a single number, which has no batch axis.
    """
    if not x.ndim:
        raise ValueError("flatten: x is a single number, and has no batch axis to keep")
    return x.reshape(x.shape[0], math.prod(x.shape[1:])), lambda g: g.reshape(x.shape)
