"""What the README says is true: its lessons run, its files and networks exist."""

import ast
import os
import pathlib
import re
import sys
import threading

import numpy as np
import pytest
from PIL import Image

import models
from demos.__main__ import demos
from weights.publishers import PUBLISHED

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LESSONS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


SAID = {
    "one gradient, two rules": "return g * (g > 0) * (x > 0)",
    "learning": "100% right",
    "one technique, one call": "",
}


def test_every_lesson_is_known_to_these_tests():
    assert len(LESSONS) == len(SAID)


@pytest.fixture
def paste(monkeypatch, capsys):
    """Run a lesson as a notebook does: what a line gives is displayed, if it is a picture."""

    def paste(lesson):
        monkeypatch.chdir(ROOT)
        names, displayed = {}, []
        for line in ast.parse(lesson).body:
            code = ast.get_source_segment(lesson, line)
            if isinstance(line, ast.Expr):
                displayed.append(eval(code, names))
            else:
                exec(code, names)
        return capsys.readouterr().out, [one for one in displayed if isinstance(one, Image.Image)]

    return paste


@pytest.mark.parametrize("number", range(len(SAID)), ids=SAID)
def test_a_lesson_can_be_pasted(number, paste):
    lesson = LESSONS[number]
    said, displayed = paste(lesson)
    assert list(SAID.values())[number] in said
    assert len(displayed) == lesson.count("\nshow(")
    for picture in displayed:
        assert min(picture.size) >= 64 and np.asarray(picture).std() > 5


@pytest.mark.parametrize("number", range(len(SAID)), ids=SAID)
def test_a_lesson_can_be_pasted_into_a_real_prompt(number):
    """As into `python` in a terminal: there a line that follows a block needs an empty one."""
    pty = pytest.importorskip("pty", reason="needs a terminal as POSIX has it")
    pid, terminal = pty.fork()
    if pid == 0:  # the prompt: without colours and completion of its own, which 3.13 has
        os.chdir(ROOT)
        os.environ |= {"TERM": "dumb", "PYTHON_BASIC_REPL": "1", "COLUMNS": "200"}
        os.execv(sys.executable, [sys.executable, "-q"])
    typed = (LESSONS[number] + "\nprint('the ' + 'end')\nexit()\n").encode()
    typing = threading.Thread(target=type_slowly, args=(terminal, typed), daemon=True)
    typing.start()
    said = b""
    while block := read(terminal):
        said += block
    typing.join(5)
    _, status = os.waitpid(pid, 0)
    text = said.decode("utf-8", "replace")
    assert "Error" not in text and "Traceback" not in text and status == 0
    assert "the end" in text and list(SAID.values())[number] in text
    assert text.count("<PIL.Image.Image") == LESSONS[number].count("\nshow(")


def type_slowly(terminal: int, text: bytes) -> None:
    """Write to a terminal, whose line holds 4,096 bytes at most and waits for its reader."""
    for line in text.splitlines(keepends=True):
        os.write(terminal, line)


def read(terminal: int) -> bytes:
    """What a terminal shows next; nothing when its program has ended (on Linux an error)."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_demo_and_network_that_is_named_exists():
    assert set(re.findall(r"-m demos (\w+)", README)) <= set(demos())
    assert set(re.findall(r"--model (\w+)", README)) <= set(models.names())
    assert set(re.findall(r"weights download (\w+)", README)) <= set(PUBLISHED)
