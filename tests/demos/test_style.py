"""A photo and a painting go in, a picture and what it took come out."""

import json

import numpy as np
import pytest
from PIL import Image

from demos import style as demo
from demos.shared.command import PHOTOS
from minigrad.command import run

SCREAM = str(PHOTOS / "paintings" / "the_scream.jpg")
SMALL = ["--size", "64", "--steps", "2"]


@pytest.fixture(scope="module")
def weights(weights_of):
    """A small network with random weights, in a file."""
    return weights_of(["cup", "cat"])


@pytest.fixture
def call(weights, tmp_path, capsys, monkeypatch):
    def call(*argv, out=tmp_path / "out"):
        options = [] if "--resume" in argv else [*SMALL, "--weights", str(weights),
                                                 "--out", str(out)]
        monkeypatch.setattr("sys.argv", ["demos", "style", *options, *argv])  # for the JSON
        status = run(demo.main, [*options, *argv], "demos")
        made = {note.stem: json.loads(note.read_text()) for note in out.glob("*_style.json")}
        return status, capsys.readouterr(), made

    return call


def saved(image, file):
    Image.fromarray(image).save(file)
    return str(file)


@pytest.fixture
def noise(rng, tmp_path):
    """Photos that are not like each other."""
    def noise(name, shape=(40, 60, 3)):
        return saved(rng.integers(0, 256, shape, np.uint8), tmp_path / name)

    return noise


def test_one_command_writes_the_picture_a_sheet_and_the_loss_of_each_layer(call, tmp_path):
    status, printed, made = call("--gif", "--steps", "4")
    note = made["chelsea_starry_night_style"]
    assert status == 0 and printed.out.count("style at") == 5
    assert "content at relu4_2" in printed.out
    assert note["steps done"] == 4 and len(note["loss"]["style"]) == 5
    assert note["settings"]["steps"] == 2 and note["settings"]["style_layers"][0] == "relu1_1"
    ends = [file.removeprefix("chelsea_starry_night_style") for file in note["pictures"]]
    assert ends == [".png", "_sheet.png", ".gif"]
    with Image.open(tmp_path / "out" / note["pictures"][0]) as picture:
        assert picture.size == (64, 42)
    with Image.open(tmp_path / "out" / note["pictures"][2]) as film:
        assert film.n_frames == 5 and film.size == (64, 42)


def test_pictures_in_two_styles_stand_beside_each_other(call):
    call()
    _, printed, made = call("--style", SCREAM)
    assert set(made) == {"chelsea_starry_night_style", "chelsea_the_scream_style"}
    assert "replaces" not in printed.out
    _, printed, _ = call("--style", SCREAM, "--style-weight", "7")
    assert "replaces chelsea_the_scream_style.png" in printed.out


def test_every_option_of_neural_style_has_its_setting(call, noise, tmp_path):
    mask = saved(np.tile(np.uint8([0, 255]), (9, 9)), tmp_path / "mask.png")
    status, _, made = call(
        "--content", noise("town.png"), "--style", SCREAM, noise("other.png"),
        "--style-blend-weights", "2,1", "--style-scale", "1.5", "--mask", mask, "none",
        "--content-weight", "2", "--style-weight", "9", "--tv-weight", "3", "--content-layers",
        "relu3_1", "--style-layers", "relu1_1", "relu2_1", "--original-colors", "luminance",
        "--init", "random", "--optimizer", "adam", "--learning-rate", "4", "--scales", "0.6", "1",
        "--seed", "5", "--num-iterations", "6",
    )
    (note,) = made.values()
    assert status == 0 and set(made) == {"town_the_scream_other_style"}
    settings = note["settings"]
    assert settings["content_weight"] == 2 and settings["style_weight"] == 9
    assert settings["tv"] == 3 and settings["rate"] == 4 and settings["start"] == "noise"
    assert settings["scales"] == [0.6, 1.0] and settings["steps"] == 3
    assert settings["optimiser"] == "adam" and settings["style_layers"] == ["relu1_1", "relu2_1"]
    assert {"painting 2", "mask 1", "photo"} <= set(note["files read"])


def test_a_folder_of_photos_is_painted_photo_by_photo(call, noise, tmp_path):
    (tmp_path / "some").mkdir()
    for name in ("some/a.png", "some/b.png"):
        noise(name)
    status, _, made = call(str(tmp_path / "some"))
    assert status == 0 and set(made) == {"a_starry_night_style", "b_starry_night_style"}


def stopping_after(steps, monkeypatch):
    """Ctrl-C comes when so many steps are done."""
    technique = demo.style

    def stopped(*args, **settings):
        for now in technique(*args, **settings):
            yield now
            if now.step == steps:
                raise KeyboardInterrupt

    monkeypatch.setattr(demo, "style", stopped)


@pytest.mark.parametrize("more", [[], ["--optimizer", "adam", "--original-colors", "luminance"]])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(call, tmp_path, more):
    whole, out = tmp_path / "whole", tmp_path / "out"
    call(*more, "--steps", "4", "--save-every", "2", out=whole)
    with pytest.MonkeyPatch.context() as patch:
        stopping_after(3, patch)
        status, printed, made = call(*more, "--steps", "4", "--save-every", "2")
    file = out / "chelsea_starry_night_style.json"
    assert status == 130 and f"--resume {file}" in printed.err
    assert made[file.stem]["interrupted"] and made[file.stem]["steps done"] == 3
    status, _, made = call("--resume", str(file))
    assert status == 0 and not made[file.stem]["interrupted"]
    for name in made[file.stem]["pictures"]:
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert f"{file.stem}_0002.png" in made[file.stem]["pictures"]


def test_save_every_leaves_a_state_from_which_a_killed_run_goes_on(call, tmp_path, monkeypatch):
    call("--steps", "4", out=tmp_path / "whole")

    def killed(walk, total, begun, what, film, at_each):
        for now in walk:
            at_each(now)
            if now.step == 3:
                raise SystemError("kill -9")

    with monkeypatch.context() as patch, pytest.raises(SystemError):
        patch.setattr(demo, "carry_out", killed)
        call("--steps", "4", "--save-every", "2")
    file = tmp_path / "out" / "chelsea_starry_night_style"
    assert call("--resume", f"{file}.json")[0] == 0
    whole = tmp_path / "whole" / f"{file.name}.png"
    assert file.with_suffix(".png").read_bytes() == whole.read_bytes()


def test_a_loop_that_meets_nan_keeps_the_last_good_picture_and_says_so(call, monkeypatch):
    from minigrad.techniques.make.loop import Diverged

    technique = demo.style

    def nan(*args, **settings):
        for now in technique(*args, **settings):
            yield now
            if now.step == 2:
                raise Diverged(now.step, now)

    monkeypatch.setattr(demo, "style", nan)
    status, printed, made = call()
    assert status == 2 and "after step 2 the image or what the network says" in printed.err
    assert made["chelsea_starry_night_style"]["steps done"] == 2


@pytest.mark.parametrize("colours", ["luminance", "histogram"])
def test_grey_transparent_and_turned_photos_are_painted(call, tmp_path, rng, colours):
    grey = saved(rng.integers(0, 256, (40, 60), np.uint8), tmp_path / "grey.png")
    clear = saved(rng.integers(0, 256, (40, 60, 4), np.uint8), tmp_path / "clear.png")
    turned = Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    status, _, made = call(grey, clear, str(tmp_path / "turned.jpg"), "--original-colors", colours)
    assert status == 0 and len(made) == 3
    with Image.open(tmp_path / "out" / "turned_starry_night_style.png") as picture:
        assert picture.size == (43, 64)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["nowhere.jpg"], "there is no photo nowhere.jpg"),
        (["--style", "nowhere.jpg"], "there is no photo nowhere.jpg"),
        (["--style-layers", "relu9_1"], "no layer 'relu9_1'"),
        (["--style-layers", "fc6"], "fc6 has no places"),
        (["--content-weight", "0", "--style-weight", "0"], "all weights are zero"),
        (["--style-blend-weights", "1", "2"], "2 weights do not blend 1 paintings"),
        (["--mask", "none", "none"], "2 masks do not fit 1 paintings"),
        (["--mask", "nowhere.png"], "there is no photo nowhere.png"),
        (["--size", "8"], "--size 8: give an edge from 16 to 4096 pixels"),
        (["--steps", "0"], "steps is 0: give a whole number, 1 or more"),
        (["--save-every", "-1"], "--save-every -1: give a number of steps"),
        (["--resume", "nowhere.json"], "there is no file nowhere.json"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made = call(*argv)
    assert status == 2 and sentence in printed.err and not made
    assert printed.err.rstrip().splitlines()[-1].count(sentence) == 1


@pytest.mark.parametrize(("shape", "sentence"), [
    ((1, 20_000, 3), "1×64 pixels are too few for minivgg"), ((20_000, 3, 3), "64×1 pixels"),
])  # fmt: skip
def test_a_photo_that_is_next_to_nothing_is_one_sentence(call, noise, shape, sentence):
    status, printed, _ = call(noise("long.png", shape))
    assert status == 2 and sentence in printed.err


def test_a_photo_of_one_pixel_is_enlarged_and_one_of_20_000_columns_shrunk(call, noise, tmp_path):
    assert call(noise("dot.png", (1, 1, 3)))[0] == 0
    wide = tmp_path / "wide.jpg"
    Image.linear_gradient("L").resize((20_000, 1_500)).save(wide)
    assert call(str(wide), "--size", "256")[0] == 0
