"""Random graphs of 5 to 30 ops, whose results are used again: the engine's own part of the work.

A graph grows op by op on plain arrays; what is not finite, too large or of a shape that does not
fit is not taken.  It ends in Σ weight · value over everything that nobody used, so that nothing in
it is without effect.

Read before: fuzz_images.py.  Read next: fuzz_networks.py.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from fuzz_draw import Case, Draw
from fuzz_ops import TABLE, entry

from minigrad import ops

torch = pytest.importorskip("torch")
F = torch.nn.functional


class Step(NamedTuple):
    """An op of a graph, in both libraries, and the numbers of the values that it reads."""

    ours: Callable
    theirs: Callable
    reads: tuple[int, ...]


ANY = {
    "relu": (ops.relu, torch.relu),
    "tanh": (ops.tanh, torch.tanh),
    "sigmoid": (ops.sigmoid, torch.sigmoid),
    "abs": (abs, torch.abs),
    "exp": (lambda x: ops.exp(ops.clip(x, -3, 2)), lambda x: torch.exp(torch.clamp(x, -3, 2))),
    "log": (lambda x: ops.log(x * x + 1), lambda x: torch.log(x * x + 1)),
    "sqrt": (lambda x: ops.sqrt(x**2 + 0.5), lambda x: torch.sqrt(x**2 + 0.5)),
    "cube": (lambda x: (x / 3) ** 3, lambda x: (x / 3) ** 3),
    "numbers": (lambda x: 1 - 2 * x / 3 + 0.5, lambda x: 1 - 2 * x / 3 + 0.5),
    "mean": (lambda x: x - ops.mean(x), lambda x: x - x.mean()),
    "reshape": (lambda x: ops.reshape(x, (-1,)), lambda x: x.reshape(-1)),
}
OF_AXES = {
    "softmax": (ops.softmax, lambda x: torch.softmax(x, -1)),
    "log_softmax": (lambda x: ops.log_softmax(x, axis=0), lambda x: torch.log_softmax(x, 0)),
    "turned": (lambda x: ops.transpose(x), lambda x: x.permute(*range(x.ndim)[::-1])),
    "rows": (lambda x: x[::-1][:4], lambda x: x.flip(0)[:4]),
    "taken": (lambda x: x[[0, 0, -1]], lambda x: x[[0, 0, -1]]),
    "roll": (lambda x: ops.roll(x, 2, -1), lambda x: torch.roll(x, 2, -1)),
    "pad": (
        lambda x: ops.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 2)], 0.5),
        lambda x: F.pad(x, (1, 2), value=0.5),
    ),
    "sum": (lambda x: ops.sum(x, -1, True), lambda x: x.sum(-1, True)),
    "max": (lambda x: ops.max(x, axis=0), lambda x: x.amax(0)),
}
OF_IMAGES = {
    "max_pool2d": (
        lambda x: ops.max_pool2d(x, 3, 2, 1, True),
        lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
    ),
    "avg_pool2d": (lambda x: ops.avg_pool2d(x, 2, 1, 1), lambda x: F.avg_pool2d(x, 2, 1, 1)),
    "adaptive": (
        lambda x: ops.adaptive_avg_pool2d(x, (3, 2)), lambda x: F.adaptive_avg_pool2d(x, (3, 2))
    ),
    "larger": (
        lambda x: ops.upsample_nearest(x, 2), lambda x: F.interpolate(x, scale_factor=2)
    ),
    "flat": (ops.flatten, lambda x: x.flatten(1)),
}  # fmt: skip
TWO = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "subtract": (lambda a, b: a - b, lambda a, b: a - b),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b),
    "divide": (lambda a, b: a / (b * b + 0.5), lambda a, b: a / (b * b + 0.5)),
    "maximum": (ops.maximum, torch.maximum),
    "matmul": (lambda a, b: a @ b, lambda a, b: a @ b),
    "concatenate": (
        lambda a, b: ops.concatenate([a, b], axis=0), lambda a, b: torch.cat([a, b], 0)
    ),
}  # fmt: skip


def _convolution(draw, x, weight):
    """A convolution of value x with value weight, or None where they do not fit."""
    if x.ndim != 4 or weight.ndim != 4 or x.shape[1] != weight.shape[1]:
        return None
    options = {"stride": draw.int(1, 2), "padding": draw.int(0, 2), "dilation": draw.int(1, 2)}
    return lambda x, w: ops.conv2d(x, w, **options), lambda x, w: F.conv2d(x, w, **options)


def _op(draw, values, reads):
    """Draw an op for these values: (ours, theirs), or None where none fits."""
    x = values[reads[0]]
    if len(reads) == 2:
        if draw.chance(0.3):
            return _convolution(draw, x, values[reads[1]])
        return draw.one_of(*TWO.values())
    kinds = [ANY, *[OF_AXES] * (x.ndim > 0), *[OF_IMAGES] * 2 * (x.ndim == 4)]
    return draw.one_of(*draw.one_of(*kinds).values())


def _value(function, values, reads):
    """What an op gives, or None if it is nothing to go on with."""
    try:
        with np.errstate(all="ignore"):
            y = np.asarray(function(*(values[i] for i in reads)))
    except (ValueError, TypeError, IndexError, ZeroDivisionError):
        return None
    good = 0 < y.size <= 20_000 and np.isfinite(y).all() and abs(y).max() < 100
    return y if good else None


def grown(draw: Draw, leaves, count: int) -> tuple[list[Step], list[np.ndarray]]:
    """Grow `count` ops on the leaves: the steps, and the values of leaves and steps."""
    values, steps = [leaf.astype(np.float64) for leaf in leaves], []
    for _ in range(20 * count):
        if len(steps) == count:
            break
        recent = max(0, len(values) - draw.one_of(3, 10, 40))  # deep or wide
        reads = (draw.int(recent, len(values) - 1),)
        if draw.chance(0.5):
            reads = (*reads, draw.int(0, len(values) - 1))
        pair = _op(draw, values, reads)
        value = pair and _value(pair[0], values, reads)
        if value is not None and value is not False:
            steps.append(Step(*pair, reads))
            values.append(value)
    return steps, values


def _case(draw: Draw, shapes) -> Case:
    leaves = [draw.array(shape, "weight" if len(shape) == 4 and i else "unit")
              for i, shape in enumerate(shapes)]  # fmt: skip
    steps, values = grown(draw, leaves, draw.int(5, 30))
    used = {i for step in steps for i in step.reads}
    ends = [i for i in range(len(values)) if i not in used]
    weights = [draw.rng.normal(size=values[i].shape).astype(draw.dtype) for i in ends]

    def run(side):
        def f(*arrays):
            found = list(arrays[: len(leaves)])
            for step in steps:
                found.append(getattr(step, side)(*(found[i] for i in step.reads)))
            parts = [(found[i] * w).sum() for i, w in zip(ends, arrays[len(leaves) :], strict=True)]
            return sum(parts[1:], parts[0])

        return f

    return Case(
        run("ours"), run("theirs"), [*leaves, *weights],
        f"a graph of {len(steps)} ops on {shapes}", gradients=range(len(leaves)), depth=len(steps),
    )  # fmt: skip


@entry
def graph__of_images(draw: Draw):
    C, D = draw.int(1, 9), draw.int(1, 9)
    x = (draw.int(1, 3), C, draw.int(3, 12), draw.int(3, 12))
    kernel = draw.one_of((1, 1), (3, 3), (3, 3), (2, 5))
    return _case(draw, [x, (D, C, *kernel), (C, D, 3, 3), (1, C, 1, 1), (x[3],)])


@entry
def graph__of_matrices(draw: Draw):
    n, m = draw.int(1, 7), draw.int(1, 7)
    return _case(draw, [(n, m), (m, n), (n, 1), (m,), ()])


GRAPHS = [name for name in TABLE if name.startswith("graph")]
