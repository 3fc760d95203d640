"""Szegedy's attack: any photo becomes any class, and the nearer the better c is known."""

import numpy as np
import pytest
from attackable import Linear, Small, photos

from minigrad.techniques import deepfool, lbfgs_attack
from minigrad.techniques.fool.aims import aim_at, cross_entropies
from minigrad.techniques.fool.lbfgs_attack import nearest
from minigrad.techniques.look.gradient import gradient


def test_any_photo_becomes_any_class(rng):
    net, x = Linear(), photos(rng, 1)
    for k in set(range(5)) - {int(net.scores(x).argmax())}:
        assert lbfgs_attack(net, x, target=k).after == [k]


def test_without_a_target_it_is_the_second_class(rng):
    net, x = Small(), photos(rng, 2, 6)
    record = lbfgs_attack(net, x, searches=3)
    assert (record.target == net.scores(x).argsort(axis=1)[:, -2]).all()
    assert record.success.all()


def test_at_its_minimum_both_terms_pull_alike(rng):
    """2 (x − x₀) / 255² + c ∂J/∂x = 0, where no pixel is at the box's edge."""
    net, x = Linear(), photos(rng, 1)
    aim = aim_at(net, x, None, int(net.scores(x).argmin()))
    moved = nearest(net, x, aim, 0.5, 300)
    assert moved.min() > 0 and moved.max() < 255
    uphill = gradient(net, moved, cross_entropies(aim.target))
    np.testing.assert_allclose(2 * (moved - x) / 255**2, -0.5 * uphill, atol=1e-6)


def test_with_the_right_c_it_is_nearly_the_nearest(rng):
    """Nearly, for the cross entropy pulls away from all other classes, not from the first alone."""
    net, x = Linear(4), photos(rng, 2, 4)
    second = net.scores(x).argsort(axis=1)[:, -2]
    near = deepfool(net, x, target=second, overshoot=0).l2
    far = lbfgs_attack(net, x, c=1000.0, searches=1, steps=50).l2
    found = lbfgs_attack(net, x, c=1000.0, searches=12, steps=50).l2
    assert (near * 0.999 <= found).all() and (found < near * 1.25).all() and (found < far).all()


def test_a_batch_is_its_photos_one_by_one(rng):
    net, x = Small(), photos(rng, 2, 6)
    together = lbfgs_attack(net, x, searches=3)
    alone = [lbfgs_attack(net, x[n : n + 1], searches=3).adversarial for n in range(2)]
    np.testing.assert_allclose(together.adversarial, np.concatenate(alone), atol=1e-9)


def test_the_box_is_kept_and_a_failure_gives_the_photo_back(rng):
    x = rng.choice([0.0, 255.0], (2, 3, 6, 6))
    moved = lbfgs_attack(Linear(), x, c=100.0).adversarial
    assert moved.min() >= 0 and moved.max() <= 255
    failed = lbfgs_attack(Linear(), x, c=1e-9, searches=1)
    assert not failed.success.any() and np.array_equal(failed.adversarial, x)


def test_nonsense_is_one_sentence(rng):
    net, x = Linear(), photos(rng, 1)
    for settings, sentence in [({"c": -1}, "c is -1"), ({"steps": 0}, "steps is 0"),
                               ({"target": 99}, "classes 0 … 4"),
                               ({"target": int(net.scores(x).argmax())}, "says already")]:
        with pytest.raises(ValueError, match=sentence):
            lbfgs_attack(net, x, **settings)
