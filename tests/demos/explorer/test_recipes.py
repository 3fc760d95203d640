"""Below each picture stand a command and some Python: both make this picture."""

import ast
import base64
import importlib
import io
import json
import pathlib
import shlex

import numpy as np
import pytest
from PIL import Image

from demos import show
from demos.explorer import paint, views
from demos.explorer.desk import Desk
from demos.explorer.question import Question, Recipe, Request
from demos.shared.command import FACE, network, parser

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="module")
def desk():
    args = parser("explore", "", writes=False).parse_args([])
    return Desk(network(args), Recipe("minivgg"))


@pytest.fixture
def ask(desk, monkeypatch):
    """What a view answers to a request, from the first answer to the last."""
    monkeypatch.chdir(ROOT)

    def ask(verb, data=b"", **fields):
        return list(views.VERBS[verb](desk, Request(verb, fields, data)))

    return ask


def picture(address):
    head, data = address.split(",", 1)
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def by_python(code):
    """The picture of the last line, as a notebook shows it."""
    *lines, last = ast.parse(code).body
    names = {}
    exec(compile(ast.Module(lines, []), "recipe", "exec"), names)
    return eval(ast.get_source_segment(code, last), names)


def by_command(command, out):
    """Run the command; the files that it has written, by the ends of their names, and its note."""
    python, m, demos, demo, *words = shlex.split(command)
    assert (python, m, demos) == ("python", "-m", "demos")
    importlib.import_module(f"demos.{demo}").main([*words, "--out", str(out)])
    (note,) = out.glob("*.json")
    files = {file.name.removeprefix(note.stem): file for file in out.glob("*.png")}
    return files, json.loads(note.read_text())


def same(one, other):
    assert np.array_equal(np.asarray(one.convert("RGB")), np.asarray(other.convert("RGB")))


def contains(sheet, tile):
    """Does a sheet show a picture, pixel by pixel, somewhere?"""
    sheet, tile = (np.asarray(image.convert("RGB")).astype(np.int32) for image in (sheet, tile))
    height, width, _ = tile.shape
    firsts = np.lib.stride_tricks.sliding_window_view(sheet[..., 0], width, axis=1)
    rows, columns = np.nonzero((firsts[: len(sheet) - height + 1] == tile[0, :, 0]).all(axis=2))
    return any(np.array_equal(sheet[y : y + height, x : x + width], tile)
               for y, x in zip(rows, columns, strict=True))


QUESTIONS = [
    Question(class_="face"), Question(layer="relu4_2", unit=(59, 10, 9)),
    Question(layer="fc7", unit=(3,)), Question(layer="conv3_1", channel=17),
    Question(layer="relu3_2", region=(0.1, 0.2, 0.6, 0.75)),
    Question(layer="relu3_2", channel=5, region=(0, 0, 0.5, 0.5)),
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_words_and_the_python_of_a_question_ask_for_the_same(desk, question):
    techniques = importlib.import_module("minigrad.techniques")
    x = desk.net.pixels(FACE)
    asked = eval(question.python(desk.net), vars(techniques).copy())
    objective, acts = question.objective(desk.net, x), desk.net(x)
    assert float(asked(acts)) == float(objective(acts))
    assert question.words(desk.net) <= set(techniques.__all__)


@pytest.mark.parametrize("layer", ["conv4_2", "fc8"])
def test_a_layers_channels(ask, layer, tmp_path):
    (answer,) = ask("see", photo="chelsea", layer=layer)
    shown = picture(answer["grid"])
    same(shown, by_python(answer["python"]))
    files, _ = by_command(answer["command"], tmp_path)
    same(shown, Image.open(files[".png"]))


@pytest.mark.parametrize("question", [
    {"layer": "relu4_2", "unit": [59, 10, 9]}, {"class": "wild cat"},
    {"layer": "conv1_1", "unit": [3, 60, 60]},
])
def test_the_three_rules(ask, question, tmp_path):
    (answer,) = ask("rules", photo="chelsea", **question)
    files, note = by_command(answer["command"], tmp_path)
    assert note["objective"] == answer["name"]
    assert len(answer["pictures"]) == (1 if question.get("layer") == "conv1_1" else 3)
    for one in answer["pictures"].values():
        shown = picture(one["picture"])
        same(shown, by_python(one["python"]))
        same(shown, Image.open(files[f"_{one['file']}.png"]))


@pytest.mark.parametrize("name", ["Grad-CAM", "LRP-ε", "random"])
def test_a_map(ask, name, tmp_path):
    asked, answer = ask("maps", photo="face", maps=name, window=40, epsilon=0.5)
    assert asked["class"] == "face" and answer["map"] == name
    shown = picture(answer["picture"])
    same(shown, by_python(answer["python"]))
    files, _ = by_command(answer["command"], tmp_path)
    assert contains(Image.open(files[".png"]), shown)


def test_a_map_of_a_region(ask, tmp_path):
    asked, answer = ask("maps", maps="occlusion", layer="relu3_2", region=[0.1, 0.2, 0.6, 0.7])
    assert asked["asked"] == "energy of relu3_2 in a region"
    same(picture(answer["picture"]), by_python(answer["python"]))
    files, _ = by_command(answer["command"], tmp_path)
    assert contains(Image.open(files[".png"]), picture(answer["picture"]))


def test_a_map_that_cannot_tell_says_why_and_the_others_are_made(ask):
    _, first, second = ask("maps", maps="occlusion|gradient", window=999)
    assert "give 128 at most" in first["none"] and second["picture"]


@pytest.mark.parametrize("question", [
    {"attack": "fgsm", "epsilon": 6.0}, {"attack": "pgd", "epsilon": 4.5, "target": "cup"},
])
def test_an_attack(ask, question, tmp_path):
    (answer,) = ask("fool", photo="face", **question)
    shown = picture(answer["picture"])
    same(shown, by_python(answer["python"]))
    files, note = by_command(answer["command"], tmp_path)
    same(shown, Image.open(files["_adversarial.png"]))
    assert note["success"] == answer["success"]


def test_a_painting(ask, tmp_path):
    first, *_, answer = ask("paint", photo="face", painting="the_scream", edge=64, steps=4)
    assert answer["progress"] == 1
    shown = picture(answer["picture"])
    same(shown, by_python(first["python"]))
    files, _ = by_command(first["command"], tmp_path)
    same(shown, Image.open(files[".png"]))


def test_what_most_excites_a_channel(ask, tmp_path):
    *way, answer = ask("maximised", layer="relu2_1", channel=3)
    assert way[0]["progress"] < way[-1]["progress"] == 1
    shown = picture(answer["picture"])
    same(shown, by_python(answer["python"]))
    files, _ = by_command(answer["command"], tmp_path)
    same(shown, Image.open(files["_1.png"]))
    assert ask("maximised", layer="relu2_1", channel=3) == [answer]     # it is remembered


def test_the_patches_of_a_channel(ask, tmp_path, monkeypatch):
    """Of a few photos, for the sake of time; the search itself is tested elsewhere."""
    folder = tmp_path / "photos" / "some"
    folder.mkdir(parents=True)
    known = sorted((ROOT / "demos/photos/caltech101").glob("[ab]*/*.jpg"))[:12]
    for file in known:
        (folder / f"{file.parent.name}_{file.name}").write_bytes(file.read_bytes())
    look = importlib.import_module("demos.explorer.look")
    monkeypatch.setattr(look, "CALTECH", tmp_path / "photos")
    *way, answer = ask("patches", layer="pool3", channel=7)
    assert [round(part["progress"], 2) for part in way] == [0.67, 1.0]
    crops = np.stack([np.asarray(picture(p["picture"])) for p in answer["patches"]])
    same(show(np.moveaxis(crops, -1, 1).astype(np.float32)), by_python(answer["python"]))
    words = answer["command"] + f" --folder {tmp_path / 'photos'}"
    _, note = by_command(words, tmp_path / "out")
    assert [p["photo"] for p in note["channels"]["7"]["patches"]] == [
        p["name"] for p in answer["patches"]]


@pytest.mark.parametrize("condition", ["as it is", "occluded", "blurred", "tiny", "attacked"])
def test_a_question_of_the_quiz(ask, condition):
    (answer,) = ask("quiz", condition=condition, number=7)
    assert len(set(answer["choices"])) == 5
    assert answer["choices"][answer["right"]] == answer["photo"].split("-")[0].replace("_", " ")
    same(picture(answer["picture"]), by_python(answer["python"]))
    if condition == "tiny":
        assert ask("quiz", condition=condition, number=7) == [answer]


def test_the_tape_shows_the_rule_that_ran(ask):
    question = {"layer": "relu3_1", "unit": [3, 9, 9]}
    (answer,) = ask("tape", rule="guided backpropagation", **question)
    assert "return g * (g > 0) * (x > 0)" in answer["tape"]
    (answer,) = ask("tape", rule="deconvnet", **question)
    assert "return g * (g > 0)\n" in answer["tape"]


def test_a_dropped_file_is_asked_like_the_clones(ask):
    (dropped,) = ask("drop", FACE.read_bytes(), name="my face.jpg")
    (of_mine,), (of_clone,) = ask("see", photo=dropped["key"]), ask("see", photo="face")
    assert of_mine["grid"] == of_clone["grid"] and of_mine["top"] == of_clone["top"]
    assert "'my face.jpg'" in of_mine["command"]


def test_every_view_says_in_one_sentence_what_is_wrong(ask):
    for verb, fields, sentence in [
        ("see", {"layer": "relu9"}, "there is no layer 'relu9'; did you mean"),
        ("rules", {}, "say what to ask for"),
        ("rules", {"class": "zebra crossing"}, "knows no class"),
        ("maps", {"maps": "magic"}, "there is no map 'magic'"),
        ("fool", {"attack": "hammer"}, "there is no attack 'hammer'"),
        ("fool", {"epsilon": -1}, "give a number from 0.1 to 64"),
        ("paint", {"painting": "mona_lisa"}, "there is no painting"),
        ("paint", {"edge": 9999}, f"give {max(paint.EDGES)} at most"),
        ("quiz", {"condition": "asleep"}, "there is no condition"),
        ("intervals", {"counts": [[5, 3]]}, "no more than 3 are right"),
    ]:
        with pytest.raises((ValueError, TypeError), match=sentence):
            ask(verb, **fields)


def test_wilsons_intervals_for_the_chart(ask):
    """Brown, Cai and DasGupta 2001: of 10 all right, from 72.2 % on; of 50, 25: 36.6 to 63.4 %."""
    (answer,) = ask("intervals", counts=[[10, 10], [25, 50]])
    assert np.allclose(answer["intervals"], [[1, 0.7225, 1], [0.5, 0.3664, 0.6336]], atol=1e-4)
