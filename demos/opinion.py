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

from PIL import Image

import models
from demos.shared import pictures, provenance
from demos.shared.command import network, parser
from demos.shared.wishes import make, of_class
from minigrad.techniques import opinion, preset_for
from models.classes import class_name, find_class, shared


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
    preset = preset_for(net).changed({"steps": args.steps})
    wishes = [of_class(net, k, class_name(net, k)) for k in classes]
    made = make(net, wishes, preset, args.seed)
    if made.error:
        raise made.error  # no opinion of pictures that are not finished: nothing is written

    shown = [pictures.photo(image) for image in made.pixels]
    found = [asked(judge, picture, k) for picture, k in zip(shown, classes.values(), strict=True)]
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
        **provenance.of(args, judge=args.judge_weights or models.weights_file(args.judge)),
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
    add("--seed", type=int, default=0, help="of the noise to start from, and all that follows (0)")
    return parse


def asked(judge, picture: Image.Image, k: int) -> tuple[int, str]:
    """Show the whole picture at the judge's size: the place of class k, and the first's name."""
    edge = judge.input_size
    whole = picture.resize((edge, edge), Image.Resampling.BICUBIC)
    (rank,), (first,) = opinion(judge, judge.pixels(whole, size="full"), k)
    return int(rank), class_name(judge, int(first))


def draw(wishes, shown, found) -> Image.Image:
    """Eight to a row, with the place that the judge gave."""
    tiles = [
        (f"{wish.name}: {rank}", picture)
        for wish, picture, (rank, _) in zip(wishes, shown, found, strict=True)
    ]
    return pictures.sheet([tiles[i : i + 8] for i in range(0, len(tiles), 8)], tile=160)
