r"""An attack that survives being moved and rescaled: the gradient of a mean over transformations.

    x̃ = argmax_{‖x̃−x‖≤ε}  E_T[ J(T(x̃)) ]                Athalye, Engstrom, Ilyas and Kwok 2018, EOT

A perturbation that was made for these pixels is mostly gone when the picture is shifted by a few of
them, enlarged, or seen through noise.  So one asks for the loss not of x̃ but on average over what
may happen to it.  Each step of PGD takes the mean over a few draws of T; T is made of ops
(make/transforms.py), and ∂J/∂x leads back through it.

    survival        under which share of such T the answer is what was wanted

Read before: gradient_sign.py, make/transforms.py.  Read next: checks.py.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np

from minigrad import ops
from minigrad.backend import to_numpy
from minigrad.checked import whole
from minigrad.techniques.fool.aims import aim_at, cross_entropies
from minigrad.techniques.fool.gradient_sign import pgd
from minigrad.techniques.fool.record import Attacked, reached
from minigrad.techniques.make.loop import generators
from minigrad.techniques.make.transforms import grain, jitter, zoom
from minigrad.techniques.objectives import Objective
from minigrad.tensor import Tensor, data_of


def expectation_over_transformation(
    net, pixels, objective: Objective | None = None, *, target=None, epsilon: float = 8.0,
    transforms: Sequence[Callable] | None = None, draws: int = 2, steps: int = 20,
    rules: Mapping | None = None, rng: np.random.Generator | None = None, **settings,
) -> Attacked:  # fmt: skip
    """PGD on the mean loss over `draws` transformations at each step.

    Args and errors are those of `pgd`, and:
        objective: what one wants more of, in a batch of draws · N images.
        transforms: what may happen to the picture, in order; by default `handled(pixels)`.
        draws: so many of each are averaged at each step.
    """
    draws = whole("draws", draws, at_least=1)
    transforms = handled(pixels) if transforms is None else transforms
    aim = aim_at(net, pixels, objective, target)
    # E_T[J(T(x))], the mean over the draws
    J = 1 / draws * (objective or cross_entropies(np.tile(aim.label, draws), target))
    return pgd(net, pixels, J, target=target, epsilon=epsilon, steps=steps, rules=rules, rng=rng,
               transforms=[several(transforms, draws)], **settings)


def survival(
    net, record: Attacked, *, transforms: Sequence[Callable] | None = None, draws: int = 16,
    rng: np.random.Generator | None = None,
) -> np.ndarray:  # fmt: skip
    """Under which share of transformations the answer is still what was wanted.

    Args:
        net: the network.
        record: of an attack on it.
        transforms: as above.
        draws: of how many.
        rng: where they come from; None is the same every time.

    Returns:
        (N,), from 0 to 1.
    """
    x, rngs = Tensor(record.adversarial), generators(rng, len(record.pixels))
    transforms = handled(x) if transforms is None else transforms
    fooled = []
    for _ in range(whole("draws", draws, at_least=1)):
        shown = data_of(transformed(x, transforms, rngs))
        scores = to_numpy(net.scores(shown))                                    # (N, K)
        fooled.append(reached(record.scores_before, scores, record.target))
    return np.mean(fooled, axis=0)


def handled(pixels) -> list[Callable]:
    """What happens to a picture that passes through hands: moved by up to a sixteenth of its edge,
    10 % larger or smaller, and a little noise.
    """
    return [jitter(max(1, min(pixels.shape[2:]) // 16)), zoom(0.9, 1.1), grain(2.0)]


def several(transforms: Sequence[Callable], draws: int):
    """A transform that shows each image in `draws` ways: (N, 3, H, W) → (draws · N, 3, H, W)."""
    return lambda x, rngs: ops.concatenate(
        [transformed(x, transforms, rngs) for _ in range(draws)]
    )


def transformed(x, transforms: Sequence[Callable], rngs):
    """The images after all of them, in order."""
    return reduce(lambda x, T: T(x, rngs), transforms, x)
