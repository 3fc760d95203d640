r"""Detection: from a photo to objects, by a network that instances.py has trained.

    proposals   →   class and box of each   →   the best of those that share much   →   their masks

In training the mask head sees the proposals; here it sees what the box head has made of them, fewer
and better boxes (He et al. 2017, section 3.1).  Of the K masks of a box the one of its class is
taken.  It is m × m, whatever the box, and is laid back into it: a pixel is the object's if

    Σ_ij A[y, i] σ(s)[i, j] B[x, j] ≥ ½

A and B the weights of bilinear interpolation, as in ops/roi.py the other way round.

Read before: instances.py.  Read next: average_precision.py.
"""

from typing import NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.learn.boxes import clipped, decoded, suppressed
from minigrad.techniques.learn.proposals import NARROWEST, answers_of, features_of, proposals


class Detections(NamedTuple):
    """What was found on a photo, the surest first.

    Attributes:
        boxes: (D, 4), x₀, y₀, x₁, y₁ in pixels.
        classes: (D,), 1 … K.
        scores: (D,), the probability of the class.
        masks: (D, H, W) of bools.
    """

    boxes: np.ndarray
    classes: np.ndarray
    scores: np.ndarray
    masks: np.ndarray


def detect(
    net, pixels, *, least: float = 0.05, same: float = 0.5, most: int = 20, params=None
) -> list[Detections]:
    """Find the objects of each photo.

    Args:
        net: a detector.
        pixels: (N, 3, H, W), RGB, 0–255.
        least: the probability from which on something is told.
        same: the IoU above which two boxes of one class are one object's.
        most: how many are told of a photo, the surest.
        params: in place of the network's own.

    Raises:
        ValueError: the network finds no objects, or numbers that make no sense.
    """
    features_of(net)  # complains where there are none
    least = number("least, a probability,", least, at_least=0, at_most=1)
    most = whole("most", most, at_least=1)
    return [_detect(net, pixels[n : n + 1], least, same, most, params) for n in range(len(pixels))]


def _detect(net, x, least, same, most, params) -> Detections:
    """Find the objects of one photo (1, 3, H, W)."""
    (layer, stride), image = features_of(net), x.shape[2:]
    acts = net(x, only=[layer, "objectness", "anchor_deltas"], params=params)
    (boxes,) = proposals(answers_of(acts, stride), image)
    rois = net.layers["rois"].of(acts[layer], _of_one(boxes))
    said = net.onward({"rois": rois}, ["scores", "deltas"], params=params)
    p, t = to_numpy(ops.softmax(said["scores"], axis=1)), to_numpy(said["deltas"])
    boxes, classes, scores = _kept(boxes, p, t, image, least, same, most)
    rois = net.layers["mask_rois"].of(acts[layer], _of_one(boxes))
    said = net.onward({"mask_rois": rois}, ["masks"], params=params)
    masks = to_numpy(ops.sigmoid(said["masks"]))[np.arange(len(classes)), classes - 1]
    return Detections(boxes, classes, scores, laid_back(masks, boxes, image) >= 0.5)


def _of_one(boxes):
    """Boxes (K, 4) of image 0, as ops.roi_align takes them, (K, 5)."""
    return np.insert(boxes, 0, 0, axis=1)


def _kept(boxes, p, t, image, least, same, most):
    """The box head's boxes of each class, without those that share much with a better one.

    boxes (R, 4), p (R, K + 1), t (R, 4 K) → boxes (D, 4), classes (D,), scores (D,).
    """
    found = []
    for k in range(1, p.shape[1]):
        own = clipped(decoded(t[:, 4 * k - 4 : 4 * k], boxes), image)
        wide = (own[:, 2:] - own[:, :2] >= NARROWEST).all(axis=1)
        sure = np.flatnonzero(wide & (p[:, k] >= least))
        kept = sure[suppressed(own[sure], p[sure, k], same)]
        found.append((own[kept], np.full(len(kept), k), p[kept, k]))
    boxes, classes, scores = map(np.concatenate, zip(*found, strict=True))
    best = np.argsort(-scores, kind="stable")[:most]
    return boxes[best], classes[best], scores[best]


def laid_back(masks, boxes, image: tuple[int, int]) -> np.ndarray:
    """Σ_ij A[y, i] m[i, j] B[x, j], 0 outside of the box: (D, m, m), (D, 4) → (D, H, W)."""
    A = _weights(boxes[:, 1], boxes[:, 3], image[0], masks.shape[1])    # (D, H, m)
    B = _weights(boxes[:, 0], boxes[:, 2], image[1], masks.shape[2])    # (D, W, m)
    return A @ masks @ B.swapaxes(1, 2)


def _weights(low, high, pixels: int, m: int) -> np.ndarray:
    """How much of each of m cells between two edges a pixel is: edges (D,) → (D, pixels, m)."""
    low, high = low[:, None], high[:, None]
    middle = np.arange(pixels) + 0.5
    at = (middle - low) / (high - low) * m - 0.5                        # (D, pixels), in cells
    inside = (middle >= low) & (middle <= high)
    tent = np.maximum(0, 1 - abs(at.clip(0, m - 1)[..., None] - np.arange(m)))
    return tent * inside[..., None]
