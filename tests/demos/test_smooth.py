"""SmoothGrad from the command line."""

import argparse

import numpy as np
import pytest

from demos import smooth


@pytest.fixture
def call(look_with):
    return lambda *argv: look_with(smooth, *argv)


def test_one_command_writes_a_sheet_and_a_note(call):
    status, printed, note, sheet = call("--samples", "1,2", "--noise", "0.2", "--class", "dog")
    assert status == 0 and "score of dog" in printed.out
    assert note["samples"] == [1, 2] and note["noise, as a share of the photo's range"] == 0.2
    assert sheet.size[0] > 2 * 256 and np.ptp(np.asarray(sheet)) > 200


def test_as_many_maps_as_numbers_of_samples(call):
    _, _, _, sheet = call("--samples", "1,2,3,4")
    assert sheet.size[0] == 12 + 5 * (256 + 12)


def test_less_than_no_noise_is_one_sentence_and_nothing_is_written(call):
    status, printed, note, _ = call("--noise", "-1")
    assert status == 2 and "the noise, a share of the photo's range, is -1" in printed.err
    assert printed.err.count("\n") == 1 and note is None


@pytest.mark.parametrize("text", ["1,0", "many", "", "1,,2", "²"])
def test_samples_are_numbers_from_1_on(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not like 1,5,25"):
        smooth.numbers(text)
