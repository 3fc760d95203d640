r"""Where the answer is known: two photos side by side, and a map that is asked for one of them.

No photo says which of its pixels a network should use.  But compose a scene of two photos, ask for
the class that one of them shows, and evidence for it lies in that half alone: its half is the mask
m, and nobody had to draw it (the grid pointing game, Böhle et al. 2021, with two cells).

    pointing game     does the largest evidence lie in m?                Zhang et al. 2016
    relevance mass    Σ_{p ∈ m} M⁺_p / Σ_p M⁺_p,  M⁺ = max(M, 0)         Arras et al. 2022

Chance, and a map that looks at the middle, give 1/2 for both.  Only scenes count in which the
network names both things among its likeliest few: of what it does not see it has no evidence.  More
cells than two would be harder to guess, but a network with fully connected layers looks for a thing
where photos have it, and hardly sees four in one picture.

Read before: sensitivity.py.  Read next: maps.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques.look.curves import check_map
from minigrad.techniques.look.masks import always_the_same

TRIES = 16  # partners that a photo gets to be seen beside


class Scene(NamedTuple):
    """Two photos side by side, one of which shows class k."""

    pixels: Any  # (1, 3, H, 2 W), RGB, 0–255
    k: int
    mask: Any    # (1, H, 2 W) of bools: where class k is
    other: int   # the number of the photo beside it


def scene_of(net, photos, labels, n: int, *, rng=None, among: int = 5) -> Scene | None:
    """Compose photo n with another such that the network sees both; None where it never does.

    Args:
        net: a network.
        photos: (N, 3, H, W), RGB, 0–255.
        labels: (N,), the class that each shows.
        n: the one whose class is asked for; it stands left or right by chance.
        rng: a numpy Generator; None draws the same every time.
        among: so many likeliest classes must contain both.

    Raises:
        ValueError: there is no photo of another class.
    """
    rng, among, labels = always_the_same(rng), whole("among", among, 2), to_numpy(labels)
    others = rng.permutation(np.flatnonzero(labels != labels[n]))[:TRIES]
    if not len(others):
        raise ValueError("a scene takes photos of two classes, and these are of one")
    for m, left in zip(others.tolist(), rng.random(len(others)) < 0.5, strict=True):
        pair = [n, m] if left else [m, n]
        pixels = beside(*photos[pair])[None]                                # (1, 3, H, 2 W)
        likeliest = to_numpy(net.scores(pixels))[0].argsort()[-among:]
        if labels[n] in likeliest and labels[m] in likeliest:
            mask = array_module(pixels).zeros(pixels.shape[:1] + pixels.shape[2:], bool)
            half = pixels.shape[3] // 2
            mask[:, :, slice(half) if left else slice(half, None)] = True
            return Scene(pixels, int(labels[n]), mask, m)
    return None


def beside(left, right):
    """Two photos (3, H, W) → one of (3, H, 2 W)."""
    return array_module(left).concatenate([left, right], axis=2)


def pointing_game(evidence, mask):
    """Whether the largest evidence lies in the mask: (N, H, W), (N, H, W) → (N,), 1 or 0.

    Where several pixels are the largest, the share of them that lies there.
    """
    check_map(evidence, (len(mask), 3, *mask.shape[1:]))
    largest = evidence == evidence.max(axis=(1, 2), keepdims=True)
    return (largest & mask).sum(axis=(1, 2)) / largest.sum(axis=(1, 2))


def relevance_mass(evidence, mask):
    """Σ_{p ∈ m} M⁺_p / Σ_p M⁺_p: (N, H, W), (N, H, W) → (N,), from 0 to 1.

    A map without positive evidence names no place: it counts as one that is the same everywhere.
    """
    check_map(evidence, (len(mask), 3, *mask.shape[1:]))
    xp = array_module(evidence)
    positive = xp.maximum(evidence, 0)
    positive = xp.where(positive.any(axis=(1, 2), keepdims=True), positive, 1)
    return (positive * mask).sum(axis=(1, 2)) / positive.sum(axis=(1, 2))
