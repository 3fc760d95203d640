"""Chance, bytes, another network, other hands, and the walk without a ball."""

import numpy as np
import pytest
from attackable import Linear, Small, photos

from minigrad.techniques import (
    as_bytes,
    climb,
    climbed,
    expectation_over_transformation,
    fgsm,
    gradient,
    pgd,
    random_control,
    survival,
    transfer,
)
from minigrad.techniques.fool.attacks import ATTACKS, attack_called
from minigrad.techniques.fool.balls import NORMS, length
from minigrad.techniques.fool.climb import RATE
from minigrad.techniques.make.transforms import jitter
from minigrad.techniques.objectives import class_score


@pytest.mark.parametrize("norm", NORMS)
def test_the_random_control_is_as_long_as_the_attack_and_differs(rng, norm):
    net, x = Linear(), photos(rng, 2)
    record = fgsm(net, x, epsilon=20, norm=norm)
    control = random_control(net, record, norm=norm)
    np.testing.assert_allclose(length(control.perturbation, norm), 20, rtol=1e-9)
    assert (abs(control.perturbation - record.perturbation).max(axis=(1, 2, 3)) > 1).all()
    np.testing.assert_array_equal(control.scores_after, net.scores(control.adversarial))


def test_half_a_grey_level_does_not_live_in_bytes(rng):
    net, x = Linear(), np.rint(photos(rng, 1))
    record = fgsm(net, x, epsilon=0.4)
    assert record.moved.all() and not as_bytes(net, record).moved.any()


def test_another_network_is_asked_at_its_own_size_about_its_own_answer(rng):
    net, judge = Linear(6, seed=0), Linear(9, seed=1)
    judge.input_size = 9
    record = fgsm(net, photos(rng, 4), epsilon=40)
    other = transfer(judge, record)
    assert other.pixels.shape == (4, 3, 9, 9) and other.target is None
    np.testing.assert_array_equal(other.before, judge.scores(other.pixels).argmax(axis=1))
    same = transfer(judge, fgsm(net, record.pixels, epsilon=0))
    assert not same.success.any()


def test_eot_survives_moving_and_pgd_does_not(rng):
    """Linear scores of a template: an attack that fits one place alone is lost at the next."""
    net = Linear(edge=12)
    net.b = np.array([0.8, 0, 0, 0, 0]) - 128 * net.w.sum(axis=(1, 2, 3))
    x = 128 + rng.normal(size=(6, 3, 12, 12))
    moved = {"transforms": [jitter(1)]}
    plain = pgd(net, x, epsilon=16.0)
    eot = expectation_over_transformation(net, x, epsilon=16.0, draws=6, **moved)
    assert plain.success.all()
    assert (eot.linf <= 16 + 1e-9).all()
    unseen = {"draws": 100, "rng": np.random.default_rng(9), **moved}
    few, most = survival(net, plain, **unseen), survival(net, eot, **unseen)
    assert (few < 0.3).all() and (most > 0.8).all(), (few, most)
    photo_alone = fgsm(net, x, epsilon=0)
    assert not survival(net, photo_alone, **unseen).any()


def test_eot_takes_the_mean_gradient_over_its_draws(rng):
    """One step along the mean of ∂J/∂x over the shifts that the generators draw."""
    net, x = Small(), photos(rng, 1, 8)
    record = expectation_over_transformation(
        net, x, class_score(1), epsilon=8.0, norm="l2", steps=1, alpha=8.0, draws=3,
        random_start=False, transforms=[jitter(3)], rng=[np.random.default_rng(5)])
    own = np.random.default_rng(5)
    g = 0
    for _ in range(3):
        shift = own.integers(-3, 3, 2, endpoint=True)
        at = gradient(net, np.roll(x, shift, (2, 3)), class_score(1))
        g = g + np.roll(at, -shift, (2, 3))
    np.testing.assert_allclose(record.perturbation, 8 * g / length(g), atol=1e-9)


def test_climbing_is_plain_ascent_step_by_step(rng):
    """x ← x + lr · ∂J/∂x."""
    net, x = Small(), photos(rng, 1, 8)
    rate, S = 0.01, class_score(1)
    steps = list(climb(net, x, S, steps=3, rate=rate))
    for progress in steps:
        x = (x + rate * gradient(net, x, S)).clip(0, 255)
        np.testing.assert_allclose(progress.pixels, x, atol=1e-9)
    assert [progress.step for progress in steps] == [1, 2, 3]


def test_the_rate_in_grey_levels_is_the_lectures_rate_of_normalised_pixels(rng):
    """One step of 0.1 · ∂J/∂z in z = x / σ is a step of RATE · ∂J/∂x in x."""
    sigma = 57.4
    assert pytest.approx(0.1 * sigma**2, rel=0.01) == RATE


def test_climbing_to_the_end_gives_the_record_and_shows_every_step(rng):
    net, x = Linear(), photos(rng, 1)
    seen = []
    record = climbed(net, x, steps=4, rate=1e4, watch=seen.append)
    assert [progress.step for progress in seen] == [1, 2, 3, 4]
    np.testing.assert_array_equal(record.adversarial, seen[-1].pixels)
    assert record.losses[0, 1] > record.losses[0, 0]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_of_the_table_takes_what_it_says(rng, attack):
    net, x = Linear(), photos(rng, 1)
    given = {"target": int(net.scores(x).argmin()), "epsilon": 5.0, "norm": "l2", "steps": 2,
             "rate": 100.0, "rng": None, "watch": print, "objective": None}
    record = attack.make(net, x, **{name: given[name] for name in attack.takes})
    assert record.moved.all() or not record.success.any()  # the input, where it failed
    assert attack_called(attack.name) is attack


def test_an_unknown_attack_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="there is no attack 'pdg'; did you mean pgd?"):
        attack_called("pdg")
