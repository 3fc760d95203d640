"""A patch from the command line: made with half of the photos, tried on the other half."""

import json

import pytest
from PIL import Image

import models
from demos import sticker
from demos.shared.command import PHOTOS
from minigrad.command import run

FEW = ["--photos", "5", "--steps", "2"]


@pytest.fixture
def call(random_weights, tmp_path, capsys):
    def call(*argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path)]
        status = run(sticker.main, [*options, *argv], "demos")
        made = [json.loads(note.read_text()) for note in tmp_path.glob("*_sticker.json")]
        return status, capsys.readouterr(), made[0] if made else None

    return call


@pytest.fixture
def target(random_weights):
    """A class that this network does not say of every photo."""
    net = models.load("minivgg", random_weights)
    said = int(net.scores(net.pixels(PHOTOS / "face.jpg"))[0].argmax())
    return net.classes[(said + 1) % 4]


def test_one_command_writes_the_sheet_the_patch_and_how_often_it_works(call, target, tmp_path):
    status, printed, made = call("--target", target, "--size", "30", *FEW)
    assert status == 0 and f"{target}: " in printed.out and "unseen photos" in printed.out
    assert made["target"] == target and made["photos"] == {"made with": 3, "unseen": 2}
    assert set(made["says the target"]) == {
        "unseen photos", "photos it was made with", "unseen, a patch of noise"
    }
    sheet, patch = (Image.open(tmp_path / name) for name in made["pictures"])
    assert patch.size == (30, 30) and sheet.width > 1000 and not made["interrupted"]


def test_ctrl_c_keeps_the_patch_as_far_as_it_is(call, target, monkeypatch):
    whole = sticker.adversarial_patch

    def stopped(*args, **settings):
        yield next(whole(*args, **settings))
        raise KeyboardInterrupt

    monkeypatch.setattr(sticker, "adversarial_patch", stopped)
    status, printed, made = call("--target", target, *FEW)
    assert status == 130 and made["interrupted"] and made["steps"] == 1
    assert "unseen photos" in printed.err


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--target", "zebra"], "zebra"), (["--target", "dog", "--size", "120"], "does not fit"),
    (["--photos", "1"], "--photos is 1"), (["--steps", "0"], "--steps is 0"),
    (["--target", "dog", "--folder", "nowhere"], "there is no folder nowhere"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made = call(*["--target", "dog", "--photos", "4", "--steps", "1"], *argv)
    assert status == 2 and sentence in printed.err and printed.err.strip().count("\n") == 0
    assert made is None
