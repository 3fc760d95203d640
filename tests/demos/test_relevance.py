"""One score, shared out by five rules, from the command line."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from demos import grabcut, relevance
from demos.shared.command import PHOTOS
from minigrad.command import run
from minigrad.techniques.look.grabcut import NEITHER, Cut


@pytest.fixture
def call(random_weights, tmp_path, capsys):
    def call(demo, *argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path), "--size", "64"]
        status = run(demo.main, [*options, *argv], "demos")
        made = [json.loads(note.read_text()) for note in tmp_path.glob("*.json")]
        return status, capsys.readouterr(), made[0] if made else None

    return call


def test_the_note_says_what_arrived_and_what_stayed_and_they_add_up(call, tmp_path):
    status, _, made = call(relevance, "--class", "cat")
    assert status == 0 and set(made["arrived"]) == set(made["stayed"]) and len(made["arrived"]) == 6
    for rule, arrived in made["arrived"].items():
        stayed = sum(made["stayed"][rule].values())
        assert arrived + stayed == pytest.approx(made["shared out"][rule], rel=1e-3), rule
    assert made["shared out"]["LRP-0"] == pytest.approx(made["value"], rel=1e-4)
    assert made["rule of each layer"]["conv1_1"] == "zᴮ"
    assert min(Image.open(tmp_path / "face_relevance.png").size) > 500


def test_the_settings_of_the_rules_are_the_tables(call):
    _, _, made = call(relevance, "--epsilon", "0.5", "--gamma", "0.125", "--baseline", "blur")
    rules = made["rule of each layer"]
    assert rules["conv1_2"] == "LRP-γ 0.125" and rules["conv5_1"] == "LRP-ε 0.5"


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--epsilon", "-1"], "the setting of LRP-ε is -1.0: give a number, 0 or more"),
    (["--gamma", "-1"], "the setting of LRP-γ is -1.0"),
    (["--unit", "999,0,0"], "relu4_2 has units"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, argv, sentence):
    status, printed, made = call(relevance, *argv)
    assert status == 2 and sentence in printed.err and made is None


# ── GrabCut ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("which", grabcut.MAPS)
def test_an_object_is_cut_out_with_seeds_of_any_map_and_of_the_control(call, which):
    pytest.importorskip("cv2")
    status, _, made = call(grabcut, "--map", which, str(PHOTOS / "cup.jpg"))
    boxes = made["box (top, left, bottom, right)"]
    assert status == 0 and set(boxes) == {which, "a centred Gaussian"}
    for top, left, bottom, right in boxes.values():
        assert 0 <= top < bottom <= 64 and 0 <= left < right <= 64
    assert 0 <= made["overlap of both"] <= 1


def test_the_cut_is_drawn_with_the_rest_faded():
    x = np.full((1, 3, 16, 16), 100.0)
    mask = np.zeros((1, 16, 16), bool)
    mask[0, 4:8, 4:8] = True
    cut = Cut(mask, np.array([[0, 0, 16, 16]]), np.full((1, 16, 16), NEITHER))
    _, (_, out) = grabcut.drawn(x, cut)
    drawn = np.asarray(out)                     # each pixel is 16 × 16 now
    assert (drawn[96, 96] == 100).all() and (drawn[160, 160] > 220).all()


def test_a_missing_opencv_is_one_sentence(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    status, printed, made = call(grabcut)
    assert status == 2 and "pip install -e '.[segment]'" in printed.err and made is None
