"""One perturbation for all photos: its ball, its rule, and what it does to unseen photos."""

import numpy as np
import pytest
from attackable import Linear, photos

from minigrad.techniques import cross_entropy, gradient, universal, with_eta
from minigrad.techniques.fool.balls import length
from minigrad.techniques.fool.deepfool import deepfool
from minigrad.techniques.fool.universal import STEP, universal_steps


def many(rng, n=24):
    """Photos of one class of the linear network, so that one direction leads out of it."""
    net, x = Linear(), photos(rng, 600)
    answers = net.scores(x).argmax(axis=1)
    return net, x[answers == np.bincount(answers).argmax()][:n]


@pytest.mark.parametrize("way", ["loss", "deepfool"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_it_stays_in_its_ball(rng, norm, way):
    net, x = many(rng)
    epsilon = {"linf": 0.5, "l2": 5.0, "l1": 50.0}[norm]
    for progress in universal_steps(net, x, way=way, epsilon=epsilon, norm=norm, passes=2):
        assert length(progress.pixels, norm) <= epsilon * (1 + 1e-9)


def test_one_photo_alone_gets_what_deepfool_finds(rng):
    net, x = many(rng, 1)
    eta = next(universal_steps(net, x, way="deepfool", epsilon=255.0)).pixels
    np.testing.assert_array_equal(eta, deepfool(net, x, steps=10, candidates=4).perturbation)


def test_a_photo_that_is_fooled_already_adds_nothing(rng):
    net, x = many(rng, 1)
    first, second = universal_steps(
        net, x, way="deepfool", epsilon=255.0, passes=2, fooling_rate=1.0
    )
    assert first.value == 0 and second.value == 1
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_the_first_step_up_the_loss_is_along_the_sum_of_the_gradients(rng):
    net, x = many(rng, 8)
    label = int(net.scores(x)[0].argmax())
    g = gradient(net, x, cross_entropy(label)).sum(axis=0, keepdims=True)
    eta = next(universal_steps(net, x, epsilon=4.0)).pixels
    np.testing.assert_allclose(eta, 4.0 / STEP * np.sign(g))


@pytest.mark.parametrize("way", ["loss", "deepfool"])
def test_it_fools_photos_that_it_has_not_seen_and_chance_does_not(rng, way):
    net, x = many(rng, 48)
    seen, unseen, epsilon = x[:24], x[24:], 6.0
    *_, last = universal_steps(net, seen, way=way, epsilon=epsilon)
    chance = epsilon * rng.choice([-1.0, 1.0], last.pixels.shape)
    rate = with_eta(net, unseen, eta=last.pixels).success.mean()
    assert rate >= 0.7 and with_eta(net, unseen, eta=chance).success.mean() < rate / 2


def test_it_is_one_and_the_same_on_all(rng):
    net, x = many(rng, 8)
    eta = universal(net, x, epsilon=1.0).perturbation
    np.testing.assert_allclose(eta, eta[:1] + 0 * eta, atol=1e-12)


def test_it_ends_when_enough_are_fooled(rng):
    net, x = many(rng, 8)
    assert [p.step for p in universal_steps(net, x, epsilon=50.0, fooling_rate=0.0)] == [8]
    assert [p.step for p in universal_steps(net, x, epsilon=0.0, passes=3)] == [8, 16, 24]


def test_no_epsilon_is_the_identity(rng):
    net, x = many(rng, 4)
    assert np.array_equal(universal(net, x, epsilon=0.0, passes=1).adversarial, x)


def test_the_same_generator_gives_the_same(rng):
    net, x = many(rng, 8)
    one, other = (universal(net, x, rng=np.random.default_rng(3)).adversarial for _ in range(2))
    assert np.array_equal(one, other)


def test_nonsense_is_one_sentence(rng):
    net, x = many(rng, 2)
    for settings, sentence in [({"epsilon": -1}, "ε is -1"), ({"norm": "l7"}, "no norm 'l7'"),
                               ({"fooling_rate": 2}, "the fooling rate is 2"),
                               ({"passes": 0}, "passes is 0"),
                               ({"way": "los"}, "did you mean loss")]:
        with pytest.raises(ValueError, match=sentence):
            universal(net, x, **settings)
    with pytest.raises(ValueError, match="multiply by 255"):
        universal(net, x / 255)
