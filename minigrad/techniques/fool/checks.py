r"""What an attack must be held against: chance, bytes, another network, a gradient of zero.

    random_control      does a random move of the same length do the same?
    as_bytes            is it still there when the picture is written as whole grey levels?
    transfer            is another network, which nobody asked, fooled by it as well?
    gradient_vanishes   did it fail because there was no gradient to follow?

A network that stays right under an attack is robust only if there was an attack: where the gradient
is 0, or noise, nothing was tried (Athalye, Carlini and Wagner 2018, "Obfuscated gradients give a
false sense of security").

Read before: record.py, balls.py.  Read next: attacks.py.
"""

from dataclasses import replace

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.techniques.fool.aims import aim_at
from minigrad.techniques.fool.balls import PIXELS, length, steepest
from minigrad.techniques.fool.record import Attacked, quantised
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.loop import generators
from minigrad.techniques.make.transforms import resized
from minigrad.techniques.objectives import Objective


def instead(net, record: Attacked, adversarial) -> Attacked:
    """The record, had these pixels come out of the attack: (N, 3, H, W)."""
    return replace(record, adversarial=adversarial, scores_after=to_numpy(net.scores(adversarial)))


def as_bytes(net, record: Attacked) -> Attacked:
    """The record of the picture as a file holds it, in whole grey levels."""
    return instead(net, record, quantised(record.adversarial))


def random_control(
    net, record: Attacked, *, norm: str = "linf", rng: np.random.Generator | None = None
) -> Attacked:
    """The attack's own step, as long as the perturbation, along a gradient that is noise.

    In L∞ that is a random sign at every pixel, in L2 a random direction, in L1 one random pixel.
    Brought into 0–255 it may end shorter: its own l2 and linf tell.

    Args:
        net: the network.
        record: of an attack on it.
        norm: in which both are equally long, "linf", "l2" or "l1".
        rng: where it comes from; None is the same every time.
    """
    x, rngs = record.pixels, generators(rng, len(record.pixels))
    g = array_module(x).asarray(np.stack([rng.normal(size=x.shape[1:]) for rng in rngs]), x.dtype)
    size = length(record.perturbation, norm).reshape(-1, 1, 1, 1)
    return instead(net, record, (x + size * steepest(g, 1, norm)).clip(0, 255))


def transfer(judge, record: Attacked) -> Attacked:
    """What another network makes of an attack: its record, at the size that it was made for.

    Its classes may be others, so nothing is said of a target: it is fooled where its own answer
    changes.

    Args:
        judge: a network that the attack did not ask.
        record: of an attack on another.
    """
    before, after = (resized(x, judge.input_size) for x in (record.pixels, record.adversarial))
    scores = [to_numpy(judge.scores(x)) for x in (before, after)]
    return Attacked(before, after, *scores)


def gradient_vanishes(
    net, pixels, objective: Objective | None = None, *, target=None
) -> np.ndarray:
    """Of which photos the gradient of the attack's loss is 0 everywhere: (N,), bool.

    float32 saturates: p_y is 1 where S_y leads by 17, and all other p are 0 where it leads by 104.
    `margin` (aims.py) has a gradient there all the same.
    """
    g = gradient(net, pixels, aim_at(net, pixels, objective, target).objective)
    return to_numpy(~(g != 0).any(axis=PIXELS))
