r"""From a map to the object: segmentation without a single mask to learn from.

A map says where the evidence lies, in spots; the object is larger.  Simonyan et al. 2014, section
3.2, let the colours fill in the rest.  Where the map is strongest there surely is object, and where
it is weakest there is none,

    foreground: M ≥ its 95 % quantile        background: M ≤ its 30 % quantile

and GrabCut (Rother, Kolmogorov and Blake 2004) decides about the pixels between: five Gaussians of
colour for either side, a cut where neighbours differ most; then both once more, with the colours of
what came out.  The largest connected piece is the object, and the box around it says where it is.

A gradient is torn into single pixels, half of an object's among the weakest.  Here the map is
blurred before, which the paper does not say it did.

How much of what comes out is the map's merit?  Photographers put things into the middle.  So hold
beside it what the same cut makes of `centred_gaussian`, a map that has not seen the photo.

Read before: gradient.py, baselines.py.  Read next: maps.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import to_numpy
from minigrad.checked import number, whole
from minigrad.extras import extra
from minigrad.techniques.baselines import blurred

NEITHER = 255   # of a seed
GAUSSIANS = 5   # of colour, for either side; OpenCV's own number


class Cut(NamedTuple):
    """An object cut out of each image; NumPy arrays."""

    mask: Any       # True on the object, (N, H, W)
    box: Any        # around it, (N, 4): top, left, bottom, right, half open
    seeds: Any      # what GrabCut was told, (N, H, W): 1 object, 0 background, 255 neither


def grabcut(
    pixels, maps, *, foreground: float = 0.95, background: float = 0.30, blur: float = 0.08,
    rounds: int = 5,
) -> Cut:
    """Cut the object out of each image, with seeds from a map of it.

    Args:
        pixels: (N, 3, H, W), RGB, 0–255.
        maps: (N, H, W), larger where there is more of what one looks for.
        foreground: the quantile of a map from which on its pixels are surely object.
        background: the quantile up to which they are surely not.
        blur: σ of a Gaussian blur of the map, in units of the image's shorter edge; or 0.
        rounds: how often GrabCut learns the colours anew.

    Returns:
        Masks, boxes and seeds.

    Raises:
        ValueError: OpenCV is missing, shapes or settings do not fit, a map is the same everywhere,
            or an image is too small.
    """
    pixels, maps = to_numpy(pixels), to_numpy(maps)
    foreground = number("foreground", foreground, at_least=0, at_most=1)
    background = number("background", background, at_least=0, at_most=foreground)
    blur, rounds = number("blur", blur, at_least=0), whole("rounds", rounds, at_least=1)
    if pixels.ndim != 4 or maps.shape != (len(pixels), *pixels.shape[2:]):
        raise ValueError(f"maps {maps.shape} do not fit images {pixels.shape}: give (N, H, W) for "
                         "(N, 3, H, W)")
    for one in maps:
        if not np.isfinite(one).all() or one.min() == one.max():
            raise ValueError("a map that is the same everywhere, or no number somewhere, does not "
                             "say where the object is")
    maps = blurred(maps[:, None], blur * min(maps.shape[1:]))[:, 0]
    seeds = np.stack([_seeds(one, foreground, background) for one in maps])
    photos = np.rint(pixels.clip(0, 255)).astype(np.uint8).transpose(0, 2, 3, 1)    # (N, H, W, 3)
    masks = np.stack([_object(*one, rounds) for one in zip(photos, seeds, strict=True)])
    return Cut(masks, np.array([_box(mask) for mask in masks]), seeds)


def overlap(a, b):
    """|A ∩ B| / |A ∪ B|, intersection over union of masks: two (N, H, W) → (N,); 1 of two empty."""
    both, either = (joined(a, b).sum(axis=(1, 2)) for joined in (np.logical_and, np.logical_or))
    return np.where(either, both / np.maximum(either, 1), 1.0)


def _seeds(one, foreground, background):
    """1 where there surely is object, 0 where there surely is none: (H, W) → (H, W)."""
    low, high = np.quantile(one, [background, foreground])
    seeds = np.full(one.shape, NEITHER, np.uint8)
    seeds[one >= high] = 1
    seeds[one <= low] = 0           # the last word, where most of a map is its lowest number
    for side, what in enumerate(["the background", "the object"]):
        count = (seeds == side).sum()
        if count < GAUSSIANS:
            raise ValueError(f"{count} pixels are seeds of {what}, and its {GAUSSIANS} Gaussians "
                             "need as many: give a larger photo, or other quantiles")
    return seeds


def _object(photo, seeds, rounds):
    """The largest piece of what GrabCut takes for the object: (H, W, 3), (H, W) → (H, W)."""
    cv2 = extra("cv2", "segment", "GrabCut")
    cv2.setRNGSeed(0)               # its first Gaussians come from k-means, which begins anywhere
    mask = np.where(seeds == NEITHER, cv2.GC_PR_FGD, seeds).astype(np.uint8)
    colours = np.zeros((1, 13 * GAUSSIANS)), np.zeros((1, 13 * GAUSSIANS))
    cv2.grabCut(np.ascontiguousarray(photo), mask, None, *colours, rounds, cv2.GC_INIT_WITH_MASK)
    inside = np.isin(mask, [cv2.GC_FGD, cv2.GC_PR_FGD])
    _, pieces, facts, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8))
    sizes = facts[1:, cv2.CC_STAT_AREA]                                 # without the background
    return pieces == 1 + sizes.argmax()


def _box(mask):
    """Top, left, bottom, right."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
