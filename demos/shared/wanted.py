"""What --class, --layer, --channel, --unit and the settings of maximize ask for.

Read before: wishes.py.  Used by: ../maximize.py.
"""

import pathlib

from demos.shared.command import photos_of
from demos.shared.wishes import Wish, of_class
from minigrad.checked import number
from minigrad.techniques import diversity
from minigrad.techniques.make.drawable import (
    STILL,
    channel_count,
    drawable_channel,
    drawable_unit,
    edge_for,
    edge_for_unit,
)
from minigrad.techniques.make.presets import preset_for, sizes_up_to
from minigrad.techniques.make.priors import prior
from models.classes import class_name, find_class


def asked_for(net, args):
    """Return the wishes of the options, and the edge that suits them, or None for the preset's."""
    check(args)
    size = None if args.classes else args.size or edge_of(net, args)
    if args.classes:
        found = dict.fromkeys(find_class(net, text) for text in args.classes)   # each once
        wishes = [of_class(net, k, class_name(net, k)) for k in found]
    elif args.unit is not None:
        c, *place = place_in(args.unit)
        objective = drawable_unit(net, args.layer, c, size or net.input_size, *place)
        wishes = [Wish(f"{args.layer} unit {args.unit}", objective, c)]
    else:
        wishes = [
            Wish(f"{args.layer} {c}", drawable_channel(net, args.layer, c), c)
            for c in channels(net, args.layer, args.channel or "all")
        ]
    if args.diverse:
        apart = args.diverse * diversity(net.default_layer)
        wishes = [wish._replace(objective=wish.objective + apart) for wish in wishes]
    return [wish._replace(copy=n) for wish in wishes for n in range(args.copies)], size


def check(args) -> None:
    """Raise ValueError where options exclude each other, or say nothing."""
    if bool(args.classes) == (args.layer is not None):
        raise ValueError('say what to excite: --class "golf ball", or --layer with --channel')
    if args.copies < 1:
        raise ValueError(f"--copies {args.copies}: give 1 or more")
    if args.classes and args.channel is not None:
        raise ValueError("--channel is of a --layer: a class has none")
    if args.unit is not None and (args.classes or args.channel is not None):
        raise ValueError("--unit is one of a --layer, in place of a --class or a --channel")
    if (args.bare or args.image) and args.start != "photo":
        raise ValueError("a photo is only looked at with --start photo: add that, or leave it out")
    if number("--diverse", args.diverse, at_least=0) and args.copies < 2:
        raise ValueError("one picture differs from nothing: --diverse needs --copies 2 or more")
    if args.diverse and args.unit is not None:
        raise ValueError("--diverse compares whole pictures, and a --unit sees a part: leave one "
                         "of them out")


def edge_of(net, args) -> int | None:
    """The edge that suits a layer; None, the preset's sizes, where it sees the whole picture."""
    seen = net.receptive_field(args.layer).size
    if seen is None:
        return None
    return edge_for(net, args.layer) if args.unit is None else edge_for_unit(net, args.layer)


def place_in(text: str) -> list[int]:
    """Read --unit: a channel, or channel, row and column."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in (1, 3) or not all(p.isascii() and p.isdecimal() for p in parts):
        raise ValueError(f"--unit {text!r}: give a channel, 17, or channel,row,column, 17,5,6")
    return list(map(int, parts))


def the_photo(args) -> pathlib.Path:
    """The one photo to begin with."""
    photo, *more = photos_of(args)
    if more:
        raise ValueError(f"--start photo begins with one photo, not with {1 + len(more)}")
    return photo


def channels(net, layer: str, text: str):
    """Read --channel: numbers, or all of the layer's."""
    if text == "all":
        return range(channel_count(net, layer))
    try:
        return list(dict.fromkeys(int(c) for c in text.split(",")))
    except ValueError:
        raise ValueError(f"--channel {text!r}: give numbers, 3 or 3,4,5, or all") from None


def settings(net, args, size):
    """Return the network's preset, changed where the options say so."""
    preset = prior(net, args.preset).preset if args.preset else preset_for(net)
    edge = (size or preset.sizes[-1]) if args.size is None else args.size
    if edge < 16:
        raise ValueError(f"--size {edge}: give 16 or more")
    # a photo, or what small units see, would be lost in a small image
    alone = size or args.start == "photo"
    given = {
        "sizes": (edge,) if alone else sizes_up_to(net, edge, preset.sizes),
        "steps": args.steps,
        "rate": args.rate,
        "noise": 0.0 if args.start == "zero" else None,
        **(STILL if size and args.unit is not None else {}),
    }
    if args.regularizer is not None:
        none = args.regularizer == ["none"]
        given["regularizers"] = {} if none else dict(map(strength, args.regularizer))
    changes = {name: value for name, value in given.items() if value is not None}
    if args.waves is not None:
        changes["waves"] = None if args.waves < 0 else args.waves
    return preset.changed(changes)


def strength(text: str) -> tuple[str, float]:
    """Read NAME=STRENGTH."""
    name, _, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise ValueError(
            f"--regularizer {text!r}: give a name and a strength, as l2=1e-7, or none alone"
        ) from None


def file_name(wishes) -> str:
    """Name the files by what they show: golf_ball_maximize, conv3_2_17_maximize."""
    names = list(dict.fromkeys(wish.name for wish in wishes))
    if len(names) > 1 and wishes[0].k is None:
        names = [names[0].rsplit(" ", 1)[0]]
    text = "_".join(names[:3]) + ("_and_more" if len(names) > 3 else "")
    return "".join(c if c.isalnum() else "_" for c in text) + "_maximize"
