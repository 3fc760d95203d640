"""A network small enough to check by hand: conv, relu, pool, conv, relu, a score per channel."""

import numpy as np

from minigrad import ops
from minigrad.activations import Activations


def generators(seed, images):
    """A random generator for each image."""
    return np.random.default_rng(seed).spawn(images)


class SmallNet:
    """What a technique may ask of a network: `layers`, and activations by name."""

    name = "small"
    mean_colour = np.array([120.0, 110.0, 100.0])
    layers = dict.fromkeys(["conv1", "relu1", "pool1", "conv2", "relu2", "scores"])
    score_layer = "scores"

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.w1 = rng.normal(size=(4, 3, 3, 3))
        self.w2 = rng.normal(size=(5, 4, 3, 3))
        self.computed = []

    def __call__(self, x, only=None):
        steps = {
            "conv1": lambda a: ops.conv2d(a, self.w1, padding=1),
            "relu1": ops.relu,
            "pool1": lambda a: ops.max_pool2d(a, 2),
            "conv2": lambda a: ops.conv2d(a, self.w2, padding=1),
            "relu2": ops.relu,
            "scores": lambda a: ops.mean(a, axis=(2, 3)),
        }
        acts, a = {}, x
        for name, step in steps.items():
            a = acts[name] = step(a)
            self.computed.append(name)
            if only and set(only) <= set(acts):
                break
        kept = {name: a for name, a in acts.items() if not only or name in only}
        return Activations(kept, self.score_layer)


class LinearNet:
    """Scores linear in the pixels, S_k = ⟨w_k, x⟩ + b_k: the gradient is w_k for every photo."""

    name = "linear"
    mean_colour = np.array([120.0, 110.0, 100.0])
    layers = dict.fromkeys(["scores"])
    score_layer = "scores"

    def __init__(self, edge=6, seed=0):
        rng = np.random.default_rng(seed)
        self.w, self.b = rng.normal(size=(5, 3, edge, edge)), rng.normal(size=5)

    def __call__(self, x, only=None):
        w = self.w.astype(x.dtype).reshape(5, -1)
        scores = ops.linear(ops.flatten(x), w, self.b.astype(x.dtype))
        return Activations({"scores": scores}, self.score_layer)
