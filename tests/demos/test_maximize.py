"""Pictures of classes and channels from the command line, with a small network and few steps."""

import io
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import models
from demos import filters, maximize, opinion
from demos.shared import wishes
from demos.shared.film import encoded
from minigrad import ops
from minigrad.command import run
from minigrad.ops.fast.threads import use
from minigrad.techniques.make.loop import Diverged
from minigrad.techniques.make.starts import noise
from models import storage

NAMES = ["cup", "golf_ball", "tea cup", "dog"]


@pytest.fixture(scope="module")
def weights(weights_of):
    """A small network with random weights, in a file."""
    return weights_of(NAMES)


@pytest.fixture
def call(weights, tmp_path, capsys, monkeypatch):
    def call(*argv, main=maximize.main):
        if "--resume" not in argv:
            argv = ["--weights", str(weights), "--out", str(tmp_path), *argv]
        monkeypatch.setattr(sys, "argv", ["demos", "maximize", *argv])     # what the note tells
        status = run(main, [*argv], "demos")
        notes = {file.stem: json.loads(file.read_text()) for file in tmp_path.glob("*.json")}
        return status, capsys.readouterr(), notes

    return call


SMALL = ["--size", "32", "--steps", "3"]


def pixels(file):
    return np.asarray(Image.open(file)).astype(int)


def test_a_class_gives_a_picture_per_copy_a_sheet_and_a_note(call, tmp_path):
    status, printed, notes = call("--class", "golf ball", "--copies", "2", *SMALL)
    assert status == 0 and "golf_ball_maximize.png" in printed.out
    files = {file.name for file in tmp_path.iterdir()}
    parts = ["", "_1", "_2"]
    expected = {f"golf_ball_maximize{part}.png" for part in parts} | {"golf_ball_maximize.json"}
    assert files == expected
    first, second = (pixels(tmp_path / f"golf_ball_maximize_{n}.png") for n in (1, 2))
    assert first.shape == (32, 32, 3) and (first != second).any()
    assert notes["golf_ball_maximize"]["settings"]["steps"] == 3


def test_the_probability_in_the_note_is_that_of_the_file(call, tmp_path, weights):
    _, _, notes = call("--class", "dog", *SMALL)
    picture = pixels(tmp_path / "dog_maximize_1.png").transpose(2, 0, 1)[None]
    scores = models.load("minivgg", weights)(picture.astype(np.float32))["fc8"]
    (image,) = notes["dog_maximize"]["images"]
    assert image["probability in the file"] == pytest.approx(float(ops.softmax(scores)[0, 3]))


def test_what_is_asked_for_rises(weights):
    net = models.load("minivgg", weights)
    argv = ["--layer", "conv2_1", "--channel", "7", "--regularizer", "none", "--size", "32"]
    args = maximize.options().parse_args([*argv, "--steps", "5"])
    asked, _ = maximize.asked_for(net, args)
    preset = maximize.settings(net, args, None)
    start = noise(net, 32, 1, preset.noise, asked[0].rng(0))
    made = maximize.make(net, asked, preset, 0)
    assert made.steps == 5 and made.error is None
    assert net(made.pixels)["conv2_1"][0, 7].sum() > net(start)["conv2_1"][0, 7].sum()


def test_the_same_seed_gives_the_same_file_and_another_another(call, tmp_path):
    def picture(seed):
        call("--class", "dog", "--seed", seed, *SMALL)
        return pixels(tmp_path / "dog_maximize_1.png")

    first = picture("1")
    assert (picture("1") == first).all() and (picture("2") != first).any()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_picture_of_one_seed_is_the_same_alone_and_in_company(call, tmp_path, threads):
    """Bit for bit: the loop would make another picture of another rounding."""
    use(threads)
    try:
        call("--class", "dog", "--seed", "3", "--size", "48", "--steps", "6")
        call("--class", "cup", "dog", "golf ball", "--copies", "2", "--seed", "3",
             "--size", "48", "--steps", "6")
        *_, notes = call("--layer", "conv2_1", "--channel", "7", "--size", "48", "--steps", "6")
        call("--layer", "conv2_1", "--channel", "3,7,9", "--size", "48", "--steps", "6")
    finally:
        use(None)
    alone = tmp_path / "dog_maximize_1.png"
    together = tmp_path / "cup_dog_golf_ball_maximize_3.png"
    assert alone.read_bytes() == together.read_bytes()
    assert (pixels(alone) != pixels(tmp_path / "cup_dog_golf_ball_maximize_4.png")).any()
    alone = tmp_path / "conv2_1_7_maximize_1.png"
    assert alone.read_bytes() == (tmp_path / "conv2_1_maximize_2.png").read_bytes()
    assert notes["conv2_1_7_maximize"]["threads"] == threads


@pytest.mark.parametrize("start", ["zero", "noise", "photo"])
def test_it_may_start_anywhere(call, tmp_path, start):
    status, _, notes = call("--class", "dog", "--start", start, *SMALL)
    assert status == 0 and notes["dog_maximize"]["start"] == start


def test_all_channels_of_a_layer_are_one_sheet(call, tmp_path):
    status, _, notes = call("--layer", "relu1_2", "--size", "16", "--steps", "1")
    assert status == 0 and len(notes["relu1_2_maximize"]["images"]) == 32
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["relu1_2_maximize.json", "relu1_2_maximize.png"]


def test_regularizers_replace_those_of_the_preset(call):
    _, _, notes = call("--class", "dog", "--regularizer", "l6=1e-12", "blur=0.5", *SMALL)
    assert notes["dog_maximize"]["settings"]["regularizers"] == {"l6": 1e-12, "blur": 0.5}
    _, _, notes = call("--class", "dog", "--regularizer", "none", *SMALL)
    assert notes["dog_maximize"]["settings"]["regularizers"] == {}


@pytest.mark.parametrize(("option", "end"), [("--gif", "gif"), ("--film=webp", "webp")])
@pytest.mark.parametrize(("steps", "frames"), [("3", 4), ("50", 18)])
def test_the_film_begins_with_the_blank_image_and_ends_with_the_picture(
    call, tmp_path, option, end, steps, frames
):
    """50 steps are no multiple of the 3 from moment to moment: the end is kept all the same."""
    call("--class", "dog", option, "--size", "32", "--steps", steps)
    film = Image.open(tmp_path / f"dog_maximize.{end}")
    assert film.size == (32, 32)
    assert film.n_frames == frames or end == "webp"     # it shows moments that are alike once
    first = np.asarray(film.convert("RGB")).astype(int)
    assert first.std() < 12                                 # noise of 4 grey levels
    film.seek(film.n_frames - 1)
    last = np.asarray(film.convert("RGB")).astype(int)
    assert abs(last - pixels(tmp_path / "dog_maximize_1.png")).mean() < 6


def test_a_film_of_a_format_that_pillow_lacks_is_refused_before_the_work(call, monkeypatch):
    monkeypatch.delitem(Image.SAVE_ALL, "WEBP")
    status, printed, notes = call("--class", "dog", "--film", "webp", *SMALL)
    assert status == 2 and "take --film gif" in printed.err and not notes


def test_films_of_pictures_that_end_at_different_times_wait_for_the_longest():
    white, black = np.full((3, 16, 16), 255.0), np.zeros((3, 16, 16))
    short, long = [white, black], [white, white, black]
    film = Image.open(io.BytesIO(encoded([short, long], "gif")))
    assert film.n_frames == 3
    film.seek(1)
    second = np.asarray(film.convert("L"))
    assert second[:16, :16].mean() < 5 and second[:16, -16:].mean() > 250


def ended(monkeypatch, error, n, step):
    """Make the n-th picture end with an error before this step of its."""
    original = wishes.excite_each

    def excite_each(*args, **settings):
        for number, progress in original(*args, **settings):
            if (number, progress.step) == (n, step):
                raise error(step - 1, None) if error is Diverged else error
            yield number, progress

    monkeypatch.setattr(wishes, "excite_each", excite_each)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_keeps_the_pictures_as_they_are_then(call, tmp_path, monkeypatch, threads):
    ended(monkeypatch, KeyboardInterrupt, 0, 3)
    use(threads)
    try:
        status, printed, notes = call("--class", "dog", "cup", *SMALL)
    finally:
        use(None)
    assert status == 130 and "stopped" in printed.err
    note, files = notes["dog_cup_maximize"], {file.name for file in tmp_path.glob("*_[12].png")}
    assert note["interrupted"] and note["steps done"] == 2 * threads
    assert [image["steps done"] for image in note["images"]] == [2] * threads
    assert files == {f"dog_cup_maximize_{n}.png" for n in (1, 2)[:threads]}


def interrupted_and_resumed(call, tmp_path, monkeypatch, n, step, *argv):
    """The files of a run that was stopped in the n-th picture, and went on."""
    use(1)
    try:
        with monkeypatch.context() as patch:
            ended(patch, KeyboardInterrupt, n, step)
            status, printed, notes = call(*argv)
        (name,) = notes
        assert status == 130 and f"--resume {tmp_path / name}.json" in printed.err
        assert (tmp_path / f"{name}_state.npz").exists()
        status, *_ = call("--resume", str(tmp_path / f"{name}.json"))
        assert status == 0 and not (tmp_path / f"{name}_state.npz").exists()
        return {file.name: file.read_bytes() for file in tmp_path.glob("*.png")}
    finally:
        use(None)


@pytest.mark.parametrize(
    ("n", "step", "argv"),
    [
        (1, 2, ["--class", "dog", "cup", "golf ball"]),
        (0, 3, ["--class", "dog", "--copies", "2", "--diverse", "5"]),
        (0, 2, ["--class", "dog", "--preset", "waves"]),
        (0, 2, ["--layer", "relu2_2", "--unit", "5"]),
    ],
)
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(
    call, tmp_path, monkeypatch, n, step, argv
):
    after = interrupted_and_resumed(call, tmp_path, monkeypatch, n, step, *argv, *SMALL)
    for file in tmp_path.iterdir():
        file.unlink()
    call(*argv, *SMALL)
    whole = {file.name: file.read_bytes() for file in tmp_path.glob("*.png")}
    assert after == whole and len(whole) > 1


def test_a_run_that_came_to_its_end_cannot_be_resumed(call, tmp_path):
    call("--class", "dog", *SMALL)
    status, printed, _ = call("--resume", str(tmp_path / "dog_maximize.json"))
    assert status == 2 and "came to its end" in printed.err


def test_a_units_picture_stands_in_the_mean_colour_and_its_box_in_the_note(call, tmp_path):
    status, _, notes = call("--layer", "relu2_2", "--unit", "5", "--steps", "2", "--copies", "2")
    note = notes["relu2_2_unit_5_maximize"]
    top, left, bottom, right = note["images"][0]["sees (top, left, bottom, right)"]
    first, second = (pixels(tmp_path / f"relu2_2_unit_5_maximize_{n}.png") for n in (1, 2))
    assert status == 0 and (bottom - top, right - left) == (14, 14) and first.shape == (21, 21, 3)
    differ = (first != second).any(axis=2)
    assert differ.any()
    differ[top:bottom, left:right] = False
    assert not differ.any()


def test_a_named_preset_is_taken_and_noted(call):
    *_, notes = call("--class", "dog", "--preset", "lecture", *SMALL)
    assert list(notes["dog_maximize"]["settings"]["regularizers"]) == ["edges"]


def test_diverse_copies_are_made_together(call, tmp_path):
    status, *_ = call("--class", "dog", "cup", "--copies", "2", "--diverse", "10", *SMALL)
    made = [pixels(tmp_path / f"dog_cup_maximize_{n}.png") for n in (1, 2, 3, 4)]
    assert status == 0 and (made[0] != made[1]).any() and (made[2] != made[3]).any()


def test_ctrl_c_before_the_first_step_writes_nothing(call, tmp_path, monkeypatch):
    ended(monkeypatch, KeyboardInterrupt, 0, 1)
    status, printed, _ = call("--class", "dog", *SMALL)
    assert status == 130 and "no picture was begun, nothing is written" in printed.err
    assert not list(tmp_path.iterdir())


def test_ctrl_c_in_an_opinion_writes_nothing(call, tmp_path, weights, monkeypatch):
    """Half made pictures would be a result that says something false."""
    ended(monkeypatch, KeyboardInterrupt, 1, 2)
    asked = ["--judge", "minivgg", "--judge-weights", str(weights), "--steps", "2"]
    status, printed, _ = call(*asked, main=opinion.main)
    assert status == 130 and "stopped" in printed.err and "among its first" not in printed.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_command_saves_what_there_is_and_says_so(tmp_path, weights, number):
    """A real signal, and Ctrl-C twice more out of impatience."""
    command = [sys.executable, "-m", "demos", "maximize", "--weights", str(weights), "--out",
               str(tmp_path), "--class", "dog", "--size", "32", "--steps", "100000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        said = b""
        while b"score=" not in said:            # the bar shows that a step is done
            said += process.stderr.read1()
        for one in (number, signal.SIGINT, signal.SIGINT):
            process.send_signal(one)
            time.sleep(0.02)
        said += process.stderr.read()
        # the last Ctrl-C may find all saved and Python itself on its way out
        assert process.wait(60) in (130, -signal.SIGINT)
    assert b"stopped; 1 picture: " in said and b"Traceback" not in said
    note = json.loads((tmp_path / "dog_maximize.json").read_text())
    assert note["interrupted"] and 0 < note["steps done"] < 100000
    names = {file.name for file in tmp_path.iterdir()}
    parts = [".json", ".png", "_1.png", "_state.npz"]
    assert names == {f"dog_maximize{part}" for part in parts}


def test_copies_as_a_film_leave_nothing_beside_other_settings(call, tmp_path):
    call("--class", "dog", "--copies", "3", "--gif", *SMALL)
    assert len(list(tmp_path.iterdir())) == 6
    _, printed, notes = call("--class", "dog", "--regularizer", "blur=0.5", *SMALL)
    assert "replaces dog_maximize.png and 4 more files of 2" in printed.out
    files = ["dog_maximize.png", "dog_maximize_1.png"]
    assert notes["dog_maximize"]["pictures"] == files
    assert {file.name for file in tmp_path.iterdir()} == {*files, "dog_maximize.json"}


def test_a_loop_that_meets_nan_keeps_the_last_good_pictures_and_says_so(
    call, tmp_path, monkeypatch
):
    """The second of three pictures goes wrong after its second step."""
    few = ["--size", "32", "--steps", "3"]
    call("--class", "cup", *few)
    cup = pixels(tmp_path / "cup_maximize_1.png")
    ended(monkeypatch, Diverged, 1, 3)
    use(1)
    try:
        status, printed, notes = call("--class", "cup", "dog", "golf ball", *few)
    finally:
        use(None)
    assert status == 2 and "after step 2 the image" in printed.err.splitlines()[-1]
    note = notes["cup_dog_golf_ball_maximize"]
    assert [image["steps done"] for image in note["images"]] == [3, 2]
    assert (pixels(tmp_path / "cup_dog_golf_ball_maximize_1.png") == cup).all()
    dog = pixels(tmp_path / "cup_dog_golf_ball_maximize_2.png")
    assert abs(dog - dog.mean(axis=(0, 1))).mean() > 8      # more than noise, the start
    assert not (tmp_path / "cup_dog_golf_ball_maximize_3.png").exists()  # it was not begun


def test_a_loop_that_diverges_before_its_first_step_writes_nothing(call, tmp_path):
    for wrong in ("l2=1e38", "l6=1e300"):
        status, printed, _ = call("--class", "dog", "--regularizer", wrong, *SMALL)
        assert status == 2 and "the image to start from" in printed.err.splitlines()[-1]
        assert "nothing is written" in printed.out and not list(tmp_path.iterdir())


def test_blur_of_nothing_is_no_blur(call, tmp_path):
    made = []
    for given in ("blur=0", "blur=1e-30", "none"):
        call("--class", "dog", "--regularizer", given, "--size", "32", "--steps", "5")
        made.append(pixels(tmp_path / "dog_maximize_1.png"))
    assert (made[0] == made[2]).all() and (made[1] == made[2]).all()


def test_pictures_are_enlarged_where_they_are_kept_and_not_at_every_step(call, monkeypatch):
    seen = []
    monkeypatch.setattr(wishes, "resized", lambda x, edge: seen.append(edge) or x)
    call("--class", "dog", "cup", "--size", "32", "--steps", "7")
    assert len(seen) == 2   # each picture


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ([], "say what to excite"),
        (["--class", "dog", "--layer", "conv1_1"], "say what to excite"),
        (["--class", "unicorn"], "knows no class 'unicorn'"),
        (["--layer", "conv9_1"], "conv9_1"),
        (["--layer", "conv1_1", "--channel", "99"], "channels 0 … 31, not 99"),
        (["--layer", "conv1_1", "--channel", "a"], "give numbers"),
        (["--class", "dog", "--copies", "0"], "--copies 0"),
        (["--class", "dog", "--regularizer", "l3=1"], "no regularizer 'l3': there are l2, l6"),
        (["--class", "dog", "--regularizer", "l2"], "give a name and a strength, as l2=1e-7"),
        (["--class", "dog", "--regularizer", "small-norm=120"], "0 to 100"),
        (["--class", "dog", "--steps", "0"], "steps is 0: give a whole number, 1 or more"),
        (["--class", "dog", "--rate", "nan"], "rate is nan: give a number above 0"),
        (["--class", "dog", "--rate", "inf"], "rate is inf: give a number above 0"),
        (["--class", "dog", "--waves", "nan"], "waves is nan"),
        (["--class", "dog", "--seed", "-1"], "--seed is -1"),
        (["--class", "dog", "--regularizer", "blur=nan"], "the strength of blur is nan"),
        (["--class", "dog", "--regularizer", "l2=inf"], "the strength of l2 is inf"),
        (["--class", "dog", "--regularizer", "decay=1.5"], "the rate of decay is 1.5"),
        (["--class", "dog", "--start", "photo", "--image", "nowhere.jpg"], "nowhere.jpg"),
        (["--class", "dog", "--preset", "lectur"], "did you mean lecture"),
        (["--class", "dog", "--diverse", "5"], "--diverse needs --copies 2 or more"),
        (["--layer", "relu2_2", "--unit", "64"], "channels 0 … 63, not 64"),
        (["--layer", "relu2_2", "--unit", "3,4"], "give a channel, 17, or channel,row,column"),
        (["--layer", "relu2_2", "--unit", "3,4,99"], "no unit at 4, 99"),
        (["--class", "dog", "--unit", "3"], "--unit is one of a --layer"),
        (["--resume", "nowhere.json"], "there is no file nowhere.json"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, _ = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_filters_are_one_sheet(call, tmp_path):
    status, printed, notes = call(main=filters.main)
    assert status == 0 and "32 filters of conv1_1, 3×3" in printed.out
    assert len(notes["minivgg_filters"]["‖w‖ of each"]) == 32


def test_an_opinion_is_a_place_for_every_class_that_both_name_alike(call, tmp_path):
    judge = models.build("squeezenet1_1", classes=["Dog", "golf ball", "cat"])
    file = tmp_path / "judge.h5"
    storage.save(file, judge.params, {"model": judge.name, "classes": judge.classes})
    status, printed, notes = call(
        "--judge", judge.name, "--judge-weights", str(file), "--steps", "1", main=opinion.main
    )
    assert status == 0 and "in 2 of 2" in printed.out  # of three classes, all are among five
    assert set(notes["minivgg_opinion"]["places"]) == {"golf ball", "dog"}


def test_an_opinion_of_a_class_does_not_depend_on_the_company(call, tmp_path):
    judge = models.build("squeezenet1_1", classes=[*map(str, range(20)), "dog", "golf ball"])
    file = tmp_path / "judge.h5"
    storage.save(file, judge.params, {"model": judge.name, "classes": judge.classes})
    asked = ["--judge", judge.name, "--judge-weights", str(file), "--steps", "2"]
    *_, notes = call(*asked, main=opinion.main)
    together = notes["minivgg_opinion"]["places"]
    *_, notes = call(*asked, "--only", "dog", main=opinion.main)
    assert set(together) == {"golf ball", "dog"}
    assert notes["minivgg_opinion"]["places"] == {"dog": together["dog"]}


def test_without_a_shared_class_there_is_no_opinion(call, tmp_path):
    judge = models.build("squeezenet1_1", classes=["sun", "moon"])
    file = tmp_path / "judge.h5"
    storage.save(file, judge.params, {"model": judge.name, "classes": judge.classes})
    status, printed, _ = call(
        "--judge", judge.name, "--judge-weights", str(file), main=opinion.main
    )
    assert status == 2 and "share no class" in printed.err
