"""Training on a folder of photos: it learns, it resumes exactly, and bad folders are said."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys

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


@pytest.mark.parametrize("option", ["--lr=1e30", "--random-seed=-1"])
def test_numbers_that_lead_nowhere_are_said_and_leave_nothing(folder, call, tmp_path, option):
    """One step an epoch: its loss is still a number, and only the scores after it are none."""
    status, printed = call(folder, "--epochs", "1", "--batch", "24", option)
    said = {"--lr=1e30": "take a smaller lr than 1e+30", "--random-seed=-1": "random_seed is -1"}
    assert status == 2 and said[option] in printed.err.splitlines()[-1]
    assert not list((tmp_path / "out").glob("*"))


def test_the_file_says_what_licence_it_has(folder, call, tmp_path):
    call(folder, "--epochs", "1", "--photos", "8", "--licence", "CC0")
    assert storage.read(tmp_path / "out" / "minivgg.h5")[1]["licence"] == "CC0"


@pytest.fixture
def stopped(folder, call, tmp_path, monkeypatch):
    """A run of two epochs of three steps, stopped by Ctrl-C in the middle of its fifth step."""
    taken = []

    def step(*args, take=train.training.step, **settings):
        taken.append(take(*args, **settings))
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
    assert "no class folders with photos" in said(tmp_path / "empty")
    photo = folder / "train" / "red" / "0.jpg"
    shutil.copy(photo, tmp_path / "empty" / "train" / "one")
    assert "one class folder with photos" in said(tmp_path / "empty")
    shutil.copytree(folder / "train" / "red", tmp_path / "empty" / "train" / "two")
    assert "val holds no photos" in said(tmp_path / "empty")
    (folder / "val" / "yellow").mkdir()
    shutil.copy(photo, folder / "val" / "yellow")
    assert "photos of 'yellow', and train has none" in said(folder)
    shutil.rmtree(folder / "val" / "yellow")
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
    shutil.copy(folder / "train" / "red" / "0.jpg", folder / "train" / "extra")
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


def test_a_checkpoint_that_cannot_be_written_is_said_and_training_goes_on(
    folder, call, tmp_path, monkeypatch
):
    call(folder, "--epochs", "1")
    checkpoint = tmp_path / "out" / "minivgg.checkpoint.npz"
    before = checkpoint.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    status, printed = call(folder, "--epochs", "2", "--force")
    assert status == 0, printed.err
    said = [line for line in printed.out.splitlines() if "checkpoint.npz" in line]
    assert len(said) == 2
    for line in said:
        assert "4 bytes of it were: No space left" in line and "training goes on" in line
    assert checkpoint.read_bytes() == before
    assert [file.name for file in (tmp_path / "out").iterdir() if file.name[0] == "."] == []
    note = json.loads((tmp_path / "out" / "minivgg.json").read_text())
    assert [line["epoch"] for line in note["log"]] == [1, 2]


def test_a_network_that_cannot_be_written_at_the_end_can_be_written_later(
    folder, call, tmp_path, monkeypatch
):
    def full(*args, **options):
        raise OSError("out/minivgg.h5 could not be written")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "save", full)
        status, printed = call(folder, "--epochs", "1")
    checkpoint = tmp_path / "out" / "minivgg.checkpoint.npz"
    assert status == 2 and f"--resume {checkpoint} writes it" in printed.err
    status, printed = call(folder, "--resume", str(checkpoint))
    assert status == 0 and models.load("minivgg", tmp_path / "out" / "minivgg.h5")


# ── Fine-tuning ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def learned(tmp_path):
    """A network of five classes that was trained elsewhere, with a mean colour of its own."""
    net = models.build("minivgg", 3, classes=["a", "b", "c", "d", "e"])
    attributes = net.attributes | {"mean": (0.1, 0.2, 0.3), "licence": "CC BY 4.0"}
    storage.save(tmp_path / "learned.h5", net.params, attributes, float16=True)
    return tmp_path / "learned.h5"


def test_fine_tuning_keeps_what_is_frozen_and_prepares_photos_as_the_file_says(
    folder, call, tmp_path, learned
):
    status, printed = call(folder, "--weights", str(learned), "--freeze", "conv", "--epochs", "1")
    assert status == 0, printed.err
    net = models.load("minivgg", tmp_path / "out" / "minivgg.h5")
    before = models.load("minivgg", learned)
    assert net.classes == sorted(COLOURS) and net.preprocessing == before.preprocessing
    for name, array in before.params.items():
        if name.startswith("conv"):
            assert np.array_equal(net.params[name], array), name
    assert not np.array_equal(net.params["fc6/weight"], before.params["fc6/weight"])
    attributes = storage.attributes_of(tmp_path / "out" / "minivgg.h5")
    assert attributes["licence"] == "CC BY 4.0" and "from learned.h5" in attributes["source"]
    note = json.loads((tmp_path / "out" / "minivgg.json").read_text())
    assert note["began with"]["sha256"] == hashlib.sha256(learned.read_bytes()).hexdigest()
    assert note["recipe"]["freeze"] == "conv" and note["recipe"]["body_rate"] == 0.1


def test_fine_tuning_that_is_resumed_needs_the_first_file_no_more(folder, call, tmp_path, learned):
    begin = ["--weights", str(learned), "--photos", "8"]
    call(folder, *begin, "--epochs", "2", out="whole")
    call(folder, *begin, "--epochs", "1", out="part")
    learned.unlink()
    checkpoint = str(tmp_path / "part" / "minivgg.checkpoint.npz")
    warm = ["--resume", checkpoint, "--epochs", "2", "--lr", "0.02"]
    status, printed = call(folder, *warm, out="part")
    assert status == 0, printed.err
    whole, part = (
        models.load("minivgg", tmp_path / out / "minivgg.h5") for out in ("whole", "part")
    )
    assert part.preprocessing == whole.preprocessing and set(part.params) == set(whole.params)
    note = json.loads((tmp_path / "part" / "minivgg.json").read_text())
    assert note["began with"]["weights"] == "learned.h5" and len(note["log"]) == 2


def test_fine_tuning_does_not_replace_the_file_it_began_with(folder, call, tmp_path, learned):
    (tmp_path / "out").mkdir()
    own = learned.rename(tmp_path / "out" / "minivgg.h5")
    before = own.read_bytes()
    status, printed = call(folder, "--weights", str(own), "--epochs", "1")
    assert status == 2 and "is there already, a trained network" in printed.err
    assert own.read_bytes() == before


def test_what_contradicts_fine_tuning_is_said(folder, call, tmp_path, learned):
    for options, said in [
        (["--freeze", "conv"], "give its --weights, too"),
        (["--body-rate", "0.5"], "give its --weights, too"),
        (["--weights", str(learned), "--resume", "x.npz"], "give --resume or --weights"),
        (["--weights", str(learned), "--model", "vgg11"], "holds weights of minivgg, not of vgg11"),
        (["--weights", str(learned), "--body-rate", "2"], "body_rate, a share of lr, "),
        (["--weights", str(tmp_path / "none.h5")], "there is no weight file"),
    ]:
        status, printed = call(folder, *options)
        assert status == 2 and said in printed.err, options
        assert not list((tmp_path / "out").glob("*")), options


# ── What lies in a folder ───────────────────────────────────────────────────────────────────────


def test_one_line_says_what_was_read_and_what_was_not(folder, call, tmp_path):
    red = folder / "train" / "red"
    for name in (".git", "yellow", "red/more"):
        (folder / "train" / name).mkdir()
    for name in ("more/a.jpg", "more/b.PNG", ".hidden.jpg", "upper.JPG", "page.TIFF"):
        Image.new("RGB", (20, 20)).save(red / name)
    (red / "note.txt").write_text("no photo")
    (red / "raw.heic").write_bytes(b"unknown")
    (folder / "train" / "readme.md").write_text("no class")
    (red / "broken.jpg").write_bytes(b"")
    for file in (folder / "val" / "green").iterdir():
        file.unlink()
    assert photo_folder.classes_of(folder) == sorted(COLOURS)
    train, val = (
        photo_folder.read(folder, part, sorted(COLOURS), 32).summary for part in ("train", "val")
    )
    for said in (
        "train: 26 photos of 3 classes; not read: 2 hidden, ", "1 beside the class folders",
        "2 in the folder red/more", "1 of the kind .txt", "1 of the kind .heic",
        "1 damaged or too small", "; empty, so no class: yellow",
    ):
        assert said in train
    assert val == "val: 6 photos of 2 classes; none of green, which stay without an accuracy"
    status, printed = call(folder, "--epochs", "1")
    assert status == 0 and train in printed.out and val in printed.out
    assert "class: yellow\n" in printed.out and "\n" not in train


def test_a_class_none_of_whose_photos_can_be_read_is_said(folder, call):
    for file in (folder / "train" / "red").iterdir():
        file.write_bytes(b"")
    status, printed = call(folder)
    assert status == 2 and "red holds no photo that can be read: " in printed.err


# ── The folder of a run ─────────────────────────────────────────────────────────────────────────


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_checkpoint_of_an_earlier_run_is_not_replaced_unless_one_says_so(
    folder, call, tmp_path, stopped
):
    before = contents(tmp_path / "part")
    for model in ("minivgg", "minivgg_bn"):
        status, printed = call(folder, "--epochs", "1", "--model", model, out="part")
        assert status == 2 and contents(tmp_path / "part") == before
        said = printed.err.splitlines()[-1]
        assert f"{stopped} is there already, of a run that has done 1 of 2 epochs" in said
        assert f"--resume {stopped}" in said and "--out" in said and "--force" in said
    status, printed = call(folder, "--epochs", "1", "--force", out="part")
    assert status == 0, printed.err
    assert contents(tmp_path / "part")[stopped.name] != before[stopped.name]


def test_a_run_that_is_resumed_elsewhere_replaces_no_other(folder, call, tmp_path, stopped):
    call(folder, "--epochs", "1", out="other")
    before = contents(tmp_path / "other")
    status, printed = call(folder, "--resume", str(stopped), out="other")
    assert status == 2 and "done 1 of 1 epochs" in printed.err
    assert contents(tmp_path / "other") == before
    status, printed = call(folder, "--resume", str(stopped), out="new")
    assert status == 0, printed.err


def test_a_file_that_is_no_checkpoint_and_a_network_without_one_are_not_replaced(
    folder, call, tmp_path
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "minivgg.h5").write_bytes(b"mine")
    status, printed = call(folder, "--epochs", "1")
    assert status == 2 and "minivgg.h5 is there already, a trained network" in printed.err
    (tmp_path / "out" / "minivgg.checkpoint.npz").write_bytes(b"cut off")
    status, printed = call(folder, "--epochs", "1")
    assert status == 2 and "which cannot be read as a checkpoint" in printed.err
    assert (tmp_path / "out" / "minivgg.h5").read_bytes() == b"mine"


def test_a_folder_belongs_to_one_run_until_its_end(folder, call, tmp_path):
    """The other run is another process: it is killed, and the folder is free at once."""
    code = (
        "import pathlib, sys, time; from demos.shared.run_folder import own\n"
        f"with own(pathlib.Path({str(tmp_path / 'out')!r})): print('mine', flush=True); "
        "time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "mine\n"
        status, printed = call(folder, "--epochs", "1")
        assert status == 2 and "another training run is writing into" in printed.err
    finally:
        other.kill()
        other.communicate()
    assert [file.name for file in (tmp_path / "out").iterdir()] == [".training"]  # locks nobody
    assert call(folder, "--epochs", "1")[0] == 0
    assert not (tmp_path / "out" / ".training").exists()


def test_a_folder_that_cannot_be_written_is_said_before_photos_are_read(
    folder, call, tmp_path, monkeypatch
):
    def read(*args):
        raise AssertionError("photos were read before")

    monkeypatch.setattr(photo_folder, "read", read)
    (tmp_path / "file").write_text("in the way")
    for out in ("file", "file/below"):
        status, printed = call(folder, out=out)
        assert status == 2 and str(tmp_path / "file") in printed.err

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda where: usage._replace(free=9))
    status, printed = call(folder)
    assert status == 2 and "its disk has 9 bytes left" in printed.err


# ── What is written can be read ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("model", "written"), [("minivgg_bn", "minivgg"), ("squeezenet1_1", "squeezenet1_1")]
)
def test_whatever_was_trained_can_be_read(folder, call, tmp_path, model, written):
    status, printed = call(folder, "--model", model, "--epochs", "1", "--photos", "8")
    assert status == 0, printed.err
    files = contents(tmp_path / "out")
    assert set(files) == {
        f"{written}{end}" for end in (".h5", ".json", ".checkpoint.npz", "_curve.png")
    }
    net = models.load(written, tmp_path / "out" / f"{written}.h5")
    assert net.classes == sorted(COLOURS)


@pytest.mark.parametrize("model", models.names())
def test_what_training_leaves_of_any_network_fits_the_table_whose_name_it_gets(model):
    net = models.table(model, 3)
    zero = np.zeros((), np.float32)
    params = {name: np.broadcast_to(zero, shape) for name, shape in net.shapes.items()}
    run = training_run.Run(training_run.Recipe(model), net, params, None)
    left = {name: array.shape for name, array in train.folded(run, 1.0).items()}
    assert left == models.table(run.name, 3).shapes


@pytest.mark.parametrize("model", ["minivgg", "squeezenet1_1", "googlenet"])
def test_the_temperature_divides_the_scores_of_any_network(model, rng):
    """In SqueezeNet a relu and a mean follow the last layer that has weights."""
    net = models.build(model, classes=3)
    run = training_run.Run(training_run.Recipe(model), net, net.params, None)
    x = rng.uniform(0, 255, (2, 3, 96, 96)).astype("f4")
    cooler = net.scores(x, params=train.folded(run, 4.0))
    np.testing.assert_allclose(cooler, net.scores(x) / 4, rtol=1e-3, atol=1e-6)


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
