"""A photo goes in; out come the score with each part hidden, and the class that takes over."""

import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import occlusion
from demos.shared import grids
from demos.shared.command import FACE
from minigrad.command import run
from minigrad.techniques import class_score
from minigrad.techniques import occlusion as technique
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
        options = ["--weights", str(weights), "--out", str(tmp_path), "--size", "48"]
        status = run(occlusion.main, [*options, "--window", "24", *argv], "demos")
        made = [json.loads(note.read_text()) for note in tmp_path.glob("*_occlusion.json")]
        return status, capsys.readouterr(), made[0] if made else None

    return call


def test_one_command_writes_a_sheet_and_a_note_that_says_what_the_technique_says(
    call, weights, tmp_path
):
    status, _, made = call("--class", "cat")
    assert status == 0 and made["objective"] == "score of cat" and made["window"] == [24, 24]
    width, height = Image.open(tmp_path / "face_occlusion.png").size
    assert width > 4 * 256 and height > 2 * 256
    net = models.load("minivgg", weights)
    found = technique(net, net.pixels(FACE, size="48"), class_score(1), window=24)
    assert made["positions"] == list(found.scores.shape[1:]) == [4, 4]
    assert np.allclose(made["lowest and highest"], [found.scores.min(), found.scores.max()])
    over = made["the likeliest class, at so many positions"]
    assert {CLASSES.index(name): n for name, n in over.items()} == dict(
        zip(*np.unique(found.taking_over, return_counts=True), strict=True)
    )


def test_a_unit_has_neither_probability_nor_class(call, tmp_path):
    status, _, made = call("--layer", "relu3_1", "--unit", "7,5,5")
    assert status == 0 and "the likeliest class, at so many positions" not in made
    assert Image.open(tmp_path / "face_occlusion.png").size[0] < 4 * 256


@pytest.mark.parametrize("fill", ["blur", "noise"])
def test_each_fill_can_be_asked_for(call, fill):
    status, _, made = call("--fill", fill)
    assert status == 0 and made["fill"] == fill


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--window", "49"], "a window of 49×49 pixels is larger than the photo, 48×48"),
    (["--window", "0"], "window is 0"),
    (["--stride", "0"], "stride is 0"),
    (["--stride", "25"], "some pixels would never be hidden"),
    (["--class", "horse"], "horse"),
    (["nowhere.jpg"], "nowhere.jpg"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert made is None and not list(tmp_path.iterdir())


# ── Grids ───────────────────────────────────────────────────────────────────────────────────────


def test_every_cell_of_a_grid_has_the_colour_that_the_legend_says():
    net = models.table("minivgg", CLASSES)
    grid, legend = grids.classes(np.array([[1, 1, 0], [3, 0, 3], [3, 2, 1]]), 1, net, 90)
    assert grid.size == (90, 90)
    cells = [[grid.getpixel((30 * c + 15, 30 * r + 15)) for c in range(3)] for r in range(3)]
    colours = {1: grids.SAME, 3: grids.APART[0], 0: grids.APART[1], 2: grids.APART[2]}
    assert cells == [[colours[k] for k in row] for row in ([1, 1, 0], [3, 0, 3], [3, 2, 1])]
    lines = [legend.getpixel((10, grids.LINE * i + 10)) for i in range(3)]
    assert lines[:2] == [grids.SAME, grids.APART[0]]


def test_numbers_go_from_the_lowest_to_the_highest_colour():
    picture = grids.numbers(np.array([[3.0, 5.0]]), 3, 5, "viridis", 40)
    assert picture.getpixel((5, 5)) == (0x44, 0x01, 0x54)
    assert picture.getpixel((35, 5)) == (0xFD, 0xE7, 0x25)
    same = grids.numbers(np.full((2, 2), 7.0), 7, 7, "viridis", 40)  # no range to divide by
    assert same.getpixel((5, 5)) == (0x44, 0x01, 0x54)
