r"""Losses: how far the scores are from the labels, as one number.

Cross entropy starts from scores, not from probabilities: log-softmax and the logarithm's argument
never meet, so nothing overflows, and the gradient is as plain as p − target.

Read before: ops/activation.py.  Read next: optim.py.
"""

from minigrad.backend import array_module
from minigrad.tensor import op


@op
def cross_entropy(scores, labels, ignore_index=-100, label_smoothing=0.0):
    r"""L = − mean_n Σ_k t[n,k] · log p[n,k], p = softmax(scores)          ∂L/∂scores = (p − t) / n

    Args:
        scores: (N, K), or (N, K, H, W) for a label per pixel.
        labels: integers (N,) or (N, H, W).
        ignore_index: the label of examples that do not count.
        label_smoothing: ε; the target t is 1 − ε + ε/K for the label, ε/K for the others.

    Returns:
        One number, the mean over the examples that count.

    Raises:
        ValueError: shapes that do not fit together, a label that is no class, or nothing to count.
    """
    xp = array_module(scores)
    labels = xp.asarray(labels)
    counts = labels != ignore_index                     # (N, …)
    _check(scores, labels, counts)
    K, n = scores.shape[1], int(counts.sum())
    chosen = xp.expand_dims(xp.where(counts, labels, 0), 1)             # (N, 1, …)

    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - xp.log(xp.exp(shifted).sum(axis=1, keepdims=True))
    t = xp.full_like(log_p, label_smoothing / K)
    xp.put_along_axis(t, chosen, 1 - label_smoothing + label_smoothing / K, axis=1)
    t *= xp.expand_dims(counts, 1)

    def back(g):  # Σ_k t[n,k] is 1 where the example counts and 0 elsewhere
        return (xp.exp(log_p) * xp.expand_dims(counts, 1) - t) * (g / n)

    return -(t * log_p).sum() / n, back, None


@op
def mse(x, y):
    r"""L = mean (x − y)²          ∂L/∂x = 2 (x − y) / n, ∂L/∂y = −∂L/∂x

    Raises:
        ValueError: x and y have unlike shapes.
    """
    if x.shape != y.shape:
        raise ValueError(f"mse compares arrays of one shape, not {x.shape} with {y.shape}")
    d = x - y
    return (d * d).mean(), lambda g: d * (g * 2 / d.size), lambda g: d * (g * -2 / d.size)


def _check(scores, labels, counts):
    if labels.shape != (scores.shape[0], *scores.shape[2:]):
        raise ValueError(
            f"cross_entropy: scores {scores.shape} want labels of shape "
            f"{(scores.shape[0], *scores.shape[2:])}, got {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(f"cross_entropy: labels are class numbers, integers, not {labels.dtype}")
    if not counts.any():
        raise ValueError("cross_entropy: every label is ignore_index, so there is nothing to count")
    known = labels[counts]
    if known.min() < 0 or known.max() >= scores.shape[1]:
        raise ValueError(
            f"cross_entropy: labels lie in 0 … {scores.shape[1] - 1}, "
            f"got {int(known.min())} … {int(known.max())}"
        )
