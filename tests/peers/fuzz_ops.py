"""The table of ops for the fuzz: each draws its arrays and options, and names PyTorch's like.

A new op is an entry: a line in UNARY or BINARY if it works number by number, else a function.
An entry whose op does not exist yet is skipped.

Read before: fuzz_judge.py.  Read next: fuzz_images.py.
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

UNARY = {
    "relu": (torch.relu, "any"),
    "sigmoid": (torch.sigmoid, "any"),
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
    x, y = draw.array(draw.broadcastable(whole), "positive"), draw.array(whole, "any")
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


# ── Reductions ──────────────────────────────────────────────────────────────────────────────────

REDUCTIONS = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}

for _name, _theirs in REDUCTIONS.items():

    def _reduced(draw, name=_name, theirs=_theirs):
        x = draw.array(draw.shape(longest=9))
        axis, keepdims = draw.axes(x.ndim), draw.chance(0.5)
        every = tuple(range(x.ndim)) if axis is None else axis
        method = draw.chance(0.3)

        def ours(x):
            of = getattr(x, name) if method else lambda **options: getattr(ops, name)(x, **options)
            return of(axis=axis, keepdims=keepdims)

        def like(x):
            return theirs(x, dim=every, keepdim=keepdims) if x.ndim else theirs(x.reshape(1), dim=0)

        settings = f"{name} of {x.shape} over {axis}, keepdims={keepdims}"
        return Case(ours, like, [x], settings, chooses=name in ("max", "min"))

    TABLE[_name] = _reduced


@entry
def var(draw: Draw):
    x = draw.array(draw.shape(1, longest=9))
    axis, keepdims = draw.axes(x.ndim), draw.chance(0.5)
    correction = draw.one_of(1, 0, 2)
    n = x.size if axis is None else np.prod([x.shape[a] for a in np.atleast_1d(axis)])
    if n <= correction:
        differs("nothing is no result")
        x, axis = draw.array((4, 5)), None
    every = tuple(range(x.ndim)) if axis is None else axis
    return Case(
        lambda x: ops.var(x, axis, correction, keepdims),
        lambda x: torch.var(x, dim=every, correction=correction, keepdim=keepdims), [x],
        f"var of {x.shape} over {axis}, correction={correction}",
    )  # fmt: skip


@entry
def softmax(draw: Draw):
    return _along(draw, "softmax", torch.softmax)


@entry
def log_softmax(draw: Draw):
    return _along(draw, "log_softmax", torch.log_softmax)


def _along(draw, name, theirs):
    x = draw.array(draw.shape(1))
    axis = draw.axis(x.ndim)
    if x.shape[axis] == 0:
        differs("nothing is no result")
        x = draw.array(tuple(max(1, n) for n in x.shape))
    return Case(
        lambda x: getattr(ops, name)(x, axis=axis), lambda x: theirs(x, dim=axis), [x],
        f"{name} of {x.shape} along {axis}",
    )  # fmt: skip


# ── Moving numbers about ────────────────────────────────────────────────────────────────────────


@entry
def reshape(draw: Draw):
    x = draw.array(draw.shape(1, 4))
    sizes = draw.one_of((x.size,), (-1,) if x.size else (0,), (1, x.size), x.shape[::-1], x.shape)
    method = draw.chance(0.3)

    def ours(x):
        return x.reshape(sizes) if method else ops.reshape(x, sizes)

    settings = f"{x.shape} to {sizes}"
    return Case(ours, lambda x: x.reshape(sizes), [x], settings, pointwise=True)


@entry
def flatten(draw: Draw):
    x = draw.array(draw.shape(2, 4))
    settings = f"flatten {x.shape}"
    return Case(ops.flatten, lambda x: x.reshape(len(x), x[:1].numel() if len(x) else
                int(np.prod(x.shape[1:]))), [x], settings, pointwise=True)


@entry
def transpose(draw: Draw):
    x = draw.array(draw.shape(1, 4))
    axes = tuple(int(a) - x.ndim * draw.chance(0.3) for a in draw.rng.permutation(x.ndim))
    axes = draw.one_of(None, axes)
    every = tuple(range(x.ndim))[::-1] if axes is None else axes
    return Case(
        lambda x: ops.transpose(x, axes), lambda x: x.permute(every), [x],
        f"transpose {x.shape} by {axes}", pointwise=True,
    )  # fmt: skip


@entry
def getitem(draw: Draw):
    x = draw.array([draw.int(2, 5) for _ in range(draw.int(1, 4))])
    n = x.shape[0]
    index = draw.one_of(
        0, -1, slice(1, None), slice(None, None, 2), ..., (None, 0), (..., 0),
        [0, 0, n - 1], [-1, 0, -n], np.array([n - 1, 0, 0]), np.array([[0, 1], [1, -1]]),
        (Ellipsis, [0, -1, 0]), slice(0, 0), np.int64(1), draw.rng.random(x.shape) > 0.5,
        draw.rng.random(n) > 0.5,
        *([(0, [0, 1]), ([1, 0], [0, 1]), (slice(None), [1, 1, 0])] if x.ndim > 1 else []),
        *([([0, 1], slice(None), [1, 0]), (slice(1, None), None, [0, 0])] if x.ndim > 2 else []),
    )  # fmt: skip
    return Case(lambda x: x[index], lambda x: x[index], [x], f"{x.shape} at {index!r}")


@entry
def concatenate(draw: Draw):
    shape = [*draw.shape(1, 4)]
    axis = draw.axis(len(shape))
    sizes = [draw.int(0, 4) for _ in range(draw.int(1, 4))]
    arrays = [draw.array([*shape[: axis % len(shape)], n, *shape[axis % len(shape) + 1 :]])
              for n in sizes]  # fmt: skip
    return Case(
        lambda *arrays: ops.concatenate(arrays, axis=axis),
        lambda *arrays: torch.cat(arrays, dim=axis), arrays,
        f"{[a.shape for a in arrays]} along {axis}", pointwise=True,
    )  # fmt: skip


@entry
def stack(draw: Draw):
    shape, count = draw.shape(0, 3), draw.int(1, 4)
    axis = draw.axis(len(shape) + 1)
    arrays = [draw.array(shape) for _ in range(count)]
    return Case(
        lambda *arrays: ops.stack(arrays, axis=axis),
        lambda *arrays: torch.stack(arrays, dim=axis), arrays,
        f"stack {count} of {shape} along {axis}", pointwise=True,
    )  # fmt: skip


@entry
def pad(draw: Draw):
    x, value = draw.array(draw.shape(1, 4)), draw.one_of(0, 1.5, -np.inf)
    widths = tuple((draw.int(0, 3), draw.int(0, 3)) for _ in x.shape)
    flat = [n for pair in reversed(widths) for n in pair]
    if draw.chance(0.2):
        widths = draw.int(0, 3)  # the same on each side of each axis
        flat = [widths] * 2 * x.ndim
    return Case(
        lambda x: ops.pad(x, widths, value), lambda x: F.pad(x, flat, value=value), [x],
        f"pad {x.shape} by {widths} with {value}", pointwise=True,
    )  # fmt: skip


@entry
def roll(draw: Draw):
    x = draw.array(draw.shape(1, 4))
    axes = [int(a) for a in draw.rng.permutation(x.ndim)[: draw.int(1, x.ndim)]]
    shifts = [draw.int(-9, 9) for _ in axes]
    shift, axis = draw.one_of((shifts[0], None), (shifts[0], axes[0]), (shifts, axes),
                              (tuple(shifts), tuple(axes)))  # fmt: skip
    return Case(
        lambda x: ops.roll(x, shift, axis), lambda x: torch.roll(x, shift, axis), [x],
        f"roll {x.shape} by {shift} along {axis}", pointwise=True,
    )  # fmt: skip


# ── Products and losses ─────────────────────────────────────────────────────────────────────────


@entry
def matmul(draw: Draw):
    n, k, m = (draw.one_of(1, 2, 3, 7, 20) for _ in range(3))
    lead = draw.shape(0, 2, 3)
    leads = [lead, draw.broadcastable(lead)]
    a = draw.array((*leads.pop(draw.int(0, 1)), n, k), "usual")
    b = draw.array((*leads[0], k, m), "usual")
    if draw.chance(0.3):  # a vector on either side, or on both
        a = draw.array((k,), "usual") if draw.chance(0.6) else a
        b = draw.array((k,), "usual") if a.ndim > 1 or draw.chance(0.5) else b
    return Case(ops.matmul, torch.matmul, [a, b], f"{a.shape} @ {b.shape}")


@entry
def linear(draw: Draw):
    N, into, out = draw.one_of(0, 1, 2, 5, 33), draw.one_of(1, 3, 17, 40), draw.one_of(1, 2, 19)
    x = draw.one_of((N, into), (N, into), (N, 3, into), (into,))
    arrays = [draw.array(shape, "usual") for shape in [x, (out, into), (out,)]]
    arrays = arrays[: draw.int(2, 3)]
    return Case(ops.linear, F.linear, arrays, f"linear {[a.shape for a in arrays]}")


@entry
def cross_entropy(draw: Draw):
    places = draw.shape(0, 2, 4) if draw.chance(0.5) else ()
    if 0 in places:
        differs("nothing is no result")
        places = ()
    scores = draw.array((draw.one_of(1, 1, 2, 5), draw.int(1, 6), *places))
    labels = draw.rng.integers(0, scores.shape[1], (scores.shape[0], *places))
    labels = labels.astype(draw.one_of(np.int64, np.int64, np.int32, np.uint8))
    options = {}
    if draw.chance(0.3):
        options["label_smoothing"] = draw.one_of(0.1, 0.5, 1.0)
    if draw.chance(0.3):
        options["ignore_index"] = draw.int(0, scores.shape[1] - 1)
        if (labels == options["ignore_index"]).all():
            del options["ignore_index"]
        elif not np.isfinite(scores).all():
            differs("an ignored example")
            del options["ignore_index"]
    weights = [abs(draw.array((scores.shape[1],), "unit")) + draw.dtype(0.01)] * draw.chance(0.3)
    return Case(
        lambda s, t, *w: ops.cross_entropy(s, t, **options, weight=w[0] if w else None),
        lambda s, t, *w: F.cross_entropy(s, t.long(), *w, **options), [scores, labels, *weights],
        f"cross_entropy {scores.shape}, labels {labels.ravel()[:6].tolist()}, {options}"
        f"{', weights' * len(weights)}", gradients=[0],
    )  # fmt: skip


@entry
def binary_cross_entropy(draw: Draw):
    shape = draw.shape(0, 3)
    if 0 in shape:
        differs("nothing is no result")
        shape = ()
    arrays = [draw.array(shape), draw.rng.random(shape).astype(draw.dtype)]
    if np.isinf(arrays[0]).any():
        differs("an infinite score")
        arrays[0] = draw.array(shape, "usual")
    theirs = F.binary_cross_entropy_with_logits
    return Case(ops.binary_cross_entropy, theirs, arrays, f"of {shape}")


@entry
def mse(draw: Draw):
    shape = draw.shape(0, 3)
    if 0 in shape:
        differs("nothing is no result")
        shape = ()
    arrays = [draw.array(shape), draw.array(shape)]
    return Case(ops.mse, F.mse_loss, arrays, f"mse of {shape}")


@entry
def dropout(draw: Draw):
    """Against PyTorch's product with the same mask, which ones show."""
    x, p, seed = draw.array(draw.shape()), draw.one_of(0, 0.1, 0.5, 0.9), draw.int(0, 99)

    def ours(x):
        return ops.dropout(x, p, np.random.default_rng(seed))

    def theirs(x):
        m = ours(np.ones(tuple(x.shape)))
        return x * torch.from_numpy(np.asarray(m)).to(x.dtype)

    return Case(ours, theirs, [x], f"dropout {x.shape} of {p}", pointwise=True)
