"""Penalties and corrections, each against what can be worked out by hand."""

import numpy as np
import pytest

from minigrad.check import check_gradients
from minigrad.techniques import regularizers
from minigrad.tensor import Tensor, grad


@pytest.fixture
def u(rng):
    return 40 * rng.normal(size=(2, 3, 12, 9))


def test_l2_and_l6_of_a_constant_are_its_powers_times_its_numbers():
    u = np.full((1, 3, 4, 5), 2.0)
    assert regularizers.l2(u) == 60 * 2**2
    assert regularizers.l6(u) == 60 * 2**6


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0])
def test_total_variation_of_a_constant_is_zero_and_so_is_its_gradient(beta):
    u = Tensor(np.full((1, 3, 6, 7), 31.0))
    R = regularizers.total_variation(u, beta)
    (g,) = grad(R, [u])
    assert float(R.data) == pytest.approx(0, abs=1e-15) and (g == 0).all()


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_total_variation_of_a_step_edge_is_its_length_times_its_height_to_beta(beta):
    """A vertical edge of 50 grey levels in three colours of 6 rows."""
    u = np.zeros((1, 3, 6, 8))
    u[..., 4:] = 50
    assert regularizers.total_variation(u, beta) == pytest.approx(3 * 6 * 50**beta, rel=1e-3)


def test_total_variation_of_a_ramp_counts_both_directions_at_once():
    """u = 3 j + 4 i: the slope is 5 wherever there is a next row and column."""
    i, j = np.mgrid[:7, :7]
    u = np.broadcast_to(3.0 * j + 4.0 * i, (1, 3, 7, 7))
    expected = 3 * (36 * 5 + 6 * 3 + 6 * 4)  # inside, the last row, the last column
    assert regularizers.total_variation(u, 1.0) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    "penalty",
    [
        regularizers.l2,
        regularizers.l6,
        regularizers.total_variation,
        lambda u: regularizers.total_variation(u, 1.0),
        regularizers.edge_energy,
    ],
)
def test_the_gradient_of_every_penalty_is_that_of_central_differences(penalty, u):
    check_gradients(penalty, u / 40)


def test_edge_energy_falls_under_blur_and_is_zero_for_the_mean_colour(u):
    blurred = regularizers.blur(1.0)(u, None)
    assert 0 < regularizers.edge_energy(blurred) < 0.5 * regularizers.edge_energy(u)
    assert regularizers.edge_energy(np.zeros((1, 3, 20, 20))) == 0


def test_edge_energy_of_a_point_is_what_the_blur_takes_from_it():
    """6×6 has one scale, then 4×4: ‖δ − G‖² = 1 − 2 G[2,2] + ΣG², the kernel inside the image."""
    u = np.zeros((1, 1, 6, 6))
    u[0, 0, 2, 2] = 1
    t = np.exp(-(np.arange(-2, 3) ** 2) / 2.0)
    G = np.outer(t, t) / t.sum() ** 2
    assert regularizers.edge_energy(u) == pytest.approx(1 - 2 * G[2, 2] + (G**2).sum())


@pytest.mark.parametrize("sigma", [0.3, 0.6, 2.0])
def test_blur_leaves_a_constant_as_it_is(sigma):
    u = np.full((2, 3, 10, 14), 17.0)
    np.testing.assert_allclose(regularizers.blur(sigma)(u, None), u, rtol=1e-12)


def test_blur_of_a_point_is_a_gaussian_of_that_variance():
    u = np.zeros((1, 3, 41, 41))
    u[..., 20, 20] = 1
    row = regularizers.blur(1.5)(u, None)[0, 0].sum(axis=0)
    assert row.sum() == pytest.approx(1)
    assert (row * (np.arange(41) - 20) ** 2).sum() == pytest.approx(1.5**2, rel=1e-3)


def test_decay_fades_towards_the_mean_colour(u):
    np.testing.assert_allclose(regularizers.decay(0.25)(u, None), 0.75 * u)


def test_centre_fades_by_the_rate_far_away_and_not_at_all_in_the_middle():
    u = np.full((1, 3, 101, 51), 10.0)
    faded = regularizers.centre(0.25, sigma=0.1)(u, None)
    assert faded[0, 0, 50, 25] == 10
    assert faded[0, 0, 0, 0] == pytest.approx(7.5, rel=1e-6)
    assert faded[0, 0, 50, 30] == pytest.approx(10 - 2.5 * (1 - np.exp(-((5 / 51) ** 2) / 0.02)))


@pytest.mark.parametrize("percentile", [0, 25, 50, 100])
@pytest.mark.parametrize("name", ["clip_small_norm", "clip_small_contribution"])
def test_clipping_zeroes_that_percentage_of_every_image(name, percentile, u, rng):
    g = rng.normal(size=u.shape)
    clipped = getattr(regularizers, name)(percentile)(u, g)
    zeroed = (clipped == 0).all(axis=1).sum(axis=(1, 2))
    assert (zeroed == round(12 * 9 * percentile / 100)).all()
    kept = clipped != 0
    assert (clipped[kept] == u[kept]).all()


def test_clipping_takes_equals_by_rank():
    u = np.ones((1, 3, 4, 5))
    assert (regularizers.clip_small_norm(30)(u, None) == 0).all(axis=1).sum() == 6


def test_small_norm_and_small_contribution_ask_different_questions():
    """A bright pixel that the objective does not use: the first keeps it, the second does not."""
    u = np.ones((1, 3, 1, 2))
    u[..., 0] = 100
    g = np.ones_like(u)
    g[..., 0] = 0
    assert (regularizers.clip_small_norm(50)(u, g)[0, 0] == [[100, 0]]).all()
    assert (regularizers.clip_small_contribution(50)(u, g)[0, 0] == [[0, 1]]).all()


def test_float32_stays_float32(u):
    u = u.astype(np.float32)
    for correct in (regularizers.decay(0.1), regularizers.centre(0.1), regularizers.blur(0.6),
                    regularizers.clip_small_norm(30), regularizers.clip_small_contribution(30)):
        assert correct(u, u).dtype == np.float32
    for penalty in (regularizers.l2, regularizers.total_variation, regularizers.edge_energy):
        assert grad(penalty(x := Tensor(u)), [x])[0].dtype == np.float32
