"""Numbers at the edges: very small, very large, infinite, tied, none at all."""

import numpy as np
import pytest

from minigrad import Tensor, grad, ops


def slope(f, *numbers, dtype="float64", at=0):
    """∂f/∂(argument `at`), summed over the output."""
    wrapped = [Tensor(np.array(n, dtype)) for n in numbers]
    return grad(f(*wrapped).sum(), [wrapped[at]])[0]


@pytest.mark.parametrize(("dtype", "x"), [("float32", -20), ("float32", -80), ("float64", -40)])
def test_sigmoid_keeps_its_digits_where_it_is_small(dtype, x):
    expected = np.exp(np.float64(x)) / (1 + np.exp(np.float64(x)))
    assert ops.sigmoid(np.array(x, dtype)) == pytest.approx(expected, rel=1e-6)
    for at in (x, -x):  # σ' is even
        assert slope(ops.sigmoid, at, dtype=dtype) == pytest.approx(expected, rel=1e-6)


def test_sigmoid_of_the_infinities_is_0_and_1():
    assert ops.sigmoid(np.array([-np.inf, np.inf])).tolist() == [0, 1]


def test_a_class_at_minus_infinity_is_out_of_the_race():
    """Two classes are left, at 0 and 1: log(1 + e) for the first."""
    scores = Tensor(np.array([[0.0, 1.0, -np.inf]]))
    loss = ops.cross_entropy(scores, [0])
    assert float(loss) == pytest.approx(1.3132617)
    p = np.exp(1) / (1 + np.exp(1))
    np.testing.assert_allclose(grad(loss, [scores])[0], [[-p, p, 0]])


def test_a_row_that_does_not_count_may_hold_anything():
    scores = Tensor(np.array([[0.0, 0.0], [np.nan, np.inf]]))
    loss = ops.cross_entropy(scores, [0, -100])
    assert float(loss) == pytest.approx(np.log(2))
    np.testing.assert_allclose(grad(loss, [scores])[0], [[-0.5, 0.5], [0, 0]])


def test_a_class_of_twice_the_weight_counts_twice():
    scores = np.array([[1.0, 0.0], [0.0, 3.0]])
    once = [float(ops.cross_entropy(scores[i : i + 1], [1])) for i in (0, 1)]
    other = float(ops.cross_entropy(scores[:1], [0]))
    both = ops.cross_entropy(scores, [0, 1], weight=np.array([1.0, 2.0]))
    assert float(both) == pytest.approx((other + 2 * once[1]) / 3)


def test_binary_cross_entropy_of_huge_scores_is_finite():
    loss = ops.binary_cross_entropy(np.array([1e4, -1e4, 0.0]), np.array([1.0, 0.0, 1.0]))
    assert loss == pytest.approx(np.log(2) / 3)
    assert ops.binary_cross_entropy(np.array([-1e4]), np.array([1.0])) == 1e4


def test_dividing_by_a_small_number_does_not_square_it():
    assert slope(ops.divide, 1e-25, 1e-25, dtype="float32", at=1) == pytest.approx(-1e25)


def test_to_the_power_of_0_everything_is_1_and_flat():
    assert slope(lambda x: x**0, [0.0, 2.0]).tolist() == [0, 0]
    assert slope(lambda x: x**1, [0.0, 2.0]).tolist() == [1, 1]


def test_0_to_a_positive_power_is_0_whatever_the_power():
    assert slope(ops.power, [0.0, 2.0], [3.0, 1.0], at=1) == pytest.approx([0, 2 * np.log(2)])


def test_the_minimum_is_shared_among_equals():
    assert slope(lambda x: ops.min(x, axis=1), [[1.0, 1, 5]]).tolist() == [[0.5, 0.5, 0]]
    assert slope(ops.minimum, [1.0, 2], [1.0, 5]).tolist() == [0.5, 1]


def test_where_both_bounds_are_crossed_the_upper_one_holds():
    assert ops.clip(np.array([0.0, 5.0]), 3, 2).tolist() == [2, 2]
    assert ops.clip(np.array([-1.0, 5.0]), None, 1).tolist() == [-1, 1]
    assert ops.clip(np.array([-1.0, 5.0]), 0).tolist() == [0, 5]


def test_where_does_not_mix_what_was_not_chosen():
    x = Tensor(np.array([0.0, 4.0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        (g,) = grad(ops.where(x.data > 0, 1 / x, 0.0), [x], seed=[1.0, 1.0])
    assert np.isnan(g[0]) and g[1] == -1 / 16  # 0 · ∞, as in PyTorch: choose before dividing


def test_an_infinite_gradient_is_no_nan_where_none_arrives():
    x, g = Tensor(np.array([1.0, -1.0])), np.full(2, np.inf)
    for f in (ops.relu, lambda x: ops.maximum(x, 0.0), lambda x: ops.clip(x, 0.0)):
        assert grad(f(x), [x], seed=g)[0].tolist() == [np.inf, 0]


def test_batch_norm_far_from_zero_keeps_its_digits(rng):
    """Mean 1000, deviation 1: what is left of float32's seven digits is used."""
    x = (1000 + rng.normal(size=(8, 4, 16, 16))).astype(np.float32)
    w, b, g = np.ones(4, np.float32), np.zeros(4, np.float32), rng.normal(size=x.shape)
    exact, single = Tensor(x.astype(np.float64)), Tensor(x)
    y = ops.batch_norm(single, w, b)
    expected = ops.batch_norm(exact, w.astype(np.float64), b.astype(np.float64))
    np.testing.assert_allclose(y.data, expected.data, atol=5e-5)
    at_x, at_exact = grad(y, [single], seed=g)[0], grad(expected, [exact], seed=g)[0]
    np.testing.assert_allclose(at_x, at_exact, atol=2e-5)


def test_var_is_the_sample_variance():
    x = np.array([1.0, 2, 3, 4])
    assert ops.var(x) == np.var(x, ddof=1) and ops.var(x, correction=0) == np.var(x)


def test_bilinear_upsampling_draws_straight_lines():
    x = np.array([[0.0, 4.0], [8.0, 12.0]])[None, None]
    assert ops.upsample_bilinear(x, (2, 4))[0, 0].tolist() == [[0, 1, 3, 4], [8, 9, 11, 12]]
    assert np.array_equal(ops.upsample_bilinear(x, 2), x)


def test_a_pixel_that_is_no_number_stays_among_its_neighbours():
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = np.nan
    seen = np.isnan(ops.upsample_bilinear(x, 10)[0, 0])
    assert seen[3:7, 3:7].all() and seen.sum() == 16


@pytest.mark.parametrize("f", [
    ops.relu, ops.sigmoid, ops.softmax, ops.log_softmax, lambda x: ops.mean(x, axis=(2, 3)),
    lambda x: ops.sum(x, axis=1), lambda x: ops.max(x, axis=1), lambda x: ops.var(x, axis=1),
    ops.flatten, lambda x: ops.linear(x, np.ones((5, 4))), lambda x: ops.upsample_nearest(x, 2),
    lambda x: ops.upsample_bilinear(x, 7), lambda x: ops.mean(x, axis=0), lambda x: ops.pad(x, 1),
])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_batch_of_none_gives_a_batch_of_none(f):
    x = Tensor(np.ones((0, 3, 4, 4)))
    y = f(x)
    assert grad(y, [x], seed=np.ones(y.shape))[0].shape == x.shape
