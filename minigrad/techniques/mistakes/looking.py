"""Wrong on purpose: pictures of what a network sees that show something else.

Read before: table.py, look/gradient.py, look/grad_cam.py, look/integrated.py.
Read next: feeding.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import to_numpy
from minigrad.rules import guided
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.grad_cam import at_layer, enlarged, grad_cam, mean_gradient
from minigrad.techniques.look.gradient import (
    added_colours,
    gradient,
    input_times_gradient,
    saliency,
)
from minigrad.techniques.look.integrated import integrated_gradients
from minigrad.techniques.mistakes.table import Mistake, Shown
from minigrad.techniques.objectives import activations
from minigrad.tensor import Tensor, grad

STEPS = 16  # of integrated gradients

# ── Guided backpropagation ──────────────────────────────────────────────────────────────────────


class Guided(NamedTuple):
    """The picture, (1, 3, H, W), and the gradient that leaves each relu."""

    picture: Any
    below: list


def guided_at(shown: Shown, hooked) -> Guided:
    """The gradient of S with the guided rule at those relus that hooked(activation) chooses."""
    x, net = Tensor(shown.x), shown.net
    acts = net(x)
    relus = [name for name, layer in net.layers.items() if type(layer).__name__ == "Relu"]
    read = [acts[net.inputs[name][0]] for name in relus]
    rules = {acts[name]: guided for name in relus if hooked(acts[name])}
    picture, *below = grad(shown.S(acts), [x, *read], rules=rules)
    return Guided(picture, below)


def hooks_in_the_features(shown):
    """Guided backpropagation with hooks on the convolutional part alone.

    Walking through model.features puts a hook on every relu there and on none of the classifier.
    Its relus hand negative gradients on, so the picture is also made of what lowers the score.
    """
    return guided_at(shown, lambda relu: relu.ndim == 4)


def hooks_on_modules(shown):
    """Guided backpropagation where the hooks miss the functional relus.

    A hook is put on nn.ReLU modules.  Where a network calls F.relu in its convolutional part there
    is no module, nothing is said, and the picture is nearly the plain gradient.
    """
    return guided_at(shown, lambda relu: relu.ndim == 2)


def guided_everywhere(shown):
    """The rule stands at the op, {relu: guided}, so no relu is missed."""
    return guided_at(shown, lambda relu: True)


def let_through(shown, result: Guided) -> float:
    """How many relus let some negative gradient through."""
    return sum(bool((g < 0).any()) for g in result.below)


# ── Saliency ────────────────────────────────────────────────────────────────────────────────────


def sum_of_colours(shown):
    """Saliency as the sum over the colours.

    M says how much the score changes with one number of a pixel, so it takes the strongest of the
    three (Simonyan et al. 2014, section 3.1).  The sum promises more than any number can do.  The
    eye sees no difference.
    """
    return abs(gradient(shown.net, shown.x, shown.S)).sum(axis=1)


def strongest_colour(shown):
    """M[i, j] = max_c |w[c, i, j]|."""
    return saliency(shown.net, shown.x, shown.S)


def promised(shown, M) -> float:
    """The map's peak over what its strongest number really does to the score, measured."""
    row, column = np.unravel_index(to_numpy(M[0]).argmax(), M.shape[1:])
    colour = int(abs(gradient(shown.net, shown.x, shown.S))[0, :, row, column].argmax())
    more, less = shown.x.copy(), shown.x.copy()
    more[0, colour, row, column] += 1
    less[0, colour, row, column] -= 1
    slope = (_value(shown, more) - _value(shown, less)) / 2
    return float(M[0, row, column]) / abs(slope)


class Opposites(NamedTuple):
    """The maps of S and of −S, (1, H, W) each."""

    of_score: Any
    of_its_negative: Any


def signed_maximum(shown):
    """Saliency as the maximum of the signed gradient.

    Where all three numbers are negative, a pixel that matters much comes out lower than one that
    does not matter at all.  What raises a score by −1 lowers it by 1: both must have one map.
    """
    return Opposites(*(gradient(shown.net, shown.x, S).max(axis=1) for S in (shown.S, -shown.S)))


def absolute_maximum(shown):
    """The same, of |w|."""
    return Opposites(*(saliency(shown.net, shown.x, S) for S in (shown.S, -shown.S)))


def agree(shown, result: Opposites) -> float:
    """How well the maps of S and −S agree: their correlation."""
    return _correlation(*result)


# ── Grad-CAM ────────────────────────────────────────────────────────────────────────────────────


def without_relu(shown):
    """Grad-CAM without its relu, stretched from its minimum to its maximum.

    The map is negative where the photo speaks against the class.  Stretched, its minimum is black
    and zero has a warm colour: what speaks against the class looks like weak evidence for it.
    """
    M = signed_cam(shown)
    return (M - M.min()) / (M.max() - M.min())


def with_relu(shown):
    """relu(Σ_k α_k A^k), from zero on."""
    M = grad_cam(shown.net, shown.x, shown.S)
    return M / M.max()


def signed_cam(shown):
    """Σ_k α_k A^k, enlarged to the photo."""
    A, g = at_layer(shown.net, shown.x, shown.S, None, None)
    return enlarged((mean_gradient(A, g) * A).sum(axis=1), shown.x.shape[2:])


def glows_against(shown, M) -> float:
    """Of what clearly speaks against the class, the share that has a colour of 5 % or more."""
    against = signed_cam(shown)
    return float((M[against < -0.2 * against.max()] > 0.05).mean())


def own_scale(shown):
    """Every map stretched to its own scale.

    Divided by its own largest values, a map of next to nothing is as bright as one of strong
    evidence.  Here the photo has faded to two per cent of its contrast: to the eye it is grey, and
    the map is as bright as before.
    """
    return stretched(faded_shares(shown), faded_shares(shown))


def one_scale(shown):
    """The same map, on the scale of the photo's own."""
    return stretched(faded_shares(shown), abs(_shares(shown, shown.x)))


def stretched(M, other):
    """M in shares of what 99 % of another map lie below."""
    return (M / np.percentile(to_numpy(other), 99)).clip(0, 1)


def faded(shown):
    """The photo in two per cent of its contrast."""
    mean = mean_colour(shown.net, shown.x)
    return mean + 0.02 * (shown.x - mean)


def faded_shares(shown):
    """How much each of its pixels adds to the score, or takes off."""
    return abs(_shares(shown, faded(shown)))


def _shares(shown, x):
    return added_colours(input_times_gradient(shown.net, x, shown.S))


def peak(shown, M) -> float:
    """The map's largest value, 1 being that of the photo in full contrast."""
    return float(M.max())


# ── Integrated gradients ────────────────────────────────────────────────────────────────────────


def path_from_black(shown):
    """Integrated gradients whose path begins elsewhere than its baseline.

    The gradients are averaged on the way from black, α · x, and multiplied by the way from the
    baseline, here white.  The shares then add up to nothing in particular.
    """
    x, white = shown.x, 255.0
    w = sum(gradient(shown.net, (m + 0.5) / STEPS * x, shown.S) for m in range(STEPS)) / STEPS
    return (x - white) * w


def path_from_baseline(shown):
    """x′ + α (x − x′), on the same way."""
    return integrated_gradients(shown.net, shown.x, shown.S, baselines="white", steps=STEPS).map


def missing(shown, A) -> float:
    """By how much Σ A misses S(x) − S(x′), as a share of it: completeness."""
    gain = _value(shown, shown.x) - _value(shown, 0 * shown.x + 255)
    return abs(float(A.sum()) - gain) / abs(gain)


def _value(shown, x) -> float:
    return float(shown.S(activations(shown.net, x, shown.S)))


def _correlation(one, other) -> float:
    return float(np.corrcoef(to_numpy(one).ravel(), to_numpy(other).ravel())[0, 1])


GITHUB = "https://github.com/"
LOOKING = (
    Mistake(
        hooks_on_modules, guided_everywhere, let_through,
        "relus that let a negative gradient through",
        (GITHUB + "meta-pytorch/captum/issues/1082",), "gradient", "{:.0f}",
        picture=lambda result: result.picture,
    ),
    Mistake(
        hooks_in_the_features, guided_everywhere, let_through,
        "relus that let a negative gradient through",
        (GITHUB + "utkuozbulak/pytorch-cnn-visualizations/issues/46",
         GITHUB + "utkuozbulak/pytorch-cnn-visualizations/issues/89"), "gradient", "{:.0f}",
        picture=lambda result: result.picture,
    ),
    Mistake(
        signed_maximum, absolute_maximum, agree,
        "correlation of the maps of S and of −S",
        (GITHUB + "artvandelay/Deep_Inside_Convolutional_Networks/pull/4",), "map",
        picture=lambda result: result.of_score,
    ),
    Mistake(
        sum_of_colours, strongest_colour, promised,
        "what the map's peak promises, over what that number does",
        (GITHUB + "utkuozbulak/pytorch-cnn-visualizations/blob/"
         "10a54dc3784556b7957a0cdabc80d29dc4d2cf2b/src/misc_functions.py",), "map",
    ),
    Mistake(
        without_relu, with_relu, glows_against,
        "of what speaks against the class, the share that glows",
        (GITHUB + "meta-pytorch/captum/issues/179",
         GITHUB + "jacobgil/pytorch-grad-cam/issues/149"), "share", "{:.0%}",
    ),
    Mistake(
        own_scale, one_scale, peak,
        "peak of the map of a photo that has faded",
        (GITHUB + "meta-pytorch/captum/issues/1103",
         GITHUB + "raghakot/keras-vis/issues/222"), "share", over=faded,
    ),
    Mistake(
        path_from_black, path_from_baseline, missing,
        "by how much the shares miss the gain",
        (GITHUB + "marcoancona/DeepExplain/issues/23",
         GITHUB + "TianhongDai/integrated-gradient-pytorch/issues/3"), "map", "{:.1%}",
        picture=added_colours,
    ),
)  # fmt: skip
