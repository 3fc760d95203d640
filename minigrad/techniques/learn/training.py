r"""Training: change the weights so that the network is wrong less often.

What is wrapped now are the weights, and the photos are plain arrays.  A step is

    acts    = net(pixels, params=weights, training=rng)     dropout on, batch norm by the batch
    loss    = cross_entropy(acts.scores, labels)
    g       = grad(loss, weights)
    weights ← the optimiser's step against g                optim.py

Batch norm also needs the mean and the variance of each channel for the time after training.  They
are not learned by a gradient: they are moving averages over the batches (Ioffe and Szegedy 2015,
section 3.1),

    r ← α r + (1 − α) r_batch

The same backward pass can go on to the pixels.  A small move there, in the direction in which the
loss rises, gives a photo that looks the same and is harder to tell (Goodfellow et al. 2015).  A
network that learns from such photos too has to look at what a person looks at, and its gradients at
the image become clearer pictures (Tsipras et al. 2019).  The gradient at the pixels costs little
once there are those at the weights.  So a batch may take two steps: one as it is, and one moved
uphill by the gradient that the first has left behind (in the manner of Shafahi et al. 2019).

Read before: optim.py and objectives.py.  Read next: recipe.py.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import number
from minigrad.optim import SGD
from minigrad.tensor import Tensor, grad

α = 0.9  # of an old statistic, how much stays


class Outcome(NamedTuple):
    """What came of one step: the loss before it, and the share of the batch that was right."""

    loss: float
    right: float


class Trained(NamedTuple):
    """Where training stands: steps done, the parameters by name, and what came of the last step."""

    step: int
    params: dict[str, Any]
    outcome: Outcome


def train(
    net,
    batches: Iterable,
    *,
    params: Mapping[str, Any] | None = None,
    optimiser=None,
    lr: float | Callable[[int], float] = 0.01,
    rng: np.random.Generator | Callable[[int], np.random.Generator] | None = None,
    begin: int = 0,
    by: Callable | None = None,
    **settings,
) -> Iterator[Trained]:
    """Take a step for each batch, and yield where training stands.

    A step that is broken off, as by Ctrl-C, was not taken: no array is ever changed, and the
    optimiser has its state back.

    Args:
        net: a network.
        batches: (pixels (N, 3, H, W), labels (N,), or (N, H, W) for a network that labels every
            pixel), as many as there are steps to take.
        params: to begin with, by default the network's; running statistics among them.
        optimiser: one of optim.py, by default SGD with momentum.
        lr: how far a step goes, or a function of the step's number (optim.cosine).
        rng: of dropout, or a function of the step's number that gives one: then a run that goes on
            at a later step is the run that was never stopped.
        begin: the number of the first step.
        by: takes the step, by default `step`, and is called like it (instances.py has another).
        settings: label_smoothing, adversary, rates, weight, void, loss and right, as for `step`.

    Raises:
        ValueError: the loss is infinite or NaN, as with too large a rate.
    """
    params = dict(net.params if params is None else params)
    optimiser, by = optimiser or SGD(momentum=0.9), by or step
    rng = np.random.default_rng(0) if rng is None else rng
    for i, (pixels, labels) in zip(itertools.count(begin), batches, strict=False):
        now = lr(i) if callable(lr) else lr, rng(i) if callable(rng) else rng
        before = dict(optimiser.state)
        try:
            params, outcome = by(net, params, pixels, labels, optimiser, *now, **settings)
        except BaseException:
            optimiser.state = before
            raise
        yield Trained(i + 1, params, outcome)


def step(
    net, params, pixels, labels, optimiser, lr, rng, label_smoothing=0.0, adversary=0.0, rates=None,
    weight=None, void=-100, loss=None, right=None,
):  # fmt: skip
    """Take one step of training; with an adversary a second one, on photos that it made harder.

    Args:
        net: a network.
        params: all its parameters by name, running statistics among them; they are not changed.
        pixels: (N, 3, H, W), RGB, 0–255.
        labels: (N,), class numbers, or (N, H, W), one for every pixel.
        optimiser: one of optim.py.
        lr: how far to go, the learning rate.
        rng: the randomness of dropout.
        label_smoothing: see cross_entropy.
        adversary: how far it moves a photo, in grey levels (root mean square).
        rates: the share of a step that a parameter takes, by name (fine_tuning.py); 0: it is not
            trained.
        weight: how much each class counts, (K,) (segmentation.py); None: all alike.
        void: the label of what counts for nothing.
        loss: (scores, labels) → a Tensor of one number; by default the cross entropy, which the
            four settings above are of.
        right: (scores, labels) → the share that was right, an array of one number; by default of
            the labels that have the highest score.

    Returns:
        (new params, Outcome).

    Raises:
        ValueError: the loss is infinite or NaN, as with too large a rate.
    """
    labels = array_module(pixels).asarray(labels)
    x = Tensor(pixels) if adversary else pixels
    loss = loss or partial(
        ops.cross_entropy, ignore_index=void, label_smoothing=label_smoothing,
        weight=weight if weight is None else array_module(pixels).asarray(weight),
    )
    right = right or partial(best_is_right, void=void)
    rest = labels, optimiser, lr, rng, rates or {}, loss, right
    params, shown, g = learn(net, params, x, *rest)
    if adversary:
        harder = uphill(pixels, g, adversary)
        params, *_ = learn(net, params, harder, *rest)
    return params, outcome_of(shown, lr)


def outcome_of(shown, lr) -> Outcome:
    """Read what a step has given, an array of the loss and the share that was right.

    Raises:
        ValueError: the loss is infinite or NaN.
    """
    outcome = Outcome(*map(float, to_numpy(shown)))  # once, as we wait for the GPU here
    if not math.isfinite(outcome.loss):
        raise ValueError(f"the loss has become {outcome.loss}: take a smaller lr than {lr:g}")
    return outcome


def learn(net, params, x, labels, optimiser, lr, rng, rates, loss, right):
    """Move the weights against the gradient of the loss on x, (N, 3, H, W), an array or a Tensor.

    A network that answers several times is asked each time (models/recurrent.py).

    Returns:
        (new params, an array of the loss and the share that was right, on the device, ∂loss/∂x
        (N, 3, H, W), or None where x is an array).
    """
    trained = [name for name in net.learned if rates.get(name, 1)]
    weights = {name: Tensor(params[name]) for name in trained}
    acts = net(x, params=params | weights, training=rng)
    answers = [acts[layer] for layer in getattr(net, "score_layers", [acts.score_layer])]
    losses = [loss(scores, labels) for scores in answers]
    L = losses[0] if len(losses) == 1 else sum(losses[1:], losses[0]) * (1 / len(losses))
    wrapped = weights | ({"x": x} if isinstance(x, Tensor) else {})
    gradients = dict(zip(wrapped, grad(L, list(wrapped.values())), strict=True))
    stepped = optimiser.step({name: params[name] for name in weights}, gradients, lr)
    # x ← x + r (x′ − x)
    stepped |= {n: params[n] + rates[n] * (stepped[n] - params[n]) for n in rates if n in stepped}
    followed = follow(params, net.batch_statistics(acts))
    share = array_module(L.data).asarray(right(acts.scores.data, labels), L.dtype)
    shown = array_module(share).stack([L.data, share])
    return params | stepped | followed, shown, gradients.get("x")


def best_is_right(scores, labels, void):
    """The share of labels (N, …) that have the highest of scores (N, K, …), without the void."""
    counted = labels != void
    return ((scores.argmax(axis=1) == labels) & counted).sum() / counted.sum()


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
    """Move the running statistics a little towards the batch's: r ← α r + (1 − α) r_batch."""
    return {
        name: α * params[name] + (1 - α) * of_batch
        for name, of_batch in statistics.items()
    }
