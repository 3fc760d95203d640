"""DeepFool: exact where scores are linear, and nearer than the fast gradient."""

import numpy as np
import pytest
from attackable import Linear, Small, photos
from numpy.testing import assert_allclose

from minigrad.techniques import deepfool, fgsm
from minigrad.techniques.fool.balls import length
from minigrad.techniques.fool.deepfool import BEYOND, nearest_step


def nearest_plane(net, x, norm):
    """min_k |f_k| / ‖w_k‖* of each photo, from the weights."""
    found = []
    for one in net.scores(x):
        y = one.argmax()
        w = np.delete(net.w - net.w[y], y, axis=0)
        found.append((abs(np.delete(one - one[y], y)) / length(w, norm)).min())
    return np.array(found)


def step_of(f, w, norm="l2"):
    """From photos of three numbers each: f (M, C), w (M, C, 3) → (M, 3)."""
    f, w = np.array(f, float), np.array(w, float)
    return nearest_step(f, w.reshape(*f.shape, 3, 1, 1), norm).reshape(-1, 3)


def test_the_way_to_one_plane():
    """f = −10 and ‖w‖ = 5: the plane is 2 away, along w / 5."""
    assert_allclose(step_of([[-10]], [[[3, 4, 0]]]), [[1.2, 1.6, 0]], rtol=1e-3)


def test_the_nearest_plane_is_not_the_one_with_the_smallest_difference_of_scores():
    """10/5 = 2 away, or 6/2 = 3."""
    found = step_of([[-10, -6]], [[[3, 4, 0], [0, 0, 2]]])
    assert_allclose(found, [[1.2, 1.6, 0]], rtol=1e-3)


def test_each_photo_goes_to_its_own_nearest_plane():
    w = [[3, 4, 0], [0, 0, 2]]
    found = step_of([[-10, -6], [-10, -2]], [w, w])
    assert_allclose(found, [[1.2, 1.6, 0], [0, 0, 1]], rtol=1e-3, atol=1e-9)


def test_in_the_maximum_norm_every_number_goes_the_same_length():
    """|f| / ‖w‖₁ = 14/7 or 50/20; in ‖·‖₂ the other plane would be nearer."""
    found = step_of([[-14, -50]], [[[3, -4, 0], [0, 0, 20]]], "linf")
    assert_allclose(found, [[2, -2, 0]], rtol=1e-3)


def test_a_step_is_a_little_longer_than_the_way():
    assert_allclose(length(step_of([[-10]], [[[3, 4, 0]]]).reshape(1, 3, 1, 1)), 2 + BEYOND)


def test_a_class_that_is_already_level_is_nearest_and_its_step_still_has_a_length():
    """f = 0: BEYOND along w."""
    assert_allclose(step_of([[-10, 0]], [[[3, 4, 0], [0, 0, 2]]]), [[0, 0, BEYOND]])


def test_a_plane_that_cannot_be_come_to_is_no_candidate():
    found = step_of([[-10, -1]], [[[3, 4, 0], [0, 0, 0]]])
    assert_allclose(found, [[1.2, 1.6, 0]], rtol=1e-3)


def test_one_step_is_enough_where_scores_are_linear(rng):
    """‖η‖₂ = 1.02 · min_k |f_k| / ‖w_k‖₂, and the answer has changed."""
    net, x = Linear(), photos(rng, 4)
    record = deepfool(net, x, steps=1)
    assert record.success.all()
    expected = 1.02 * (nearest_plane(net, x, "l2") + BEYOND)
    np.testing.assert_allclose(record.l2, expected, rtol=1e-12)


def test_in_the_maximum_norm_the_way_is_the_sign(rng):
    net, x = Linear(), photos(rng, 4)
    record = deepfool(net, x, norm="linf", steps=1)
    assert record.success.all()
    expected = 1.02 * (nearest_plane(net, x, "l1") + BEYOND)
    np.testing.assert_allclose(abs(record.perturbation).reshape(4, -1), expected[:, None]
                               * np.ones((1, x[0].size)), rtol=1e-9)


def test_it_is_nearer_than_the_fast_gradient_that_just_succeeds(rng):
    net, x = Linear(), photos(rng, 4)
    record = deepfool(net, x)
    for n in range(4):
        fooled = [fgsm(net, x[n : n + 1], epsilon=e) for e in np.arange(0.01, 60, 0.25)]
        assert record.l2[n] < min(one.l2[0] for one in fooled if one.success[0])


def test_it_walks_on_where_scores_are_not_linear(rng):
    record = deepfool(Small(), photos(rng, 3, 8))
    assert record.success.all()


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_a_batch_is_its_photos_one_by_one(rng, norm):
    net, x = Small(), photos(rng, 3, 8)
    together = deepfool(net, x, norm=norm)
    alone = [deepfool(net, x[n : n + 1], norm=norm).adversarial for n in range(3)]
    np.testing.assert_allclose(together.adversarial, np.concatenate(alone), atol=1e-8)


def test_with_a_target_it_comes_to_that_class(rng):
    net, x = Linear(), photos(rng, 3)
    target = net.scores(x).argsort(axis=1)[:, -3]
    record = deepfool(net, x, target=target)
    assert (record.after == target).all()


def test_with_too_few_steps_the_photo_itself_comes_back(rng):
    x = photos(rng, 3, 8)
    record = deepfool(Small(), x, steps=1, overshoot=0)
    failed = ~record.success
    assert failed.any() and np.array_equal(record.adversarial[failed], x[failed])


def test_where_no_gradient_is_left_it_takes_no_step():
    assert not nearest_step(np.ones((2, 3)), np.zeros((2, 3, 3, 4, 4)), "l2").any()


def test_the_photos_stay_as_they_are_and_the_result_is_a_photo(rng):
    x = photos(rng, 2, 8)
    before = x.copy()
    moved = deepfool(Small(), x).adversarial
    assert np.array_equal(x, before) and moved.min() >= 0 and moved.max() <= 255


def test_float32_stays_float32(rng):
    assert deepfool(Linear(), photos(rng, 2).astype("float32")).adversarial.dtype == "float32"


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"norm": "l1"}, "l2 and linf"), ({"norm": "l3"}, "no norm 'l3'"),
    ({"steps": 0}, "steps is 0"), ({"candidates": 1}, "candidates is 1"),
    ({"overshoot": -1}, "overshoot is -1"),
])
def test_nonsense_is_one_sentence(rng, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        deepfool(Linear(), photos(rng, 1), **settings)
