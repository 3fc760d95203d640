"""Layer by layer: a dot for the attack and a dot for noise."""

from demos import growth
from demos.shared.lines import BLUE, RED


def test_one_command_draws_every_layer(look_with):
    status, printed, made, sheet = look_with(growth, "--noises", "1", "--epsilon", "32")
    by_layer = made["change by layer, attack and noise"]
    assert status == 0 and list(by_layer)[0] == "pixels" and list(by_layer)[-1] == "fc8"
    attack, noise = by_layer["pixels"]
    assert abs(attack - noise) < 1e-4 * attack and "by the attack" in printed.out
    colours = {colour for _, colour in sheet.getcolors(maxcolors=2**24)}
    assert {RED, BLUE} <= colours


def test_a_layer_that_does_not_move_has_no_dot():
    nan = float("nan")
    picture = growth.chart(("pixels", "relu"), growth.np.array([0.1, nan]),
                           growth.np.array([0.1, 0.0]))
    assert picture.size[0] > growth.WIDE


def test_no_noises_are_refused(look_with):
    status, printed, made, _ = look_with(growth, "--noises", "0", "--epsilon", "32")
    assert status == 2 and made is None and "--noises is 0" in printed.err
