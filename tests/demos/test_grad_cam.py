"""Grad-CAM from the command line."""

import pytest

from demos import grad_cam


@pytest.fixture
def call(look_with):
    return lambda *argv: look_with(grad_cam, *argv)


def test_one_command_writes_a_sheet_and_a_note(call):
    status, printed, note, sheet = call("--class", "dog")
    assert status == 0 and "score of dog" in printed.out and sheet.size[0] > 4 * 256
    assert note["layers"] == ["relu5_2", "relu4_2", "relu3_2", "relu2_2"]


def test_a_unit_is_explained_by_layers_below_it(call):
    _, printed, note, _ = call("--layer", "relu3_1", "--unit", "strongest")
    assert note["layers"][0] == "relu2_2" and "unit" in printed.out


def test_the_layers_can_be_named(call):
    _, _, note, _ = call("--at", "relu4_1, relu3_1")
    assert note["layers"] == ["relu4_1", "relu3_1"]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--at", "fc6"], "a unit of fc6 sees the whole photo"),
        (["--at", "relu9"], "no layer 'relu9'"),
        (["--layer", "relu2_1", "--channel", "0", "--at", "relu3_1"], "does not depend on relu3_1"),
        (["--layer", "conv1_1"], "below unit"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(call, argv, sentence):
    status, printed, note, _ = call(*argv)
    assert status == 2 and sentence in printed.err and printed.err.count("\n") == 1
    assert note is None
