"""A second opinion with a number: another network looks at the pictures made of this one's classes.

    python -m demos opinion --judge-weights weights/squeezenet1_0_caffe.h5
    python -m demos opinion --only "golf ball" dalmatian

A picture that excites a class of one network may be a code that only this network reads.  So it is
shown to a judge that was trained by others on other photos, ImageNet's, and the question is in how
many of the classes that the two share, by name, the judge has the class among its first five.  By
chance that would be five in a thousand.

The judge is made once: python -m weights convert compressed_SqueezeNet.net
weights/squeezenet1_0_caffe.h5 --model squeezenet1_0_caffe.
"""

import argparse
import dataclasses

import numpy as np
from PIL import Image

import models
from demos.maximize import make, started
from demos.shared import pictures
from demos.shared.command import class_name, find_class, network, parser
from minigrad.backend import to_numpy
from minigrad.techniques.make.excite import class_wish
from minigrad.techniques.make.presets import preset_for


def main(argv: list[str]) -> None:
    """Make a picture per shared class, ask the judge, and print and write what it says."""
    args = options().parse_args(argv)
    net = network(args)
    judge = models.load(args.judge, path=args.judge_weights, device=args.device)
    classes = shared(net, judge)
    if args.only:
        wanted = [find_class(net, text) for text in args.only]
        classes = {k: classes[k] for k in wanted if k in classes}
    if not classes:
        raise ValueError(f"{net.name} and {judge.name} share no class by name")
    if args.steps < 1:
        raise ValueError("--steps is 1 or more")
    preset = dataclasses.replace(preset_for(net), steps=args.steps)
    wishes = [class_wish(net, k) for k in classes]
    rngs = [wish.rng(args.seed) for wish in wishes]
    made = make(net, wishes, started(net, args, preset, rngs), preset, rngs)
    if made.error:
        raise made.error  # no opinion of pictures that are none

    shown = [pictures.photo(image) for image in made.pixels]
    found = [place(judge, picture, k) for picture, k in zip(shown, classes.values(), strict=True)]
    for wish, (rank, first) in zip(wishes, found, strict=True):
        print(f"{wish.name:20} {'yes' if rank <= 5 else 'no ':3}  place {rank:4}, first: {first}")
    hits = sum(rank <= 5 for rank, _ in found)
    print(f"{judge.name} has the class among its first five in {hits} of {len(found)}")
    pictures.save(args.out, f"{net.name}_opinion", {"": draw(wishes, shown, found)}, {
        "demo": "opinion",
        "model": net.name,
        "judge": judge.name,
        "settings": dataclasses.asdict(preset),
        "random seed": args.seed,
        "among the first five": hits,
        "of": len(found),
        "places": {w.name: rank for w, (rank, _) in zip(wishes, found, strict=True)},
    })
    print(f"the pictures: {args.out / f'{net.name}_opinion'}.png")


def options() -> argparse.ArgumentParser:
    """Options; the pictures' settings are those of the network's preset."""
    parse = parser("opinion", __doc__)
    add = parse.add_argument
    add("--judge", default="squeezenet1_0_caffe", metavar="NAME", help="the network that is asked")
    add("--judge-weights", default=None, metavar="FILE", help="its weights, where not in weights/")
    add("--only", nargs="+", default=[], metavar="CLASS", help="some of the shared classes")
    add("--steps", type=int, default=40, help="at each size of the preset (40)")
    add("--seed", type=int, default=0)
    parse.set_defaults(start="noise")
    return parse


def shared(net, judge) -> dict[int, int]:
    """The classes that both name alike, capitals and _ aside: {class of net: class of judge}."""
    known = {plain(class_name(judge, k)): k for k in range(judge.class_count)}
    names = {k: plain(class_name(net, k)) for k in range(net.class_count)}
    return {k: known[name] for k, name in names.items() if name in known}


def plain(name: str) -> str:
    """English_springer → english springer."""
    return name.lower().replace("_", " ")


def place(judge, picture: Image.Image, k: int) -> tuple[int, str]:
    """Return the place of class k in the judge's order, 1 for the first, and the name of its first.

    The whole picture is shown at the judge's size.
    """
    edge = judge.input_size
    whole = picture.resize((edge, edge), Image.Resampling.BICUBIC)
    scores = to_numpy(judge.scores(judge.pixels(whole, size="full")))[0]
    return int((scores > scores[k]).sum()) + 1, class_name(judge, int(np.argmax(scores)))


def draw(wishes, shown, found) -> Image.Image:
    """Eight to a row, with the place that the judge gave."""
    tiles = [
        (f"{wish.name}: {rank}", picture)
        for wish, picture, (rank, _) in zip(wishes, shown, found, strict=True)
    ]
    return pictures.sheet([tiles[i : i + 8] for i in range(0, len(tiles), 8)], tile=160)
