"""Maps of a network that forgets, from the score down."""

import pytest

from demos import forget
from demos.shared.handout import WIDTH


def test_a_row_for_each_map_and_a_column_for_each_layer(look_with):
    status, printed, made, sheet = look_with(forget, "--only", "gradient", "Grad-CAM",
                                             "--class", "cup")
    told = made["rank correlation"]
    assert status == 0 and list(told) == ["gradient", "Grad-CAM"]
    for rhos in told.values():
        assert list(rhos)[0] == "fc8" and list(rhos)[-1] == "conv1_1"
        assert len(rhos) == forget.COLUMNS and all(-1 <= rho <= 1 for rho in rhos.values())
    assert sheet.width > (1 + forget.COLUMNS) * WIDTH


def test_a_unit_forgets_from_its_own_layer_down(look_with):
    _, _, made, _ = look_with(forget, "--only", "gradient", "--layer", "relu2_2")
    assert set(made["rank correlation"]["gradient"]) == {"conv2_2", "conv2_1", "conv1_2", "conv1_1"}


@pytest.mark.parametrize("argv", [["--only", "lime"], ["--layer", "relu9_9"]])
def test_bad_input_is_one_sentence(look_with, argv):
    status, printed, made, _ = look_with(forget, *argv)
    assert status == 2 and printed.err.strip().count("\n") == 0 and made is None
