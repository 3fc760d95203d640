"""Boxes: how much two share, how one is told from another, and which of many are kept."""

import numpy as np
import pytest

from minigrad import Tensor, grad
from minigrad.techniques.learn import boxes
from minigrad.techniques.learn.boxes import box_iou, decoded, encoded, smooth_l1, suppressed


def random_boxes(rng, count):
    low = rng.uniform(0, 40, (count, 2))
    return np.concatenate([low, low + rng.uniform(2, 30, (count, 2))], axis=1)


def test_iou_is_what_two_share_of_all_that_they_cover():
    a = [[0, 0, 4, 2]]
    b = [[0, 0, 4, 2], [2, 0, 6, 2], [2, 1, 4, 2], [4, 0, 8, 2], [10, 10, 11, 11]]
    np.testing.assert_allclose(box_iou(a, b), [[1, 4 / 12, 2 / 8, 0, 0]], atol=1e-15)


def test_iou_is_that_of_counted_pixels(rng):
    a, b = (np.rint(random_boxes(rng, 12)) + [0, 0, 1, 1] for _ in range(2))
    y, x = np.mgrid[:80, :80] + 0.5

    def pixels(of):
        return [(x > x0) & (x < x1) & (y > y0) & (y < y1) for x0, y0, x1, y1 in of]

    counted = [[(p & q).sum() / (p | q).sum() for q in pixels(b)] for p in pixels(a)]
    np.testing.assert_allclose(box_iou(a, b), counted, atol=1e-12)


def test_what_is_encoded_is_decoded_to_the_same_box(rng):
    some, anchors = random_boxes(rng, 50), random_boxes(rng, 50)
    np.testing.assert_allclose(decoded(encoded(some, anchors), anchors), some, atol=1e-10)


def test_a_code_is_in_widths_of_the_anchor_and_logarithms():
    # twice as wide, half a width to the right; as high, a quarter up
    t = encoded([[10, -1, 18, 3]], [[10, 0, 14, 4]])
    np.testing.assert_allclose(t * boxes.SPREAD, [[0.5, -0.25, np.log(2), 0]], atol=1e-12)
    assert not encoded([[3, 4, 9, 8]], [[3, 4, 9, 8]]).any()


def test_no_answer_makes_a_box_infinite():
    huge = decoded(np.full((1, 4), 1e6), [[0, 0, 1, 1]])
    np.testing.assert_allclose(huge[0, 2:] - huge[0, :2], np.exp(4))


def test_smooth_l1_is_a_parabola_and_then_a_line_and_its_gradient_is_cut_at_1():
    x, y = Tensor(np.array([0.0, 0.5, -2.0, 3.0])), Tensor(np.zeros(4))
    L = smooth_l1(x, y)
    assert L.data == 0 + 0.125 + 1.5 + 2.5
    g, back = grad(L, [x, y])
    assert g.tolist() == [0, 0.5, -1, 1] and back.tolist() == [0, -0.5, 1, -1]
    with pytest.raises(ValueError, match="arrays of one shape"):
        smooth_l1(np.zeros(3), np.zeros(4))


def test_smooth_l1_s_gradient_is_its_slope(rng):
    x, y, ε = rng.normal(0, 2, (5, 4)), rng.normal(0, 2, (5, 4)), 1e-6
    (g,) = grad(smooth_l1(wrapped := Tensor(x), y), [wrapped])
    for place in np.ndindex(g.shape):
        step = np.zeros_like(y)
        step[place] = ε
        slope = (smooth_l1(x + step, y) - smooth_l1(x - step, y)) / (2 * ε)
        assert abs(slope - g[place]) < 1e-8


def test_of_boxes_that_share_much_the_best_is_kept():
    row = [[0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10], [30, 0, 40, 10]]
    # neighbours share 80 of 120; the first and the third 60 of 140
    scores = np.array([0.9, 0.95, 0.5, 0.1])
    assert suppressed(row, scores, 0.5).tolist() == [1, 3]
    assert suppressed(row, np.array([0.9, 0.8, 0.7, 0.99]), 0.5).tolist() == [3, 0, 2]
    assert suppressed(row, scores, 0.7).tolist() == [1, 0, 2, 3]
    assert suppressed(np.zeros((0, 4)), np.zeros(0)).tolist() == []


def test_what_is_suppressed_suppresses_nobody():
    row = np.array([[0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]])
    assert suppressed(row, np.array([3, 2, 1]), 0.5).tolist() == [0, 2]


def test_suppression_is_that_of_a_plain_loop(rng):
    some, scores = random_boxes(rng, 60), rng.random(60)
    kept = []
    for i in scores.argsort()[::-1]:
        if all(box_iou(some[[i]], some[[j]])[0, 0] <= 0.3 for j in kept):
            kept.append(i)
    assert suppressed(some, scores, 0.3).tolist() == kept


@pytest.mark.parametrize(("bad", "image", "says"), [
    ([[0, 0, 4]], None, r"K of them are \(K, 4\), not \(1, 3\)"),
    ([[0, 0, 1, 1], [4, 0, 4, 9]], None, "box 1, 4, 0, 4, 9, is empty"),
    ([[0, 0, np.nan, 1]], None, "box 0, 0, 0, nan, 1, is empty"),
    ([[0, 0, 9, 6]], (5, 9), "lies outside of the image of 5×9 pixels"),
    ([[-1, 0, 9, 5]], (5, 9), "box 0, -1, 0, 9, 5, lies outside"),
])
def test_a_box_that_is_none_is_named(bad, image, says):
    with pytest.raises(ValueError, match=says):
        boxes.checked(bad, image)


def test_as_many_scores_as_boxes():
    with pytest.raises(ValueError, match="2 boxes want as many scores"):
        suppressed([[0, 0, 1, 1], [0, 0, 2, 2]], np.zeros(3))
    with pytest.raises(ValueError, match="threshold"):
        suppressed([[0, 0, 1, 1]], np.zeros(1), 1.5)
