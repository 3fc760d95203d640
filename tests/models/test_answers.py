"""What the shipped network says of the photos that come with it: any change of a number shows."""

import pathlib

import pytest

import models
from minigrad.ops import softmax

PHOTOS = pathlib.Path(__file__).parents[2] / "demos" / "photos"
ANSWERS = {
    "astronaut": {"french horn": 0.5443, "gas pump": 0.2247, "wheelchair": 0.0586},
    "chelsea": {"cougar face": 0.3486, "cassette player": 0.1444, "french horn": 0.1298},
    "cup": {"cup": 0.9427, "barrel": 0.0471, "face": 0.0024},
    "face": {"face": 0.9723, "cup": 0.0049, "french horn": 0.0047},
    "pyramid": {"pyramid": 0.9986, "hedgehog": 0.0005, "crocodile head": 0.0001},
}


@pytest.fixture(scope="module")
def net():
    return models.load("minivgg")


@pytest.mark.parametrize("photo", ANSWERS)
def test_the_first_three_answers_and_their_probabilities(net, photo):
    p = softmax(net(net.pixels(PHOTOS / f"{photo}.jpg"))["fc8"])[0]
    first = {net.classes[k].replace("_", " "): p[k] for k in p.argsort()[::-1][:3]}
    assert list(first) == list(ANSWERS[photo])
    assert first == pytest.approx(ANSWERS[photo], abs=1e-3)
