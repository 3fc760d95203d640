"""The image that most excites a class, a channel or all channels of a layer, from a blank one.

    python -m demos maximize --class "golf ball" --copies 4
    python -m demos maximize --class "golf ball" dalmatian church --film webp
    python -m demos maximize cat.jpg --start photo --class "golf ball"
    python -m demos maximize --class "golf ball" --regularizer l2=1e-7 blur=0.5
    python -m demos maximize --layer conv3_2 --channel 17
    python -m demos maximize --layer conv3_2 --channel all

Each network has settings of its own (minigrad/techniques/make/presets.py).  Ctrl-C keeps the
pictures that were begun as they are, and the JSON says so.  The probability beside a picture is the
network's answer to the PNG, read again from its bytes.

Each picture is made by itself, a thread each, from random numbers of its own: the same seed gives
the same picture of a class, bit for bit, whatever stands beside it.
"""

import argparse
import dataclasses
import io
import pathlib

import numpy as np
from PIL import Image

from demos.shared import film, pictures, provenance
from demos.shared.command import (
    add_layer,
    add_photos,
    classes_for_shell,
    filled,
    network,
    parser,
    photos_of,
)
from demos.shared.patience import patiently
from demos.shared.wishes import Made, Wish, make, of_class
from minigrad import ops
from minigrad.backend import to_device
from minigrad.stopping import saving
from minigrad.techniques.make.excite import channel_count, drawable_channel, edge_for
from minigrad.techniques.make.presets import REGULARIZERS, preset_for, sizes_up_to
from models.classes import class_name, find_class

MANY = 16  # channels: they are shown on their sheet alone


def main(argv: list[str]) -> None:
    """Make the pictures, write them, look at them again."""
    args = options().parse_intermixed_args(argv)
    if args.film:
        film.check(args.film)
    net = network(args)
    wishes, size = asked_for(net, args)
    preset = settings(net, args, size)
    photo = net.pixels(the_photo(args), preset.sizes[-1]) if args.start == "photo" else None
    made = make(net, wishes, preset, args.seed, photo, bool(args.film))
    with saving():
        said = save(net, wishes, made, args, preset)
    if isinstance(made.error, KeyboardInterrupt):
        raise KeyboardInterrupt(said)
    print(said)
    if made.error:
        raise made.error


def options() -> argparse.ArgumentParser:
    """Options; what is not given comes from the network's preset."""
    parse = parser("maximize", __doc__)
    add = parse.add_argument
    add_photos(parse, "for --start photo: the one to begin with (a face that is here)")
    class_ = add("--class", dest="classes", nargs="+", type=filled, default=[],
                 metavar="NAME|INDEX", help="one or more")
    class_.completer = classes_for_shell
    add_layer(parse, "excite a layer's channels instead")
    add("--channel", metavar="C|C,C,…|all", help="which of them (all)")
    add("--start", default="noise", choices=["zero", "noise", "photo"],
        help="what the image is before the first step (noise)")
    add("--regularizer", nargs="+", default=None, metavar="NAME=VALUE",
        help=f"in place of the preset's: {', '.join(REGULARIZERS)}; or none")
    add("--copies", type=int, default=1, help="pictures of each, from different noise (1)")
    add("--size", type=int, default=None, help="edge in pixels")
    add("--steps", type=int, default=None, help="at each size of the preset")
    add("--rate", type=float, default=None, help="grey levels per step")
    add("--waves", type=float, default=None, help="power of 1/|f| in a step; negative for none")
    add("--seed", type=int, default=0, help="of the noise and the jitter")
    one = parse.add_mutually_exclusive_group().add_argument
    one("--film", choices=film.FORMATS, help="the way there as a film, too: webp is a quarter of gif")
    one("--gif", dest="film", action="store_const", const="gif", help="the same as --film gif")
    return parse


# ── What to make ────────────────────────────────────────────────────────────────────────────────


def asked_for(net, args):
    """Return the wishes of the options, and the edge that suits them, or None for the preset's."""
    if bool(args.classes) == (args.layer is not None):
        raise ValueError('say what to excite: --class "golf ball", or --layer with --channel')
    if args.copies < 1:
        raise ValueError(f"--copies {args.copies}: give 1 or more")
    if args.classes and args.channel is not None:
        raise ValueError("--channel is of a --layer: a class has none")
    if (args.bare or args.image) and args.start != "photo":
        raise ValueError("a photo is only looked at with --start photo: add that, or leave it out")
    if args.classes:
        found = [find_class(net, text) for text in args.classes]
        wishes, size = [of_class(net, k, class_name(net, k)) for k in found], None
    else:
        wishes = [
            Wish(f"{args.layer} {c}", drawable_channel(net, args.layer, c), c)
            for c in channels(net, args.layer, args.channel or "all")
        ]
        size = edge_for(net, args.layer)
    return [wish._replace(copy=n) for wish in wishes for n in range(args.copies)], size


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
        return [int(c) for c in text.split(",")]
    except ValueError:
        raise ValueError(f"--channel {text!r}: give numbers, 3 or 3,4,5, or all") from None


def settings(net, args, size):
    """Return the network's preset, changed where the options say so."""
    preset = preset_for(net)
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
    }
    if args.regularizer is not None:
        named = [text for text in args.regularizer if text != "none"]
        given["regularizers"] = dict(map(strength, named))
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
            f"--regularizer {text!r}: give a name and a strength, as l2=1e-7, or none"
        ) from None


def stretched(pixels):
    """More contrast, to look at: each image's mean to 115 and its deviation to 50 grey levels."""
    u = pixels - pixels.mean(axis=(1, 2, 3), keepdims=True)
    return (115 + 50 * u / np.maximum(u.std(axis=(1, 2, 3), keepdims=True), 1e-6)).clip(0, 255)


# ── Writing, and looking again ──────────────────────────────────────────────────────────────────


def save(net, wishes, made: Made, args, preset) -> str:
    """Write a sheet, what made it, a film, and each picture by itself, if they are not too many.

    A picture that was not begun is only its start, and is not written.

    Returns:
        What was written, in words.
    """
    begun = [n for n, steps in enumerate(made.each) if steps]
    if not begun:
        return "no picture was begun, nothing is written"
    name, count = file_name(wishes), len(wishes)
    wishes, images = [wishes[n] for n in begun], made.pixels[begun]
    encoded = [pictures.png(pictures.photo(image)) for image in images]
    answers = [probability(net, png, wish.k) for png, wish in zip(encoded, wishes, strict=True)]
    alone = wishes[0].k is not None or len(images) <= MANY
    ends = [f"_{n + 1}.png" if alone else None for n in begun]
    more = dict(zip(ends, encoded, strict=True)) if alone else {}
    films = [moments for moments, steps in zip(made.films, made.each, strict=False) if steps]
    if films:
        with patiently("the film"):
            more[f".{args.film}"] = film.encoded(films, args.film)
    pictures.save(args.out, name, {"": draw(wishes, images, answers)}, {
        "demo": "maximize",
        "model": net.name,
        "settings": dataclasses.asdict(preset),
        "start": args.start,
        "random seed": args.seed,
        "interrupted": isinstance(made.error, KeyboardInterrupt),
        "steps done": made.steps,
        "images": [
            {"of": wish.name, "file": end and name + end, "steps done": made.each[n],
             "probability in the file": p}
            for wish, end, n, p in zip(wishes, ends, begun, answers, strict=True)
        ],
        **provenance.of(args, **({"photo": the_photo(args)} if args.start == "photo" else {})),
    }, more)  # fmt: skip
    for wish, p in zip(wishes, answers, strict=True):
        if p is not None:
            print(f"{p:6.1%}  {wish.name}")
    of = f" of {count}" if len(begun) < count else ""
    return f"{len(begun)}{of} picture{'s' * (count > 1)}: {args.out / name}.png"


def file_name(wishes) -> str:
    """Name the files by what they show: golf_ball_maximize, conv3_2_17_maximize."""
    names = list(dict.fromkeys(wish.name for wish in wishes))
    if len(names) > 1 and wishes[0].k is None:
        names = [names[0].rsplit(" ", 1)[0]]
    text = "_".join(names[:3]) + ("_and_more" if len(names) > 3 else "")
    return "".join(c if c.isalnum() else "_" for c in text) + "_maximize"


def probability(net, png: bytes, k: int | None) -> float | None:
    """What the network says of a picture, read again from its file; None if it is of no class."""
    if k is None:
        return None
    picture = np.asarray(Image.open(io.BytesIO(png)), net.dtype)                # (H, W, 3)
    pixels = to_device(picture.transpose(2, 0, 1)[None], net.device)            # (1, 3, H, W)
    return float(ops.softmax(net.scores(pixels))[0, k])


def draw(wishes, made, answers) -> Image.Image:
    """Lay out the pictures as they are, or, of many channels, all in rows of 16 and stretched."""
    if wishes[0].k is None:
        columns = min(16, max(4, round(len(made) ** 0.5)))
        tiles = [
            (wish.name, pictures.photo(image))
            for wish, image in zip(wishes, stretched(made), strict=True)
        ]
        rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
        return pictures.sheet(rows, tile=112)
    rows = []
    for i in range(0, len(made), 4):
        part = slice(i, i + 4)
        rows.append([
            (f"{wish.name}  {p:.0%}", pictures.photo(image))
            for wish, p, image in zip(wishes[part], answers[part], made[part], strict=True)
        ])
    return pictures.sheet(rows)
