"""The rules of relevance propagation, each by hand at one layer."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minigrad import Tensor, grad, ops
from minigrad.relevance import box, epsilon, gamma, rescale, rescale_pool

X, W, B = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]]), np.array([2.0])  # z = 3 − 2 + 2 = 3


def relevance(rule, x=X, weight=W, bias=B):
    """What each x gets of z, R = x · g."""
    return x * handed_down(rule, x, weight, bias)


def handed_down(rule, x=X, weight=W, bias=B):
    a = Tensor(x)
    z = ops.linear(a, weight, bias)
    return grad(z, [a], seed=np.ones_like(z.data), rules={ops.linear: rule})[0]


def test_lrp_0_gives_each_input_what_it_contributed_and_is_the_layers_own_gradient():
    assert_allclose(relevance(epsilon(ops.linear, 0)), [[3, -2]])
    assert_allclose(handed_down(epsilon(ops.linear, 0)), W)


def test_epsilon_hands_down_z_over_z_plus_epsilon():
    assert_allclose(relevance(epsilon(ops.linear, 1.0)), [[3 * 3 / 4, -2 * 3 / 4]])


def test_epsilon_has_the_sign_of_z():
    assert_allclose(relevance(epsilon(ops.linear, 1.0), weight=-W, bias=-B), [[-9 / 4, 6 / 4]])


def test_epsilon_multiplies_what_arrives():
    a = Tensor(X)
    z = ops.linear(a, W, B)
    given, = grad(z, [a], seed=np.array([[8.0]]), rules={ops.linear: epsilon(ops.linear, 1.0)})
    assert_allclose(given, 8 * W * 3 / 4)


def test_a_unit_of_zero_hands_down_nothing_by_epsilon_0():
    assert_allclose(handed_down(epsilon(ops.linear, 0), x=np.array([[1.0, 3.0]]), bias=None), 0)


def test_gamma_counts_what_speaks_for_z_once_more_the_bias_too():
    # z(1) = 1 · 6 − 2 · 1 + 4 = 8
    assert np.allclose(relevance(gamma(ops.linear, 1.0)), [[6 * 3 / 8, -2 * 3 / 8]])


@pytest.mark.parametrize(("sign_x", "sign_z"), [(1, -1), (-1, 1), (-1, -1)])
def test_gamma_is_the_same_for_the_same_contributions_whatever_the_signs(sign_x, sign_z):
    given = relevance(gamma(ops.linear, 1.0), sign_x * X, sign_x * sign_z * W, sign_z * B)
    assert np.allclose(given, [[sign_z * 6 * 3 / 8, -sign_z * 2 * 3 / 8]])


def test_gamma_0_is_lrp_0():
    assert np.allclose(relevance(gamma(ops.linear, 0.0)), [[3, -2]])


def test_a_very_large_gamma_gives_all_to_what_speaks_for_z():
    assert np.allclose(relevance(gamma(ops.linear, 1e9), bias=None), [[1, 0]], atol=1e-6)


def test_box_measures_from_the_bound_that_speaks_least():
    # (1 − 0) · 3 = 3 and (2 − 4) · (−1) = 2, of z = 3
    given = handed_down(box(ops.linear, np.zeros(1), np.full(1, 4.0)))
    assert np.allclose(given, [[3 * 3 / 5, 3 * 2 / 5]])


def test_box_gives_relevance_to_a_pixel_that_is_0():
    given = handed_down(box(ops.linear, np.full(1, -1.0), np.ones(1)), x=np.array([[0.0, 1.0]]))
    assert given[0, 0] > 0


ALL = {
    "epsilon": epsilon(ops.linear, 0.0), "gamma": gamma(ops.linear, 0.5),
    "box": box(ops.linear, np.zeros(1), np.full(1, 4.0)),
}


@pytest.mark.parametrize("rule", ALL.values(), ids=ALL)
def test_where_z_is_0_nothing_is_handed_down_and_nothing_becomes_nan(rule):
    assert not relevance(rule, x=np.array([[1.0, 3.0]]), bias=None).any()
    assert not relevance(rule, x=np.zeros((1, 2)), bias=None).any()


@pytest.mark.parametrize("make", [
    lambda op: epsilon(op, 0.3), lambda op: gamma(op, 0.3),
    lambda op: box(op, np.array(-1.0), np.array(2.0)),
], ids=ALL)
def test_a_convolution_with_one_window_is_a_linear_layer(make, rng):
    x, weight, bias = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(6, 3, 4, 5)), rng.random(6)
    by_window = Tensor(x)
    z = ops.conv2d(by_window, weight, bias)
    rules, seed = {ops.conv2d: make(ops.conv2d)}, rng.normal(size=z.shape)
    given, = grad(z, [by_window], seed=seed, rules=rules)
    rows = Tensor(x.reshape(2, 60))
    z = ops.linear(rows, weight.reshape(6, 60), bias)
    rules = {ops.linear: make(ops.linear)}
    wanted, = grad(z, [rows], seed=seed.reshape(2, 6), rules=rules)
    assert np.allclose(given.reshape(2, 60), wanted)


@pytest.mark.parametrize("make", [
    lambda op: epsilon(op, 0.0), lambda op: gamma(op, 0.3),
    lambda op: box(op, np.array(-5.0), np.array(5.0)),
], ids=ALL)
def test_without_bias_all_arrives(make, rng):
    """Stride, padding and groups included."""
    x, weight = rng.normal(size=(2, 4, 7, 6)), rng.normal(size=(6, 2, 3, 3))
    a = Tensor(x)
    z = ops.conv2d(a, weight, stride=2, padding=1, groups=2)
    seed = rng.normal(size=z.shape)
    rule = make(ops.conv2d)
    g, = grad(z, [a], seed=seed, rules={ops.conv2d: rule})
    R = g if "box" in rule.__qualname__ else x * g
    assert np.allclose(R.sum(axis=(1, 2, 3)), (seed * z.data).sum(axis=(1, 2, 3)))


# ── DeepLIFT ────────────────────────────────────────────────────────────────────────────────────


def multiplier(op, rule, x, **options):
    a = Tensor(np.asarray(x, float))
    y = op(a, **options)
    return grad(y, [a], seed=np.ones_like(y.data), rules={op: rule})[0]


def test_rescale_is_the_slope_between_photo_and_baseline():
    x, baseline = np.array([-1.0, 3.0, 5.0, -2.0]), np.array([3.0, -1.0, 1.0, -4.0])
    m = multiplier(ops.relu, rescale(ops.relu, baseline), x)
    assert np.allclose(m, [3 / 4, 3 / 4, 1, 0])


def test_where_photo_and_baseline_agree_rescale_is_relus_gradient():
    x = np.array([-1.0, 3.0])
    assert np.allclose(multiplier(ops.relu, rescale(ops.relu, x), x), [0, 1])


def test_a_rise_is_the_photos_winners_and_a_fall_the_baselines():
    x, baseline = np.array([[[[5.0, 1.0, 1.0, 2.0]]]]), np.array([[[[2.0, 4.0, 1.5, 6.0]]]])
    rule = rescale_pool(ops.max_pool2d, baseline)
    m = multiplier(ops.max_pool2d, rule, x, kernel_size=(1, 2))
    # 5 − 4 came with the first pixel's 5 − 2; 2 − 6 with the last one's 2 − 6
    assert np.allclose(m, [[[[1 / 3, 0, 0, 1]]]])


def test_pooling_shares_out_all_of_the_difference_where_windows_overlap(rng):
    x, baseline = rng.normal(size=(2, 2, 3, 9, 9))
    window = {"kernel_size": 3, "stride": 2, "padding": 1}
    m = multiplier(ops.max_pool2d, rescale_pool(ops.max_pool2d, baseline), x, **window)
    difference = ops.max_pool2d(x, **window) - ops.max_pool2d(baseline, **window)
    assert np.allclose((m * (x - baseline)).sum(), difference.sum())
