r"""One pixel: an attack in ‖·‖₀, by evolution, which needs no gradient.

A candidate is d pixels, each a place and a colour: (row, column, red, green, blue).  Differential
evolution (Storn and Price 1997) moves each candidate by the difference of two others,

    child = a + F (b − c),   F = ½                  Su, Vargas and Sakurai 2019, section 3.2

and keeps the child where it is the better one.  b − c is large while the candidates are far apart,
and small when they agree: the step size finds itself.

Better is, here, that the class that is wanted leads by more (aims.py); the paper takes the
probability, which is 1 to the last digit where a network is sure.

The larger a photo, the less one pixel can do: the paper's photos have 32 × 32 of them.

Read before: square.py.
"""

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques.fool.aims import aim_at
from minigrad.techniques.fool.record import Attacked, attacked, input_where_failed
from minigrad.techniques.make.loop import generators

F = 0.5
TOGETHER = 25  # so many candidates are shown to the network at once


def one_pixel(
    net, pixels, *, target=None, pixels_changed: int = 1, population: int = 40,
    generations: int = 8, rng=None,
) -> Attacked:  # fmt: skip
    r"""Look for the few pixels, and the colours, that change the answer.

    Args:
        net: a network, of which only scores are asked.
        pixels: (N, 3, H, W), RGB, 0–255.
        target: the class that each shall become, a number for all or (N,); None for any other.
        pixels_changed: d, at most so many.
        population: candidates; the paper has 400.
        generations: at most so many; the paper has 100.
        rng: a random generator for each photo, or one that has such children; None: always the
            same.

    Returns:
        the record; where the attack failed it holds the photo itself.

    Raises:
        ValueError: there are fewer than 4 candidates, the pixels are no photos, or a target is
            said already.
    """
    d = whole("pixels_changed", pixels_changed, at_least=1)
    whole("population", population, at_least=4)  # a child has three parents beside itself
    whole("generations", generations, at_least=1)
    aim, best = aim_at(net, pixels, None, target), []
    for n, own in enumerate(generators(rng, len(pixels))):
        x, at = pixels[n : n + 1], np.full(population, n)

        def lead(candidates, x=x, at=at):
            parts = [net.scores(painted(x, candidates[i : i + TOGETHER]))
                     for i in range(0, len(candidates), TOGETHER)]
            return aim.lead(np.concatenate([to_numpy(part) for part in parts]), at)

        best.append(painted(x, evolved(lead, first(own, population, d), generations, own)[None]))
    return input_where_failed(
        attacked(net, pixels, array_module(pixels).concatenate(best), aim)
    )


def first(rng, population: int, d: int):
    """Candidates to begin with, (P, d, 5): anywhere in the photo, colours around grey."""
    places = rng.uniform(0, 1, (population, d, 2))
    colours = rng.normal(128, 127, (population, d, 3)) / 255
    return np.concatenate([places, colours], axis=2).clip(0, 1)


def evolved(lead, candidates, generations: int, rng):
    """The candidate that leads by most, (d, 5), after so many generations, or when one has won."""
    leads = lead(candidates)
    for _ in range(generations):
        if leads.max() > 0:
            break
        # three others for each candidate, none of them itself
        P = len(candidates)
        order = np.stack([rng.permutation(P - 1)[:3] for _ in range(P)])    # (P, 3)
        a, b, c = (order + (order >= np.arange(P)[:, None])).T
        # child = a + F (b − c)
        children = (candidates[a] + F * (candidates[b] - candidates[c])).clip(0, 1)
        found = lead(children)
        better = found > leads
        candidates = np.where(better[:, None, None], children, candidates)
        leads = np.where(better, found, leads)
    return candidates[leads.argmax()]


def painted(x, candidates):
    """Put each candidate's pixels into a photo: (1, 3, H, W), (P, d, 5) in 0–1 → (P, 3, H, W)."""
    xp, (P, d, _) = array_module(x), candidates.shape
    changed = xp.repeat(x, P, axis=0)
    size = np.array(x.shape[2:])
    places = np.minimum((candidates[..., :2] * size).astype(int), size - 1)  # (P, d, 2)
    colours = xp.asarray(np.rint(candidates[..., 2:] * 255), x.dtype)       # (P, d, 3)
    for i in range(d):
        rows, columns = (xp.asarray(places[:, i, axis]) for axis in (0, 1))
        changed[xp.arange(P), :, rows, columns] = colours[:, i]
    return changed
