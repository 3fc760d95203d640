"""Carlini and Wagner's attack: its loss, its box, and how near it comes to what is nearest."""

import numpy as np
import pytest
from attackable import Linear, Small, photos

from minigrad.check import numerical_gradient
from minigrad.techniques import carlini_wagner, deepfool
from minigrad.techniques.fool.aims import aim_at
from minigrad.techniques.fool.balance import smallest, squared
from minigrad.techniques.fool.carlini_wagner import loss


@pytest.mark.parametrize("target", [None, "third"])
def test_the_gradient_is_that_of_the_loss(rng, target):
    """‖x − x₀‖² + c · max(−lead, −κ), at w."""
    net, x = Linear(3), photos(rng, 2, 3)
    wanted = None if target is None else net.scores(x).argsort(axis=1)[:, -3]
    aim, c = aim_at(net, x, None, wanted), np.array([0.3, 2.0])
    w = rng.normal(0, 0.5, x.shape)

    def f(w):
        _, distance, lead, _ = loss(net, w, x, aim, c, 0.1)
        return float((distance + c * np.maximum(-lead, -0.1)).sum())

    *_, g = loss(net, w, x, aim, c, 0.1)
    np.testing.assert_allclose(g, numerical_gradient(f, w), rtol=1e-5, atol=1e-8)


def test_the_distance_is_measured_on_pixels_of_0_to_1():
    assert squared(np.full((1, 3, 2, 2), 255.0)) == pytest.approx(12)


def test_where_scores_are_linear_it_finds_the_nearest_image(rng):
    """The distance to the nearest plane, which DeepFool knows exactly."""
    net, x = Linear(), photos(rng, 3)
    record = carlini_wagner(net, x, searches=8, steps=100)
    assert record.success.all()
    np.testing.assert_allclose(record.l2, deepfool(net, x, overshoot=0).l2, atol=1e-3)


def test_it_is_no_further_than_deepfool(rng):
    net, x = Small(), photos(rng, 4, 8)
    assert carlini_wagner(net, x, searches=8, steps=100).l2.mean() <= deepfool(net, x).l2.mean()


def test_it_works_where_all_scores_are_negative(rng):
    """A mask of 0 in place of −∞ would call a class the best that is masked."""
    x = photos(rng, 3, 8)
    negative = Small(shift=-1000.0)
    assert negative.scores(x).max() < 0
    record, plain = carlini_wagner(negative, x), carlini_wagner(Small(), x)
    assert record.success.all()
    np.testing.assert_allclose(record.l2, plain.l2, rtol=1e-6)


def test_with_kappa_it_leads_by_so_much(rng):
    net, x = Small(), photos(rng, 3, 8)
    record = carlini_wagner(net, x, kappa=0.5, searches=8)
    first, second = np.sort(record.scores_after, axis=1)[:, :-3:-1].T
    assert record.success.all() and (first - second >= 0.5).all()
    assert (record.l2 > carlini_wagner(net, x, searches=8).l2).all()


def test_any_class_can_be_the_target(rng):
    net, x = Linear(), photos(rng, 3)
    target = net.scores(x).argmin(axis=1)
    record = carlini_wagner(net, x, target=target, searches=8)
    assert (record.after == target).all()


def test_a_batch_is_its_photos_one_by_one(rng):
    net, x = Small(), photos(rng, 3, 8)
    together = carlini_wagner(net, x)
    alone = [carlini_wagner(net, x[n : n + 1]).adversarial for n in range(3)]
    np.testing.assert_allclose(together.adversarial, np.concatenate(alone), atol=1e-6)


def test_the_box_is_kept_also_where_a_photo_is_black_and_white(rng):
    x = rng.choice([0.0, 255.0], (2, 3, 6, 6))
    before = x.copy()
    moved = carlini_wagner(Linear(), x, searches=8, c=10.0).adversarial
    assert np.isfinite(moved).all() and moved.min() >= 0 and moved.max() <= 255
    assert np.array_equal(x, before)


def test_where_it_fails_the_photo_itself_comes_back(rng):
    x = photos(rng, 2)
    record = carlini_wagner(Linear(), x, c=1e-12, searches=1, steps=2)
    assert not record.success.any() and np.array_equal(record.adversarial, x)


def test_the_search_over_c_closes_in_on_the_smallest_that_works():
    """An attempt that succeeds from c = 0.037 on, at the distance c."""
    tried = []

    def attempt(cs, best, found):
        tried.append(float(cs[0]))
        x, enough = cs.reshape(-1, 1, 1, 1) + np.zeros((1, 3, 2, 2)), cs >= 0.037
        return x, np.where(enough, cs, np.inf), enough

    found = smallest(attempt, np.zeros((1, 3, 2, 2)), 1.0, 12)
    assert 0.037 <= found.max() < 0.038 and tried[:3] == pytest.approx([1, 0.1, 0.01])


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"kappa": -1}, "κ is -1"), ({"c": 0}, "c is 0"), ({"searches": 0}, "searches is 0"),
    ({"steps": 0}, "steps is 0"), ({"rate": -1}, "rate is -1"),
])
def test_nonsense_is_one_sentence(rng, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        carlini_wagner(Linear(), photos(rng, 1), **settings)
