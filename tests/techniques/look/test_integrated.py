"""Integrated gradients add up to what the photo scores above the baseline."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small import LinearNet, SmallNet

from minigrad import ops
from minigrad.activations import Activations
from minigrad.rules import guided
from minigrad.techniques import class_score, gradient, integrated_gradients
from minigrad.techniques.baselines import BASELINES, baseline
from minigrad.techniques.look.integrated import RULES, nodes_of

SCORE = class_score(2)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, 6, 6))


class Squares(LinearNet):
    """S_k = Σ w_k x²: its gradient changes along the way, and any of the rules sums it exactly."""

    def __call__(self, x, only=None):
        return super().__call__(x * x, only)


class FourthPowers(Squares):
    """S_k = Σ w_k x⁴"""

    def __call__(self, x, only=None):
        return super().__call__(x * x, only)


def shares(start, x, kind=Squares, **settings):
    """What three numbers add to S₂ = x₀² + 10 x₁² + 100 x₂²; (3,)."""
    net = kind(edge=1)
    net.w[2] = np.reshape([1.0, 10, 100], (3, 1, 1))
    start, x = (np.reshape(numbers, (1, 3, 1, 1)).astype(float) for numbers in (start, x))
    return integrated_gradients(net, x, SCORE, baselines=start, **settings).map[0, :, 0, 0]


def test_from_nothing_to_x_the_shares_of_a_sum_of_squares_are_its_terms():
    assert_allclose(shares([0, 0, 0], [3, 2, 1]), [9, 40, 100])


def test_from_another_point_they_are_the_differences_of_the_terms():
    assert_allclose(shares([1, 2, 3], [3, 2, 1]), [8, 0, -800], atol=1e-9)


def test_of_fourth_powers_three_steps_are_enough_if_each_has_its_own_weight():
    """Gauss's nodes have the weights 5/18, 8/18, 5/18."""
    found = shares([1, 2, 3], [3, 2, 1], FourthPowers, rule="gauss-legendre", steps=3)
    assert_allclose(found, [80, 0, -8000], atol=1e-9)


def test_a_rule_holds_at_every_point_of_the_way(x):
    twice = {ops.relu: lambda g, x: 2 * g * (x > 0)}
    once = integrated_gradients(SmallNet(), x, SCORE, steps=3).map
    assert once.any()
    assert_allclose(integrated_gradients(SmallNet(), x, SCORE, steps=3, rules=twice).map, 4 * once)


@pytest.mark.parametrize("which", BASELINES)
@pytest.mark.parametrize("net", [LinearNet(), Squares()], ids=["linear", "squares"])
@pytest.mark.parametrize("rule", RULES)
def test_where_the_sum_is_exact_the_shares_add_up(net, x, which, rule):
    found = integrated_gradients(net, x, SCORE, baselines=which, rule=rule, steps=3)
    start = baseline(net, x, which)
    gain = net(x).scores[:, 2] - net(start).scores[:, 2]
    np.testing.assert_allclose(found.gain, gain)
    np.testing.assert_allclose(found.residual, 0, atol=1e-11 * abs(net(x).scores).max())


def test_of_squares_each_pixel_has_its_own_part(x):
    found = integrated_gradients(Squares(), x, SCORE, baselines="black")
    np.testing.assert_allclose(found.map, Squares().w[2] * x * x)


def test_the_residual_is_what_is_missing_and_shrinks_with_more_steps(x):
    net, sizes = SmallNet(), []
    for steps in (4, 64, 1024):
        found = integrated_gradients(net, x, SCORE, steps=steps)
        start = baseline(net, x, "mean")
        gain = net(x).scores[:, 2] - net(start).scores[:, 2]
        np.testing.assert_allclose(found.residual, found.map.sum(axis=(1, 2, 3)) - gain)
        sizes.append(abs(found.residual).max() / abs(gain).min())
    assert sizes[0] > 1e-2 and sizes[2] < sizes[1] < sizes[0] and sizes[2] < 2e-3


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("batch", [1, 3, 16])
def test_it_is_the_sum_of_gradients_on_the_way_whatever_the_batch(x, rule, batch):
    start, net = baseline(SmallNet(), x, "black"), SmallNet()
    found = integrated_gradients(net, x, SCORE, baselines="black", steps=7, rule=rule, batch=batch)
    mean = sum(
        v * gradient(net, start + alpha * (x - start), SCORE)
        for alpha, v in zip(*nodes_of(rule, 7), strict=True)
    )
    np.testing.assert_allclose(found.map, (x - start) * mean, rtol=1e-10, atol=1e-12)


def test_the_midpoints_are_exact_for_lines_and_gausss_nodes_far_beyond():
    for rule, degree in [("midpoint", 1), ("gauss-legendre", 9)]:
        alpha, v = nodes_of(rule, 5)
        for n in range(degree + 1):
            assert (v * alpha**n).sum() == pytest.approx(1 / (n + 1), rel=1e-12)
        assert (v * alpha ** (degree + 1)).sum() != pytest.approx(1 / (degree + 2), rel=1e-12)


def test_several_baselines_are_averaged(x):
    net, names = SmallNet(), ["black", "white", "blur"]
    found = integrated_gradients(net, x, SCORE, baselines=names)
    each = [integrated_gradients(net, x, SCORE, baselines=name) for name in names]
    for kind in ("map", "gain", "residual"):
        mean = np.mean([getattr(one, kind) for one in each], axis=0)
        np.testing.assert_allclose(getattr(found, kind), mean, rtol=1e-9, atol=1e-9)


def test_a_photo_compared_with_itself_has_nothing_to_share_out(x):
    found = integrated_gradients(SmallNet(), x, SCORE, baselines=x)
    assert not found.map.any() and not found.gain.any() and not found.residual.any()


def test_an_image_gets_the_same_map_alone_and_among_others(x):
    among = integrated_gradients(SmallNet(), x, SCORE, steps=4)
    alone = integrated_gradients(SmallNet(), x[1:], SCORE, steps=4)
    np.testing.assert_allclose(alone.map[0], among.map[1], rtol=1e-12, atol=1e-15)
    assert alone.residual.shape == (1,) and among.residual.shape == (2,)


def test_a_score_that_is_flat_at_the_photo_still_has_causes():
    """Sundararajan's example, section 2: 1 − relu(1 − x), whose gradient at x = 2 is zero."""

    class Saturated(LinearNet):
        def __call__(self, x, only=None):
            y = 1 - ops.relu(1 - x)
            return Activations({"scores": ops.flatten(y)}, "scores")

    x = np.full((1, 3, 1, 1), 2.0)
    assert not gradient(Saturated(), x, class_score(0)).any()
    found = integrated_gradients(Saturated(), x, class_score(0), baselines="black", steps=50)
    assert found.map[0, 0, 0, 0] == pytest.approx(1) and found.gain[0] == 1


def test_under_a_rule_the_residual_says_that_nothing_adds_up(x):
    rules = {ops.relu: guided}
    found = integrated_gradients(SmallNet(), x, SCORE, rules=rules, steps=512)
    assert abs(found.residual).max() > 0.1 * abs(found.gain).max()


def test_float32_stays_float32(x):
    x = x.astype(np.float32)
    found = integrated_gradients(LinearNet(), x, SCORE, baselines=["blur", "mean"])
    assert all(part.dtype == np.float32 for part in found)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"batch": 0}, "batch is 0"),
        ({"rule": "simpson"}, "no rule 'simpson'.*midpoint"),
        ({"baselines": "grey"}, "no baseline 'grey'.*mean"),
        ({"baselines": []}, "the list of them is empty"),
        ({"baselines": 3}, "an array or one of mean, black.*not a int"),
        ({"baselines": np.zeros((3, 5, 5))}, "does not fit pixels of shape"),
    ],
)
def test_bad_settings_are_one_sentence(x, setting, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        integrated_gradients(SmallNet(), x, SCORE, **setting)
