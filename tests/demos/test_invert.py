"""Inverting codes from the command line: a photo goes in, what each layer knows of it comes out."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

import models
from demos import invert
from demos.shared.command import PHOTOS
from minigrad.command import run
from minigrad.techniques import inversion_errors
from models import storage

FEW = ["--steps", "3", "--size", "48"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A small network with random weights, in a file; its relu2_1 is dead."""
    file = tmp_path_factory.mktemp("weights") / "some.h5"
    net = models.build("minivgg", classes=["cup", "cat"])
    dead = {"conv2_1/bias": np.full_like(net.params["conv2_1/bias"], -1e6)}
    storage.save(file, net.params, {"model": "minivgg", "classes": net.classes})
    storage.save(file.with_name("dead.h5"), net.params | dead,
                 {"model": "minivgg", "classes": net.classes})
    return file


@pytest.fixture
def call(weights, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"

    def call(*argv, file=weights, few=True):
        own = [] if "--resume" in argv else ["--weights", str(file), "--out", str(out)] + FEW * few
        monkeypatch.setattr(sys, "argv", ["demos", "invert", *argv, *own])  # which the note tells
        status = run(invert.main, [*argv, *own], "demos")
        notes = {note.stem: json.loads(note.read_text()) for note in out.glob("*.json")}
        return status, capsys.readouterr(), notes

    return call


def stop_after(monkeypatch, steps):
    """Ctrl-C behind so many steps of the whole run."""
    whole = invert.through

    def through(run):
        for n, now in enumerate(whole(run)):
            yield now
            if n + 1 == steps:
                raise KeyboardInterrupt

    monkeypatch.setattr(invert, "through", through)


def test_all_layers_are_one_sheet_a_picture_each_and_a_curve(call, tmp_path):
    status, printed, notes = call("--all")
    assert status == 0
    made = notes["face_invert"]
    layers = [row["layer"] for row in made["curve"]]
    assert layers[0] == "conv1_1" and layers[-1] == "fc8" and len(layers) == 14
    assert len(made["pictures"]) == 1 + 14 and all(layer in printed.out for layer in layers)
    for name in made["pictures"]:
        assert Image.open(tmp_path / "out" / name).size[0] >= 48


def test_the_numbers_in_the_note_are_those_of_the_pictures(call, weights, tmp_path):
    _, _, notes = call("--layer", "relu2_2")
    (row,) = notes["face_invert"]["curve"]
    net = models.load("minivgg", weights)
    x = net.pixels(PHOTOS / "face.jpg", size=48)
    y = net.pixels(tmp_path / "out" / "face_invert_relu2_2.png", size="full")
    found = inversion_errors(net, y, x, "relu2_2")
    assert row["error of the code"] == pytest.approx(found.code, rel=0.05)
    assert row["distance in grey levels"] == pytest.approx(found.pixels, abs=0.5)


def test_copies_stand_side_by_side_with_what_lies_between_them(call):
    _, printed, notes = call("--layer", "relu1_1", "fc8", "--copies", "3")
    made = notes["face_invert"]
    assert "face_invert_fc8_3.png" in made["pictures"] and "from each other" in printed.out
    between = np.array(made["curve"][1]["distance between copies"])
    assert between.shape == (3, 3) and (between[~np.eye(3, dtype=bool)] > 0).all()


def test_settings_are_those_of_the_preset_and_of_the_options(call):
    call("--layer", "relu2_2", "--preset", "lecture", "--strongest", "7", "--tv", "0.5")
    _, printed, notes = call("--layer", "relu2_2", "--waves", "-1")
    assert "replaces face_invert.png" in printed.out
    settings = notes["face_invert"]["curve"][0]["settings"]
    assert settings["waves"] is None and settings["balanced"] and settings["steps"] == 3


def test_the_film_shows_the_way_of_every_layer(call, tmp_path):
    call("--layer", "relu1_1", "relu2_2", "--gif")
    assert Image.open(tmp_path / "out" / "face_invert.gif").n_frames == 3


@pytest.mark.parametrize("steps", [2, 4])
def test_a_run_that_was_stopped_goes_on_to_the_same_pictures(call, tmp_path, monkeypatch, steps):
    arguments = ["--layer", "relu1_1", "relu2_2", "--copies", "2"]
    call(*arguments)
    files = list((tmp_path / "out").glob("*.png"))
    whole = {file.name: file.read_bytes() for file in files}
    with monkeypatch.context() as patch:
        stop_after(patch, steps)
        status, printed, notes = call(*arguments)
    assert status == 130 and "--resume" in printed.err and notes["face_invert"]["interrupted"]
    assert len(notes["face_invert"]["curve"]) == (1 if steps < 3 else 2)
    status, _, notes = call("--resume", str(tmp_path / "out" / "face_invert.json"))
    assert status == 0 and not notes["face_invert"]["interrupted"]
    assert {file.name: file.read_bytes() for file in files} == whole


def test_several_photos_and_one_that_is_none(call, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no photo")
    photos = [str(PHOTOS / "cup.jpg"), str(bad), str(PHOTOS / "face.jpg")]
    status, printed, notes = call(*photos, "--layer", "relu1_1")
    assert status == 2 and "1 of 3 photos" in printed.err
    assert set(notes) == {"cup_invert", "face_invert"}


@pytest.mark.parametrize(("mode", "size"), [("L", (60, 50)), ("RGBA", (60, 50)), ("RGB", (1, 1)),
                                            ("L", (20000, 30))])
def test_photos_of_other_kinds_are_looked_at(call, tmp_path, mode, size):
    file = tmp_path / "photo.png"
    Image.radial_gradient("L").resize(size).convert(mode).save(file)
    status, _, notes = call(str(file), "--layer", "relu1_1")
    assert status == 0 and np.isfinite(notes["photo_invert"]["curve"][0]["error of the code"]).all()


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--layer", "relu9_1"], "no layer 'relu9_1'"),
        (["--copies", "0"], "--copies 0: give a number from 1 to 16"),
        (["--steps", "0"], "steps is 0"), (["--strongest", "0"], "strongest is 0"),
        (["--tv", "nan"], "tv is nan"), (["--image", "nowhere.jpg"], "nowhere.jpg"),
        (["--resume", "nowhere.json"], "there is no file nowhere.json"),
        (["--size", "8", "--layer", "relu5_2"], "8×8 pixels are too few for minivgg"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, notes = call(*argv, few=False)
    assert status == 2 and sentence in printed.err and not notes


def test_a_layer_that_is_dead_is_one_sentence(call, weights):
    status, printed, _ = call("--layer", "relu2_1", file=weights.with_name("dead.h5"))
    assert status == 2 and "relu2_1 says nothing of the photo" in printed.err
