"""Moving numbers about: reshape, transpose, index, join, pad, roll.

None of these computes anything, so each gradient is the same move backwards: what was put there
is fetched from there, and what was taken several times is added up.

Read before: ops/arithmetic.py.  Read next: ops/linear.py.
"""

import math

import numpy as np

from minigrad.backend import array_module, is_array
from minigrad.tensor import op


@op
def reshape(x, shape):
    """The same numbers in another shape          ∂L/∂x = g in x's shape"""
    return x.reshape(shape), lambda g: g.reshape(x.shape)


@op
def transpose(x, axes=None):
    """The axes in another order, reversed if none is given          ∂L/∂x = the order undone"""
    back_to = None if axes is None else np.argsort([a % x.ndim for a in axes]).tolist()
    return x.transpose(axes), lambda g: g.transpose(back_to)


@op
def getitem(x, index):
    """x[index]          ∂L/∂x[i] = Σ of g over every place that x[i] was copied to"""
    xp = array_module(x)

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


@op
def concatenate(arrays, axis=0):
    """One array behind the other along an axis          ∂L/∂array = its own slice of g"""
    xp = array_module(*arrays)
    ends = np.cumsum([a.shape[axis] for a in arrays]).tolist()

    def back_to(start, end):
        return lambda g: g[(slice(None),) * (axis % g.ndim) + (slice(start, end),)]

    gradients = [back_to(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    return xp.concatenate(arrays, axis=axis), *gradients


@op
def pad(x, widths, value=0):
    """A border of one value around x          ∂L/∂x = g without the border

    Args:
        x: an array of any shape.
        widths: (before, after) for each axis.
        value: what the border is filled with.
    """
    xp = array_module(x)
    inner = tuple(slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True))
    return xp.pad(x, widths, constant_values=value), lambda g: g[inner]


@op
def roll(x, shift, axis=None):
    """Shift x along the axes, and what falls off comes in at the other end: g is rolled back."""
    xp = array_module(x)
    undo = tuple(-s for s in shift) if isinstance(shift, tuple | list) else -shift
    return xp.roll(x, shift, axis=axis), lambda g: xp.roll(g, undo, axis=axis)


def flatten(x):
    """Map x (N, …) → (N, the product of the rest), the rows that a fully connected layer reads."""
    return reshape(x, (x.shape[0], math.prod(x.shape[1:])))
