"""All maps of one photo on a page, with what each is worth."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from demos import maps
from demos.shared import handout, lettering
from demos.shared.lettering import font, pieces
from minigrad.techniques.look.maps import CONTROLS, MAPS, Effort

LITTLE = Effort(samples=2, steps=2, windows=2, masks=12, channels=3)


@pytest.fixture(autouse=True)
def in_short(monkeypatch):
    monkeypatch.setattr(maps, "Effort", lambda: LITTLE)
    monkeypatch.setattr(maps, "STEPS", 3)


@pytest.fixture(scope="module")
def pen():
    return ImageDraw.Draw(Image.new("RGB", (400, 100), "white"))


def test_one_command_writes_a_page_of_all_maps_and_tells_their_numbers(look_with):
    status, printed, made, sheet = look_with(maps, "--class", "cup")
    assert status == 0 and made["objective"] == "score of cup"
    assert list(made["maps"]) == [way.name for way in (*CONTROLS, *MAPS)]
    for numbers in made["maps"].values():
        assert {"seconds", "deletion", "insertion", "random weights"} == set(numbers)
        assert 0 <= numbers["deletion"] <= 1 and 0 <= numbers["random weights"] <= 1 + 1e-6
    assert made["maps"]["random"]["random weights"] == pytest.approx(1)
    assert sheet.width > 6 * 256 and sheet.height > 4 * 256


def test_some_maps_alone_stand_beside_the_controls(look_with):
    _, _, made, _ = look_with(maps, "--only", "gradient", "Grad-CAM", "--class", "dog")
    assert list(made["maps"]) == ["random", "centred Gaussian", "gradient", "Grad-CAM"]


def test_a_unit_has_a_page_too(look_with):
    status, _, made, _ = look_with(maps, "--only", "gradient", "--layer", "relu3_1")
    assert status == 0 and made["objective"].startswith("unit")


def test_a_map_that_cannot_be_made_is_a_card_that_says_why(look_with):
    """Below conv1_1 there is no relu whose rule guided backpropagation could replace."""
    status, _, made, sheet = look_with(maps, "--only", "gradient", "guided backpropagation",
                                       "--layer", "conv1_1")
    assert status == 0 and "relu" in made["maps"]["guided backpropagation"]["no map"]
    assert "deletion" in made["maps"]["gradient"]


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--only", "lime"], "there is no map 'lime': there are random, "),
    (["--effort", "0"], "--effort is 0: give a whole number, 1 or more"),
    (["--class", "zebra"], "knows no class 'zebra'"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(look_with, tmp_path, argv, sentence):
    status, printed, made, _ = look_with(maps, *argv)
    assert status == 2 and sentence in printed.err and printed.err.strip().count("\n") == 0
    assert made is None and not list(tmp_path.glob("*.png"))


def test_the_font_has_every_letter_of_every_equation():
    missing = bytes(font(20).getmask("\ufffe"))
    for way in (*CONTROLS, *MAPS):
        for text, _, _ in pieces(way.equation + way.name + "✓✗ρ−–²½", 20):
            without = [c for c in text if c != " " and bytes(font(20).getmask(c)) == missing]
            assert not without, (way.name, without)


def test_an_index_stands_lower_and_is_smaller():
    assert list(pieces("w_{ij} A^k", 20)) == [
        ("w", 20, 0), ("ij", 14, 8), (" A", 20, 0), ("k", 14, -4), ("", 20, 0)
    ]


def test_a_line_breaks_where_the_room_ends(pen):
    text = "one two three four"
    lines = lettering.lines(pen, text, 14, 60)
    assert " ".join(lines) == text and len(lines) > 1
    assert all(lettering.width(pen, line, 14) <= 60 for line in lines)


def test_a_figure_that_is_worse_than_the_gaussian_is_red():
    card = handout.Card("a", Image.new("RGB", (256, 20)), figures=((handout.Figure("3", -1),),))
    drawn = np.asarray(handout.card_of(card))
    assert (drawn == handout.BAD).all(axis=2).any() and handout.BAD[0] > handout.BAD[1]


def test_lower_is_better_for_deletion_and_higher_for_insertion():
    assert maps.verdict("deletion", 0.1, 0.2) == 1 == maps.verdict("insertion", 0.2, 0.1)
    assert maps.verdict("insertion", 0.501, 0.502) == 0
    assert maps.verdict("deletion", 0.3, 0.2) == -1 == maps.verdict("insertion", 0.1, 0.2)
