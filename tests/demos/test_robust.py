"""Accuracy under attack over a folder: curves, tables, two networks, defences, and checks."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import models
from demos import robust
from demos.shared import robust_chart, robust_run
from demos.shared.command import FACE, PHOTOS
from minigrad.command import run
from minigrad.techniques.fool.masking import Check, Checks
from minigrad.techniques.look.believe import Interval

CLASSES = ("leopard", "accordion", "sunflower")


@pytest.fixture
def folder(tmp_path):
    """Two photos of each of three classes that MiniVGG knows, and one class that it does not."""
    for name in CLASSES:
        (tmp_path / "photos" / name).mkdir(parents=True)
        for file in sorted((PHOTOS / "caltech101" / name).glob("*.jpg"))[:2]:
            shutil.copy(file, tmp_path / "photos" / name)
    (tmp_path / "photos" / "perpetual motion").mkdir()
    shutil.copy(FACE, tmp_path / "photos" / "perpetual motion")
    return tmp_path / "photos"


@pytest.fixture
def call(tmp_path, folder, capsys):
    def call(*argv):
        given = [] if "--folder" in argv else ["--folder", str(folder)]
        given += ["--workers", "1", "--out", str(tmp_path / "out")]
        status = run(robust.main, [*argv, *given], "demos")
        return status, capsys.readouterr(), tmp_path / "out"

    return call


@pytest.fixture
def told(monkeypatch):
    """Answers made up in place of an attack: right up to an ε of its own for each photo."""

    def look(job):
        edge = np.array([2.0 ** (photo.number % 4) for photo in job.photos])
        right = np.array(job.plan.epsilons)[:, None] < edge
        names = job.plan.attacks or [(name, what) for name in ("no defence", "JPEG 75")
                                     for what in ("photo", "adaptive")]
        return robust_run.Found(job.photos, dict.fromkeys(names, right), [])

    monkeypatch.setattr(robust_run, "look", look)
    return look


def rows_of(file):
    return list(csv.DictReader(file.open(encoding="utf-8")))


def test_a_folder_becomes_curves_a_table_and_the_answer_on_every_photo(call):
    status, printed, out = call("--attacks", "fgsm,pgd", "--epsilons", "2,16", "--steps", "1")
    assert status == 0 and "left out: perpetual motion" in printed.out
    single, table = (rows_of(out / f"photos_minivgg_robust{end}.csv") for end in ("_photos", ""))
    assert len(single) == 6 * 2 and len(table) == 2 * 3
    net = models.load("minivgg")
    for row in single:  # the first column is what the network says of the photo
        likeliest = net.classes[int(net.scores(net.pixels(row["photo"]))[0].argmax())]
        assert (row["ε = 0"] == "1") == (row["class"] == likeliest.replace("_", " "))
    for row in table:
        own = [int(one[f"ε = {float(row['ε']):g}"]) for one in single
               if one["attack"] == row["attack"]]
        assert float(row["accuracy"]) == pytest.approx(np.mean(own), abs=1e-4)
        assert float(row["low"]) <= float(row["accuracy"]) <= float(row["high"])
    note = json.loads((out / "photos_minivgg_robust.json").read_text())
    assert note["photos"] == 6 and not note["interrupted"] and len(note["accuracy"]) == 6
    assert Image.open(out / "photos_minivgg_robust.png").width == robust_chart.WIDTH
    assert "FGSM" in printed.out and "PGD" in printed.out


def test_two_networks_stand_on_one_chart(call, told, tmp_path):
    other = tmp_path / "other.h5"
    shutil.copy(models.weights_file("minivgg"), other)
    status, printed, out = call("--beside", str(other))
    assert status == 0 and "other, right of 6" in printed.out
    assert {row["network"] for row in rows_of(out / "photos_minivgg_robust.csv")} == {
        "minivgg", "other"
    }


def test_ctrl_c_keeps_the_photos_that_are_done(call, told, monkeypatch):
    monkeypatch.setattr(robust_run, "BATCH", 2)
    done = iter([True, True])

    def in_order(work, jobs, crew):
        for job in jobs:
            if not next(done, False):
                raise KeyboardInterrupt
            yield work(job)

    monkeypatch.setattr(robust_run, "in_order", in_order)
    status, printed, out = call()
    assert status == 130 and "4 of 6 photos" in printed.err + printed.out
    note = json.loads((out / "photos_minivgg_robust.json").read_text())
    assert note["interrupted"] and note["photos"] == 4
    assert len(rows_of(out / "photos_minivgg_robust_photos.csv")) == 4 * 3


def test_a_photo_that_cannot_be_read_is_named_and_left_out(call, folder):
    (folder / "leopard" / "broken.jpg").write_text("no photo")
    status, printed, out = call("--attacks", "random", "--epsilons", "1")
    assert status == 0 and "broken.jpg" in printed.err
    assert len(rows_of(out / "photos_minivgg_robust_photos.csv")) == 6


def test_defences_become_bars(call, told):
    status, printed, out = call("--defences", "--epsilon", "1")
    note = json.loads((out / "photos_minivgg_robust_defences.json").read_text())
    assert status == 0 and "JPEG 75" in printed.out and note["ε"] == 1
    assert set(note["accuracy"]["JPEG 75"]) == {"photo", "adaptive"}
    assert (out / "photos_minivgg_robust_defences.png").exists()


@pytest.mark.parametrize("passed", [True, False])
def test_checks_are_printed_with_their_numbers(call, monkeypatch, passed):
    def found(net, pixels, *, labels, epsilon, steps, **rest):
        assert len(pixels) == len(labels) == 3 and (epsilon, steps) == (2, 10)
        return Checks([Check("a gradient", {"photos": 3, "with 0": 1}, passed, "it vanishes")])

    monkeypatch.setattr(robust, "masking_checks", found)
    status, printed, out = call("--checks", "--photos", "3")
    assert status == 0 and f"{'✓' if passed else '✗'} a gradient" in printed.out
    assert ("it vanishes" in printed.out) == (not passed)
    note = json.loads((out / "photos_minivgg_robust_checks.json").read_text())
    assert note["checks"][0]["passed"] is passed


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--attacks", "pgdd"], "did you mean pgd?"),
    (["--epsilons", "1,a"], "give numbers, as 0.5,1,2"),
    (["--epsilons", "2,1"], "rise"),
    (["--steps", "0"], "--steps is 0"),
    (["--photos", "0"], "--photos is 0"),
    (["--folder", "nowhere"], "there is no folder nowhere"),
    (["--defences", "--checks"], "two runs"),
    (["--checks", "--attacks", "pgd"], "--attacks is of the curves"),
    (["--epsilon", "1"], "the curves have --epsilons"),
    (["--defences", "--epsilon", "-1"], "--epsilon is -1"),
])
def test_bad_input_is_one_sentence(call, argv, sentence):
    status, printed, out = call(*argv)
    assert status == 2 and sentence in printed.err and not out.exists()
    assert "Traceback" not in printed.err


def test_a_folder_without_classes_is_said(call, folder):
    status, printed, _ = call("--folder", str(folder / "leopard"))
    assert status == 2 and "no class folders" in printed.err


def test_a_network_of_other_classes_beside_is_said(call, random_weights):
    status, printed, _ = call("--beside", str(random_weights))
    assert status == 2 and "take the same classes" in printed.err


# ── The chart ───────────────────────────────────────────────────────────────────────────────────


def test_a_name_stands_where_it_covers_no_curve():
    at = [Interval(m, m - 0.05, m + 0.05) for m in (0.9, 0.8, 0.5, 0.2)]
    flat = [Interval(0.85, 0.8, 0.9)] * 4
    epsilons, curves = (0, 1, 2, 4), [
        robust_chart.Curve("pgd", "PGD", at), robust_chart.Curve("random", "random signs", flat)
    ]
    page = np.asarray(robust_chart.chart("head", epsilons, curves, "foot")).astype(int)
    x = robust_chart.places(epsilons)
    assert np.diff(x) == pytest.approx([x[1] - x[0]] * 3)   # doubling is a step, 0 one step before
    y = round(robust_chart.height(0.5))
    assert abs(page[y, round(x[2])] - robust_chart.COLOURS["pgd"]).max() < 30
    between = [abs(page[round(robust_chart.height(0.85)), round(a)]
                   - robust_chart.COLOURS["random"]).max() for a in np.linspace(x[1], x[3], 50)]
    assert np.mean(np.array(between) < 60) > 0.9            # nothing is written over the flat one
