r"""Which pixels matter, by chance: show random parts, and see what the score says to each.

Masks M₁ … M_N show about half of the photo each, at random.  A pixel matters as much as the score
is high whenever it is shown (RISE, Petsiuk, Das and Saenko 2018),

    S[i, j] = E[ f(x ∘ M) | M[i, j] = 1 ]  ≈  Σ_n f(x ∘ M_n) · M_n[i, j] / Σ_n M_n[i, j]

The paper divides by N · E[M], which is the sum below in the limit.  The sum itself is a weighted
mean at any N: a score that is the same for every mask gives a map that is the same at every pixel,
and not the accidents of the masks.  That matters for scores, which may lie around any number; for
the probability, which the paper asks for, it hardly does.

A mask is drawn small, cells × cells, each cell shown with probability `keep`; it is enlarged with
straight lines between the cells, so that no hard edge is seen that the photo does not have, and
moved at random by less than a cell, so that no grid is seen in the map.

Nothing but photos in and numbers out is asked of the network.  Noise falls as 1/√N: with a quarter
of the masks the map is twice as rough.

Read before: occlusion.py.  Read next: score_cam.py.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, is_array
from minigrad.checked import number, whole
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.masks import always_the_same, behind, parts, photos, room_for
from minigrad.techniques.objectives import Objective, activations


class SoFar(NamedTuple):
    """The map after some of the masks."""

    masks: int
    map: Any  # (N, H, W)


def rise(
    net, pixels, objective: Objective, *, rng=None, masks=500, cells: int = 7, keep: float = 0.5,
    batch: int = 32, progress=iter,
):  # fmt: skip
    """Show random parts of a photo, and take the mean of the objective over those with a pixel.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: f; the paper's is `class_probability(k)`.
        rng: for the masks, a numpy Generator; None draws the same every time.
        masks: how many to draw, or the masks themselves, (M, H, W) from 0, hidden, to 1, shown.
        cells: cells in a row and in a column of a mask.
        keep: the probability that a cell is shown.
        batch: how many masks are asked at once.
        progress: wraps the list of batches, as tqdm does.

    Returns:
        (N, H, W), in the objective's unit.

    Raises:
        TypeError, ValueError: masks of another shape or outside of [0, 1], a pixel that none of
            them shows, or cells and keep that make no masks.
    """
    settings = {"masks": masks, "cells": cells, "keep": keep, "batch": batch, "rng": rng}
    steps = rise_so_far(net, pixels, objective, **settings, progress=progress)
    (last,) = deque(steps, maxlen=1)
    if bool(array_module(last.map).isnan(last.map).any()):
        raise ValueError("some pixels are shown by none of the masks: take more of them")
    return last.map


def rise_so_far(
    net, pixels, objective: Objective, *, masks, rng=None, cells: int = 7, keep: float = 0.5,
    batch: int = 32, progress=iter,
) -> Iterator[SoFar]:  # fmt: skip
    """The map of `rise` after each batch of masks, so that one sees it come.

    Arguments and errors are those of `rise`; a pixel that no mask has shown yet is NaN.
    """
    pixels = photos(pixels)
    xp, size = array_module(pixels), pixels.shape[2:]
    draw, count = _source(pixels, masks, always_the_same(rng), cells, keep)
    v, room = mean_colour(net, pixels), room_for(pixels, count, batch)
    total, shown = xp.zeros((len(pixels), *size), pixels.dtype), xp.zeros(size, pixels.dtype)
    for several in progress(parts(count, batch)):
        M = draw(several)                                                       # (n, H, W)
        for n, photo in enumerate(pixels):
            versions = room[: len(M)]
            behind(photo, M, v, versions)
            f = objective.of_each(activations(net, versions, objective))        # (n,)
            # Σ_n f(x ∘ M_n) · M_n
            total[n] += xp.tensordot(f, M, axes=1)
        shown += M.sum(axis=0)
        seen = shown > 0
        yield SoFar(several.stop, xp.where(seen, total / xp.where(seen, shown, 1), xp.nan))


def behind_random_masks(
    net, pixels, objective: Objective, *, masks: int, rng=None, cells: int = 7, keep: float = 0.5
):
    """The first versions of one photo that `rise` asks, and what it hears: (M, 3, H, W), (M,)."""
    (photo,) = photos(pixels)
    drawn = random_masks(always_the_same(rng), masks, photo.shape[1:], cells=cells, keep=keep)
    M = array_module(photo).asarray(drawn, photo.dtype)                         # (M, H, W)
    versions = behind(photo, M, mean_colour(net, pixels))
    return versions, objective.of_each(activations(net, versions, objective))


def random_masks(rng, count: int, size: tuple[int, int], *, cells: int = 7, keep: float = 0.5):
    """Draw masks: cells that are shown with probability `keep`, enlarged, and moved at random.

    A mask of h × w cells is enlarged to (h + 1) · C_H rows and (w + 1) · C_W columns, C_H = ⌈H/h⌉
    and C_W = ⌈W/w⌉, and H × W are cut from it, up to C_H and C_W from its top and left.

    Returns:
        (count, H, W), float32, from 0 to 1, on the CPU.
    """
    cells, keep = whole("cells", cells, 1), number("keep", keep, above=0, at_most=1)
    high, wide = (-(-n // cells) for n in size)                                 # ⌈H/h⌉, ⌈W/w⌉
    grids, corners = np.empty((count, 1, cells, cells), np.float32), []
    for grid in grids:  # each draws in its turn, so that no batch size changes a mask
        grid[...] = rng.random(grid.shape) < keep
        corners.append((rng.integers(0, high), rng.integers(0, wide)))
    large = ops.upsample_bilinear(grids, ((cells + 1) * high, (cells + 1) * wide))[:, 0]
    return np.stack([
        mask[top : top + size[0], left : left + size[1]]
        for mask, (top, left) in zip(large, corners, strict=True)
    ])


def _source(pixels, masks, rng, cells, keep):
    """What gives the masks of a batch, (n, H, W), and how many there are in all."""
    xp, size = array_module(pixels), pixels.shape[2:]
    if not is_array(masks):
        count = whole("masks", masks, at_least=1)
        settings = {"cells": cells, "keep": keep}

        def draw(several):
            drawn = random_masks(rng, several.stop - several.start, size, **settings)
            return xp.asarray(drawn, pixels.dtype)

        return draw, count
    if masks.ndim != 3 or masks.shape[1:] != size or not len(masks):
        raise ValueError(f"masks have shape {masks.shape}: for these photos give "
                         f"(masks, {size[0]}, {size[1]})")
    if not bool(((masks >= 0) & (masks <= 1)).all()):
        raise ValueError("a mask is 0 where a pixel is hidden, 1 where it is shown, or between")
    return lambda several: xp.asarray(masks[several], pixels.dtype), len(masks)
