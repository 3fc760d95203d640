"""A photo goes in; out comes the map after more and more masks, with what was heard behind some."""

import numpy as np
import pytest

import models
from demos import rise
from demos.shared.command import FACE
from minigrad.techniques import class_probability
from minigrad.techniques import rise as technique


@pytest.fixture
def call(look_with):
    return lambda *argv: look_with(rise, "--masks", "20,40", *argv)


def test_one_command_writes_a_sheet_and_the_range_of_the_last_map(call, random_weights):
    status, _, made, sheet = call("--class", "cat")
    assert status == 0 and made["objective"] == "score of cat" and made["masks"] == [20, 40]
    assert sheet.width > 4 * 256 and sheet.height > 2 * 256
    net = models.load("minivgg", random_weights)
    map = technique(net, net.pixels(FACE, size="64"), class_probability(1), masks=40)
    assert np.allclose(made["lowest and highest"], [map.min(), map.max()], rtol=1e-5)


def test_a_unit_is_asked_for_itself(call):
    status, _, made, _ = call("--layer", "relu3_1", "--unit", "7,5,5")
    assert status == 0 and made["asked behind each mask"] == "it"


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--cells", "0"], "cells is 0"),
    (["--keep", "2"], "keep is 2"),
    (["--layer", "relu9_1"], "no layer 'relu9_1'"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made, _ = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert made is None and not list(tmp_path.iterdir())
