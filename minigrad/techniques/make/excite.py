"""What a picture shall excite: a class or a channel, sought where there is a gradient to follow.

Read before: minigrad/techniques/objectives.py.  Read next: maximize.py.
"""

from typing import NamedTuple

import numpy as np

from demos.shared.command import class_name
from minigrad.checked import whole
from minigrad.techniques import objectives
from models.layers import GlobalAvgPool, Relu

OTHERS = 2.0  # weight of log p, which asks for less of the other classes


class Wish(NamedTuple):
    """One picture to make.

    Attributes:
        name: what for, in words.
        objective: what for, as a number.
        number: of the class or the channel.
        k: the class that the picture shall show, if it is one.
        copy: which of several pictures of the same it is.
    """

    name: str
    objective: objectives.Objective
    number: int
    k: int | None = None
    copy: int = 0

    def rng(self, seed: int) -> np.random.Generator:
        """A generator of this picture's own: it is the same alone and among others.

        Raises:
            ValueError: the seed is negative.
        """
        key = self.number, self.copy
        return np.random.default_rng(np.random.SeedSequence(whole("--seed", seed), spawn_key=key))


def class_wish(net, k: int) -> Wish:
    """The score of a class, and twice the logarithm of its probability.

    The score is what is drawn (Simonyan et al. 2014, section 2); a weak class's may rise most by
    what excites a stronger neighbour more, and the second term then asks for the difference.

    Where the score comes through a relu and a mean, as SqueezeNet's, the mean of the map before the
    relu: a class that is off in the blank image would have no gradient.
    """
    layer = net.score_layer
    while isinstance(net.layers[layer], GlobalAvgPool | Relu):
        (layer,) = net.inputs[layer]
    if layer == net.score_layer:
        objective = objectives.class_score(k) - OTHERS * objectives.cross_entropy(k)
    else:
        _, height, width = net.output_shapes(until=layer)[layer]
        objective = (1 / (height * width)) * objectives.channel(layer, k)
    return Wish(class_name(net, k), objective, k, k)


def channel_wishes(net, layer: str, channel: str):
    """Channels of a layer, before its relu, in images that a unit and its neighbours can see."""
    size = min(net.input_size, max(48, net.receptive_field(layer).size * 5 // 4))
    before = layer
    while isinstance(net.layers[before], Relu):
        (before,) = net.inputs[before]
    count = net.output_shapes((size, size), until=before)[before][0]
    try:
        chosen = range(count) if channel == "all" else [int(c) for c in channel.split(",")]
    except ValueError:
        raise ValueError(f"--channel {channel!r}: give numbers, 3 or 3,4,5, or all") from None
    for c in chosen:
        if not 0 <= c < count:
            raise ValueError(f"{layer} has channels 0 … {count - 1}, not {c}")
    return [Wish(f"{layer} {c}", objectives.channel(before, c), c) for c in chosen], size
