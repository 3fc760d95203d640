"""Networks that label every pixel, side by side: at equal time, and by how far they look."""

import itertools
import json
import types

import numpy as np
import pytest
from PIL import Image

import models
from demos import segment
from demos.shared import segment_comparison, segment_cue, segment_data, segment_run
from minigrad.command import run
from minigrad.techniques.learn.segment_recipe import SegmentRecipe
from minigrad.techniques.learn.training import Outcome, Trained
from models.pair_folder import Pairs

SMALL = ["--scenes", "6", "--edge", "24", "--width", "2", "--batch", "2", "--seconds", "0.1"]


@pytest.fixture
def call(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(segment_data, "EVALUATED", 4)
    monkeypatch.setattr(segment_cue, "EVALUATED", 8)

    def call(*argv):
        status = run(segment.main, [*argv, "--out", str(tmp_path / "out")], "demos")
        found = sorted((tmp_path / "out").glob("*.json"))
        return status, capsys.readouterr(), json.loads(found[0].read_text()) if found else None

    return call


# ── Compare ─────────────────────────────────────────────────────────────────────────────────────


def test_every_network_has_its_time_its_numbers_and_its_column(call, tmp_path):
    status, said, note = call("compare", "--networks", "unet", "recurrent", "multiscale", *SMALL)
    assert status == 0, said.err
    assert list(note["networks"]) == ["unet", "recurrent", "multiscale"]
    for name, row in note["networks"].items():
        assert row["seconds"] >= 0.1 and row["steps"] >= 1 and 0 <= row["mean IoU"] <= 1
        assert row["parameters"] == models.table(
            name, 4, {"width": 2}).parameter_count
        assert row["began with"] == "random weights"
    assert note["pairs"] == {"train": 6, "val": 4} and not note["interrupted"]
    picture = Image.open(tmp_path / "out" / "scenes_compare.png")
    assert picture.width > 5 * 192 and len(picture.convert("RGB").getcolors(10**6)) > 200


def test_a_folder_of_pairs_has_its_own_classes_and_its_void(call, tmp_path, rng):
    place = tmp_path / "streets"
    for kind in ("images", "labels"):
        (place / kind).mkdir(parents=True)
    for n in range(6):
        labels = rng.integers(0, 2, (20, 16), np.uint8)
        labels[0] = 11
        Image.fromarray(labels).save(place / "labels" / f"{n}.png")
        Image.fromarray(np.repeat(100 * labels[..., None], 3, 2)).save(
            place / "images" / f"{n}.png")
    (place / "classes.txt").write_text("road\ntree\n")
    status, said, note = call("compare", "--networks", "unet", "--data", str(place), "--void", "11",
                              "--width", "2", "--batch", "2", "--seconds", "0.1")
    assert status == 0, said.err
    assert note["pictures"] == ["streets_compare.png"]
    assert set(note["networks"]["unet"]["IoU by class"]) == {"road", "tree"}


def test_a_folder_with_a_test_part_is_judged_on_it_too(call, tmp_path, rng):
    for part in ("train", "val", "test"):
        for kind in ("images", "labels"):
            (tmp_path / "lanes" / part / kind).mkdir(parents=True)
            for n in range(2):
                shape, most = ((20, 16, 3), 256) if kind == "images" else ((20, 16), 2)
                Image.fromarray(rng.integers(0, most, shape, np.uint8)).save(
                    tmp_path / "lanes" / part / kind / f"{n}.png")
    status, said, note = call("compare", "--networks", "unet", "--data", str(tmp_path / "lanes"),
                              "--width", "2", "--batch", "2", "--seconds", "0.1")
    assert status == 0, said.err
    assert "val: mean IoU" in said.out and "test: mean IoU" in said.out
    assert set(note["networks"]["unet"]["test"]) == {"mean IoU", "pixels right", "IoU by class"}


def pairs(labels):
    pictures = [np.zeros((*one.shape, 3), np.uint8) for one in labels]
    return Pairs(pictures, list(labels), [str(n) for n in range(len(labels))])


def test_saying_the_likeliest_class_everywhere_is_the_control():
    labels = np.array([[[0, 0, 0], [0, 0, 0], [1, 1, 255]]], np.uint8)      # six, two, and a void
    data = segment_data.Data(["ground", "thing"], pairs(labels), pairs(labels), None, 255)
    said = segment_comparison.constant(data)
    assert said["pixels right"] == 0.75
    assert said["IoU by class"] == {"ground": 0.75, "thing": 0} and said["mean IoU"] == 0.375


def test_the_rate_goes_by_the_clock_and_the_last_step_is_the_one_at_the_end(monkeypatch):
    clock, rates = iter(range(100)), []

    def trained(run, data, steps, rate):
        for step in steps:
            rates.append(rate(step))
            yield Trained(step + 1, {}, Outcome(1.0, 0.5))

    monkeypatch.setattr(segment_comparison, "time",
                        types.SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(segment_run, "trained", trained)
    one = segment_comparison.Timed(segment_run.begin(
        SegmentRecipe(width=2, lr=0.01), ["a", "b"], "cpu"))
    segment_comparison.train(one, None, 8)
    assert one.seconds == 8 and len(one.run.outcomes) == 8
    assert max(rates) == rates[1] < 0.01 and rates[-1] < 0.001
    assert all(a > b for a, b in zip(rates[1:], rates[2:], strict=False))


@pytest.mark.parametrize(("lr", "rate"), [(None, segment_comparison.FINE), (0.002, 0.002)])
def test_what_is_made_of_a_vgg_begins_with_its_weights_and_a_lower_rate(lr, rate):
    args = types.SimpleNamespace(lr=lr, device="cpu")
    data = segment_data.Data(["a", "b"], None, None, None, 255)
    one = segment_comparison.begin("dilated_minivgg", SegmentRecipe(), data, args)
    assert one.run.recipe.lr == rate and one.run.origin == {"weights": "minivgg.h5"}
    assert np.array_equal(one.run.params["conv3_1/weight"],
                          models.load("minivgg").params["conv3_1/weight"])


def test_ctrl_c_draws_what_has_been_trained_until_then(call, monkeypatch):
    real = segment_run.trained

    def trained(run, *rest):
        for now in real(run, *rest):
            yield now
            if run.net.name == "recurrent":
                raise KeyboardInterrupt

    clock = itertools.count(step=0.04)
    monkeypatch.setattr(segment_comparison, "time",
                        types.SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(segment_run, "trained", trained)
    status, said, note = call("compare", "--networks", "unet", "recurrent", "multiscale", *SMALL)
    assert status == 130 and "2 of 3 networks are drawn" in said.err
    assert note["interrupted"] and note["networks"]["recurrent"]["steps"] == 1
    assert note["networks"]["unet"]["steps"] == 3


def test_ctrl_c_before_the_first_step_draws_nothing(call, monkeypatch):
    def trained(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(segment_run, "trained", trained)
    status, said, note = call("compare", "--networks", "unet", *SMALL)
    assert status == 130 and "nothing was drawn" in said.err and note is None


@pytest.mark.parametrize(("argv", "says"), [
    (["compare", "--seconds", "0"], "--seconds is 0.0: give a number above 0"),
    (["compare", *SMALL, "--networks", "minivgg"], "minivgg does not label every pixel"),
    (["compare", "--data", "nowhere"], "there is no folder nowhere"),
    (["cue", "--steps", "0"], "--steps is 0"),
    (["cue", "--size", "4"], "size is 4: give a whole number, 16 or more"),
    (["cue", "--width", "0"], "width is 0"),
])
def test_options_that_make_no_sense_are_one_sentence(call, argv, says):
    status, said, note = call(*argv)
    assert status == 2 and says in said.err and said.err.count("\n") == 1 and note is None


# ── The distant cue ─────────────────────────────────────────────────────────────────────────────


def test_the_cue_is_drawn_for_both_networks_with_their_reach(call, tmp_path):
    status, said, note = call("cue", "--steps", "1", "--size", "28", "--width", "2")
    assert status == 0, said.err
    assert note["pixels that it sees to each side"] == {"dilated": 33, "plain": 7}
    shares = note["right within reach and beyond"]
    assert list(shares["plain"]) == ["within", "beyond"] and list(shares["dilated"]) == ["within"]
    assert Image.open(tmp_path / "out" / "segment_cue.png").width > 1200


def test_a_stopped_cue_is_drawn_as_far_as_it_came(call, monkeypatch):
    real = segment_cue.training.train

    def train(*args, **settings):
        yield next(real(*args, **settings))
        raise KeyboardInterrupt

    monkeypatch.setattr(segment_cue.training, "train", train)
    status, said, note = call("cue", "--size", "20", "--width", "2")
    assert status == 130 and "after 1 steps of the dilated network" in said.err
    assert note["interrupted"] and note["steps"] == {"dilated": 1}
