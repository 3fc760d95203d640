"""Losses of metric learning: closed forms, gradients, batches of which nothing can be learned."""

import math

import numpy as np
import pytest

from minigrad import Tensor, grad
from minigrad.check import check_gradients, numerical_gradient
from minigrad.techniques.learn import metric
from minigrad.techniques.learn.metric import LOSSES, contrastive, lifted, mined, n_pair, triplet

LABELS = np.array([0, 1, 0, 2, 1, 0, 2, 1, 0])
SETTINGS = [
    ("contrastive", {}), ("contrastive", {"margin": 3.0}), ("triplet", {}),
    ("triplet", {"mining": "all", "margin": 1}), ("triplet", {"mining": "hardest"}),
    ("triplet", {"squared": True, "margin": 1}), ("lifted", {}), ("lifted", {"margin": 2}),
    ("n-pair", {}), ("n-pair", {"norm": 0.5}),
]  # fmt: skip


@pytest.fixture
def x(rng):
    return rng.normal(size=(9, 3))


def gradient(loss, x, labels=LABELS, **settings):
    t = Tensor(x)
    return grad(loss(t, labels, **settings), [t])[0]


# ── Distances ───────────────────────────────────────────────────────────────────────────────────


def test_distances_and_their_gradients(rng):
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    assert np.allclose(metric.distances(a, b), np.linalg.norm(a[:, None] - b, axis=2), atol=1e-14)
    check_gradients(metric.distances, a, b)


def test_the_gradient_of_a_distance_is_a_unit_vector():
    a, b = Tensor(np.array([[3.0, 4]])), Tensor(np.array([[0.0, 0]]))
    of_a, of_b = grad(metric.distances(a, b), [a, b], seed=np.array([[1.0]]))
    assert np.allclose(of_a, [[0.6, 0.8]]) and np.allclose(of_b, -of_a)


@pytest.mark.parametrize(("loss", "settings"), SETTINGS)
def test_two_equal_embeddings_have_no_nan_gradient(loss, settings, x):
    x[2] = x[0]     # alike
    x[3] = x[1]     # unlike
    with np.errstate(all="raise"):
        g = gradient(LOSSES[loss], x, **settings)
    assert np.isfinite(g).all()


def test_all_at_one_place_no_loss_of_distances_can_tell_where_to_go():
    """The collapse that hardest mining may end in: a stationary point, with the loss α."""
    x = np.ones((9, 2))
    assert triplet(x, LABELS, mining="hardest", margin=0.3) == pytest.approx(0.3)
    for loss in (contrastive, lifted, triplet):
        assert not gradient(loss, x).any()


def test_what_lies_close_keeps_its_distance():
    x = np.array([[1e4, 0], [1e4 + 1e-6, 0]])
    assert metric.distances(x, x)[0, 1] == pytest.approx(1e-6, rel=1e-5)


# ── Gradients ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("loss", "settings"), SETTINGS)
def test_gradients_are_central_differences(loss, settings, x):
    g = gradient(LOSSES[loss], x, **settings)
    slope = numerical_gradient(lambda x: LOSSES[loss](x, LABELS, **settings), x)
    assert abs(g).max() > 1e-3 and np.allclose(g, slope, atol=1e-8)


@pytest.mark.parametrize(("loss", "settings"), SETTINGS)
def test_float32_stays_float32(loss, settings, x):
    value = LOSSES[loss](Tensor(x.astype("f4")), LABELS, **settings)
    assert value.dtype == np.float32
    assert float(value) == pytest.approx(float(LOSSES[loss](x, LABELS, **settings)), rel=1e-4)
    assert gradient(LOSSES[loss], x.astype("f4"), **settings).dtype == np.float32


@pytest.mark.parametrize(("loss", "settings"), SETTINGS[:-2])
def test_the_order_of_a_batch_does_not_matter(loss, settings, x):
    """N-pair's pairs are neighbours in the batch, and others in another order."""
    order = np.random.default_rng(1).permutation(9)
    moved = LOSSES[loss](x[order], LABELS[order], **settings)
    assert float(moved) == pytest.approx(float(LOSSES[loss](x, LABELS, **settings)), abs=1e-12)


# ── Closed forms ────────────────────────────────────────────────────────────────────────────────


def test_contrastive_is_the_lectures_formula():
    """(1 − Y) ½ D² + Y ½ max(0, m − D)²"""
    D, Y = np.array([0.5, 0.5, 3.0, 3.0]), np.array([0, 1, 0, 1])
    wanted = [0.125, 0.5 * 0.7**2, 4.5, 0]
    for d, y, each in zip(D, Y, wanted, strict=True):
        assert metric.contrastive_loss(np.array([d]), [y], margin=1.2) == pytest.approx(each)
    assert metric.contrastive_loss(D, Y, margin=1.2) == pytest.approx(np.mean(wanted))
    t = Tensor(D)
    (g,) = grad(metric.contrastive_loss(t, Y, margin=1.2), [t])
    assert np.allclose(4 * g, [0.5, -0.7, 3, 0])


def test_like_and_unlike_pairs_count_half_each():
    x = np.array([[0.0], [1], [4], [4.5]])
    like = np.mean([d**2 / 2 for d in (1, 0.5)])
    unlike = np.mean([(5 - d) ** 2 / 2 for d in (4, 4.5, 3, 3.5)])
    assert contrastive(x, [0, 0, 1, 1], margin=5) == pytest.approx((like + unlike) / 2)


def test_a_triplet_costs_what_it_lacks():
    x = np.array([[0.0], [2], [2.5]])
    labels = np.array([0, 0, 1])
    # anchors 0 and 1 have a positive each: D = 2 against 2.5, and 2 against 0.5
    assert triplet(x, labels, margin=1, mining="all") == pytest.approx((0.5 + 2.5) / 2)
    assert triplet(x, labels, margin=1) == pytest.approx(0.5)           # the other one is no more
    assert triplet(x, labels, margin=1, mining="hardest") == pytest.approx((0.5 + 2.5) / 2)
    squared = triplet(x, labels, margin=4, mining="all", squared=True)
    assert squared == pytest.approx(((4 - 6.25 + 4) + (4 - 0.25 + 4)) / 2)


def test_semi_hard_is_right_but_not_by_enough(x):
    D, pairs = np.asarray(metric.distances(x, x)), metric.pairs_of(LABELS)
    chosen = mined(D, pairs, 0.8, "semi-hard")
    assert 0 < chosen.sum() < mined(D, pairs, 0.8, "all").sum()
    for a, p, n in np.argwhere(chosen):
        assert a != p and LABELS[a] == LABELS[p] != LABELS[n]
        assert D[a, p] < D[a, n] < D[a, p] + 0.8


def test_hardest_takes_one_triplet_of_each_anchor(x):
    D, pairs = np.asarray(metric.distances(x, x)), metric.pairs_of(LABELS)
    chosen = mined(D, pairs, 0.2, "hardest")
    assert chosen.sum(axis=(1, 2)).tolist() == [1] * 9
    for a, p, n in np.argwhere(chosen):
        assert D[a, p] == D[a][LABELS == LABELS[a]].max()
        assert D[a, n] == D[a][LABELS != LABELS[a]].min()


def test_no_semi_hard_triplet_is_no_loss():
    x = np.array([[0.0], [0.1], [50], [50.1]])
    assert triplet(x, np.array([0, 0, 1, 1])) == 0
    assert not gradient(triplet, x, np.array([0, 0, 1, 1])).any()


def test_lifted_structure_is_song_s_equation_4(x):
    α, D = 1.3, np.linalg.norm(x[:, None] - x, axis=2)
    total, pairs = 0, 0
    for i in range(9):
        for j in range(i + 1, 9):
            if LABELS[i] == LABELS[j]:
                both = sum(math.exp(α - D[m, k]) for m in (i, j) for k in range(9)
                           if LABELS[k] != LABELS[i])
                total, pairs = total + max(0, math.log(both) + D[i, j]) ** 2, pairs + 1
    assert lifted(x, LABELS, margin=α) == pytest.approx(total / (2 * pairs), rel=1e-12)


def test_lifted_structure_does_not_overflow_far_away(x):
    g = gradient(lifted, 1e4 * x.astype("f4"))
    assert np.isfinite(g).all() and abs(g).max() > 0


def test_n_pair_is_a_softmax_over_the_classes():
    x = np.array([[1.0, 0], [2, 0], [0, 1], [0, 3]])
    # a₀ · p = (2, 0), a₁ · p = (0, 3)
    wanted = (math.log(1 + math.exp(0 - 2)) + math.log(1 + math.exp(0 - 3))) / 2
    assert n_pair(x, [0, 0, 1, 1], norm=0) == pytest.approx(wanted)
    assert n_pair(x, [0, 0, 1, 1], norm=0.1) == pytest.approx(wanted + 0.1 * 15 / 4)


def test_further_images_of_a_class_make_further_sets_of_pairs():
    first, second = metric.pair_sets(np.array([0, 1, 0, 1, 1, 0, 0, 1, 2]))
    assert [one.tolist() for one in first] == [[0, 1], [2, 3]]
    assert [one.tolist() for one in second] == [[5, 4], [6, 7]]


# ── Batches of which nothing can be learned ─────────────────────────────────────────────────────


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("labels", "sentence"), [
    ([0, 1, 2, 3], "no two of these 4 images are alike"),
    ([5, 5, 5, 5], "these 4 images are all alike"),
    ([0.0, 0, 1, 1], "labels are whole numbers"),
])
def test_such_a_batch_is_refused_in_a_sentence(loss, labels, sentence, rng):
    with pytest.raises(ValueError, match=sentence):
        LOSSES[loss](rng.normal(size=(4, 2)), np.array(labels))


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda x: contrastive(x, LABELS, margin=0), "margin is 0: give a number above 0"),
    (lambda x: triplet(x, LABELS, mining="semi"), "no mining 'semi'; did you mean semi-hard"),
    (lambda x: lifted(x[:8], LABELS), r"shape \(8, 3\) do not fit 9 labels"),
    (lambda x: n_pair(x[:4], [0, 0, 1, 2]), "only one class has two images"),
    (lambda x: n_pair(x, LABELS, norm=-1), "norm is -1"),
])
def test_bad_input_is_one_sentence(call, sentence, x):
    with pytest.raises(ValueError, match=sentence):
        call(x)
