"""Ten numbers by hand, and the same step in more dimensions."""

import itertools

import numpy as np
import pytest

from minigrad.techniques.fool.linear import (
    W,
    X,
    gains_by_dimension,
    linear_attack,
    linear_score,
    sigmoid,
)


def test_the_lectures_ten_numbers_to_the_digit():
    moved = linear_attack(X, W, 0.5)
    np.testing.assert_array_equal(moved, [1.5, -1.5, 3.5, -2.5, 2.5, 1.5, 1.5, -3.5, 4.5, 1.5])
    np.testing.assert_array_equal(moved, X + 0.5 * W)  # the weights are their own signs
    assert (linear_score(X, W), linear_score(moved, W)) == (-3, 2)
    assert (f"{sigmoid(-3):.4f}", f"{sigmoid(2):.4f}") == ("0.0474", "0.8808")


def test_it_is_the_best_of_all_corners():
    corners = np.array(list(itertools.product([-1, 1], repeat=10)))
    best = max(linear_score(X + 0.5 * corner, W) for corner in corners)
    assert linear_score(linear_attack(X, W, 0.5), W) == best


def test_the_gain_is_epsilon_times_the_sum_of_the_weights(rng):
    x, w = rng.normal(size=(2, 300))
    gain = linear_score(linear_attack(x, w, 0.1), w) - linear_score(x, w)
    assert gain == pytest.approx(0.1 * np.abs(w).sum(), rel=1e-12)


def test_no_step_is_no_gain():
    np.testing.assert_array_equal(linear_attack(X, W, 0), X)


def test_a_probability_of_any_score_is_a_number():
    assert sigmoid(-1e4) == 0 and sigmoid(1e4) == 1 and sigmoid(0) == 0.5
    assert sigmoid(-3) + sigmoid(3) == pytest.approx(1, abs=1e-15)


def test_the_attack_grows_with_n_and_noise_with_its_root():
    gains = gains_by_dimension([100, 10_000], epsilon=0.5, samples=400)
    np.testing.assert_allclose(gains.attack, gains.attack_expected, rtol=0.02)
    np.testing.assert_allclose(gains.random, gains.random_expected, rtol=0.15)
    assert gains.attack[1] / gains.attack[0] == pytest.approx(100, rel=0.02)
    assert gains.random[1] / gains.random[0] == pytest.approx(10, rel=0.2)


def test_the_closed_forms_are_n_times_the_mean_and_the_root_times_the_deviation():
    gains = gains_by_dimension([49_152], epsilon=2, samples=1)
    assert gains.attack_expected[0] == pytest.approx(2 * 49_152 * 0.797885, rel=1e-5)
    assert gains.random_expected[0] == pytest.approx(2 * 221.7025, rel=1e-5)
    assert gains.attack_expected[0] / gains.random_expected[0] == pytest.approx(177, rel=0.01)


def test_it_is_the_same_every_time_and_another_with_another_seed():
    first, again = gains_by_dimension([30]), gains_by_dimension([30])
    other = gains_by_dimension([30], rng=np.random.default_rng(1))
    assert first.attack == again.attack and first.random == again.random
    assert first.attack != other.attack


@pytest.mark.parametrize(("given", "said"), [
    ({"dimensions": [10, 0]}, "a number of dimensions is 0"),
    ({"dimensions": []}, "there is no number of dimensions"),
    ({"epsilon": -1}, "ε is -1"),
    ({"samples": 0}, "samples is 0"),
])
def test_nonsense_is_a_sentence(given, said):
    with pytest.raises(ValueError, match=said):
        gains_by_dimension(**given)
