"""The table of all maps: each gives evidence, on every kind of network."""

import numpy as np
import pytest

import models
from minigrad.techniques.look.maps import CONTROLS, MAPS, Effort, ways
from minigrad.techniques.objectives import class_score, unit

LITTLE = Effort(samples=2, steps=2, windows=2, masks=12, channels=3)


@pytest.mark.parametrize("way", (*CONTROLS, *MAPS), ids=lambda way: way.name)
def test_every_way_makes_a_map_of_the_photo_and_the_same_again(untrained, noise, way):
    settings = {"effort": LITTLE, "seed": 3}
    one, again = (way.map(untrained, noise, class_score(1), **settings) for _ in range(2))
    assert one.shape == (1, 32, 48) and one.dtype == np.float32
    assert np.isfinite(one).all() and one.any() and np.array_equal(one, again)
    assert way.equation and way.source


@pytest.mark.parametrize("way", [w for w in (*CONTROLS, *MAPS) if w.name in
                                 ("random", "SmoothGrad", "RISE")], ids=lambda way: way.name)
def test_another_seed_draws_other_numbers(untrained, noise, way):
    one, other = (way.map(untrained, noise, class_score(1), effort=LITTLE, seed=s) for s in (0, 1))
    assert not np.array_equal(one, other)


def test_every_way_answers_for_a_unit_and_on_a_branched_network():
    net = models.build("squeezenet1_1", classes=5)
    x = np.random.default_rng(1).uniform(0, 255, (1, 3, 64, 64)).astype(np.float32)
    for objective in (class_score(2), unit("fire7/concat", 3, 1, 1)):
        for way in MAPS:
            M = way.map(net, x, objective, effort=LITTLE)
            assert M.shape == (1, 64, 64) and np.isfinite(M).all(), (way.name, objective.name)


def test_only_the_controls_do_not_depend_on_the_network(untrained, noise):
    other = models.build("minivgg", classes=4, random_seed=9)
    for way in (*CONTROLS, *MAPS):
        maps = [way.map(n, noise, class_score(1), effort=LITTLE) for n in (untrained, other)]
        assert np.array_equal(*maps) == way.control, way.name


def test_names_are_told_apart_and_the_controls_always_there():
    names = [way.name for way in ways()]
    assert len(set(names)) == len(names) == len(CONTROLS) + len(MAPS)
    assert [way.name for way in ways(["RISE", "gradient"])] == [
        "random", "centred Gaussian", "gradient", "RISE"
    ]
    with pytest.raises(ValueError, match="no map 'grad-cam'"):
        ways(["grad-cam"])


def test_n_times_the_effort_asks_n_times_as_often():
    one, four = Effort(), Effort().times(4)
    assert four.masks == 4 * one.masks and four.windows**2 == 4 * one.windows**2
    assert str(four.masks) in str(four)
