"""One perturbation for all photos, from the command line."""

import json

import pytest
from PIL import Image

from demos import universal
from minigrad.command import run

FEW = ["--photos", "5", "--passes", "1"]


@pytest.fixture
def call(random_weights, tmp_path, capsys):
    def call(*argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path)]
        status = run(universal.main, [*options, *argv], "demos")
        made = [json.loads(note.read_text()) for note in tmp_path.glob("*_universal.json")]
        return status, capsys.readouterr(), made[0] if made else None

    return call


@pytest.mark.parametrize("way", ["loss", "deepfool"])
def test_one_command_writes_the_sheet_it_alone_and_both_rates(call, tmp_path, way):
    status, printed, made = call("--way", way, *FEW)
    assert status == 0 and "unseen photos fooled, by chance" in printed.out
    assert made["photos"] == {"made with": 3, "unseen": 2} and made["photos met"] == 3
    assert set(made["fooled"]) == {
        "unseen photos", "photos it was made with", "unseen, by chance"
    }
    sheet, eta = (Image.open(tmp_path / name) for name in made["pictures"])
    assert eta.size == (128, 128) and sheet.width > 1000 and not made["interrupted"]


def test_ctrl_c_keeps_it_as_far_as_it_is(call, monkeypatch):
    whole = universal.universal_steps

    def stopped(*args, **settings):
        yield next(whole(*args, **settings))
        raise KeyboardInterrupt

    monkeypatch.setattr(universal, "universal_steps", stopped)
    status, printed, made = call("--way", "deepfool", *FEW)
    assert status == 130 and made["interrupted"] and made["photos met"] == 1


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--epsilon", "-1"], "ε is -1"), (["--passes", "0"], "--passes is 0"),
    (["--photos", "1"], "--photos is 1"), (["--rate", "2"], "the fooling rate is 2"),
    (["--folder", "nowhere"], "there is no folder nowhere"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, argv, sentence):
    status, printed, made = call("--photos", "4", *argv)
    assert status == 2 and sentence in printed.err and printed.err.strip().count("\n") == 0
    assert made is None
