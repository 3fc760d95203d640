r"""Does a map say what happens when the photo changes, and does it stay calm when nothing does?

Infidelity: what an attribution Φ predicts for a change I of the photo, and what the score S does
(Yeh et al. 2019, definition 2.1),

    INFD = E_I[ (Iᵀ Φ(x) − (S(x) − S(x − I)))² ]

For a linear S the gradient predicts everything, INFD = 0.  Φ is then in score per grey level, as a
gradient is.  A map M (N, H, W) has no such unit: M[i, j] says what the pixel is worth, up to a
factor.  So leave out squares q of the photo, give M the best factor, and ask for the share of the
changes that it leaves unexplained,

    unexplained = min_β E_q[ (β Σ_{p ∈ q} M_p − Δ_q)² ] / E_q[Δ_q²],   Δ_q = S(x) − S(x without q)
                = 1 − E[m Δ]² / (E[m²] E[Δ²]),   m_q = Σ_{p ∈ q} M_p

which is 0 for a map that knows what each square is worth, and 1 for one that says nothing.

Max-sensitivity: how far the map moves when every pixel does by r grey levels at most (definition
3.1), here as a share of the map's length,

    SENS = max_{‖δ‖∞ ≤ r} ‖Φ(x + δ) − Φ(x)‖ / ‖Φ(x)‖

the largest of some random δ.  Neither is enough alone: a map that never changes has SENS = 0 and
explains nothing.

Read before: randomise.py.  Read next: scenes.py.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.curves import check_map
from minigrad.techniques.look.gradient import saliency
from minigrad.techniques.look.masks import always_the_same, behind, parts, photos
from minigrad.techniques.objectives import Objective, activations


def infidelity(
    net, pixels, objective: Objective, *, attribution, changes=None, samples: int = 32, rng=None,
    batch: int = 32,
):  # fmt: skip
    """E_I[(Iᵀ Φ − (S(x) − S(x − I)))²] of a gradient, or of what is in its unit.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        objective: S.
        attribution: Φ, (N, 3, H, W), in score per grey level.
        changes: I, (P, N, 3, H, W); by default squares that go to the mean colour (the paper's
            "square removal").
        samples: how many of them.
        rng: for the squares, a numpy Generator; None draws the same every time.
        batch: how many versions of a photo are asked at once.

    Returns:
        (N,), in score squared.
    """
    pixels = photos(pixels)
    if attribution.shape != pixels.shape:
        raise ValueError(f"an attribution of these photos has their shape, {pixels.shape}, and not "
                         f"{attribution.shape}: a map (N, H, W) is judged by `unexplained`")
    if changes is None:
        q = array_module(pixels).asarray(squares(pixels.shape[2:], samples, rng), pixels.dtype)
        changes = q[:, None, None] * (pixels - mean_colour(net, pixels))    # (P, N, 3, H, W)
    # Iᵀ Φ
    predicted = (changes * attribution).sum(axis=(2, 3, 4)).T               # (N, P)
    happened = drops(net, objective, pixels, lambda n, some: pixels[n] - changes[some, n],
                     len(changes), batch)
    return ((predicted - happened) ** 2).mean(axis=1)


class Worth(NamedTuple):
    """What squares of a photo are worth to a score."""

    squares: Any  # q, (P, H, W), 1 within, 0 elsewhere
    drop: Any     # Δ, (N, P): what S loses when they go to the mean colour


def worth(net, pixels, objective: Objective, *, samples: int = 32, rng=None, batch: int = 32):
    """Δ_q = S(x) − S(x without q) for random squares q: Worth(squares, drop).

    Arguments are those of `infidelity`.  Asked once, it judges any number of maps.
    """
    pixels = photos(pixels)
    xp, v = array_module(pixels), mean_colour(net, pixels)
    q = xp.asarray(squares(pixels.shape[2:], samples, rng), pixels.dtype)

    def without(n, some):
        versions = xp.empty((len(q[some]), *pixels.shape[1:]), pixels.dtype)
        behind(pixels[n], 1 - q[some], v, out=versions)
        return versions

    return Worth(q, drops(net, objective, pixels, without, len(q), batch))


def unexplained(evidence, known: Worth):
    """1 − E[m Δ]² / (E[m²] E[Δ²]): the share of what squares are worth that a map does not know.

    Args:
        evidence: the map, (N, H, W).
        known: what the squares are worth, from `worth`.

    Returns:
        (N,), from 0 to 1; 1 for a map that is zero everywhere.
    """
    q, Δ = known
    check_map(evidence, (len(Δ), 3, *q.shape[1:]))
    xp = array_module(evidence)
    m = xp.tensordot(evidence, q, axes=((1, 2), (1, 2)))                    # (N, P)
    both = (m * m).mean(axis=1) * (Δ * Δ).mean(axis=1)
    return 1 - (m * Δ).mean(axis=1) ** 2 / xp.where(both > 0, both, 1)


def drops(net, objective: Objective, pixels, version: Callable, count: int, batch: int):
    """S(x) − S(version) for all versions of each photo: (N, count)."""
    xp, S = array_module(pixels), objective.of_each(activations(net, pixels, objective))
    asked = [
        objective.of_each(activations(net, version(n, some), objective))
        for n in range(len(pixels)) for some in parts(count, batch)
    ]
    return S[:, None] - xp.concatenate(asked).reshape(len(pixels), count)


def squares(size: tuple[int, int], count: int, rng=None):
    """Draw squares of an eighth to half of the shorter edge: (count, H, W), 1 within, else 0."""
    rng, count = always_the_same(rng), whole("samples", count, at_least=1)
    q = np.zeros((count, *size), np.float32)
    for one in q:
        edge = rng.integers(max(1, min(size) // 8), max(1, min(size) // 2), endpoint=True)
        top, left = (rng.integers(0, n - edge, endpoint=True) for n in size)
        one[top : top + edge, left : left + edge] = 1
    return q


def max_sensitivity(
    net, pixels, objective: Objective, *, look: Callable = saliency, radius: float = 5.0,
    samples: int = 10, changes=None, rng=None,
):  # fmt: skip
    """max_δ ‖Φ(x + δ) − Φ(x)‖ / ‖Φ(x)‖ over some random δ.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        objective: what is asked for.
        look: Φ, look(net, pixels, objective) → (N, …).  One that draws must draw the same each
            time, or its own noise counts.
        radius: r, in grey levels; every pixel moves by a number drawn from [−r, r].
        samples: how many δ.
        changes: the δ themselves, (P, N, 3, H, W), in place of random ones.
        rng: for δ, a numpy Generator; None draws the same every time.

    Returns:
        (N,); of a map that is zero everywhere, the length of what it becomes.
    """
    pixels, r = photos(pixels), number("the radius", radius, at_least=0)
    xp, rng = array_module(pixels), always_the_same(rng)
    if changes is None:
        drawn = (rng.uniform(-r, r, pixels.shape) for _ in range(whole("samples", samples, 1)))
        changes = (xp.asarray(δ, pixels.dtype) for δ in drawn)
    Φ = look(net, pixels, objective)
    moved = [length(look(net, pixels + δ, objective) - Φ) for δ in changes]
    norm = length(Φ)
    return xp.stack(moved).max(axis=0) / xp.where(norm > 0, norm, 1)


def length(Φ):
    """‖Φ_n‖ of each image: (N, …) → (N,)."""
    return array_module(Φ).sqrt((Φ * Φ).reshape(len(Φ), -1).sum(axis=1))
