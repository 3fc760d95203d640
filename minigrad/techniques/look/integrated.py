r"""What each pixel adds on the way from nothing to the photo: integrated gradients.

A gradient is about one point, and where a score is saturated it is small for the very pixels that
made it so.  Walk in a straight line from a baseline x′ to the photo x, and add up what each pixel
contributes on the way (Sundararajan et al. 2017, eq. 1):

    A = (x − x′) · ∫₀¹ ∂S/∂x (x′ + α (x − x′)) dα ≈ (x − x′) · Σ_m v_m w_m,      w_m at α_m

These are shares of a sum that is known, whatever the network (their section 3, completeness):

    Σ A = S(x) − S(x′)

so every call says by how much it misses that, its residual: the error of the sum over m, and of
rounding.  A large one wants more steps.

The α are the midpoints of equal parts, or Gauss's and Legendre's nodes, which are exact for
polynomials up to degree 2 · steps − 1.  A score made of relus has kinks, and the two do about as
well.

Nothing is as good as its baseline: baselines.py.

Read before: smooth.py and baselines.py.  Read next: grad_cam.py.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module
from minigrad.checked import nearest, whole
from minigrad.techniques.baselines import baseline
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.objectives import Objective, activations


class Integrated(NamedTuple):
    """What each pixel adds, and how well it adds up."""

    map: Any       # A, (N, 3, H, W), in score, with either sign
    gain: Any      # S(x) − S(x′), (N,), the mean over the baselines
    residual: Any  # Σ A − gain, (N,)


def integrated_gradients(
    net, pixels, objective: Objective, *, rules=None, baselines="mean", steps: int = 32,
    rule: str = "midpoint", batch: int = 16,
) -> Integrated:  # fmt: skip
    r"""A = (x − x′) · Σ_m v_m ∂S/∂x at x′ + α_m (x − x′), the mean over the baselines.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        objective: S, the same for every image.
        rules: {op or Tensor: rule}, in place of their own gradients; then nothing need add up.
        baselines: x′, "mean", "black", "white", "blur", an array that broadcasts to the pixels, or
            a list of these.
        steps: how many α for each baseline.
        rule: "midpoint" or "gauss-legendre".
        batch: how many images go through the network at once.

    Returns:
        Integrated: the map, the gain in score that it explains, and the residual.

    Raises:
        TypeError, ValueError: no such baseline or rule, or no number of steps.
    """
    nodes = nodes_of(rule, whole("steps", steps, at_least=1))
    batch = min(steps, whole("batch", batch, at_least=1))
    room = array_module(pixels).empty((batch, *pixels.shape[1:]), pixels.dtype)
    value = _values(net, pixels, objective)
    parts = []
    for which in baselines if isinstance(baselines, list | tuple) else [baselines]:
        start = baseline(net, pixels, which)
        A = _shares(net, pixels, start, nodes, room, objective, rules)
        gain = value - _values(net, start, objective)
        parts.append(Integrated(A, gain, A.sum(axis=(1, 2, 3)) - gain))
    return averaged(parts)


def averaged(parts: Sequence[Integrated]) -> Integrated:
    """The mean over several baselines: shares, gain and residual alike.

    Raises:
        ValueError: there is none.
    """
    if not parts:
        raise ValueError("integrated gradients begin at a baseline, and the list of them is empty")
    return Integrated(*(sum(arrays) / len(parts) for arrays in zip(*parts, strict=True)))


def nodes_of(rule: str, steps: int):
    """α_m and v_m of ∫₀¹ f(α) dα ≈ Σ_m v_m f(α_m), two arrays (steps,).

    Raises:
        ValueError: there is no such rule.
    """
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r} to integrate by; {nearest(rule, RULES)}")
    return RULES[rule](steps)


def _midpoint(steps):
    # α_m = (m + ½) / M,  v_m = 1 / M
    return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)


def _gauss_legendre(steps):
    # the nodes of [−1, 1] on [0, 1]
    places, weights = np.polynomial.legendre.leggauss(steps)
    return (places + 1) / 2, weights / 2


RULES = {"midpoint": _midpoint, "gauss-legendre": _gauss_legendre}


def _shares(net, pixels, start, nodes, room, objective, rules):
    """A = (x − x′) · Σ_m v_m ∂S/∂x at x′ + α_m (x − x′), from one baseline; (N, 3, H, W).

    Args:
        net: a network.
        pixels: x, (N, 3, H, W).
        start: x′, likewise.
        nodes: α and v, two arrays (M,).
        room: for so many images at once, which are one photo's; written over.
        objective: S.
        rules: see `integrated_gradients`.
    """
    xp = array_module(pixels)
    A = xp.empty_like(pixels)
    for n, way in enumerate(pixels - start):                                    # x − x′, (3, H, W)
        mean = xp.zeros_like(way)
        for done in range(0, len(nodes[0]), len(room)):
            alpha, v = (xp.asarray(m[done : done + len(room)], way.dtype) for m in nodes)
            # x′ + α (x − x′)
            at = xp.multiply(alpha[:, None, None, None], way, out=room[: len(alpha)])
            at += start[n]                                                      # (steps, 3, H, W)
            mean += xp.tensordot(v, gradient(net, at, objective, rules=rules), axes=1)
        # (x − x′) · Σ_m v_m w_m
        A[n] = way * mean
    return A


def _values(net, pixels, objective):
    """S of each image, (N,)."""
    return objective.of_each(activations(net, pixels, objective))
