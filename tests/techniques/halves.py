"""A linear network of two classes, whose border is a plane: everything about it is known."""

import numpy as np

from minigrad import ops
from minigrad.activations import Activations


class Halves:
    """Scores (0, ⟨w, x⟩ + b): class 1 on one side of a plane, class 0 on the other."""

    name = "halves"
    mean_colour = np.array([120.0, 110.0, 100.0])
    layers = dict.fromkeys(["scores"])
    inputs = {"scores": ()}
    score_layer = "scores"

    def __init__(self, shape=(1, 28, 28), seed=42):
        self.w = np.random.default_rng(seed).normal(size=shape)
        self.b = 0.0

    def __call__(self, x, only=None):
        w = np.stack([0 * self.w.ravel(), self.w.ravel()])
        scores = ops.linear(ops.flatten(x), w, np.array([0, self.b]))
        return Activations({"scores": scores}, self.score_layer)

    def scores(self, x):
        return self(x).scores

    def distance(self, x):
        """How far each x is from the plane, (N,), on the side of class 1."""
        return (x.reshape(len(x), -1) @ self.w.ravel() + self.b) / np.linalg.norm(self.w)

    def beside(self, distance, seed=1):
        """A grey image that far on the side of class 1, (1, *shape), and the nearest point of 0."""
        noise = np.random.default_rng(seed).uniform(-20, 20, self.w.shape)
        x = 128 + noise[None]
        unit = self.w / np.linalg.norm(self.w)
        x = x + (distance - self.distance(x)) * unit
        return x, x - 1.0001 * distance * unit
