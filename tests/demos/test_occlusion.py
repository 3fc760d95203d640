"""A photo goes in; out come the score with each part hidden, and the class that takes over."""

import numpy as np
import pytest

import models
from demos import occlusion
from demos.shared import grids
from demos.shared.command import FACE
from minigrad.techniques import class_score
from minigrad.techniques import occlusion as technique
from models.classes import class_name


@pytest.fixture
def call(look_with):
    return lambda *argv: look_with(occlusion, "--window", "32", *argv)


def test_a_sheet_and_a_note_that_says_what_the_technique_says(call, random_weights):
    status, _, made, sheet = call("--class", "cat")
    assert status == 0 and made["objective"] == "score of cat" and made["window"] == [32, 32]
    assert sheet.width > 4 * 256 and sheet.height > 2 * 256
    net = models.load("minivgg", random_weights)
    found = technique(net, net.pixels(FACE, size="64"), class_score(1), window=32)
    assert made["positions"] == list(found.scores.shape[1:]) == [5, 5]
    assert np.allclose(made["lowest and highest"], [found.scores.min(), found.scores.max()])
    over = made["the likeliest class, at so many positions"]
    numbers = {class_name(net, k): int((found.taking_over == k).sum()) for k in range(4)}
    assert over == {name: n for name, n in numbers.items() if n}


def test_a_unit_has_neither_probability_nor_class(call):
    status, _, made, sheet = call("--layer", "relu3_1", "--unit", "7,5,5")
    assert status == 0 and "the likeliest class, at so many positions" not in made
    assert sheet.width < 4 * 256


@pytest.mark.parametrize("fill", ["blur", "noise"])
def test_each_fill_can_be_asked_for(call, fill):
    status, _, made, _ = call("--fill", fill)
    assert status == 0 and made["fill"] == fill


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--window", "65"], "a window of 65×65 pixels is larger than the photo, 64×64"),
    (["--window", "0"], "window is 0"),
    (["--stride", "0"], "stride is 0"),
    (["--stride", "33"], "some pixels would never be hidden"),
    (["--class", "horse"], "horse"),
    (["nowhere.jpg"], "nowhere.jpg"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made, _ = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert made is None and not list(tmp_path.iterdir())


# ── Grids ───────────────────────────────────────────────────────────────────────────────────────


def test_every_cell_of_a_grid_has_the_colour_that_the_legend_says():
    net = models.table("minivgg", ["cup", "cat", "tea cup", "dog"])
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
