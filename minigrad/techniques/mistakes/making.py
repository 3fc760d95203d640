"""Wrong on purpose: pictures that are made by a network, spoiled by a line.

Read before: looking.py, make/loop.py, make/dream.py, make/style.py.  Read next: attacking.py.
"""

from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import to_numpy
from minigrad.optim import LBFGS, Adam, constant
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.dream import dream
from minigrad.techniques.make.dream_presets import dream_preset_for
from minigrad.techniques.make.excite import excite
from minigrad.techniques.make.gram import gram
from minigrad.techniques.make.loop import optimize
from minigrad.techniques.make.regularizers import l2, total_variation
from minigrad.techniques.make.starts import noise, zero
from minigrad.techniques.make.steps import ascend, by_mean, like_photos, quasi_newton
from minigrad.techniques.make.style_presets import style_preset_for
from minigrad.techniques.make.transforms import jitter, to_size
from minigrad.techniques.mistakes.looking import GITHUB
from minigrad.techniques.mistakes.table import Mistake, Shown
from minigrad.techniques.objectives import (
    Objective,
    activations,
    channel,
    class_probability,
    class_score,
    code,
    energy,
)
from minigrad.tensor import Tensor, grad

STEPS, RATE, REACH = 40, 2.0, 24    # of a dream: steps, grey levels, pixels
DRAWN = 30                          # steps at each size of the picture of a class
DECAY = 3e-7                        # of the L2 penalty
PAINTED, GRAIN = 25, 1e-8           # steps of a style, the weight of its total variation,
SMOOTH = 1e-5                       # and a weight that shows


def last_of(walk):
    """The pixels after the last step."""
    *_, last = walk
    return last.pixels


# ── A class, a channel ──────────────────────────────────────────────────────────────────────────


def softmax_instead(shown):
    """A class maximised by its probability in place of its score.

    p also rises when all other scores fall, and near 0, where noise is, its gradient is next to
    nothing.  The picture shows what the others dislike, and little of the class.
    """
    return last_of(excite(shown.net, None, class_probability(shown.S.k), steps=DRAWN))


def score_itself(shown):
    """S, before the softmax (Simonyan et al. 2014, section 2)."""
    return last_of(excite(shown.net, None, class_score(shown.S.k), steps=DRAWN))


def reached(shown, x) -> float:
    """The score of the class in the picture."""
    return float(shown.net.scores(x)[0, shown.S.k])


def dead_relu(shown):
    """A channel that is off where the picture begins.

    Behind a relu that is off there is no gradient: the picture never moves, and the loop reports no
    error.
    """
    layer = shown.net.default_layer
    return _drawn(shown, layer)


def in_front_of_the_relu(shown):
    """The same channel, asked for in front of its relu."""
    (layer,) = shown.net.inputs[shown.net.default_layer]
    return _drawn(shown, layer)


def _drawn(shown, layer: str):
    start = zero(shown.net, shown.net.input_size)
    a = shown.net(start, only=[shown.net.default_layer])[shown.net.default_layer]
    c = int(a.max(axis=(0, 2, 3)).argmin())     # a channel that is off everywhere
    step = ascend(Adam(), constant(6.0), like_photos(0.75))
    return last_of(optimize(shown.net, start, channel(layer, c), step=step, steps=STEPS,
                            transforms=[jitter(8)]))


def moved(shown, x) -> float:
    """How far the picture is from where it began, in grey levels on average."""
    return float(abs(x - mean_colour(shown.net, x)).mean())


def rewarded_for_size(shown):
    """An L2 penalty with the wrong sign.

    Uphill the penalty is taken off, downhill it is added; one sign is soon wrong.  Then large
    numbers are rewarded, and all pixels run into black or white.
    """
    return _penalised(shown, -DECAY)


def paying_for_size(shown):
    """S − λ Σ u²."""
    return _penalised(shown, DECAY)


def _penalised(shown, weight: float):
    start = noise(shown.net, shown.net.input_size, 1, 4.0, np.random.default_rng(0))
    return last_of(optimize(
        shown.net, start, class_score(shown.S.k),
        step=ascend(Adam(), constant(4.0), like_photos(0.75)), steps=STEPS,
        penalties=[lambda u: weight * l2(u)], transforms=[jitter(8)],
    ))  # fmt: skip


def at_the_wall(shown, x) -> float:
    """The share of numbers that are black or white."""
    return float(((x <= 0) | (x >= 255)).mean())


# ── A dream ─────────────────────────────────────────────────────────────────────────────────────


def jitter_kept(shown):
    """Jitter that is never rolled back.

    Before each step the picture is rolled by some pixels; after it, nobody rolls it back.  So it
    wanders, and a detail that is added to the photo later lies beside what it belongs to.
    """
    return _rolled(shown, back=False)


def jitter_undone(shown):
    """Rolled back after each step."""
    return _rolled(shown, back=True)


def _rolled(shown, back: bool):
    x, rng = shown.x, np.random.default_rng(0)
    E = energy(dream_preset_for(shown.net).layer)
    for _ in range(STEPS):
        shift = rng.integers(-REACH, REACH + 1, 2)
        x = np.roll(x, shift, axis=(2, 3))
        x = (x + RATE * by_mean(gradient(shown.net, x, E))).clip(0, 255)
        x = np.roll(x, -shift, axis=(2, 3)) if back else x
    return x


def wandered(shown, x) -> float:
    """By how many pixels the picture has moved: where it fits the photo best."""
    one, other = (np.fft.fft2(to_numpy(p).mean(axis=(0, 1))) for p in (x, shown.x))
    fit = np.fft.ifft2(one * other.conj()).real
    at = np.unravel_index(fit.argmax(), fit.shape)
    return float(np.hypot(*(min(i, n - i) for i, n in zip(at, fit.shape, strict=True))))


def octaves_of_one_size(shown):
    """DeepDream's octaves, all of the same size.

    Each octave is to be 1.4 times as large as the one before.  Where each is shrunk from the
    photo's size, and not from that of the octave above, all but the last are equal: as many steps,
    and nothing large.
    """
    preset = dream_preset_for(shown.net)
    size = [round(n / preset.scale) for n in shown.large.shape[2:]]
    base = to_size(shown.large, size)
    x = last_of(dream(shown.net, base, octaves=1, steps=(preset.octaves - 1) * preset.steps))
    x = shown.large + to_size(x - base, shown.large.shape[2:])
    return last_of(dream(shown.net, x, octaves=1))


def octaves_that_grow(shown):
    """Sizes in a geometric row."""
    return last_of(dream(shown.net, shown.large))


def seen_small(shown, x) -> float:
    """How much more energy than in the photo the layer finds at the first octave's size.

    What is large in the picture is of a unit's size there.
    """
    preset = dream_preset_for(shown.net)
    E = energy(preset.layer)
    small = [round(n / preset.scale ** (preset.octaves - 1)) for n in shown.large.shape[2:]]
    found = [float(E(activations(shown.net, to_size(p, small), E))) for p in (x, shown.large)]
    return found[0] / found[1] - 1


# ── A style ─────────────────────────────────────────────────────────────────────────────────────


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


MAKING = (
    Mistake(
        softmax_instead, score_itself, reached, "score of the class in the picture",
        (GITHUB + "raghakot/keras-vis/issues/237",
         GITHUB + "fchollet/deep-learning-with-python-notebooks/issues/107"), form="{:.1f}",
    ),
    Mistake(
        dead_relu, in_front_of_the_relu, moved, "grey levels that the picture moved",
        (GITHUB + "tensorflow/lucid/issues/68",), form="{:.0f}",
    ),
    Mistake(
        rewarded_for_size, paying_for_size, at_the_wall, "share of numbers that are 0 or 255",
        (GITHUB + "andersbll/nnet/issues/4",), form="{:.0%}",
    ),
    Mistake(
        jitter_kept, jitter_undone, wandered, "pixels by which the photo moved",
        (GITHUB + "keras-team/keras/pull/2098",
         GITHUB + "eladhoffer/DeepDream.torch/blob/"
         "4726e7654232204a2851dc308ff2706f566c7042/deepdream.lua"), form="{:.0f}",
    ),
    Mistake(
        octaves_of_one_size, octaves_that_grow, seen_small,
        "energy that was added, seen at the first octave's size",
        (GITHUB + "eladhoffer/DeepDream.torch/blob/"
         "4726e7654232204a2851dc308ff2706f566c7042/deepdream.lua",), form="{:.0%}",
    ),
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
