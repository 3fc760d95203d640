"""The table's reductions, softmax, and what moves numbers about.

Read before: fuzz_ops.py.  Read next: fuzz_products.py.
"""

import numpy as np
import pytest
from fuzz_conventions import differs
from fuzz_draw import Case, Draw
from fuzz_ops import TABLE, entry

from minigrad import ops

torch = pytest.importorskip("torch")
F = torch.nn.functional

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
    x = draw.array(draw.shape(1, longest=9), "endless")
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
