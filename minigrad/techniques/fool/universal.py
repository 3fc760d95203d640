r"""One perturbation for all photos: what fools a network on photos that it has never seen.

    η ← 0;  for some photos x, until a share `fooling_rate` of them is fooled:

    "deepfool"  if the network says of x + η what it says of x:       Moosavi-Dezfooli et al. 2017,
                η ← P_ε(η + Δ),  Δ the shortest way out of x + η      algorithm 1, eq. 1
    "loss"      v ← μ v + Σ ∂J(x + η)/∂x / size,                      after Shafahi et al. 2020,
                η ← P_ε(η + the steepest step along v)                section 3

P_ε is the way back into ‖η‖ ≤ ε.  Each photo adds its own way out, and η keeps what many have in
common: the boundaries of classes lie alike around most photos (section 5 of the first).  A way out
of one photo alone (DeepFool's) is mostly that photo's; it takes hundreds for the rest to cancel.
The loss of ten at once is nearer to what they share.

η is one image for all, and so it is judged on photos that it was not made with.

Read before: deepfool.py, gradient_sign.py.  Read next: sticker.py.
"""

from collections.abc import Callable, Iterator

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import nearest, number, whole
from minigrad.techniques.fool.aims import aim_at, check_photos, cross_entropies
from minigrad.techniques.fool.balls import PIXELS, checked_norm, into_ball, steepest
from minigrad.techniques.fool.deepfool import deepfool
from minigrad.techniques.fool.record import Attacked, attacked
from minigrad.techniques.make.loop import Progress
from minigrad.techniques.objectives import activations
from minigrad.tensor import Tensor, grad

TOGETHER = {"loss": 10, "deepfool": 1}  # photos that η meets at once, by the way it is made
MOMENTUM = 0.9  # μ
STEP = 8  # ε is so many steps of "loss" long


def universal(net, pixels, *, epsilon: float = 16.0, rng=None, **settings) -> Attacked:
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
    return with_eta(net, pixels, eta=eta)


def with_eta(net, pixels, *, eta) -> Attacked:
    """Put η (1, 3, H, W) onto photos that it may never have seen, and say what comes of it.

    Returns:
        the record; the mean of its `success` is the fooling rate.
    """
    aim = aim_at(net, pixels, None, None)
    return attacked(net, pixels, (pixels + eta).clip(0, 255), aim)


def universal_steps(
    net, photos, *, way: str = "loss", epsilon: float = 16.0, norm: str = "linf",
    fooling_rate: float = 0.9, passes: int = 8, rng=None,
) -> Iterator[Progress]:  # fmt: skip
    """Make one η, step by step.

    Args:
        net: a network.
        photos: (N, 3, H, W), RGB, 0–255.
        way: "loss" or "deepfool", as above.
        epsilon: ε, in grey levels of the norm.
        norm: "linf", "l2" or "l1", of η; DeepFool's way out is the nearest in ‖·‖₂ all the same.
        fooling_rate: it ends behind a pass in which so many were fooled before η met them.
        passes: through all photos, at most.
        rng: a random generator, in which order they come; None is the same every time.

    Yields:
        Progress(photos met so far, η (1, 3, H, W), the share of this pass that was fooled when η
        met it); η is no picture, and has both signs.

    Raises:
        ValueError: there is no such way, ε is negative, the rate is no share, or the pixels are no
            photos.
    """
    if way not in TOGETHER:
        raise ValueError(f"a universal perturbation is not made by {way!r}; "
                         f"{nearest(way, TOGETHER)}")
    epsilon, norm = number("ε", epsilon, at_least=0), checked_norm(norm)
    number("the fooling rate", fooling_rate, at_least=0, at_most=1)
    passes, rng = whole("passes", passes, at_least=1), rng or np.random.default_rng(0)
    answers = aim_at(net, photos, None, None).label
    make = _by_loss if way == "loss" else _by_deepfool
    return _passes(photos, passes, fooling_rate, rng, TOGETHER[way],
                   make(net, photos, answers, epsilon, norm))


def _passes(photos, passes, fooling_rate, rng, together: int, move: Callable):
    """Go through the photos in random order: move(η, which of them) → η, how many were fooled."""
    eta, met, N = array_module(photos).zeros_like(photos[:1]), 0, len(photos)
    for _ in range(passes):
        order, fooled = rng.permutation(N), 0
        for start in range(0, N, together):
            at = order[start : start + together]
            eta, count = move(eta, at)
            met, fooled = met + len(at), fooled + count
            yield Progress(met, eta, fooled / (start + len(at)))
        if fooled >= fooling_rate * N:
            return


def _by_deepfool(net, photos, answers, epsilon: float, norm: str):
    def move(eta, at):
        x = (photos[at] + eta).clip(0, 255)                                 # (1, 3, H, W)
        if to_numpy(net.scores(x)).argmax() != answers[at]:
            return eta, 1
        # η ← P_ε(η + Δ)
        out = deepfool(net, x, steps=10, candidates=4).perturbation
        return into_ball(eta + out, epsilon, norm), 0

    return move


def _by_loss(net, photos, answers, epsilon: float, norm: str):
    v = 0 * photos[:1]

    def move(eta, at):
        nonlocal v
        x, J = Tensor((photos[at] + eta).clip(0, 255)), cross_entropies(answers[at])
        acts = activations(net, x, J)
        g = grad(J(acts), [x])[0].sum(axis=0, keepdims=True)                # (1, 3, H, W)
        size = abs(g).mean(axis=PIXELS, keepdims=True)
        # v ← μ v + Σ ∂J/∂x / size
        v = MOMENTUM * v + g / (size + (size == 0))
        fooled = int((to_numpy(acts.scores.data).argmax(axis=1) != answers[at]).sum())
        # η ← P_ε(η + the steepest step along v)
        return into_ball(eta + steepest(v, epsilon / STEP, norm), epsilon, norm), fooled

    return move
