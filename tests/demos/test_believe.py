"""The numbers of the maps over a folder: a table, a chart, every single number; and bad folders."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from demos import believe
from demos.shared import dots
from demos.shared.command import FACE, PHOTOS
from minigrad.command import run
from minigrad.techniques.look.believe import Interval, Row

QUICK = ["--only", "gradient", "--measures", "insertion"]


@pytest.fixture
def told(monkeypatch):
    """Numbers of every photo, made up in place of asking the network."""

    def judged(net, photos, chosen, measures, effort, seed):
        rng = np.random.default_rng(seed)
        for photo in photos:
            yield photo, {way.name: {"flat": float(way.name == "gradient"),
                                     **{m: rng.random() for m in measures}} for way in chosen}

    monkeypatch.setattr(believe, "judged", judged)
    return judged


@pytest.fixture
def call(tmp_path, capsys):
    def call(*argv):
        status = run(believe.main, [*argv, "--out", str(tmp_path / "out")], "demos")
        return status, capsys.readouterr(), tmp_path / "out"

    return call


@pytest.fixture
def folder(tmp_path):
    """Three classes that MiniVGG knows, and sees, and one that it does not know."""
    for name in ("leopard", "accordion", "sunflower"):
        shutil.copytree(PHOTOS / "caltech101" / name, tmp_path / "photos" / name)
    shutil.copytree(PHOTOS / "caltech101" / "watch", tmp_path / "photos" / "perpetual motion")
    return tmp_path / "photos"


def rows_of(file):
    return list(csv.DictReader(file.open(encoding="utf-8")))


def test_a_folder_becomes_a_table_a_chart_and_all_numbers(call, folder):
    measures = ["--measures", "insertion", "random weights", "pointing"]
    status, printed, out = call("--folder", str(folder), "--photos", "3", *QUICK[:2], *measures)
    assert status == 0 and "3 of 3 photos" in printed.out
    single, means = rows_of(out / "believe_photos.csv"), rows_of(out / "believe.csv")
    assert len(single) == 3 * 3 and {row["class"] for row in single} <= {
        "leopard", "accordion", "sunflower"
    }
    mine = [float(row["insertion"]) for row in single if row["map"] == "gradient"]
    told = next(r for r in means if r["map"] == "gradient" and r["measure"] == "insertion")
    assert float(told["mean"]) == pytest.approx(np.mean(mine), rel=1e-4)
    assert float(told["low"]) <= float(told["mean"]) <= float(told["high"])
    order = [float(r["mean"]) for r in means if r["measure"] == "insertion"]
    assert order == sorted(order, reverse=True)
    assert Image.open(out / "believe.png").width > 600
    assert not json.loads((out / "believe.json").read_text())["interrupted"]
    for row in single:  # the controls know nothing of the weights
        assert (float(row["random weights"]) == pytest.approx(1)) == (row["map"] != "gradient")


def test_one_photo_has_numbers_and_no_interval(call, folder, told):
    status, printed, out = call("--folder", str(folder), "--photos", "1", *QUICK)
    assert status == 0 and "one photo has no interval" in printed.out
    assert len(rows_of(out / "believe_photos.csv")) == 3 and not (out / "believe.csv").exists()


def test_photos_without_class_folders_are_asked_for_their_likeliest_class(call, tmp_path, told):
    (tmp_path / "flat").mkdir()
    for name in ("face.jpg", "cup.jpg"):
        shutil.copy(PHOTOS / name, tmp_path / "flat")
    (tmp_path / "flat" / "broken.jpg").write_bytes(b"no photo")
    status, printed, out = call("--folder", str(tmp_path / "flat"), *QUICK)
    assert status == 0 and "left out" in printed.err and "broken.jpg" in printed.err
    assert {row["class"] for row in rows_of(out / "believe_photos.csv")} == {"face", "cup"}


def test_ctrl_c_keeps_the_photos_that_are_done(call, folder, told, monkeypatch):
    def stopped(*args):
        numbers = told(*args)
        yield next(numbers)
        yield next(numbers)
        raise KeyboardInterrupt

    monkeypatch.setattr(believe, "judged", stopped)
    status, printed, out = call("--folder", str(folder), "--photos", "5", *QUICK)
    assert status == 130 and "2 of 5 photos" in printed.err + printed.out
    assert len(rows_of(out / "believe_photos.csv")) == 2 * 3
    assert json.loads((out / "believe.json").read_text())["interrupted"]


def test_a_photo_that_a_map_refuses_is_named_and_left_out(call, folder, monkeypatch):
    numbers_of, asked_for = believe.numbers_of, []

    def refusing(asked, way, measures, bar):
        asked_for.append(asked)
        if asked is asked_for[0]:
            raise ValueError("every channel is the same")
        return numbers_of(asked, way, measures, bar)

    monkeypatch.setattr(believe, "numbers_of", refusing)
    status, printed, out = call("--folder", str(folder), "--photos", "2", *QUICK)
    assert status == 0 and "every channel is the same" in printed.err
    assert "1 of 2 photos" in printed.out or "one photo has no interval" in printed.out
    assert len(rows_of(out / "believe_photos.csv")) == 3


def test_ctrl_c_before_the_first_photo_writes_nothing(call, folder, monkeypatch):
    def stopped(*args):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(believe, "judged", stopped)
    status, printed, out = call("--folder", str(folder), "--photos", "2", *QUICK)
    assert status == 130 and "nothing is written" in printed.err + printed.out
    assert not out.exists()


def test_a_map_that_is_the_same_everywhere_is_said(call, folder, told):
    _, printed, _ = call("--folder", str(folder), "--photos", "2", *QUICK)
    assert "gradient: the same everywhere on 2 of 2 photos" in printed.out


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--measures", "insersion"], "did you mean insertion?"),
    (["--only", "lime"], "there is no map 'lime'"),
    (["--photos", "0"], "--photos is 0"),
    (["--folder", "nowhere"], "there is no folder nowhere"),
])
def test_bad_input_is_one_sentence(call, argv, sentence):
    status, printed, out = call(*argv)
    assert status == 2 and sentence in printed.err and not out.exists()


def test_a_folder_of_unknown_classes_is_said(call, tmp_path):
    (tmp_path / "zoo" / "unicorn").mkdir(parents=True)
    shutil.copy(FACE, tmp_path / "zoo" / "unicorn")
    status, printed, _ = call("--folder", str(tmp_path / "zoo"))
    assert status == 2 and "knows none of them" in printed.err and "unicorn" in printed.err


def test_a_folder_of_photos_of_something_else_is_said(call, tmp_path):
    (tmp_path / "zoo" / "watch").mkdir(parents=True)
    shutil.copy(FACE, tmp_path / "zoo" / "watch")
    status, printed, _ = call("--folder", str(tmp_path / "zoo"))
    assert status == 2 and "nothing to explain" in printed.err


def test_an_empty_folder_is_said(call, tmp_path):
    (tmp_path / "empty").mkdir()
    status, printed, _ = call("--folder", str(tmp_path / "empty"))
    assert status == 2 and "holds no photos" in printed.err


def test_photos_of_one_class_play_no_pointing_game(call, folder):
    shutil.rmtree(folder / "accordion")
    shutil.rmtree(folder / "sunflower")
    status, printed, _ = call("--folder", str(folder), "--photos", "2", "--measures", "pointing")
    assert status == 2 and "leave it out of --measures" in printed.err


def test_a_dot_lies_where_its_mean_is_and_green_is_better():
    panel = dots.Panel("x", "high", [dots.Dot(0.0, 0.0, 0.0), dots.Dot(1.0, 1.0, 1.0, 1)], 0)
    page = np.asarray(dots.chart("t", ["a", "b"], [panel], ["end"]))
    rows, columns = np.nonzero((page == dots.BETTER).all(axis=2))
    left = dots.GAP + dots.NAMES
    assert abs(columns.mean() - (left + dots.PANEL - 6)) < 1
    assert abs(rows.mean() - (dots.TOP + 1.5 * dots.ROW - 1)) < 1


def test_the_table_tells_means_intervals_and_verdicts():
    row = Row("gradient", {"mass": Interval(0.5, 0.41, 0.59)}, {"mass": -1})
    text = believe.table([row], ["mass"])
    assert "gradient" in text and "0.50 (0.41–0.59) ✗" in text
