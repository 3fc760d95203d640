"""What a network says while pixels go or come in the order of a map, in closed form."""

import numpy as np
import pytest
from small import LinearNet, SmallNet

from minigrad.techniques.baselines import baseline
from minigrad.techniques.look.curves import deletion, insertion, places
from minigrad.techniques.objectives import class_score

SCORE = class_score(2)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (1, 3, 6, 6))


def shares(net, x, start):
    """What each pixel adds to a linear score on the way from `start`: (N, H, W)."""
    return (net.w[2] * (x - start)).sum(axis=1)


def score(net, x):
    return net(x).scores[:, 2]


@pytest.mark.parametrize("steps", [1, 4, 36])
def test_deletion_takes_from_a_linear_score_what_the_first_pixels_add(x, rng, steps):
    net, order = LinearNet(), rng.permutation(36)
    evidence = np.empty(36)
    evidence[order] = np.arange(36)[::-1]       # order[0] is the pixel with the largest evidence
    adds = shares(net, x, baseline(net, x, "mean")).ravel()[order]
    curve = deletion(net, x, SCORE, evidence=evidence.reshape(1, 6, 6), steps=steps)
    gone = [int(np.ceil(36 * s - 1e-9)) for s in curve.share]
    assert gone[0] == 0 and gone[-1] == 36
    expected = [score(net, x)[0] - adds[:n].sum() for n in gone]
    np.testing.assert_allclose(curve.value[0], expected, rtol=1e-9)


def test_insertion_adds_to_the_blurred_photo_what_the_first_pixels_add(x):
    net = LinearNet()
    blurred = baseline(net, x, "blur")
    adds = shares(net, x, blurred)
    curve = insertion(net, x, SCORE, evidence=adds, steps=6)
    first = np.sort(adds.ravel())[::-1].cumsum()
    added = np.append(0, first)[[0, 1, 4, 9, 16, 25, 36]]
    np.testing.assert_allclose(curve.value[0], score(net, blurred)[0] + added, rtol=1e-9)


def test_both_curves_run_between_the_photo_and_nothing(x):
    net = SmallNet()
    map = x.mean(axis=1)
    down, up = (f(net, x, SCORE, evidence=map, steps=3) for f in (deletion, insertion))
    assert np.isclose(down.value[0, 0], score(net, x)[0])
    assert np.isclose(up.value[0, -1], score(net, x)[0])
    assert np.isclose(down.value[0, -1], score(net, baseline(net, x, "mean"))[0])
    assert np.isclose(up.value[0, 0], score(net, baseline(net, x, "blur"))[0])


def test_the_shares_are_squares_and_the_area_is_that_of_the_trapezia(x):
    curve = deletion(SmallNet(), x, SCORE, evidence=x[:, 0], steps=5)
    assert np.allclose(curve.share, (np.arange(6) / 5) ** 2)
    area = sum(
        (a + b) / 2 * (t - s)
        for a, b, s, t in zip(curve.value[0], curve.value[0, 1:], curve.share, curve.share[1:],
                              strict=False)
    )
    assert np.isclose(curve.area[0], area)


def test_of_a_linear_score_no_map_is_as_good_as_what_each_pixel_adds(x, rng):
    """Largest first: the lowest deletion and the highest insertion; reversed, the worst."""
    net = LinearNet()
    known, from_blur = (shares(net, x, baseline(net, x, b)) for b in ("mean", "blur"))
    for _ in range(20):
        by_chance = rng.random((1, 6, 6))
        area = [deletion(net, x, SCORE, evidence=M, steps=12).area[0]
                for M in (known, by_chance, -known)]
        assert area[0] < area[1] < area[2]
        area = [insertion(net, x, SCORE, evidence=M, steps=12).area[0]
                for M in (from_blur, by_chance, -from_blur)]
        assert area[0] > area[1] > area[2]


def test_only_the_order_of_the_pixels_counts(x):
    net, map = SmallNet(), x.mean(axis=1)
    one, other = (deletion(net, x, SCORE, evidence=M) for M in (map, np.exp(map / 50) - 9))
    assert np.array_equal(one.value, other.value)


def test_equal_pixels_come_in_an_order_that_is_drawn_and_not_in_rows():
    same = np.zeros((1, 8, 8))
    place = places(same, (1, 3, 8, 8)).ravel()
    assert sorted(place) == [i / 64 for i in range(64)]
    assert abs(np.corrcoef(place, np.arange(64))[0, 1]) < 0.4
    assert np.array_equal(place, places(same, (1, 3, 8, 8)).ravel())
    other = places(same, (1, 3, 8, 8), np.random.default_rng(1)).ravel()
    assert not np.array_equal(place, other)


def test_a_tie_is_broken_among_the_equal_alone():
    map = np.array([[[3.0, 1, 1], [1, 2, 0]]])
    place = np.rint(6 * places(map, (1, 3, 2, 3)))[0]
    assert place[0, 0] == 0 and place[1, 1] == 1 and place[1, 2] == 5
    assert {*place[0, 1:], place[1, 0]} == {2, 3, 4}


def test_each_image_has_its_own_answer_whatever_the_batch(rng):
    net, two = SmallNet(), rng.uniform(0, 255, (2, 3, 6, 6))
    map = rng.random((2, 6, 6))
    together = insertion(net, two, SCORE, evidence=map, steps=7, batch=3)
    for n in range(2):
        alone = insertion(net, two[n : n + 1], SCORE, evidence=map[n : n + 1], steps=7)
        np.testing.assert_allclose(together.value[n], alone.value[0])
        np.testing.assert_allclose(together.area[n], alone.area[0])


def test_float32_stays_float32(x):
    curve = deletion(LinearNet(), x.astype(np.float32), SCORE, evidence=x[:, 0], steps=2)
    assert {a.dtype for a in curve} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (np.zeros((1, 5, 6)), r"\(1, 6, 6\).*\(1, 5, 6\)"),
        (np.zeros((1, 3, 6, 6)), "shape"),
        (np.full((1, 6, 6), np.nan), "infinite or NaN"),
        (np.full((1, 6, 6), np.inf), "infinite or NaN"),
    ],
)
def test_what_is_no_map_of_the_photo_is_said(x, evidence, said):
    with pytest.raises(ValueError, match=said):
        deletion(LinearNet(), x, SCORE, evidence=evidence)
