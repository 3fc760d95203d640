"""Segmenting photos, and training on folders of pairs and on composed scenes."""

import json

import h5py
import numpy as np
import pytest
from PIL import Image

import models
from demos import segment
from demos.shared import segment_run, segment_sheet
from minigrad.command import run
from minigrad.techniques.learn import training
from minigrad.techniques.learn.composed import CLASSES
from models import storage


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A small U-Net with random weights, in a file."""
    file = tmp_path_factory.mktemp("weights") / "some.h5"
    net = models.build("unet", classes=CLASSES, attributes={"width": 4, "levels": 2})
    storage.save(file, net.params, net.attributes)
    return file


@pytest.fixture
def call(tmp_path, capsys):
    def call(*argv, out="out"):
        status = run(segment.main, [*map(str, argv), "--out", str(tmp_path / out)], "demos")
        return status, capsys.readouterr(), tmp_path / out

    return call


def test_a_photo_with_objects_has_a_sheet_its_probabilities_and_the_truth(call, weights):
    status, printed, out = call("--weights", weights, "--size", "48")
    assert status == 0, printed.err
    note = json.loads((out / "face_segment.json").read_text())
    assert 0 <= note["mean IoU"] <= 1 and set(note["share of the pixels"]) == set(CLASSES)
    assert note["pictures"] == ["face_segment.png", "face_segment.h5"]
    assert note["files read"]["weights"]["path"] == str(weights)
    with h5py.File(out / "face_segment.h5") as file:
        p = file["probabilities"][()]
        assert json.loads(file["probabilities"].attrs["classes"]) == list(CLASSES)
    assert p.shape == (4, 48, 48)
    np.testing.assert_allclose(p.sum(axis=0), 1, atol=1e-5)
    assert Image.open(out / "face_segment.png").width > 4 * segment_sheet.EDGE


def test_a_photo_of_one_s_own_is_left_as_it_is_and_its_labels_tell_how_good_it_is(
    call, weights, tmp_path
):
    Image.new("RGB", (40, 30), (90, 80, 70)).save(tmp_path / "mine.png")
    status, printed, out = call("--weights", weights, tmp_path / "mine.png", "--size", "40")
    assert status == 0 and "IoU" not in printed.out
    with h5py.File(out / "mine_segment.h5") as file:
        answer = file["probabilities"][()].argmax(axis=0)
    Image.fromarray(answer.astype(np.uint8)).save(tmp_path / "labels.png")
    status, printed, out = call("--weights", weights, tmp_path / "mine.png", "--size", "40",
                                "--labels", tmp_path / "labels.png")
    assert status == 0 and "mean IoU 100.0%, pixels right 100.0%" in printed.out


def test_more_looks_give_other_probabilities(call, weights):
    answers = []
    for looks in (["--no-flips"], [], ["--turns", "4"], ["--scales", "1,1.5"]):
        status, printed, out = call("--weights", weights, "--size", "32", *looks)
        assert status == 0, printed.err
        with h5py.File(out / "face_segment.h5") as file:
            answers.append(file["probabilities"][()])
    assert all(not np.allclose(a, b, atol=1e-5) for a, b in zip(answers, answers[1:], strict=False))


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--scales", "1,big"], "give numbers, as 0.75,1,1.5"),
        (["--labels", "no.png"], "there is no label image no.png"),
        (["--model", "minivgg"], "says what is in a photo, not where"),
        (["--labels", "no.png", "--objects", "2"], "leave --objects out"),
    ],
)
def test_options_that_make_no_sense_are_one_sentence(call, weights, argv, says):
    status, printed, _ = call("--size", "32", *argv, *([] if "--model" in argv else
                                                       ["--weights", weights]))
    assert status == 2 and says in printed.err and printed.err.count("\n") == 1


def test_the_network_that_ships_finds_the_objects_on_a_photo(call):
    status, printed, out = call()
    assert status == 0, printed.err
    note = json.loads((out / "face_segment.json").read_text())
    assert note["model"] == "unet" and note["mean IoU"] > 0.5


# ── Training ────────────────────────────────────────────────────────────────────────────────────

SMALL = ["--width", "4", "--levels", "2", "--batch", "2", "--lr", "0.02"]


@pytest.fixture
def folder(tmp_path):
    """Photos of noise with a bright patch, whose pixels are class 1; a frame of them is void."""
    rng, place = np.random.default_rng(0), tmp_path / "pairs"
    for kind in ("images", "labels"):
        (place / kind).mkdir(parents=True)
    for n in range(10):
        labels = np.zeros((24, 32), np.uint8)
        top, left = rng.integers(2, 12), rng.integers(2, 18)
        labels[top : top + 9, left : left + 11] = 1
        pixels = rng.integers(0, 90, (24, 32, 3)) + 140 * labels[..., None]
        labels[[0, -1]] = 11
        Image.fromarray(pixels.astype(np.uint8)).save(place / "images" / f"{n}.png")
        Image.fromarray(labels).save(place / "labels" / f"{n}.png")
    (place / "classes.txt").write_text("ground\npatch\n")
    return place


def test_a_run_on_a_folder_learns_it_and_its_network_sees_photos_as_large_as_these(call, folder):
    options = ["train", "--data", folder, "--void", "11", "--epochs", "12", *SMALL]
    status, printed, out = call(*options)
    assert status == 0, printed.err
    note = json.loads((out / "unet.json").read_text())
    assert note["val, averaged over a flip"]["mean IoU"] > 0.9
    assert note["pairs"] == {"train": 8, "val": 2} and len(note["log"]) == 12
    net = models.load("unet", out / "unet.h5")
    assert net.classes == ["ground", "patch"] and net.settings == {"width": 4, "levels": 2}
    assert (out / "unet.png").exists() and (out / "unet_curve.png").exists()
    photo = folder / "images" / "0.png"
    labels = folder / "labels" / "0.png"
    for size, seen in (([], (24, 32)), (["--size", "48"], (36, 48))):
        status, printed, _ = call("--weights", out / "unet.h5", photo, *size, "--labels", labels,
                                  "--void", "11")
        assert status == 0, printed.err
        with h5py.File(out / "0_segment.h5") as file:
            assert file["probabilities"].shape == (2, *seen)
        assert size or float(printed.out.split("mean IoU ")[1].split("%")[0]) > 85


def test_a_run_that_is_resumed_in_the_middle_of_a_step_is_the_same_run(
    call, folder, monkeypatch, tmp_path
):
    options = ["train", "--data", folder, "--void", "11", "--epochs", "2", *SMALL]
    call(*options, out="whole")
    taken, real = [], training.step

    def step(*args, **settings):
        taken.append(real(*args, **settings))
        if len(taken) == 6:
            raise KeyboardInterrupt
        return taken[-1]

    with monkeypatch.context() as patch:
        patch.setattr(training, "step", step)
        status, printed, part = call(*options, out="part")
    assert status == 130 and "goes on from epoch 2, step 2" in printed.err
    checkpoint = part / "unet.checkpoint.npz"
    status, printed, part = call("train", "--data", folder, "--resume", checkpoint, out="part")
    assert status == 0, printed.err
    one, other = (models.load("unet", tmp_path / out / "unet.h5").params
                  for out in ("whole", "part"))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    status, printed, _ = call("train", "--data", folder, "--resume", checkpoint, "--lr", "1")
    assert status == 2 and "has its own lr, 0.02: leave yours out" in printed.err


def test_train_and_val_of_their_own_are_taken_and_test_is_evaluated(call, folder):
    for part, count in (("train", 6), ("val", 2), ("test", 2)):
        for kind in ("images", "labels"):
            (folder / part / kind).mkdir(parents=True)
            for file in sorted((folder / kind).glob("*.png"))[:count]:
                file.rename(folder / part / kind / file.name)
    status, printed, out = call("train", "--data", folder, "--void", "11", "--epochs", "1", *SMALL)
    assert status == 0, printed.err
    note = json.loads((out / "unet.json").read_text())
    assert note["pairs"] == {"train": 6, "val": 2, "test": 2}
    flip = "test, averaged over a flip"
    assert {"test", flip, f"{flip} and three scales"} <= set(note)


def test_composed_scenes_are_trained_on_without_a_folder(call):
    status, printed, out = call("train", "--data", "scenes", "--scenes", "4", "--edge", "24",
                                "--epochs", "1", *SMALL)
    assert status == 0, printed.err
    assert models.load("unet", out / "unet.h5").classes == list(CLASSES)


def test_a_network_without_scores_for_every_pixel_and_folders_that_are_none_are_said(
    call, folder, tmp_path
):
    def said(*argv):
        status, printed, _ = call("train", *argv)
        return printed.err if status == 2 else "no error"

    assert "minivgg does not label every pixel" in said("--data", folder, "--void", "11",
                                                        "--model", "minivgg")
    assert "there is no folder" in said("--data", tmp_path / "nowhere")
    assert "holds the label 11, and there are classes 0–1" in said("--data", folder)
    assert "give least,most" in said("--data", folder, "--zoom", "2,1")
    for file in sorted((folder / "labels").glob("*.png"))[1:]:
        file.unlink()
    assert "has no partner" in said("--data", folder)


def test_the_weights_of_small_classes_are_taken_unless_they_are_not_wanted(
    call, folder, monkeypatch
):
    seen, real = [], training.train

    def train(*args, **settings):
        seen.append(settings["weight"])
        return real(*args, **settings)

    monkeypatch.setattr(segment_run.training, "train", train)
    options = ["train", "--data", folder, "--void", "11", "--epochs", "1", *SMALL]
    call(*options, "--no-balance", out="alike")
    call(*options)
    assert seen[0] is None and seen[1][1] > 1 > seen[1][0]


def test_the_background_of_a_sheet_is_the_photo_and_every_class_has_a_colour(rng):
    colours = segment_sheet.colours_of([str(n) for n in range(40)])
    assert len({tuple(colour) for colour in colours.tolist()}) == 40
    photo = rng.uniform(0, 255, (3, 32, 32)).astype("f4")
    labels = np.zeros((32, 32), int)
    labels[:16] = 1
    laid = np.asarray(segment_sheet.over(photo, labels, ["background", "shape"], edge=32))
    assert abs(laid[20:] - np.rint(photo.transpose(1, 2, 0))[20:]).max() <= 1
    assert (laid[15] == 255).all()                          # the outline between the two


def test_an_fcn_begins_with_what_a_vgg_has_learned_and_other_weights_are_refused(
    call, folder, tmp_path, weights
):
    vgg = models.build("minivgg", classes=4)
    storage.save(tmp_path / "minivgg.h5", vgg.params, vgg.attributes)
    options = ["train", "--data", folder, "--void", "11", "--epochs", "1", "--batch", "8"]
    fcn = [*options, "--model", "fcn8s_minivgg", "--lr", "1e-9"]
    status, printed, out = call(*fcn, "--weights", tmp_path / "minivgg.h5")
    assert status == 0, printed.err
    params = models.load("fcn8s_minivgg", out / "fcn8s_minivgg.h5").params
    np.testing.assert_allclose(params["fc7/weight"][..., 0, 0], vgg.params["fc7/weight"], atol=1e-3)
    assert json.loads((out / "fcn8s_minivgg.json").read_text())["began with"] == {
        "weights": "minivgg.h5"}
    status, printed, _ = call(*fcn, "--weights", weights, out="other")
    assert status == 2 and "give the weights of the network that it is made of" in printed.err
    status, printed, _ = call(*options, "--weights", weights, out="other")
    assert status == 2 and "and wanted are {'width': 16, 'levels': 4}" in printed.err
