r"""One perturbation for all photos: what fools a network on most of what it has never seen.

    η ← 0
    for each photo x, until a share `fooling_rate` of them is fooled:
        if the network says of x + η what it says of x:
            Δ = the shortest way from x + η to another answer       (deepfool.py)
            η ← P_ε(η + Δ)                                          back into ‖η‖ ≤ ε
                                        Moosavi-Dezfooli et al. 2017, algorithm 1 and eq. 1

Each photo adds its own way out, and η keeps what many have in common: the boundaries of classes
lie alike around most photos (section 5).  η is one image for all, and so it is judged on photos
that it was not made with.

Read before: deepfool.py.  Read next: sticker.py.
"""

from collections.abc import Iterator

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.fool.aims import aim_at, check_photos
from minigrad.techniques.fool.balls import checked_norm, into_ball
from minigrad.techniques.fool.deepfool import deepfool
from minigrad.techniques.fool.record import Attacked, attacked
from minigrad.techniques.make.loop import Progress


def universal(net, pixels, *, epsilon: float = 10.0, rng=None, **settings) -> Attacked:
    """Make one η for all photos: the record's `perturbation`, but where the box cuts it off.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255, the photos that it is made with.
        epsilon: ε, in grey levels of the norm.
        rng: in which order they come; None is the same every time.
        settings: of `universal_steps`.

    Returns:
        the record of these photos, each with η on it.
    """
    check_photos(pixels)
    eta = 0 * pixels[:1]
    for progress in universal_steps(net, pixels, epsilon=epsilon, rng=rng, **settings):
        eta = progress.pixels
    return with_eta(net, pixels, eta)


def with_eta(net, pixels, eta) -> Attacked:
    """Put η (1, 3, H, W) onto photos that it may never have seen, and say what comes of it.

    Returns:
        the record; the mean of its `success` is the fooling rate.
    """
    aim = aim_at(net, pixels, None, None)
    return attacked(net, pixels, (pixels + eta).clip(0, 255), aim)


def universal_steps(
    net, photos, *, epsilon: float = 10.0, norm: str = "linf", fooling_rate: float = 0.8,
    passes: int = 5, steps: int = 10, candidates: int = 4, rng=None,
) -> Iterator[Progress]:  # fmt: skip
    """Make one η, photo by photo.

    Args:
        net: a network.
        photos: (N, 3, H, W), RGB, 0–255.
        epsilon: ε, in grey levels of the norm.
        norm: "linf", "l2" or "l1", of η; the way out of each photo is the nearest in ‖·‖₂.
        fooling_rate: it ends behind a pass in which so many were fooled already.
        passes: through all photos, at most.
        steps: of DeepFool, for each photo.
        candidates: of DeepFool.
        rng: a random generator, in which order they come; None is the same every time.

    Yields:
        Progress(photos seen so far, η (1, 3, H, W), the share of this pass that was fooled without
        a step of its own); η is no picture, and has both signs.

    Raises:
        ValueError: ε is negative, the rate is no share, or the pixels are no photos.
    """
    epsilon, norm = number("ε", epsilon, at_least=0), checked_norm(norm)
    number("the fooling rate", fooling_rate, at_least=0, at_most=1)
    passes, rng = whole("passes", passes, at_least=1), rng or np.random.default_rng(0)
    answers = aim_at(net, photos, None, None).label
    return _passes(net, photos, answers, epsilon, norm, fooling_rate, passes, rng,
                   {"steps": steps, "candidates": candidates})


def _passes(net, photos, answers, epsilon, norm, fooling_rate, passes, rng, settings):
    eta, seen = array_module(photos).zeros_like(photos[:1]), 0
    for _ in range(passes):
        fooled = 0
        for done, n in enumerate(rng.permutation(len(photos)), 1):
            x = (photos[n : n + 1] + eta).clip(0, 255)
            if to_numpy(net.scores(x)).argmax() != answers[n]:
                fooled += 1
            else:
                # η ← P_ε(η + Δ)
                eta = into_ball(eta + deepfool(net, x, **settings).perturbation, epsilon, norm)
            seen += 1
            yield Progress(seen, eta, fooled / done)
        if fooled >= fooling_rate * len(photos):
            return
