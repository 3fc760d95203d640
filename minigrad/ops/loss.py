r"""Losses: how far the scores are from the labels, as one number.

Cross entropy starts from scores, not from probabilities: log-softmax and the logarithm's argument
never meet, so nothing overflows, and the gradient is as plain as p − target.

Read before: ops/activation.py.  Read next: minigrad/rules.py.
"""

import math

import numpy as np

from minigrad.backend import Array, array_module, is_array, to_numpy
from minigrad.ops.activation import log_softmax, sigmoid
from minigrad.tensor import op


@op
def cross_entropy(
    scores: Array, labels, ignore_index=-100, label_smoothing=0.0, weight: Array | None = None
):
    r"""L = Σ_n w[label_n] · l_n / Σ_n w[label_n], the weighted mean of

    l_n = − (1 − ε) · log p[n,label] − ε/K · Σ_k w_k / w[label] · log p[n,k],  p = softmax(scores)

    ∂L/∂scores = (p − t) / n          without weights, t = 1 − ε + ε/K for the label, ε/K elsewhere

    Args:
        scores: (N, K), or (N, K, H, W) for a label per pixel.
        labels: integers (N,) or (N, H, W).
        ignore_index: the label of examples that do not count.
        label_smoothing: ε, from 0 to 1.
        weight: w (K,), how much each class counts; None: all alike.

    Returns:
        One number, the mean over the examples that count.

    Raises:
        ValueError: shapes that do not fit together, a label that is no class, nothing to count, or
            an ε that is no share.
    """
    xp = array_module(scores)
    labels = labels if is_array(labels) else np.asarray(labels)
    _check(scores, labels, label_smoothing, weight, ignore_index)
    labels = xp.asarray(labels)
    counts = labels != ignore_index                     # (N, …)
    K, ε = scores.shape[1], label_smoothing
    chosen = xp.expand_dims(xp.where(counts, labels, 0), 1)             # (N, 1, …)
    w = xp.ones(K, scores.dtype) if weight is None else weight
    of_label = xp.where(counts, w[chosen[:, 0]], 0)     # (N, …), 0 for what does not count
    total = of_label.sum()
    per_class = w.reshape(1, K, *[1] * (scores.ndim - 2))               # (1, K, …)
    counted = xp.expand_dims(counts, 1)

    log_p = log_softmax(scores, axis=1)
    said = xp.take_along_axis(log_p, chosen, 1)[:, 0]                   # (N, …)
    loss = (1 - ε) * xp.where(counts, of_label * said, 0).sum()
    if ε:  # else 0 · −∞, where a class is ruled out
        loss = loss + ε / K * xp.where(counted, per_class * log_p, 0).sum()

    def back(g):  # t: the weight that log p[n,k] has in the loss
        t = xp.broadcast_to(ε / K * per_class, scores.shape) * counted
        at_label = xp.take_along_axis(t, chosen, 1) + xp.expand_dims((1 - ε) * of_label, 1)
        xp.put_along_axis(t, chosen, at_label, 1)
        return softmax_minus_target(xp.where(counted, log_p, -math.inf), t) * (g / total)

    return -loss / total, back, None


def softmax_minus_target(log_p, t):
    r"""∂/∂scores of − Σ_k t_k · log p_k, p = softmax(scores):     p_k · Σ_j t_j − t_k

    Where t is 1 at the label and 0 elsewhere that is p − t: what the network says, minus the truth.

    Args:
        log_p: (N, K, …), log p, −∞ where p is 0.
        t: (N, K, …), the target: how much each log p counts.

    Returns:
        (N, K, …).
    """
    p = array_module(log_p).exp(log_p)
    return p * t.sum(axis=1, keepdims=True) - t


@op
def binary_cross_entropy(scores: Array, targets: Array):
    r"""L = − mean [ t · log σ(s) + (1 − t) · log(1 − σ(s)) ]          ∂L/∂s = (σ(s) − t) / n

    Computed as max(s, 0) − s · t + log(1 + e^{−|s|}), which overflows for no score: PyTorch's
    binary_cross_entropy_with_logits.

    Args:
        scores: s, before the sigmoid, of any shape.
        targets: t, of the same shape, 0 to 1.

    Raises:
        ValueError: scores and targets have unlike shapes, or nothing in them.
    """
    _check_pair("binary_cross_entropy", scores, targets)
    xp, n = array_module(scores), scores.size
    each = xp.maximum(scores, 0) - scores * targets + xp.log1p(xp.exp(-xp.abs(scores)))
    return (
        each.sum() / n,
        lambda g: (sigmoid(scores) - targets) * (g / n),
        lambda g: scores * (-g / n),
    )


@op
def mse(x: Array, y: Array):
    r"""L = mean (x − y)²          ∂L/∂x = 2 (x − y) / n, ∂L/∂y = −∂L/∂x

    Raises:
        ValueError: x and y have unlike shapes, or nothing in them.
    """
    _check_pair("mse", x, y)
    d = x - y
    return (d * d).mean(), lambda g: d * (g * 2 / d.size), lambda g: d * (g * -2 / d.size)


def _check_pair(name, x, y):
    if x.shape != y.shape or not x.size:
        raise ValueError(f"{name} compares arrays of one shape, not {x.shape} with {y.shape}")


def _check(scores, labels, ε, weight, ignore_index):
    K, wanted = scores.shape[1:2], (*scores.shape[:1], *scores.shape[2:])
    if not K or labels.shape != wanted:
        raise ValueError(
            f"cross_entropy: scores {scores.shape}, to be (N, K, …), want labels of shape "
            f"{wanted if K else '(N, …)'}, got {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(f"cross_entropy: labels are class numbers, integers, not {labels.dtype}")
    if weight is not None and weight.shape != K:
        raise ValueError(f"cross_entropy: weight has shape {weight.shape}, not {K}")
    if not isinstance(ignore_index, int):
        raise TypeError(f"cross_entropy: ignore_index is a label, an integer, not {ignore_index!r}")
    if not 0 <= ε <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is a share from 0 to 1, not {ε}")
    if not labels.size:
        raise ValueError(f"cross_entropy: scores {scores.shape} hold no example to count")
    xp, counts = array_module(labels), labels != ignore_index
    known = xp.where(counts, labels, 0)
    low, high, some = to_numpy(xp.stack([known.min(), known.max(), counts.any()]))  # asked once
    if not some:
        raise ValueError("cross_entropy: every label is ignore_index, so there is nothing to count")
    if low < 0 or high >= K[0]:
        raise ValueError(f"cross_entropy: labels lie in 0 … {K[0] - 1}, got {low} … {high}")
