r"""Segmentation: a class for every pixel, how sure, and how good that is.

A network with scores (N, K, H, W) is trained by the same step as any other (training.py), for the
cross entropy of a pixel is that of a photo.  Three things are new.

Classes are of very unlike size: a street fills a photo and a lamp post does not.  Each pixel counts
with a weight of its class, so that small ones are not forgotten:

    w_k = √(median / n_k)          n_k the pixels of class k, the median over the classes

(with the ratio itself it would be the median frequency balancing of Eigen and Fergus 2015; its
square root meets the unweighted loss half way).

The share of right pixels says little where the street fills the photo.  Of what is class k, or was
said to be, the share that both agree on is its intersection over union:

    IoU_k = right_k / (labelled k + said k − right_k),        mIoU, its mean over the classes

A pixel whose label is void is counted nowhere.

And one photo can be looked at several times, mirrored, turned and at other sizes; each answer is
turned back, and the mean of the probabilities is better than any of them.

Read before: evaluation.py.  Read next: composed.py.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_device, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.learn.evaluation import confusion


def class_weights(counts, most: float = 10.0) -> np.ndarray:
    r"""w_k = √(median / n_k): pixels of each class (K,) → (K,) float32, none above `most`.

    A class without pixels is not among those whose median it is, and has the weight 1, which
    nothing asks for.

    Raises:
        ValueError: no class has pixels.
    """
    n = to_numpy(counts).astype(float)
    there = n > 0
    if n.ndim != 1 or not there.any():
        raise ValueError("class_weights takes the number of pixels of each class, some above 0")
    w = np.sqrt(np.median(n[there]) / np.where(there, n, 1))
    return np.where(there, np.minimum(w, most), 1).astype(np.float32)


def class_ious(table: np.ndarray) -> np.ndarray:
    """Of the pixels that are class k, or were said to be, the share that both agree on: IoU_k.

    A confusion (K, K), how often class j was said of a pixel of class i → (K,).  NaN for a class
    that no pixel has, neither by its label nor by the network's word.
    """
    right = table.diagonal()
    union = table.sum(axis=0) + table.sum(axis=1) - right
    return np.where(union > 0, right / np.maximum(union, 1), np.nan)


def mean_iou(table: np.ndarray) -> float:
    """The mean IoU over the classes that there are: a confusion (K, K) → a share.

    Raises:
        ValueError: nothing was counted.
    """
    if not table.sum():
        raise ValueError("there is no pixel with a label to compare with")
    return float(np.nanmean(class_ious(table)))


def pixel_confusion(predicted, labels, classes: int, void: int | None = None) -> np.ndarray:
    """Count how often class j was said of a pixel of class i: (N, H, W) twice → (K, K).

    Raises:
        ValueError: not as many answers as labels, or one that is no class number.
    """
    predicted, labels = to_numpy(predicted), to_numpy(labels)
    if predicted.shape != labels.shape:
        raise ValueError(f"answers {predicted.shape} do not fit labels {labels.shape}")
    counted = labels != void if void is not None else np.ones(labels.shape, bool)
    return confusion(predicted[counted], labels[counted], classes)


def segmented(
    net, batches: Iterable, *, void: int | None = None, params=None, **looks
) -> np.ndarray:  # fmt: skip
    """Pass batches of (pixels (N, 3, H, W), labels (N, H, W)) and count: → a confusion (K, K).

    Args:
        net: a network with scores (N, K, H, W).
        batches: they may be of different sizes.
        void: the label that counts nowhere.
        params: in place of the network's own.
        looks: flips, turns and scales, as for `pixel_probabilities`.

    Raises:
        ValueError: there is no batch, or a label that is no class.
    """
    table = np.zeros((net.class_count, net.class_count), int)
    for pixels, labels in batches:
        p = pixel_probabilities(net, to_device(pixels, net.device), params=params, **looks)
        table += pixel_confusion(p.argmax(axis=1), labels, net.class_count, void)
    if not table.sum():
        raise ValueError("there are no labelled pixels to evaluate the network on")
    return table


def pixel_probabilities(
    net, pixels, *, flips: bool = False, turns: int = 1, scales: Sequence[float] = (1.0,),
    params=None,
):  # fmt: skip
    r"""p[n, k, i, j] = mean over the looks of T⁻¹ softmax(scores(T x)).

    T mirrors, turns by a quarter, or scales; as many passes are made as there are combinations.

    Args:
        net: a network with scores (N, K, H, W).
        pixels: (N, 3, H, W), RGB, 0–255.
        flips: look at the mirrored photo, too.
        turns: 1, 2 or 4: look at it turned by so many of 0, 180, 90 and 270 degrees.
        scales: of the sizes to look at.
        params: in place of the network's own.

    Returns:
        (N, K, H, W), on the network's device; over k they sum to 1.

    Raises:
        ValueError: the network has no scores for every pixel, or there are no such turns or scales.
    """
    if whole("turns", turns, at_least=1) not in (1, 2, 4):
        raise ValueError(f"turns is {turns}: give 1, 2 or 4 quarters of a turn")
    scales = [number("a scale", s, above=0) for s in scales]
    if not scales:
        raise ValueError("scales is empty: give one at least, as (1.0,)")
    total, looks = 0, 0
    for scale in scales:
        for quarter in (0, 2, 1, 3)[:turns]:
            for mirrored in (False, True)[: 1 + flips]:
                total = total + _look(net, pixels, scale, quarter, mirrored, params)
                looks += 1
    return total / looks


def _look(net, pixels, scale: float, quarter: int, mirrored: bool, params):
    """Look once, and turn the answer back: pixels (N, 3, H, W) → probabilities (N, K, H, W)."""
    xp, image = array_module(pixels), pixels.shape[2:]
    x = pixels if scale == 1 else ops.upsample_bilinear(
        pixels, [max(1, round(scale * n)) for n in image]
    )
    x = xp.rot90(x, quarter, axes=(2, 3))
    x = xp.ascontiguousarray(x[..., ::-1] if mirrored else x)
    scores = net.scores(x, params=params)
    if scores.ndim != 4:
        raise ValueError(f"{net.name} says what is in a photo, not where: a segmenter is wanted, "
                         "as unet")
    p = ops.softmax(scores, axis=1)
    p = p[..., ::-1] if mirrored else p
    p = xp.rot90(p, -quarter, axes=(2, 3))
    return p if p.shape[2:] == image else ops.upsample_bilinear(xp.ascontiguousarray(p), image)


def uncertainty(p) -> Any:
    r"""H[n, i, j] = − Σ_k p log p / log K: (N, K, H, W) → (N, H, W), 0 sure, 1 no idea."""
    xp, K = array_module(p), p.shape[1]
    return -(p * xp.log(xp.maximum(p, 1e-12))).sum(axis=1) / float(np.log(K))
