"""The sheet of overlap counts: its figures are the closed forms, its last column is flat."""

import pytest
from PIL import Image

from demos import checkerboard


def test_the_peaks_are_those_of_the_closed_form_and_larger_first_has_none(ask, tmp_path):
    status, printed, made = ask(checkerboard)
    *painted, larger = made["columns"]
    assert status == 0 and Image.open(tmp_path / made["pictures"][0]).width > 1000
    assert [c["peak at 1/s"] for c in painted] == pytest.approx([1 / 3, 1 / 5, 0, 1 / 5], abs=1e-9)
    assert [sorted(c["painted so often"]) for c in painted[:3]] == [[2, 4], [6, 9], [4, 4]]
    assert larger["resized first"] and larger["painted so often"] == 9
    assert larger["peak at 1/s"] < 1e-9
    assert larger["of the picture"] < 0.2 * min(c["of the picture"] for c in painted)
    assert printed.out.count("at the frequency") == 5


def test_pairs_that_are_asked_for(ask):
    _, _, made = ask(checkerboard, "--pair", "6,3", "--pair", "7,4")
    assert [(c["kernel"], c["stride"]) for c in made["columns"]] == [(6, 3), (7, 4), (6, 3)]


@pytest.mark.parametrize(("pair", "said"), [
    ("3", "give filter and stride, as 3,2"), ("a,2", "give filter and stride"),
    ("2,3", "a filter from the stride's size"), ("3,1", "a stride from 2 on"),
    ("99,2", "to 24"), ("3,2,1", "give filter and stride"),
])
def test_a_pair_that_is_none_is_one_sentence(ask, pair, said):
    status, printed, made = ask(checkerboard, "--pair", pair)
    assert status == 2 and said in printed.err and printed.err.count("\n") == 1 and made is None
