"""The tape printed: every step, with the code of the gradient that will run."""

import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

import minigrad
from minigrad import Tensor, ops, tape
from minigrad.rules import guided
from minigrad.tape import tape_of


@pytest.fixture
def y(rng):
    x = Tensor(rng.normal(size=(1, 1, 6, 6)))
    y = ops.relu(ops.conv2d(x, rng.normal(size=(2, 1, 3, 3))))
    y.name = "relu1_1"
    return ops.relu(y).sum()


def test_every_step_is_a_line_oldest_first(y):
    lines = tape(y)
    assert [line.op for line in lines] == ["conv2d", "relu", "relu", "sum"]
    assert lines[1].name == "relu1_1"
    assert lines[0].inputs == ((1, 1, 6, 6), (2, 1, 3, 3)) and lines[0].output == (1, 2, 4, 4)


def test_the_tape_of_a_function_at_a_plain_array_is_that_of_its_value(rng):
    x = rng.normal(size=(1, 4))

    def f(x):
        return ops.relu(x).sum()

    assert tape_of(f, x) == tape(f(Tensor(x)))
    assert "x > 0" in str(tape_of(f, x, {ops.relu: guided}))


def test_only_gradients_that_will_run_are_shown(y):
    assert [len(line.gradients) for line in tape(y)] == [1, 1, 1, 1]  # of x, not of the weight


def test_a_gradient_is_shown_with_its_file_and_line(y):
    gradient = tape(y)[1].gradients[0]
    assert gradient.place.startswith("minigrad/ops/activation.py:")
    assert "lambda g" in gradient.text


def test_a_rule_is_shown_in_place_of_the_gradient(y):
    gradient = tape(y, rules={ops.relu: guided})[1].gradients[0]
    assert gradient.place.startswith("minigrad/rules.py:")
    assert "return g * (g > 0) * (x > 0)" in gradient.text


def test_places_are_the_package_s_own_in_a_clone_of_any_name(tmp_path):
    clone = tmp_path / "minigrad"                               # as git calls it
    shutil.copytree(pathlib.Path(minigrad.__file__).parent, clone / "minigrad",
                    ignore=shutil.ignore_patterns("__pycache__"))
    said = subprocess.run(
        [sys.executable, "-c", "import numpy as np, minigrad; from minigrad import ops\n"
         "print(minigrad.tape(ops.relu(minigrad.Tensor(np.ones(1))))[0].gradients[0].place)"],
        cwd=clone, text=True, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    assert said.stdout.startswith("minigrad/ops/activation.py:")


def test_printed_a_source_stands_once_and_is_referred_to(y):
    text = str(tape(y, rules={ops.relu: guided}))
    assert text.count("return g * (g > 0) * (x > 0)") == 1 and "as in step 2" in text
    assert "relu1_1" in text and "1×1×6×6, 2×1×3×3 → 1×2×4×4" in text


def test_code_without_a_source_is_said_to_have_none(y):
    typed = {}
    exec("def rule(g, x): return g", typed)
    text = str(tape(y, rules={ops.relu: typed["rule"]}))
    assert "no source to show, it was typed at a prompt" in text


def test_a_plain_array_has_no_tape():
    with pytest.raises(TypeError, match="a plain ndarray has no tape"):
        tape(np.ones(3))
