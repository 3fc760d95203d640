r"""Why so little is enough: ten numbers by hand, and what more of them do.

A linear classifier says "class 1" with P(x) = σ(⟨w, x⟩), σ(s) = 1 / (1 + e⁻ˢ).  Each number of x
moves by ε at most, in the direction that w likes:

    x̃ = x + ε sign w,      ⟨w, x̃⟩ = ⟨w, x⟩ + ε ‖w‖₁

In Stanford's CS231n (2016, lecture 9) there are ten numbers and ten weights of ±1, and half a step
each moves the score from −3 to 2: of "class 1 with 5 %" it makes "class 1 with 88 %".

Why it matters how many there are (Goodfellow et al. 2015, section 3): no number moves further than
ε, but all pull the same way.  With n weights of mean size m, and of root mean square σ,

    the attack      ε sign w           ε ‖w‖₁  =  ε n m          grows as n
    random signs    ε (±1, …, ±1)      ε ‖w‖₂  =  ε √n σ         in the root mean square: as √n

A photo of 128 × 128 has n = 49,152 numbers: there the attack is worth about 180 times as much as
noise that is just as large.  A network of relus is linear piece by piece, with w its gradient.

Read before: balls.py.  Read next: sphere.py.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minigrad.checked import number, whole
from minigrad.techniques.look.masks import always_the_same

X = np.array([2, -1, 3, -2, 2, 2, 1, -4, 5, 1], float)     # the lecture's x
W = np.array([-1, -1, 1, -1, 1, -1, 1, 1, -1, 1], float)   # and its w
EPSILON = 0.5


class Gains(NamedTuple):
    """What the score gains at the same ε in different numbers of dimensions, all (D,).

    Attributes:
        n: the numbers of dimensions.
        attack: by ε sign w, the mean over many w.
        random: by ε (±1, …, ±1), the root mean square over them.
        attack_expected: ε n m.
        random_expected: ε √n σ.
    """

    n: np.ndarray
    attack: np.ndarray
    random: np.ndarray
    attack_expected: np.ndarray
    random_expected: np.ndarray


def linear_score(x, w) -> float:
    """⟨w, x⟩ = Σᵢ wᵢ xᵢ."""
    return float((w * x).sum())


def sigmoid(score) -> float:
    """P = 1 / (1 + e⁻ˢ), the probability of class 1; of class 0 it is σ(−s)."""
    # e⁻ˢ of a large |s| is no number; tanh is one for all:  σ(s) = ½ (1 + tanh s/2)
    return float(0.5 * (1 + np.tanh(score / 2)))


def linear_attack(x, w, epsilon: float = EPSILON):
    """x̃ = x + ε sign w: of all x̃ that are no further than ε in any number, the best for class 1."""
    return x + number("ε", epsilon, at_least=0) * np.sign(w)


def gains_by_dimension(
    dimensions: Sequence[int] = (10, 100, 1_000, 10_000, 100_000), *, epsilon: float = EPSILON,
    samples: int = 100, rng: np.random.Generator | None = None,
) -> Gains:
    r"""How much the same ε is worth in more and more dimensions, drawn and in closed form.

    The weights are drawn from N(0, 1), so that m = √(2/π) and σ = 1.

    Args:
        dimensions: the n to try.
        epsilon: ε.
        samples: so many w for each n.
        rng: what w and the signs are drawn from; None is the same every time.

    Raises:
        TypeError, ValueError: an n or the samples that are no whole number from 1 on, ε below 0.
    """
    epsilon = number("ε", epsilon, at_least=0)
    samples = whole("samples", samples, at_least=1)
    n = np.array([whole("a number of dimensions", each, at_least=1) for each in dimensions])
    if not n.size:
        raise ValueError("there is no number of dimensions to try: give some, as (10, 100, 1000)")
    rng = always_the_same(rng)
    attack, random = np.zeros((2, len(n), samples))
    for i, size in enumerate(n):
        for j in range(samples):
            w, signs = rng.normal(size=size), rng.choice([-1.0, 1.0], size=size)
            attack[i, j] = epsilon * np.abs(w).sum()                        # ε ‖w‖₁
            random[i, j] = epsilon * w @ signs                              # ε Σ ± wᵢ
    return Gains(
        n, attack.mean(axis=1), np.sqrt((random**2).mean(axis=1)),
        attack_expected=epsilon * n * np.sqrt(2 / np.pi), random_expected=epsilon * np.sqrt(n),
    )
