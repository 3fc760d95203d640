"""Numbers that a caller gives: what passes, and what is said of the rest."""

import numpy as np
import pytest

from minigrad.checked import nearest, number, whole


@pytest.mark.parametrize("value", [0, 0.5, 1, np.float32(0.5), np.int64(1), np.float64(0)])
def test_numbers_of_any_kind_come_back_as_pythons(value):
    back = number("p", value, at_least=0, at_most=1)
    assert type(back) is float and back == value
    assert type(whole("n", np.int32(3))) is int


@pytest.mark.parametrize(
    ("value", "bounds", "sentence"),
    [
        (np.nan, {}, "p is nan: give a finite number"),
        (np.inf, {"at_least": 0}, "p is inf: give a number, 0 or more"),
        (-1, {"at_least": 0, "at_most": 1}, "p is -1: give a number from 0 to 1"),
        (0, {"above": 0}, "p is 0: give a number above 0"),
        (2, {"above": 0, "at_most": 1}, "p is 2: give a number above 0, 1 at most"),
    ],
)
def test_a_number_outside_of_its_bounds_is_said(value, bounds, sentence):
    with pytest.raises(ValueError, match=sentence):
        number("p", value, **bounds)


@pytest.mark.parametrize("value", [True, np.True_, "1", None, 1j, np.ones(1), [1]])
def test_what_is_no_number_is_a_type_error(value):
    with pytest.raises(TypeError, match="p is .*: give a finite number"):
        number("p", value)


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, np.ones(2, int)])
def test_what_is_no_whole_number_is_a_type_error(value):
    with pytest.raises(TypeError, match="n is .*: give a whole number, 1 or more"):
        whole("n", value, at_least=1)


def test_a_whole_number_below_its_bound_is_said():
    with pytest.raises(ValueError, match="n is 0: give a whole number, 1 or more"):
        whole("n", 0, at_least=1)


def test_a_name_that_is_not_known_is_answered_by_the_nearest_or_by_all():
    known = ["vgg16", "vgg19", "alexnet"]
    assert nearest("vgg61", known) == "did you mean vgg19 or vgg16?"
    assert nearest("alexnett", iter(known)) == "did you mean alexnet?"
    assert nearest(7, known) == nearest("", known) == "there are vgg16, vgg19, alexnet"
