"""What a page shows as source is a piece of the source, and it stands where the page says."""

import ast

import pytest

from demos.shared import excerpt
from demos.shared.itinerary import BY_NAME
from demos.tour import lines_of
from minigrad.techniques import gradient, saliency
from minigrad.techniques.mistakes import MISTAKES
from minigrad.techniques.mistakes.making import jitter_kept, jitter_undone

ALL = [f for mistake in MISTAKES for f in (mistake.wrong, mistake.right)]


@pytest.mark.parametrize("f", [gradient, saliency, *ALL], ids=lambda f: f.__name__)
def test_lines_are_the_functions_own_without_its_docstring(f):
    cut, (_, node, text) = excerpt.lines(f), excerpt.found(f)
    assert cut.startswith(f"def {f.__name__}(") and '"""' not in cut
    ast.parse(cut)
    assert {line.strip() for line in cut.splitlines()} <= {line.strip() for line in text}
    body = ast.parse(cut).body[0].body
    assert [ast.dump(one) for one in body] == [ast.dump(one) for one in node.body[1:]]


def test_the_place_is_where_the_function_begins():
    file, line = excerpt.place(saliency).split(":")
    text = (excerpt.ROOT / file).read_text("utf-8").splitlines()
    assert text[int(line) - 1].startswith("def saliency(")


def test_what_two_functions_call_in_their_own_file_is_found():
    assert [one.__name__ for one in excerpt.shared(jitter_kept, jitter_undone)] == ["_rolled"]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_stop_names_source_that_is_there(name):
    for path in BY_NAME[name].source:
        assert "minigrad/techniques" in lines_of(path)[1]
