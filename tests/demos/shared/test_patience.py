"""Nobody waits longer than two seconds without a sign; what is quick is not announced."""

import re
import time

import pytest

from demos import rules
from demos.shared import patience
from demos.shared.command import FACE
from demos.shared.patience import patiently
from minigrad.command import run


def test_what_takes_long_is_named_with_its_time(capsys):
    with patiently("the panel"):
        time.sleep(3.3)
    said = capsys.readouterr().err
    assert re.search("the panel … 00:02", said) and re.search("the panel … 00:03", said)


def test_what_is_quick_is_not_announced(capsys):
    with patiently("the panel"):
        pass
    assert "panel" not in capsys.readouterr().err


def test_an_error_ends_the_waiting_too(capsys):
    began = time.monotonic()
    with pytest.raises(ValueError, match="too large"), patiently("the panel"):
        raise ValueError("too large")
    assert time.monotonic() - began < 1


def test_rules_say_what_they_are_at(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(patience, "SILENCE", 0.05)
    argv = [str(FACE), "--panel", "--size", "200", "--out", str(tmp_path)]
    assert run(rules.main, argv, "demos") == 0
    said = capsys.readouterr().err
    assert "the gradient under each rule …" in said and "the panel …" in said
