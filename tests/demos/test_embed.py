"""Digits and views at places, from the command line: what is drawn, told, kept and gone on with."""

import functools
import json

import numpy as np
import pytest
from PIL import Image

from demos import cylinder, embed
from demos.shared import digits, embedding_run, space
from minigrad.command import run
from minigrad.techniques.learn.cylinder import views

FEW = ["--steps", "3"]


@pytest.fixture
def file(tmp_path, rng):
    """Ten classes of small patterns, 12 images of each."""
    labels = np.arange(120) % 10
    X = rng.uniform(0, 0.3, (120, 28, 28)) + 0.7 * rng.uniform(0, 1, (10, 28, 28))[labels].round()
    np.savez(tmp_path / "some.npz", X=X.reshape(120, 784).astype("f4"), Y=labels)
    return tmp_path / "some.npz"


@pytest.fixture
def call(file, tmp_path, capsys, monkeypatch):
    def call(*argv, demo=embed, data=None):
        data = [] if demo is cylinder else ["--data", str(file)] if data is None else data
        given = [*data, *argv, "--out", str(tmp_path / "out")]
        given = argv if "--resume" in argv else given
        monkeypatch.setattr("sys.argv", ["demos", demo.__name__.split(".")[-1], *given])
        status = run(demo.main, list(given), "demos")
        found = sorted((tmp_path / "out").glob("*.json"))
        note = json.loads(found[0].read_text()) if found else None
        return status, capsys.readouterr(), note

    return call


def colours_in(picture):
    return len(Image.open(picture).convert("RGB").getcolors(10**6))


# ── embed ───────────────────────────────────────────────────────────────────────────────────────


def test_one_loss_draws_dots_and_digits_and_tells_how_good_each_space_is(call, tmp_path):
    status, said, note = call(*FEW)
    assert status == 0 and said.out.strip().endswith("some_embed.png")
    assert note["pictures"] == ["some_embed.png", "some_embed_digits.png"]
    assert list(note["spaces"]) == ["pixels", "2 principal components", "contrastive"]
    assert note["spaces"]["pixels"] == {"5-NN": 1.0, "recall@1": 1.0}   # the patterns are plain
    assert (note["digits trained on"], note["not shown"], note["steps done"]) == (100, 20, [3])
    assert colours_in(tmp_path / "out" / "some_embed.png") > 50


def test_all_losses_stand_on_one_sheet_and_space_has_three_dimensions(call):
    status, _, note = call(*FEW, "--loss", "all", "--dimensions", "3")
    assert status == 0 and note["pictures"] == ["some_embed.png"]
    assert list(note["spaces"])[1:] == [
        "3 principal components", "contrastive", "triplet", "lifted", "n-pair"
    ]


def test_shifts_are_learned_by_one_of_two_and_told_by_the_pixel(call):
    status, _, note = call(*FEW, "--shifts")
    rows = note["5-NN of moved digits"]
    assert status == 0 and list(rows)[2:] == ["contrastive", "contrastive, trained on moved"]
    assert len(rows["pixels"]) == 7
    assert rows["pixels"]["+0 px"] == 1 > rows["pixels"]["+6 px"]


def test_held_classes_are_not_trained_on_and_looked_for_alone(call):
    status, _, note = call(*FEW, "--held", "3", "8")
    assert status == 0 and note["pictures"] == ["some_embed_held.png"]
    assert list(note["spaces"])[2] == "n-pair"
    assert note["digits trained on"] + note["not shown"] < 120


def test_a_stopped_run_is_drawn_and_goes_on_to_the_same_bytes(call, monkeypatch, tmp_path):
    def stop_after_two(*args, **settings):
        for now in embedding(*args, **settings):
            yield now
            if now.step == 2 and settings["shift"] > 1:
                raise KeyboardInterrupt

    call(*FEW, "--shifts")
    whole = (tmp_path / "out" / "some_embed_shifts.png").read_bytes()
    embedding = embedding_run.embedding
    monkeypatch.setattr(embedding_run, "embedding", stop_after_two)
    status, said, note = call(*FEW, "--shifts")
    assert status == 130 and note["interrupted"] and note["steps done"] == [3, 2]
    assert "--resume" in said.err and note["pictures"][-1] == "some_embed_shifts_state.npz"
    monkeypatch.setattr(embedding_run, "embedding", embedding)
    status, _, note = call("--resume", str(tmp_path / "out" / "some_embed_shifts.json"))
    assert status == 0 and not note["interrupted"] and note["steps done"] == [3, 3]
    assert (tmp_path / "out" / "some_embed_shifts.png").read_bytes() == whole
    assert not (tmp_path / "out" / "some_embed_shifts_state.npz").exists()


@pytest.mark.parametrize(("argv", "sentence"), [
    (["--steps", "0"], "--steps is 0: give a whole number, 1 or more"),
    (["--lr", "0"], "--lr is 0.0: give a number above 0"),
    (["--seed", "-1"], "--seed is -1"),
    (["--held", "3", "--shifts"], "give one of them"),
    (["--held", "12"], "--held 12: name some of the classes 0, 1, 2"),
    (["--held", *"123456789"], "leave two or more to train on"),
    (["--data", "nothing.npz"], "there is no file nothing.npz"),
])
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, said, _ = call(*FEW, *argv)
    assert status == 2 and sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arrays", [
    {"X": np.zeros((3, 784))}, {"X": np.zeros((3, 100)), "Y": np.zeros(3, int)},
    {"X": np.zeros((3, 784)), "Y": np.zeros(4, int)}, {"X": np.zeros((3, 784)), "Y": np.zeros(3)},
    {"X": np.zeros((0, 784)), "Y": np.zeros(0, int)},
])
def test_a_file_of_something_else_is_refused(call, file, arrays):
    np.savez(file, **arrays)
    status, said, _ = call(*FEW)
    assert status == 2 and "holds no digits: give a .npz with X (N, 784)" in said.err
    file.write_text("something else")
    assert "holds no digits" in call(*FEW)[1].err


def test_few_digits_of_a_class_are_refused(call, file):
    np.savez(file, X=np.zeros((21, 784)), Y=np.arange(21) % 2 + (np.arange(21) == 0) * 5)
    assert "has 1 digits of class 5: give two classes" in call(*FEW)[1].err


def test_scikit_learns_digits_are_enlarged_to_mnists_size():
    pytest.importorskip("sklearn")
    found = digits.read(None)
    assert found.images.shape == (1797, 28, 28) and found.images.dtype == np.uint8
    assert set(found.labels) == set(range(10)) and not found.images[:, :4].any()


# ── photos ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path, rng):
    """Two classes of four photos, noise in red and in blue, and one that is alone."""
    for name, colour in (("red", (255, 90, 90)), ("blue", (90, 90, 255)), ("alone", (9, 9, 9))):
        place = tmp_path / "photos" / name
        place.mkdir(parents=True)
        for n in range(1 if name == "alone" else 4):
            noise = rng.uniform(0.5, 1, (40, 40, 1)) * colour
            Image.fromarray(noise.astype(np.uint8)).save(place / f"{n}.png")
    return tmp_path / "photos"


def photos(call, *argv):
    return call(*argv, demo=embed, data=[])


def test_photos_are_found_by_codes_and_by_pixels_and_one_alone_is_left_out(call, folder, tmp_path):
    status, said, note = photos(call, "--photos", str(folder))
    assert status == 0, said.err
    assert (note["photos"], note["classes"], note["left out, alone in their folder"]) == (8, 2, 1)
    titles = list(note["spaces"])
    assert titles == ["minivgg's relu7, 512 numbers", "7 principal components of the pixels",
                      "the pixels, 3,072 numbers"]
    assert note["spaces"][titles[2]]["recall@1"] == 1 and "recall@5 100.0%" in said.out
    assert note["pictures"] == ["photos_embed_photos.png"]
    assert colours_in(tmp_path / "out" / "photos_embed_photos.png") > 200


def test_photos_without_classes_and_with_digits_are_refused(call, folder):
    status, said, _ = photos(call, "--photos", str(folder / "red"))
    assert status == 2 and "has no two folders of photos" in said.err
    status, said, _ = photos(call, "--photos", str(folder), "--shifts")
    assert status == 2 and "leave --data, --held, --shifts and --loss out" in said.err


# ── cylinder ────────────────────────────────────────────────────────────────────────────────────


def test_the_cylinder_is_drawn_beside_principal_components(call, monkeypatch, tmp_path):
    monkeypatch.setattr(cylinder, "views", functools.partial(views, size=16))
    monkeypatch.setattr(cylinder, "EDGE", 90)
    status, said, note = call(*FEW, demo=cylinder)
    assert status == 0 and "roundness" in said.out
    assert list(note["spaces"]) == ["embedding", "principal components of pixels"]
    assert all(0 <= number < 9 for row in note["spaces"].values() for number in row.values())
    assert (note["images trained on"], note["images not shown"]) == (660, 312)
    assert colours_in(tmp_path / "out" / "cylinder.png") > 200


def test_a_viewer_sees_what_is_up_up_and_what_is_near_last():
    right, up, near = space.seen(np.eye(3), turn=0, tilt=0).T
    assert np.allclose(up, [0, 0, 1]) and np.allclose(right, [0, 1, 0])
    assert np.allclose(near, [1, 0, 0])
    above = space.seen(np.eye(3), turn=0, tilt=90)
    assert np.allclose(above[2], [0, 0, 1])
    front, back = np.array([[1.0, 0, 0]]), np.array([[-1.0, 0, 0]])
    red, blue = [(255, 0, 0)], [(0, 0, 255)]
    picture = space.scatter(np.concatenate([front, back]), red + blue, 100, turn=0, tilt=0)
    assert picture.getpixel((50, 50)) == (255, 0, 0)
