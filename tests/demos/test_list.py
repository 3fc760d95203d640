"""`python -m demos` lists what there is, by room, and runs what is named."""

import os
import subprocess
import sys

import pytest

from demos import __main__ as listing
from demos.__main__ import ROOMS, demos, listed, room_of


def test_every_demo_has_a_line_in_the_list():
    assert {"rules", "classes"} <= set(demos())
    assert all(line.endswith(".") or len(line) > 20 for line in demos().values())


@pytest.mark.parametrize(
    ("demo", "room"),
    [("rules", "look"), ("filters", "look"), ("maximize", "make"), ("train", "learn"),
     ("classes", None), ("benchmark", None)],
)
def test_a_demo_stands_in_the_room_of_its_technique(demo, room):
    assert room_of(demo) == room


@pytest.mark.parametrize(
    ("imports", "room"),
    [
        ("from minigrad.techniques import class_score, saliency", "look"),
        ("from minigrad.techniques.make.loop import optimize", "make"),
        ("from minigrad.techniques.learn import training", "learn"),
        ("from minigrad.techniques import learn", "learn"),
        ("from minigrad.techniques import class_score", None),
        ("from minigrad import ops\nfrom models import fold", None),
    ],
)
def test_a_room_is_read_from_the_imports(imports, room, tmp_path, monkeypatch):
    (tmp_path / "new.py").write_text(f'"""A demo."""\n{imports}\ndef main(argv): pass\n')
    monkeypatch.setattr(listing, "HERE", tmp_path)
    assert room_of("new") == room and "  new        A demo." in listed()


def test_the_list_tells_each_demo_once_under_its_room():
    lines = listed().splitlines()
    heads = [line for line in lines if line.split(":")[0] in ROOMS or line == "and"]
    used = {room_of(name) for name in demos()}
    assert [head.split(":")[0] for head in heads] == [*(r for r in ROOMS if r in used), "and"]
    names = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert sorted(names) == sorted(demos())


def test_the_list_and_a_wrong_name_from_the_command_line():
    def call(*argv):
        return subprocess.run(
            [sys.executable, "-m", "demos", *argv], capture_output=True, text=True, timeout=60
        )

    assert call().stdout == listed() + "\n"
    assert all(len(line) <= 80 for line in listed().splitlines())
    wrong = call("rulez")
    assert wrong.returncode == 2 and "did you mean rules?" in wrong.stderr
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize(("typed", "offered"), [
    ("ru", {"rules"}),
    ("rules --pan", {"--panel"}),
    ("rules --layer relu4", {"relu4_1", "relu4_2"}),
    ("maximize --model vgg16 --layer conv5", {"conv5_1", "conv5_2", "conv5_3"}),
    ("maximize --class dalm", {"dalmatian"}),
    ("what --model squeezenet1_1", {"squeezenet1_1"}),
    ("rules --colours v", {"viridis"}),
])
def test_a_shell_completes_demos_options_layers_and_classes(typed, offered, tmp_path):
    """Asked as argcomplete's script for bash asks."""
    pytest.importorskip("argcomplete")
    line, answer = f"python -m demos {typed}", tmp_path / "answer"
    environment = os.environ | {
        "_ARGCOMPLETE": "3", "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
    }
    command = [sys.executable, "-m", "demos"]
    subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    assert set(answer.read_text().split()) == offered
