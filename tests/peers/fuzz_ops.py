"""The table of ops, and those that work number by number; each names PyTorch's like.

A new op is an entry: a line in UNARY or BINARY if it works number by number, else a function.
An entry whose op does not exist yet is skipped.

Read before: fuzz_judge.py.  Read next: fuzz_arrays.py.
"""

import numpy as np
import pytest
from fuzz_conventions import differs
from fuzz_draw import Case, Draw

from minigrad import Tensor, ops

torch = pytest.importorskip("torch")
F = torch.nn.functional

TABLE = {}  # name → function of a Draw that returns a Case
CHOOSE = {"relu", "leaky_relu", "abs", "maximum", "minimum"}  # among numbers, with > and =


def entry(draw_case):
    """Put a function into the table, under its name: that of the op, and what follows "__"."""
    TABLE[draw_case.__name__] = draw_case
    return draw_case


def exists(name: str) -> bool:
    """Whether the op of an entry exists."""
    op = name.split("__")[0]
    return hasattr(ops, op) or op in ("graph", "network")


# ── Number by number ────────────────────────────────────────────────────────────────────────────



class Sigmoid(torch.autograd.Function):
    """PyTorch's sigmoid with our gradient."""

    @staticmethod
    def forward(ctx, x):
        differs("what 1 − σ loses")
        ctx.save_for_backward(x)
        return torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(x) * torch.sigmoid(-x)


UNARY = {
    "relu": (torch.relu, "any"),
    "sigmoid": (Sigmoid.apply, "any"),
    "tanh": (torch.tanh, "any"),
    "exp": (torch.exp, "any"),
    "log": (torch.log, "positive"),
    "sqrt": (torch.sqrt, "positive"),
    "abs": (torch.abs, "any"),
    "negative": (torch.neg, "any"),
    "leaky_relu": (F.leaky_relu, "any"),
}

for _name, (_theirs, _kind) in UNARY.items():

    def _unary(draw, name=_name, theirs=_theirs, kind=_kind):
        x = draw.array(draw.shape(), kind)
        return Case(
            getattr(ops, name), theirs, [x], f"{name} of {x.shape}", pointwise=True,
            chooses=name in CHOOSE,
        )  # fmt: skip

    TABLE[_name] = _unary

BINARY = {
    "add": (torch.add, "any"),
    "subtract": (torch.subtract, "any"),
    "multiply": (torch.multiply, "any"),
    "divide": (torch.divide, "any"),
    "maximum": (torch.maximum, "any"),
    "minimum": (torch.minimum, "any"),
}

for _name, (_theirs, _kind) in BINARY.items():

    def _binary(draw, name=_name, theirs=_theirs, kind=_kind):
        whole = draw.shape()
        shapes = [whole, draw.broadcastable(whole)]
        arrays = [draw.array(shapes.pop(draw.int(0, len(shapes) - 1)), kind) for _ in range(2)]
        settings = f"{name} of {arrays[0].shape} and {arrays[1].shape}"
        return Case(
            getattr(ops, name), theirs, arrays, settings, pointwise=True, chooses=name in CHOOSE
        )

    def _with_a_number(draw, name=_name, theirs=_theirs, kind=_kind):
        x, number = draw.array(draw.shape(), kind), draw.one_of(2, -3, 0.5, 0.1, 1e-3)
        number = draw.one_of(int, float, np.float32, np.float64, np.int64)(number)
        other = torch.tensor(float(number), dtype=torch.float64)
        first = draw.chance(0.5)

        def ours(x):
            return getattr(ops, name)(number, x) if first else getattr(ops, name)(x, number)

        def like(x):
            return theirs(other.to(x.dtype), x) if first else theirs(x, other.to(x.dtype))

        settings = f"{name} of {x.shape} and {number!r}, the number {'first' if first else 'last'}"
        return Case(ours, like, [x], settings, pointwise=True, chooses=name in CHOOSE)

    TABLE[_name], TABLE[f"{_name}__number"] = _binary, _with_a_number


@entry
def add__operators(draw: Draw):
    """Python's signs, with numbers, lists and arrays of whole numbers or truths beside Tensors."""
    x, a = draw.array((3,), "usual"), draw.array((3,), "usual")
    whole, mask = np.array([1, 2, 3]), np.array([True, False, True])
    other = draw.one_of(a, 2, 0.1, np.float64(0.1), whole, mask)
    sign = draw.one_of("+", "*", "/", "-")
    if sign == "-" and other is mask:
        differs("masks in a subtraction")
        sign = "+"
    left = draw.chance(0.5) and (isinstance(other, int | float | np.ndarray))
    text = f"other {sign} x" if left else f"x {sign} other"

    def theirs(x):
        if isinstance(other, np.ndarray):
            value = torch.from_numpy(other.copy())
            value = value.to(x.dtype) if value.is_floating_point() else value
        else:
            value = float(other)
        return eval(text, {"x": x, "other": value})

    def ours(x):
        if isinstance(x, Tensor):
            return eval(text, {"x": x, "other": other})
        op = {"+": ops.add, "*": ops.multiply, "/": ops.divide, "-": ops.subtract}[sign]
        return op(other, x) if left else op(x, other)

    return Case(ours, theirs, [x], f"{text}, x {x.dtype}, other {other!r}", pointwise=True)


@entry
def power(draw: Draw):
    n = draw.one_of(-2, -1, 0, 1, 2, 3, 0.5, 1.5, 2.0, -0.5)
    x = draw.array(draw.shape(), "any" if n == int(n) else "positive")
    return Case(lambda x: x**n, lambda x: x**n, [x], f"x {x.shape} ** {n!r}", pointwise=True)


@entry
def power__of_number(draw: Draw):
    n, x = draw.one_of(2, 0.5, 3.0, 1, 0), draw.array(draw.shape(), "any")
    return Case(lambda x: n**x, lambda x: n**x, [x], f"{n!r} ** x {x.shape}", pointwise=True)


@entry
def power__of_arrays(draw: Draw):
    whole = draw.shape()
    x, y = draw.array(draw.broadcastable(whole), "positive"), draw.array(whole, "endless")
    return Case(ops.power, torch.pow, [x, y], f"x {x.shape} ** y {y.shape}", pointwise=True)


@entry
def clip(draw: Draw):
    low, high = draw.one_of((-1, 1), (-0.5, 2.0), (0, 0.25), (-1, None), (None, 0.5), (0, 0))
    x = draw.array(draw.shape())
    return Case(
        lambda x: ops.clip(x, low, high), lambda x: torch.clamp(x, low, high), [x],
        f"clip {x.shape} to {low} … {high}", pointwise=True, chooses=True,
    )  # fmt: skip


@entry
def clip__to_arrays(draw: Draw):
    """Bounds that have gradients, too, and may be in the wrong order."""
    whole = draw.shape()
    arrays = [draw.array(whole), *(draw.array(draw.broadcastable(whole)) for _ in range(2))]
    low, high = draw.one_of((True, True), (True, False), (False, True))
    arrays = arrays[: 1 + low + high]

    def call(f):
        def clipped(x, *bounds):
            bounds = iter(bounds)
            return f(x, next(bounds) if low else None, next(bounds) if high else None)

        return clipped

    settings = f"clip {[a.shape for a in arrays]}, low {low}, high {high}"
    return Case(call(ops.clip), call(torch.clamp), arrays, settings, pointwise=True, chooses=True)


@entry
def where(draw: Draw):
    whole = draw.shape()
    condition = draw.rng.random(draw.broadcastable(whole)) > 0.5
    arrays = [condition, draw.array(draw.broadcastable(whole)), draw.array(whole)]
    settings = f"where {[a.shape for a in arrays]}"
    return Case(ops.where, torch.where, arrays, settings, pointwise=True)
