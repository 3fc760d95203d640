"""Average precision: by hand, and against a count that shares no line with it."""

import numpy as np
import pytest

from minigrad.techniques.learn.average_precision import (
    RECALLS,
    THRESHOLDS,
    average_precision,
    detection_precision,
    mask_iou,
    matched,
)
from minigrad.techniques.learn.boxes import box_iou
from minigrad.techniques.learn.detection import Detections
from minigrad.techniques.learn.instances import Objects

EDGE = 40


def filled(boxes):
    """The masks of whole boxes, (K, EDGE, EDGE)."""
    y, x = np.mgrid[:EDGE, :EDGE] + 0.5
    return np.array([(x > a) & (x < c) & (y > b) & (y < d) for a, b, c, d in boxes],
                    bool).reshape(-1, EDGE, EDGE)


def objects(boxes, classes):
    boxes = np.array(boxes, float).reshape(-1, 4)
    return Objects(boxes, np.array(classes, int), filled(boxes))


def detections(boxes, classes, scores):
    boxes = np.array(boxes, float).reshape(-1, 4)
    order = np.argsort(-np.array(scores))
    return Detections(boxes[order], np.array(classes, int)[order], np.array(scores)[order],
                      filled(boxes)[order])


# ── By hand ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("right", "count", "wanted"), [
    ([1, 1], 2, 1),                         # all are found and nothing else
    ([1], 2, 51 / 101),                     # recall ends at ½: 0, .01, … .50
    ([0, 1], 1, 1 / 2),                     # precision ½ at every recall
    ([1, 0], 1, 1),                         # what comes behind the last does no harm
    ([1, 0, 1], 2, (51 + 50 * 2 / 3) / 101),    # 1 up to recall ½, then ⅔
    ([0, 1, 1], 2, 2 / 3),                  # the best from here on: ⅔, not ½, at recall ½
    ([0, 0], 3, 0),
    ([], 3, 0),
])
def test_ap_is_the_mean_over_recall_of_the_best_precision_from_there_on(right, count, wanted):
    scores = np.linspace(1, 0.5, len(right))
    assert average_precision(scores, np.array(right, bool), count) == pytest.approx(wanted)


def test_an_object_is_found_once_and_by_the_surest():
    assert matched(np.array([[0.6], [0.9]]), 0.5).tolist() == [True, False]
    assert matched(np.array([[0.6, 0.55], [0.9, 0]]), 0.5).tolist() == [True, False]
    assert matched(np.array([[0.6, 0.55], [0, 0.9]]), 0.5).tolist() == [True, True]
    assert matched(np.array([[0.5], [0.49]]), 0.5).tolist() == [True, False]
    assert matched(np.zeros((2, 0)), 0.5).tolist() == [False, False]


def test_the_truth_itself_has_1_and_a_box_of_iou_0_6_is_right_at_three_thresholds():
    true = [objects([[0, 0, 10, 10], [20, 20, 30, 30]], [1, 2])]
    for by in ("boxes", "masks"):
        same = [detections(true[0].boxes, [1, 2], [0.9, 0.8])]
        assert detection_precision(same, true, by)[:3] == (1, 1, 1)
        less = [detections([[0, 0, 10, 6], [20, 20, 30, 26]], [1, 2], [0.9, 0.8])]
        at_50, at_75, mean, table = detection_precision(less, true, by)
        assert (at_50, at_75) == (1, 0) and mean == pytest.approx(0.3)      # .5, .55, .6
        assert table.shape == (2, 10)


def test_the_class_counts_and_a_class_that_is_nowhere_does_not():
    true = [objects([[0, 0, 10, 10]], [3])]
    wrong = [detections([[0, 0, 10, 10]], [1], [0.9])]
    result = detection_precision(wrong, true, "boxes")
    assert result.mean == 0 and np.isnan(result.table[:2]).all()
    both = [detections([[0, 0, 10, 10]] * 2, [1, 3], [0.9, 0.2])]
    assert detection_precision(both, true, "boxes").mean == 1


def test_masks_are_compared_by_their_pixels_and_boxes_are_not():
    true = objects([[0, 0, 10, 10]], [1])
    half = true.masks.copy()
    half[:, 5:] = False
    found = Detections(true.boxes, true.classes, np.array([0.9]), half)
    assert detection_precision([found], [true], "boxes").mean == 1
    assert detection_precision([found], [true], "masks").mean == pytest.approx(0.1)     # θ = .5
    np.testing.assert_allclose(mask_iou(half, true.masks), [[0.5]])
    assert mask_iou(np.zeros((1, 4, 4), bool), np.zeros((1, 4, 4), bool)) == 0


def test_what_cannot_be_told_is_a_sentence():
    nothing = objects([], [])
    with pytest.raises(ValueError, match="no object in these photos"):
        detection_precision([detections([], [], [])], [nothing])
    with pytest.raises(ValueError, match="answers for 0 photos, and objects of 1"):
        detection_precision([], [nothing])
    with pytest.raises(ValueError, match="there are masks and boxes"):
        detection_precision([], [], by="points")


# ── Against a plain count ───────────────────────────────────────────────────────────────────────


def scene(rng):
    """Objects of a photo, and detections that are near some of them, or anywhere."""
    M = rng.integers(0, 5)
    low = rng.integers(0, 25, (M, 2))
    boxes = np.concatenate([low, low + rng.integers(4, 14, (M, 2))], axis=1)
    true = objects(boxes, rng.integers(1, 4, M))
    near = [np.clip(box + rng.integers(-2, 3, 4), 0, EDGE) for box in boxes for _ in range(2)]
    wild = np.concatenate([low[:2], low[:2] + 6], axis=1)
    all_ = np.array([box for box in [*near, *wild] if (box[:2] < box[2:]).all()]).reshape(-1, 4)
    classes = np.concatenate([np.repeat(true.classes, 2), rng.integers(1, 4, 2)])[: len(all_)]
    scores = rng.random(len(all_)).round(4)
    return true, detections(all_, np.resize(classes, len(all_)), scores)


def plainly(found, true, k, threshold, iou):
    """AP of a class: every ρ asks every detection of all photos, one at a time."""
    rows = sorted(((one.scores[d], n, d) for n, one in enumerate(found)
                   for d in range(len(one.scores)) if one.classes[d] == k), key=lambda r: -r[0])
    taken, curve, right = set(), [], 0
    count = sum(int((of.classes == k).sum()) for of in true)
    for rank, (_, n, d) in enumerate(rows, start=1):
        best, which = threshold, None
        for m in range(len(true[n].boxes)):
            value = iou(n, d, m)
            if true[n].classes[m] == k and (n, m) not in taken and value >= best:
                if which is None or value > best:
                    best, which = value, m
        if which is not None:
            taken.add((n, which))
            right += 1
        curve.append((right / count, right / rank))
    return np.mean([max((p for r, p in curve if r >= ρ), default=0) for ρ in RECALLS])


@pytest.mark.parametrize("by", ["boxes", "masks"])
def test_it_is_what_a_plain_count_gives(by):
    rng = np.random.default_rng(3)
    true, found = zip(*[scene(rng) for _ in range(12)], strict=True)

    def iou(n, d, m):
        if by == "boxes":
            return box_iou(found[n].boxes[[d]], true[n].boxes[[m]])[0, 0]
        a, b = found[n].masks[d], true[n].masks[m]
        return (a & b).sum() / (a | b).sum()

    wanted = np.array([[plainly(found, true, k, θ, iou) for θ in THRESHOLDS] for k in (1, 2, 3)])
    table = detection_precision(list(found), list(true), by).table
    assert 0.05 < wanted.mean() < 0.95
    np.testing.assert_allclose(table, wanted, atol=1e-12)
