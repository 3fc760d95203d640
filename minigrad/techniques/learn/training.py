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

import math
from typing import Any, NamedTuple

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import number
from minigrad.tensor import Tensor, grad

α = 0.9  # of an old statistic, how much stays


class Outcome(NamedTuple):
    """What came of one step: the loss before it, and the share of the batch that was right."""

    loss: float
    right: float


def step(net, params, pixels, labels, optimiser, lr, rng, label_smoothing=0.0, adversary=0.0):
    """Take one step of training; with an adversary a second one, on photos that it made harder.

    Args:
        net: a network.
        params: all its parameters by name, running statistics among them; they are not changed.
        pixels: (N, 3, H, W), RGB, 0–255.
        labels: (N,), class numbers.
        optimiser: one of optim.py.
        lr: how far to go, the learning rate.
        rng: the randomness of dropout.
        label_smoothing: see cross_entropy.
        adversary: how far it moves a photo, in grey levels (root mean square).

    Returns:
        (new params, Outcome).

    Raises:
        ValueError: the loss is infinite or NaN, as with too large a rate.
    """
    labels = array_module(pixels).asarray(labels)
    x = Tensor(pixels) if adversary else pixels
    params, shown, g = learn(net, params, x, labels, optimiser, lr, rng, label_smoothing)
    if adversary:
        harder = uphill(pixels, g, adversary)
        params, *_ = learn(net, params, harder, labels, optimiser, lr, rng, label_smoothing)
    outcome = Outcome(*map(float, to_numpy(shown)))  # once, as we wait for the GPU here
    if not math.isfinite(outcome.loss):
        raise ValueError(f"the loss has become {outcome.loss}: take a smaller lr than {lr:g}")
    return params, outcome


def learn(net, params, x, labels, optimiser, lr, rng, label_smoothing):
    """Move the weights against the gradient of the loss on x, (N, 3, H, W), an array or a Tensor.

    Returns:
        (new params, an array of the loss and the share that was right, on the device, ∂loss/∂x
        (N, 3, H, W), or None where x is an array).
    """
    weights = {name: Tensor(params[name]) for name in net.learned}
    acts = net(x, params=params | weights, training=rng)
    loss = ops.cross_entropy(acts.scores, labels, label_smoothing=label_smoothing)
    wrapped = weights | ({"x": x} if isinstance(x, Tensor) else {})
    gradients = dict(zip(wrapped, grad(loss, list(wrapped.values())), strict=True))
    stepped = optimiser.step({name: params[name] for name in weights}, gradients, lr)
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
    """Move the running statistics a little towards the batch's: r ← α r + (1 − α) r_batch."""
    return {
        name: α * params[name] + (1 - α) * of_batch
        for name, of_batch in statistics.items()
    }
