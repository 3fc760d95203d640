r"""From noise to a class by ascent: a picture of nothing that a network is sure of.

    for progress in fooling(net, target=[49, 51]):
        …                           # progress.pixels (2, 3, H, W), as far as they are

The image loop with nothing that would make a picture of it: from the mean colour and a little noise
along the gradient, with the one thing that Nguyen, Yosinski and Clune 2015 ("Deep neural networks
are easily fooled") leave in, a decay of 1 % towards the mean colour,

    u ← 0.99 · (u + rate · g / mean|g|),      u = x − mean colour

and it ends where the network is sure: at p ≥ 0.99, in whole grey levels, as a file has them.
make/excite.py is the same walk with every prior that makes the picture look like something, and it
does not end there; compare the two.

Read before: elites.py, which does without a gradient; make/loop.py.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import number
from minigrad.optim import SGD
from minigrad.techniques.fool.aims import class_numbers
from minigrad.techniques.fool.elites import SURE
from minigrad.techniques.fool.record import quantised
from minigrad.techniques.make.drawable import drawable_class
from minigrad.techniques.make.loop import Progress, generators, optimize
from minigrad.techniques.make.regularizers import decay
from minigrad.techniques.make.starts import noise
from minigrad.techniques.make.steps import ascend, by_mean
from minigrad.techniques.objectives import Objective, each

STEPS = 200  # at most
NOISE = 1.0  # grey levels: enough to let the pictures differ


def fooling(
    net, pixels=None, objective: Objective | None = None, *, target: Sequence[int],
    enough: float = SURE, steps: int = STEPS, rate: float = 3.0, shrink: float = 0.01,
    rules: Mapping | None = None, rng=None,
) -> Iterator[Progress]:  # fmt: skip
    """Ascend from noise until the network is sure of every picture.

    Args:
        net: a network.
        pixels: x₀, (N, 3, H, W), RGB, 0–255, one for each class, or None for noise of 1 grey level
            around the mean colour.
        objective: what to ask for; by default the score and the log-probability of each class,
            `drawable_class`.
        target: the class of each picture, (N,).
        enough: the probability at which a picture is ready, and rests.
        steps: at most so many.
        rate: grey levels that a step moves pixels by, on average.
        shrink: the share of u that decays at each step.
        rules: {op or Tensor: rule}, as `grad` takes them.
        rng: of the noise, a generator for each picture, or one that has such children; None: always
            the same.

    Yields:
        Progress after each step, until all are ready: pixels in whole grey levels, each picture as
        it was when it was ready, or as it is now; and the objective there.

    Raises:
        TypeError, ValueError: no class, another number of pictures, or see `optimize`.
    """
    classes = class_numbers(net, target, "target", net.class_count)
    enough = number("enough", enough, above=0, at_most=1)
    rate = number("the rate", rate, above=0)
    if pixels is None:
        drawn = [noise(net, net.input_size, 1, NOISE, r) for r in generators(rng, len(classes))]
        pixels = array_module(*drawn).concatenate(drawn)                    # (N, 3, H, W)
    elif len(pixels) != len(classes):
        raise ValueError(f"{len(classes)} targets do not fit {len(pixels)} images: one for each")
    objective = objective or each([drawable_class(net, k) for k in classes])
    walk = optimize(
        net, pixels, objective, step=ascend(SGD(), lambda step: rate, by_mean), steps=steps,
        corrections=[decay(shrink)], rules=rules, rng=rng,
    )
    return _until_sure(net, walk, quantised(pixels), objective, classes, enough)


def _until_sure(net, walk, held, objective, classes, enough) -> Iterator[Progress]:
    """Let each picture rest once it is ready, and end when all are."""
    ready = np.zeros(len(classes), bool)
    for now in walk:
        resting = array_module(held).asarray(ready).reshape(-1, 1, 1, 1)
        held = array_module(held).where(resting, held, quantised(now.pixels))
        p, value = looked_at(net, held, objective, classes)
        ready = ready | (p >= enough)
        yield Progress(now.step, held, value)
        if ready.all():
            return


def looked_at(net, pixels, objective: Objective, classes) -> tuple[np.ndarray, float]:
    """The probability of each picture's class, (N,), and the objective: from one pass."""
    acts = net(pixels, only=list({net.score_layer, *_layers(net, objective)}))
    p = to_numpy(ops.softmax(acts.scores))                                  # (N, K)
    return p[np.arange(len(classes)), classes], float(objective(acts))


def _layers(net, objective: Objective) -> list[str]:
    return [layer for layer in objective.layers if layer in net.layers]
