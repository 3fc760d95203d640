"""The image that most excites a class, a channel or all channels of a layer, from a blank one.

    python -m demos maximize --class "golf ball" --copies 4
    python -m demos maximize --class "golf ball" dalmatian church --film webp
    python -m demos maximize cat.jpg --start photo --class "golf ball"
    python -m demos maximize --class "golf ball" --regularizer l2=1e-7 blur=0.5
    python -m demos maximize --class "golf ball" --preset lecture
    python -m demos maximize --class "golf ball" --copies 4 --diverse 20
    python -m demos maximize --layer conv3_2 --channel 17
    python -m demos maximize --layer conv3_2 --channel all
    python -m demos maximize --layer relu4_2 --unit 17 --copies 4
    python -m demos maximize --resume out/golf_ball_maximize.json

Each network has settings of its own (minigrad/techniques/make/presets.py), and others have names
(priors.py).  Ctrl-C keeps the pictures that were begun as they are, and --resume goes on from
there.  The probability beside a picture is the network's answer to the PNG, read again from its
bytes.

A unit sees a part of the picture, the box on the sheet, and nothing else moves: --unit C is the one
in the centre.  With --diverse the copies are made together, and asked for textures that differ.

Each picture is made by itself, a thread each, from random numbers of its own: the same seed gives
the same picture of a class, bit for bit, whatever stands beside it.
"""

import argparse
import dataclasses

from demos.shared import film, pictures, provenance, resuming
from demos.shared.command import (
    add_layer,
    add_photos,
    classes_for_shell,
    filled,
    network,
    parser,
)
from demos.shared.gallery import draw, probability
from demos.shared.image_run import saved
from demos.shared.patience import patiently
from demos.shared.wanted import asked_for, file_name, settings, the_photo
from demos.shared.wishes import Made, make
from minigrad.techniques.make.drawable import field_of
from minigrad.techniques.make.presets import REGULARIZERS
from minigrad.techniques.make.priors import prior

MANY = 16  # channels: they are shown on their sheet alone


def main(argv: list[str]) -> None:
    """Make the pictures, write them, look at them again."""
    args, stopped = resuming.parsed(options(), argv)
    if args.film:
        film.check(args.film)
    net = network(args)
    wishes, size = asked_for(net, args)
    preset = settings(net, args, size)
    photo = net.pixels(the_photo(args), preset.sizes[-1]) if args.start == "photo" else None
    made = make(
        net, wishes, preset, args.seed, photo, bool(args.film), stopped and stopped.stood,
        together=args.copies if args.diverse else 1,
    )
    saved(made.error, lambda: save(net, wishes, made, args, preset, stopped))


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
    add("--unit", type=filled, metavar="C|C,Y,X",
        help="one unit of the layer: channel, and row and column (those of the centre)")
    add("--preset", type=filled, metavar="NAME",
        help="none, l2, yosinski, lecture, l6-tv, waves, photos or one-object (photos)")
    add("--start", default="noise", choices=["zero", "noise", "photo"],
        help="what the image is before the first step (noise)")
    add("--regularizer", nargs="+", default=None, metavar="NAME=VALUE",
        help=f"in place of the preset's: {', '.join(REGULARIZERS)}; or none")
    add("--copies", type=int, default=1, help="pictures of each, from different noise (1)")
    add("--diverse", type=float, default=0.0, metavar="WEIGHT",
        help="of how much the copies differ (0)")
    add("--size", type=int, default=None, help="edge in pixels")
    add("--steps", type=int, default=None, help="at each size of the preset")
    add("--rate", type=float, default=None, help="grey levels per step")
    add("--waves", type=float, default=None, help="power of 1/|f| in a step; negative for none")
    add("--seed", type=int, default=0, help="of the noise and the jitter")
    film.add_film(parse, "the way there as a film, too (webp is smaller)")
    resuming.add_resume(parse)
    return parse


# ── Writing, and looking again ──────────────────────────────────────────────────────────────────


def save(net, wishes, made: Made, args, preset, stopped) -> str:
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
    boxes = [field_of(net, wish.objective, images.shape[2:]) for wish in wishes]
    alone = wishes[0].k is not None or len(images) <= MANY
    ends = [f"_{n + 1}.png" if alone else None for n in begun]
    more = {**(dict(zip(ends, encoded, strict=True)) if alone else {}), **beside(made, args)}
    stretch = bool(args.preset and prior(net, args.preset).stretched)
    pictures.save(args.out, name, {"": draw(wishes, images, answers, boxes, stretch)}, {
        "demo": "maximize",
        "model": net.name,
        "settings": dataclasses.asdict(preset),
        "start": args.start,
        "random seed": args.seed,
        "interrupted": isinstance(made.error, KeyboardInterrupt),
        "steps done": made.steps,
        "images": [
            {"of": wish.name, "file": end and name + end, "steps done": made.each[n],
             "probability in the file": p, "sees (top, left, bottom, right)": box}
            for wish, end, n, p, box in zip(wishes, ends, begun, answers, boxes, strict=True)
        ],
        **({"command": stopped.command} if stopped else {}),
        **provenance.of(args, **({"photo": the_photo(args)} if args.start == "photo" else {})),
    }, more)  # fmt: skip
    for wish, p in zip(wishes, answers, strict=True):
        if p is not None:
            print(f"{p:6.1%}  {wish.name}")
    of = f" of {count}" if len(begun) < count else ""
    again = f"python -m demos maximize --resume {args.out / name}.json"
    return f"{len(begun)}{of} picture{'s' * (count > 1)}: {args.out / name}.png" + (
        f"; it goes on with: {again}" if made.state else ""
    )


def beside(made: Made, args) -> dict[str, bytes]:
    """The film, and from where a run that was stopped goes on, by how their names end."""
    files = {}
    films = [moments for moments, steps in zip(made.films, made.each, strict=False) if steps]
    if films:
        with patiently("the film"):
            files[f".{args.film}"] = film.encoded(films, args.film)
    if made.state:
        files[resuming.STATE] = resuming.written(made.state)
    return files
