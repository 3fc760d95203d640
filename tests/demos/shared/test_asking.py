"""What --region asks for, and what it cannot."""

import argparse

import numpy as np
import pytest

import models
from demos.shared.asking import add_objective, objective_of


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=["cup", "cat"])


@pytest.fixture
def asked(net, rng):
    x = rng.uniform(0, 255, (1, 3, 64, 64)).astype(np.float32)
    acts = net(x)
    parse = argparse.ArgumentParser()
    add_objective(parse)

    def asked(*words):
        objective = objective_of(net, x, parse.parse_args(words))
        return objective, float(objective(acts)), acts

    return asked


def test_a_region_of_a_channel_is_the_sum_over_a_part_of_its_map(asked):
    words = ["--layer", "relu2_1", "--channel", "3", "--region", "0,0.5,0.5,1"]
    objective, value, acts = asked(*words)
    a = acts["relu2_1"][0, 3]                                           # (32, 32)
    assert value == pytest.approx(float(a[:16, 16:].sum()), rel=1e-5)
    assert objective.name == "channel 3 of relu2_1 in a region"


def test_a_region_without_a_channel_is_of_the_layers_energy(asked):
    _, value, acts = asked("--layer", "relu2_1", "--region", "0,0,0.5,0.5")
    a = acts["relu2_1"][0, :, :16, :16]
    assert value == pytest.approx(float((a * a).sum()) / 2, rel=1e-5)


@pytest.mark.parametrize(("words", "sentence"), [
    (["--region", "0,0,1"], "give four shares"),
    (["--region", "a,b,c,d"], "give four shares"),
    (["--region", "0.5,0,0.5,1"], "is empty"),
    (["--region", "0,0,2,1"], "bottom edge of a region"),
    (["--unit", "1,2,3", "--region", "0,0,1,1"], "--unit is one neuron already"),
    (["--class", "cup", "--region", "0,0,1,1"], "--class asks for a score and --region"),
])
def test_a_region_that_makes_no_sense_is_refused(asked, words, sentence):
    with pytest.raises(ValueError, match=sentence):
        asked(*words)
