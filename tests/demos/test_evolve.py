"""Fooling images from the command line, with a small network, few children and few steps."""

import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import evolve
from demos.shared import fooled
from minigrad import ops
from minigrad.command import run
from minigrad.techniques.fool import cppn


@pytest.fixture
def call(random_weights, tmp_path, capsys, monkeypatch):
    """Run the demo; the random network has the classes cup, cat, tea cup and dog."""
    monkeypatch.setattr(fooled, "CHILDREN", 3)
    monkeypatch.setattr(fooled, "STEPS", 2)

    def call(*argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path)]
        short = [] if "--genome" in argv else ["--generations", "2"]
        status = run(evolve.main, [*options, *short, *map(str, argv)], "demos")
        file = tmp_path / "minivgg_evolve.json"
        return status, capsys.readouterr(), json.loads(file.read_text()) if file.exists() else None

    return call


def test_a_row_is_a_way_and_a_column_a_class_with_the_probability_in_the_file(
    call, tmp_path, random_weights
):
    status, printed, note = call("--classes", "cat,dog", "cup")
    assert status == 0 and "9 pictures: " in printed.out
    assert [(one["way"], one["of"]) for one in note["images"]] == [
        (way, name) for way in ("cppn", "direct", "ascent") for name in ("cat", "dog", "cup")
    ]
    net = models.load("minivgg", random_weights)
    for one in note["images"]:
        x = np.asarray(Image.open(tmp_path / one["file"]), np.float32).transpose(2, 0, 1)[None]
        p = ops.softmax(net.scores(x))[0, net.classes.index(one["of"])]
        assert one["probability in the file"] == pytest.approx(float(p), rel=1e-5)
    assert "2 generations of 3 children" in note["ways"]["cppn"]
    assert "of the 3 classes that were asked for, after 2 steps" in note["ways"]["ascent"]
    with Image.open(tmp_path / "minivgg_evolve.png") as sheet:
        assert sheet.width > 3 * 160 and sheet.height > 4 * 160


def test_a_genome_lies_beside_its_picture_and_draws_the_same_pixels(call, tmp_path):
    call("--classes", "dog", "--encoding", "cppn")
    record = json.loads((tmp_path / "minivgg_evolve_cppn_dog_genome.json").read_text())
    picture = np.asarray(Image.open(tmp_path / "minivgg_evolve_cppn_dog.png")).transpose(2, 0, 1)
    assert (cppn.drawn([cppn.genome(record)], record["size"])[0] == picture).all()


def test_a_genome_is_drawn_again_at_any_size(call, tmp_path):
    _, _, note = call("--classes", "dog", "--encoding", "cppn")
    file = tmp_path / "minivgg_evolve_cppn_dog_genome.json"
    status, printed, _ = call("--genome", file, "--size", "200")
    assert status == 0 and "128 pixels:" in printed.out and "200 pixels:" in printed.out
    assert Image.open(tmp_path / "minivgg_evolve_cppn_dog_200.png").size == (200, 200)
    again = json.loads((tmp_path / "minivgg_evolve_cppn_dog_200.json").read_text())
    said = dict(again["said at each size"]["128"])
    p = note["images"][0]["probability in the file"]
    assert "dog" not in said or said["dog"] == pytest.approx(p, rel=1e-4)


def test_without_classes_the_best_are_shown_and_all_are_all(call):
    _, _, note = call("--encoding", "cppn")
    p = [one["probability in the file"] for one in note["images"]]
    assert len(p) == 4 and p == sorted(p, reverse=True)
    _, _, note = call("--encoding", "ascent", "--classes", "all")
    assert [one["of"] for one in note["images"]] == ["cup", "cat", "tea cup", "dog"]


def test_a_seed_repeats(call, tmp_path):
    def pictures(seed):
        call("--classes", "dog", "--seed", seed)
        return [file.read_bytes() for file in sorted(tmp_path.glob("*_dog.png"))]

    first = pictures(1)
    assert len(first) == 3 and first == pictures(1) and first != pictures(2)


@pytest.mark.parametrize("way", ["cppn", "ascent"])
def test_a_film_shows_how_they_were_found(call, tmp_path, way):
    call("--classes", "dog", "cat", "--encoding", way, "--film", "gif", "--generations", "9")
    with Image.open(tmp_path / "minivgg_evolve.gif") as film:
        assert film.n_frames >= 2 and film.width > film.height


@pytest.mark.parametrize(("after", "kept"), [(1, ["cppn"]), (3, ["cppn", "direct"])])
def test_what_is_stopped_keeps_what_there_is(call, monkeypatch, after, kept):
    original, steps = fooled.evolve, []

    def stopped(*args, **settings):
        for now in original(*args, **settings):
            if len(steps) == after:
                raise KeyboardInterrupt
            steps.append(now)
            yield now

    monkeypatch.setattr(fooled, "evolve", stopped)
    status, printed, note = call("--classes", "dog")
    assert status == 130 and f"{len(kept)} pictures: " in printed.err
    assert list(note["ways"]) == kept and note["interrupted"]
    assert "after 1 generations" in note["ways"][kept[-1]]


def test_what_is_stopped_before_the_first_generation_writes_nothing(call, monkeypatch, tmp_path):
    def stopped(*args, **settings):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(fooled, "evolve", stopped)
    status, printed, note = call("--classes", "dog")
    assert status == 130 and "nothing is written" in printed.err and note is None


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--classes", "unicorn"], "knows no class 'unicorn'"),
    (["--generations", "0"], "--generations is 0: give a whole number, 1 or more"),
    (["--seed", "-1"], "--seed is -1"),
    (["--size", "64"], "--size is of a --genome"),
    (["--genome", "nowhere.json"], "there is no file nowhere.json"),
    (["--genome", __file__], "is no genome"),
    (["--genome", "nowhere.json", "--size", "9"], "--size 9: give 16 to 4096 pixels"),
    (["--encoding", "direct", "--film", "gif"], "put cppn or ascent first"),
])
def test_bad_input_is_one_sentence(call, tmp_path, argv, sentence):
    status, printed, _ = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
