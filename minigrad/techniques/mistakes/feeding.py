"""Wrong on purpose: a network that is given something else than it was trained on.

Read before: looking.py.  Read next: making.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.gradient import saliency
from minigrad.techniques.mistakes.looking import GITHUB
from minigrad.techniques.mistakes.table import Mistake
from minigrad.techniques.objectives import activations

COMPANY = 8  # photos beside the one that is looked at


class InTraining:
    """A network that nobody told that training is over."""

    def __init__(self, net):
        self.net = net

    def __call__(self, x, **settings):
        """Activations as in a step of training."""
        return self.net(x, training=np.random.default_rng(0), **settings)

    def __getattr__(self, name):
        return getattr(self.net, name)


class InCompany(NamedTuple):
    """The map of a photo, (1, H, W), and its score beside two other groups of photos."""

    map: Any
    scores: tuple[float, float]


def training_mode(shown):
    """Looking while the network is in training mode.

    Without model.eval() batch norm takes mean and variance from the photos that happen to come
    together, and dropout is on.  What is said of a photo then depends on the photos beside it.
    """
    return in_company(shown, InTraining(shown.normed))


def finished(shown):
    """The statistics of training, which are constants."""
    return in_company(shown, shown.normed)


def in_company(shown, net) -> InCompany:
    """Look at the photo twice, among some photos and among others."""
    xp, scores = array_module(shown.x), []
    for others in (shown.photos[:COMPANY], shown.photos[COMPANY : 2 * COMPANY]):
        batch = xp.concatenate([shown.x, others])
        scores.append(float(activations(net, batch, shown.S).scores[0, shown.S.k]))
    return InCompany(saliency(net, batch, shown.S)[:1], tuple(scores))


def apart(shown, result: InCompany) -> float:
    """By how much the score of one photo changes with the photos beside it."""
    return abs(result.scores[0] - result.scores[1])


def blue_first(shown):
    """Red and blue exchanged.

    OpenCV reads BGR, Pillow RGB, and networks from Caffe were trained on BGR.  Nothing complains:
    the picture has the right shape, and the answer is only a little worse, or another one.
    """
    return shown.x[:, ::-1].copy()


def red_first(shown):
    """The photo in the order that the network was trained on."""
    return shown.x


def sure(shown, x) -> float:
    """The probability of what the network says of the photo."""
    return float(ops.softmax(shown.net.scores(x))[0, shown.S.k])


# ── The border ──────────────────────────────────────────────────────────────────────────────────


def padded_with_zeros(shown):
    """Max pooling with a border of zeros.

    Zero is more than any negative number, so at the border the padding wins: a frame that is in no
    photo.  Behind a relu nobody notices.  Here what a network reads is pooled as its negative, so
    that bright places are below zero: the darkest pixel of each window.
    """
    p = reach(shown)
    border = [(0, 0), (0, 0), (p, p), (p, p)]
    return shown_again(shown, ops.max_pool2d(ops.pad(negative(shown), border), 2 * p + 1, 1))


def padded_with_less(shown):
    """Beyond the border is −∞, which never wins."""
    p = reach(shown)
    return shown_again(shown, ops.max_pool2d(negative(shown), 2 * p + 1, 1, padding=p))


def reach(shown) -> int:
    """How far a window reaches, in pixels."""
    return max(1, shown.x.shape[3] // 24)


def negative(shown):
    """u = mean colour − x."""
    return mean_colour(shown.net, shown.x) - shown.x


def shown_again(shown, u):
    """x = mean colour − u."""
    return mean_colour(shown.net, shown.x) - u


def from_nowhere(shown, y) -> float:
    """The share of numbers at the border that are none of the photo's, but the mean colour's."""
    border = np.ones(y.shape[2:], bool)
    border[1:-1, 1:-1] = False
    return float((abs(y - mean_colour(shown.net, y))[0][:, border] < 1e-3).mean())


FEEDING = (
    Mistake(
        training_mode, finished, apart,
        "by how much the photo's score changes with the photos beside it",
        (GITHUB + "Project-MONAI/tutorials/pull/83", GITHUB + "yaodongyu/TRADES/issues/3"), "map",
        picture=lambda result: result.map, needs="normed",
    ),
    Mistake(
        blue_first, red_first, sure,
        "probability of what the network says of the photo",
        (GITHUB + "jcjohnson/neural-style/issues/207", GITHUB + "keras-team/keras/issues/3340"),
        form="{:.0%}",
    ),
    Mistake(
        padded_with_zeros, padded_with_less, from_nowhere,
        "share of the border that is the padding",
        (GITHUB + "pytorch/pytorch/issues/33384",
         GITHUB + "zylo117/Yet-Another-EfficientDet-Pytorch/pull/352"), form="{:.0%}",
    ),
)  # fmt: skip
