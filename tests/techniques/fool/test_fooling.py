"""Ascent from noise: sure at 99 % in whole grey levels, each picture its own."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops
from minigrad.techniques import class_score, cross_entropy, fooling
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.make.starts import noise
from minigrad.techniques.objectives import activations

CLASSES = GOLF_BALL, PIANO, DALMATIAN = 49, 51, 30


@pytest.fixture(scope="module")
def net():
    return models.load("minivgg")


@pytest.fixture(scope="module")
def ascent(net):
    """The steps to three classes."""
    return list(fooling(net, target=CLASSES))


def says(net, pixels, classes):
    return ops.softmax(net.scores(pixels))[np.arange(len(classes)), classes]


def test_noise_becomes_classes_at_99_percent_in_a_dozen_steps_and_then_it_ends(net, ascent):
    steps, classes = ascent, CLASSES
    assert len(steps) <= 20 and [now.step for now in steps] == list(range(1, len(steps) + 1))
    last, before = steps[-1].pixels, steps[-2].pixels
    assert (last == last.round()).all() and last.min() >= 0 and last.max() <= 255
    assert (says(net, last, classes) >= 0.99).all()
    assert not (says(net, before, classes) >= 0.99).all()
    u = last - mean_colour(net, last)
    assert np.sqrt((u**2).mean(axis=(1, 2, 3))).max() < 25      # it is hardly to be seen


def test_a_picture_that_is_ready_rests(net, ascent):
    ready = [says(net, now.pixels, CLASSES) >= 0.99 for now in ascent]
    first = next(n for n, some in enumerate(ready) if some.any())
    (m,) = np.flatnonzero(ready[first])[:1]
    assert first < len(ascent) - 1
    assert all((now.pixels[m] == ascent[first].pixels[m]).all() for now in ascent[first:])


def test_a_batch_equals_one_by_one():
    """In float64: in float32 a batch's sums are rounded otherwise, and a walk amplifies that."""
    net = models.load("minivgg", dtype="float64")
    start = noise(net, 32, 2, 1.0, np.random.default_rng(0))
    classes = [GOLF_BALL, PIANO]
    *_, both = fooling(net, start, target=classes, steps=6)
    for n, k in enumerate(classes):
        *_, alone = fooling(net, start[n : n + 1], target=[k], steps=6)
        assert (alone.pixels[0] == both.pixels[n]).all()


def test_the_first_step_is_along_the_gradient_with_a_decay_of_a_hundredth(net):
    """u ← 0.99 · (u + rate · g / mean|g|)"""
    start = noise(net, 48, 1, 1.0, np.random.default_rng(1))
    now = next(fooling(net, start, class_score(PIANO), target=[PIANO], rate=2.0))
    X = Tensor(start)
    g, = grad(class_score(PIANO)(activations(net, X, class_score(PIANO))), [X])
    mean = mean_colour(net, start)
    expected = mean + 0.99 * (start + 2.0 * g / abs(g).mean() - mean)
    assert np.abs(now.pixels - expected.clip(0, 255)).max() <= 0.501


def test_the_score_and_the_log_probability_can_be_asked_for_alone(net):
    start = noise(net, 64, 1, 1.0, np.random.default_rng(0))
    for objective in (class_score(PIANO), -cross_entropy(PIANO)):
        *_, last = fooling(net, start, objective, target=[PIANO])
        assert says(net, last.pixels, [PIANO])[0] >= 0.99
        assert last.value == pytest.approx(float(objective(net(last.pixels))), rel=1e-4)


def test_a_seed_repeats_and_the_steps_are_limited(net):
    def run(seed):
        return list(fooling(net, target=[DALMATIAN], steps=2, rng=np.random.default_rng(seed)))

    first, again, other = run(1), run(1), run(2)
    assert len(first) == 2
    assert (first[-1].pixels == again[-1].pixels).all()
    assert (first[-1].pixels != other[-1].pixels).any()


def test_enough_may_be_less(net):
    start = noise(net, 64, 1, 1.0, np.random.default_rng(0))
    *_, easy = fooling(net, start, target=[DALMATIAN], rate=1.0, enough=0.1)
    *_, sure = fooling(net, start, target=[DALMATIAN], rate=1.0)
    assert easy.step < sure.step and 0.1 <= says(net, easy.pixels, [DALMATIAN])[0] < 0.99


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"target": []}, "target names no class"),
    ({"target": [110]}, "minivgg has classes 0 … 109, not 110"),
    ({"target": [1], "enough": 0}, "enough is 0"),
    ({"target": [1], "rate": -1}, "the rate is -1"),
    ({"target": [1], "steps": 0}, "steps is 0"),
    ({"target": [1], "shrink": 2}, "the rate of decay is 2"),
    ({"target": [1, 2], "pixels": np.zeros((3, 3, 32, 32), "f4")}, "2 targets do not fit 3 images"),
])
def test_nonsense_is_refused(net, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        list(fooling(net, **wrong))
