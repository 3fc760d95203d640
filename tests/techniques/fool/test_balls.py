"""Three balls: the longest gain, the nearest point, and any point equally likely."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minigrad.techniques.fool.balls import (
    NORMS,
    anywhere,
    into_ball,
    length,
    steepest,
    steepest_within,
)

DUAL = {"linf": "l1", "l2": "l2", "l1": "linf"}


def corners_and_more(rng, norm, like, many=3000):
    """Points of the unit sphere of a norm, corners among them."""
    z = rng.normal(size=(many, *like.shape[1:]))
    points = z / length(z, norm).reshape(-1, 1, 1, 1)
    return np.concatenate([points, np.sign(z) / length(np.sign(z), norm).reshape(-1, 1, 1, 1)])


def steepest_of(norm, *gradients):
    """η of length 5, of gradients of three numbers each."""
    g = np.reshape(gradients, (len(gradients), 3, 1, 1)).astype(float)
    return steepest(g, 5.0, norm).reshape(-1, 3)


@pytest.mark.parametrize(("norm", "eta"), [
    ("linf", [5, -5, 0]), ("l2", [3, -4, 0]), ("l1", [0, -5, 0]),
], ids=NORMS)
def test_the_steepest_move_along_3_minus_4_0(norm, eta):
    assert_allclose(steepest_of(norm, [3, -4, 0]), [eta])


@pytest.mark.parametrize(("norm", "other"), [
    ("linf", [-5, 5, 5]), ("l2", [-10 / 7, 15 / 7, 30 / 7]), ("l1", [0, 0, 5]),
], ids=NORMS)
def test_each_of_two_images_has_a_steepest_move_of_its_own(norm, other):
    first = steepest_of(norm, [3, -4, 0])[0]
    assert_allclose(steepest_of(norm, [3, -4, 0], [-2, 3, 6]), [first, other])


@pytest.mark.parametrize("norm", NORMS)
def test_no_move_of_that_length_gains_more_than_the_steepest(rng, norm):
    g = rng.normal(size=(1, 3, 2, 2))
    eta = steepest(g, 5.0, norm)
    assert length(eta, norm)[0] == pytest.approx(5, rel=1e-12)
    assert (eta * g).sum() == pytest.approx(5 * length(g, DUAL[norm])[0], rel=1e-12)
    others = 5 * corners_and_more(rng, norm, g)
    assert ((others * g).sum(axis=(1, 2, 3)) <= (eta * g).sum() + 1e-9).all()


@pytest.mark.parametrize("norm", NORMS)
def test_where_the_gradient_is_zero_nothing_is_steepest(norm):
    assert not steepest(np.zeros((2, 3, 2, 2)), 5.0, norm).any()


def test_the_one_pixel_of_l1_is_one_that_the_box_lets_go():
    g = np.array([3.0, -2, 1]).reshape(1, 3, 1, 1)
    for x, moved in [([100, 100, 100], 0), ([255, 100, 100], 1), ([255, 0, 100], 2)]:
        eta = steepest_within(g, np.array(x, float).reshape(g.shape), 5.0, "l1").ravel()
        assert abs(eta[moved]) == 5 and np.count_nonzero(eta) == 1


@pytest.mark.parametrize("norm", NORMS)
def test_into_ball_is_the_nearest_point(rng, norm):
    """p is nearest to η where ⟨η − p, q − p⟩ ≤ 0 for every q of the ball, its corners at least."""
    eta = rng.normal(0, 9, (4, 3, 2, 2))
    p = into_ball(eta, 4.0, norm)
    assert (length(p, norm) <= 4 * (1 + 1e-12)).all()
    for q in 4 * corners_and_more(rng, norm, eta, 500):
        assert (((eta - p) * (q - p)).sum(axis=(1, 2, 3)) <= 1e-9).all()


@pytest.mark.parametrize("norm", NORMS)
def test_what_lies_inside_stays_and_epsilon_zero_leaves_nothing(rng, norm):
    eta = rng.normal(size=(2, 3, 3, 2)).astype(np.float32)
    np.testing.assert_array_equal(into_ball(eta, 1e4, norm), eta)
    none = into_ball(eta, 0.0, norm)
    assert not none.any() and none.dtype == np.float32


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_a_length_neither_vanishes_nor_overflows_in_float32(size):
    eta = np.full((1, 3, 2, 2), size, np.float32)
    assert length(eta)[0] == pytest.approx(size * 12**0.5, rel=1e-6)


@pytest.mark.parametrize(("norm", "square"), [("linf", 1 / 3), ("l2", 1 / 5), ("l1", 1 / 10)])
def test_anywhere_in_the_ball_is_equally_likely(norm, square):
    """‖η‖ ≤ r ε with probability rⁿ, and E[ηᵢ²] = ε²/3, ε²/(n + 2), 2ε²/((n + 1)(n + 2))."""
    like, n = np.zeros((6_000, 3, 1, 1)), 3
    eta = anywhere(like, 4.0, norm, np.random.default_rng(0).spawn(len(like)))
    share = np.sort((length(eta, norm) / 4) ** n)
    assert abs(share - np.linspace(0, 1, len(like))).max() < 0.03
    np.testing.assert_allclose((eta**2).mean(axis=0).ravel() / 16, square, atol=0.02)
    np.testing.assert_allclose(eta.mean(axis=0), 0, atol=0.15)


def test_a_norm_that_is_none_is_named():
    with pytest.raises(ValueError, match="no norm 'l3' for a perturbation; .*l"):
        steepest(np.ones((1, 3, 1, 1)), 1.0, "l3")
