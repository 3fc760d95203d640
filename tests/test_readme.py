"""What the README says is true: its lessons run, its files and networks exist."""

import pathlib
import re

import pytest

import models
from demos.__main__ import demos
from weights.publishers import PUBLISHED

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LESSONS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("lesson", LESSONS, ids=["one gradient, two rules", "learning"])
def test_a_lesson_can_be_pasted(lesson, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    needed = re.search(r'models.load\("(\w+)"\)', lesson)
    if needed and not (ROOT / "weights" / f"{needed[1]}.h5").exists():
        pytest.skip(f"the weights of {needed[1]} are not there")
    exec(lesson, {})
    said = capsys.readouterr().out
    assert "return g * (g > 0) * (x > 0)" in said or "100% right" in said


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_demo_and_network_that_is_named_exists():
    assert set(re.findall(r"-m demos (\w+)", README)) <= set(demos())
    assert set(re.findall(r"--model (\w+)", README)) <= set(models.names())
    assert set(re.findall(r"weights download (\w+)", README)) <= set(PUBLISHED)
