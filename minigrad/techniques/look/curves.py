r"""Take away what a map calls important: how soon does the network stop seeing it?

Order the pixels by the map M, the largest first.  With the first share s of them changed,

    deletion     f(s) = f(the photo, those pixels set to the mean colour)     a low area is good
    insertion    f(s) = f(the blurred photo, those pixels made sharp)         a high area is good
    area         ∫₀¹ f(s) ds

(Petsiuk, Das and Saenko 2018, section 4.1, where f is the probability of a class.)  Much happens
at the first pixels and little at the last, so the shares at which the network is asked are s = t²,
in equal steps of t: a few of them find the area that many equal ones do.  No person says
what the right map would be: the network does.  The price is that it is asked about photos such as
it never saw, with holes in them; deletion starts from the photo and insertion ends at it, and a map
that is good under both is not good by the accident of one.

Pixels of the same value have no order, and here it is drawn: in order of rows, a map of flat parts
would be judged by where it stands.  So the curve of a map that is the same everywhere is one of the
random map.

Read before: controls.py and masks.py.  Read next: randomise.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques.baselines import baseline
from minigrad.techniques.look.masks import always_the_same, parts, photos
from minigrad.techniques.objectives import Objective, activations


class Curve(NamedTuple):
    """What an objective does while the pixels of a photo change, in the order of a map."""

    share: Any  # (S + 1,): of the pixels that are changed, from 0 to 1, the denser the earlier
    value: Any  # (N, S + 1): the objective
    area: Any   # (N,): below the curve, in the objective's unit


def deletion(
    net, pixels, objective: Objective, *, evidence, steps: int = 32, rng=None, batch: int = 32
) -> Curve:
    """Set the pixels of a photo to the mean colour, in the order of a map.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: f; the paper's is `class_probability(k)`.
        evidence: the map, (N, H, W); the largest go first.
        steps: in how many parts the pixels go.
        rng: for the order of equal pixels, a numpy Generator; None draws the same every time.
        batch: how many versions of the photo are asked at once.

    Returns:
        Curve: share, value and area.

    Raises:
        ValueError: the map does not fit the photos, or is infinite or NaN somewhere.
    """
    pixels = photos(pixels)
    blank = baseline(net, pixels, "mean")
    return _exchanged(net, objective, pixels, blank, evidence, steps, rng, batch)


def insertion(
    net, pixels, objective: Objective, *, evidence, steps: int = 32, rng=None, batch: int = 32
) -> Curve:
    """Make the pixels of a blurred photo sharp, in the order of a map.

    The blur is that of the baseline "blur" (baselines.py): hardly anything that the network knows
    is left.  Arguments, what is returned and errors are those of `deletion`.
    """
    pixels = photos(pixels)
    blurred = baseline(net, pixels, "blur")
    return _exchanged(net, objective, blurred, pixels, evidence, steps, rng, batch)


def _exchanged(net, objective, before, after, evidence, steps, rng, batch) -> Curve:
    """Ask of `before` with the first pixels of the map's order taken from `after`."""
    xp = array_module(before)
    place = places(evidence, before.shape, rng)                             # (N, H, W)
    share = xp.linspace(0, 1, whole("steps", steps, at_least=1) + 1) ** 2       # s = t²
    values = []
    for here, there, first in zip(before, after, place, strict=True):
        for several in parts(len(share), batch):
            gone = first < share[several, None, None]                       # (S', H, W)
            versions = xp.where(gone[:, None], there, here)                 # (S', 3, H, W)
            values.append(objective.of_each(activations(net, versions, objective)))
    f = xp.concatenate(values).reshape(len(before), -1)                     # (N, S + 1)
    # ∫ f ds ≈ Σ_i (f_i + f_{i+1}) / 2 · (s_{i+1} − s_i), trapezia
    share = share.astype(f.dtype)
    return Curve(share, f, ((f[:, :-1] + f[:, 1:]) / 2 * xp.diff(share)).sum(axis=1))


def places(evidence, shape, rng=None):
    """The place of each pixel in the order of its map, from 0, the largest, to just below 1.

    evidence (N, H, W), shape (N, 3, H, W) → (N, H, W); equal pixels come in an order that is drawn.

    Raises:
        ValueError: the map does not fit the photos, or is infinite or NaN somewhere.
    """
    xp = array_module(evidence)
    check_map(evidence, shape)
    N, H, W = evidence.shape
    by_chance, place = always_the_same(rng), np.empty((N, H * W))
    for n, M in enumerate(to_numpy(evidence).reshape(N, H * W)):
        order = np.lexsort((by_chance.random(H * W), -M))                   # by −M, then by chance
        place[n, order] = np.arange(H * W) / (H * W)
    return xp.asarray(place.reshape(N, H, W))


def check_map(evidence, shape) -> None:
    """See that maps (N, H, W) are of these photos, (N, 3, H, W), and finite.

    Raises:
        ValueError: they are not.
    """
    N, _, H, W = shape
    if evidence.shape != (N, H, W):
        raise ValueError(f"a map of these photos has the shape {(N, H, W)}, and this one's is "
                         f"{evidence.shape}")
    if not bool(array_module(evidence).isfinite(evidence).all()):
        raise ValueError("the map is infinite or NaN somewhere, and has no order of pixels")
