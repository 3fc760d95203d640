"""Why a picture of a class needs a prior: the same class without one, and with each that is known.

    python -m demos priors
    python -m demos priors --class "golf ball" dalmatian --only none lecture photos
    python -m demos priors --size 96

A row for each class, a column for each prior (minigrad/techniques/make/priors.py says what they are
and whose).  Above each stands the probability that the network gives to the class in the PNG: it is
as sure of what nobody can recognise.  Fleuret's lecture shows its pictures as .5 + .1 (x − mean) /
deviation, and so does the sheet; the number is of the picture as it is.

One column by itself, with other settings: python -m demos maximize --preset lecture.
"""

import argparse
import dataclasses

from demos.shared import pictures, provenance
from demos.shared.command import classes_for_shell, filled, network, parser
from demos.shared.gallery import LECTURE, label, probability, stretched
from demos.shared.image_run import saved
from demos.shared.wishes import make, of_class
from minigrad.techniques.make.presets import sizes_up_to
from minigrad.techniques.make.priors import Prior, prior
from models.classes import class_name, find_class

CLASSES = ["golf ball", "dalmatian", "church", "starfish"]
SHOWN = ["none", "l2", "yosinski", "lecture", "l6-tv", "waves", "photos"]
TILE, LABEL = 192, 90  # pixels: of a picture, and of a class's name at the left


def main(argv: list[str]) -> None:
    """Make the pictures of every prior, and draw them side by side."""
    args = options().parse_args(argv)
    net = network(args)
    known = [name for name in CLASSES if name.replace(" ", "_") in net.classes]
    found = dict.fromkeys(find_class(net, text) for text in args.classes or known or ["0"])
    wishes = [of_class(net, k, class_name(net, k)) for k in found]
    chosen = {
        name: sized(net, prior(net, name), args.size, args.steps) for name in args.only or SHOWN
    }
    columns, error = {}, None
    for name, one in chosen.items():
        made = make(net, wishes, one.preset, args.seed, what=one.title)
        if made.error:  # half a column would be compared with whole ones
            error = made.error
            break
        columns[name] = made.pixels
    if not columns:
        raise error
    saved(error, lambda: save(net, wishes, chosen, columns, error, args))


def options() -> argparse.ArgumentParser:
    """Which classes and which priors."""
    parse = parser("priors", __doc__)
    add = parse.add_argument
    class_ = add("--class", dest="classes", nargs="+", type=filled, default=[],
                 metavar="NAME|INDEX", help=f"one or more ({', '.join(CLASSES)})")
    class_.completer = classes_for_shell
    add("--only", nargs="+", type=filled, default=[], metavar="PRIOR",
        help=f"in this order ({', '.join(SHOWN)}; there is one-object, too)")
    add("--size", type=int, default=None, metavar="EDGE", help="in pixels (the network's own)")
    add("--steps", type=int, default=None, metavar="N",
        help="at each size, not as many as each prior has")
    add("--seed", type=int, default=0, help="of the noise and the jitter (0)")
    return parse


def sized(net, one: Prior, edge: int | None, steps: int | None) -> Prior:
    """A prior for another edge or number of steps."""
    preset = one.preset
    if edge is not None:
        if edge < 16:
            raise ValueError(f"--size {edge}: give 16 or more")
        preset = preset.changed({"sizes": sizes_up_to(net, edge, preset.sizes)})
    return one._replace(preset=preset.changed({"steps": steps}) if steps is not None else preset)


def save(net, wishes, chosen, columns, error, args) -> str:
    """Write the sheet, each picture, and the probability of each; return what was written."""
    encoded = {
        name: [pictures.png(pictures.photo(image)) for image in made]
        for name, made in columns.items()
    }
    answers = {
        name: [probability(net, png, wish.k) for png, wish in zip(files, wishes, strict=True)]
        for name, files in encoded.items()
    }
    rows = [
        [("", label(wish.name, LABEL, TILE)),
         *(tile(chosen[name], columns[name][n], answers[name][n]) for name in columns)]
        for n, wish in enumerate(wishes)
    ]
    name = f"{net.name}_priors"
    more = {
        f"_{key}_{n + 1}.png": png for key, files in encoded.items() for n, png in enumerate(files)
    }
    pictures.save(args.out, name, {"": pictures.sheet(rows, tile=None)}, {
        "demo": "priors",
        "model": net.name,
        "random seed": args.seed,
        "interrupted": isinstance(error, KeyboardInterrupt),
        "classes": [wish.name for wish in wishes],
        "priors": {
            key: {"what": chosen[key].title, "settings": dataclasses.asdict(chosen[key].preset),
                  "probability in each file": answers[key]}
            for key in columns
        },
        **provenance.of(args),
    }, more)  # fmt: skip
    for key, numbers in answers.items():
        print(f"{chosen[key].title:22}", *(f"{p:6.1%}" for p in numbers))
    of = f" of {len(chosen)}" if len(columns) < len(chosen) else ""
    return f"{len(columns)}{of} priors: {args.out / name}.png"


def tile(one: Prior, image, p: float):
    """A picture of a class, and how sure the network is of it."""
    image = stretched(image[None], *LECTURE)[0] if one.stretched else image
    return f"{one.title}: {p:.0%}", pictures.fitted(pictures.photo(image), TILE)
