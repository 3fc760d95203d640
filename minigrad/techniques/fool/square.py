r"""Square attack: no gradient at all; squares at random, and what helps is kept.

    η ← ±ε in vertical stripes, a sign for each colour      Andriushchenko et al. 2020, section 3.3
    at random a square of side √(p H W); there η' = ±ε, one sign for each colour      algorithm 2
    η ← η' if the class that is wanted leads by more

Every proposal lies on the corners of the ball ‖η‖∞ ≤ ε, where the best of a linear network lies,
and a square is what a convolution of any size answers to.  The side falls with the queries, p being
halved nine times (section 3.2), each time sooner than the last would suggest: large moves pay only
at the beginning.

What it asks of the network are scores, once for each query.  An attack that fools a network without
its gradient, where one with it fails, says that the gradient is hidden and not that the network is
robust (Carlini et al. 2019, section 3.1).

Read before: gradient_sign.py.  Read next: one_pixel.py.
"""

from dataclasses import replace

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.fool.aims import aim_at
from minigrad.techniques.fool.record import Attacked, attacked
from minigrad.techniques.make.loop import generators

HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 queries


def square(
    net, pixels, *, target=None, epsilon: float = 4.0, queries: int = 300, p: float = 0.8, rng=None,
) -> Attacked:  # fmt: skip
    r"""Change random squares by ±ε, and keep what leads towards another answer.

    Args:
        net: a network, of which only scores are asked.
        pixels: (N, 3, H, W), RGB, 0–255.
        target: the class that each shall become, a number for all or (N,); None for any other.
        epsilon: ε, in grey levels, of ‖η‖∞.
        queries: how often it may ask about a photo, the question about the photo itself aside.
        p: the share of a photo's area that the first squares have.
        rng: a random generator for each photo, or one that has such children; None: always the
            same.

    Returns:
        the record, with the `queries` that each photo took.

    Raises:
        ValueError: ε is negative, p is no share, the pixels are no photos, or a target is said
            already.
    """
    epsilon, queries = number("ε", epsilon, at_least=0), whole("queries", queries, at_least=1)
    p = number("p", p, above=0, at_most=1)
    aim, rngs = aim_at(net, pixels, None, target), generators(rng, len(pixels))
    N, _, H, W = pixels.shape
    xp, asked = array_module(pixels), np.ones(N, int)
    stripes = np.stack([epsilon * signs(rng, (3, 1, W)) for rng in rngs])   # (N, 3, 1, W)
    x = (pixels + xp.asarray(stripes, pixels.dtype)).clip(0, 255)
    lead = aim.lead(to_numpy(net.scores(x)))
    for query in range(1, queries):
        left = np.flatnonzero(lead <= 0)
        if not left.size:
            break
        side = max(1, round((p_at(p, query, queries) * H * W) ** 0.5))
        inside, sign = zip(*(a_square(rngs[n], H, W, side) for n in left), strict=True)
        moved = pixels[left] + xp.asarray(epsilon * np.stack(sign), pixels.dtype)
        proposed = xp.where(xp.asarray(np.stack(inside)), moved.clip(0, 255), x[left])
        leads = aim.lead(to_numpy(net.scores(proposed)), left)
        better = leads > lead[left]
        x[left[better]], lead[left[better]] = proposed[xp.asarray(better)], leads[better]
        asked[left] += 1
    return replace(attacked(net, pixels, x, aim), queries=asked)


def p_at(p: float, query: int, queries: int) -> float:
    """The share of the area that a square has: halved at fixed shares of all queries."""
    return p / 2 ** sum(query / queries * 10_000 > at for at in HALVED_AT)


def a_square(rng, H: int, W: int, side: int):
    """Where, a mask (1, H, W), and one sign for each colour, (3, 1, 1)."""
    height, width = min(side, H), min(side, W)
    top, left = rng.integers(H - height + 1), rng.integers(W - width + 1)
    mask = np.zeros((1, H, W), bool)
    mask[:, top : top + height, left : left + width] = True
    return mask, signs(rng, (3, 1, 1))


def signs(rng, shape):
    """±1, each as likely."""
    return rng.choice([-1.0, 1.0], shape)
