r"""Average precision: how good a detector is, as one number, as COCO counts it.

A detection is right if its IoU with an object of its class is θ or more; each object is found once,
by the surest, and what finds it again is wrong.  From the surest on down, of n detections of all
photos r are right, and there are M objects:

    precision  r / n            recall  r / M

With each further detection recall can only rise, and precision falls with every wrong one.  The
average is taken over recall, at each the best precision from there on, as in PASCAL VOC (Everingham
et al. 2010); 101 points and the thresholds are those of COCO's own program:

    AP_θ = mean over ρ of {0, .01, …, 1} of max { precision : recall ≥ ρ },  0 where there is none

    AP   = mean over θ of {.5, .55, …, .95}, and over the classes that there are

AP₅₀ asks whether objects are found, AP also how exactly.  The IoU may be that of boxes or of masks:
of masks it is the same quotient of pixels.

Read before: detection.py.
"""

from typing import NamedTuple

import numpy as np

from minigrad.techniques.learn.boxes import box_iou
from minigrad.techniques.learn.detection import Detections
from minigrad.techniques.learn.instances import Objects

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)  # as COCO makes them: one of them is .7000…01, more than 7/10


class Precision(NamedTuple):
    """AP at θ = ½, at ¾, and the mean over θ; and AP by class and threshold, (K, 10), NaN: none."""

    at_50: float
    at_75: float
    mean: float
    table: np.ndarray


def detection_precision(
    found: list[Detections], true: list[Objects], by: str = "masks"
) -> Precision:
    """How good detections are.

    Args:
        found: of each photo, the surest first.
        true: the objects of each.
        by: what is compared, "masks" or "boxes".

    Raises:
        ValueError: there is nothing to be found, not as many answers as photos, or no such `by`.
    """
    if by not in ("masks", "boxes"):
        raise ValueError(f"by is {by!r}: there are masks and boxes")
    if len(found) != len(true):
        raise ValueError(f"there are answers for {len(found)} photos, and objects of {len(true)}")
    classes = {int(k) for of in true for k in of.classes}
    if not classes:
        raise ValueError("there is no object in these photos that could be found")
    table = np.full((max(classes), len(THRESHOLDS)), np.nan)
    for k in classes:
        table[k - 1] = of_class(found, true, k, mask_iou if by == "masks" else box_iou, by)
    mean = np.nanmean(table, axis=0)                                    # (10,)
    return Precision(float(mean[0]), float(mean[5]), float(mean.mean()), table)


def of_class(found, true, k: int, iou, by: str) -> list[float]:
    """AP of one class at each threshold."""
    scores, right, count = [], [], 0
    for one, of in zip(found, true, strict=True):
        mine, own = one.classes == k, of.classes == k
        table = iou(getattr(one, by)[mine], getattr(of, by)[own])       # (D, M)
        scores.append(one.scores[mine])
        right.append([matched(table, threshold) for threshold in THRESHOLDS])
        count += own.sum()
    scores, right = np.concatenate(scores), np.concatenate(right, axis=1)
    return [average_precision(scores, row, count) for row in right]


def mask_iou(a, b) -> np.ndarray:
    """IoU[i, j] of masks: bools (D, H, W), (M, H, W) → (D, M), 0 for two that are empty."""
    pixels = int(np.prod(a.shape[1:]))
    a, b = (of.reshape(len(of), pixels).astype(np.float64) for of in (a, b))
    both = a @ b.T
    union = a.sum(axis=1)[:, None] + b.sum(axis=1) - both
    return both / np.maximum(union, 1)


def matched(iou, threshold: float) -> np.ndarray:
    """Which detections of a photo are right, the surest first: IoU (D, M) → bools (D,).

    Each takes of the objects that nobody has taken the one with which it shares most.
    """
    free, right = np.ones(iou.shape[1], bool), np.zeros(len(iou), bool)
    for d, row in enumerate(iou):
        row = np.where(free, row, -1)
        if free.any() and row.max() >= threshold:
            free[row.argmax()], right[d] = False, True
    return right


def average_precision(scores, right, count: int) -> float:
    """AP_θ of detections with scores (D,), right or not (D,), where `count` are to be found."""
    order = np.argsort(-scores, kind="stable")
    r = np.cumsum(right[order])
    recall, exact = r / count, r / np.arange(1, len(r) + 1)             # (D,)
    # max { precision : recall ≥ ρ }: the best from here on, looked up at the first that is enough
    best = np.append(np.maximum.accumulate(exact[::-1])[::-1], 0)
    return float(best[np.searchsorted(recall, RECALLS)].mean())
