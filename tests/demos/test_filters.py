"""The filters of a layer that is named: rows of grey tiles, as they are."""

import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import filters
from minigrad.command import run


@pytest.fixture
def call(tmp_path, capsys):
    def call(*argv):
        status = run(filters.main, [*argv, "--out", str(tmp_path / "out")], "demos")
        return status, capsys.readouterr()

    return call


def test_a_tile_is_grey_where_the_weight_is_zero_and_bright_where_it_is_positive():
    w = np.zeros((2, 3, 3))
    w[0, 0, 0], w[1, 2, 2] = 1, -1
    tile = np.asarray(filters.tiles(w))[..., 0]
    assert tile[0, 0] == 255 and tile[15, 15] == 128 and 1 == np.unique(tile[:10, :10]).size
    second = tile[:, 32:]
    assert second[29, 29] == 1 and second[0, 0] == 128


def test_the_rows_are_the_longest_filters_or_those_that_are_named(call, tmp_path):
    status, said = call("--layer", "conv2_1", "--rows", "3")
    assert status == 0 and "64 filters of conv2_1, 3×3 pixels" in said.out
    note = json.loads((tmp_path / "out" / "minivgg_conv2_1_filters.json").read_text())
    assert len(note["pictures"]) == 2 and note["unit"] == "as in the file"
    w = models.load("minivgg").params["conv2_1/weight"]
    assert np.allclose(note["‖w‖ of each"], np.linalg.norm(w.reshape(64, -1), axis=1), atol=1e-5)
    three = Image.open(tmp_path / "out" / "minivgg_conv2_1_filters.png").size
    call("--layer", "conv2_1", "--channels", "5")
    one = Image.open(tmp_path / "out" / "minivgg_conv2_1_filters.png").size
    assert one[0] == three[0] and one[1] < three[1]


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--layer", "relu2_1"], "relu2_1 has no filters; there are conv1_1"),
    (["--layer", "fc6"], "fc6 has no filters"),
    (["--layer", "conv2_1", "--channels", "64"], "conv2_1 has channels 0–63"),
    (["--layer", "conv2_1", "--rows", "0"], "--rows is 0: give a whole number, 1 or more"),
    (["--channels", "3"], "--channels is of a --layer"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, said = call(*argv)
    assert status == 2 and sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
