"""A classifier of the plane: what it learns, and what it says where it has never been."""

import numpy as np
import pytest

from minigrad import ops
from minigrad.check import check_gradients
from minigrad.techniques.fool.plane import (
    DATA,
    Classifier,
    begin,
    bumps,
    learned,
    spirals,
    squared_distances,
    with_nothing,
)
from minigrad.techniques.fool.regions import (
    along,
    probabilities,
    regions,
    smallest_moves,
    towards_infinity,
)

POINTS = spirals()


@pytest.fixture(scope="module")
def relus():
    return learned(POINTS, steps=400)


@pytest.fixture(scope="module")
def radial():
    return learned(POINTS, "bumps", steps=200)


@pytest.fixture
def circle():
    """Sixty directions, at odd angles."""
    turn = 2 * np.pi * (np.arange(60) + 0.3) / 60
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def linear(w, c):
    """A classifier with the scores S = w x + c near 0: x + 9 and y + 9 are its two units."""
    w = np.array(w, float)
    return Classifier("planes", {
        "hidden/weight": np.eye(2), "hidden/bias": np.full(2, 9.0),
        "scores/weight": w, "scores/bias": np.array(c, float) - 9 * w.sum(axis=1),
    })  # fmt: skip


# ── Learning ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", DATA)
def test_the_points_are_drawn_by_the_generator_and_lie_about_the_middle(name):
    draw = DATA[name]
    one, again, other = (draw(rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.x, again.x) and not np.array_equal(one.x, other.x)
    assert abs(one.x).max() < 1.3 and len(np.unique(np.bincount(one.labels))) == 1


def test_both_kinds_learn_the_spirals_that_no_line_parts(relus, radial):
    for net in (relus, radial):
        assert (net.scores(POINTS.x).argmax(axis=1) == POINTS.labels).mean() > 0.98


def test_a_seed_learns_the_same_classifier_and_changes_none_that_was_there():
    start = begin("planes", POINTS)
    before = {name: a.copy() for name, a in start.params.items()}
    one, again = (learned(POINTS, steps=3, rng=np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(one.params[n], again.params[n]) for n in one.params)
    assert all(np.array_equal(before[n], start.params[n]) for n in before)


def test_the_gradient_of_a_bump_is_that_of_differences(rng):
    check_gradients(bumps, rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=4))


def test_a_squared_distance_is_the_sum_of_the_squares(rng):
    x, w = rng.normal(size=(5, 2)), rng.normal(size=(4, 2))
    np.testing.assert_allclose(squared_distances(x, w), ((x[:, None] - w) ** 2).sum(2), rtol=1e-12)


def test_nothing_is_another_class_and_stands_no_nearer_than_the_others_do():
    x, labels = with_nothing(POINTS)
    new = labels == 3
    apart = np.sqrt(squared_distances(POINTS.x, POINTS.x)[POINTS.labels[:, None] != POINTS.labels])
    assert np.array_equal(x[~new], POINTS.x) and new.sum() > 300
    assert np.sqrt(squared_distances(x[new], POINTS.x)).min() > apart.min()


# ── Far away ────────────────────────────────────────────────────────────────────────────────────


def test_behind_the_last_line_the_scores_are_straight_lines(relus, circle):
    """S(αx) = S(α₀x) + (α − α₀) V max(0, W x) for α ≥ α₀, and not before."""
    begin, slopes = towards_infinity(relus, circle)
    at_begin = relus.scores(begin[:, None] * circle)
    for more in (0.5, 7, 1000):
        expected = at_begin + more * slopes
        np.testing.assert_allclose(
            relus.scores((begin + more)[:, None] * circle), expected, rtol=1e-9, atol=1e-9)
    before = relus.scores((begin - 0.05)[:, None] * circle)
    assert (abs(before - (at_begin - 0.05 * slopes)).max(axis=1) > 1e-6).mean() > 0.9


def test_along_every_ray_relus_become_sure_and_ever_surer(relus, circle):
    """Hein et al. 2019, theorem 3.1: the winner's probability rises to 1."""
    begin, slopes = towards_infinity(relus, circle)
    winner = slopes.argmax(axis=1)
    p = along(relus, circle, begin.max() + np.geomspace(0.1, 1e5, 50))  # (N, A, K)
    of_winner = p[np.arange(len(p)), :, winner]
    assert (np.diff(of_winner, axis=1) >= -1e-12).all()
    assert (p[:, -1].argmax(axis=1) == winner).all() and of_winner[:, -1].min() > 1 - 1e-12


def test_along_every_ray_bumps_come_to_say_nothing(radial, circle):
    """h → 0, so that softmax(c) is left."""
    p = along(radial, circle, [1e3])[:, 0]
    np.testing.assert_allclose(p, ops.softmax(radial.params["scores/bias"])[None].repeat(60, 0))
    assert along(radial, POINTS.x, [1]).max(axis=2).mean() > 0.95
    with pytest.raises(ValueError, match="the scores of bumps do not grow along a ray"):
        towards_infinity(radial, circle)


def test_relus_are_sure_of_the_plane_far_out_where_bumps_are_not(relus, radial):
    sure, unsure = (regions(net, 100, cells=40).confidences.mean() for net in (relus, radial))
    assert sure > 0.99 and unsure < 0.6


# ── The plane ───────────────────────────────────────────────────────────────────────────────────


def test_a_cell_tells_what_is_said_at_its_middle_and_the_top_row_is_the_highest(relus):
    found = regions(relus, 2.0, cells=4)
    p = probabilities(relus, np.array([[-1.5, 1.5], [0.5, 1.5], [1.5, -1.5]]))
    assert np.allclose(found.confidences[[0, 0, 3], [0, 2, 3]], p.max(axis=1))
    assert (found.answers[[0, 0, 3], [0, 2, 3]] == p.argmax(axis=1)).all()


def test_float32_stays_float32():
    points = POINTS._replace(x=POINTS.x.astype(np.float32))
    for name in ("planes", "bumps"):
        net = learned(points, name, steps=2)
        moves = smallest_moves(net, points.x[:2], directions=8, steps=5)
        arrays = [regions(net, cells=3).confidences, *moves, *net.params.values()]
        assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


# ── Moves ───────────────────────────────────────────────────────────────────────────────────────


def test_of_a_linear_classifier_the_smallest_move_is_known_and_the_guess_is_exact():
    """Two classes apart along x = 0.3: the distance is |x − 0.3|, straight across."""
    net, x = linear([[-2, 0], [2, 0]], [0.6, -0.6]), np.array([[0.0, 0.1], [0.8, -0.2]])
    found = smallest_moves(net, x)
    np.testing.assert_allclose(found.distances, [0.3, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.moves, [[0.3, 0], [-0.5, 0]], atol=1e-6)
    np.testing.assert_allclose(found.guesses, [0.3, 0.5], rtol=1e-9)
    np.testing.assert_allclose(found.margins, [1.2, 2.0], rtol=1e-9)


def test_the_guess_is_of_the_class_that_is_nearest_and_not_of_the_second_best():
    """Class 1 is second at 0, by 0.5, but class 2 catches up sooner."""
    net = linear([[0, 0], [1, 0], [0, 10]], [1, 0.5, 0])
    found = smallest_moves(net, np.zeros((1, 2)))
    assert found.guesses == pytest.approx(0.1) and found.margins == pytest.approx(0.5)
    assert found.distances == pytest.approx(0.1, abs=1e-6)


def test_a_move_changes_the_answer_and_a_shorter_one_in_no_direction_does(relus, circle):
    x = POINTS.x[::30]
    found, answers = smallest_moves(relus, x), relus.scores(x).argmax(axis=1)
    assert (relus.scores(x + 1.0001 * found.moves).argmax(axis=1) != answers).all()
    for way in circle:
        there = x + 0.98 * found.distances[:, None] * way
        assert (relus.scores(there).argmax(axis=1) == answers).all()


def test_where_no_other_answer_is_within_reach_the_distance_is_infinite():
    net = linear([[-2, 0], [2, 0]], [0.6, -0.6])
    found = smallest_moves(net, np.array([[0.0, 0.0]]), reach=0.2)
    assert np.isinf(found.distances).all() and np.isnan(found.moves).all()


# ── Nonsense ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: regions(begin("planes", POINTS), 0), "reach is 0: give a number above 0"),
    (lambda: regions(begin("planes", POINTS), cells=0), "cells is 0"),
    (lambda: begin("plane", POINTS), "no hidden units 'plane'; did you mean planes"),
    (lambda: begin("bumps", POINTS, 301), "301 bumps each begin on a point, and there are 300"),
    (lambda: with_nothing(POINTS, reach=1e-3), "there is no room for nothing"),
    (lambda: spirals(classes=1), "classes is 1"),
    (lambda: spirals(noise=float("nan")), "noise is nan"),
    (lambda: smallest_moves(begin("planes", POINTS), POINTS.x, steps=0), "steps is 0"),
    (lambda: learned(POINTS, steps=9, rate=1e300), "take a smaller lr"),
])
def test_nonsense_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence.replace("?", r"\?")), np.errstate(all="ignore"):
        call()
