"""FGSM, BIM and PGD: exact where the scores are linear, and each better than the one before."""

import itertools

import numpy as np
import pytest
from attackable import Linear, Small, photos
from numpy.testing import assert_allclose

import models
from minigrad import ops
from minigrad.techniques import (
    bim,
    class_score,
    cross_entropy,
    fgsm,
    gradient,
    least_likely,
    momentum_attack,
    pgd,
)
from minigrad.techniques.fool.balls import NORMS, length, steepest
from minigrad.techniques.fool.checks import gradient_vanishes, random_control

ATTACKS = {
    "fgsm": fgsm, "bim": bim, "pgd": pgd, "momentum": momentum_attack, "least": least_likely,
}  # fmt: skip


def one_pixel(*numbers):
    """A network whose scores are known, and photos of one pixel: S₁ = (3, −4, 0) · x / 1000."""
    net = Linear(edge=1)
    net.w[1] = np.reshape([0.003, -0.004, 0], (3, 1, 1))
    return net, np.reshape(numbers, (-1, 3, 1, 1)).astype(float)


@pytest.mark.parametrize(("norm", "moved"), [
    ("linf", [105, 95, 100]), ("l2", [103, 96, 100]), ("l1", [100, 95, 100]),
], ids=NORMS)
def test_fgsm_moves_up_the_slope_by_epsilon(norm, moved):
    net, x = one_pixel(100, 100, 100)
    record = fgsm(net, x, class_score(1), epsilon=5, norm=norm)
    assert_allclose(record.adversarial.ravel(), moved)


def test_fgsm_stays_within_black_and_white():
    net, x = one_pixel(253, 1, 100)
    assert_allclose(fgsm(net, x, class_score(1), epsilon=5).adversarial.ravel(), [255, 0, 100])


def test_without_an_objective_the_networks_own_answer_becomes_unlikelier(rng):
    record = fgsm(Small(), photos(rng, 3, 8), epsilon=0.01)
    before, after = (ops.softmax(scores) for scores in (record.scores_before, record.scores_after))
    own, rows = record.before, np.arange(3)
    assert (after[rows, own] < before[rows, own]).all()


def test_with_a_target_it_is_the_targets_surprise_that_falls(rng):
    net, x = Small(), photos(rng, 2, 8)
    target = (net.scores(x).argmax(axis=1) + 1) % 5
    moved = fgsm(net, x, target=target, epsilon=5).perturbation
    for n in range(2):
        g = gradient(net, x[n : n + 1], -cross_entropy(int(target[n])))
        assert_allclose(moved[n : n + 1], 5 * np.sign(g))


def test_the_record_of_fgsm_compares_with_the_photo_as_it_was(rng):
    """The answer to come away from is that of the photo, not that of what became of it."""
    net, x = Linear(), photos(rng, 4)
    record = fgsm(net, x, epsilon=60)
    assert_allclose(record.scores_before, net.scores(x))
    assert record.success.any()
    assert np.array_equal(record.success, net.scores(x).argmax(axis=1) != record.after)


def test_a_rule_holds_in_the_gradient_of_fgsm(rng):
    net, x = Small(), photos(rng, 1, 8)
    down = {ops.max_pool2d: lambda g, x, **window: -ops.upsample_nearest(g, 2)}
    g = gradient(net, x, class_score(1), rules=down)
    record = fgsm(net, x, class_score(1), epsilon=5, rules=down)
    assert_allclose(record.perturbation, 5 * np.sign(g))


def test_fgsm_refuses_an_epsilon_below_0(rng):
    with pytest.raises(ValueError):
        fgsm(Linear(), photos(rng, 1), epsilon=-1)


def test_fgsm_leaves_the_photo_as_it_was(rng):
    x = photos(rng, 1)
    x.setflags(write=False)  # to write it would raise
    fgsm(Linear(), x)


def test_fgsm_is_the_best_of_all_corners_of_the_box_around_the_photo():
    """A linear score of 2·2·3 numbers: all 2¹² corners, with pixels at the box's edge, too."""
    net, ε = Linear(edge=2), 8.0
    x = np.random.default_rng(3).choice([2.0, 100, 251], (1, 3, 2, 2))
    signs = np.array([*itertools.product([-1, 1], repeat=12)]).reshape(-1, 3, 2, 2)
    corners = (x + ε * signs).clip(0, 255)
    record = fgsm(net, x, class_score(1), epsilon=ε)
    assert record.scores_after[0, 1] == pytest.approx(net.scores(corners)[:, 1].max(), rel=1e-12)


@pytest.mark.parametrize("norm", NORMS)
def test_without_the_box_fgsm_gains_epsilon_times_the_dual_norm(rng, norm):
    net, x = Linear(), photos(rng, 3)
    record = fgsm(net, x, class_score(1), epsilon=8.0, norm=norm)
    dual = length(net.w[1:2], {"linf": "l1", "l2": "l2", "l1": "linf"}[norm])
    gain = record.scores_after[:, 1] - record.scores_before[:, 1]
    np.testing.assert_allclose(gain, np.repeat(8 * dual, 3), rtol=1e-9)


def test_at_equal_epsilon_each_attack_is_stronger_than_the_one_before():
    """On the network that ships: the mean loss of a dozen photos."""
    from demos.shared.command import PHOTOS

    net = models.load("minivgg")
    files = sorted((PHOTOS / "caltech101").glob("*/*.jpg"))[::33][:12]
    x = np.concatenate([net.pixels(file, size=64) for file in files])
    assert len(x) == 12
    one_step = fgsm(net, x, epsilon=8)
    records = [random_control(net, one_step), one_step, bim(net, x, epsilon=8, alpha=2, steps=5),
               pgd(net, x, epsilon=8, alpha=2, steps=10)]
    losses = [one_step.losses[:, 0].mean(), *(r.losses[:, 1].mean() for r in records)]
    assert losses == sorted(losses), losses
    for r in records:
        assert (r.linf <= 8 + 1e-4).all()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ball_and_the_box_are_kept_and_the_photo_is_not_touched(rng, norm, dtype):
    net, x = Linear(8), rng.choice([0, 3, 90, 250, 255], (3, 3, 8, 8)).astype(dtype)
    before = x.copy()
    rounding = 2e-5 * x[0].size if dtype == np.float32 else 1e-9  # in L1 every pixel's adds up
    for record in (fgsm(net, x, epsilon=9, norm=norm), pgd(net, x, epsilon=9, norm=norm, steps=7)):
        assert record.adversarial.min() >= 0 and record.adversarial.max() <= 255
        assert (length(record.perturbation, norm) <= 9 + rounding).all()
        assert record.adversarial.dtype == dtype and record.moved.all()
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_epsilon_zero_is_the_identity(rng, name, dtype):
    net, x = Linear(8), photos(rng, 2, 8).astype(dtype)
    norms = NORMS if name in ("fgsm", "pgd", "momentum") else [None]
    for norm in norms:
        record = ATTACKS[name](net, x, epsilon=0, **({"norm": norm} if norm else {}))
        np.testing.assert_array_equal(record.adversarial, x)
        assert not record.success.any() and not record.moved.any()


@pytest.mark.parametrize("norm", NORMS)
def test_a_batch_equals_one_by_one_and_a_seed_repeats(rng, norm):
    net, x = Small(), photos(rng, 3, 8)

    def attack(n=slice(None)):
        return pgd(net, x[n], epsilon=9, norm=norm, steps=5, momentum=0.5, restarts=2,
                   rng=np.random.default_rng(4).spawn(3)[n])

    together = attack()
    for n in range(3):
        alone = attack(slice(n, n + 1))
        np.testing.assert_allclose(alone.adversarial[0], together.adversarial[n], atol=1e-9)
    np.testing.assert_array_equal(attack().adversarial, together.adversarial)


def test_of_several_starts_the_best_is_kept_for_each_photo(rng):
    net, x = Small(), photos(rng, 6, 8)
    shared = {"epsilon": 6, "steps": 2, "alpha": 0.5}
    rngs = np.random.default_rng(0).spawn(6)
    singles = [pgd(net, x, rng=rngs, **shared) for _ in range(3)]  # the generators go on
    best = pgd(net, x, rng=np.random.default_rng(0).spawn(6), restarts=3, **shared)
    taken = [max(range(3), key=lambda m: (singles[m].success[n], singles[m].losses[n, 1]))
             for n in range(6)]  # fmt: skip
    for n, m in enumerate(taken):
        np.testing.assert_array_equal(best.adversarial[n], singles[m].adversarial[n])
    assert len(set(taken)) > 1


def test_bim_is_its_formula_and_so_many_steps(rng):
    """x ← clip_{x₀±ε}(x + α sign ∇J), min(ε + 4, 1.25 ε) of them."""
    net, x0 = Small(), photos(rng, 1, 8)
    x, S = x0, class_score(2)
    for _ in range(10):  # ε = 8
        x = (x + np.sign(gradient(net, x, S))).clip(x0 - 8, x0 + 8).clip(0, 255)
    np.testing.assert_allclose(bim(net, x0, S, epsilon=8).adversarial, x, atol=1e-9)


def test_momentum_is_its_formula(rng):
    """v ← μ v + g / ‖g‖₁, x ← clip_{x₀±ε}(x + α sign v), α = ε / steps."""
    net, x0 = Small(), photos(rng, 1, 8)
    x, v, S = x0, 0 * x0, class_score(2)
    for _ in range(5):
        g = gradient(net, x, S)
        v = 0.9 * v + g / abs(g).sum()
        x = (x + 2 * np.sign(v)).clip(x0 - 10, x0 + 10)
    record = momentum_attack(net, x0, S, momentum=0.9, steps=5, epsilon=10)
    np.testing.assert_allclose(record.adversarial, x, atol=1e-9)
    plain = momentum_attack(net, x0, S, momentum=0.0, steps=5, epsilon=10)
    assert abs(plain.adversarial - x).max() > 1


def test_the_default_step_is_a_tenth_of_epsilon(rng):
    net, x, S = Linear(), photos(rng, 1), class_score(2)
    record = pgd(net, x, S, epsilon=10, steps=1, random_start=False)
    expected = steepest(gradient(net, x, S), 1.0)
    np.testing.assert_allclose(record.perturbation, expected, atol=1e-9)


def test_a_target_is_come_to_and_least_likely_takes_the_class_of_the_lowest_score(rng):
    net, x = Linear(), photos(rng, 3)
    target = (net.scores(x).argmax(axis=1) + 1) % 5
    assert pgd(net, x, target=target, epsilon=60).success.all()
    least = least_likely(net, x, epsilon=60, alpha=4.0)
    np.testing.assert_array_equal(least.target, net.scores(x).argmin(axis=1))
    assert (least.losses[:, 1] < least.losses[:, 0]).all()


def test_a_gradient_of_zero_moves_nothing_and_is_told(rng):
    net, x = Linear(), photos(rng, 2)
    assert not gradient_vanishes(net, x).any()
    net.w = 0 * net.w
    record = bim(net, x)
    assert not record.moved.any() and not record.success.any()
    assert gradient_vanishes(net, x).all()


@pytest.mark.parametrize("name", ATTACKS)
def test_epsilon_below_zero_is_one_sentence(rng, name):
    with pytest.raises(ValueError, match="ε is -1: give a number, 0 or more"):
        ATTACKS[name](Linear(), photos(rng, 1), epsilon=-1)


@pytest.mark.parametrize("name", ["bim", "pgd", "momentum"])
def test_no_steps_are_no_attack(rng, name):
    with pytest.raises(ValueError, match="steps is 0: give a whole number, 1 or more"):
        ATTACKS[name](Linear(), photos(rng, 1), steps=0)
