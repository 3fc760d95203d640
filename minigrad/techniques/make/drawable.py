r"""Objectives that can be drawn: a class, a channel, a unit, with a gradient to follow from noise.

A relu cuts off at 0: where nothing fires yet there is no gradient.  So each is asked for in front
of its relu, where it has one.

Read before: objectives.py.  Read next: excite.py.
"""

from minigrad.checked import whole
from minigrad.techniques import objectives
from minigrad.techniques.objectives import Objective

STILL = {"jitter": 0, "zoom": 1.0}  # settings for a unit: what it sees shall not move away
OTHERS = 2.0  # weight of log p, which asks for less of the other classes


def drawable_class(net, k: int) -> Objective:
    """The score of a class, and twice the logarithm of its probability.

    The score is what is drawn (Simonyan et al. 2014, section 2).  But a weak class's score may
    rise most by what excites a stronger neighbour even more, and the second term then asks for the
    difference.

    Where the score comes through a relu and a mean, as SqueezeNet's, it is the mean of the map
    before the relu: a class that is off in the blank image would have no gradient.
    """
    layer = _before(net, net.score_layer, "GlobalAvgPool", "Relu")
    if layer == net.score_layer:
        return objectives.class_score(k) - OTHERS * objectives.cross_entropy(k)
    _, height, width = net.output_shapes(until=layer)[layer]
    return (1 / (height * width)) * objectives.channel(layer, k)


def drawable_channel(net, layer: str, c: int) -> Objective:
    """A channel of a layer, before its relu.

    Raises:
        ValueError: there is no such layer or channel.
    """
    _check_channel(net, layer, c)
    return objectives.channel(_before(net, layer, "Relu"), c)


def drawable_unit(
    net, layer: str, c: int, edge: int | None = None, row: int | None = None,
    column: int | None = None,
) -> Objective:  # fmt: skip
    """One unit of a layer, before its relu; of a feature map the one in the centre.

    Args:
        net: a network.
        layer: where the unit is.
        c: its channel.
        edge: of the picture, in pixels: where the centre is depends on it.  By default
            `edge_for_unit`; hand the same to `excite` as sizes=(edge,).
        row: of the feature map of such a picture.
        column: of the feature map, likewise.

    Raises:
        ValueError: there is no such layer, channel or place.
    """
    _check_channel(net, layer, c)
    edge = edge_for_unit(net, layer) if edge is None else edge
    _, *units = net.output_shapes((edge, edge), until=layer)[layer]
    place = [n // 2 if i is None else i for i, n in zip((row, column), units, strict=False)]
    given = [i for i in (row, column) if i is not None]
    if len(given) > len(units) or any(i >= n for i, n in zip(place, units, strict=True)):
        there = f"rows and columns 0–{units[0] - 1} at {edge} pixels" if units else "no places"
        raise ValueError(f"{layer} has {there}, and no unit at {', '.join(map(str, given))}")
    return objectives.unit(_before(net, layer, "Relu"), c, *place)


def field_of(net, objective: Objective, image) -> tuple[int, int, int, int] | None:
    """The box of an image (H, W) that a unit sees, (top, left, bottom, right); None for others."""
    if len(objective.place or ()) < 3:
        return None
    _, row, column = objective.place
    return net.receptive_field(objective.layers[0]).box(row, column, tuple(image))


def channel_count(net, layer: str) -> int:
    """How many channels a layer has."""
    net.receptive_field(layer)  # complains where there is no such layer
    return net.output_shapes(until=layer)[layer][0]


def edge_for(net, layer: str) -> int:
    """The edge of an image that shows what a unit of a layer and its neighbours see, in pixels."""
    seen = net.receptive_field(layer).size
    return net.input_size if seen is None else min(net.input_size, max(48, seen * 5 // 4))


def edge_for_unit(net, layer: str) -> int:
    """The edge of an image that shows what one unit sees, and a border around it, in pixels."""
    seen = net.receptive_field(layer).size
    return net.input_size if seen is None else min(net.input_size, max(16, seen * 3 // 2))


def _check_channel(net, layer: str, c: int) -> None:
    count = channel_count(net, layer)
    if whole(f"the number of a channel of {layer}", c) >= count:
        raise ValueError(f"{layer} has channels 0 … {count - 1}, not {c}")


def _before(net, layer: str, *kinds: str) -> str:
    """The layer itself, or above layers of these kinds the first of another."""
    while type(net.layers[layer]).__name__ in kinds:
        (layer,) = net.inputs[layer]
    return layer
