r"""A patch that one can print: wherever it lies in a photo, the network says the same.

    p̂ = argmax_p  E_{x, place} [ log p(target | A(p, x, place)) ]      Brown et al. 2017, eq. in 2

A(p, x, place) puts the patch p into the photo x, at a place, in a size and at an angle that are
drawn anew each time.  It does not hide: it may have any grey level, but only a few of the pixels.
The loop is that of every image here; A is the transformation (make/transforms.py) between the
patch, which is what it moves, and the photos, which are what the network is shown.

Read before: make/transforms.py, universal.py.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.fool.aims import aim_at, check_photos
from minigrad.techniques.fool.record import Attacked, attacked
from minigrad.techniques.make.loop import Progress, generators, optimize
from minigrad.techniques.make.steps import ascend
from minigrad.techniques.objectives import cross_entropy
from minigrad.tensor import data_of

ZOOM = (0.8, 1.2)  # how large it lies in a photo, as a share of its size
TURN = 22.5  # degrees either way, as in the paper


class Place(NamedTuple):
    """Where a patch lies: its upper left corner and its edge in pixels, and its angle."""

    top: int
    left: int
    edge: int
    degrees: float = 0.0


def adversarial_patch(
    net, pixels, *, target: int, size: int | None = None, steps: int = 100, together: int = 8,
    rate: float = 10.0, rules=None, rng=None, resume: Progress | None = None,
) -> Iterator[Progress]:  # fmt: skip
    """Paint a round patch of which the network says the target, whatever photo it lies in.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255, the photos that it is tried in; their own classes do not
            matter.
        target: the class that the network shall say of all.
        size: the patch's edge in pixels; by default two fifths of a photo's shorter edge, which is
            an eighth of its area.
        steps: of Adam.
        together: in so many photos it is tried at each step.
        rate: of Adam, in grey levels, at the beginning; it falls along a cosine.
        rules: {op or Tensor: rule}, as `grad` takes them.
        rng: a random generator, or None for the same every time, of photos and places.
        resume: a Progress of an earlier run of the same settings, to go on behind it.

    Yields:
        Progress; its pixels are the patch, (1, 3, size, size), and its value the mean log
        probability of the target, in the photos of that step.

    Raises:
        ValueError: there is no such class, or the patch does not fit into a photo.
        Diverged: NaN or infinity came up.
    """
    check_photos(pixels)
    H, W = pixels.shape[2:]
    size = usual_size(pixels) if size is None else whole("the size of a patch", size, at_least=3)
    largest = int(size * ZOOM[1])
    if largest > min(H, W):
        raise ValueError(f"a patch of {size} pixels, which is {largest} at its largest, does not "
                         f"fit into photos of {H}×{W}")
    together = min(whole("together", together, at_least=1), len(pixels))

    def put_into_photos(patch, rngs):
        (rng,) = rngs
        chosen = rng.choice(len(pixels), together, replace=False)
        places = [somewhere(rng, size, (H, W)) for _ in chosen]
        return with_patch(pixels[chosen], patch, places=places)

    start = mean_colour(net, pixels) + 0 * pixels[:1, :, :size, :size]
    return optimize(
        net, start, -1 / together * cross_entropy(target),
        step=ascend(Adam(), cosine(rate, whole("steps", steps, at_least=1))), steps=steps,
        transforms=[put_into_photos], rules=rules, rng=generators(rng, 1), resume=resume,
    )


def patched(net, pixels, *, patch, target: int, rng=None) -> Attacked:
    """Try a patch in photos, in each of them somewhere else.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        patch: (1, 3, size, size).
        target: what it shall make the network say.
        rng: a random generator for each photo, or one that has such children, of the places.

    Returns:
        the record; the mean of its `success` is how often it works.

    Raises:
        ValueError: a photo is the target already, or the patch does not fit.
    """
    aim = aim_at(net, pixels, None, target)
    places = [somewhere(rng, patch.shape[-1], pixels.shape[2:])
              for rng in generators(rng, len(pixels))]
    return attacked(net, pixels, with_patch(pixels, patch, places=places), aim)


def with_patch(pixels, patch, *, places: Sequence[Place] | None = None):
    """Put a round patch into photos; what it does not cover stays.

    Args:
        pixels: (N, 3, H, W), RGB, 0–255.
        patch: (1, 3, size, size), an array or a Tensor.
        places: one for each photo; by default in the middle.

    Returns:
        (N, 3, H, W), of the patch's kind.

    Raises:
        ValueError: it does not lie in the photo, or the places are not as many as the photos.
    """
    xp, (N, _, H, W) = array_module(pixels), pixels.shape
    size = patch.shape[-1]
    if patch.shape != (1, 3, size, size) or size < 2:
        raise ValueError(f"a patch has the shape (1, 3, size, size), not {patch.shape}")
    places = [Place((H - size) // 2, (W - size) // 2, size)] * N if places is None else places
    covered = []
    for n, (top, left, edge, degrees) in enumerate(places):
        if min(top, left) < 0 or top + edge > H or left + edge > W:
            raise ValueError(f"a patch of {edge} pixels at {top}, {left} does not lie in a photo "
                             f"of {H}×{W}")
        around = [(0, 0), (0, 0), (top, H - top - edge), (left, W - left - edge)]
        there = xp.asarray(np.pad(disc(edge)[None, None], around))          # (1, 1, H, W)
        lying = ops.pad(turned(patch, edge, degrees), around)               # (1, 3, H, W)
        covered.append(ops.where(there, lying, pixels[n : n + 1]))
    if len(covered) != N:
        raise ValueError(f"{len(covered)} places do not fit {N} photos: one for each")
    return ops.concatenate(covered)


def usual_size(pixels) -> int:
    """Two fifths of the shorter edge."""
    return max(3, 2 * min(pixels.shape[2:]) // 5)


def somewhere(rng, size: int, image) -> Place:
    """A place, a size and an angle, all drawn."""
    edge = max(1, round(size * rng.uniform(*ZOOM)))
    top, left = (int(rng.integers(n - edge + 1)) for n in image)
    return Place(top, left, edge, rng.uniform(-TURN, TURN))


def disc(edge: int):
    """Which pixels of a square lie in the circle within: (edge, edge), bool."""
    at = np.arange(edge) + 0.5 - edge / 2
    return at[:, None] ** 2 + at**2 <= (edge / 2) ** 2


def turned(patch, edge: int, degrees: float):
    """The patch at another size and angle, bilinearly: (1, 3, s, s) → (1, 3, edge, edge).

    Each pixel looks back to where it comes from, between four pixels of the patch.
    """
    s, angle = patch.shape[-1], np.deg2rad(degrees)
    at = (np.arange(edge) + 0.5) / edge - 0.5
    down, right = at[:, None], at
    row = np.cos(angle) * down - np.sin(angle) * right                      # (edge, edge)
    column = np.sin(angle) * down + np.cos(angle) * right
    row, column = ((place + 0.5) * s - 0.5 for place in (row, column))
    row, column = row.clip(0, s - 1), column.clip(0, s - 1)
    up, near = (np.floor(place).astype(int).clip(0, s - 2) for place in (row, column))
    like, total = data_of(patch), 0
    xp = array_module(like)
    for r in (up, up + 1):
        for c in (near, near + 1):
            share = (1 - abs(row - r)) * (1 - abs(column - c))
            total = total + patch[:, :, r, c] * xp.asarray(share, like.dtype)
    return total
