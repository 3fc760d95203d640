r"""Evaluation: how good has a network become, and may one believe its probabilities?

All is measured on photos that were not trained on:

    scores, labels = scores_of(net, batches)
    table          = confusion(scores.argmax(axis=1), labels, net.class_count)

Of the answers that a network gives with 70 % confidence, 70 % should be right.  After training,
fewer are: the network is too sure of itself.  One number, a temperature T, mends that without
changing any answer (Guo et al. 2017, section 4.2):

    p = softmax(scores / T)

T is chosen so that the cross entropy is least, and the last layer can be divided by it once and for
all (models/fold.py).

Read before: fine_tuning.py.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import to_device, to_numpy


def scores_of(net, batches: Iterable, params: Mapping[str, Any] | None = None):
    """Pass batch after batch, (pixels (N, 3, H, W), labels (N,)), and put together what is said.

    `params` go in place of the network's own.

    Returns:
        (scores (M, K), labels (M,)) of all photos, on the CPU.

    Raises:
        ValueError: there is no batch.
    """
    scores, labels = [], []
    for pixels, of_batch in batches:
        scores.append(to_numpy(net.scores(to_device(pixels, net.device), params=params)))
        labels.append(to_numpy(of_batch))
    if not scores:
        raise ValueError("there are no photos to evaluate the network on")
    return np.concatenate(scores), np.concatenate(labels)


def confusion(predicted, labels, classes: int) -> np.ndarray:
    """Count how often class j was said of a photo of class i: (N,), (N,) → (classes, classes).

    Raises:
        ValueError: not as many answers as labels, or one that is no class number.
    """
    labels = _class_numbers("labels", labels, classes)
    predicted = _class_numbers("predicted", predicted, classes)
    if labels.shape != predicted.shape:
        raise ValueError(f"{len(predicted)} answers do not fit {len(labels)} labels")
    pairs = np.bincount(labels * classes + predicted, minlength=classes**2)
    return pairs.reshape(classes, classes)


def class_accuracies(table: np.ndarray) -> np.ndarray:
    """What share of each class was right: a confusion (K, K) → (K,); NaN for one without photos."""
    photos = table.sum(axis=1)
    return np.where(photos > 0, table.diagonal() / np.maximum(photos, 1), np.nan)


def most_confused(table: np.ndarray, most: int = 10) -> list[tuple[int, int, int]]:
    """List the pairs that a confusion (K, K) counts most often: (i, said to be j, how often)."""
    wrong = table * (1 - np.eye(len(table), dtype=int))
    pairs = [np.unravel_index(n, table.shape) for n in np.argsort(-wrong, axis=None)[:most]]
    return [(int(i), int(j), int(wrong[i, j])) for i, j in pairs if wrong[i, j]]


# ── Are the probabilities right? ─────────────────────────────────────────────────────────────────


def calibration_error(scores, labels, bins: int = 15) -> float:
    r"""Σ_b (n_b / n) |accuracy_b − confidence_b|, b a bin of confidence  (Guo et al. 2017, eq. 3).

    scores (N, K), labels (N,) → 0 if of the answers given with 70 % confidence 70 % are right.

    Raises:
        ValueError: scores and labels do not fit, or are none, or a score is NaN or infinite.
    """
    scores, labels = _on_the_host(scores, labels)
    p = ops.softmax(scores)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, right - confidence, minlength=bins)      # n_b (acc_b − conf_b)
    return float(np.abs(gaps).sum() / len(labels))


def temperature(scores, labels) -> float:
    """T for which softmax(scores / T) has the least cross entropy: scores (N, K), labels (N,).

    As a function of log T the loss has one minimum; an interval around it is narrowed step by step
    (golden section search), from 0.1 … 10.

    Raises:
        ValueError: scores and labels do not fit, or are none, or a score is NaN or infinite.
    """
    scores, labels = _on_the_host(scores, labels)

    def loss(log_t):
        return float(ops.cross_entropy(scores / np.exp(log_t), labels))

    low, high, golden = np.log(0.1), np.log(10.0), (np.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


class Calibration(NamedTuple):
    """A temperature, and the calibration error before and after the scores are divided by it."""

    temperature: float
    before: float
    after: float


def calibration(scores, labels) -> Calibration:
    """Find the temperature, or 1 where none lowers the calibration error.

    Arguments and errors are those of `temperature`.
    """
    T = temperature(scores, labels)
    before, after = calibration_error(scores, labels), calibration_error(scores / T, labels)
    return Calibration(T, before, after) if after <= before else Calibration(1.0, before, before)


def _on_the_host(scores, labels):
    """Fetch scores (N, K) and labels (N,), N ≥ 1; forty small steps are no work for a GPU."""
    scores = to_numpy(scores)
    if scores.ndim != 2 or scores.shape[0] == 0 or not np.isfinite(scores).all():
        raise ValueError("scores are finite numbers (N, K), for one photo or more")
    labels = _class_numbers("labels", labels, scores.shape[1])
    if len(labels) != len(scores):
        raise ValueError(f"{len(labels)} labels do not fit the scores of {len(scores)} photos")
    return scores, labels


def _class_numbers(name: str, numbers, classes: int) -> np.ndarray:
    numbers = to_numpy(numbers)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise ValueError(f"{name} are whole numbers (N,), not {numbers.dtype} {numbers.shape}")
    if ((numbers < 0) | (numbers >= classes)).any():
        raise ValueError(f"{name} lie in 0 … {classes - 1}, got {numbers.min()} … {numbers.max()}")
    return numbers.astype(int)
