"""Unpooling: where each number comes to lie, and that nothing else is there."""

import numpy as np
import pytest

from minigrad import Tensor, grad, ops

LECTURE = np.array([[1.0, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]])[None, None]


def test_max_unpooling_puts_each_maximum_back_where_it_was():
    """The 4×4 example of the lectures (Stanford CS231n, "Max unpooling")."""
    pooled, switches = ops.max_pool2d(LECTURE, 2), ops.max_pool_switches(LECTURE, 2)
    assert pooled[0, 0].tolist() == [[5, 6], [7, 8]]
    y = ops.max_unpool2d(np.array([[[[1.0, 2], [3, 4]]]]), switches, (4, 4), 2)
    assert y[0, 0].tolist() == [[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]


def test_a_bed_of_nails_has_each_number_in_the_corner_of_its_square():
    y = ops.bed_of_nails(np.array([[[[1.0, 2], [3, 4]]]]), 2)
    assert y[0, 0].tolist() == [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("window", [(2, 2, 0), (3, 2, 1), (3, 1, 1), ((2, 3), (1, 2), 1)])
def test_unpooling_is_what_the_gradient_of_pooling_does(window):
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 8))
    X = Tensor(x)
    y = ops.max_pool2d(X, *window)
    g = np.random.default_rng(1).normal(size=y.shape)
    switches = ops.max_pool_switches(x, *window)
    unpooled = ops.max_unpool2d(g, switches, (6, 8), *window)
    assert np.allclose(unpooled, grad(y, [X], seed=g)[0], rtol=0, atol=1e-14)


def test_unpooling_what_was_pooled_keeps_the_maxima_and_pools_to_the_same():
    x = np.abs(np.random.default_rng(0).normal(size=(2, 3, 6, 8)))
    pooled, switches = ops.max_pool2d(x, 2), ops.max_pool_switches(x, 2)
    y = ops.max_unpool2d(pooled, switches, (6, 8), 2)
    assert np.array_equal(y[y > 0], x[y > 0]) and (y > 0).sum() == pooled.size
    assert np.array_equal(ops.max_pool2d(y, 2), pooled)


@pytest.mark.parametrize(("arguments", "said"), [
    ({"switches": np.full((1, 1, 2, 2), 4)}, "no tap of a 2×2 window, 0–3"),
    ({"switches": np.full((1, 1, 2, 2), -1)}, "no tap of a 2×2 window"),
    ({"switches": np.zeros((1, 1, 2, 2))}, "integers of x's shape"),
    ({"switches": np.zeros((1, 1, 3, 2), int)}, "integers of x's shape"),
    ({"size": (6, 4)}, "6×4 pools to"),
    ({"padding": 1}, "4×4 pools to"),
])
def test_switches_that_are_of_no_such_pooling_are_refused(arguments, said):
    usual = {"switches": np.zeros((1, 1, 2, 2), int), "size": (4, 4), "kernel_size": 2}
    with pytest.raises(ValueError, match=said):
        ops.max_unpool2d(np.ones((1, 1, 2, 2)), **usual | arguments)


def test_a_switch_that_points_at_the_padding_is_refused():
    with pytest.raises(ValueError, match="points at the padding"):
        ops.max_unpool2d(np.ones((1, 1, 3, 3)), np.zeros((1, 1, 3, 3), int), (4, 4), 2, 2, 1)
