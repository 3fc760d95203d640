"""Accuracy against ε: exact for a linear network, and each curve is what its name says."""

import numpy as np
import pytest

from minigrad import ops
from minigrad.activations import Activations
from minigrad.techniques import fgsm, robust_accuracy
from minigrad.techniques.fool.robustness import (
    at_each,
    by_fgsm,
    by_pgd,
    by_random_signs,
    intervals,
    until_fooled,
)


class Net:
    """Two classes, S₁ − S₀ = ⟨w, x − 128⟩, or a bent function of it."""

    name, score_layer, layers = "two", "scores", dict.fromkeys(["scores"])
    mean_colour = np.array([128.0, 128, 128])

    def __init__(self, bent=lambda s: s, edge=4):
        self.w = np.random.default_rng(5).choice([-1.0, 1], (3 * edge * edge, 1))
        self.bent = bent

    def __call__(self, x, only=None):
        s = self.bent(ops.matmul(ops.flatten(x) - 128, self.w))             # (N, 1)
        return Activations({"scores": ops.concatenate([-0.01 * s, 0.01 * s], axis=1)}, "scores")

    def scores(self, x):
        return self(x).scores

    def photos(self, margins):
        """Photos with ⟨w, x − 128⟩ as given, far from black and white."""
        rng = np.random.default_rng(0)
        x = rng.uniform(-20, 20, (len(margins), len(self.w)))
        x += (np.array(margins)[:, None] - x @ self.w) / len(self.w) * self.w.T
        return (x + 128).reshape(-1, 3, 4, 4)


ONES = np.array([1, 1, 1])


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_a_linear_network_is_right_as_far_as_its_margin_over_the_gradients_length(attack):
    """max ⟨w, η⟩ over ‖η‖∞ ≤ ε is ε ‖w‖₁, here 48 ε."""
    net = Net()
    x = net.photos([48 * 0.9, 48 * 1.9, 48 * 5])
    right = robust_accuracy(net, x, labels=ONES, epsilons=[0.5, 1, 2, 4, 8])[attack]
    np.testing.assert_array_equal(right.T, [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 0]])


def test_random_signs_move_a_linear_score_by_a_random_walk_alone():
    """⟨w, s⟩ has the deviation √48, and not 48: a margin of four deviations holds."""
    net = Net()
    x = net.photos([4 * 48**0.5] * 200)
    labels = np.ones(200, int)
    found = robust_accuracy(net, x, labels=labels, epsilons=[1])
    assert found["random"].mean() > 0.99 and not found["fgsm"].any()


def test_a_photo_that_is_wrong_counts_as_wrong_everywhere_and_is_not_attacked():
    net, seen = Net(), []

    def curve(net, pixels, labels, epsilons, rngs):
        seen.append((len(pixels), labels.tolist(), list(epsilons), len(rngs)))
        yield from np.ones((len(epsilons), len(labels)), bool)

    x = net.photos([-10, 10, 10])
    right = robust_accuracy(net, x, labels=ONES, epsilons=[0, 1, 2], attacks={"none": curve})
    np.testing.assert_array_equal(right["none"], [[0, 1, 1]] * 3)
    assert seen == [(2, [1, 1], [1, 2], 2)]


def test_a_network_that_is_wrong_about_all_has_no_curve_to_draw():
    found = robust_accuracy(Net(), Net().photos([-1, -2]), labels=ONES[:2], epsilons=[1])
    assert not any(right.any() for right in found.values())


def bowl(s):
    """S₁ − S₀ = (s − 100)² / 100 − 4: wrong between 80 and 120, right on both sides."""
    return (s - 100) * (s - 100) * 0.01 - 4


def test_fgsm_may_step_over_what_is_wrong_and_pgd_stays_there():
    """Its curve rises again at a larger ε; that of PGD cannot."""
    net = Net(bowl)
    x = net.photos([200.0])     # 100 away from the bottom: ε = 2 leads to 104, and 4 to 8
    found = robust_accuracy(net, x, labels=ONES[:1], epsilons=[1, 2, 4, 8])
    assert found["fgsm"][:, 0].tolist() == [True, False, True, True]
    assert found["pgd"][:, 0].tolist() == [True, False, False, False]


def test_fgsms_curve_is_the_attack_made_anew_at_each_epsilon(rng):
    net = Net(bowl)
    x = net.photos(rng.uniform(130, 400, 20))
    curves = {"one": by_fgsm, "anew": at_each(fgsm)}
    found = robust_accuracy(net, x, labels=np.ones(20, int), attacks=curves)
    np.testing.assert_array_equal(found["one"], found["anew"])
    assert 0 < found["one"].mean() < 1


def test_what_the_walk_finds_lies_in_the_ball_and_is_wrong(rng):
    net = Net()
    x0 = net.photos(rng.uniform(10, 300, 12))
    before = x0.copy()
    x, fooled = until_fooled(net, x0, x0, np.ones(12, int), 3.0, 5)
    assert abs(x - x0).max() <= 3 + 1e-9 and 0 < fooled.sum() < 12
    np.testing.assert_array_equal(net.scores(x).argmax(axis=1) == 0, fooled)
    np.testing.assert_array_equal(x0, before)


def test_a_photo_is_answered_alike_alone_and_among_others():
    net = Net()
    x = net.photos([40, 80, 160])
    settings = {"epsilons": [0.5, 1, 2, 4], "attacks": {"r": by_random_signs, "p": by_pgd(3)}}
    rngs = [[np.random.default_rng((7, n)) for n in range(3)] for _ in range(2)]
    both = robust_accuracy(net, x, labels=ONES, rng=rngs[0], **settings)
    for n in range(3):
        one = robust_accuracy(net, x[n : n + 1], labels=ONES[:1], rng=rngs[1][n : n + 1],
                              **settings)
        for name, right in both.items():
            np.testing.assert_array_equal(one[name][:, 0], right[:, n])


def test_an_interval_holds_the_accuracy_and_is_narrower_for_more_photos(rng):
    few, many = rng.random((1, 30)) < 0.6, rng.random((1, 3000)) < 0.6
    (a,), (b,) = intervals(few), intervals(many)
    assert a.low <= few.mean() <= a.high and b.low <= 0.6 <= b.high
    assert 5 < (a.high - a.low) / (b.high - b.low) < 20


@pytest.mark.parametrize(("given", "sentence"), [
    ({"epsilons": [2, 1]}, "rise"),
    ({"epsilons": []}, "one at least"),
    ({"epsilons": [-1]}, "an ε is -1"),
    ({"labels": np.array([1, 1])}, "3 photos take 3 labels"),
    ({"labels": np.array([1, 1, 2])}, "classes 0 … 1"),
    ({"labels": np.array([0.5, 1, 1])}, "whole numbers"),
])
def test_what_is_no_curve_is_said(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        robust_accuracy(Net(), Net().photos([1, 2, 3]), **{"labels": ONES, **given})
