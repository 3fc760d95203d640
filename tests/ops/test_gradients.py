"""Every gradient against central differences, every linear op against its adjoint, every dtype."""

import numpy as np
import pytest

from minigrad import Tensor, grad, ops
from minigrad.check import check_adjoint, check_gradients
from minigrad.ops import conv
from minigrad.ops.fast.ways import force


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def apart(*shape):
    """Numbers no two of which are near each other or near zero: no kink within a difference."""
    rng = np.random.default_rng(shape)
    return rng.permutation(int(np.prod(shape))).reshape(shape) / 3 - 2.1


def by_winograd(*arrays, **options):
    with force("winograd"):
        return ops.conv2d(*arrays, **options)


IMAGE, MASK = (2, 3, 6, 5), np.eye(3, 4) > 0
SWITCHES = np.random.default_rng(0).integers(0, 4, (1, 2, 2, 3))
IN_BOXES = {
    "size": (3, 2), "scale": 0.5,
    "boxes": np.array([[1, 0.7, 1.9, 7.1, 9.3], [0, -1.5, 3, 12.5, 11], [1, 4, 4.2, 5, 4.9]]),
}
CASES = {
    "add": (ops.add, [normal(3, 4), normal(4)], {}),
    "subtract": (ops.subtract, [normal(3, 1), normal(1, 4)], {}),
    "multiply": (ops.multiply, [normal(3, 4), normal()], {}),
    "divide": (ops.divide, [normal(3, 4), normal(3, 1) + 3], {}),
    "negative": (ops.negative, [normal(3)], {}),
    "power": (ops.power, [np.abs(normal(3, 4)) + 0.5, 2.5], {}),
    "power of two arrays": (ops.power, [np.abs(normal(3, 4)) + 0.5, normal(4)], {}),
    "square": (ops.power, [normal(3, 4), 2], {}),
    "exp": (ops.exp, [normal(3, 4)], {}),
    "log": (ops.log, [np.abs(normal(3, 4)) + 0.5], {}),
    "sqrt": (ops.sqrt, [np.abs(normal(3, 4)) + 0.5], {}),
    "abs": (ops.abs, [apart(3, 4)], {}),
    "maximum": (ops.maximum, [apart(3, 4), apart(4) + 0.1], {}),
    "minimum": (ops.minimum, [apart(3, 4), apart(4) + 0.1], {}),
    "where": (ops.where, [MASK, normal(3, 4), normal(4)], {}),
    "clip": (ops.clip, [apart(3, 4), -1.0, 1.0], {}),
    "clip by arrays": (ops.clip, [apart(3, 4), apart(4) - 1.05, apart(3, 1) + 0.93], {}),
    "clip from above": (ops.clip, [apart(3, 4), None, 1.0], {}),
    "sum": (ops.sum, [normal(2, 3, 4)], {"axis": (0, 2)}),
    "mean": (ops.mean, [normal(2, 3, 4)], {"axis": 1, "keepdims": True}),
    "var": (ops.var, [normal(2, 3, 4)], {"axis": (0, 2)}),
    "var of all, without correction": (ops.var, [normal(2, 3)], {"correction": 0}),
    "max": (ops.max, [apart(2, 3, 4)], {"axis": (1, 2)}),
    "min": (ops.min, [apart(2, 3, 4)], {"axis": 1, "keepdims": True}),
    "reshape": (ops.reshape, [normal(2, 6), (3, 4)], {}),
    "transpose": (ops.transpose, [normal(2, 3, 4), (1, 2, 0)], {}),
    "getitem": (ops.getitem, [normal(3, 4), (slice(None), [0, 2, 2])], {}),
    "mask": (ops.getitem, [normal(3, 4), MASK], {}),
    "pad": (ops.pad, [normal(2, 3), ((1, 0), (2, 1))], {}),
    "pad alike": (ops.pad, [normal(2, 3), 2], {"value": 7.0}),
    "roll": (ops.roll, [normal(3, 4), (1, -2), (0, 1)], {}),
    "matmul": (ops.matmul, [normal(2, 3, 4), normal(4, 5)], {}),
    "matmul of vectors": (ops.matmul, [normal(4), normal(4, seed=1)], {}),
    "matmul of a stack and a vector": (ops.matmul, [normal(2, 3, 4), normal(4)], {}),
    "matmul of a vector and a stack": (ops.matmul, [normal(3), normal(2, 3, 4)], {}),
    "linear of sequences": (ops.linear, [normal(2, 3, 4), normal(5, 4), normal(5)], {}),
    "linear": (ops.linear, [normal(3, 4), normal(5, 4), normal(5)], {}),
    "relu": (ops.relu, [apart(3, 4)], {}),
    "leaky_relu": (ops.leaky_relu, [apart(3, 4), 0.2], {}),
    "sigmoid": (ops.sigmoid, [normal(3, 4)], {}),
    "tanh": (ops.tanh, [normal(3, 4)], {}),
    "softmax": (ops.softmax, [normal(3, 4)], {"axis": 0}),
    "log_softmax": (ops.log_softmax, [normal(3, 4)], {}),
    "conv2d": (
        ops.conv2d, [normal(*IMAGE), normal(4, 3, 3, 2), normal(4)],
        {"stride": (2, 1), "padding": 1, "dilation": (1, 2)},
    ),
    "conv2d, groups": (ops.conv2d, [normal(1, 4, 4, 4), normal(6, 2, 3, 3)], {"groups": 2}),
    "conv2d, 1×1": (ops.conv2d, [normal(*IMAGE), normal(4, 3, 1, 1), normal(4)], {}),
    "conv2d, Winograd": (
        by_winograd, [normal(1, 8, 5, 6), normal(8, 8, 3, 3), normal(8)], {"padding": 1},
    ),
    "conv_transpose2d": (
        ops.conv_transpose2d, [normal(1, 4, 3, 2), normal(4, 3, 3, 2), normal(6)],
        {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2},
    ),
    "max_pool2d": (ops.max_pool2d, [apart(*IMAGE), 3], {"stride": 2, "padding": 1}),
    "max_pool2d, ceil": (ops.max_pool2d, [apart(*IMAGE), 2], {"ceil_mode": True}),
    "max_pool2d, VGG's": (ops.max_pool2d, [apart(2, 3, 4, 6), 2], {}),
    "avg_pool2d": (ops.avg_pool2d, [normal(*IMAGE), 3, 2], {"padding": 1, "ceil_mode": True}),
    "adaptive_avg_pool2d": (ops.adaptive_avg_pool2d, [normal(*IMAGE), (4, 3)], {}),
    "upsample_nearest": (ops.upsample_nearest, [normal(1, 2, 3, 2), (2, 3)], {}),
    "upsample_bilinear": (ops.upsample_bilinear, [normal(1, 2, 3, 4), (7, 2)], {}),
    "bed_of_nails": (ops.bed_of_nails, [normal(1, 2, 3, 2), (2, 3)], {}),
    "max_unpool2d": (
        ops.max_unpool2d, [normal(1, 2, 2, 3), SWITCHES, (4, 6), 2], {},
    ),
    "max_unpool2d, overlapping": (
        ops.max_unpool2d,
        [normal(1, 2, 2, 3), ops.max_pool_switches(apart(1, 2, 4, 5), 3, 2, 1), (4, 5), 3, 2, 1],
        {},
    ),
    "roi_align": (ops.roi_align, [normal(*IMAGE)], {**IN_BOXES, "samples": 3}),
    "roi_pool": (ops.roi_pool, [apart(*IMAGE)], IN_BOXES),
    "batch_norm": (ops.batch_norm, [normal(3, 2, 3, 2), normal(2), normal(2, seed=1)], {}),
    "cross_entropy": (
        ops.cross_entropy, [normal(4, 5), np.array([1, 4, -100, 0])], {"label_smoothing": 0.1},
    ),
    "cross_entropy, per pixel": (
        ops.cross_entropy, [normal(1, 3, 2, 2), np.array([[[0, 2], [1, 1]]])], {},
    ),
    "cross_entropy, weighted classes": (
        ops.cross_entropy, [normal(4, 5), np.array([1, 4, -100, 0])],
        {"label_smoothing": 0.1, "weight": np.array([1.0, 2.0, 0.0, 0.5, 3.0])},
    ),
    "binary_cross_entropy": (
        ops.binary_cross_entropy, [3 * normal(3, 4), np.abs(normal(3, 4))], {},
    ),
    "mse": (ops.mse, [normal(3, 4), normal(3, 4, seed=1)], {}),
}

CASES["batch_norm, given"] = (
    ops.batch_norm,
    [normal(3, 2), normal(2), normal(2, seed=1), np.array([0.5, 1.0]), np.array([2.0, 3.0])], {},
)
LINEAR = {
    "negative", "sum", "mean", "reshape", "transpose", "getitem", "mask", "pad", "roll", "matmul",
    "conv2d, groups", "avg_pool2d", "adaptive_avg_pool2d", "upsample_nearest",
    "upsample_bilinear", "matmul of a stack and a vector", "bed_of_nails", "max_unpool2d",
    "max_unpool2d, overlapping", "roi_align",
}


@pytest.mark.parametrize("name", CASES)
def test_a_gradient_is_the_central_difference(name):
    op, arrays, options = CASES[name]
    check_gradients(op, *arrays, **options)


@pytest.mark.parametrize("name", sorted(LINEAR))
def test_the_gradient_of_a_linear_op_is_its_adjoint(name):
    op, (x, *rest), options = CASES[name]
    check_adjoint(lambda t: op(t, *rest, **options), x)


def single_precision(value):
    return value.astype(np.float32) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32_and_nothing_that_was_given_is_written(name):
    op, arrays, options = CASES[name]
    is_float = [getattr(a, "dtype", None) == np.float64 for a in arrays]
    options = {name: single_precision(option) for name, option in options.items()}
    single = [a.astype(np.float32) if f else a for a, f in zip(arrays, is_float, strict=True)]
    for a, f in zip(single, is_float, strict=True):
        if f:
            a.setflags(write=False)
    xs = [Tensor(a) if f else a for a, f in zip(single, is_float, strict=True)]
    y = op(*xs, **options)
    g = np.ones(y.shape, np.float32)
    g.setflags(write=False)  # writing it would raise
    found = grad(y, [x for x in xs if isinstance(x, Tensor)], seed=g)
    assert y.dtype == np.float32 and all(a.dtype == np.float32 for a in found)


def test_concatenate_hands_each_array_its_slice(rng):
    a, b = Tensor(rng.normal(size=(2, 3))), Tensor(rng.normal(size=(2, 1)))
    g = rng.normal(size=(2, 4))
    at_a, at_b = grad(ops.concatenate([a, b], axis=-1), [a, b], seed=g)
    assert np.array_equal(at_a, g[:, :3]) and np.array_equal(at_b, g[:, 3:])


def test_dropout_drops_a_share_and_keeps_the_mean():
    x = Tensor(np.ones((200, 100)))
    y = ops.dropout(x, 0.3, np.random.default_rng(0))
    assert set(np.unique(y.data).round(6)) == {0, round(1 / 0.7, 6)}
    assert y.data.mean() == pytest.approx(1, abs=0.02)
    assert np.array_equal(grad(y.sum(), [x])[0], y.data)


def test_overlap_add_is_the_adjoint_of_windows(rng):
    for options in [{}, {"stride": 2, "padding": 1}, {"dilation": (2, 1), "padding": (0, 2)}]:
        x = rng.normal(size=(2, 3, 7, 6))
        seen = conv.windows(x, (3, 2), **options)
        w = rng.normal(size=seen.shape)
        back = conv.overlap_add(w, x.shape, **options)
        assert (seen * w).sum() == pytest.approx((x * back).sum(), rel=1e-12)


def test_a_window_is_what_an_output_sees():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    seen = conv.windows(x, (2, 2), stride=2, padding=1, value=-1)
    assert seen[0, 0, 0, 0].tolist() == [[-1, -1], [-1, 0]]
    assert seen[0, 0, 1, 1].tolist() == [[5, 6], [9, 10]]


def test_conv2d_by_hand():
    x, weight = np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 0], [0, -1]]]])
    assert np.array_equal(ops.conv2d(x, weight, np.array([10.0]))[0, 0], [[6, 6], [6, 6]])


def test_of_equal_numbers_the_first_wins_the_pool():
    x = Tensor(np.ones((1, 1, 2, 2)))
    y = ops.max_pool2d(x, 2)
    assert grad(y.sum(), [x])[0][0, 0].tolist() == [[1, 0], [0, 0]]
    assert ops.max_pool_switches(x.data, 2).item() == 0


def test_the_border_never_wins_the_pool():
    x = Tensor(-np.ones((1, 1, 2, 2)))
    y = ops.max_pool2d(x, 2, stride=1, padding=1)
    assert (y.data == -1).all()


def test_at_zero_relu_lets_nothing_back():
    x = Tensor(np.array([-1.0, 0.0, 2.0]))
    assert grad(ops.relu(x).sum(), [x])[0].tolist() == [0, 0, 1]


def test_adaptive_pooling_to_its_own_size_changes_nothing(rng):
    x = rng.normal(size=(1, 2, 4, 4))
    assert np.array_equal(ops.adaptive_avg_pool2d(x, 4), x)


def test_log_softmax_of_huge_scores_is_finite():
    assert ops.log_softmax(np.array([0.0, -1e5])).tolist() == [0, -1e5]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ops.conv2d(normal(1, 3, 4, 4), normal(2, 4, 3, 3)), "is for 4 channels"),
        (lambda: ops.conv2d(normal(3, 4, 4), normal(2, 3, 3, 3)), "must both have four axes"),
        (lambda: ops.conv2d(normal(1, 3, 2, 2), normal(2, 3, 3, 3)), "window of 3×3 does not fit"),
        (lambda: ops.conv2d(normal(1, 3, 4, 4), normal(2, 3, 3, 3), normal(3)), "bias has shape"),
        (lambda: ops.conv2d(normal(1, 4, 4, 4), normal(3, 2, 3, 3), groups=2), "do not divide"),
        (lambda: ops.linear(normal(2, 3), normal(4, 5)), "give x"),
        (lambda: ops.matmul(normal(4), normal(3, 2)), "matmul of"),
        (lambda: ops.max_pool2d(normal(1, 1, 2, 2), 3), "no window"),
        (lambda: ops.max_pool2d(normal(1, 1, 4, 4), 2, padding=2), "more than half"),
        (lambda: ops.batch_norm(normal(2, 3), normal(2), normal(3)), "needs weight of shape"),
        (lambda: ops.batch_norm(normal(2, 3), normal(3), normal(3), normal(3)), "or neither"),
        (lambda: ops.dropout(normal(3), 1.0, np.random.default_rng()), "0 ≤ p < 1"),
        (lambda: ops.dropout(normal(3), 0.5, None), "rng=numpy.random.default_rng"),
        (lambda: ops.cross_entropy(normal(2, 3), np.array([0, 3])), "labels lie in 0 … 2"),
        (lambda: ops.cross_entropy(normal(2, 3), np.array([0])), "want labels of shape"),
        (lambda: ops.cross_entropy(normal(2, 3), np.array([0.0, 1])), "integers"),
        (lambda: ops.cross_entropy(normal(1, 3), np.array([-100])), "nothing to count"),
        (lambda: ops.mse(normal(2), normal(3)), "one shape"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
