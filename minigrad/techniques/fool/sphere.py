r"""Is it noise that fools a network?  A thousand random points, twice as far away as the attack.

An attack found x̃ beside a photo x, where the network says something else.  Were that a matter of
distance, then most points of the sphere of radius 2 ‖x − x̃‖₂ around x would do the same; nearly
none does (Fleuret, Deep learning, lecture 9.4).  The photo lies well inside of its class, and the
attack knows the one direction in which the border is near:

    x + r u,   u = z / ‖z‖₂,  zᵢ ~ N(0, 1)        a random point of the sphere of radius r

In a linear network with the score ⟨w, x⟩, d away from its border, such a point moves towards the
border by r ⟨u, w⟩ / ‖w‖, and a random direction in n dimensions has hardly anything to do with w:

    shift / d = (r/d) ⟨u, w/‖w‖⟩,        of mean 0 and standard deviation (r/d) / √n

For r = 2 d and the 49,152 numbers of a small photo that is 0.009: to fall over the border a point
would have to lie 111 standard deviations out.

That holds of the smallest move that does it.  An attack may go further than it need; twice as far
as that is heavy noise, and some points flip.

Points outside of [0, 255] are no photos.  They are clipped, which takes them closer to x in a photo
that has black or white parts; so the radius that was really reached is reported.

Read before: linear.py, record.py.  Read next: directions.py.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.fool.balls import length
from minigrad.techniques.look.masks import parts
from minigrad.techniques.make.loop import generators


class Sphere(NamedTuple):
    """What a network says of random points around N photos.

    Attributes:
        flips: (N,), how many of the points have another answer than their photo.
        points: of so many.
        wanted: (N,), the radius that was wanted, in grey levels of ‖·‖₂.
        radius: (N,), the radius that was reached after clipping, in the mean.
        answers: (N, K), how many points of each photo have which answer.
        before: (N,), the answer to each photo.
        example: (N, 3, H, W), one of the points of each.
    """

    flips: np.ndarray
    points: int
    wanted: np.ndarray
    radius: np.ndarray
    answers: np.ndarray
    before: np.ndarray
    example: Any


def sphere(
    net, pixels, adversarial, *, points: int = 1000, ratio: float = 2.0, batch: int = 50,
    rng: np.random.Generator | None = None, progress=iter,
) -> Sphere:
    r"""Ask a network about random points of the sphere of radius ratio · ‖x − x̃‖₂ around x.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        adversarial: x̃, of the same shape: what an attack found, `record.adversarial`.
        points: how many, for each photo.
        ratio: how many times as far away as x̃.
        batch: how many points are asked at once.
        rng: what the points are drawn from; None is the same every time.
        progress: wraps the list of batches, as tqdm does.

    Raises:
        ValueError: the shapes differ, an attack went nowhere, or there are no points.
    """
    points, ratio = whole("points", points, at_least=1), number("ratio", ratio, above=0)
    wanted = ratio * length(moves(pixels, adversarial))                     # (N,)
    scores = to_numpy(net.scores(pixels))                                   # (N, K)
    reached, answers = np.zeros(len(pixels)), np.zeros(scores.shape, int)
    rngs, example = generators(rng, len(pixels)), 0 * pixels
    work = [(n, several) for n in range(len(pixels)) for several in parts(points, batch)]
    for n, several in progress(work):
        x, count = pixels[n : n + 1], several.stop - several.start
        some = on_sphere(x, wanted[n], [rngs[n]] * count).clip(0, 255)      # (count, 3, H, W)
        reached[n] += float(length(some - x).sum())
        np.add.at(answers[n], to_numpy(net.scores(some)).argmax(axis=1), 1)
        example[n] = some[0]
    before = scores.argmax(axis=1)
    flips = points - answers[np.arange(len(pixels)), before]
    return Sphere(flips, points, to_numpy(wanted), reached / points, answers, before, example)


def on_sphere(x, radius, rngs: Sequence[np.random.Generator]):
    r"""A random point for each generator, all directions equally likely: x + r z / ‖z‖₂.

    x (1, 3, H, W) or one for each → (len(rngs), 3, H, W); they may leave [0, 255].
    """
    xp = array_module(x)
    z = xp.asarray(np.stack([rng.normal(size=x.shape[1:]) for rng in rngs]), x.dtype)
    # x + r z / ‖z‖
    return x + z * (radius / length(z)).reshape(-1, 1, 1, 1)


def moves(pixels, adversarial):
    """η = x̃ − x of each photo, (N, 3, H, W), none of them 0.

    Raises:
        ValueError: the shapes differ, or an attack went nowhere.
    """
    if pixels.shape != adversarial.shape or not pixels.size:
        raise ValueError(f"photos {pixels.shape} and what became of them {adversarial.shape} "
                         "have to have the same shape (N, 3, H, W)")
    eta = adversarial - pixels
    still = to_numpy(length(eta)) == 0
    if still.any():
        raise ValueError(f"photo {int(still.argmax())} was not moved by its attack: there is no "
                         "direction to follow")
    return eta
