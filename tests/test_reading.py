"""The source is a story: each file that a reader is sent to is there, and no path is a circle."""

import ast
import graphlib
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent

FOLDERS = "minigrad", "models", "weights", "demos"
MODULES = sorted(file for folder in FOLDERS for file in ROOT.glob(f"{folder}/**/*.py"))


def mentioned(file, words: str) -> list:
    """The files that a docstring names behind "Read next:" or "Read before:"."""
    doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    sentence = re.search(rf"{words}(.*?)(?:Read |\Z)", doc, re.S)
    names = re.findall(r"[\w/]+\.py", sentence.group(1)) if sentence else []
    return [found(file, name) for name in names]


def found(file, name: str):
    """The module of that name: in the same folder, or the only one whose path ends so."""
    beside = file.parent / name
    fits = [m for m in MODULES if m == beside] or [m for m in MODULES if m.match(f"*/{name}")]
    assert len(fits) == 1, f"{file.relative_to(ROOT)} names {name}: {len(fits)} files"
    return fits[0]


@pytest.mark.parametrize("words", ["Read next:", "Read before:"])
def test_every_file_that_is_named_is_there(words):
    assert sum(len(mentioned(file, words)) for file in MODULES) > 30


def test_no_path_leads_in_a_circle():
    before = {file: set(mentioned(file, "Read before:")) for file in MODULES}
    for file in MODULES:
        for later in mentioned(file, "Read next:"):
            before[later].add(file)
    assert len(list(graphlib.TopologicalSorter(before).static_order())) == len(MODULES)
