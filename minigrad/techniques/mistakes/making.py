"""Wrong on purpose: pictures that are made by a network, spoiled by a line.

Read before: feeding.py, make/loop.py, make/dream.py.  Read next: painting.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import to_numpy
from minigrad.optim import Adam, constant
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.dream import dream
from minigrad.techniques.make.dream_presets import dream_preset_for
from minigrad.techniques.make.excite import excite
from minigrad.techniques.make.loop import optimize
from minigrad.techniques.make.regularizers import l2
from minigrad.techniques.make.starts import noise, zero
from minigrad.techniques.make.steps import ascend, by_mean, like_photos
from minigrad.techniques.make.transforms import jitter, to_size
from minigrad.techniques.mistakes.looking import GITHUB
from minigrad.techniques.mistakes.table import Mistake
from minigrad.techniques.objectives import (
    channel,
    class_probability,
    class_score,
    energy,
)

STEPS, RATE, REACH = 40, 2.0, 24    # of a dream: steps, grey levels, pixels
DRAWN = 30                          # steps at each size of the picture of a class
DECAY = 3e-7                        # of the L2 penalty


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
    """How far the picture is from the mean colour, in grey levels on average."""
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


class Dreamt(NamedTuple):
    """The picture, (1, 3, H, W), and the heights that it was dreamt at."""

    pixels: Any
    sizes: list[int]


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
    x = last_of(dream(shown.net, x, octaves=1))
    return Dreamt(x, [*[size[0]] * (preset.octaves - 1), x.shape[2]])


def octaves_that_grow(shown):
    """Sizes in a geometric row."""
    walk = [now.pixels for now in dream(shown.net, shown.large)]
    return Dreamt(walk[-1], [x.shape[2] for x in walk])


def spread(shown, result: Dreamt) -> float:
    """How many times as large as the first octave the last one is."""
    return max(result.sizes) / min(result.sizes)


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
        rewarded_for_size, paying_for_size, moved, "grey levels from the mean colour, on average",
        (GITHUB + "andersbll/nnet/issues/4",), form="{:.0f}",
    ),
    Mistake(
        jitter_kept, jitter_undone, wandered, "pixels by which the photo moved",
        (GITHUB + "keras-team/keras/pull/2098",
         GITHUB + "eladhoffer/DeepDream.torch/blob/"
         "4726e7654232204a2851dc308ff2706f566c7042/deepdream.lua"), form="{:.0f}",
    ),
    Mistake(
        octaves_of_one_size, octaves_that_grow, spread,
        "how many times as large the last octave is as the first",
        (GITHUB + "eladhoffer/DeepDream.torch/blob/"
         "4726e7654232204a2851dc308ff2706f566c7042/deepdream.lua",), form="{:.1f}",
        picture=lambda result: result.pixels,
    ),
)  # fmt: skip
