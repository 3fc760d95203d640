"""The JSON beside a picture makes it again, and tells what is not as it was."""

import hashlib
import json
import sys

import numpy as np
import pytest
from PIL import Image

import models
from demos import again, filters, maximize, opinion, rules
from minigrad.command import run
from minigrad.ops.fast.threads import use
from models import storage

DEMOS = {"rules": rules, "filters": filters, "maximize": maximize, "opinion": opinion}


@pytest.fixture
def made(tmp_path, monkeypatch, capsys):
    """Run a demo with a small network of random weights on a photo, as from the command line."""
    net = models.build("minivgg", classes=["cup", "dog"])
    weights, photo = tmp_path / "some.h5", tmp_path / "grey.png"
    storage.save(weights, net.params, {"model": "minivgg", "classes": net.classes})
    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(noise).save(photo)
    monkeypatch.chdir(tmp_path)

    def made(demo, *argv):
        argv = [*argv, "--weights", "some.h5", "--out", "new"]
        monkeypatch.setattr(sys, "argv", ["demos", demo, *argv])
        assert run(DEMOS[demo].main, argv, "demos") == 0
        (note,) = (tmp_path / "new").glob("*.json")
        capsys.readouterr()
        return note

    return made


FEW = ["--class", "cup", "dog", "--size", "32", "--steps", "2", "--seed", "7", "--gif"]
RUNS = [
    ("rules", "--image", "grey.png"), ("filters",), ("maximize", *FEW),
    ("maximize", "--layer", "conv1_1", "--size", "16", "--steps", "1", "--start", "photo",
     "--image", "grey.png"),
    ("opinion", "--judge", "minivgg", "--judge-weights", "some.h5", "--steps", "1"),
]  # fmt: skip


@pytest.mark.parametrize("argv", RUNS, ids=lambda argv: " ".join(argv[:3]))
@pytest.mark.parametrize("threads", [1, 2])
def test_every_picture_comes_out_byte_for_byte_again(made, argv, threads, capsys):
    use(threads)
    try:
        note = made(*argv)
    finally:
        use(None)
    before = {file: file.read_bytes() for file in note.parent.iterdir()}
    assert run(again.main, [str(note)], "demos") == 0
    printed = capsys.readouterr().out
    assert f"all {len(before) - 1} came out byte for byte again" in printed
    assert "not as it was" not in printed
    assert {file: file.read_bytes() for file in note.parent.iterdir()} == before


def test_the_json_records_what_makes_the_pictures_again(made, tmp_path):
    note = json.loads(made("rules", "--image", "grey.png").read_text())
    assert note["command"][:3] == ["rules", "--image", "grey.png"]
    assert set(note["versions"]) == {"minigrad", "python", "numpy", "pillow"}
    assert note["options"]["panel"] is False and note["options"]["unit"] is None
    prints = {
        what: {"path": path, "sha256": hashlib.sha256((tmp_path / path).read_bytes()).hexdigest()}
        for what, path in [("weights", "some.h5"), ("photo", "grey.png")]
    }
    assert note["files read"] == prints
    assert str(tmp_path) not in json.dumps(note)


def test_what_differs_is_named(made, tmp_path, capsys):
    note = made("maximize", *FEW)
    name = note.stem
    Image.new("RGB", (32, 32)).save(note.with_name(f"{name}_1.png"))
    with Image.open(note.with_name(f"{name}_2.png")) as same:
        same.save(note.with_name(f"{name}_2.png"), compress_level=0)
    note.with_name(f"{name}.gif").unlink()
    assert run(again.main, [str(note)], "demos") == 2
    printed = capsys.readouterr()
    told = {tuple(line.rsplit(maxsplit=1)) for line in printed.out.splitlines()}
    assert {
        ("the same bytes", f"{name}.png"), ("another picture", f"{name}_1.png"),
        ("the same pixels", f"{name}_2.png"), ("the old one is gone", f"{name}.gif"),
    } <= told  # fmt: skip
    assert "demos: 1 of 4 files of" in printed.err


def test_another_photo_of_that_name_is_said(made, tmp_path, capsys):
    note = made("rules", "--image", "grey.png")
    Image.new("RGB", (60, 40), (9, 99, 9)).save(tmp_path / "grey.png")
    assert run(again.main, [str(note)], "demos") == 2
    assert "not as it was: photo: grey.png has another content" in capsys.readouterr().out


def test_another_version_is_said(made, capsys):
    note = made("filters")
    told = json.loads(note.read_text())
    told["versions"]["numpy"] = "1.0"
    note.write_text(json.dumps(told))
    assert run(again.main, [str(note)], "demos") == 0
    assert "not as it was: numpy was 1.0 and is 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"interrupted": True}, "a run that was stopped"),
        ({"command": ["train", "--data", "x"]}, "tells of no pictures that a demo could make"),
        ({"command": []}, "tells of no pictures"),
        ({"command": [["rules"]]}, "tells of no pictures"),
        ({"command": "rules"}, "tells of no pictures"),
        ({"pictures": ["../secret.png"]}, "tells of no pictures"),
        ({"threads": "2"}, "tells of no pictures"),
        ({"versions": None}, "tells of no pictures"),
    ],
)
def test_what_cannot_be_made_again_is_a_sentence(made, change, sentence, capsys):
    note = made("filters")
    note.write_text(json.dumps(json.loads(note.read_text()) | change))
    assert run(again.main, [str(note)], "demos") == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize("text", [None, "", "[]", "{}", "no JSON"])
def test_what_is_no_json_of_ours_is_a_sentence(text, tmp_path, capsys):
    if text is not None:
        (tmp_path / "cup.json").write_text(text)
    assert run(again.main, [str(tmp_path / "cup.json")], "demos") == 2
    said = capsys.readouterr().err
    assert ("there is no file" if text is None else "tells of no pictures") in said
    assert said.count("\n") == 1
