"""A folder becomes a map: what is drawn, what is kept, what is said of bad folders."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import models
from demos import codes
from demos.shared import kept_codes, map_pictures
from demos.shared.command import FACE, PHOTOS
from demos.shared.kept_codes import Origin, codes_of
from minigrad.command import run

CLASSES = ["face", "pagoda", "pizza"]


@pytest.fixture(scope="module")
def weights(weights_of):
    """A small network with random weights, in a file."""
    return weights_of(["cup", "cat"])


@pytest.fixture
def folder(tmp_path):
    """Twelve photos of three classes."""
    for name in CLASSES:
        shutil.copytree(PHOTOS / "caltech101" / name, tmp_path / "photos" / name)
    return tmp_path / "photos"


@pytest.fixture
def call(weights, folder, tmp_path, capsys):
    def call(*argv, steps="10"):
        options = ["--weights", str(weights), "--out", str(tmp_path / "out"), "--steps", steps]
        options += [] if "--folder" in argv else ["--folder", str(folder)]
        status = run(codes.main, [*options, *argv], "demos")
        note = tmp_path / "out" / "photos_codes.json"
        return status, capsys.readouterr(), json.loads(note.read_text()) if note.exists() else None

    return call


@pytest.fixture
def net():
    return models.build("minivgg", classes=2)


def origin(layer="relu7"):
    return Origin("minivgg", layer, "0123456789")


# ── One command ─────────────────────────────────────────────────────────────────────────────────


def test_one_command_draws_the_maps_and_tells_the_numbers(call, tmp_path):
    pytest.importorskip("scipy")
    status, printed, made = call(str(FACE))
    assert status == 0 and printed.out.count("%") == 7
    assert made["pictures"] == [
        f"photos_codes{part}.png" for part in ("", "_map", "_thumbnails", "_nearest")
    ]
    for name in made["pictures"]:
        assert len(Image.open(tmp_path / "out" / name).convert("RGB").getcolors(10**6)) > 20
    assert (made["layer"], made["photos"], made["steps done"]) == ("relu7", 12, 10)
    pure = made["share of a photo's 5 nearest of its class"]
    assert set(pure) == {"codes", "map by t-SNE", "map by PCA", "pixels"}
    assert pure["pixels"]["best"] == pytest.approx(3 / 5)
    assert pure["pixels"]["chance"] == pytest.approx(3 / 11)
    near = made["nearest"][0]
    assert len(near["code"]) == len(near["pixels"]) == 8
    assert [d for _, d in near["code"]] == sorted(d for _, d in near["code"])


def test_a_photo_of_the_folder_is_no_neighbour_of_itself(call, folder):
    pytest.importorskip("scipy")
    photo = sorted((folder / "pizza").iterdir())[0]
    near = call(str(photo))[2]["nearest"][0]
    for space in ("code", "pixels"):
        assert photo.name not in [file.rsplit("/", 1)[1] for file, d in near[space] if d == 0]
        assert all(d > 0 for _, d in near[space])


def test_a_folder_without_classes_has_a_map_and_no_purity(call, folder):
    pytest.importorskip("scipy")
    status, printed, made = call("--folder", str(folder / "pizza"))
    assert status == 0 and "of its class" not in printed.out


def test_ctrl_c_draws_what_there_is(call, monkeypatch):
    pytest.importorskip("scipy")

    def interrupted(*args, **settings):
        steps = tsne(*args, **settings)
        yield from (next(steps) for _ in range(3))
        raise KeyboardInterrupt

    tsne = codes.tsne
    monkeypatch.setattr(codes, "tsne", interrupted)
    status, printed, made = call()
    assert status == 130 and "stopped; after 3 steps; 3 pictures" in printed.err
    assert made["interrupted"] and made["steps done"] == 3


def test_ctrl_c_before_there_is_a_map_says_what_is_kept(call, monkeypatch):
    def interrupted(*args, **settings):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(codes, "tsne", interrupted)
    status, printed, made = call()
    assert status == 130 and made is None
    assert "nothing was drawn, and the codes are kept in" in printed.err


# ── What is kept ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def passes(monkeypatch):
    """How many photos each pass through the network was given."""
    counted = []
    monkeypatch.setattr(
        kept_codes, "codes", lambda net, x, layer: counted.append(len(x)) or x.mean(axis=(2, 3))
    )
    return counted


def found_in(folder):
    return sorted(folder.glob("*/*.jpg"))


def test_a_second_run_computes_nothing_and_gives_the_same(net, folder, tmp_path, passes):
    first = codes_of(net, found_in(folder), origin(), tmp_path)
    again = codes_of(net, found_in(folder), origin(), tmp_path)
    assert passes == [12] and (first.computed, again.computed) == (12, 0)
    assert np.array_equal(first.codes, again.codes) and first.photos == again.photos


def test_of_a_folder_that_grew_only_the_new_photos_are_computed(net, folder, tmp_path, passes):
    first = codes_of(net, found_in(folder), origin(), tmp_path)
    new = folder / "a" / "first.jpg"
    new.parent.mkdir()
    shutil.copy(FACE, new)
    more = codes_of(net, found_in(folder), origin(), tmp_path)
    assert passes == [12, 1] and more.photos[0] == new
    assert np.array_equal(more.codes[1:], first.codes)


def test_a_photo_is_known_by_its_content_not_by_its_name(net, folder, tmp_path, passes):
    codes_of(net, found_in(folder), origin(), tmp_path)
    folder.rename(tmp_path / "moved")
    codes_of(net, found_in(tmp_path / "moved"), origin(), tmp_path)
    assert passes == [12]


def test_ctrl_c_keeps_the_codes_that_there_are(net, folder, tmp_path, passes, monkeypatch):
    monkeypatch.setattr(kept_codes, "BATCH", 5)
    add, calls = kept_codes.add, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return add(*args)

    monkeypatch.setattr(kept_codes, "add", interrupted)
    with pytest.raises(KeyboardInterrupt, match="5 codes are kept in .*h5, and the same command"):
        codes_of(net, found_in(folder), origin(), tmp_path)
    assert codes_of(net, found_in(folder), origin(), tmp_path).computed == 7


def test_another_layer_and_other_weights_have_files_of_their_own(tmp_path):
    one = origin()
    others = [one._replace(layer="fc7"), one._replace(weights="f" * 10), one._replace(model="m")]
    assert len({each.file_in(tmp_path) for each in [one, *others]}) == 4


def test_a_file_of_another_network_is_refused(net, folder, tmp_path, passes):
    codes_of(net, found_in(folder), origin(), tmp_path)
    other = origin()._replace(model="alexnet")
    origin().file_in(tmp_path).rename(other.file_in(tmp_path))
    with pytest.raises(ValueError, match="holds codes of relu7 of minivgg, with other weights"):
        codes_of(net, found_in(folder), other, tmp_path)


@pytest.mark.parametrize("harm", ["cut off", "a byte", "another kind"])
def test_a_damaged_file_is_said_and_not_replaced(net, folder, tmp_path, passes, harm):
    codes_of(net, found_in(folder), origin(), tmp_path)
    file = origin().file_in(tmp_path)
    data = bytearray(file.read_bytes())
    code = codes_of(net, found_in(folder)[:1], origin(), tmp_path).codes[0, :2].tobytes()
    at = data.index(code)
    data[at] ^= 1
    file.write_bytes({"cut off": data[:-100], "a byte": data, "another kind": b"photo"}[harm])
    before = file.read_bytes()
    with pytest.raises(ValueError, match="is damaged, or holds no codes: remove it"):
        codes_of(net, found_in(folder), origin(), tmp_path)
    assert file.read_bytes() == before


# ── Bad folders ─────────────────────────────────────────────────────────────────────────────────


def test_what_is_no_photo_is_named_and_counted_and_the_others_are_drawn(call, folder):
    pytest.importorskip("scipy")
    (folder / "pizza" / "broken.jpg").write_bytes(b"no photo")
    (folder / "pizza" / "notes.txt").write_text("hello")
    (folder / ".hidden.jpg").write_bytes(b"")
    status, printed, made = call()
    assert status == 0 and made["photos"] == 12 and len(made["left out"]) == 1
    assert "broken.jpg is no image" in printed.err
    assert "12 photos; left out: 1 hidden, 1 of the kind .txt, 1 that cannot be read" in printed.out


def test_a_folder_with_too_few_photos_is_one_sentence(call, tmp_path, folder):
    empty, one = tmp_path / "empty", tmp_path / "one"
    empty.mkdir()
    one.mkdir()
    shutil.copy(FACE, one)
    for where, sentence in [
        (tmp_path / "nowhere", "there is no folder"), (empty, "holds no photos, nor do folders"),
        (one, "has 1 photo that can be read, and a map takes 4 or more"),
    ]:
        status, printed, made = call("--folder", str(where))
        assert status == 2 and sentence in printed.err and made is None
        assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--perplexity", "9"], "perplexity 9 asks for 28 photos or more, and there are 12"),
        (["--layer", "relu9"], "no layer 'relu9'"),
        (["--steps", "0"], "steps is 0"),
        (["--seed", "-1"], "--seed is -1"),
        (["nowhere.jpg"], "there is no photo nowhere.jpg"),
    ],
)
def test_bad_input_is_one_sentence_and_draws_nothing(call, argv, sentence):
    status, printed, made = call(*argv)
    assert status == 2 and sentence in printed.err and made is None
    assert printed.err.count("\n") == 1


def test_equal_photos_alone_have_no_map(call, folder):
    for n in range(4):
        shutil.copy(FACE, folder / f"{n}.jpg")
    for name in CLASSES:
        shutil.rmtree(folder / name)
    status, printed, made = call()
    assert status == 2 and "all 4 codes are equal" in printed.err and made is None


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────


def test_the_distance_of_two_photos_is_the_root_mean_square_of_grey_levels():
    black, grey = (Image.new("RGB", (64, 64), (v, v, v)) for v in (0, 30))
    a, b = map_pictures.as_numbers([black, grey])
    assert np.linalg.norm(a - b) == pytest.approx(30)


def test_of_thumbnails_in_one_place_some_move_aside_and_a_heap_is_left_out():
    places = np.concatenate([np.zeros((40, 2)), [[1.0, 1.0]]])
    tiles = [Image.new("RGB", (40, 40), (n, 0, 0)) for n in range(41)]
    picture, shown = map_pictures.scattered(places, tiles, 400)
    colours = {colour[0] for _, colour in picture.getcolors(10**6)} - {map_pictures.GROUND[0]}
    assert shown == len(colours) and 5 <= shown < 20 and 40 in colours


def test_a_name_stands_over_the_points_near_their_middle():
    xy = np.array([[10.0, 50.0], [20.0, 40.0], [30.0, 60.0], [20.0, 500.0], [22.0, -300.0]])
    assert map_pictures.above(xy) == (20, 40)


def test_the_tightest_class_comes_first_and_small_ones_not_at_all():
    places = np.array([[0, 0], [9, 0], [0, 9], [5, 5], [5, 6], [6, 5], [7, 7], [7, 7]], float)
    assert map_pictures.tightest(places, np.array([0, 0, 0, 1, 1, 1, 2, -1])) == [1, 0]
