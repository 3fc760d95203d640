"""Infidelity, what squares are worth, and how calm a map is, in closed form."""

import numpy as np
import pytest
from small import LinearNet, SmallNet

from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.look.sensitivity import (
    Worth,
    infidelity,
    max_sensitivity,
    squares,
    unexplained,
    worth,
)
from minigrad.techniques.objectives import class_score

SCORE = class_score(2)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, 6, 6))


def test_the_gradient_of_a_linear_score_predicts_every_change(x, rng):
    net = LinearNet()
    changes = rng.normal(0, 40, (5, *x.shape))
    for given in ({}, {"changes": changes}):
        found = infidelity(net, x, SCORE, attribution=gradient(net, x, SCORE), **given)
        assert found.shape == (2,) and (found < 1e-15).all()


def test_an_attribution_of_zero_misses_all_that_happens(x, rng):
    """E[(0 − ⟨w, I⟩)²]"""
    net, changes = LinearNet(), rng.normal(0, 40, (5, *x.shape))
    found = infidelity(net, x, SCORE, attribution=0 * x, changes=changes)
    missed = (changes * net.w[2]).sum(axis=(2, 3, 4))                       # (P, N)
    np.testing.assert_allclose(found, (missed**2).mean(axis=0))


def test_where_the_score_bends_the_gradient_is_not_the_whole_truth(x):
    net = SmallNet()
    assert (infidelity(net, x, SCORE, attribution=gradient(net, x, SCORE)) > 0).all()


def test_a_square_that_is_left_out_costs_a_linear_score_what_its_pixels_add(x):
    net = LinearNet()
    adds = (net.w[2] * (x - mean_colour(net, x))).sum(axis=1)               # (N, H, W)
    q, drop = worth(net, x, SCORE, samples=9, batch=4)
    np.testing.assert_allclose(drop, np.tensordot(adds, q, axes=((1, 2), (1, 2))), rtol=1e-6)
    assert (unexplained(adds, Worth(q, drop)) < 1e-9).all()


def test_the_share_that_a_map_leaves_unexplained_by_hand():
    """Two squares of one pixel, worth 1 and 1; the map says 1 and 0: 1 − (½)² / (½ · 1) = ½."""
    q = np.array([[[1.0, 0]], [[0, 1.0]]])                                  # (2, 1, 2)
    known = Worth(q, np.array([[1.0, 1.0]]))
    assert np.isclose(unexplained(np.array([[[1.0, 0]]]), known)[0], 0.5)
    assert np.isclose(unexplained(np.array([[[1.0, -1]]]), known)[0], 1)    # nothing of it is right
    assert unexplained(np.zeros((1, 1, 2)), known)[0] == 1


def test_a_map_has_no_unit(x, rng):
    net, M = SmallNet(), rng.normal(size=(2, 6, 6))
    known = worth(net, x, SCORE)
    np.testing.assert_allclose(unexplained(M, known), unexplained(1000 * M, known))


def test_squares_reach_from_an_eighth_to_half_of_the_shorter_edge():
    q = squares((16, 40), 200)
    assert set(np.unique(q)) == {0, 1}
    rows, columns = q.any(axis=2).sum(axis=1), q.any(axis=1).sum(axis=1)
    assert (rows == columns).all() and set(rows) == set(range(2, 9))
    assert (q.sum(axis=(1, 2)) == rows * columns).all()


def test_a_constant_map_is_perfectly_calm(x):
    assert (max_sensitivity(None, x, SCORE, look=lambda *_: np.ones((2, 6, 6))) == 0).all()
    assert (max_sensitivity(LinearNet(), x, SCORE) < 1e-12).all()


def test_the_largest_move_counts_as_a_share_of_the_length(x, rng):
    """Φ(x) = x: ‖δ‖ / ‖x‖."""
    changes = rng.normal(size=(4, *x.shape))
    found = max_sensitivity(None, x, SCORE, look=lambda net, x, objective: x, changes=changes)
    norm = [np.linalg.norm(changes[:, n].reshape(4, -1), axis=1).max() for n in range(2)]
    np.testing.assert_allclose(found, [norm[n] / np.linalg.norm(x[n]) for n in range(2)])


def test_no_pixel_moves_by_more_than_the_radius(x):
    seen = []

    def look(net, pixels, objective):
        seen.append(abs(pixels - x).max())
        return pixels

    max_sensitivity(None, x, SCORE, look=look, radius=3, samples=6)
    assert seen[0] == 0 and len(seen) == 7 and 2.5 < max(seen) <= 3


def test_a_map_of_zeros_has_the_length_of_what_it_becomes(x):
    maps = iter([np.zeros((2, 6, 6)), np.full((2, 6, 6), 0.5)])
    found = max_sensitivity(None, x, SCORE, look=lambda *_: next(maps), samples=1)
    assert np.allclose(found, 3)


def test_a_map_is_no_attribution_and_an_attribution_no_map(x):
    with pytest.raises(ValueError, match="judged by `unexplained`"):
        infidelity(LinearNet(), x, SCORE, attribution=x[:, 0])
    with pytest.raises(ValueError, match="shape"):
        unexplained(x, worth(LinearNet(), x, SCORE, samples=1))


def test_float32_stays_float32(x):
    x = x.astype(np.float32)
    assert infidelity(LinearNet(), x, SCORE, attribution=x).dtype == np.float32
    assert max_sensitivity(SmallNet(), x.astype(float), SCORE).dtype == np.float64
    known = worth(LinearNet(), x, SCORE)
    assert unexplained(x[:, 0], known).dtype == np.float32
