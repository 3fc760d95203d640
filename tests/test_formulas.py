"""The formula sheet says what the ops do."""

import subprocess
import sys

import numpy as np
import pytest

from minigrad import Tensor, arguments, ops, tape
from minigrad.__main__ import all_ops, equation, gradients, main

WITHOUT_GRADIENT = {"cross_entropy": {"weight"}}


@pytest.mark.parametrize("name", all_ops())
def test_every_array_argument_of_every_op_has_its_gradient_on_the_sheet(name):
    f = all_ops()[name]
    read = arguments.parameters(f.__wrapped__)
    arrays = {argument for argument, parameter in read.items() if parameter.is_array}
    assert set(gradients(f)) == arrays - WITHOUT_GRADIENT.get(name, set())
    assert equation(f)


def test_every_op_of_the_library_is_on_the_sheet():
    recorded = {name for name in ops.__all__ if hasattr(getattr(ops, name), "broadcasts")}
    assert set(all_ops()) == recorded and "relu" in recorded


@pytest.mark.parametrize(("f", "x"), [
    (ops.tanh, np.ones(3)), (ops.exp, np.ones(3)), (ops.flatten, np.ones((2, 3))),
    (lambda x: ops.divide(x, 2.0), np.ones(3)), (lambda x: ops.getitem(x, 0), np.ones(3)),
])
def test_the_code_on_the_sheet_is_the_code_that_runs(f, x):
    (line,) = tape(f(Tensor(x)))
    (runs,) = line.gradients
    on_sheet = next(iter(gradients(all_ops()[line.op]).values()))
    assert "".join(on_sheet.split()) in "".join(runs.text.split())


def test_the_sheet_prints_one_op_or_all(capsys):
    main(["exp"])
    said = capsys.readouterr().out
    assert "eˣ" in said and "∂L/∂x          │ g * y" in said and "tanh" not in said
    main([])
    said = "\n" + capsys.readouterr().out
    assert all(f"\n{name}(" in said for name in all_ops())


def test_an_unknown_op_is_answered_by_the_nearest():
    call = [sys.executable, "-m", "minigrad", "conv3d"]
    run = subprocess.run(call, capture_output=True, text=True, timeout=60)
    assert run.returncode == 2 and run.stderr.endswith("did you mean conv2d?\n")
