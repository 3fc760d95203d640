r"""Does the map depend on what the network has learned?  Take that away, and look again.

Replace the weights by random ones, layer by layer from the score down, each on top of those before
(Adebayo et al. 2018, "Sanity checks for saliency maps", section 3.1), and compare the map with the
original by Spearman's rank correlation,

    ρ = Σ_p (r_p − r̄)(r'_p − r̄) / √(Σ_p (r_p − r̄)² · Σ_p (r'_p − r̄)²)

r and r' being the ranks of the pixels in the two maps and r̄ their mean.  A network that has
forgotten everything cannot explain anything: where ρ stays near 1 the map shows the photo, and not
what the network knows.  That is guided backpropagation's fate above the randomised layer, and
edges are what it shows.  The converse does not hold: a map that falls apart may be wrong from the
start.

The new weights are drawn as for training that is about to start, N(0, 2 / fan_in) with biases of 0
(He et al. 2015, eq. 10), so that activations keep their size all the way up.

Read before: curves.py.  Read next: sensitivity.py.
"""

import copy
import math
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from minigrad.backend import array_module
from minigrad.techniques.look.gradient import saliency
from minigrad.techniques.look.masks import always_the_same
from minigrad.techniques.objectives import SCORES, Objective


def randomisation(
    net, pixels, objective: Objective, *, look: Callable = saliency,
    at: Collection[str] | None = None, original=None, rng=None,
) -> dict[str, Any]:  # fmt: skip
    """How much of a map is left when the layers from the score down to each one are random.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: what is asked for.
        look: makes the map, look(net, pixels, objective) → (N, H, W).  One that draws must draw
            the same each time, or its own noise counts as forgetting.
        at: the layers to stop at and look; by default every layer with weights.
        original: the map of the network as it is, where one has it already.
        rng: for the weights, a numpy Generator; None draws the same every time.

    Returns:
        {layer: ρ (N,)}, from the top down.

    Raises:
        ValueError: a layer to stop at has no weights, or lies above what is asked for.
    """
    original = look(net, pixels, objective) if original is None else original
    maps = forgetting(net, pixels, objective, look=look, at=at, rng=rng)
    return {layer: spearman(original, M) for layer, M in maps}


def forgetting(
    net, pixels, objective: Objective, *, look: Callable, at: Collection[str] | None, rng=None
) -> Iterator[tuple[str, Any]]:
    """Yield (layer, map) while the network forgets from the top down, at the layers to stop at.

    Arguments and errors are those of `randomisation`.
    """
    for layer, other in forgetful(net, objective, at, rng):
        yield layer, look(other, pixels, objective)


def forgetful(
    net, objective: Objective, at: Collection[str] | None = None, rng=None
) -> Iterator[tuple[str, Any]]:
    """Yield (layer, the network whose layers from the score down to this one are random).

    Arguments and errors are those of `randomisation`.
    """
    layers = weighted_layers(net, objective)
    at = layers if at is None else at
    if unknown := [layer for layer in at if layer not in layers]:
        raise ValueError(f"{unknown[0]!r} is no layer with weights below {objective.name}: there "
                         f"are {', '.join(layers)}")
    rng = always_the_same(rng)
    for layer in layers[: 1 + max(map(layers.index, at), default=-1)]:
        net = randomised(net, [layer], rng)
        if layer in at:
            yield layer, net


def randomised(net, layers: Collection[str], rng: np.random.Generator):
    """Return the network with new weights in some layers; the one that is given stays as it is."""
    other = copy.copy(net)
    other.params = dict(net.params)
    for name in net.learned:
        if name.rsplit("/", 1)[0] in layers:
            other.params[name] = new_weights(name, net.params[name], rng)
    return other


def new_weights(name: str, old, rng: np.random.Generator):
    """N(0, 2 / fan_in) for filters and matrices, 1 for batch norm's factors, 0 for a bias."""
    xp = array_module(old)
    if old.ndim == 1:
        return (xp.ones_like if name.endswith("/weight") else xp.zeros_like)(old)
    deviation = math.sqrt(2 / math.prod(old.shape[1:]))
    return xp.asarray(deviation * rng.standard_normal(old.shape), old.dtype)


def weighted_layers(net, objective: Objective) -> list[str]:
    """Name the layers with weights that an objective may depend on, from the top down."""
    order = list(net.layers)
    asked = [net.score_layer if layer == SCORES else layer for layer in objective.layers]
    deepest = max(map(order.index, asked))
    return [layer for layer in reversed(order[: deepest + 1]) if net.layers[layer].shapes]


def spearman(a, b):
    """ρ of each pair of maps: (N, H, W), (N, H, W) → (N,), from −1 to 1.

    A map that is the same everywhere has no ranks; it says nothing of the other: ρ = 0.
    """
    xp = array_module(a)
    r, s = (xp.stack([ranks(M) for M in maps]) for maps in (a, b))          # (N, H · W)
    r, s = (x - x.mean(axis=1, keepdims=True) for x in (r, s))
    both = xp.sqrt((r * r).sum(axis=1) * (s * s).sum(axis=1))
    return (r * s).sum(axis=1) / xp.where(both > 0, both, 1)


def ranks(M):
    """Rank each number, from 1 up; equal ones share the mean of theirs: (H, W) → (H · W,)."""
    xp = array_module(M)
    _, which, count = xp.unique(M.ravel(), return_inverse=True, return_counts=True)
    last = xp.cumsum(count)                     # the rank of the last of each group of equals
    return (last - (count - 1) / 2)[which]
