"""Around a photo: a thousand points, lines and a plane, on one sheet."""

import pytest

from demos import sphere


def test_one_command_draws_the_sheet_and_counts(look_with):
    status, printed, made, sheet = look_with(sphere, "--points", "30", "--epsilon", "32",
                                            "--size", "40")
    assert status == 0 and sheet.size[0] > 5 * sphere.EDGE
    assert made["points"] == sum(made["answers"].values()) == 30
    assert made["flips"] == 30 - made["answers"].get(made["answer"], 0)
    assert made["answer"] != made["answer to the attack"]
    assert made["radius wanted"] == pytest.approx(2 * made["l2 of the attack"], rel=1e-5)
    assert 0 < made["radius reached"] <= made["radius wanted"]
    assert f"{made['flips']} of 30 random points" in printed.out
    assert made["pictures"] == ["face_sphere.png", "face_sphere_plane.png"]


def test_an_attack_that_fails_is_a_sentence(look_with):
    status, printed, made, _ = look_with(sphere, "--epsilon", "0")
    assert status == 2 and made is None
    assert "does not change minivgg's answer within ε = 0" in printed.err


@pytest.mark.parametrize(("given", "said"), [
    (["--points", "0"], "--points is 0"), (["--ratio", "0"], "--ratio is 0"),
    (["--epsilon", "-1"], "ε is -1"), (["--seed", "-1"], "--seed is -1"),
])
def test_nonsense_is_a_sentence(look_with, given, said):
    status, printed, made, _ = look_with(sphere, *given)
    assert status == 2 and said in printed.err and "Traceback" not in printed.err
