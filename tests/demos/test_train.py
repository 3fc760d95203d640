"""Training on a folder of photos: it learns, it resumes exactly, and bad folders are said."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import train
from demos.shared import training_run
from minigrad.command import run
from models import photo, photo_folder, storage

COLOURS = {"blue": (40, 60, 220), "green": (50, 190, 60), "red": (220, 50, 40)}


@pytest.fixture
def folder(tmp_path):
    """Three classes that differ in colour: photos of noise around it."""
    rng = np.random.default_rng(0)
    for part, count in [("train", 8), ("val", 3)]:
        for name, colour in COLOURS.items():
            place = tmp_path / "photos" / part / name
            place.mkdir(parents=True)
            for i in range(count):
                pixels = np.clip(rng.normal(colour, 20, (40, 48, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{i}.jpg")
    return tmp_path / "photos"


@pytest.fixture
def call(tmp_path, capsys):
    def call(folder, *argv, out="out"):
        options = ["--data", str(folder)]
        if "--resume" not in argv:
            options += ["--sizes", "32*1", "--batch", "8", "--lr", "0.02"]
        status = run(train.main, [*options, "--out", str(tmp_path / out), *argv], "demos")
        return status, capsys.readouterr()

    return call


def test_a_run_writes_a_network_that_tells_the_classes(folder, call, tmp_path):
    status, printed = call(folder, "--epochs", "3")
    assert status == 0, printed.err
    net = models.load("minivgg", tmp_path / "out" / "minivgg.h5")
    assert net.classes == sorted(COLOURS)
    note = json.loads((tmp_path / "out" / "minivgg.json").read_text())
    assert [line["epoch"] for line in note["log"]] == [1, 2, 3]
    assert note["log"][-1]["loss"] < note["log"][0]["loss"]
    assert (tmp_path / "out" / "minivgg_curve.png").exists()
    weights = (tmp_path / "out" / "minivgg.h5").read_bytes()
    assert note["sha256"] == hashlib.sha256(weights).hexdigest()


def test_the_file_says_what_licence_it_has(folder, call, tmp_path):
    call(folder, "--epochs", "1", "--photos", "8", "--licence", "CC0")
    assert storage.read(tmp_path / "out" / "minivgg.h5")[1]["licence"] == "CC0"


@pytest.fixture
def stopped(folder, call, tmp_path, monkeypatch):
    """A run of two epochs of three steps, stopped by Ctrl-C in the middle of its fifth step."""
    taken = []

    def step(*args, take=train.training.step):
        taken.append(take(*args))
        if len(taken) == 5:     # momentum has moved, and nobody has seen the new weights
            raise KeyboardInterrupt
        return taken[-1]

    with monkeypatch.context() as patch:
        patch.setattr(train.training, "step", step)
        status, printed = call(folder, "--epochs", "2", out="part")
    assert status == 130 and "goes on from epoch 2, step 2" in printed.err
    return tmp_path / "part" / "minivgg.checkpoint.npz"


def params(file):
    return models.load("minivgg", file).params


def test_a_run_that_is_resumed_in_the_middle_of_a_step_is_the_same_run(
    folder, call, tmp_path, stopped
):
    call(folder, "--epochs", "2", out="whole")
    status, printed = call(folder, "--resume", str(stopped), out="part")
    assert status == 0, printed.err
    resumed = params(tmp_path / "part" / "minivgg.h5")
    for name, array in params(tmp_path / "whole" / "minivgg.h5").items():
        assert np.array_equal(array, resumed[name]), name
    logs = [json.loads((tmp_path / out / "minivgg.json").read_text()) for out in ("whole", "part")]
    assert logs[0]["log"] == logs[1]["log"]


def test_a_finished_run_goes_on_for_more_epochs_and_at_a_new_rate(folder, call, tmp_path):
    call(folder, "--epochs", "1")
    checkpoint = tmp_path / "out" / "minivgg.checkpoint.npz"
    warm = training_run.resume(checkpoint, sorted(COLOURS), {"epochs": 3, "lr": 0.5}, "cpu")
    assert warm.recipe.began == 1 and warm.recipe.rate(10)(10) < 0.1 < warm.recipe.rate(10)(19)
    longer = training_run.resume(checkpoint, sorted(COLOURS), {"epochs": 3}, "cpu")
    assert longer.recipe.began == 0 and longer.recipe.rate(10)(30) == pytest.approx(0)
    options = ["--data", str(folder), "--resume", str(checkpoint), "--epochs", "2"]
    assert run(train.main, [*options, "--out", str(tmp_path / "out")], "demos") == 0
    note = json.loads((tmp_path / "out" / "minivgg.json").read_text())
    assert [line["epoch"] for line in note["log"]] == [1, 2]


def test_a_warm_restart_can_have_an_adversary(folder, call, tmp_path):
    call(folder, "--epochs", "1")
    checkpoint = tmp_path / "out" / "minivgg.checkpoint.npz"
    options = ["--resume", str(checkpoint), "--epochs", "2", "--adversary", "1"]
    status, printed = call(folder, *options)
    assert status == 2 and "give --lr too" in printed.err
    status, printed = call(folder, *options, "--lr", "0.01")
    assert status == 0, printed.err
    recipe = json.loads((tmp_path / "out" / "minivgg.json").read_text())["recipe"]
    assert recipe["adversary"] == 1.0 and recipe["began"] == 1


def test_bad_folders_are_one_sentence(folder, call, tmp_path):
    def said(path, *argv):
        status, printed = call(path, *argv)
        assert status == 2
        return printed.err.splitlines()[-1]

    assert "there is no folder" in said(tmp_path / "nowhere")
    (tmp_path / "empty" / "train").mkdir(parents=True)
    (tmp_path / "empty" / "val").mkdir()
    assert "no class folders" in said(tmp_path / "empty")
    (tmp_path / "empty" / "train" / "one").mkdir()
    assert "one class" in said(tmp_path / "empty")
    (tmp_path / "empty" / "train" / "two").mkdir()
    assert "holds no photos" in said(tmp_path / "empty")
    (folder / "val" / "yellow").mkdir()
    assert "'yellow', which train lacks" in said(folder)
    (folder / "val" / "yellow").rmdir()
    assert "sizes is 'abc'" in said(folder, "--sizes", "abc")
    assert "adversary, a distance in grey levels, is -1" in said(folder, "--adversary", "-1")


def test_a_checkpoint_of_something_else_is_said(folder, call, tmp_path):
    (tmp_path / "file").write_text("no checkpoint")
    status, printed = call(folder, "--resume", str(tmp_path / "file"))
    assert status == 2 and "is no checkpoint" in printed.err
    call(folder, "--epochs", "1")
    checkpoint = tmp_path / "out" / "minivgg.checkpoint.npz"
    status, printed = call(folder, "--resume", str(checkpoint), "--model", "vgg11")
    assert status == 2 and "of minivgg, not of vgg11" in printed.err
    status, printed = call(folder, "--resume", str(checkpoint), "--batch", "9")
    assert status == 2 and "has its own batch, 8" in printed.err
    status, printed = call(folder, "--resume", str(checkpoint), "--sizes", "64*1")
    assert status == 2 and "give --lr too" in printed.err
    with np.load(checkpoint) as file:
        arrays = {name: file[name] for name in file.files if "bn6" not in name}
    np.savez(tmp_path / "fewer.npz", **arrays)
    status, printed = call(folder, "--resume", str(tmp_path / "fewer.npz"))
    assert status == 2 and "has other layers than minivgg_bn" in printed.err
    (folder / "train" / "extra").mkdir()
    status, printed = call(folder, "--resume", str(checkpoint))
    assert status == 2 and "other classes" in printed.err


def test_what_is_no_photo_or_has_one_pixel_is_named_and_left_out(folder, call):
    (folder / "train" / "red" / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    Image.new("RGB", (1, 1)).save(folder / "train" / "red" / "dot.png")
    photos = photo_folder.read(folder, "train", sorted(COLOURS), 32)
    assert len(photos.labels) == len(photos.pictures) == 24
    broken, dot = photos.left_out
    assert "broken.jpg is no image" in broken and "dot.png has 1×1 pixels" in dot
    _, printed = call(folder, "--epochs", "1", "--photos", "8")
    assert f"left out: {broken}\nleft out: {dot}\n" in printed.out


def photo_of_every_kind(folder):
    """One file each: turned by EXIF, transparent, 16 bit, CMYK, with a palette, grey with alpha."""
    y, x = np.mgrid[:170, :230]
    waves = [127 + 120 * np.sin(x / a + y / b) for a, b in [(29, 27), (31, -28), (45, 32)]]
    rgb = Image.fromarray(np.stack(waves, axis=-1).astype(np.uint8))
    note = Image.Exif()
    note[0x0112] = 6
    rgb.save(folder / "turned.png", exif=note)
    rgb.save(folder / "turned.jpg", exif=note)
    glass = rgb.convert("RGBA")
    glass.putalpha(Image.fromarray((x % 256).astype(np.uint8)))
    glass.save(folder / "transparent.png")
    glass.convert("LA").save(folder / "grey_alpha.png")
    rgb.convert("P").save(folder / "palette.png", transparency=3)
    rgb.convert("CMYK").save(folder / "inks.jpg")
    Image.fromarray((waves[0] * 257).astype(np.uint16)).save(folder / "sixteen.png")
    Image.fromarray((waves[0] * 257).astype(np.uint16)).save(folder / "sixteen.tif")
    return sorted(folder.iterdir())


def test_training_decodes_what_looking_sees(tmp_path):
    """The training pixels are the looking pixels, whatever the file is."""
    for file in photo_of_every_kind(tmp_path):
        seen = np.asarray(photo.upright_rgb(file))
        learnt = photo_folder.decode(file, 1000)
        assert np.array_equal(learnt, seen), file.name
    assert photo_folder.decode(tmp_path / "turned.png", 1000).shape == (230, 170, 3)
    assert photo_folder.decode(tmp_path / "sixteen.png", 1000).std() > 50


def test_the_middle_that_is_judged_in_training_is_the_middle_that_is_looked_at(folder):
    """To one grey level of rounding, for the photo is shrunk first and cut later."""
    files = photo_of_every_kind(folder / "val" / "red")
    photos = photo_folder.read(folder, "val", sorted(COLOURS), 146)
    net = models.table("minivgg")
    p = net.preprocessing
    (judged, labels), = photo_folder.centred(photos, p.resize, p.crop, 100)
    red = judged[labels == sorted(COLOURS).index("red")]
    assert red.shape == (len(files), 3, 128, 128)
    for file, pixels in zip(files, red, strict=True):
        assert np.abs(pixels - net.pixels(file)[0]).max() <= 1, file.name


def test_the_shorter_side_is_the_edge_exactly(tmp_path):
    for size in [(333, 500), (1000, 147), (146, 146), (100, 90)]:
        Image.new("RGB", size).save(tmp_path / "p.png")
        assert min(photo_folder.decode(tmp_path / "p.png", 146).shape[:2]) == min(*size, 146)


def test_a_class_without_photos_to_judge_by_has_no_accuracy(folder, call, tmp_path):
    for file in (folder / "val" / "green").iterdir():
        file.unlink()
    status, printed = call(folder, "--epochs", "1")
    assert status == 0, printed.err
    note = json.loads((tmp_path / "out" / "minivgg.json").read_text())
    shares = note["accuracy by class"]
    assert set(shares) == {"blue", "red"}
    assert note["mean of the classes' accuracies"] == pytest.approx(np.mean(list(shares.values())))


def test_a_full_disk_loses_nothing(folder, call, tmp_path, monkeypatch):
    call(folder, "--epochs", "1")
    checkpoint = tmp_path / "out" / "minivgg.checkpoint.npz"
    before = checkpoint.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    status, printed = call(folder, "--epochs", "1")
    assert status == 2 and "no space left" in printed.err
    assert checkpoint.read_bytes() == before


def test_batches_depend_on_the_step_alone(folder):
    photos = photo_folder.read(folder, "train", sorted(COLOURS), 32)
    a = list(photo_folder.batches(photos, 32, 4, range(0, 3), 0, 3))
    b = list(photo_folder.batches(photos, 32, 4, range(2, 3), 0, 3))
    assert np.array_equal(a[2][0], b[0][0]) and np.array_equal(a[2][1], b[0][1])
    assert a[0][0].shape == (4, 3, 32, 32) and a[0][0].dtype == np.float32


def test_a_small_class_is_drawn_more_often_than_its_photos_and_less_than_a_large_one():
    labels = np.array([0] * 81 + [1] * 16)
    chance = photo_folder.fair_chance(labels, 2)
    assert chance.sum() == pytest.approx(1)
    assert chance[labels == 1].sum() / chance[labels == 0].sum() == pytest.approx(4 / 9)
