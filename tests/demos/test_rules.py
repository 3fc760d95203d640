"""The main job from the command line: a photo goes in, three backward passes come out."""

import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import rules
from demos.shared.command import PHOTOS
from minigrad.command import run


@pytest.fixture
def call(random_weights, tmp_path, capsys):
    def call(*argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path)]
        status = run(rules.main, [*options, *argv], "demos")
        made = [json.loads(note.read_text()) for note in tmp_path.glob("*_rules.json")]
        made = made[0] if made else None
        return status, capsys.readouterr(), made

    return call


def test_one_command_writes_the_sheet_each_picture_and_a_note(call, tmp_path):
    status, printed, made = call()
    assert status == 0 and printed.out.count("%") == 4
    assert len(made["pictures"]) == 8
    for name in made["pictures"]:
        assert Image.open(tmp_path / name).size[0] >= 128
    assert made["model"] == "minivgg" and made["objective"].startswith("unit")


def test_the_value_in_the_note_is_the_activation_of_the_unit(call, random_weights):
    _, _, made = call("--layer", "relu3_1", "--unit", "7,10,12")
    net = models.load("minivgg", random_weights)
    acts = net(net.pixels(PHOTOS / "face.jpg"))
    assert made["value"] == pytest.approx(float(acts["relu3_1"][0, 7, 10, 12]), rel=1e-4)
    top, left, bottom, right = made["receptive field (top, left, bottom, right)"]
    assert bottom - top == right - left == net.receptive_field("relu3_1").size


def test_the_gradient_ends_where_the_receptive_field_ends(call, tmp_path):
    photo = str(PHOTOS / "astronaut.jpg")
    _, _, made = call("--image", photo, "--layer", "relu2_2", "--unit", "3,20,30")
    top, left, bottom, right = made["receptive field (top, left, bottom, right)"]
    drawn = np.asarray(Image.open(tmp_path / "astronaut_rules_backpropagation.png")).astype(int)
    outside = drawn.copy()
    outside[top:bottom, left:right] = 128
    assert (outside == 128).all() and (drawn != 128).any()


def test_the_panel_is_a_picture_of_its_own(call):
    status, _, made = call("--panel")
    assert status == 0 and "face_rules_panel.png" in made["pictures"]


@pytest.mark.parametrize(
    ("layer", "said"),
    [("relu1_2", "no max pooling lies between"), ("relu2_1", "unit"), ("conv1_1", "no relu lies")],
)
def test_the_panel_is_drawn_for_a_unit_of_any_layer(call, layer, said):
    status, printed, made = call("--panel", "--layer", layer)
    assert status == 0 and "face_rules_panel.png" in made["pictures"] and said in printed.out
    assert ("no max pooling" in printed.out) == (layer != "relu2_1")


def test_a_class_has_no_box_and_is_called_by_its_name(call):
    _, printed, made = call("--class", "dog")
    assert made["objective"] == "score of dog" and "score of dog" in printed.out
    assert made["receptive field (top, left, bottom, right)"] is None


def test_a_layer_without_relu_below_is_said(call, tmp_path):
    status, printed, made = call("--layer", "conv1_1")
    assert status == 0 and "no relu lies between" in printed.out
    assert "face_rules_gradient.png" in made["pictures"]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--class", "c"], "cup (0), cat (1), tea cup (2)"),
        (["--class", "cat", "--layer", "relu1_1"], "give one of the two"),
        (["--layer", "relu9_1"], "no layer 'relu9_1'"),
        (["--unit", "1,2"], "--unit '1,2': give strongest, or channel,row,column"),
        (["--unit", "999,0,0"], "relu4_2 has units (0–255, 0–15, 0–15)"),
        (["--image", "nowhere.jpg"], "nowhere.jpg"),
        (["--size", "-3"], "-3"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert made is None and not list(tmp_path.iterdir())


def test_any_size_of_photo_is_possible(call):
    status, _, _ = call("--size", "full")
    assert status == 0
