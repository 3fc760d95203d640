"""Dreams from the command line, with a small network and few steps."""

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image

from demos import dream
from demos.shared import film
from minigrad.command import run
from minigrad.techniques.make.loop import Diverged

SMALL = ["--octaves", "2", "--steps", "2", "--layer", "relu2_2"]


@pytest.fixture(scope="module")
def weights(weights_of):
    """A small network with random weights, in a file."""
    return weights_of(["cup", "dog"])


@pytest.fixture
def photo(tmp_path, rng):
    file = tmp_path / "in" / "town.png"
    file.parent.mkdir()
    Image.fromarray(rng.integers(60, 190, (30, 41, 3), np.uint8)).save(file)
    return file


@pytest.fixture
def call(weights, photo, tmp_path, capsys, monkeypatch):
    def call(*argv, photos=(photo,)):
        given = [] if "--resume" in argv else ["--weights", weights, *SMALL, "--out", tmp_path]
        argv = [str(a) for a in [*photos, *given, *argv]]
        monkeypatch.setattr(sys, "argv", ["demos", "dream", *argv])  # the note says so
        status = run(dream.main, argv, "demos")
        notes = {file.stem: json.loads(file.read_text()) for file in tmp_path.glob("*.json")}
        return status, capsys.readouterr(), notes

    return call


def pixels(file):
    return np.asarray(Image.open(file).convert("RGB")).astype(int)


def test_a_photo_gives_a_dream_of_its_own_size_a_sheet_and_a_note(call, photo, tmp_path):
    status, printed, notes = call()
    assert status == 0 and "town_dream.png" in printed.out
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == {
        "town_dream.png", "town_dream_sheet.png", "town_dream.json"}  # fmt: skip
    made = pixels(tmp_path / "town_dream.png")
    assert made.shape == (30, 41, 3) and abs(made - pixels(photo)).mean() > 0.5
    note = notes["town_dream"]
    assert note["of"] == "energy of relu2_2" and note["steps done"] == 4
    assert note["octaves (height, width)"] == [[21, 29], [30, 41]]
    assert note["settings"]["rate"] == 1.5 and not note["interrupted"]


def test_no_steps_give_the_photo_itself(call, photo, tmp_path):
    status, *_ = call("--steps", "0")
    assert status == 0
    np.testing.assert_array_equal(pixels(tmp_path / "town_dream.png"), pixels(photo))


def test_the_same_seed_gives_the_same_file_and_another_another(call, tmp_path):
    def picture(seed):
        call("--seed", seed)
        return (tmp_path / "town_dream.png").read_bytes()

    first = picture("1")
    assert picture("1") == first and picture("2") != first


def test_one_tile_gives_the_same_file(call, tmp_path):
    call()
    whole = (tmp_path / "town_dream.png").read_bytes()
    call("--tile", "64")
    assert (tmp_path / "town_dream.png").read_bytes() == whole


@pytest.mark.parametrize(("options", "of"), [
    (["--channel", "3"], "channel 3 of conv2_2"),
    (["--guide", "PHOTO"], "guide at relu2_2"),
])
def test_it_dreams_of_what_is_asked_for(call, photo, options, of):
    status, _, notes = call(*[photo if o == "PHOTO" else o for o in options])
    assert status == 0 and notes["town_dream"]["of"] == of
    assert ("guide" in notes["town_dream"]["files read"]) == ("--guide" in options)


def test_a_class_is_dreamt_of_where_it_fits(weights, photo, tmp_path, capsys):
    argv = [photo, "--weights", weights, "--out", tmp_path, "--class", "dog", "--size", "40",
            "--steps", "1", "--octaves", "4"]  # fmt: skip
    assert run(dream.main, [str(a) for a in argv], "demos") == 2
    assert "40×29" in capsys.readouterr().err.replace("29×40", "40×29")
    argv[argv.index("40")] = "48"
    assert run(dream.main, [str(a) for a in argv], "demos") == 0
    said = capsys.readouterr().out
    assert "left out 3 of 4 octaves, which are too small for fc8" in said


def test_show_gradient_prints_that_the_activation_goes_back(call):
    _, printed, _ = call("--show-gradient")
    assert "|∂E/∂a − a| is 0 at most" in printed.out
    rows = [line.split() for line in printed.out.splitlines() if line.startswith("    a =")]
    assert len(rows) == 5 and all(row[2] == row[-1] for row in rows)


def test_size_is_the_longer_edge_and_full_is_as_it_is(call, tmp_path):
    call("--size", "20")
    assert Image.open(tmp_path / "town_dream.png").size == (20, 15)
    call("--size", "full", "--tile", "16")
    assert Image.open(tmp_path / "town_dream.png").size == (41, 30)


def test_a_large_photo_is_shrunk_unless_size_says_otherwise(call, tmp_path, rng):
    large = tmp_path / "in" / "large.png"
    Image.fromarray(rng.integers(60, 190, (40, 20000, 3), np.uint8)).save(large)
    status, printed, _ = call("--octaves", "1", "--steps", "1", "--layer", "relu1_1",
                              photos=[large])
    assert Image.open(tmp_path / "large_dream.png").size == (640, 1) and status == 0
    huge = tmp_path / "in" / "huge.png"
    Image.new("L", (20000, 900)).save(huge)
    status, printed, _ = call("--size", "full", photos=[huge])
    assert status == 2 and "20000×900 pixels, too many" in printed.err


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_grey_and_transparent_photos_dream_too(call, photo, mode):
    Image.open(photo).convert(mode).save(photo)
    assert call()[0] == 0


# ── Films ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_the_way_there_as_a_film(call, tmp_path, format):
    call("--film", format)
    with Image.open(tmp_path / f"town_dream.{format}") as made:
        assert made.size == (41, 30) and 3 <= made.n_frames <= 5


def test_a_zoom_is_a_film_of_so_many_frames_and_the_last_is_the_picture(call, tmp_path):
    status, _, notes = call("--zoom", "3")
    assert status == 0 and notes["town_dream"]["frames done"] == 3
    with Image.open(tmp_path / "town_dream.gif") as made:
        assert made.n_frames == 3 and made.size == (41, 30)
        assert made.info["duration"] == dream.FRAME


def test_a_film_as_mp4_has_even_edges_and_every_frame(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    moments = [np.full((3, 51, 71), grey, np.uint8) for grey in (0, 120, 250)]
    file = tmp_path / "film.mp4"
    file.write_bytes(film.encoded([moments], "mp4", each=100))
    frames = ffmpeg.read_frames(str(file))
    assert next(frames)["size"] == (72, 52)
    greys = [np.frombuffer(frame, np.uint8).mean() for frame in frames]
    assert len(greys) == 3 + film.REST // 100
    np.testing.assert_allclose(greys[:4], [0, 120, 250, 250], atol=6)


def test_without_ffmpeg_mp4_is_refused_before_the_work(call, monkeypatch):
    monkeypatch.setattr(film.importlib.util, "find_spec", lambda name: None)
    status, printed, notes = call("--film", "mp4")
    assert status == 2 and "pip install -e '.[film]'" in printed.err and not notes


# ── What ends it before its time ─────────────────────────────────────────────────────────────────


def ended(monkeypatch, technique, error, step):
    """Make the technique end with an error before this step."""
    original = getattr(dream, technique)

    def broken(*args, **settings):
        last = None
        for now in original(*args, **settings):
            if now.step == step:
                raise Diverged(step - 1, last) if error is Diverged else error
            last = now
            yield now

    monkeypatch.setattr(dream, technique, broken)


@pytest.mark.parametrize(("technique", "more"), [("dream", []), ("zoom_dream", ["--zoom", "3"])])
def test_a_run_that_was_stopped_goes_on_to_the_same_file(
    call, tmp_path, monkeypatch, technique, more
):
    call(*more)
    ends = [".png", "_sheet.png", *([".gif"] if more else [])]
    whole = {end: (tmp_path / f"town_dream{end}").read_bytes() for end in ends}
    with monkeypatch.context() as patched:
        ended(patched, technique, KeyboardInterrupt, 3)
        status, printed, notes = call(*more)
    assert status == 130 and "--resume" in printed.err
    assert notes["town_dream"]["interrupted"] and (tmp_path / "town_dream_state.npz").is_file()
    status, *_ = call("--resume", tmp_path / "town_dream.json", photos=[])
    assert status == 0 and not (tmp_path / "town_dream_state.npz").exists()
    for end in ends:
        assert (tmp_path / f"town_dream{end}").read_bytes() == whole[end], end
    assert not list(tmp_path.glob("town_dream_0*.png"))


def test_a_loop_that_diverges_keeps_the_last_good_picture(call, tmp_path, monkeypatch):
    ended(monkeypatch, "dream", Diverged, 3)
    status, printed, notes = call()
    assert status == 2 and "is NaN or infinite" in printed.err
    assert notes["town_dream"]["steps done"] == 2 and (tmp_path / "town_dream.png").is_file()


# ── What makes no sense ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--layer", "relu9_9"], "no layer 'relu9_9'"),
        (["--channel", "64"], "relu2_2 has channels 0 … 63, not 64"),
        (["--class", "dog"], "leave one of them out"),
        (["--guide", "nowhere.jpg"], "there is no photo nowhere.jpg"),
        (["--octaves", "0"], "octaves is 0"), (["--scale", "1"], "scale is 1.0"),
        (["--rate", "-1"], "rate is -1.0"), (["--tile", "0"], "--tile is 0"),
        (["--size", "0"], "give 1 to 4096 pixels, or full"),
        (["--zoom", "0"], "--zoom is 0"), (["--zoom", "2", "--zoom-by", "0.5"], "--zoom-by is 0.5"),
        (["--seed", "-1"], "--seed is -1"),
    ],
)  # fmt: skip
def test_an_option_that_makes_no_sense_is_one_sentence(call, options, sentence, tmp_path):
    status, printed, notes = call(*options)
    assert status == 2 and sentence in printed.err and not notes
    assert printed.err.strip().count("\n") == 0 or "usage" in printed.err


def test_a_photo_of_one_pixel_or_in_which_nothing_fires_is_one_sentence(call, tmp_path, photo):
    dot = tmp_path / "in" / "dot.png"
    Image.new("RGB", (1, 1)).save(dot)
    status, printed, _ = call(photos=[dot])
    assert status == 2 and "1×1 pixels are too few for minivgg" in printed.err


def test_several_photos_are_dreamt_on_one_after_another(call, photo, tmp_path):
    Image.open(photo).transpose(Image.Transpose.ROTATE_90).save(photo.with_name("b.png"))
    status, _, notes = call(photos=[photo.parent])
    assert status == 0 and set(notes) == {"town_dream", "b_dream"}
    assert Image.open(tmp_path / "b_dream.png").size == (30, 41)


def test_the_film_of_a_dream_is_a_file_that_plays(rng):
    moments = [rng.integers(0, 255, (3, 40, 40)).astype(np.uint8) for _ in range(3)]
    for format in ("gif", "webp"):
        with Image.open(io.BytesIO(film.encoded([moments], format, each=80))) as made:
            assert made.n_frames == 3
