"""What the tests share of the demos that look at a photo."""

import json

import pytest
from PIL import Image

import models
from minigrad.command import run
from models import storage


@pytest.fixture(scope="session")
def weights_of(tmp_path_factory):
    """Write a small network with random weights and these classes into a file."""

    def weights_of(classes):
        file = tmp_path_factory.mktemp("weights") / "some.h5"
        net = models.build("minivgg", classes=classes)
        storage.save(file, net.params, {"model": "minivgg", "classes": net.classes})
        return file

    return weights_of


@pytest.fixture(scope="session")
def random_weights(weights_of):
    """A small network with random weights, in a file."""
    return weights_of(["cup", "cat", "tea cup", "dog"])


@pytest.fixture
def look_with(random_weights, tmp_path, capsys):
    """Look at the small face with a demo: status, what it printed, its note and its sheet."""

    def look(demo, *argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path), "--size", "64"]
        status = run(demo.main, [*options, *argv], "demos")
        note = tmp_path / f"face_{demo.__name__.split('.')[-1]}.json"
        made = json.loads(note.read_text()) if note.exists() else None
        sheet = made and Image.open(tmp_path / made["pictures"][0])
        return status, capsys.readouterr(), made, sheet

    return look


@pytest.fixture
def ask(random_weights, tmp_path, capsys):
    """Call a demo for the face, at its usual size: status, what it printed, and its note."""

    def ask(demo, *argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path), *argv]
        status = run(demo.main, options, "demos")
        note = tmp_path / f"face_{demo.__name__.split('.')[-1]}.json"
        return status, capsys.readouterr(), json.loads(note.read_text()) if note.exists() else None

    return ask
