"""The sheets of priors and of layers, with a small network and few steps."""

import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import layers, priors
from demos.shared import wishes
from minigrad import ops
from minigrad.command import run

NAMES = ["cup", "golf_ball", "dog"]


@pytest.fixture(scope="module")
def weights(weights_of):
    return weights_of(NAMES)


@pytest.fixture
def call(weights, tmp_path, capsys):
    def call(main, *argv):
        status = run(main, ["--weights", str(weights), "--out", str(tmp_path), *argv], "demos")
        notes = {file.stem: json.loads(file.read_text()) for file in tmp_path.glob("*.json")}
        return status, capsys.readouterr(), notes

    return call


SMALL = ["--size", "32", "--steps", "2"]


def test_a_row_is_a_class_and_a_column_a_prior_with_the_probability_in_the_file(
    call, tmp_path, weights
):
    status, printed, notes = call(
        priors.main, "--class", "dog", "cup", "--only", "none", "lecture", *SMALL
    )
    note = notes["minivgg_priors"]
    assert status == 0 and "2 priors" in printed.out
    assert note["classes"] == ["dog", "cup"] and list(note["priors"]) == ["none", "lecture"]
    assert note["priors"]["none"]["settings"]["regularizers"] == {}
    picture = np.asarray(Image.open(tmp_path / "minivgg_priors_lecture_2.png"), np.float32)
    p = ops.softmax(models.load("minivgg", weights).scores(picture.transpose(2, 0, 1)[None]))[0, 0]
    assert note["priors"]["lecture"]["probability in each file"][1] == pytest.approx(float(p))
    with Image.open(tmp_path / "minivgg_priors.png") as sheet:
        assert sheet.width > 2 * priors.TILE and sheet.height > 2 * priors.TILE


def test_priors_that_were_stopped_are_whole_columns(call, monkeypatch, tmp_path):
    original, begun = wishes.excite_each, []

    def excite_each(*args, **settings):
        begun.append(1)
        for n, progress in original(*args, **settings):
            if len(begun) == 2:
                raise KeyboardInterrupt
            yield n, progress

    monkeypatch.setattr(wishes, "excite_each", excite_each)
    status, printed, notes = call(priors.main, "--only", "none", "l2", "photos", *SMALL)
    assert status == 130 and "1 of 3 priors" in printed.err
    assert list(notes["minivgg_priors"]["priors"]) == ["none"]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--only", "lectur"], "no preset 'lectur'; did you mean lecture"),
        (["--class", "unicorn"], "knows no class 'unicorn'"),
        (["--size", "3"], "--size 3: give 16 or more"),
        (["--steps", "0"], "steps is 0"),
    ],
)
def test_bad_input_to_priors_is_one_sentence(call, tmp_path, argv, sentence):
    status, printed, _ = call(priors.main, *argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


# ── Layers ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three photos; in two of them there is something."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name, part in [("a/1.png", 60), ("a/2.png", 30), ("b/3.png", 0)]:
        photo = np.full((64, 64, 3), 110, np.uint8)
        photo[10 : 10 + part, 2 : 2 + part] = rng.integers(0, 255, (part, part, 3))[: 54, : 62]
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(photo).save(folder / name)
    return folder


def test_the_stages_go_from_the_first_convolution_to_the_scores():
    found = layers.stages(models.table("minivgg"))
    assert found == ["relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2", "relu6", "relu7", "fc8"]
    for name in ("squeezenet1_0_caffe", "googlenet", "alexnet"):
        net = models.table(name)
        found = layers.stages(net)
        assert found[-1] == net.score_layer and len(found) > 3
        assert found == sorted(found, key=list(net.layers).index)


def test_a_row_is_a_layer_with_its_best_channels_and_their_patches(call, folder, tmp_path):
    status, printed, notes = call(
        layers.main, "--folder", str(folder), "--layers", "relu1_2", "fc8", "--steps", "1",
        "--channels", "2", "--patches", "2",
    )
    assert status == 0 and "2 layers" in printed.out
    note = notes["minivgg_layers"]
    assert note["photos searched"] == 3 and list(note["layers"]) == ["relu1_2", "fc8"]
    assert note["layers"]["relu1_2"]["edge of what a unit sees"] == 5
    patches = list(note["layers"]["relu1_2"]["channels"].values())
    assert len(patches) == 2 and all(len(names) == 2 for names in patches)


def test_only_so_many_photos_of_a_folder_are_looked_at(call, folder):
    *_, notes = call(layers.main, "--folder", str(folder), "--layers", "relu1_1", "--steps", "1",
                     "--photos", "2", "--channels", "1")
    assert notes["minivgg_layers"]["photos searched"] == 2


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--layers", "relu9"], "relu9"),
        (["--channels", "0"], "--channels is 0"),
        (["--folder", "nowhere"], "no folder nowhere"),
    ],
)
def test_bad_input_to_layers_is_one_sentence(call, tmp_path, argv, sentence):
    status, printed, _ = call(layers.main, *argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
