"""What is where: the composed photo's things are found, and both ways are told apart."""

import json

import pytest
from PIL import Image

import models
from demos import heat
from demos.shared.panorama import panorama
from minigrad.command import run


@pytest.fixture
def call(tmp_path, capsys):
    def call(*argv):
        status = run(heat.main, ["--out", str(tmp_path), *argv], "demos")
        made = [json.loads(note.read_text()) for note in tmp_path.glob("*heat.json")]
        return status, capsys.readouterr(), made[0] if made else None

    return call


def test_the_things_of_the_composed_photo_are_found_where_they_are(call, tmp_path):
    status, printed, made = call()
    assert status == 0 and len(made["found"]) == 8
    assert sum(made["found"].values()) == printed.out.count("✓") >= 7
    assert made["windows one by one"] == made["places at once"] == 7 * 17
    assert len(made["files read"]) == 9
    each, shared = (made[f"multiplications for each {what}"] for what in ("window", "place"))
    assert 9 < each / shared < 10
    assert made["scores differ with 64 pixels around a window"] < 1e-4 < made["scores differ"]
    for name in made["pictures"]:
        assert Image.open(tmp_path / name).width > 1000


def test_a_composed_photo_is_the_same_for_the_same_seed_and_each_thing_stands_in_its_frame():
    net = models.load("minivgg")
    one, again, other = (panorama(net, seed) for seed in (3, 3, 4))
    assert one.image.tobytes() == again.image.tobytes() != other.image.tobytes()
    assert one.image.size == (640, 320) and len(one.truth) == 8
    for file, (k, (top, left, bottom, right)) in zip(one.files, one.truth.items(), strict=True):
        assert net.classes[k] == file.parent.name
        assert (bottom - top, right - left) == (160, 160)


def test_classes_that_are_asked_for_on_a_photo_of_ones_own(call, random_weights, tmp_path):
    photo = tmp_path / "wide.png"
    Image.radial_gradient("L").resize((160, 128)).save(photo)
    status, _, made = call("--weights", str(random_weights), str(photo), "--size", "192",
                           "--class", "dog", "--class", "1", "--class", "dog")
    assert status == 0 and list(made["largest probability"]) == ["dog", "cat"]
    assert made["pictures"] == ["wide_heat.png", "wide_heat_at_once.png"]
    assert made["found"] == {} and "scores differ with 64 pixels around a window" not in made


@pytest.mark.parametrize(("argv", "said"), [
    (["--size", "100"], "--size 100: give 128 or more, minivgg's window"),
    (["--size", "300"], "--size is of a photo"),
    (["nowhere.jpg"], "there is no photo nowhere.jpg"),
    (["--class", "nothing"], "knows no class 'nothing'"),
    (["--seed", "-1"], "--seed is -1"),
])
def test_bad_input_is_one_sentence(call, random_weights, argv, said):
    status, printed, made = call("--weights", str(random_weights), *argv)
    assert status == 2 and said in printed.err and printed.err.count("\n") == 1 and made is None


def test_a_photo_too_narrow_for_a_window_is_one_sentence(call, random_weights, tmp_path):
    photo = tmp_path / "narrow.png"
    Image.new("RGB", (400, 40)).save(photo)
    status, printed, made = call("--weights", str(random_weights), str(photo))
    assert status == 2 and "pixels are too few for minivgg" in printed.err and made is None
