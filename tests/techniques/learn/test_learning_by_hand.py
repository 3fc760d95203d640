"""The smallest cases, worked out on paper: IoU, losses of distances, the gradient of t-SNE."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minigrad import Tensor, grad
from minigrad.check import check_gradients
from minigrad.techniques.learn.metric import contrastive_loss, triplet_loss
from minigrad.techniques.learn.segmentation import class_ious
from minigrad.techniques.look.tsne import kl_and_gradient

# ── Intersection over union ─────────────────────────────────────────────────────────────────────


def test_all_right_is_an_iou_of_1():
    assert_allclose(class_ious(np.array([[1, 0], [0, 5]])), [1, 1])


def test_an_iou_is_what_both_agree_on_of_what_either_says():
    """Class 0: 3 pixels right, 1 missed, 2 too many; class 1: 4 right, 2 missed, 1 too many."""
    assert_allclose(class_ious(np.array([[3, 1], [2, 4]])), [3 / 6, 4 / 7])


def test_a_class_that_is_never_found_has_an_iou_of_0():
    assert_allclose(class_ious(np.array([[0, 2], [0, 3]])), [0, 3 / 5])


def test_of_three_classes_each_has_its_own_row_and_column():
    assert_allclose(class_ious(np.array([[1, 2, 0], [0, 3, 4], [5, 0, 6]])), [1 / 8, 3 / 9, 6 / 15])


def test_a_class_that_nobody_has_is_no_number_and_no_warning():
    with np.errstate(all="raise"):
        assert_allclose(class_ious(np.array([[4, 0], [0, 0]])), [1, np.nan])


# ── Contrastive loss ────────────────────────────────────────────────────────────────────────────


def value_and_gradient(loss, D, *args, seed=1.0, **options):
    t = Tensor(np.array(D, float))
    y = loss(t, *args, **options)
    return float(y), grad(y, [t], seed=np.array(seed))[0]


def test_like_ones_cost_half_their_distance_squared():
    value, g = value_and_gradient(contrastive_loss, [3], [0], margin=1)
    assert value == pytest.approx(4.5)
    assert_allclose(g, [3])


def test_unlike_ones_cost_half_the_square_of_what_they_lack_of_the_margin():
    """m = 5, D = 3: ½ · 2², and the way to less is to move apart."""
    value, g = value_and_gradient(contrastive_loss, [3], [1], margin=5)
    assert value == pytest.approx(2)
    assert_allclose(g, [-2])


def test_unlike_ones_beyond_the_margin_are_left_alone():
    value, g = value_and_gradient(contrastive_loss, [7], [1], margin=5)
    assert value == 0
    assert_allclose(g, [0])


def test_of_several_pairs_the_mean_is_taken():
    value, g = value_and_gradient(contrastive_loss, [3, 3], [0, 1], margin=5)
    assert value == pytest.approx((4.5 + 2) / 2)
    assert_allclose(g, [1.5, -1])


def test_a_pair_of_three_times_the_weight_counts_three_quarters_of_two():
    value, g = value_and_gradient(contrastive_loss, [3, 3], [0, 1], np.array([3, 1]), margin=5)
    assert value == pytest.approx((3 * 4.5 + 2) / 4)
    assert_allclose(g, [2.25, -0.5])


def test_g_multiplies_the_gradient_of_a_contrastive_loss():
    _, g = value_and_gradient(contrastive_loss, [3, 3], [0, 1], margin=5, seed=10)
    assert_allclose(g, [15, -10])


def test_the_gradient_of_a_contrastive_loss_is_the_central_difference():
    D = np.array([[0.3, 0.9, 1.7], [2.3, 0.5, 1.1]])
    check_gradients(contrastive_loss, D, np.array([[0, 1, 1], [0, 1, 0]]), np.full((2, 3), 2))


# ── Triplet loss ────────────────────────────────────────────────────────────────────────────────

ONE = np.zeros((3, 3, 3), bool)
ONE[0, 1, 2] = True         # a = 0, p = 1, n = 2


def distances(ap, an, pn=9):
    """D of the three images a, p, n."""
    return np.array([[0, ap, an], [ap, 0, pn], [an, pn, 0]], float)


def test_a_triplet_costs_what_the_unlike_one_is_too_near():
    """2 − 3 + 4."""
    value, _ = value_and_gradient(triplet_loss, distances(2, 3), ONE, margin=4)
    assert value == pytest.approx(3)


def test_a_triplet_pulls_at_the_like_one_and_pushes_the_unlike_one():
    _, g = value_and_gradient(triplet_loss, distances(2, 3), ONE, margin=4)
    assert_allclose(g, [[0, 1, -1], [0, 0, 0], [0, 0, 0]])


def test_a_triplet_that_is_right_by_the_margin_costs_nothing():
    for an in (7, 6):  # by more than the margin, and just so
        value, g = value_and_gradient(triplet_loss, distances(2, an), ONE, margin=4)
        assert value == 0
        assert not g.any()


def test_triplets_that_cost_nothing_count_in_the_mean():
    """Of (0, 1, 2), which costs 3, and (1, 0, 2), which costs nothing: 3 / 2."""
    two = ONE.copy()
    two[1, 0, 2] = True
    value, g = value_and_gradient(triplet_loss, distances(2, 3), two, margin=4)
    assert value == pytest.approx(1.5)
    assert_allclose(g, [[0, 0.5, -0.5], [0, 0, 0], [0, 0, 0]])


def test_a_distance_in_two_triplets_gets_the_gradient_of_both():
    """(0, 1, 2) and (1, 0, 2) cost 3 and 2; (0, 1, 1) would cost 4, and was not chosen."""
    two = ONE.copy()
    two[1, 0, 2] = two[0, 1, 1] = True
    value, g = value_and_gradient(triplet_loss, distances(2, 3, 4), two, margin=4)
    assert value == pytest.approx((3 + 2 + 4) / 3)
    assert_allclose(3 * g, [[0, 2 - 1, -1], [1, 0, -1], [0, 0, 0]])


def test_no_triplet_at_all_is_no_loss():
    with np.errstate(all="raise"):
        value, g = value_and_gradient(triplet_loss, distances(2, 3), ONE & False)
    assert value == 0
    assert not g.any()


def test_the_gradient_of_a_triplet_loss_is_the_central_difference(rng):
    D = rng.permutation(36).reshape(6, 6) / 10
    check_gradients(triplet_loss, D, rng.random((6, 6, 6)) < 0.5, 1.23)


# ── t-SNE ───────────────────────────────────────────────────────────────────────────────────────

THREE = np.array([[0.0, 0], [1, 0], [2, 0]])
P_THREE = np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])


def test_two_places_are_where_they_should_be_at_any_distance():
    """There is one pair alone: Q = P = ½, ½."""
    value, g = kl_and_gradient(np.array([[0, 0.5], [0.5, 0]]), np.array([[0.0, 0], [3, 4]]))
    assert value == pytest.approx(0, abs=1e-12)
    assert_allclose(g, np.zeros((2, 2)), atol=1e-12)


def test_the_divergence_of_three_places_in_a_row():
    """w = ½, ½ and ⅕, Z = 2.4; of P the first pair has all, whose q is 0.5 / 2.4: log 2.4."""
    assert kl_and_gradient(P_THREE, THREE)[0] == pytest.approx(np.log(2.4))


def test_who_belongs_together_is_pulled_and_who_does_not_is_pushed():
    """4 Σ (p − q) w (y_i − y_j): q = 5/24, 5/24 and 2/24."""
    _, g = kl_and_gradient(P_THREE, THREE)
    assert_allclose(g, [[-0.45, 0], [1, 0], [-0.55, 0]], atol=1e-12)


def test_exaggeration_makes_the_pull_stronger_and_not_the_push():
    """4 Σ (2p − q) w (y_i − y_j): 4 · ½ · ½ more towards each other; the value stays KL."""
    value, g = kl_and_gradient(P_THREE, THREE, exaggeration=2)
    assert_allclose(g, [[-1.45, 0], [2, 0], [-0.55, 0]], atol=1e-12)
    assert value == pytest.approx(np.log(2.4))
