r"""Training: the gradient of the loss at the weights, and a step against it.

Here the weights are what is wrapped, and the image is a plain array; everything else is as before:

    acts  = net(pixels, params=wrapped, training=rng)       dropout on, batch norm by the batch
    loss  = cross_entropy(scores, labels)
    g     = grad(loss, weights)
    weights ← optimiser's step along g                      optim.py

Batch norm's running statistics are no weights: they follow the batches' own at a distance,
μ ← 0.9 μ + 0.1 μ_batch (Ioffe and Szegedy 2015, section 3.1), and are used when training is over.

The same backward pass can go on to the image.  A small step there, against the answer, makes a
photo that looks the same and is harder (Goodfellow et al. 2015); a network that learns such photos
too must look at shapes that a person sees, and its gradients at the image become pictures
(Tsipras et al. 2019).  A step knows all but the last layer of that gradient already, so the weights
are moved on the photos first and on the harder ones next (Shafahi et al. 2019).

After it a network's scores are usually too sure of themselves.  One number, a temperature T, cures
that without changing an answer: p = softmax(scores / T), T chosen where the loss on photos that
were not trained on is least (Guo et al. 2017, section 4.2).

Read before: optim.py and objectives.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import number
from minigrad.tensor import Tensor, grad

MOMENTUM = 0.9  # of the running statistics


class Progress(NamedTuple):
    """What one step showed: the loss before it, and the share of the batch that was right."""

    loss: float
    right: float


def step(
    net, params, pixels, labels, optimiser, lr, rng, label_smoothing=0.0, adversary=0.0, rates=None
):
    """Take one step of training; with an adversary, another one on photos that it made harder.

    Args:
        net: a network.
        params: all its parameters by name, running statistics among them; they are not changed.
        pixels: (N, 3, H, W), RGB, 0–255.
        labels: (N,), class numbers.
        optimiser: one of optim.py.
        lr: how far to go.
        rng: the randomness of dropout.
        label_smoothing: see cross_entropy.
        adversary: how far it moves a photo, in grey levels (root mean square).
        rates: the share of a step that a parameter takes, by name (fine_tuning.py); 0: it is not
            trained.

    Returns:
        (new params, Progress).
    """
    labels = array_module(pixels).asarray(labels)
    x = Tensor(pixels) if adversary else pixels
    rest = labels, optimiser, lr, rng, label_smoothing, rates or {}
    params, shown, g = learn(net, params, x, *rest)
    if adversary:
        harder = uphill(pixels, g, adversary)
        params, *_ = learn(net, params, harder, *rest)
    return params, Progress(*map(float, to_numpy(shown)))  # once, as we wait for the GPU here


def learn(net, params, x, labels, optimiser, lr, rng, label_smoothing, rates):
    """Move the weights against the gradient of the loss on x, (N, 3, H, W), an array or a Tensor.

    Returns:
        (new params, an array of the loss and the share that was right, on the device, ∂loss/∂x
        (N, 3, H, W), or None where x is an array).
    """
    trained = [name for name in net.learned if rates.get(name, 1)]
    weights = {name: Tensor(params[name]) for name in trained}
    acts = net(x, params=params | weights, training=rng)
    loss = ops.cross_entropy(acts.scores, labels, label_smoothing=label_smoothing)
    wrapped = weights | ({"x": x} if isinstance(x, Tensor) else {})
    gradients = dict(zip(wrapped, grad(loss, list(wrapped.values())), strict=True))
    stepped = optimiser.step({name: params[name] for name in weights}, gradients, lr)
    # x ← x + r (x′ − x)
    stepped |= {n: params[n] + rates[n] * (stepped[n] - params[n]) for n in rates if n in stepped}
    followed = follow(params, net.batch_statistics(acts))
    right = (acts.scores.data.argmax(axis=1) == labels).mean(dtype=loss.dtype)
    shown = array_module(right).stack([loss.data, right])
    return params | stepped | followed, shown, gradients.get("x")


def uphill(pixels, g, distance: float):
    """Move each photo to where its loss rises fastest, and keep it in the box [0, 255].

    pixels and g, ∂loss/∂pixels, (N, 3, H, W); ε, the distance, in grey levels (root mean square).
    Of all moves of one length, that along g gains most; with the length max |η| it would be
    ε sign(g) (Goodfellow et al. 2015, section 4).
    """
    distance = number("the distance uphill", distance, at_least=0)
    xp, each = array_module(g), {"axis": (1, 2, 3), "keepdims": True}
    largest = abs(g).max(**each)                                         # (N, 1, 1, 1)
    g = g / xp.where(largest > 0, largest, 1)  # in [−1, 1]: the square of 1e-30 would be 0
    # x + ε g / √(mean g²)
    rms = xp.sqrt((g**2).mean(**each))
    return xp.clip(pixels + distance * g / xp.where(largest > 0, rms, 1), 0, 255)


def follow(params, statistics: dict[str, Any]) -> dict[str, Any]:
    """Move running statistics a little towards the batch's: r ← 0.9 r + 0.1 r_batch."""
    return {
        name: MOMENTUM * params[name] + (1 - MOMENTUM) * of_batch
        for name, of_batch in statistics.items()
    }


def is_statistic(name: str) -> bool:
    """Tell batch norm's running statistics from what is trained."""
    return name.endswith(("/running_mean", "/running_var"))


# ── How good it has become ───────────────────────────────────────────────────────────────────────


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

    The loss has one minimum in log T, so an interval around it is narrowed (golden section).

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
