"""Every option is told of and does something; what is wrong is one sentence with the way out."""

import importlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import models
from demos import classes, maximize, opinion, rules, what
from demos.__main__ import demos, wants_quiet
from demos.shared.command import FACE, PHOTOS
from minigrad.command import run
from minigrad.techniques.make import excite
from weights import __main__ as weights_command

ROOT = pathlib.Path(__file__).parents[2]
SMALL = ["--size", "32", "--steps", "1"]


@pytest.fixture(scope="module")
def weights(weights_of):
    """A small network with random weights, in a file; two of its classes have numbers as names."""
    return weights_of(["cup", "3", "golf ball", "dalmatian", "1"])


@pytest.fixture
def call(weights, tmp_path, capsys):
    def call(demo, *argv):
        writes = demo not in (what, classes)
        out = ["--out", str(tmp_path / "out")] if writes and "--out" not in argv else []
        status = run(demo.main, ["--weights", str(weights), *map(str, argv), *out], "demos")
        return status, capsys.readouterr()

    return call


@pytest.mark.parametrize("demo", demos())
def test_every_option_has_a_line_of_help_and_the_help_fits_80_columns(demo, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    parse = importlib.import_module(f"demos.{demo}").options()
    assert [a.option_strings or a.dest for a in parse._actions if not a.help] == []
    assert max(map(len, parse.format_help().splitlines())) <= 80


def test_what_is_empty_is_not_the_folder_one_stands_in(call, capsys, tmp_path):
    """As where a variable of the shell is not set: rules "$PHOTO" --out "$DIR"."""
    for wrong in ([""], ["--image", " "]):
        with pytest.raises(SystemExit, match="2"):
            call(rules, *wrong)
        assert "it is empty" in capsys.readouterr().err
    status, said = call(rules, FACE, "--out", "")
    assert status == 2 and "--out is empty" in said.err


def test_what_is_asked_for_twice_is_made_once(call, tmp_path):
    small = ["--steps", "1", "--size", "32"]
    call(maximize, "--class", "cup", "CUP", *small)
    assert not (tmp_path / "out" / "cup_maximize_2.png").exists()
    _, said = call(maximize, "--layer", "conv1_1", "--channel", "3,4,3", *small)
    assert "2 pictures" in said.out


def test_none_and_a_regularizer_contradict_each_other(call):
    status, said = call(maximize, "--class", "cup", "--regularizer", "none", "l2=1")
    assert status == 2 and "none alone" in said.err


@pytest.mark.parametrize("layer", ["fc8", "fc6", "avgpool", "relu7"])
def test_a_layer_that_sees_the_whole_image_is_excited_at_the_networks_size(call, layer, tmp_path):
    status, said = call(maximize, "--layer", layer, "--channel", "3", "--steps", "1")
    assert status == 0 and said.out
    assert Image.open(tmp_path / "out" / f"{layer}_3_maximize_1.png").size == (128, 128)


@pytest.mark.parametrize(("demo", "argv", "sentence"), [
    (rules, ["--unit", "²,1,1"], "--unit '²,1,1': give strongest, or channel,row,column"),
    (rules, ["--unit", "٣,1,1"], "--unit '٣,1,1': give strongest, or channel,row,column"),
    (rules, ["--unit", "1,2"], "give strongest, or channel,row,column"),
    (rules, ["--layer", "fc7", "--unit", "1,2,3"], "give strongest, or one number"),
    (rules, ["nowhere.jpg"], "there is no photo nowhere.jpg"),
    (rules, ["nowhere*.jpg"], "no photo matches nowhere*.jpg"),
    (rules, [str(ROOT / "models")], "holds no photos"),
    (maximize, ["--class", "dalmation"], "did you mean dalmatian?"),
    (maximize, ["--class", "golfball"], "did you mean golf ball?"),
    (maximize, ["--class", "cup", "--seed", "-1"], "--seed is -1: give a whole number, 0 or more"),
    (maximize, ["--class", "cup", "--size", "0"], "--size 0: give 16 or more"),
    (maximize, ["--class", "cup", "--image", FACE], "only looked at with --start photo"),
    (maximize, ["--class", "cup", "--channel", "3"], "--channel is of a --layer"),
    (maximize, ["--class", "cup", "--start", "photo", "--image", PHOTOS], "begins with one photo"),
    (classes, ["golfbal"], "no class of minivgg contains 'golfbal'; did you mean golf ball?"),
    (classes, ["zzz"], "no class of minivgg contains 'zzz'; without a text, all are listed"),
    (what, ["--top", "0"], "--top is 0: give a whole number, 1 or more"),
])
def test_bad_input_is_one_sentence_with_the_way_out(call, tmp_path, demo, argv, sentence):
    status, said = call(demo, *argv)
    assert status == 2 and sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("demo", [rules, maximize])
def test_an_empty_name_is_no_name(call, demo):
    for option in ("--layer", "--class"):
        with pytest.raises(SystemExit) as ended:
            call(demo, option, "")
        assert ended.value.code == 2


@pytest.mark.parametrize("demo", [rules, maximize, opinion])
def test_a_folder_for_pictures_that_is_a_file_is_said_before_the_work(call, demo, tmp_path):
    (tmp_path / "file").write_text("mine")
    asked = ["--class", "cup", *SMALL] if demo is maximize else []
    status, said = call(demo, *asked, "--out", tmp_path / "file")
    assert status == 2 and "file is a file; name a folder" in said.err and said.out == ""
    assert (tmp_path / "file").read_text() == "mine"


def test_a_class_that_is_called_3_goes_before_the_one_with_this_number(call, tmp_path):
    for text, name in [("3", "3"), ("1", "1"), ("2", "golf ball"), ("dalm", "dalmatian")]:
        call(rules, FACE, "--class", text)
        note = json.loads((tmp_path / "out" / "face_rules.json").read_text())
        assert note["objective"] == f"score of {name}"


def test_the_sizes_that_were_done_when_memory_ended_are_kept(call, tmp_path, monkeypatch):
    original = excite.optimize

    def greedy(net, x, *args, **settings):
        if x.shape[2] > 64:
            raise MemoryError("Unable to allocate 9 TiB")
        yield from original(net, x, *args, **settings)

    monkeypatch.setattr(excite, "optimize", greedy)
    status, said = call(maximize, "--class", "cup", "--steps", "2")
    assert status == 2 and "out of memory (Unable to allocate 9 TiB): take a smaller" in said.err
    note = json.loads((tmp_path / "out" / "cup_maximize.json").read_text())
    assert note["steps done"] == 2 and (tmp_path / "out" / "cup_maximize_1.png").exists()


# ── Weights ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("call", [
    ["convert", "{source}", "{folder}/nowhere/a.h5", "--model", "minivgg"],
    ["download", "vgg16", "--out", "{folder}/nowhere/a.h5"],
])
def test_weights_for_a_missing_folder_are_refused_before_the_work(call, weights, tmp_path, capsys):
    argv = [part.format(source=weights, folder=tmp_path) for part in call]
    assert run(weights_command.main, argv, "weights") == 2
    folder = tmp_path / "nowhere"
    assert capsys.readouterr().err == (
        f"weights: there is no folder {folder} to write a.h5 into: make it first\n"
    )


# ── Several photos ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def album(tmp_path):
    """Two photos of one name, one in a folder below, a text, and a file that is none."""
    folder = tmp_path / "album"
    (folder / "below").mkdir(parents=True)
    shutil.copy(FACE, folder / "a.jpg")
    Image.open(PHOTOS / "cup.jpg").save(folder / "a.png")
    shutil.copy(PHOTOS / "pyramid.jpg", folder / "below" / "b.JPG")
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_what_names_the_likeliest_classes_of_each_photo(call, album):
    status, said = call(what, FACE, "--top", "2")
    assert status == 0 and len(said.out.splitlines()) == 2
    status, said = call(what, album, f"{album}/**/*.JPG", FACE, "--top", "1")
    heads = [line for line in said.out.splitlines() if "%" not in line]
    assert [pathlib.Path(head).name for head in heads] == ["a.jpg", "a.png", "b.JPG", "face.jpg"]
    assert status == 0 and said.out.count("%") == 4


def test_what_says_what_the_softmax_of_the_scores_says(call, weights):
    net = models.load("minivgg", weights)
    scores = net.scores(net.pixels(FACE))[0].astype(float)
    p = np.exp(scores - scores.max())
    p /= p.sum()
    _, said = call(what, FACE, "--top", "5")
    assert said.out.splitlines() == [
        f"{p[k]:6.1%}  {net.classes[k]}" for k in p.argsort()[::-1]
    ]


def test_photos_of_one_name_have_pictures_of_two(call, album, tmp_path):
    """Bare, in a folder, among options in any order; each photo has its own pictures."""
    status, _ = call(rules, FACE, "--size", "64", album, "--layer", "relu2_1")
    assert status == 0
    notes = {f.stem: json.loads(f.read_text()) for f in (tmp_path / "out").glob("*.json")}
    assert {name: note["photo"] for name, note in notes.items()} == {
        "face_rules": "face.jpg", "a_rules": "a.jpg", "a_2_rules": "a.png",
    }
    values = [note["value"] for note in notes.values()]
    assert len(set(values)) == 2       # face.jpg and its copy a.jpg are one photo


def test_one_bad_photo_among_several_is_named_and_the_others_are_looked_at(call, album):
    (album / "bad.jpg").write_bytes(b"no photo at all")
    status, said = call(what, album, "--top", "1")
    assert status == 2 and said.out.count("%") == 2
    first, last = said.err.splitlines()
    assert first.startswith("left out: ") and "bad.jpg is no image" in first
    assert last == "demos: 1 of 3 photos could not be looked at, as said above"


def test_a_wrong_option_is_said_once_and_not_of_each_photo(call, album):
    status, said = call(rules, album, "--layer", "relu9_9")
    assert status == 2 and said.err.count("relu9_9") == 1


# ── From the command line ───────────────────────────────────────────────────────────────────────


def python(*argv, cwd=ROOT, **environment):
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(
        [sys.executable, *map(str, argv)], cwd=cwd, env=environment, capture_output=True,
        text=True, timeout=100,
    )


@pytest.mark.parametrize("demo", demos())
def test_a_demos_file_says_how_it_is_run(demo):
    done = python(f"demos/{demo}.py", "--help")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == f"{demo}.py is part of a package; run it as: python -m demos {demo}\n"


def test_an_option_in_front_of_the_demo_is_told_its_place():
    done = python("-m", "demos", "--quiet", "rules")
    assert done.returncode == 2 and "python -m demos NAME --quiet" in done.stderr


@pytest.mark.parametrize("command", [
    "minigrad --help", "models --help", "models", "weights --help", "weights list",
    "weights download --help", "weights convert --help", "weights info --help",
])
def test_every_other_command_fits_80_columns_too(command):
    done = python("-m", *command.split(), COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_size_of_nothing_is_no_size():
    done = python("-m", "models", "vgg16", "--size", "0")
    assert done.returncode == 2 and "0×0 pixels are too few" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs signals as POSIX has them")
def test_ctrl_c_while_modules_are_imported_ends_it_without_a_traceback(tmp_path):
    """A numpy.py stands for the one that takes its time; none of it is ours to catch."""
    begun = tmp_path / "begun"
    (tmp_path / "numpy.py").write_text(
        f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(60)\n"
    )
    command = [sys.executable, "-m", "demos", "what"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        while not begun.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b"" and process.wait(60) == -signal.SIGINT


def test_help_tells_the_status_codes_in_80_columns():
    said = python("-m", "demos", "--help").stdout
    assert all(len(line) <= 80 for line in said.splitlines())
    for status in ("0", "2", "130"):
        assert f"\n  {status:4}" in said


@pytest.mark.parametrize("file", ["models.py", "models/__init__.py", "models/notes", "minigrad.py"])
@pytest.mark.parametrize("command", ["demos classes cup", "weights list"])
def test_a_file_of_the_users_hides_no_package(file, command, tmp_path):
    """It stands in the folder in which the command is given, which Python searches first."""
    file = tmp_path / file
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine = 1\n")
    done = python("-m", *command.split(), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


@pytest.mark.parametrize(("line", "quiet"), [
    ("cat.jpg --qu", True), ("-q cat.jpg", True), ("-- --quiet", False), ("--question", False),
    ("-", False), ("--", False), ("--quiet --help", False), ("-h -q", False), ("", False),
])
def test_quiet_is_where_argparse_finds_it(line, quiet):
    assert wants_quiet(line.split()) == quiet


def test_quiet_says_nothing_but_what_went_wrong(tmp_path):
    out = ["--size", "64", "--out", tmp_path]
    done = python("-m", "demos", "rules", FACE, "--quiet", *out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "face_rules.png").exists()
    argv = ["maximize", "--class", "cup", "--steps", "1", "-q", *out]
    done = python("-m", "demos", *argv)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for short in ("--q", "--qui"):
        done = python("-m", "demos", "filters", short, *out[2:])
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = python("-m", "demos", "rules", "nowhere.jpg", "--quiet", *out)
    assert done.returncode == 2 and done.stderr == "demos: there is no photo nowhere.jpg\n"
