"""What the demos around one attack share: the smallest that succeeds, and how it is told.

Used by: ../sphere.py and ../growth.py.
"""

import argparse
import math

from PIL import Image

from demos.shared import pictures
from demos.shared.command import add_photos, parser, top
from minigrad.backend import to_numpy
from minigrad.techniques import Attacked, pgd

EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def options(name: str, doc: str) -> argparse.ArgumentParser:
    """Begin the options of a demo that looks at photos and one attack on each."""
    parse = parser(name, doc)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add = parse.add_argument
    add("--epsilon", type=float, default=None, metavar="E",
        help="grey levels that a pixel may move (the fewest that do)")
    add("--size", default=None, metavar="EDGE",
        help="in pixels, or full, instead of the network's own")
    return parse


def smallest(net, x, epsilon: float | None) -> tuple[float, Attacked]:
    """PGD with the ε that is asked for, or with the first of `EPSILONS` that changes the answer.

    Raises:
        ValueError: the answer stays the same.
    """
    for one in EPSILONS if epsilon is None else (epsilon,):
        record = pgd(net, x, epsilon=one)
        if record.success[0]:
            return one, record
    raise ValueError(f"PGD does not change {net.name}'s answer within ε = {one:g} grey levels: "
                     "give a larger --epsilon")


def answer(net, scores) -> str:
    """What a network says first: face, 97 %."""
    ((name, p),) = top(net, scores, 1)
    return f"{name}, {p:.0%}"


def enlarged_move(eta) -> tuple[float, Image.Image]:
    """A perturbation around grey, so many times as strong that it shows: 1, 2, 5, 10, … ×."""
    most = float(abs(eta).max())
    ten = 10.0 ** math.floor(math.log10(127 / most))
    times = max(n * ten for n in (1, 2, 5) if n * ten * most <= 127)
    return times, pictures.photo(128 + times * to_numpy(eta))
