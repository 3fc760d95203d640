r"""The fast gradient sign, and its iterations: one step or many up the loss, in a small ball.

    FGSM    x̃ = clip(x + argmax_{‖η‖≤ε} ⟨η, ∇ₓJ⟩)           Goodfellow, Shlens and Szegedy 2015
                 = clip(x + ε sign ∇ₓJ)  for ‖·‖∞
    BIM     x ← clip_{x₀±ε}(x + α sign ∇ₓJ)                  Kurakin, Goodfellow and Bengio 2017
    PGD     the same from a random start in the ball         Madry et al. 2018
    momentum    v ← μ v + ∇ₓJ / ‖∇ₓJ‖₁, a step along v        Dong et al. 2018, algorithm 1

All are the one image loop of make/loop.py with a photo as the start, the loss as the objective and
a ball around the photo as its box.

Where others differ.  torchattacks counts pixels and ε from 0 to 1, foolbox within bounds that it is
told; both walk away from a label that the caller gives, here it is the network's own answer.
torchattacks takes 10 steps of 2/255 for BIM and PGD, whatever ε is; foolbox's PGD takes 40 of ε/30,
which from a random start cannot cross the ball, and on MiniVGG ends at a lower loss than 40 of
ε/10.  In L1 foolbox steps along g / ‖g‖₁, which gains less than one pixel does, and goes back to
the ball by shrinking, which is not the nearest point.  In L∞ and L2 all is the same
(tests/peers/test_fool_peer.py).

Read before: record.py, make/loop.py.  Read next: climb.py, expectation.py, checks.py.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np

from minigrad.checked import number, whole
from minigrad.optim import SGD
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.fool.aims import aim_at
from minigrad.techniques.fool.balls import (
    PIXELS,
    anywhere,
    checked_norm,
    into_ball,
    steepest_within,
)
from minigrad.techniques.fool.record import Attacked, attacked, better_of
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.loop import generators, optimize
from minigrad.techniques.make.steps import uphill
from minigrad.techniques.objectives import Objective


def fgsm(
    net, pixels, objective: Objective | None = None, *, target=None, epsilon: float = 4.0,
    norm: str = "linf", rules: Mapping | None = None,
) -> Attacked:
    r"""One step: x̃ = clip(x + argmax_{‖η‖≤ε} ⟨η, ∇ₓJ⟩).

    Success does not only grow with ε: the gradient at the photo says little of what is far off.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: J, what one wants more of; by default −log p of the network's own answer, or
            log p of the target.
        target: the class that each shall become, a number for all or (N,).
        epsilon: ε, in grey levels of the norm.
        norm: "linf", "l2" or "l1" (balls.py).
        rules: {op or Tensor: rule}, in place of some ops' gradients.

    Returns:
        the record; `success` says of which photos the answer changed.

    Raises:
        ValueError: ε is negative, the pixels are no photos, or a target is what is said already.
    """
    epsilon = number("ε", epsilon, at_least=0)
    aim = aim_at(net, pixels, objective, target)
    g = gradient(net, pixels, aim.objective, rules=rules)
    # x̃ = clip(x + argmax ⟨η, g⟩)
    adversarial = (pixels + steepest_within(g, pixels, epsilon, norm)).clip(0, 255)
    return attacked(net, pixels, adversarial, aim)


def bim(
    net, pixels, objective: Objective | None = None, *, target=None, epsilon: float = 4.0,
    alpha: float = 1.0, steps: int | None = None, rules: Mapping | None = None,
) -> Attacked:
    r"""The basic iterative method: x ← clip_{x₀±ε}(x + α sign ∇ₓJ).

    Args and errors are those of `fgsm`, and:
        alpha: α, grey levels by step.
        steps: by default min(ε + 4, 1.25 ε), as the paper's, enough to reach the ball's edge.
    """
    epsilon = number("ε", epsilon, at_least=0)
    steps = max(1, int(min(epsilon + 4, 1.25 * epsilon))) if steps is None else steps
    return pgd(net, pixels, objective, target=target, epsilon=epsilon, alpha=alpha, steps=steps,
               random_start=False, rules=rules)


def least_likely(net, pixels, *, epsilon: float = 4.0, **settings) -> Attacked:
    """BIM towards the class that the network thinks least of; settings as for `bim`."""
    target = aim_at(net, pixels, None, None).scores.argmin(axis=1)
    return bim(net, pixels, target=target, epsilon=epsilon, **settings)


def momentum_attack(
    net, pixels, objective: Objective | None = None, *, momentum: float = 1.0, steps: int = 10,
    epsilon: float = 4.0, **settings,
) -> Attacked:
    """Dong et al.'s iterations with momentum, from the photo itself; the others as for `pgd`.

    What several gradients agree on leads out of more networks than one.
    """
    alpha = number("ε", epsilon, at_least=0) / whole("steps", steps, at_least=1)
    return pgd(net, pixels, objective, momentum=momentum, steps=steps, epsilon=epsilon,
               alpha=alpha, random_start=False, **settings)


def pgd(
    net, pixels, objective: Objective | None = None, *, target=None, epsilon: float = 4.0,
    norm: str = "linf", steps: int = 40, alpha: float | None = None, momentum: float = 0.0,
    restarts: int = 1, random_start: bool = True, transforms: Sequence[Callable] = (),
    rules: Mapping | None = None, rng: np.random.Generator | None = None,
) -> Attacked:
    r"""Projected gradient ascent on the loss, from a random point of the ball ‖x − x₀‖ ≤ ε.

    Args and errors are those of `fgsm`, and:
        steps: how many.
        alpha: α, the length of a step; by default ε/10, which reaches the far side of the ball.
        momentum: μ.
        restarts: so many random starts; for each photo the best is kept.
        random_start: begin anywhere in the ball, not at the photo.
        transforms: what the network is shown in place of x: jitter(4), zoom(0.9, 1.1)
            (make/transforms.py).
        rng: the randomness of starts and transforms; None is the same every time.
    """
    epsilon, steps = number("ε", epsilon, at_least=0), whole("steps", steps, at_least=1)
    restarts = whole("restarts", restarts, at_least=1)
    alpha = epsilon / 10 if alpha is None else number("α", alpha, at_least=0)
    aim, rngs = aim_at(net, pixels, objective, target), generators(rng, len(pixels))
    within = ball(net, pixels, epsilon, norm)
    tried = []
    for _ in range(restarts):
        start = pixels + anywhere(pixels, epsilon, norm, rngs) if random_start else pixels
        walk = optimize(
            net, start, aim.objective, step=uphill(SGD(momentum), along(alpha, norm)), steps=steps,
            transforms=transforms, rules=rules, rng=rngs, **within,
        )
        *_, last = walk
        tried.append(attacked(net, pixels, last.pixels, aim))
    return reduce(better_of, tried)


def along(alpha: float, norm: str):
    """A move of the loop's: the steepest step of length α, along the momentum's mean gradient."""

    def move(step, task, x, g, i):
        size = abs(g).mean(axis=PIXELS, keepdims=True)
        g = g / (size + (size == 0))
        # v ← μ v + g
        v = step({"pixels": 0 * x}, {"pixels": -g}, 1)["pixels"]
        return x + steepest_within(v, x, alpha, norm)

    return move


def ball(net, pixels, epsilon: float, norm: str) -> dict:
    """What keeps the loop in ‖x − x₀‖ ≤ ε: the box of ‖·‖∞, which holds the other balls as well,
    and for these a correction after each step.
    """
    box = (pixels - epsilon).clip(0, 255), (pixels + epsilon).clip(0, 255)
    if checked_norm(norm) == "linf":
        return {"box": box}
    u0 = pixels - mean_colour(net, pixels)

    def back(u, of_objective, step):
        return u0 + into_ball(u - u0, epsilon, norm)

    return {"box": box, "corrections": [back]}
