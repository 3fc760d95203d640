r"""Which pixels matter: the gradient at the image, under any rule.

Let S(x) be a class score or a unit's activation.  Near the photo x₀

    S(x) ≈ S(x₀) + ⟨w, x − x₀⟩,   w = ∂S/∂x at x₀          (Simonyan et al. 2014, eq. 3 and 4)

so |w| says how much a grey level more or less at each pixel would change S.  The deconvnet and
guided backpropagation walk the same way back with another rule at relu (minigrad/rules.py).  Their
pictures are cleaner and say less: guided backpropagation finds the edges of the photo wherever the
unit looks, and hardly depends on the class (Adebayo et al. 2018, "Sanity checks").

A backward pass needs some bits from the forward pass, and each kind can be left out (Mahendran and
Vedaldi 2016, "Salient deconvolutional networks"): relu's mask [x > 0] and max pooling's switches,
which say where the largest was.  Relu may also be applied to the gradient, [g > 0].  `panel` shows
all eight combinations.

Read before: techniques/objectives.py and minigrad/rules.py.  Read next: filters.py, smooth.py.
"""

import itertools
from typing import Any, NamedTuple

from minigrad import ops
from minigrad.rules import backpropagation, deconvnet, guided
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, ancestors, grad

RULES = {
    "backpropagation": backpropagation,
    "deconvnet": deconvnet,
    "guided backpropagation": guided,
}


def gradient(net, pixels, objective: Objective, *, rules=None):
    r"""w = ∂S/∂x at the image.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S.
        rules: {op or Tensor: rule}, in place of their own gradients; {relu: guided}, say.

    Returns:
        (N, 3, H, W), in score per grey level.

    Raises:
        UnusedRule: a rule's op does not lie between the objective and the image (a ValueError).
    """
    x = Tensor(pixels)
    S = objective(activations(net, x, objective))
    return grad(S, [x], rules=rules)[0]


def saliency(net, pixels, objective: Objective, *, rules=None):
    r"""Which pixels matter:  M[i, j] = max_c |w[c, i, j]|       (Simonyan et al. 2014, section 3.1)

    Arguments and errors are those of `gradient`.

    Returns:
        (N, H, W), in score per grey level.
    """
    return over_colours(gradient(net, pixels, objective, rules=rules))


def over_colours(w):
    """The largest |w| among the three colours of each pixel: (N, 3, H, W) → (N, H, W)."""
    return abs(w).max(axis=1)


def input_times_gradient(net, pixels, objective: Objective, *, rules=None):
    r"""What each pixel adds:  (x − mean colour) · w          (Shrikumar et al. 2016, section 3)

    In a linear network it is each pixel's share of S(x) − S(mean colour); in others the first term
    of a series.  The mean colour is what the network sees as zero, so there nothing is added.

    Arguments and errors are those of `gradient`.

    Returns:
        (N, 3, H, W), in score, with either sign.
    """
    w = gradient(net, pixels, objective, rules=rules)
    return (pixels - mean_colour(net, pixels)) * w


def added_colours(shares):
    """The shares of a score that a pixel's colours have, together: (N, 3, H, W) → (N, H, W)."""
    return shares.sum(axis=1)


def by_rule(net, pixels, objective: Objective) -> dict[str, Any]:
    """The gradient with each of `RULES` at relu, from one forward pass.

    pixels (N, 3, H, W) → {name: (N, 3, H, W)}, in score per grey level.

    Raises:
        UnusedRule: no relu lies between the objective and the image (a ValueError).
    """
    x = Tensor(pixels)
    S = objective(activations(net, x, objective))
    return {name: grad(S, [x], rules={ops.relu: rule})[0] for name, rule in RULES.items()}


class Bits(NamedTuple):
    """What a backward pass takes from the forward pass, and what it drops of itself."""

    mask: bool          # relu: only units that were on, [x > 0]
    switches: bool      # max pooling: back to the winner, not to all of the window
    backward_relu: bool  # relu: only gradients that speak for the output, [g > 0]

    def __str__(self):
        named = {"mask": self.mask, "switches": self.switches, "relu backward": self.backward_relu}
        return " + ".join(name for name, kept in named.items() if kept) or "nothing"


def panel(net, pixels, objective: Objective) -> dict[Bits, Any]:
    """The gradient for every combination of the three bits, from one forward pass.

    (mask, switches) is backpropagation, (switches, backward relu) the deconvnet, all three guided
    backpropagation; without mask and switches nothing of the photo is left, and the picture is the
    same for every photo.  Where no relu or no max pooling lies between the objective and the image
    its bits change nothing, and they are left as backpropagation has them.

    pixels (N, 3, H, W) → {bits: (N, 3, H, W)}, of eight, four, two or one.
    """
    x = Tensor(pixels)
    S = objective(activations(net, x, objective))
    passed = {tensor.step.op for tensor in ancestors(S) if tensor.step}
    relu, pool = ops.relu in passed, ops.max_pool2d in passed
    kept = [False, True]
    every = itertools.product(
        kept if relu else [True], kept if pool else [True], kept if relu else [False]
    )
    return {
        bits: grad(S, [x], rules={op: r for op, r in _rules(bits).items() if op in passed})[0]
        for bits in itertools.starmap(Bits, every)
    }


def _rules(bits: Bits):
    def at_relu(g, x):
        if bits.mask:
            g = g * (x > 0)
        return g * (g > 0) if bits.backward_relu else g

    return {ops.relu: at_relu} | ({} if bits.switches else {ops.max_pool2d: to_the_whole_window})


def to_the_whole_window(g, x, **window):
    """Unpool without switches: hand an equal share to every pixel of the window."""
    shares = Tensor(x)
    return grad(ops.avg_pool2d(shares, **window), [shares], seed=g)[0]
