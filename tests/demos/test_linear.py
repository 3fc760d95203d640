"""Ten numbers and their scores on a sheet."""

import json

import pytest
from PIL import Image

from demos import linear
from minigrad.command import run


@pytest.fixture
def call(tmp_path, capsys):
    def call(*argv):
        status = run(linear.main, ["--out", str(tmp_path), *argv], "demos")
        note = tmp_path / "linear.json"
        return status, capsys.readouterr(), json.loads(note.read_text()) if note.exists() else None

    return call


def test_the_lectures_numbers_are_said(call, tmp_path):
    status, printed, made = call("--samples", "2")
    assert status == 0 and "from -3 to 2" in printed.out and "0.0474 to 0.8808" in printed.out
    assert made["after"] == [2.0, pytest.approx(0.8808, abs=5e-5)]
    assert len(made["gain of the attack"]) == len(linear.DIMENSIONS)
    assert Image.open(tmp_path / "linear.png").size[0] > 1000


def test_another_step_is_another_score(call):
    _, printed, _ = call("--samples", "1", "--epsilon", "0.2")
    assert "from -3 to -1" in printed.out


@pytest.mark.parametrize(("given", "said"), [
    (["--epsilon", "-1"], "ε is -1"), (["--samples", "0"], "samples is 0"),
])
def test_nonsense_is_a_sentence(call, given, said):
    status, printed, made = call(*given)
    assert status == 2 and made is None and said in printed.err
