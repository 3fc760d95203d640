"""The regions of three small classifiers, from the command line."""

import json

import numpy as np
import pytest
from PIL import Image

from demos import regions
from demos.shared.axes import Axes, ticks
from minigrad.command import run

FEW = ["--steps", "60", "--units", "20"]


@pytest.fixture
def call(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(regions, "EDGE", 60)
    monkeypatch.setattr(regions, "SHOWN", 5)

    def call(*argv):
        status = run(regions.main, [*argv, "--out", str(tmp_path / "out")], "demos")
        return status, capsys.readouterr()

    return call


def test_two_pictures_and_what_made_them(call, tmp_path):
    status, said = call("--data", "blobs", *FEW)
    assert status == 0 and "the gradient guesses" in said.out
    note = json.loads((tmp_path / "out" / "blobs_regions.json").read_text())
    assert note["pictures"] == ["blobs_regions.png", "blobs_regions_moves.png"]
    sure, _, unsure = (row["mean confidence zoomed out"] for row in note["networks"])
    assert sure > 0.9 > unsure and note["networks"][0]["right"] > 0.8
    assert note["files read"] == {} and note["options"]["units"] == 20
    before = [(tmp_path / "out" / name).read_bytes() for name in note["pictures"]]
    call("--data", "blobs", *FEW)
    assert before == [(tmp_path / "out" / name).read_bytes() for name in note["pictures"]]


def test_a_contour_runs_between_what_is_above_and_what_is_below():
    values = np.array([[0.1, 0.1, 0.8], [0.1, 0.1, 0.8]])
    assert regions.contour(values, 0.5).tolist() == [[False, True, True]] * 2
    assert not regions.contour(values, 0.9).any()


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--far", "1"], "--far is 1.0: give a number above 1.5"),
    (["--units", "0"], "--units is 0: give a whole number, 1 or more"),
    (["--units", "301"], "301 bumps each begin on a point, and there are 300"),
    (["--steps", "0"], "steps is 0: give a whole number, 1 or more"),
    (["--seed", "-1"], "--seed is -1: give a whole number, 0 or more"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, said = call("--units", "5", "--steps", "2", *argv)
    assert status == 2 and sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


# ── Axes ────────────────────────────────────────────────────────────────────────────────────────


def test_ticks_are_round_and_lie_within():
    assert ticks(-1.5, 1.5) == [-1, 0, 1]
    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert ticks(0.1, 1000, log=True) == [0.1, 1, 10, 100, 1000]


def test_a_point_stands_where_the_axes_say():
    axes = Axes(100, (-1, 1), (0, 4), Image.new("RGB", (10, 10)))
    assert axes.place(-1, 0) == (0, 200) and axes.place(0, 4) == (100, 0)
    axes.dot(0, 2, 5, (250, 0, 0))
    assert axes.inside.getpixel((100, 100)) == (250, 0, 0)
    assert Axes(100, (1, 100), (0, 1), log=True).place(10, 1) == (100, 0)
