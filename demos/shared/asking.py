"""What the demos that look at a photo ask for: a class, a unit or a channel, from their options.

    --class "cup"                       the score of a class
    --layer relu4_2 --unit 17,5,6       one neuron; --unit strongest, the one that fires most
    --layer relu4_2 --channel 17        a whole feature map
    --channel 17 --region 0,0,0.5,0.5   its upper left quarter; without a channel, all of the layer

With none of them it is the likeliest class, or the strongest unit, whichever the demo is about.
"""

import argparse
import dataclasses

from demos.shared.command import add_layer, classes_for_shell, filled
from minigrad.techniques import (
    Objective,
    channel,
    class_score,
    energy,
    region,
    strongest_unit,
    unit,
)
from minigrad.techniques.make.drawable import channel_count
from models.arguments import check_layer
from models.classes import class_name, find_class


def add_objective(options: argparse.ArgumentParser, usual: str = "the likeliest class") -> None:
    """Add --class, --layer, --unit and --channel; `usual` is what is asked for without them."""
    add = options.add_argument
    class_ = add("--class", dest="class_", type=filled, metavar="NAME|INDEX",
                 help=f"a class to ask for ({usual})")
    class_.completer = classes_for_shell
    add_layer(options, "whose unit or channel to ask for (each network has a default)")
    add("--unit", default=None, metavar="strongest|C,Y,X", help="channel, row, column")
    add("--channel", default=None, type=int, metavar="C", help="a whole feature map")
    add("--region", default=None, metavar="T,L,B,R",
        help="a part of it, or of the layer's energy: edges as shares of height and width")


def objective_of(net, x, args, by_class: bool = True) -> Objective:
    """Return the objective of the options, named in words.

    Args:
        net: a network.
        x: the photo's pixels, (1, 3, H, W).
        args: the options.
        by_class: without any of them ask for the likeliest class, not for the strongest unit.

    Raises:
        ValueError: options that exclude each other, or no such class, layer, unit or channel.
    """
    inside = [name for name in ("layer", "unit", "channel", "region")
              if getattr(args, name) is not None]
    if args.class_ is not None and inside:
        raise ValueError(f"--class asks for a score and --{inside[0]} for what is inside: give "
                         "one of the two")
    if args.unit is not None and args.channel is not None:
        raise ValueError("--unit asks for one neuron and --channel for all of a map: give one")
    if args.region is not None:
        return _region(net, args)
    if args.class_ is not None:
        return score_of(net, find_class(net, args.class_))
    if args.channel is not None:
        return _channel(args.layer or net.default_layer, args.channel, net)
    if args.unit not in (None, "strongest"):
        return _unit(net, x, args.layer or net.default_layer, args.unit)
    if not inside and by_class:
        return score_of(net, int(net.scores(x)[0].argmax()))
    return strongest_unit(net, x, args.layer)


def score_of(net, k: int) -> Objective:
    """The score of a class, called by the class's name."""
    return dataclasses.replace(class_score(k), name=f"score of {class_name(net, k)}")


def channels_in(text: str, count: int, layer: str) -> list[int]:
    """Read --channels: numbers of a layer's channels, each once.

    Raises:
        ValueError: no numbers, or a channel that is not there.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"--channels {text!r}: give numbers, 3 or 3,17")
    numbers = list(dict.fromkeys(map(int, parts)))
    if max(numbers) >= count:
        raise ValueError(f"--channels {max(numbers)}: {layer} has channels 0–{count - 1}")
    return numbers


def _channel(layer: str, c: int, net) -> Objective:
    count = channel_count(net, layer)
    if not 0 <= c < count:
        raise ValueError(f"--channel {c}: {layer} has channels 0–{count - 1}")
    return channel(layer, c)


def _region(net, args) -> Objective:
    if args.unit is not None:
        raise ValueError("--unit is one neuron already: --region is a part of a --channel, or of a "
                         "--layer")
    try:
        edges = [float(part) for part in args.region.split(",")]
        top, left, bottom, right = edges
    except ValueError:
        raise ValueError(f"--region {args.region!r}: give four shares of height and width, top, "
                         "left, bottom, right, as 0,0,0.5,0.5") from None
    layer = args.layer or net.default_layer
    whole = energy(layer) if args.channel is None else _channel(layer, args.channel, net)
    return region(whole, top, left, bottom, right)


def _unit(net, x, layer: str, text: str) -> Objective:
    parts = text.split(",")
    check_layer(net, layer)
    axes = len(net.output_shapes(x.shape[2:], until=layer)[layer])
    numbers = all(part.strip().isascii() and part.strip().isdecimal() for part in parts)
    if not numbers or len(parts) != axes:
        form = "channel,row,column" if axes == 3 else "one number"
        raise ValueError(f"--unit {text!r}: give strongest, or {form} for this layer")
    return unit(layer, *map(int, parts))
