"""What the demos share that lay maps over a photo."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import models
from demos.shared import looking
from demos.shared.command import FACE
from minigrad.techniques import channel, class_score, unit


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=["cup", "cat", "tea_cup", "dog"])


def sight(net, objective, edge=64):
    x = np.full((1, 3, edge, edge), 90, np.float32)
    return looking.Sight(net, x, objective, 1.0, net.scores(x), SimpleNamespace(colours="inferno"))


def test_every_tile_has_one_size_but_for_its_scale(net):
    seen = sight(net, class_score(1))
    heights = [seen.photo(), seen.says(), seen.signed("g", seen.x - 90 + seen.x[:, :, ::-1]),
               seen.over("map", seen.x[:, 0])]
    assert {picture.width for _, picture in heights} == {looking.EDGE}
    assert [picture.height - looking.EDGE for _, picture in heights] == [0, 0, 0, 24]


def test_a_map_that_is_zero_everywhere_is_said(net, capsys):
    seen = sight(net, class_score(1))
    title, _ = seen.over("Grad-CAM", 0 * seen.x[:, 0])
    assert title == "Grad-CAM: zero everywhere"
    assert "zero everywhere: nothing in this photo speaks for score of class 1" in (
        capsys.readouterr().out)
    assert seen.over("Grad-CAM", seen.x[:, 0])[0] == "Grad-CAM"
    assert seen.signed("g", 0 * seen.x)[0] == "g: zero everywhere"


def test_what_a_unit_sees_is_framed_and_a_channel_sees_all(net):
    title, framed = sight(net, unit("relu2_1", 0, 8, 8)).photo()
    assert "what the unit sees" in title and len(framed.getcolors(100000)) > 1
    for objective in (channel("relu2_1", 0), class_score(0)):
        title, plain = sight(net, objective).photo()
        assert title == "the photo" and len(plain.getcolors()) == 1


def test_every_photo_has_a_sheet_and_a_note(tmp_path, monkeypatch, net):
    monkeypatch.setattr(looking, "network", lambda args: net)
    monkeypatch.setattr(looking.provenance, "of", lambda args, photo: {"read": photo.name})
    photos = []
    for n in range(2):
        photos.append(str(tmp_path / f"{n}.png"))
        Image.open(FACE).resize((140 + n, 150)).save(photos[-1])
    args = looking.options("some", "A demo.").parse_args(
        [*photos, "--size", "64", "--class", "tea cup", "--out", str(tmp_path / "out")])
    looking.at_each_photo("some", args, lambda seen: ([[seen.photo()]], {"mine": seen.value}))
    for n in range(2):
        note = json.loads((tmp_path / f"out/{n}_some.json").read_text())
        assert note["objective"] == "score of tea cup" and note["mine"] == note["value"]
        assert note["pictures"] == [f"{n}_some.png"] and note["read"] == f"{n}.png"
