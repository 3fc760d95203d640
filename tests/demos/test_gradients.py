"""Two networks side by side, with two numbers for what the eye sees."""

import json

import pytest
from PIL import Image

from demos import gradients
from demos.shared.command import FACE
from minigrad.command import run


@pytest.fixture
def call(tmp_path, capsys):
    def call(*argv):
        argv = ["--out", str(tmp_path), "--size", "64", "--steps", "2", *argv]
        status = run(gradients.main, argv, "demos")
        note = tmp_path / "minivgg_gradients.json"
        return status, capsys.readouterr(), json.loads(note.read_text()) if note.exists() else None

    return call


def test_two_networks_stand_side_by_side(call, random_weights, tmp_path):
    status, printed, made = call(str(FACE), "--beside", str(random_weights))
    assert status == 0 and [one["model"] for one in made["numbers"]] == ["minivgg", "minivgg"]
    ships, other = (one["gradient"]["low frequencies"] for one in made["numbers"])
    assert ships > 0.1 and other != ships
    assert printed.out.count("white noise") == 4 and "beside" in made["files read"]
    wide = Image.open(tmp_path / "minivgg_gradients.png").size[0]
    assert wide > 5 * gradients.EDGE


def test_one_network_alone_has_half_the_columns(call, tmp_path):
    status, _, made = call(str(FACE))
    assert status == 0 and len(made["numbers"]) == 1
    assert Image.open(tmp_path / "minivgg_gradients.png").size[0] < 4 * gradients.EDGE


def test_without_photos_there_are_four(call):
    _, _, made = call()
    assert made["photos"] == ["face.jpg", "chelsea.jpg", "cup.jpg", "pyramid.jpg"]


def test_a_gradient_of_zero_is_said(call):
    status, printed, made = call(str(FACE), "--epsilon", "0")
    assert status == 0 and "attack" not in made["numbers"][0]
    assert "the attack has" not in printed.out


def test_too_many_photos_and_no_file_are_sentences(call, tmp_path):
    for n in range(13):
        Image.new("RGB", (80, 80)).save(tmp_path / f"{n}.png")
    status, printed, _ = call(str(tmp_path))
    assert status == 2 and "13 photos are too many" in printed.err
    status, printed, _ = call("--beside", str(tmp_path / "none.h5"))
    assert status == 2 and "none.h5" in printed.err and "Traceback" not in printed.err
