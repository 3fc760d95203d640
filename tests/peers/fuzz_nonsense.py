"""Arguments that mean nothing: each must be refused by a ValueError or a TypeError in one sentence.

A call that makes sense is spoiled in one place, with everything that the place does not take.
Neither another error nor an answer will do.

Read before: fuzz_networks.py.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from fuzz_sides import Mismatch

from minigrad import Tensor, grad, ops

NAN, INF = float("nan"), float("inf")
NOTHING = [None, "text", object(), {}, len]

WHOLE = [1.5, NAN, INF, "2", [], "text"]
BAD = {
    # beside NOTHING, what is no …
    "array": NOTHING,
    "image": [*NOTHING, np.ones(3), np.ones((3, 4)), np.ones((2, 3, 4)), np.ones((1, 1, 2, 3, 4))],
    "filters": [*NOTHING, np.ones(3), np.ones((3, 4)), np.ones((2, 3, 4)), np.ones((4, 4, 0, 3))],
    "vector": ["text", object(), np.ones(17), np.ones((2, 2)), np.ones(())],
    "matrix": [*NOTHING, np.ones((17, 19)), np.ones((2, 2, 2, 0))],
    "size": [0, -1, *WHOLE, None, (1,), (1, 2, 3), (0, 1), (1, -2), (1, 1.5), (1, None), "ab"],
    "size or none": [-1, *WHOLE, None, (1,), (1, 2, 3), (1, -2), (1, 1.5)],
    "stride": [0, -1, *WHOLE, (1,), (1, 2, 3), (0, 1), (1, -2), (1, 1.5), (1, None)],
    "padding": [-1, *WHOLE, None, (1,), (1, 2, 3), (-1, 0), (0, 0.5), (0, None), "sam"],
    "groups": [0, -1, 3, -2, -4, *WHOLE, None, (1, 1)],
    "flag": ["floor", "ceil", 2, None, NAN],
    "axis": [9, -9, 1.5, "0", NAN, (0, 9), (0, 0), (0.5,)],
    "axis to roll along": [9, -9, 1.5, "0", NAN, (0, 9), (0, 1, 2, 3)],
    "one axis": [9, -9, 1.5, "0", NAN, (0, 9)],
    "axes": [(0, 0, 1), (0, 1), (0, 1, 9), "012", 1.5, (0, 1, None)],
    "shape": [(5, 5), (-1, -1), (7, -1), "24", 1.5, None, (2.5, 4), (-2, 12), (24, None)],
    "widths": [-1, 1.5, "1", None, (1, 2), [(1, 1)], [(1, 1)] * 4, [(-1, 0)] * 3, [(0.5, 0)] * 3,
               [(1,)] * 3, NAN],
    "shift": [1.5, "1", None, NAN, (1, 2, 3)],
    "index": [9, -9, 1.5, "0", (0, 9, 0), (0, 0, 0, 0), [9], [0.5], np.array([9]), NAN, {},
              np.ones((9,), bool), np.array([0.0])],
    "share": [-0.1, 1.0, 1.5, NAN, INF, "0", None, [0.5]],
    "smoothing": [-0.1, 1.5, NAN, INF, "0", None, [0.5]],
    "eps": [-1e-5, -1, NAN, "0", None],
    "scale": [0, -1, *WHOLE, None, (2,), (1, 2, 3), (0, 1), (2, 2.5)],
    "labels": [*NOTHING, [0.0, 1.0], np.array([0.0, 1.0]), [0, 9], [-1, 0], [0], [0, 1, 2],
               [[0, 1]], np.array([True, False])],
    "index number": [0.5, "1", None, NAN],
    "rng": [None, 0, "seed", np.random],
    "arrays": [None, [], "text", [None], [np.ones((2, 3, 4)), None], [np.ones(3), np.ones((2, 2))]],
    "switches": [*NOTHING, np.ones((2, 4, 3, 2)), np.full((2, 4, 3, 2), 4), np.ones((3, 2), int)],
    "boxes": [*NOTHING, [], [0, 1, 2, 3, 4], [[2, 0, 0, 1, 1]], [[-1, 0, 0, 1, 1]],
              [[0, 1, 1, 1, 2]], [[0, 2, 1, 1, 2]], [[0, 9, 9, 11, 11]], [[0, NAN, 1, 2, 2]],
              [["a"] * 5]],
    "factor": [0, -1, NAN, INF, "2", None, (1, 1)],
    "number": ["2", None, {}, object(), [1, "a"]],
    "bound": ["2", {}, object(), [1, "a"]],
    "statistics": [np.ones(17), np.ones((4, 1)), "text", object()],
}  # fmt: skip


INDEX = {True: [IndexError], False: []}  # x[9] ends a loop over x by Python's own rule


class Call(NamedTuple):
    """A call that makes sense, and what each of its arguments must be."""

    op: str
    arguments: dict[str, Any]
    kinds: dict[str, str]


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


X, IMAGE = normal(2, 3, 4), normal(2, 4, 6, 5)
UNARY = "relu sigmoid tanh exp log sqrt abs negative leaky_relu flatten".split()
BINARY = "add subtract multiply divide maximum minimum".split()
POOL = {"kernel_size": "size", "stride": "stride", "padding": "padding", "ceil_mode": "flag"}
CONV = {"stride": "size", "padding": "padding", "dilation": "size", "groups": "groups"}

CALLS = [
    *(Call(name, {"x": X}, {"x": "array"}) for name in UNARY),
    *(Call(name, {"a": X, "b": X}, {"a": "number", "b": "number"}) for name in BINARY),
    Call("power", {"x": X, "exponent": 2}, {"x": "number", "exponent": "number"}),
    Call("clip", {"x": X, "low": 0, "high": 1}, {"x": "array", "low": "bound", "high": "bound"}),
    *(
        Call(name, {"x": X, "axis": 0, "keepdims": False}, {"x": "array", "axis": "axis"})
        for name in "sum mean max min var".split()
    ),
    *(
        Call(name, {"x": X, "axis": 0}, {"x": "array", "axis": "one axis"})
        for name in ("softmax", "log_softmax")
    ),
    Call("reshape", {"x": X, "shape": (4, 6)}, {"x": "array", "shape": "shape"}),
    Call("transpose", {"x": X, "axes": (2, 0, 1)}, {"x": "array", "axes": "axes"}),
    Call("getitem", {"x": X, "index": 0}, {"x": "array", "index": "index"}),
    Call("concatenate", {"arrays": [X, X], "axis": 0}, {"arrays": "arrays", "axis": "one axis"}),
    Call("stack", {"arrays": [X, X], "axis": 0}, {"arrays": "arrays", "axis": "one axis"}),
    Call(
        "pad", {"x": X, "widths": [(1, 1)] * 3, "value": 0},
        {"x": "array", "widths": "widths", "value": "number"},
    ),
    Call(
        "roll", {"x": X, "shift": 1, "axis": 0},
        {"x": "array", "shift": "shift", "axis": "axis to roll along"},
    ),
    Call("matmul", {"a": normal(3, 4), "b": normal(4, 5)}, {"a": "matrix", "b": "matrix"}),
    Call(
        "linear", {"x": normal(3, 4), "weight": normal(5, 4), "bias": normal(5)},
        {"x": "matrix", "weight": "matrix", "bias": "vector"},
    ),
    *(
        Call(
            "conv2d",
            {"x": IMAGE, "weight": normal(6, 4 // groups, *kernel), "bias": normal(6),
             "stride": stride, "padding": padding, "dilation": 1, "groups": groups},
            {"x": "image", "weight": "filters", "bias": "vector", **CONV},
        )
        for kernel, stride, padding, groups in [  # each its own way
            ((3, 3), 1, 1, 2), ((3, 3), 1, 1, 1), ((3, 2), 2, 1, 1), ((1, 1), 1, 0, 1),
        ]
    ),
    Call(
        "conv_transpose2d",
        {"x": IMAGE, "weight": normal(4, 3, 3, 3), "bias": normal(6), "stride": 2, "padding": 1,
         "output_padding": 0, "groups": 2, "dilation": 1},
        {"x": "image", "weight": "filters", "bias": "vector", "output_padding": "padding", **CONV},
    ),
    *(
        Call(
            name, {"x": IMAGE, "kernel_size": 2, "stride": 1, "padding": 0, "ceil_mode": False},
            {"x": "image", **POOL},
        )
        for name in ("max_pool2d", "avg_pool2d", "max_pool_switches")
    ),
    Call(
        "adaptive_avg_pool2d", {"x": IMAGE, "output_size": 2},
        {"x": "image", "output_size": "size or none"},
    ),
    Call("upsample_nearest", {"x": IMAGE, "scale": 2}, {"x": "image", "scale": "scale"}),
    Call("upsample_bilinear", {"x": IMAGE, "size": 9}, {"x": "image", "size": "scale"}),
    Call("bed_of_nails", {"x": IMAGE, "scale": 2}, {"x": "image", "scale": "scale"}),
    Call(
        "max_unpool2d", {"x": IMAGE[:, :, :3, :2], "switches": np.ones((2, 4, 3, 2), int),
                         "size": (6, 5), "kernel_size": 2},
        {"x": "image", "switches": "switches", "size": "scale", "kernel_size": "scale"},
    ),
    *(
        Call(name, {"x": IMAGE, "boxes": [[1, 0.5, 1, 3, 4]], "size": 2, "scale": 1.0},
             {"x": "image", "boxes": "boxes", "size": "scale", "scale": "factor"})
        for name in ("roi_align", "roi_pool")
    ),
    Call(
        "batch_norm", {"x": IMAGE, "weight": normal(4), "bias": normal(4), "mean": normal(4),
                       "var": normal(4) ** 2, "eps": 1e-5},
        {"x": "array", "weight": "vector", "bias": "vector", "mean": "statistics",
         "var": "statistics", "eps": "eps"},
    ),
    Call(
        "dropout", {"x": X, "p": 0.5, "rng": np.random.default_rng(0)},
        {"x": "array", "p": "share", "rng": "rng"},
    ),
    Call("mse", {"x": X, "y": X}, {"x": "array", "y": "array"}),
    Call(
        "cross_entropy", {"scores": normal(2, 4), "labels": np.array([0, 3]), "ignore_index": -100,
                          "label_smoothing": 0.1},
        {"scores": "array", "labels": "labels", "ignore_index": "index number",
         "label_smoothing": "smoothing"},
    ),
    Call(
        "binary_cross_entropy", {"scores": X, "targets": (X > 0).astype(float)},
        {"scores": "array", "targets": "array"},
    ),
]  # fmt: skip


def spoiled():
    """Every call with one nonsense in it: (name, what is wrong, a function of no arguments)."""
    for call in CALLS:
        op = getattr(ops, call.op, None)
        if op is None:
            continue
        for place, kind in call.kinds.items():
            for nonsense in BAD[kind]:
                words = f"{call.op}({place}={_short(nonsense)})"
                yield call.op, words, _run(op, {**call.arguments, place: nonsense})


def _run(op: Callable, arguments):
    def run():
        wrap = Tensor if hasattr(op, "broadcasts") else np.asarray  # max_pool_switches is no op
        wrapped = {
            name: wrap(value) if _is_float(value) else value for name, value in arguments.items()
        }
        y = op(*wrapped.values())
        inputs = [t for t in wrapped.values() if isinstance(t, Tensor)]
        if isinstance(y, Tensor) and inputs and y.size:
            grad(y, [t for t in inputs if y.step and t in y.step.parents], seed=y.data)
        return y

    return run


def refused(words: str, run: Callable) -> None:
    """Run a nonsense call.

    Raises:
        Mismatch: it was answered, or ended in another error.
    """
    try:
        y = run()
    except (ValueError, TypeError, *INDEX[words.startswith("getitem")]) as error:
        if not str(error).strip():
            raise Mismatch(f"{words} is refused without a word") from error
        return
    except Exception as error:
        raise Mismatch(f"{words} ends in {type(error).__name__}: {error}") from error
    answer = y.data if isinstance(y, Tensor) else y
    raise Mismatch(f"{words} is answered: {type(answer).__name__} {getattr(answer, 'shape', '')}")


def _is_float(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _short(value):
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else repr(value)[:40]
