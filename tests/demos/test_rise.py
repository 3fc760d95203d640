"""A photo goes in; out comes the map after more and more masks, with what was heard behind some."""

import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import rise
from demos.shared.command import FACE
from minigrad.command import run
from minigrad.techniques import class_probability
from minigrad.techniques import rise as technique
from models import storage

CLASSES = ["cup", "cat", "tea cup", "dog"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A small network with random weights, in a file."""
    file = tmp_path_factory.mktemp("weights") / "some.h5"
    storage.save(file, models.build("minivgg", classes=CLASSES).params,
                 {"model": "minivgg", "classes": CLASSES})
    return file


@pytest.fixture
def call(weights, tmp_path, capsys):
    def call(*argv):
        options = ["--weights", str(weights), "--out", str(tmp_path), "--size", "32"]
        status = run(rise.main, [*options, "--masks", "20,40", *argv], "demos")
        made = [json.loads(note.read_text()) for note in tmp_path.glob("*_rise.json")]
        return status, capsys.readouterr(), made[0] if made else None

    return call


def test_one_command_writes_a_sheet_and_the_range_of_the_last_map(call, weights, tmp_path):
    status, _, made = call("--class", "cat")
    assert status == 0 and made["objective"] == "score of cat" and made["masks"] == [20, 40]
    assert Image.open(tmp_path / "face_rise.png").size[0] > 4 * 256
    net = models.load("minivgg", weights)
    map = technique(net, net.pixels(FACE, size="32"), class_probability(1), masks=40)
    assert np.allclose(made["lowest and highest"], [map.min(), map.max()], rtol=1e-5)


def test_a_unit_is_asked_for_itself(call):
    status, _, made = call("--layer", "relu3_1", "--unit", "7,5,5")
    assert status == 0 and made["asked behind each mask"] == "it"


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--cells", "0"], "cells is 0"),
    (["--keep", "2"], "keep is 2"),
    (["--layer", "relu9_1"], "no layer 'relu9_1'"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert made is None and not list(tmp_path.iterdir())
