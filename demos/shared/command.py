"""What the command lines of all demos share: options, the network, and what it says of a photo."""

import argparse
import pathlib

import models
from demos.shared.family import writable
from minigrad.backend import to_numpy
from models.classes import class_name

PHOTOS = pathlib.Path(__file__).parents[1] / "photos"


def parser(
    name: str, doc: str, weights: str = "its weights, where not in weights/", writes: bool = True
) -> argparse.ArgumentParser:
    """Begin a demo's options with those that every picture has.

    `weights` is that option's help; `writes`: there will be files.
    """
    options = argparse.ArgumentParser(
        prog=f"python -m demos {name}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add("--model", default=None, metavar="NAME", help="a network (python -m models lists them)")
    add("--weights", default=None, metavar="FILE", help=weights)
    if writes:
        add("--out", default="out", metavar="DIR", type=writable, help="folder for the pictures")
    add("--device", default="cpu", choices=["cpu", "cuda"])
    return options


def network(args: argparse.Namespace):
    """Load the network that the options name: minivgg, or the one that the weight file is of."""
    name = args.model
    if name is None:
        name = models.storage.model_of(args.weights) if args.weights else "minivgg"
    return models.load(name, path=args.weights, device=args.device)


def top_five(net, scores) -> list[tuple[str, float]]:
    """Names and probabilities of the five likeliest classes: scores (1, K)."""
    from minigrad.ops import softmax

    p = to_numpy(softmax(scores))[0]
    return [(class_name(net, k), float(p[k])) for k in p.argsort()[::-1][:5]]
