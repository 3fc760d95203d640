r"""A classifier so small that all it says can be drawn: points of the plane, two layers.

    points = spirals()                          x (N, 2) and their labels (N,)
    net    = learned(points)                    a second or two
    net.scores(x)                               S, (N, K)

    S = V h(x) + c          a score per class from H hidden units

    planes      h_i = max(0, w_i · x + b_i)         a relu: it grows for ever on half of the plane
    bumps       h_i = exp(−b_i² ‖x − w_i‖²)         a radial basis function: it says something near
                                                    its centre w_i and nothing elsewhere
                                                    (Broomhead and Lowe 1988)

The one line that differs decides what is said of points far away (regions.py).  `train` of
techniques/learn/training.py, which trains networks of photos, trains this one: a Classifier has all
that it asks of a network.

Read before: learn/training.py.  Read next: regions.py.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.activations import Activations
from minigrad.backend import array_module
from minigrad.checked import nearest, number, whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.learn.training import train

# ── Points ──────────────────────────────────────────────────────────────────────────────────────


class Points(NamedTuple):
    """Points x (N, 2) and their labels (N,), class numbers 0 … K − 1."""

    x: Any
    labels: Any


def spirals(classes: int = 3, each: int = 100, noise: float = 0.03, rng=None) -> Points:
    """Arms that wind about each other, from the middle to radius 1; `each` points of an arm."""
    classes, each = whole("classes", classes, at_least=2), whole("each", each, at_least=1)
    noise, rng = number("noise", noise, at_least=0), rng or np.random.default_rng(0)
    radius = np.linspace(0.15, 1, each)                                     # (each,)
    turns = 2 * math.pi * (np.arange(classes)[:, None] / classes + 0.6 * radius)
    x = np.stack([radius * np.cos(turns), radius * np.sin(turns)], axis=-1)  # (K, each, 2)
    x = x.reshape(-1, 2) + noise * rng.standard_normal((classes * each, 2))
    return Points(x, np.arange(classes).repeat(each))


def moons(each: int = 150, noise: float = 0.06, rng=None) -> Points:
    """Two half circles, each with one end inside of the other."""
    each, noise = whole("each", each, at_least=1), number("noise", noise, at_least=0)
    rng = rng or np.random.default_rng(0)
    turn = np.linspace(0, math.pi, each)
    upper = np.stack([np.cos(turn) - 0.5, np.sin(turn) - 0.25], axis=1)     # (each, 2)
    x = 0.65 * np.concatenate([upper, -upper]) + noise * rng.standard_normal((2 * each, 2))
    return Points(x, np.arange(2).repeat(each))


def blobs(classes: int = 4, each: int = 60, noise: float = 0.13, rng=None) -> Points:
    """Clouds on a circle of radius 0.65."""
    classes, each = whole("classes", classes, at_least=2), whole("each", each, at_least=1)
    noise, rng = number("noise", noise, at_least=0), rng or np.random.default_rng(0)
    turn = 2 * math.pi * (np.arange(classes).repeat(each) / classes + 0.1)  # (N,)
    x = 0.65 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return Points(x + noise * rng.standard_normal(x.shape), np.arange(classes).repeat(each))


DATA = {"spirals": spirals, "moons": moons, "blobs": blobs}


def with_nothing(points: Points, reach: float = 3.0, count: int = 600, rng=None) -> Points:
    """The points, and a class more: "nothing", drawn evenly in a square of half-edge `reach`.

    Nothing stands no nearer to a point than neighbours of other classes do.
    """
    reach, count = number("reach", reach, above=0), whole("count", count, at_least=1)
    rng, (x, labels) = rng or np.random.default_rng(0), points
    drawn = rng.uniform(-reach, reach, (count, 2))
    other = labels[:, None] != labels
    gap = np.sqrt(squared_distances(x, x)[other].min())
    drawn = drawn[squared_distances(drawn, x).min(axis=1) > gap**2]
    if not len(drawn):
        raise ValueError(f"within {reach:g} of the middle there is no room for nothing: take a "
                         "larger reach")
    nothing = np.full(len(drawn), labels.max() + 1)
    return Points(np.concatenate([x, drawn]), np.concatenate([labels, nothing]))


# ── The classifier ──────────────────────────────────────────────────────────────────────────────


def planes(x, w, b):
    """h_i = max(0, w_i · x + b_i): x (N, 2), w (H, 2), b (H,) → (N, H)."""
    return ops.relu(ops.linear(x, w, b))


def bumps(x, w, b):
    """h_i = exp(−b_i² ‖x − w_i‖²): x (N, 2), w (H, 2), b (H,) → (N, H)."""
    return ops.exp(-(b * b) * squared_distances(x, w))


def squared_distances(x, w):
    """‖x_n − w_i‖² = ‖x_n‖² − 2 x_n · w_i + ‖w_i‖²: x (N, 2), w (H, 2) → (N, H)."""
    of_x, of_w = (x * x).sum(axis=1, keepdims=True), (w * w).sum(axis=1)    # (N, 1), (H,)
    return of_x - 2 * ops.matmul(x, ops.transpose(w)) + of_w


HIDDEN = {"planes": planes, "bumps": bumps}


class Classifier:
    """S = V h(x) + c, as a network: activations by layer, parameters by name.

    Attributes:
        name: "planes" or "bumps", which its hidden units are.
        hidden: the function that they compute.
        params: "hidden/weight" w (H, 2), "hidden/bias" b (H,), "scores/weight" V (K, H) and
            "scores/bias" c (K,).
    """

    layers = dict.fromkeys(["hidden", "scores"])
    score_layer = "scores"

    def __init__(self, name: str, params: dict[str, Any]):
        if name not in HIDDEN:
            raise ValueError(f"there are no hidden units {name!r}; {nearest(name, HIDDEN)}")
        self.name, self.hidden = name, HIDDEN[name]
        self.params, self.learned = params, list(params)

    def __call__(self, x, params=None, training=None, only=None) -> Activations:
        """Pass points (N, 2) down; arguments as a network's (models/network.py)."""
        p = self.params | dict(params or {})
        h = self.hidden(x, p["hidden/weight"], p["hidden/bias"])                # (N, H)
        scores = ops.linear(h, p["scores/weight"], p["scores/bias"])            # (N, K)
        acts = {"hidden": h, "scores": scores}
        return Activations({name: acts[name] for name in only or acts}, self.score_layer)

    def scores(self, x):
        """S (N, K) of points (N, 2)."""
        return self(x).scores

    def batch_statistics(self, acts) -> dict:
        """Nothing: there is no batch norm."""
        return {}


def begin(name: str, points: Points, units: int = 100, rng=None) -> Classifier:
    """A classifier that has learned nothing: relus all about the middle, or bumps on some points.

    Raises:
        ValueError: there are no such units, or fewer points than bumps.
    """
    rng, (x, labels) = rng or np.random.default_rng(0), points
    units, K = whole("units", units, at_least=1), int(labels.max()) + 1
    if name == "bumps":
        if units > len(x):
            raise ValueError(f"{units} bumps each begin on a point, and there are {len(x)}")
        w, b = x[rng.choice(len(x), units, replace=False).tolist()], np.full(units, 4.0)
    else:
        w, b = 2 * rng.standard_normal((units, 2)), rng.uniform(-1, 1, units)
    V = rng.standard_normal((K, units)) / math.sqrt(units)
    params = {"hidden/weight": w, "hidden/bias": b, "scores/weight": V, "scores/bias": np.zeros(K)}
    xp = array_module(x)
    return Classifier(name, {n: xp.asarray(a, x.dtype) for n, a in params.items()})


def learned(
    points: Points, name: str = "planes", *, units: int = 100, steps: int = 800, rate: float = 0.02,
    rng=None, progress: Callable = iter,
) -> Classifier:  # fmt: skip
    """A classifier that has learned the labels of some points, all of them at every step.

    Args:
        points: x and labels.
        name: its hidden units, "planes" or "bumps".
        units: H, how many of them.
        steps: of Adam.
        rate: its rate, falling to zero along a cosine.
        rng: of the weights to begin with.
        progress: what the steps are wrapped in, as a bar.

    Raises:
        ValueError: a setting makes no sense, or the loss becomes infinite.
    """
    net, steps = begin(name, points, units, rng), whole("steps", steps, at_least=1)
    batches = (points for _ in range(steps))
    walk = train(net, batches, optimiser=Adam(weight_decay=0.01), lr=cosine(rate, steps))
    for trained in progress(walk):
        net.params = trained.params
    return net
