"""Integrated gradients from the command line."""

import pytest

from demos import integrated


@pytest.fixture
def call(look_with):
    return lambda *argv: look_with(integrated, *argv)


def test_the_note_tells_each_baselines_gain_and_residual(call):
    status, printed, note, sheet = call("--steps", "4", "--class", "dog")
    assert status == 0 and sheet.size[0] > 4 * 256
    gains, residuals = note["score above the baseline"], note["residual"]
    assert list(gains) == list(residuals) == ["mean", "black", "white", "blur", "all four"]
    mean = sum(list(gains.values())[:4]) / 4
    assert gains["all four"] == pytest.approx(mean, abs=1e-5)
    assert "from black: " in printed.out and "off by" in printed.out


def test_no_steps_are_one_sentence_and_nothing_is_written(call):
    status, printed, note, _ = call("--steps", "0")
    assert status == 2 and printed.err == "demos: steps is 0: give a whole number, 1 or more\n"
    assert note is None
