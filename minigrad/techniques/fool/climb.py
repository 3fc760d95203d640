r"""Gradient ascent on the loss: the shortest program that fools a network, step by step.

    x ← x + lr · ∂J/∂x,      J = − log p_y,  y the network's own answer      (Fleuret, lecture 9.4)

No ball and no sign, SGD alone, 15 steps of it; at each one asks what the network says now.  The
steps are short as long as it is sure of y, for ∂J/∂x has the factor 1 − p_y, and grow as it doubts.
Where they stay too short, J = margin(y) (aims.py) has no such factor.

Fleuret's lr is 0.1, and his pixels are normalised, z = (x − mean) / σ with σ ≈ 57 grey levels.  A
step of z by 0.1 · ∂J/∂z moves x by σ times as much, and ∂J/∂z = σ · ∂J/∂x.  So it is the same walk
in grey levels with

    lr = 0.1 · σ² ≈ 330

Read before: gradient_sign.py.  Read next: expectation.py.
"""

from collections.abc import Callable, Iterator, Mapping

from minigrad.checked import number
from minigrad.optim import SGD, constant
from minigrad.techniques.fool.aims import aim_at
from minigrad.techniques.fool.record import Attacked, attacked
from minigrad.techniques.make.loop import Progress, optimize
from minigrad.techniques.make.steps import ascend
from minigrad.techniques.objectives import Objective

RATE = 330.0  # 0.1 · σ², grey levels² for each unit of J


def climb(
    net, pixels, objective: Objective | None = None, *, target=None, steps: int = 15,
    rate: float = RATE, rules: Mapping | None = None,
) -> Iterator[Progress]:  # fmt: skip
    """Take the photo up the loss, and show it after every step.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: J; by default −log p of the network's own answer, or log p of the target.
        target: the class that each shall become, a number for all or (N,).
        steps: how many.
        rate: lr.
        rules: {op or Tensor: rule}, in place of some ops' gradients.

    Raises:
        ValueError: the pixels are no photos, a target is what is said already, or a setting makes
            no sense.
    """
    aim = aim_at(net, pixels, objective, target)
    rate = constant(number("the rate", rate, above=0))
    return optimize(net, pixels, aim.objective, step=ascend(SGD(), rate), steps=steps, rules=rules)


def climbed(
    net, pixels, objective: Objective | None = None, *, target=None,
    watch: Callable[[Progress], None] = lambda progress: None, **settings,
) -> Attacked:  # fmt: skip
    """Climb to the end: the record.  `watch` is shown every step; settings as for `climb`."""
    for progress in climb(net, pixels, objective, target=target, **settings):
        watch(progress)
    return attacked(net, pixels, progress.pixels, aim_at(net, pixels, objective, target))
