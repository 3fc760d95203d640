"""Penalties and corrections, each against what can be worked out by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minigrad import ops
from minigrad.check import check_gradients
from minigrad.techniques.make import regularizers
from minigrad.tensor import Tensor, grad


@pytest.fixture
def u(rng):
    return 40 * rng.normal(size=(2, 3, 12, 9))


def test_l2_and_l6_of_a_constant_are_its_powers_times_its_numbers():
    u = np.full((1, 3, 4, 5), 2.0)
    assert regularizers.l2(u) == 60 * 2**2
    assert regularizers.l6(u) == 60 * 2**6


CORNER = np.array([[[[1.0, 4], [5, 4]]]])  # dx 3 and −1, dy 4 and 0


def test_total_variation_of_four_pixels_is_the_sum_of_their_squared_slopes():
    """3² + 4², 0² and (−1)²."""
    assert_allclose(regularizers.total_variation(CORNER), 26)


def test_every_difference_pulls_at_both_of_its_pixels():
    """dx pulls by −2 dx at the pixel and by 2 dx at its neighbour, and dy likewise."""
    u = Tensor(CORNER)
    (g,) = grad(regularizers.total_variation(u), [u])
    assert_allclose(g, [[[[-2 * 3 - 2 * 4, 2 * 3], [2 * 4 + 2 * 1, -2 * 1]]]])


def test_for_beta_1_each_slope_counts_by_its_length():
    """√(3² + 4²) + √0² + √(−1)²"""
    assert_allclose(regularizers.total_variation(CORNER, 1.0), 6, rtol=1e-3)


def test_for_beta_3_a_large_slope_counts_more():
    """5³ + 0³ + 1³"""
    assert_allclose(regularizers.total_variation(CORNER, 3.0), 126, rtol=1e-3)


def test_a_beta_of_0_is_refused():
    with pytest.raises(ValueError):
        regularizers.total_variation(CORNER, 0.0)


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
    check_gradients(penalty, u[:1, :, :7, :6] / 40)


def test_edge_energy_falls_under_blur_and_is_zero_for_the_mean_colour(u):
    blurred = regularizers.blur(1.0)(u, None, 1)
    assert 0 < regularizers.edge_energy(blurred) < 0.5 * regularizers.edge_energy(u)
    assert regularizers.edge_energy(np.zeros((1, 3, 20, 20))) == 0


def test_edge_energy_of_a_point_is_what_the_blur_takes_from_it():
    """6×6 has one scale, then 4×4: ‖δ − G‖² = 1 − 2 G[2,2] + ΣG², the kernel inside the image."""
    u = np.zeros((1, 1, 6, 6))
    u[0, 0, 2, 2] = 1
    t = np.exp(-(np.arange(-2, 3) ** 2) / 2.0)
    G = np.outer(t, t) / t.sum() ** 2
    assert regularizers.edge_energy(u) == pytest.approx(1 - 2 * G[2, 2] + (G**2).sum())


def test_each_scale_adds_what_the_blur_takes_there(rng):
    """12×9, then averaged over 2×2 pixels 7×5, which is no scale any more."""
    u = rng.normal(size=(1, 1, 12, 9))
    t = np.exp(-(np.arange(-2, 3) ** 2) / 2.0)
    G = np.outer(t, t) / t.sum() ** 2
    first = ((u - ops.conv2d(u, G[None, None], padding=2)) ** 2).sum()
    assert_allclose(regularizers.edge_energy(u), first)
    assert_allclose(regularizers.edge_energy(u.swapaxes(2, 3)), first)
    larger = rng.normal(size=(1, 1, 16, 12))                # 16×12, 9×7
    first = ((larger - ops.conv2d(larger, G[None, None], padding=2)) ** 2).sum()
    second = regularizers.edge_energy(ops.avg_pool2d(larger, 2, padding=1))
    assert_allclose(regularizers.edge_energy(larger), first + second)


def test_the_colours_and_images_have_energies_of_their_own(u):
    alone = [regularizers.edge_energy(u[n : n + 1, c : c + 1]) for n in range(2) for c in range(3)]
    assert_allclose(regularizers.edge_energy(u), sum(alone))


@pytest.mark.parametrize("sigma", [0.3, 0.6, 2.0])
def test_blur_leaves_a_constant_as_it_is(sigma):
    u = np.full((2, 3, 10, 14), 17.0)
    np.testing.assert_allclose(regularizers.blur(sigma)(u, None, 1), u, rtol=1e-12)


def test_blur_of_a_point_is_a_gaussian_of_that_variance():
    u = np.zeros((1, 3, 41, 41))
    u[..., 20, 20] = 1
    row = regularizers.blur(1.5)(u, None, 1)[0, 0].sum(axis=0)
    assert row.sum() == pytest.approx(1)
    assert (row * (np.arange(41) - 20) ** 2).sum() == pytest.approx(1.5**2, rel=1e-3)


def test_decay_fades_towards_the_mean_colour(u):
    np.testing.assert_allclose(regularizers.decay(0.25)(u, None, 1), 0.75 * u)


def test_centre_fades_by_the_rate_far_away_and_not_at_all_in_the_middle():
    u = np.full((1, 3, 101, 51), 10.0)
    faded = regularizers.centre(0.25, sigma=0.1)(u, None, 1)
    assert faded[0, 0, 50, 25] == 10
    assert faded[0, 0, 0, 0] == pytest.approx(7.5, rel=1e-6)
    assert faded[0, 0, 50, 30] == pytest.approx(10 - 2.5 * (1 - np.exp(-((5 / 51) ** 2) / 0.02)))


@pytest.mark.parametrize("percentile", [0, 25, 50, 100])
@pytest.mark.parametrize("name", ["clip_small_norm", "clip_small_contribution"])
def test_clipping_zeroes_that_percentage_of_every_image(name, percentile, u, rng):
    g = rng.normal(size=u.shape)
    clipped = getattr(regularizers, name)(percentile)(u, g, 1)
    zeroed = (clipped == 0).all(axis=1).sum(axis=(1, 2))
    assert (zeroed == round(12 * 9 * percentile / 100)).all()
    kept = clipped != 0
    assert (clipped[kept] == u[kept]).all()


def test_clipping_takes_equals_by_rank():
    u = np.ones((1, 3, 4, 5))
    assert (regularizers.clip_small_norm(30)(u, None, 1) == 0).all(axis=1).sum() == 6


def test_small_norm_and_small_contribution_ask_different_questions():
    """A bright pixel that the objective does not use: the first keeps it, the second does not."""
    u = np.ones((1, 3, 1, 2))
    u[..., 0] = 100
    g = np.ones_like(u)
    g[..., 0] = 0
    assert (regularizers.clip_small_norm(50)(u, g, 1)[0, 0] == [[100, 0]]).all()
    assert (regularizers.clip_small_contribution(50)(u, g, 1)[0, 0] == [[0, 1]]).all()


def test_float32_stays_float32(u):
    u = u.astype(np.float32)
    for correct in (regularizers.decay(0.1), regularizers.centre(0.1), regularizers.blur(0.6),
                    regularizers.clip_small_norm(30), regularizers.clip_small_contribution(30)):
        assert correct(u, u, 1).dtype == np.float32
    for penalty in (regularizers.l2, regularizers.total_variation, regularizers.edge_energy):
        assert grad(penalty(x := Tensor(u)), [x])[0].dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigma", [0, 1e-300, 1e-20, 0.01, 0.05])
def test_blur_by_nothing_is_the_identity(sigma, dtype, u):
    u = u.astype(dtype)
    np.testing.assert_array_equal(regularizers.blur(sigma)(u, None, 1), u)


def test_blur_by_far_more_than_the_image_is_its_mean(u):
    blurred = regularizers.blur(1e6)(u, None, 1)
    np.testing.assert_allclose(blurred, u.mean(axis=(2, 3), keepdims=True) + 0 * u, atol=1e-6)


def test_every_n_th_step_is_counted_from_the_number_of_the_step():
    corrected = regularizers.every(3, regularizers.decay(1.0))
    u = np.ones((1, 3, 2, 2))
    for _ in range(2):  # and asking twice changes nothing
        assert [bool(corrected(u, None, step).any()) for step in range(1, 7)] == [1, 1, 0, 1, 1, 0]
    rarely = regularizers.every(2, corrected)
    assert [step for step in range(1, 13) if not rarely(u, None, step).any()] == [6, 12]


R = regularizers


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf, -np.inf, "1", None, True, np.ones(2)])
@pytest.mark.parametrize(
    "regularizer",
    [
        R.decay, R.centre, R.blur, R.clip_small_norm, R.clip_small_contribution,
        lambda sigma: R.centre(0.1, sigma), lambda n: R.every(n, R.decay(0.1)),
        lambda beta: R.total_variation(np.ones((1, 3, 4, 4)), beta),
    ],
)
def test_a_strength_that_makes_no_sense_is_refused_where_it_is_given(regularizer, bad):
    with pytest.raises((ValueError, TypeError), match="give a (whole )?number"):
        regularizer(bad)


@pytest.mark.parametrize(
    "too_much",
    [lambda: R.decay(1.1), lambda: R.centre(2), lambda: R.clip_small_norm(101),
     lambda: R.clip_small_contribution(100.5), lambda: R.every(0, R.decay(0.1)),
     lambda: R.every(1.5, R.decay(0.1)), lambda: R.centre(0.1, 0)],
)
def test_a_share_of_more_than_all_is_refused(too_much):
    with pytest.raises((ValueError, TypeError), match="give a (whole )?number"):
        too_much()
