"""t-SNE: its probabilities, its gradient by the engine and by the paper, and what it does."""

import sys

import numpy as np
import pytest

from minigrad.techniques import tsne
from minigrad.techniques.look import tsne as module
from minigrad.techniques.look.codes import purity, squared_distances
from minigrad.techniques.look.tsne import affinities, conditional, kl_and_gradient


@pytest.fixture
def x(rng):
    return rng.normal(size=(60, 5))


@pytest.fixture
def clusters(rng):
    """Three groups of 20 points in 10 dimensions, far from each other."""
    labels = np.arange(60) // 20
    return (20 * np.eye(10)[labels] + rng.normal(size=(60, 10))).astype(np.float32), labels


def last(steps):
    *_, placed = steps
    return placed


# ── P ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("perplexity", [2, 10, 19])
def test_the_entropy_of_each_row_is_the_logarithm_of_the_perplexity(x, perplexity, dtype):
    x = x.astype(dtype)
    p = conditional(squared_distances(x, x), 0, perplexity)
    assert np.allclose(p.sum(axis=1), 1) and (p.diagonal() == 0).all()
    entropy = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1)
    assert abs(entropy - np.log(perplexity)).max() < 1e-5


def test_each_row_is_a_bell_curve_around_its_own_code(x):
    """log p_{j|i} is a straight line over the squared distances, falling."""
    d = squared_distances(x, x)
    p = conditional(d, 0, 10)
    others = np.arange(1, 60)
    slope, start = np.polyfit(d[0, others], np.log(p[0, others]), 1)
    assert slope < 0 and np.allclose(slope * d[0, others] + start, np.log(p[0, others]))


def test_p_is_symmetric_and_sums_to_one(x):
    P = affinities(x, 10)
    assert np.allclose(P, P.T, rtol=1e-13) and P.sum() == pytest.approx(1, abs=1e-12)
    assert (P.diagonal() == 0).all() and P.min() >= 0


def test_p_knows_no_unit_of_length_and_no_origin(x):
    assert np.allclose(affinities(x, 10), affinities(1000 * x + 7, 10), rtol=1e-6)


def test_p_is_the_same_in_blocks_of_any_size(x, monkeypatch):
    whole = affinities(x, 10)
    monkeypatch.setattr(module, "ROWS", 7)
    assert np.allclose(affinities(x, 10), whole, rtol=1e-10)


# ── The gradient ────────────────────────────────────────────────────────────────────────────────


def as_in_the_paper(P, y, exaggeration=1.0):
    """∂KL/∂y_i = 4 Σ_j (p_ij − q_ij) (y_i − y_j) / (1 + ‖y_i − y_j‖²), equation 5, pair by pair."""
    apart = y[:, None] - y[None]                                        # (N, N, 2)
    w = 1 / (1 + (apart**2).sum(axis=2))
    np.fill_diagonal(w, 0)
    Q = w / w.sum()
    return 4 * (((exaggeration * P - Q) * w)[..., None] * apart).sum(axis=1), Q


@pytest.mark.parametrize("exaggeration", [1, 4])
def test_the_engines_gradient_is_equation_5(x, rng, exaggeration):
    P, y = affinities(x, 10), 3 * rng.normal(size=(60, 2))
    value, g = kl_and_gradient(P, y, exaggeration)
    expected, Q = as_in_the_paper(P, y, exaggeration)
    assert abs(g - expected).max() < 1e-10
    pairs = P > 0
    assert value == pytest.approx((P[pairs] * np.log(P[pairs] / Q[pairs])).sum(), abs=1e-12)


def test_the_gradient_is_that_of_central_differences(x, rng):
    P, y, h = affinities(x, 10), rng.normal(size=(60, 2)), 1e-5
    _, g = kl_and_gradient(P, y)
    for n, axis in [(0, 0), (17, 1), (59, 0)]:
        step = np.zeros_like(y)
        step[n, axis] = h
        slope = (kl_and_gradient(P, y + step)[0] - kl_and_gradient(P, y - step)[0]) / (2 * h)
        assert g[n, axis] == pytest.approx(slope, rel=1e-6, abs=1e-10)


def test_a_map_that_is_like_the_codes_has_no_divergence_and_no_gradient(rng):
    y = rng.normal(size=(9, 2))
    _, Q = as_in_the_paper(0, y)
    value, g = kl_and_gradient(Q, y)
    assert abs(value) < 1e-12 and abs(g).max() < 1e-12


def test_float32_stays_float32(clusters):
    placed = next(tsne(clusters[0]))
    assert placed.places.dtype == np.float32
    P = affinities(clusters[0], 5)
    assert P.dtype == kl_and_gradient(P, placed.places)[1].dtype == np.float32


# ── The descent ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("start", [None, 3])
def test_three_separate_groups_stay_separate(clusters, start):
    x, labels = clusters
    rng = None if start is None else np.random.default_rng(start)
    y = last(tsne(x, perplexity=10, steps=250, rng=rng)).places
    assert purity(y, labels, 10).share == 1
    middles = np.stack([y[labels == k].mean(axis=0) for k in range(3)])
    radius = max(np.linalg.norm(y[labels == k] - middles[k], axis=1).max() for k in range(3))
    between = np.linalg.norm(middles - np.roll(middles, 1, axis=0), axis=1).min()
    assert between > 2 * radius


def test_the_divergence_falls_and_is_that_of_the_places_it_comes_with(clusters):
    first, *_, end = tsne(clusters[0], steps=200)
    assert end.value < 0.3 * first.value and (first.step, end.step) == (1, 200)
    P = affinities(clusters[0], 59 / 3)
    assert kl_and_gradient(P, end.places)[0] == pytest.approx(end.value)


def test_the_same_random_numbers_give_the_same_map_and_others_another(clusters):
    one, same, other = (
        last(tsne(clusters[0], steps=20, rng=np.random.default_rng(seed))).places
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same) and not np.allclose(one, other, atol=1e-3 * abs(one).max())


def test_without_random_numbers_the_map_is_always_the_same(clusters):
    one, same = (last(tsne(clusters[0], steps=20)).places for _ in range(2))
    assert np.array_equal(one, same)


@pytest.mark.parametrize("count", [4, 5, 9])
def test_a_handful_of_codes_is_not_torn_apart(clusters, count):
    end = last(tsne(clusters[0][::7][:count], steps=400))
    assert abs(end.places).max() < 50 and -1e-4 < end.value < 0.5


def test_a_map_that_leaves_the_range_of_its_numbers_is_no_map(clusters, monkeypatch):
    monkeypatch.setattr(module, "rate_for", lambda count: 1e30)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="left the range of float32"):
        last(tsne(clusters[0]))


@pytest.mark.parametrize(
    ("codes", "perplexity", "sentence"),
    [
        (np.ones((9, 4)), None, "all 9 codes are equal"),
        (np.eye(3), None, "4 codes or more"),
        (np.eye(9, dtype=int), None, "of floats, not int64"),
        (np.full((9, 4), np.nan), None, "NaN"),
        (np.eye(30), 30, "asks for 91 photos or more, and there are 30: give 9.667 at most"),
        (np.eye(30), 0.5, "perplexity is 0.5: give a number, 1 or more"),
        (np.eye(30), float("nan"), "perplexity is nan"),
    ],
)
def test_what_has_no_map_is_said_before_the_first_step(codes, perplexity, sentence):
    with pytest.raises(ValueError, match=sentence):
        tsne(codes, perplexity=perplexity)


def test_many_codes_need_opentsne_and_say_so(clusters, monkeypatch):
    monkeypatch.setattr(module, "MOST", 59)
    monkeypatch.setitem(sys.modules, "openTSNE.affinity", None)
    with pytest.raises(ValueError, match=r"more than 59 codes needs openTSNE: pip .*\[tsne\]"):
        tsne(clusters[0])
