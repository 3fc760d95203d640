r"""DeepFool: the nearest boundary, as if the network were linear, again and again.

Where scores are linear in x, class k wins over y beyond a plane, and the plane's distance is known:

    w_k = ∇ₓ(S_k − S_y),   f_k = S_k − S_y
    l = argmin_k |f_k| / ‖w_k‖₂                 the nearest of them         Moosavi-Dezfooli et al.
    r = |f_l| / ‖w_l‖₂² · w_l                   the way to it                  2016, eq. 8 and 9

A network is linear only nearby, so the step is repeated from where it led.  A share `overshoot`
more than the sum of all steps takes it across.  In ‖·‖∞ the distance of a plane is |f|/‖w‖₁, and
the way to it sign w: again the dual norm, and the steepest move of balls.py.

With a target there is one boundary to come to, that between the target and the best of the others.

Read before: gradient_sign.py, balls.py.  Read next: carlini_wagner.py.
"""

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.fool.aims import Aim, aim_at
from minigrad.techniques.fool.balls import checked_norm, length, steepest
from minigrad.techniques.fool.record import Attacked, attacked, input_where_failed
from minigrad.techniques.objectives import SCORES, Objective, activations
from minigrad.tensor import Tensor, grad

DUAL = {"l2": "l2", "linf": "l1"}
BEYOND = 1e-4  # grey levels on top of each step, as the authors' code has it: none is of length 0


def deepfool(
    net, pixels, *, target=None, norm: str = "l2", steps: int = 50, candidates: int = 10,
    overshoot: float = 0.02, rules=None,
) -> Attacked:  # fmt: skip
    r"""Walk to the nearest boundary: r = |f_l| / ‖w_l‖² · w_l, until the answer changes.

    There is no ε: it is what the attack finds.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        target: the class that each shall become, a number for all or (N,); None for any other.
        norm: in which the nearest is sought, "l2" or "linf".
        steps: at most so many.
        candidates: how many of the likeliest classes are looked at, the photo's own among them.
        overshoot: how much further than the boundary, as a share of the way.
        rules: {op or Tensor: rule}, in place of some ops' gradients.

    Returns:
        the record; where the attack failed it holds the photo itself.

    Raises:
        ValueError: the norm is another, the pixels are no photos, a target is said already.
    """
    if checked_norm(norm) not in DUAL:
        raise ValueError(f"DeepFool knows the nearest point of a plane in {' and '.join(DUAL)}, "
                         f"not in {norm}")
    steps, candidates = whole("steps", steps, at_least=1), whole("candidates", candidates, 2)
    overshoot = number("overshoot", overshoot, at_least=0)
    aim, xp = aim_at(net, pixels, None, target), array_module(pixels)
    x, way, left = pixels.copy(), xp.zeros_like(pixels), np.arange(len(pixels))
    for _ in range(steps):
        scores, f, w = planes(net, x[left], aim, left, candidates, rules)
        there = aim.lead(scores, left) > 0
        left, f, w = left[~there], f[~there], w[xp.asarray(~there)]
        if not left.size:
            break
        way[left] += nearest_step(f, w, norm)
        x[left] = (pixels[left] + (1 + overshoot) * way[left]).clip(0, 255)
    return input_where_failed(attacked(net, pixels, x, aim))


def planes(net, x, aim: Aim, at, candidates: int, rules=None):
    """f_k and w_k of each candidate, from one forward pass.

    Args:
        net: a network.
        x: (M, 3, H, W), where the photos have come to.
        aim: what is wanted of all N photos.
        at: (M,), which of them these are.
        candidates: see `deepfool`.
        rules: see `deepfool`.

    Returns:
        scores (M, K) and f (M, C) as NumPy arrays, and w (M, C, 3, H, W).
    """
    X = Tensor(x)
    S = activations(net, X, _SCORES).scores                                 # (M, K)
    scores, rows = to_numpy(S.data), np.arange(len(at))
    if aim.target is None:  # the first answer, and those that came next in the photo itself
        away = aim.label[at]
        ranked = (-aim.scores[at]).argsort(axis=1, kind="stable")
        towards = ranked[:, 1:candidates].T                                 # (C, M)
    else:
        towards = aim.target[None, at]
        away = np.where(np.arange(scores.shape[1]) == towards.T, -np.inf, scores).argmax(axis=1)
    own = S[rows, away]
    f = np.stack([scores[rows, k] - scores[rows, away] for k in towards], axis=1)
    w = [grad((S[rows, k] - own).sum(), [X], rules=rules)[0] for k in towards]
    return scores, f, array_module(x).stack(w, axis=1)


def nearest_step(f, w, norm: str):
    """The way to the nearest plane: f (M, C), w (M, C, 3, H, W) → (M, 3, H, W); 0 where all w are.

    Its length is BEYOND more than the distance, so that it never is 0 where w is not.  A class
    whose w is 0 everywhere cannot be come to from here: its plane is infinitely far.
    """
    xp, (M, C) = array_module(w), f.shape
    sizes = to_numpy(length(w.reshape(M * C, *w.shape[2:]), DUAL[norm])).reshape(M, C)
    # l = argmin_k |f_k| / ‖w_k‖*
    distances = np.where(sizes > 0, abs(f) / np.where(sizes > 0, sizes, 1), np.inf)
    nearest, rows = distances.argmin(axis=1), np.arange(M)
    far = distances[rows, nearest] + BEYOND
    far = xp.asarray(np.where(np.isfinite(far), far, 0), w.dtype).reshape(-1, 1, 1, 1)
    # r = |f_l| / ‖w_l‖* · the steepest move of length 1
    return steepest(w[rows, nearest], far, norm)


_SCORES = Objective("all scores", (SCORES,), lambda acts: acts.scores)
