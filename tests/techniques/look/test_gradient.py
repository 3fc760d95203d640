"""Which pixels matter, under three rules and eight combinations of bits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small import LinearNet, SmallNet

from minigrad import Tensor, grad, ops
from minigrad.check import numerical_gradient
from minigrad.rules import deconvnet, guided
from minigrad.techniques import objectives
from minigrad.techniques.look.gradient import (
    RULES,
    Bits,
    added_colours,
    by_rule,
    gradient,
    input_times_gradient,
    over_colours,
    panel,
    saliency,
    to_the_whole_window,
)
from minigrad.tensor import UnusedRule

SCORE = objectives.class_score(2)  # of class 1 every unit is off on this photo


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (1, 3, 6, 6))


def test_the_gradient_of_a_linear_score_is_its_weights():
    """S₂ of one pixel, three numbers, whatever the pixel is."""
    net = LinearNet(edge=1)
    net.w[2] = np.reshape([5.0, -7, 0.5], (3, 1, 1))
    pixels = np.reshape([1.0, 2, 3], (1, 3, 1, 1))
    assert_allclose(gradient(net, pixels, SCORE), np.reshape([5, -7, 0.5], (1, 3, 1, 1)))


def test_of_two_photos_each_has_its_own_gradient(rng):
    net, two = SmallNet(), rng.uniform(0, 255, (2, 3, 6, 6))
    alone = [gradient(net, two[n : n + 1], SCORE)[0] for n in range(2)]
    assert_allclose(gradient(net, two, SCORE), alone, rtol=1e-9, atol=1e-15)


def test_the_gradient_is_the_slope_of_the_score_at_every_pixel(x):
    net = SmallNet()
    slope = numerical_gradient(lambda x: SCORE(net(x)), x)
    assert slope.any()
    assert np.allclose(gradient(net, x, SCORE), slope, rtol=1e-5, atol=1e-8)


def test_backpropagation_as_a_rule_is_relus_own_gradient(x):
    net, rules = SmallNet(), {ops.relu: RULES["backpropagation"]}
    assert np.array_equal(gradient(net, x, SCORE, rules=rules), gradient(net, x, SCORE))


def test_all_rules_come_from_one_forward_pass(x):
    net = SmallNet()
    pictures = by_rule(net, x, SCORE)
    assert net.computed.count("conv1") == 1
    assert list(pictures) == list(RULES)
    for name, g in pictures.items():
        assert np.array_equal(g, gradient(net, x, SCORE, rules={ops.relu: RULES[name]}))


def test_a_rule_may_be_about_any_op(x):
    """Max pooling that hands nothing back: no pixel matters any more."""
    closed = {ops.max_pool2d: lambda g, x, **window: 0 * x}
    assert gradient(SmallNet(), x, SCORE).any()
    assert not gradient(SmallNet(), x, SCORE, rules=closed).any()


def test_a_rule_with_no_relu_below_the_layer_is_said(x):
    below_every_relu = objectives.unit("conv1", 0, 2, 2)
    for ask in (
        lambda: gradient(SmallNet(), x, below_every_relu, rules={ops.relu: guided}),
        lambda: saliency(SmallNet(), x, below_every_relu, rules={ops.relu: guided}),
        lambda: by_rule(SmallNet(), x, below_every_relu),
    ):
        with pytest.raises(UnusedRule, match="relu was never applied.*conv2d"):
            ask()


def test_a_pixel_that_only_lowers_the_score_matters_as_well():
    assert_allclose(over_colours(np.reshape([-2.0, -7, -3], (1, 3, 1, 1))), [[[7]]])


def test_of_two_photos_each_has_its_own_saliency():
    w = np.arange(12.0).reshape(2, 3, 1, 2)
    assert_allclose(over_colours(w), [[[4, 5]], [[10, 11]]])


def test_saliency_is_the_largest_size_among_the_three_colours(rng):
    w = np.array([[1.0, -5.0], [2.0, 0.0], [-3.0, 4.0]]).reshape(1, 3, 1, 2)
    assert np.array_equal(over_colours(w), [[[3.0, 5.0]]])
    net, two = SmallNet(), rng.uniform(0, 255, (2, 3, 6, 6))
    for rules in (None, {ops.relu: guided}):
        w = gradient(net, two, SCORE, rules=rules)
        assert np.array_equal(saliency(net, two, SCORE, rules=rules), abs(w).max(axis=1))


def test_input_times_gradient_is_each_pixels_share_of_a_linear_score(rng):
    """What the photo has more of than the mean colour, times its weight: they add up exactly."""
    net, two = LinearNet(), rng.uniform(0, 255, (2, 3, 6, 6))
    blank = net.mean_colour[:, None, None] + 0 * two
    shares = input_times_gradient(net, two, SCORE)
    np.testing.assert_allclose(shares, (two - blank) * net.w[2], rtol=1e-12)
    gain = net(two).scores[:, 2] - net(blank).scores[:, 2]
    np.testing.assert_allclose(shares.sum(axis=(1, 2, 3)), gain, rtol=1e-12)
    np.testing.assert_allclose(added_colours(shares).sum(axis=(1, 2)), gain, rtol=1e-12)


def test_a_pixel_of_the_mean_colour_adds_nothing(x):
    x[..., 2, 3] = SmallNet.mean_colour
    shares = input_times_gradient(SmallNet(), x, SCORE)
    assert shares.any() and not shares[..., 2, 3].any()
    assert gradient(SmallNet(), x, SCORE)[..., 2, 3].any()


def test_input_times_gradient_takes_a_rule(x):
    rules = {ops.relu: guided}
    shares = input_times_gradient(SmallNet(), x, SCORE, rules=rules)
    centred = x - SmallNet.mean_colour[:, None, None]
    assert np.array_equal(shares, centred * gradient(SmallNet(), x, SCORE, rules=rules))


def test_the_panel_holds_the_three_methods(x):
    net, S = SmallNet(), objectives.class_score(0)
    combinations = panel(net, x, S)
    assert len(combinations) == 8
    assert np.array_equal(combinations[Bits(True, True, False)], gradient(net, x, S))
    for bits, rule in ((Bits(False, True, True), deconvnet), (Bits(True, True, True), guided)):
        assert np.array_equal(combinations[bits], gradient(net, x, S, rules={ops.relu: rule}))


def test_the_panel_names_what_each_picture_keeps(x):
    named = [str(bits) for bits in panel(SmallNet(), x, SCORE)]
    assert named[0] == "nothing" and named[-1] == "mask + switches + relu backward"
    assert len(set(named)) == 8


def test_without_mask_and_switches_nothing_of_the_photo_is_left(x, rng):
    other = rng.uniform(0, 255, x.shape)
    for backward_relu in (False, True):
        bits = Bits(mask=False, switches=False, backward_relu=backward_relu)
        assert np.allclose(panel(SmallNet(), x, SCORE)[bits], panel(SmallNet(), other, SCORE)[bits])


def test_unpooling_without_switches_shares_g_among_the_window(rng):
    x, g = Tensor(rng.normal(size=(1, 1, 4, 4))), rng.normal(size=(1, 1, 2, 2))
    rules = {ops.max_pool2d: to_the_whole_window}
    unpooled, = grad(ops.max_pool2d(x, 2), [x], seed=g, rules=rules)
    assert np.allclose(unpooled, g.repeat(2, axis=2).repeat(2, axis=3) / 4)


@pytest.mark.parametrize(
    ("layer", "pictures", "varied"),
    [("relu2", 8, {"mask", "switches", "backward_relu"}), ("pool1", 8, None),
     ("relu1", 4, {"mask", "backward_relu"}), ("conv1", 1, set())],
)
def test_the_panel_varies_only_what_lies_below_the_unit(x, layer, pictures, varied):
    S = objectives.unit(layer, 1, 1, 2)
    by_bits = panel(SmallNet(), x, S)
    assert len(by_bits) == pictures
    assert np.array_equal(by_bits[Bits(True, True, False)], gradient(SmallNet(), x, S))
    for name in Bits._fields if varied is not None else ():
        assert (len({getattr(bits, name) for bits in by_bits}) == 2) == (name in varied)
