"""What the README says is true: its lessons run, its files and networks exist."""

import ast
import pathlib
import re

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


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_demo_and_network_that_is_named_exists():
    assert set(re.findall(r"-m demos (\w+)", README)) <= set(demos())
    assert set(re.findall(r"--model (\w+)", README)) <= set(models.names())
    assert set(re.findall(r"weights download (\w+)", README)) <= set(PUBLISHED)
