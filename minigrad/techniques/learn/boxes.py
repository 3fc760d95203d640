r"""Boxes: how much two share, how one is told from another, and which of many to keep.

A detector's boxes are rows x₀, y₀, x₁, y₁ in pixels, the first pixel reaching from 0 to 1, as
ops.roi_align takes them.  Two are compared by what they share, of all that they cover:

    IoU(a, b) = |a ∩ b| / |a ∪ b|

A network cannot say where a box is, for it sees a piece of the photo and not where that came from.
It says how a box that is known, an anchor or a proposal a, is to be moved and stretched (Girshick
et al. 2014, appendix C; Ren et al. 2015, equation 2):

    t = ((x − x_a) / w_a, (y − y_a) / h_a, log w / w_a, log h / h_a)       x, y the middles

each number divided by about what it is on average, so that all count alike (Girshick 2015, section
2.3).  A far-off answer costs as its distance, not as its square, so that a few do not rule:

    smooth L1(d) = ½ d² where |d| < 1, else |d| − ½                        (Girshick 2015, eq. 3)

And as a network finds an object by many boxes, only the best of those that share much is kept: the
others are suppressed.

Read before: composed.py, ops/roi.py.  Read next: anchors.py.
"""

import numpy as np

from minigrad.backend import Array, array_module, to_numpy
from minigrad.checked import number
from minigrad.tensor import op

SPREAD = np.array([0.1, 0.1, 0.2, 0.2])  # of t, about
LONGEST = 4.0                            # of a side, how many times its anchor's, as a logarithm


def checked(boxes, image=None, what: str = "box") -> np.ndarray:
    """Boxes (K, 4), on the CPU and in float64.

    Args:
        boxes: x₀, y₀, x₁, y₁ each.
        image: (H, W), within which all must lie; None: anywhere.
        what: they are called.

    Raises:
        ValueError: another shape, NaN, an empty box, or one that is not within the image.
    """
    boxes = np.asarray(to_numpy(boxes), np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"a {what} is x₀, y₀, x₁, y₁, so that K of them are (K, 4), not "
                         f"{boxes.shape}")
    good = np.isfinite(boxes).all(axis=1) & (boxes[:, :2] < boxes[:, 2:]).all(axis=1)
    for k in np.flatnonzero(~good)[:1]:
        raise ValueError(f"{what} {k}, {_told(boxes[k])}, is empty: x₀ < x₁ and y₀ < y₁ are "
                         "wanted, and finite numbers")
    if image:
        H, W = image
        inside = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= [W, H]).all(axis=1)
        for k in np.flatnonzero(~inside)[:1]:
            raise ValueError(f"{what} {k}, {_told(boxes[k])}, lies outside of the image of "
                             f"{H}×{W} pixels")
    return boxes


def box_iou(a, b) -> np.ndarray:
    r"""IoU[i, j] = |a_i ∩ b_j| / (|a_i| + |b_j| − |a_i ∩ b_j|): boxes (N, 4), (M, 4) → (N, M).

    Raises:
        ValueError: see `checked`.
    """
    a, b = checked(a), checked(b)
    low = np.maximum(a[:, None, :2], b[:, :2])                          # (N, M, 2)
    high = np.minimum(a[:, None, 2:], b[:, 2:])
    both = (high - low).clip(0).prod(axis=2)                            # (N, M)
    return both / (areas(a)[:, None] + areas(b) - both)


def _told(box) -> str:
    return ", ".join(f"{edge:g}" for edge in box.tolist())


def areas(boxes) -> np.ndarray:
    """In pixels: boxes (K, 4) → (K,)."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)


def encoded(boxes, anchors) -> np.ndarray:
    """t, which leads from anchors to boxes: (K, 4), (K, 4) → (K, 4)."""
    boxes, anchors = checked(boxes), checked(anchors)
    size, size_a = boxes[:, 2:] - boxes[:, :2], anchors[:, 2:] - anchors[:, :2]
    # (x − x_a) / w_a, log w / w_a; rows alike
    move = (boxes[:, :2] + size / 2 - anchors[:, :2] - size_a / 2) / size_a
    return np.concatenate([move, np.log(size / size_a)], axis=1) / SPREAD


def decoded(t, anchors) -> np.ndarray:
    """The boxes to which t leads from anchors, the inverse of `encoded`: (K, 4), (K, 4) → (K, 4).

    None becomes more than e⁴ times as wide or high, whatever the network says.
    """
    t, anchors = np.asarray(t, np.float64) * SPREAD, checked(anchors)
    size_a = anchors[:, 2:] - anchors[:, :2]
    # x = x_a + w_a t_x, w = w_a e^{t_w}; rows alike
    middle = anchors[:, :2] + size_a / 2 + size_a * t[:, :2]
    size = size_a * np.exp(t[:, 2:].clip(-LONGEST, LONGEST))
    return np.concatenate([middle - size / 2, middle + size / 2], axis=1)


def clipped(boxes, image: tuple[int, int]) -> np.ndarray:
    """What of boxes (K, 4) lies in the image (H, W); it may be nothing."""
    H, W = image
    return boxes.clip(0, [W, H, W, H])


@op
def smooth_l1(x: Array, y: Array):
    r"""L = Σ ½ d² where |d| < 1, else |d| − ½, of d = x − y       ∂L/∂x = clip(d, −1, 1) = −∂L/∂y

    Any shape, twice the same; → one number, a sum.
    """
    if x.shape != y.shape:
        raise ValueError(f"smooth_l1 compares arrays of one shape, not {x.shape} with {y.shape}")
    xp, d = array_module(x), x - y
    far = abs(d)
    total = xp.where(far < 1, d * d / 2, far - 0.5).sum()
    return total, lambda g: g * d.clip(-1, 1), lambda g: -g * d.clip(-1, 1)


def suppressed(boxes, scores, threshold: float = 0.5) -> np.ndarray:
    """Which boxes to keep: the best, then the best of those that share less with it, and so on.

    Args:
        boxes: (K, 4).
        scores: (K,), higher is better; of equal ones the first.
        threshold: the IoU above which the worse of two goes.

    Returns:
        Numbers of boxes, the best first.
    """
    threshold = number("threshold, an IoU,", threshold, at_least=0, at_most=1)
    boxes, scores = checked(boxes), to_numpy(scores)
    if scores.shape != boxes.shape[:1]:
        raise ValueError(f"{len(boxes)} boxes want as many scores, not {scores.shape}")
    order = np.argsort(-scores, kind="stable")
    same = box_iou(boxes[order], boxes[order]) > threshold              # (K, K)
    gone = np.zeros(len(order), bool)
    for i in range(len(order)):
        if not gone[i]:
            gone[i + 1 :] |= same[i, i + 1 :]
    return order[~gone]
