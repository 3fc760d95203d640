"""Pictures of one batch that are asked to differ."""

import numpy as np
import pytest
from small import SmallNet

from minigrad.check import check_gradients
from minigrad.techniques import diversity, excite, excite_each, gradient, gram
from minigrad.techniques.make.presets import Preset
from minigrad.techniques.objectives import activations, class_score


def value(net, x):
    objective = diversity("relu1")
    return float(objective(activations(net, x, objective)))


@pytest.fixture
def x():
    return np.random.default_rng(2).uniform(0, 255, (3, 3, 8, 8))


def test_it_is_minus_the_mean_cosine_of_each_with_the_others(x):
    net = SmallNet()
    G = gram(net(x)["relu1"]).reshape(3, -1)
    cos = [[a @ b / np.sqrt((a @ a) * (b @ b)) for b in G] for a in G]
    expected = -sum(cos[n][m] for n in range(3) for m in range(3) if m != n) / 2
    assert value(net, x) == pytest.approx(expected, rel=1e-12)


def test_equal_pictures_are_its_lowest_point_and_a_saddle_without_slope(x):
    net, same = SmallNet(), np.repeat(x[:1], 3, axis=0)
    assert value(net, same) == pytest.approx(-3)
    assert value(net, x) > -3
    slope = abs(gradient(net, same, diversity("relu1"))).max()
    assert slope < 1e-9 * abs(gradient(net, x, diversity("relu1"))).max() + 1e-14


def test_a_texture_that_only_moved_is_the_same_texture():
    """On an image that repeats, a roll moves all activations but those at the border."""
    tile = np.random.default_rng(0).uniform(0, 255, (1, 3, 4, 4))
    x = np.tile(tile, (1, 1, 16, 16))
    moved = np.concatenate([x, np.roll(x, (2, 1), axis=(2, 3))])
    other = np.concatenate([x, 255 - x])
    apart_moved, apart_other = (2 + value(SmallNet(), x) for x in (moved, other))
    assert 0 <= apart_moved < 0.05 * apart_other


def test_its_gradient_is_that_of_finite_differences(x):
    net = SmallNet()
    objective = diversity("relu1")
    check_gradients(lambda x: objective(activations(net, x, objective)), x[:2, :, :4, :4])


def test_one_picture_alone_is_one_sentence(x):
    with pytest.raises(ValueError, match="one picture differs from nothing"):
        value(SmallNet(), x[:1])


def test_pictures_made_together_differ_more_than_without_the_term(x):
    net = SmallNet()
    preset = Preset((8,), 12, rate=8.0, jitter=0, zoom=1.0)
    start = np.float64(118) + np.random.default_rng(1).normal(size=(2, 3, 8, 8))

    def made(objective):
        *_, last = excite(net, start, objective, preset=preset)
        return value(net, last.pixels)

    assert made(class_score(1) + 1e4 * diversity("relu1")) > made(class_score(1))


def test_starts_that_do_not_fit_are_one_sentence(x):
    with pytest.raises(ValueError, match="3 images do not fit 1 objectives: 2 for each"):
        excite_each(SmallNet(), x, [class_score(1)], preset=Preset((8,), 1), together=2)
