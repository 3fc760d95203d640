"""Wrong on purpose: a photo in the style of a painting, with another loss than one believes.

Read before: making.py, make/gram.py, make/style.py.  Read next: attacking.py.
"""

from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.optim import LBFGS
from minigrad.techniques.make.gram import gram
from minigrad.techniques.make.loop import optimize
from minigrad.techniques.make.regularizers import total_variation
from minigrad.techniques.make.steps import quasi_newton
from minigrad.techniques.make.style_presets import style_preset_for
from minigrad.techniques.make.transforms import to_size
from minigrad.techniques.mistakes.looking import GITHUB
from minigrad.techniques.mistakes.making import last_of
from minigrad.techniques.mistakes.table import Mistake, Shown
from minigrad.techniques.objectives import Objective, activations, code
from minigrad.tensor import Tensor, grad

PAINTED = 25    # steps
GRAIN = 1e-8    # weight of the total variation
SMOOTH = 1e-5   # and one that shows


class Painted(NamedTuple):
    """The picture, (1, 3, H, W), and the Gram matrix that it was made with."""

    pixels: Any
    gram: Any


def channels_mixed(shown):
    """A Gram matrix of features that were reshaped along the wrong axes.

    F shall have a row for each channel.  Where (H, W, C) is reshaped to (C, H·W), or (C, H, W) to
    (H·W, C), its rows are made of pieces of all channels; the shapes fit, and the loss falls.
    """
    def mixed(a):
        _, C, H, W = a.shape
        F = ops.reshape(a, (H * W, C))
        return (ops.matmul(F.T, F) / (H * W))[None]

    return painted(shown, mixed, to_size(shown.painting, shown.x.shape[2:]))


def channels_in_rows(shown):
    """G = F Fᵀ / (H·W), the rows of F being channels."""
    return painted(shown, gram, to_size(shown.painting, shown.x.shape[2:]))


def depends_on_places(shown, result: Painted) -> float:
    """By how much G changes when all places are put in another order, over ‖G‖."""
    a = shown.net(shown.x, only=[layer := shown.net.default_layer])[layer]
    order = np.random.default_rng(0).permutation(a.shape[2] * a.shape[3])
    shuffled = a.reshape(*a.shape[:2], -1)[:, :, order].reshape(a.shape)
    return _distance(result.gram(shuffled), result.gram(a))


def gram_of_sums(shown):
    """A Gram matrix that is not divided by the number of places.

    A painting of twice the edge has four times the sums.  The picture shall have them on a quarter
    of the places, and can only shout.
    """
    def summed(a):
        return gram(a) * (a.shape[2] * a.shape[3])

    return painted(shown, summed, _twice(shown))


def gram_of_means(shown):
    """The mean over the places, so that images of two sizes compare."""
    return painted(shown, gram, _twice(shown))


def depends_on_size(shown, result: Painted) -> float:
    """By how much the painting's G changes when it hangs twice as large, over ‖G‖."""
    once, twice = to_size(shown.painting, shown.x.shape[2:]), _twice(shown)
    layer = style_preset_for(shown.net).style_layers[0]
    G = [result.gram(shown.net(p, only=[layer])[layer]) for p in (twice, once)]
    return _distance(*G)


def _twice(shown):
    return to_size(shown.painting, [2 * n for n in shown.x.shape[2:]])


def _distance(G, other) -> float:
    return float(((G - other) ** 2).sum() ** 0.5 / (other**2).sum() ** 0.5)


def painted(shown: Shown, gram, painting) -> Painted:
    """The photo in the style of a painting, for a Gram matrix of one's own."""
    E = style_of_painting(shown, gram, painting)
    x = last_of(optimize(shown.net, shown.x, E, step=quasi_newton(), steps=PAINTED,
                         penalties=[lambda u: GRAIN * total_variation(u)]))
    return Painted(x, gram)


def style_of_painting(shown: Shown, gram, painting) -> Objective:
    """− ‖a − a(photo)‖² / ‖a(photo)‖² − 20 · the mean of ‖G − T‖² / ‖T‖²."""
    preset = style_preset_for(shown.net)
    (content,), styles = preset.content_layers, preset.style_layers
    T = {layer: gram(a) for layer, a in shown.net(painting, only=styles).items()}
    same = code(content, shown.net(shown.x, only=[content])[content])

    def value(acts):
        far = [((gram(acts[layer]) - T[layer]) ** 2).sum() / float((T[layer] ** 2).sum())
               for layer in styles]
        return -same(acts) - preset.style_weight / len(styles) * sum(far)

    return Objective("style", (*styles, content), value)


class Run(NamedTuple):
    """The picture, (1, 3, H, W), and the steps until no step went down any more."""

    pixels: Any
    steps: int


def gradient_without_its_loss(shown):
    """Total variation in the gradient, and not in the loss.

    The gradient of the smoothness is added and its value is not.  L-BFGS measures each step by the
    loss and takes its direction from the gradient of another function.
    """
    return _smoothed(shown, counted=False)


def loss_and_gradient(shown):
    """Both of one function."""
    return _smoothed(shown, counted=True)


def _smoothed(shown, counted: bool) -> Run:
    E = style_of_painting(shown, gram, to_size(shown.painting, shown.x.shape[2:]))

    def f(x):
        X = Tensor(x)
        loss, smooth = -E(activations(shown.net, X, E)), SMOOTH * total_variation(X)
        g = sum(grad(part, [X])[0] for part in (loss, smooth))
        return loss.data + (smooth.data if counted else 0), g

    way = [shown.x, *(now.x for now in islice(LBFGS().minimise(f, shown.x), PAINTED))]
    return Run(way[-1].clip(0, 255), len(way) - 1)


def steps_taken(shown, result: Run) -> float:
    """Steps until L-BFGS found none that goes down."""
    return result.steps


PAINTING = (
    Mistake(
        channels_mixed, channels_in_rows, depends_on_places,
        "change of G when all places change their order",
        (GITHUB + "marcopeix/Deep_Learning_AI/issues/1",), form="{:.0%}",
        picture=lambda result: result.pixels,
    ),
    Mistake(
        gram_of_sums, gram_of_means, depends_on_size,
        "change of G when the painting hangs twice as large",
        (GITHUB + "leongatys/PytorchNeuralStyleTransfer/issues/14",), form="{:.0%}",
        picture=lambda result: result.pixels,
    ),
    Mistake(
        gradient_without_its_loss, loss_and_gradient, steps_taken,
        f"steps of L-BFGS, of {PAINTED}, until none goes down",
        (GITHUB + "jcjohnson/neural-style/issues/219",), form="{:.0f}",
        picture=lambda result: result.pixels,
    ),
)  # fmt: skip
