r"""Every map of this room in one table: its name, how it is made, its equation and its source.

    for way in MAPS:
        M = way.map(net, pixels, class_score(3))            # (N, H, W), more is more evidence

They ask the same question, "which pixels?", and answer in unlike units: a slope per grey level, a
share of the score, a mean of probabilities.  What they share is an order of the pixels, and that is
what believe.py compares.  A gradient has three numbers for each pixel: of one that is a slope the
largest |w| counts, of shares that add up to the score their sum.

Each is made with a setting that is fast enough to look at all of them (`Effort`), and from random
numbers that are the same each time.

Read before: every file that is imported here.  Read next: believe.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.rules import deconvnet, guided
from minigrad.techniques.look.controls import centred_gaussian, random_map
from minigrad.techniques.look.deeplift import deeplift
from minigrad.techniques.look.grad_cam import grad_cam, grad_cam_plus_plus, guided_grad_cam
from minigrad.techniques.look.gradient import (
    added_colours,
    input_times_gradient,
    over_colours,
    saliency,
)
from minigrad.techniques.look.integrated import integrated_gradients
from minigrad.techniques.look.occlusion import occlusion
from minigrad.techniques.look.relevance import Rule, relevance
from minigrad.techniques.look.rise import rise
from minigrad.techniques.look.score_cam import score_cam
from minigrad.techniques.look.smooth import smooth_gradient
from minigrad.techniques.objectives import class_probability


class Effort(NamedTuple):
    """How often the network is asked for one map.

    Attributes:
        samples: noisy photos of SmoothGrad.
        steps: of integrated gradients.
        windows: of occlusion in a row, each two of these steps wide.
        masks: of RISE.
        channels: of Score-CAM, those that fire most.
    """

    samples: int = 8
    steps: int = 12
    windows: int = 8
    masks: int = 96
    channels: int = 48

    def times(self, n: int) -> "Effort":
        """Ask n times as often; twice as many windows in a row and in a column are four times."""
        windows = round(self.windows * n**0.5)
        return Effort(n * self.samples, n * self.steps, windows, n * self.masks, n * self.channels)

    def __str__(self):
        return (f"SmoothGrad {self.samples} photos with noise, integrated gradients {self.steps} "
                f"steps, occlusion {self.windows} × {self.windows} windows, RISE {self.masks} "
                f"masks, Score-CAM {self.channels} channels")


USUAL = Effort()


@dataclass(frozen=True)
class Way:
    """One way to a map.

    Attributes:
        name: as its paper calls it.
        make: make(net, pixels, objective, effort, rng) → (N, H, W).
        equation: in Unicode; M is the map.
        source: author and year.
        control: it knows nothing of the network.
    """

    name: str
    make: Callable[..., Any]
    equation: str
    source: str
    control: bool = False

    def map(self, net, pixels, objective, *, effort: Effort = USUAL, seed: int = 0):
        """The map of this way: (N, 3, H, W) → (N, H, W); the same seed draws the same numbers."""
        return self.make(net, pixels, objective, effort, np.random.default_rng(seed))


# ── The ways that need more than their one call ─────────────────────────────────────────────────


def _smooth(part: str):
    """A part of SmoothGrad: "mean", "square" or "variance"."""

    def make(net, x, S, effort, rng):
        smooth = smooth_gradient(net, x, S, rng=rng, samples=effort.samples)
        return over_colours(getattr(smooth, part))

    return make


def _integrated(net, x, S, effort, rng):
    return added_colours(integrated_gradients(net, x, S, steps=effort.steps).map)


def _occlusion(net, x, S, effort, rng):
    stride = [-(-n // effort.windows) for n in x.shape[2:]]                 # ⌈n / windows⌉
    window = [min(2 * step, n) for step, n in zip(stride, x.shape[2:], strict=True)]
    return occlusion(net, x, S, window=window, stride=stride).drop


def _rise(net, x, S, effort, rng):
    asked = S if S.k is None else class_probability(S.k)
    M = rise(net, x, asked, rng=rng, masks=effort.masks)
    return M - M.mean(axis=(1, 2), keepdims=True)   # what a pixel adds to the others' probability


def _relevance(rules):
    return lambda net, x, S, effort, rng: added_colours(relevance(net, x, S, rules=rules).map)


def _alone(technique, **settings):
    """A technique that takes neither effort nor chance."""
    return lambda net, x, S, effort, rng: technique(net, x, S, **settings)


# ── The table ───────────────────────────────────────────────────────────────────────────────────

CONTROLS = (
    Way("random", lambda net, x, S, effort, rng: random_map(net, x, S, rng=rng),
        "M ~ U(0, 1)", "control", control=True),
    Way("centred Gaussian", _alone(centred_gaussian),
        "M = exp(−r² / 2σ²), σ = ¼ edge", "control", control=True),
)  # fmt: skip

MAPS = (
    Way("gradient", _alone(saliency),
        "M = max_c |∂S/∂x_c|", "Simonyan 2014"),
    Way("deconvnet", _alone(saliency, rules={ops.relu: deconvnet}),
        "max_c |∂S/∂x_c|,  relu: g · [g > 0]", "Zeiler and Fergus 2013"),
    Way("guided backpropagation", _alone(saliency, rules={ops.relu: guided}),
        "max_c |∂S/∂x_c|,  relu: g · [g > 0] · [x > 0]", "Springenberg 2015"),
    Way("input × gradient",
        lambda net, x, S, effort, rng: added_colours(input_times_gradient(net, x, S)),
        "Σ_c (x − x′)_c · ∂S/∂x_c,  x′ the mean colour", "Shrikumar 2016"),
    Way("SmoothGrad", _smooth("mean"),
        "max_c |1/n Σ_k w_k|,  w_k = ∂S/∂x at x + ε_k", "Smilkov 2017"),
    Way("SmoothGrad²", _smooth("square"),
        "max_c 1/n Σ_k w_k²", "Hooker 2019"),
    Way("VarGrad", _smooth("variance"),
        "max_c 1/n Σ_k (w_k − mean)²", "Adebayo 2018"),
    Way("integrated gradients", _integrated,
        "Σ_c (x − x′)_c · ∫ ∂S/∂x_c from x′ to x", "Sundararajan 2017"),
    Way("DeepLIFT", lambda net, x, S, effort, rng: added_colours(deeplift(net, x, S).map),
        "Σ_c (x − x′) · m,  relu: m = Δy / Δx", "Shrikumar 2017"),
    Way("LRP-ε", _relevance(Rule("epsilon")),
        "R_j = Σ_i x_j w_{ij} / (z_i ± ε) · R_i", "Bach 2015"),
    Way("LRP-γ", _relevance(Rule("gamma")),
        "R_j = Σ_i x_j (w_{ij} + γ w⁺_{ij}) / z_i(γ) · R_i", "Montavon 2019"),
    Way("LRP, composite", _relevance(None),
        "z^B at the pixels, then γ, ε, and γ on top", "Montavon 2019"),
    Way("Grad-CAM", _alone(grad_cam),
        "relu(Σ_k α_k A^k),  α_k = mean of ∂S/∂A^k", "Selvaraju 2017"),
    Way("Grad-CAM++", _alone(grad_cam_plus_plus),
        "relu(Σ_k w_k A^k),  w_k = Σ α · relu(∂S/∂A^k)", "Chattopadhay 2018"),
    Way("guided Grad-CAM",
        lambda net, x, S, effort, rng: over_colours(guided_grad_cam(net, x, S)),
        "max_c |guided · Grad-CAM|", "Selvaraju 2017"),
    Way("Score-CAM",
        lambda net, x, S, effort, rng: score_cam(net, x, S, channels=effort.channels),
        "relu(Σ_k α_k A^k),  α = softmax of S(x ∘ H_k)", "Wang 2020"),
    Way("occlusion", _occlusion,
        "mean of S(x) − S(x without q), q ∋ p", "Zeiler and Fergus 2013"),
    Way("RISE", _rise,
        "E[p(x ∘ m) | m = 1 there] − mean", "Petsiuk 2018"),
)  # fmt: skip


def ways(names=None) -> list[Way]:
    """The ways of these names in the order of the table, the controls first; all for none.

    Raises:
        ValueError: there is no such way.
    """
    every = {way.name: way for way in (*CONTROLS, *MAPS)}
    if unknown := [name for name in names or () if name not in every]:
        raise ValueError(f"there is no map {unknown[0]!r}: there are {', '.join(every)}")
    return [way for way in every.values() if way.control or not names or way.name in names]
