"""Objects found on scenes, from the command line: the sheet, the table, training that goes on."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import models
from demos import instances
from demos.shared import instance_sheet, instance_training
from minigrad.command import run
from minigrad.techniques.learn.composed import CLASSES
from minigrad.techniques.learn.detection import Detections
from models import storage

FEW = ["--steps", "2", "--batch", "1", "--width", "2", "--scenes", "2"]
ROW = ["box AP50", "box AP75", "box AP", "mask AP50", "mask AP75", "mask AP"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with both networks, small and with random weights."""
    folder = tmp_path_factory.mktemp("trained")
    for name in models.detectors():
        net = models.build(name, classes=CLASSES, attributes={"width": 2})
        storage.save(folder / f"{name}.h5", net.params, net.attributes)
    return folder


@pytest.fixture
def call(tmp_path, capsys, monkeypatch):
    def call(*argv):
        given = [*map(str, argv)]
        given += [] if "--resume" in given else ["--out", str(tmp_path / "out")]
        monkeypatch.setattr("sys.argv", ["demos", "instances", *given])
        status = run(instances.main, given, "demos")
        return status, capsys.readouterr(), tmp_path / "out"

    return call


def test_scenes_have_a_sheet_with_the_truth_beside_it_and_a_table(call, trained):
    status, said, out = call("--trained", trained, "--scenes", "3", "--size", "32")
    assert status == 0, said.err
    note = json.loads((out / "instances.json").read_text())
    assert note["pictures"] == ["instances.png"] and note["scenes"] == 3 and note["objects"] >= 6
    assert list(note["average precision"]) == ["RoIAlign", "RoIPool"]
    for row in note["average precision"].values():
        assert list(row) == ROW and all(0 <= value <= 1 for value in row.values())
    assert set(note["files read"]) == {"mask_rcnn", "mask_rcnn_roipool"}
    assert Image.open(out / "instances.png").width > 3 * instance_sheet.EDGE


def test_without_the_control_there_is_a_line_less(call, trained, tmp_path):
    shutil.copy(trained / "mask_rcnn.h5", tmp_path)
    status, said, out = call("--trained", tmp_path, "--scenes", "1", "--size", "32")
    assert status == 0, said.err
    note = json.loads((out / "instances.json").read_text())
    assert list(note["average precision"]) == ["RoIAlign"]


def test_objects_are_laid_on_a_photo_of_one_s_own(call, trained, tmp_path):
    Image.new("RGB", (400, 300), (200, 30, 30)).save(tmp_path / "red.png")
    status, said, out = call(tmp_path / "red.png", "--trained", trained, "--scenes", "1")
    assert status == 0, said.err
    pixels = np.asarray(Image.open(out / "instances.png"))
    assert (pixels == (200, 30, 30)).all(axis=2).mean() > 0.05


def test_what_is_found_has_the_colour_of_its_object_and_grey_where_it_is_none_s():
    true = np.zeros((2, 8, 8), bool)
    true[0, :4], true[1, 4:] = True, True
    found = np.zeros((3, 8, 8), bool)
    found[0, 5:], found[1, :4], found[2, 2:6] = True, True, True
    colours = instance_sheet.colours_of(found, true)
    assert colours == [instance_sheet.COLOURS[1], instance_sheet.COLOURS[0], instance_sheet.NOBODY]
    assert instance_sheet.colours_of(found, true[:0]) == [instance_sheet.NOBODY] * 3


def test_what_is_not_sure_is_not_drawn_but_counted():
    found = Detections(np.zeros((2, 4)), np.array([1, 2]), np.array([0.8, 0.3]),
                       np.zeros((2, 4, 4), bool))
    assert instance_sheet.surest(found, 0.5).classes.tolist() == [1]


@pytest.mark.parametrize(("argv", "says"), [
    (["--scenes", "0"], "--scenes is 0: give a whole number, 1 or more"),
    (["--least", "2"], "--least is 2.0: give a number from 0 to 1"),
    (["--trained", "nowhere"], "there is no weight file nowhere"),
    (["--size", "8"], "size is 8"),
    (["train", "--steps", "0"], "--steps is 0"),
    (["train", "--width", "0"], "--width is 0"),
    (["train", "--resume", "nothing.json"], "there is no file nothing.json"),
])
def test_options_that_make_no_sense_are_one_sentence(call, trained, argv, says):
    given = argv if argv[0] in ("train", "--trained") else ["--trained", trained, *argv]
    status, said, _ = call(*given)
    assert status == 2 and says in said.err and said.err.count("\n") == 1


# ── Training ────────────────────────────────────────────────────────────────────────────────────


def test_training_writes_both_networks_which_the_demo_takes(call):
    status, said, out = call("train", *FEW)
    assert status == 0, said.err
    note = json.loads((out / "instances_trained.json").read_text())
    assert note["steps done"] == [2, 2] and list(note["average precision"]["RoIPool"]) == ROW
    align, pool = (models.load(name, out / f"{name}.h5") for name in models.detectors())
    assert align.classes == pool.classes == list(CLASSES) and align.settings["width"] == 2
    assert not np.array_equal(align.params["conv8/weight"], pool.params["conv8/weight"])
    status, said, _ = call("--trained", out, "--scenes", "1")
    assert status == 0, said.err


def test_a_stopped_run_goes_on_to_the_same_weights(call, monkeypatch):
    def stop_at_2(*args, **settings):
        for now in walk(*args, **settings):
            yield now
            if now.step == 2 and args[0].name == "mask_rcnn_roipool":
                raise KeyboardInterrupt

    few = [*FEW[2:], "--steps", "3"]
    _, _, out = call("train", *few)
    whole = (out / "mask_rcnn_roipool.h5").read_bytes()
    walk = instance_training.instances
    monkeypatch.setattr(instance_training, "instances", stop_at_2)
    status, said, _ = call("train", *few)
    assert status == 130 and "--resume" in said.err
    assert json.loads((out / "instances_trained.json").read_text())["steps done"] == [3, 2]
    monkeypatch.setattr(instance_training, "instances", walk)
    status, said, _ = call("train", "--resume", out / "instances_trained.json")
    assert status == 0, said.err
    assert (out / "mask_rcnn_roipool.h5").read_bytes() == whole


def test_the_network_that_ships_finds_most_objects(call):
    status, said, out = call("--scenes", "8")
    assert status == 0, said.err
    row = json.loads((out / "instances.json").read_text())["average precision"]["RoIAlign"]
    assert row["box AP50"] > 0.5 and row["mask AP50"] > 0.5
