"""Twins in HOG from the command line: few steps, small photos."""

import json

import numpy as np
import pytest
from PIL import Image

from demos import hog
from demos.shared import glyphs
from demos.shared.command import FACE, PHOTOS
from minigrad.command import run
from minigrad.techniques.make.loop import Progress

SMALL = ["--size", "48", "--steps", "6", "--noise-steps", "4"]
LIKE = ["--like", str(PHOTOS / "cup.jpg")]


@pytest.fixture
def call(random_weights, tmp_path, capsys, monkeypatch):
    """Run the demo: status, what it printed, its note."""

    def call(*argv):
        argv = [str(word) for word in argv]
        if "--resume" not in argv:
            argv += ["--weights", str(random_weights), "--out", str(tmp_path / "out")]
            monkeypatch.setattr("sys.argv", ["demos", "hog", *argv])
        status = run(hog.main, argv, "demos")
        notes = {f.stem: json.loads(f.read_text()) for f in (tmp_path / "out").glob("*.json")}
        return status, capsys.readouterr(), notes

    return call


def test_a_sheet_both_pictures_and_their_distances(call, tmp_path):
    status, said, notes = call(FACE, *LIKE, *SMALL)
    note = notes["face_hog"]
    assert status == 0 and "grey levels   from the twin" in said.out
    assert note["pictures"] == ["face_hog.png", "face_hog_twin.png", "face_hog_from_noise.png"]
    apart, twin, noise = (row["of HOG"] for row in note["distances"].values())
    assert twin < apart and noise < 1 and note["steps done"] == [6, 4]
    assert note["interrupted"] is False and set(note["files read"]) == {"weights", "photo", "like"}
    for name in note["pictures"][1:]:
        assert Image.open(tmp_path / "out" / name).size == (48, 48)


def test_both_photos_have_whole_cells_and_one_size():
    image = hog.fitted(PHOTOS / "pyramid.jpg", 100)
    assert image.size == (96, 64) and hog.fitted(FACE, 100, image.size).size == (96, 64)


@pytest.mark.parametrize("stop", [3, 8])
def test_a_run_that_was_stopped_goes_on_to_the_same_pictures(call, tmp_path, monkeypatch, stop):
    """In the middle of the twin, and of the picture from noise."""
    call(FACE, *LIKE, *SMALL)
    names = ["face_hog_twin.png", "face_hog_from_noise.png", "face_hog.png"]
    before = [(tmp_path / "out" / name).read_bytes() for name in names]
    original, taken = hog.through, []

    def through(run):
        for now in original(run):
            yield now
            taken.append(now)
            if len(taken) == stop:
                raise KeyboardInterrupt

    monkeypatch.setattr(hog, "through", through)
    status, said, notes = call(FACE, *LIKE, *SMALL)
    assert status == 130 and "--resume" in said.err and notes["face_hog"]["interrupted"]
    assert notes["face_hog"]["steps done"] == ([3, 0] if stop == 3 else [6, 2])
    monkeypatch.setattr(hog, "through", original)
    status, said, notes = call("--resume", tmp_path / "out" / "face_hog.json")
    assert status == 0, said.err
    assert before == [(tmp_path / "out" / name).read_bytes() for name in names]
    assert not (tmp_path / "out" / "face_hog_state.npz").exists()


def test_nothing_is_written_where_no_step_was_taken(call, tmp_path, monkeypatch):
    def through(run):
        raise KeyboardInterrupt
        yield Progress(0, None, 0.0)

    monkeypatch.setattr(hog, "through", through)
    status, _, notes = call(FACE, *SMALL)
    assert status == 130 and not notes


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--like", "nowhere.jpg"], "nowhere.jpg"),
    (["--size", "31"], "--size 31: give 32 or more"),
    (["--near", "-1"], "--near is -1"),
    (["--steps", "0"], "--steps is 0"),
    (["--noise-steps", "0"], "--noise-steps is 0"),
    (["--seed", "-1"], "--seed is -1"),
    (["nowhere.jpg"], "there is no photo nowhere.jpg"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, said, _ = call(*([] if argv[0] == "nowhere.jpg" else [FACE]), *SMALL, *argv)
    assert status == 2 and sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_star_has_its_line_along_the_edge_across_the_gradient():
    """The first orientation's gradient points at 10°, nearly to the right: its edge stands."""
    weights = np.zeros((9, 1, 2))
    weights[0, 0, 1] = 1.0
    drawn = np.asarray(glyphs.glyphs(weights, 15))[..., 0].astype(int)
    assert drawn.shape == (15, 30) and not drawn[:, :15].any()
    star = drawn[:, 15:]
    assert star[2:-2, 5:10].sum() > 0.95 * star[2:-2].sum()
    assert np.array_equal(np.asarray(glyphs.glyphs(2 * weights, 15))[..., 0], drawn)
