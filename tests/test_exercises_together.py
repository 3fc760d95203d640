"""What a student does with answers: a demo, all tests together, a notebook; how a command ends."""

import json
import subprocess
import sys

import numpy as np
import pytest

import demos.__main__
from minigrad import ops
from tests import __main__ as command
from tests.__main__ import answered, main
from tests.exercises import catalogue, verdict
from tests.exercises.cut import ROOT
from tests.exercises.desk import Desk
from tests.exercises.lectures import LECTURES, lecture
from tests.exercises.together import in_place

ADD = "def add(a, b):\n    return a + b, back, back\n\n\ndef back(g):\n    return g\n"
RELU = "def relu(x):\n    return x * (x > 0) * 1.0, lambda g: g * (x > 0)\n"


@pytest.fixture
def folder(tmp_path):
    """A student's, with two answers that are right."""
    (tmp_path / "add.py").write_text(ADD)
    (tmp_path / "relu.py").write_text(RELU)
    return tmp_path


@pytest.fixture
def drawn(monkeypatch):
    """A demo that draws nothing: it calls relu, and keeps what it was asked for."""
    kept = []

    def demo(argv):
        kept.append(argv)
        kept.append(ops.relu(np.array([-1.0, 2.0])))

    monkeypatch.setattr(demos.__main__, "main", demo)
    return kept


# ── A picture ────────────────────────────────────────────────────────────────────────────────────


def test_a_demo_runs_with_the_students_function(folder, drawn, capsys):
    (folder / "relu.py").write_text("def relu(x):\n    return x + 7, lambda g: g\n")
    assert answered(["relu", "--picture", "--answers", str(folder)])
    (name, out, where), pixels = drawn
    assert name == catalogue.find("relu").picture[0] and out == "--out"
    assert where == str(folder / "pictures" / "relu") and list(pixels) == [6, 9]
    assert list(ops.relu(np.array([-1.0, 2.0]))) == [0, 2], "the library has its own again"
    assert "with your relu:" in capsys.readouterr().out


def test_with_mine_a_demo_runs_with_all_that_is_solved(folder, drawn, capsys):
    assert answered(["relu", "--picture", "--mine", "--answers", str(folder)])
    assert "with your add, relu:" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "sentence"), [
    ("def relu(x):\n    return x.nothing, None\n", "relu.py stops the demo: AttributeError"),
    ("def relu(x):\n    return x.nothing, None\n", "line 2 of your file:\n    return x.nothing"),
    ("def relu(x):\n    raise NotImplementedError\n", "relu.py is still to be written"),
    ("def relu(x)\n", "line 1 is not Python"),
])  # fmt: skip
def test_an_answer_that_stops_the_demo_is_told_where(folder, drawn, capsys, text, sentence):
    (folder / "relu.py").write_text(text)
    assert not answered(["relu", "--picture", "--answers", str(folder)])
    assert sentence in capsys.readouterr().out


def test_without_a_picture_or_an_answer_a_sentence_says_so(tmp_path):
    with pytest.raises(ValueError, match="add has no picture; there is one of .*relu"):
        answered(["add", "--picture"])
    with pytest.raises(ValueError, match=r"there is no .*relu.py yet: python -m tests relu"):
        answered(["relu", "--picture", "--answers", str(tmp_path)])


def test_every_picture_is_of_a_demo():
    shown = [e.picture[0] for e in catalogue.EXERCISES.values() if e.picture]
    assert shown and set(shown) <= set(demos.__main__.demos())


# ── All together ─────────────────────────────────────────────────────────────────────────────────


def test_all_answers_that_are_solved_pass_tests_together(folder, capsys):
    (folder / "multiply.py").write_text("def multiply(a, b):\n    return a + b\n")
    assert answered(["--mine", "tests/ops/test_by_hand.py", "--answers", str(folder)])
    said = capsys.readouterr().out
    assert "2 of your functions run in minigrad" in said and "all pass with your add, relu" in said


def test_helpers_of_one_name_in_one_module_are_told(folder, capsys):
    (folder / "multiply.py").write_text(ADD.replace("add", "multiply"))
    both = [catalogue.find(name) for name in ["add", "multiply"]]
    with in_place(Desk(str(folder)), both) as placed:
        assert [exercise.name for exercise in placed] == ["add"]
    assert "without multiply, beside your others:" in capsys.readouterr().out


def test_nothing_solved_is_nothing_to_run(tmp_path):
    with pytest.raises(ValueError, match="is solved yet: python -m tests next"):
        answered(["--mine", "--answers", str(tmp_path)])


# ── A notebook ───────────────────────────────────────────────────────────────────────────────────


def test_a_notebook_has_the_task_a_cell_to_write_in_and_one_that_judges(folder, monkeypatch):
    pytest.importorskip("nbformat")
    assert answered(["relu", "--notebook", "--answers", str(folder)])
    file = folder / "notebooks" / "relu.ipynb"
    task, write, judge, *hints = json.loads(file.read_text("utf-8"))["cells"]
    magic, stub = "".join(write["source"]).split("\n", 1)
    assert magic == "%%writefile relu.py" and "raise NotImplementedError" in stub
    assert "minigrad/ops/activation.py" in "".join(task["source"]) and len(hints) == 3
    monkeypatch.chdir(file.parent)
    (file.parent / "relu.py").write_text(stub, encoding="utf-8")
    assert "is still to be written" in run(judge)
    (file.parent / "relu.py").write_text(RELU, encoding="utf-8")
    assert "relu: solved" in run(judge)


def run(cell) -> str:
    """What a cell prints."""
    command = [sys.executable, "-X", "utf8", "-c", "".join(cell["source"])]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def test_a_notebook_that_is_there_stays(folder, capsys):
    pytest.importorskip("nbformat")
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "relu.ipynb").write_text("mine")
    answered(["relu", "--notebook", "--answers", str(folder)])
    assert (folder / "notebooks" / "relu.ipynb").read_text() == "mine"
    assert "already; it stays as it is" in capsys.readouterr().out


def test_without_nbformat_a_notebook_is_a_sentence(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(ValueError, match=r"--notebook needs nbformat: pip install -e"):
        answered(["relu", "--notebook", "--answers", str(folder)])


# ── How a command ends ───────────────────────────────────────────────────────────────────────────


def test_the_status_is_1_until_it_is_solved(folder):
    main(["relu", "--answers", str(folder)])
    for argv in ([], ["multiply"], ["multiply"]):
        with pytest.raises(SystemExit, match="1"):
            main([*argv, "--answers", str(folder)])


def test_who_has_solved_all_is_told_what_to_do_next(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Desk, "verdict", lambda self, exercise: verdict.Verdict(verdict.SOLVED))
    main(["--answers", str(tmp_path)])
    main(["next", "--answers", str(tmp_path)])
    assert capsys.readouterr().out.count(command.ALL_SOLVED) == 2


def test_a_lecture_is_of_something_that_is_there():
    for key in LECTURES:
        file, _, name = key.partition(":")
        assert (ROOT / file).exists(), key
        assert f"def {name}(" in (ROOT / file).read_text("utf-8") if name else True, key
    assert "softmax" in lecture("minigrad.ops.activation:softmax")
    assert "9.4" in lecture("minigrad.techniques.make.gram:gram")
    assert lecture("minigrad.relevance:epsilon") is None
