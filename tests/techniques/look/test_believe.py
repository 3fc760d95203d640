"""The numbers of a map, their intervals, and who is surely better."""

import numpy as np
import pytest

from minigrad.techniques.look.believe import (
    MEASURES,
    OF_A_PHOTO,
    Asked,
    believe,
    bootstrap,
    compared,
    flat,
    summary,
    wilson,
)
from minigrad.techniques.look.curves import deletion
from minigrad.techniques.look.maps import CONTROLS, MAPS, Way
from minigrad.techniques.look.scenes import Scene
from minigrad.techniques.objectives import class_probability, class_score, unit

SCORE = class_score(1)
GAUSSIAN = CONTROLS[1]


# ── One map ─────────────────────────────────────────────────────────────────────────────────────


def test_a_map_has_every_number_of_a_photo(untrained, noise):
    numbers = believe(untrained, noise, SCORE)
    assert tuple(numbers) == OF_A_PHOTO
    assert all(one.shape == (1,) and np.isfinite(one).all() for one in numbers.values())


def test_the_controls_forget_nothing_and_are_calm(untrained, noise):
    numbers = believe(untrained, noise, SCORE, way=GAUSSIAN)
    assert numbers["random weights"] == 1 and numbers["sensitivity"] == 0


def test_of_a_class_the_curves_are_of_its_probability_and_of_a_unit_its_own(untrained, noise):
    asked = Asked(untrained, noise, SCORE)
    M = asked.map(GAUSSIAN)
    found = MEASURES["deletion"].of(asked, GAUSSIAN, M)
    settings = {"evidence": M, "steps": asked.steps, "rng": asked.rng}
    assert found == deletion(untrained, noise, class_probability(1), **settings).area
    one = unit("relu2_1", 3, 4, 4)
    settings["rng"] = asked.rng
    found = MEASURES["deletion"].of(Asked(untrained, noise, one), GAUSSIAN, M)
    assert found == deletion(untrained, noise, one, **settings).area


def test_what_squares_are_worth_is_asked_once(untrained, noise):
    asked = Asked(untrained, noise, SCORE)
    assert asked.worth is asked.worth


def test_pointing_and_mass_are_of_one_map_of_the_scene(untrained, noise):
    mask = np.zeros((1, 32, 96), bool)
    mask[:, :, :48] = True
    calls = []

    def make(net, pixels, objective, effort, rng):
        calls.append((pixels.shape, objective.name))
        return mask.astype(float)

    scene = Scene(np.concatenate([noise, noise], axis=3), 3, mask, 0)
    asked = Asked(untrained, noise, SCORE, scene=scene)
    found = [MEASURES[name].of(asked, Way("fake", make, "", ""), None)
             for name in ("pointing", "mass")]
    assert found == [1, 1] and calls == [((1, 3, 32, 96), "score of class 3")]


def test_a_map_that_says_nothing_is_known(rng):
    assert flat(np.stack([np.zeros((4, 4)), np.ones((4, 4)), rng.random((4, 4))])).tolist() == [
        True, True, False
    ]


@pytest.mark.parametrize(("measures", "said"), [
    (["insersion"], "did you mean insertion"),
    (["pointing"], "played on a scene"),
])
def test_a_number_that_cannot_be_had_is_said(untrained, noise, measures, said):
    with pytest.raises(ValueError, match=said):
        believe(untrained, noise, SCORE, way=MAPS[0], measures=measures)


# ── Over many photos ────────────────────────────────────────────────────────────────────────────


def test_the_interval_of_equal_numbers_is_their_value():
    assert bootstrap([0.3] * 5) == (pytest.approx(0.3),) * 3


def test_the_interval_is_as_wide_as_the_central_limit_theorem_says(rng):
    """± 1.96 · s / √n"""
    values = rng.normal(2, 3, 400)
    mean, low, high = bootstrap(values, draws=4000)
    assert mean == values.mean()
    assert np.isclose(high - low, 2 * 1.96 * values.std() / 20, rtol=0.06)


def test_nineteen_of_twenty_intervals_hold_the_true_mean(rng):
    held = 0
    for _ in range(300):
        _, low, high = bootstrap(rng.exponential(1, 60), draws=400, rng=rng)
        held += low <= 1 <= high
    assert 0.90 <= held / 300 <= 0.98


def test_an_interval_is_the_same_every_time():
    assert bootstrap([1, 2, 5]) == bootstrap([1, 2, 5])


@pytest.mark.parametrize("values", [[1.0], [], [1.0, np.nan], [1.0, np.inf]])
def test_one_number_has_no_interval(values):
    with pytest.raises(ValueError, match="two photos or more"):
        bootstrap(values)


@pytest.mark.parametrize(("measure", "verdict"), [("insertion", 1), ("deletion", -1)])
def test_photos_are_compared_one_by_one(rng, measure, verdict):
    """A difference of 0.1 on photos that differ by 10 from each other is sure all the same."""
    hard = rng.normal(0, 10, 20)
    assert compared(measure, hard + 0.1, hard) == verdict
    assert compared(measure, hard, hard) == 0
    assert compared(measure, rng.permutation(hard), hard) == 0


def test_that_a_control_ignores_the_network_is_nothing_to_beat():
    assert compared("random weights", [0.1] * 5, [1] * 5) == 0
    assert compared("sensitivity", [0.1] * 5, [0] * 5) == 0


def test_the_summary_has_the_best_map_first_and_leaves_out_photos_without_a_number(rng):
    hard = rng.random(12)
    nan = np.where(np.arange(12) == 3, np.nan, 0.25)
    values = {
        "worse": {"deletion": hard + 0.2, "mass": nan},
        "centred Gaussian": {"deletion": hard, "mass": nan - 0.25},
        "better": {"deletion": hard - 0.2, "mass": nan},
    }
    rows = summary(values)
    assert [row.name for row in rows] == ["better", "centred Gaussian", "worse"]
    assert [row.verdicts["deletion"] for row in rows] == [1, 0, -1]
    assert [row.verdicts["mass"] for row in rows] == [1, 0, 1]
    assert rows[0].means["mass"].mean == 0.25


# ── Shares ──────────────────────────────────────────────────────────────────────────────────────


def test_wilsons_interval_ends_where_the_share_lies_z_deviations_away():
    """|p̂ − p| = z √(p (1 − p) / n) at both ends: what Wilson solves for p."""
    for right, of in [(3, 10), (9, 10), (50, 120)]:
        share, *ends = wilson(right, of)
        for p in ends:
            assert abs(share - p) == pytest.approx(1.959964 * (p * (1 - p) / of) ** 0.5, rel=1e-5)


def test_wilsons_interval_has_a_width_where_all_or_none_are_right():
    assert wilson(0, 10) == pytest.approx((0, 0, 0.27753), abs=1e-5)
    assert wilson(10, 10) == pytest.approx((1, 0.72247, 1), abs=1e-5)
    assert wilson(1, 2, level=0.5).low > wilson(1, 2).low


def test_wilsons_interval_holds_the_true_share_about_as_often_as_it_says(rng):
    held = [low <= 0.3 <= high for right in rng.binomial(40, 0.3, 2000).tolist()
            for _, low, high in [wilson(right, 40)]]
    assert 0.93 < np.mean(held) < 0.97


@pytest.mark.parametrize(("right", "of", "sentence"), [
    (3, 0, "the number of answers is 0"), (4, 3, "no more than 3 are right"),
    (-1, 3, "the right answers is -1"), (1.5, 3, "give a whole number"),
])
def test_more_right_than_there_are_is_refused(right, of, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        wilson(right, of)
