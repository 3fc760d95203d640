r"""Carlini and Wagner's attack: the smallest move, by an optimiser that cannot leave the box.

    minimise  ‖x − x₀‖² + c · max(−lead(x), −κ)         Carlini and Wagner 2017, section V.A, f₆
    with      x = 255 · ½ (tanh w + 1)                  section V.B

`lead` says by how much the class that is wanted leads in the scores: S_t − max_{i≠t} S_i, or, of
any other class than y, max_{i≠y} S_i − S_y.  Unlike the cross entropy it never saturates, and
behind the boundary it asks for no more than κ.  Whatever w, the pixels are within 0–255, so Adam
goes where it likes.  c is found for each photo (balance.py): it is enough where the last step is
still beyond the boundary.  Each search begins at the nearest image so far, with steps half as long
as before: Adam's are as long where a network is fooled at once as where it is not.

Distances are measured on pixels of 0–1, as in the paper, and so c means the same; w is the
pixels' own coordinate, without a unit.

Read before: balance.py, minigrad/optim.py.  Read next: lbfgs_attack.py.
"""

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.fool.aims import aim_at
from minigrad.techniques.fool.balance import smallest, squared
from minigrad.techniques.fool.record import Attacked, attacked, input_where_failed
from minigrad.techniques.objectives import SCORES, Objective, activations
from minigrad.tensor import Tensor, grad

INSIDE = 0.999999  # as the authors' code: tanh reaches black and white only at infinity
SCORE = Objective("the scores", (SCORES,), lambda acts: acts.scores)


def carlini_wagner(
    net, pixels, *, target=None, kappa: float = 0.0, c: float = 1.0, searches: int = 5,
    steps: int = 30, rate: float | None = None, rules=None,
) -> Attacked:  # fmt: skip
    r"""Find the nearest image, in ‖·‖₂, of which the network says something else.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        target: the class that each shall become, a number for all or (N,); None for any other.
        kappa: κ, by how much it shall lead; 0 just wins.
        c: the first to be tried.
        searches: so many values of c.
        steps: of Adam, for each of them.
        rate: of Adam's first step; it falls to 0 along a cosine, so that the last steps settle.  By
            default 0.01, the paper's, and 0.03 towards a target, which may be far.
        rules: {op or Tensor: rule}, in place of some ops' gradients.

    Returns:
        the record; where the attack failed it holds the photo itself.

    Raises:
        ValueError: κ is negative, c is not above 0, the pixels are no photos, or a target is said
            already.
    """
    kappa, steps = number("κ", kappa, at_least=0), whole("steps", steps, at_least=1)
    rate = (0.01 if target is None else 0.03) if rate is None else number("rate", rate, above=0)
    aim, xp, lr = aim_at(net, pixels, None, target), array_module(pixels), cosine(rate, steps)

    def attempt(cs, begin, found):
        w = xp.arctanh((begin / 127.5 - 1).clip(-1, 1) * INSIDE)
        share = xp.asarray(0.5**found, w.dtype).reshape(-1, 1, 1, 1)
        best, nearest, adam = pixels, np.full(len(pixels), np.inf), Adam()
        for step in range(steps + 1):
            x, distance, lead, g = loss(net, w, pixels, aim, cs, kappa, rules)
            won = (lead > 0) & (lead >= kappa)
            better = won & (distance < nearest)
            best = xp.where(xp.asarray(better).reshape(-1, 1, 1, 1), x, best)
            nearest = np.where(better, distance, nearest)
            w = w + share * (adam.step({"w": w}, {"w": g}, lr(step))["w"] - w)
        return best, nearest, won

    return input_where_failed(attacked(net, pixels, smallest(attempt, pixels, c, searches), aim))


def loss(net, w, pixels, aim, cs, kappa: float, rules=None):
    """Look at the images that w stands for.

    Returns:
        x (N, 3, H, W); ‖x − x₀‖² and the lead of each, (N,), as NumPy's; ∂loss/∂w.
    """
    W, xp = Tensor(w), array_module(w)
    # x = 255 · ½ (tanh w + 1)
    X = (ops.tanh(W) + 1) * 127.5
    distance = squared(X - pixels)                                          # (N,)
    lead = aim.lead(activations(net, X, SCORE).scores)                      # (N,)
    # ‖x − x₀‖² + c · max(−lead, −κ)
    total = (distance + xp.asarray(cs, w.dtype) * ops.maximum(-lead, -kappa)).sum()
    g, = grad(total, [W], rules=rules)
    return X.data, to_numpy(distance.data), to_numpy(lead.data), g
