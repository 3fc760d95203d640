"""What the command lines of all demos share: options, the network, and how a mistake is told."""

import argparse
import os
import pathlib
import sys
from collections.abc import Callable

import models
from minigrad.backend import to_numpy
from models.classes import class_name

GPU_MODULES = {"cupy", "cupy_backends", "cupyx"}
PHOTOS = pathlib.Path(__file__).parents[1] / "photos"


def run(main: Callable[[list[str]], None], argv: list[str]) -> int:
    """Call a demo's main; what a user can mend becomes one sentence and exit status 2."""
    try:
        main(argv)
    except BrokenPipeError:  # the reader of our output (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except Exception as error:
        if from_the_gpu(error):
            kind, said = type(error).__name__, (str(error).splitlines() or [""])[0]
            return refused(f"the GPU gave up, {kind}: {said}; try a smaller --size or --device cpu")
        if not isinstance(error, ValueError | TypeError | OSError | MemoryError):
            raise
        return refused(str(error) or "out of memory: take a smaller --size")
    return 0


def refused(sentence: str) -> int:
    """Say it, and return the exit status."""
    print(f"demos: {sentence}", file=sys.stderr)
    return 2


def from_the_gpu(error: Exception) -> bool:
    """Tell the errors of CuPy, its driver and its compiler; CuPy itself need not be here.

    Most are of classes of its own; a missing library is a RuntimeError that it raises.
    """
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    raised_in = place.tb_frame.f_globals.get("__name__", "")
    modules = [raised_in, *(kind.__module__ for kind in type(error).__mro__)]
    own = not isinstance(error, ValueError | TypeError)     # those tell of arguments, as NumPy's do
    return own and any(module.split(".")[0] in GPU_MODULES for module in modules)


def parser(name: str, doc: str) -> argparse.ArgumentParser:
    """Begin a demo's options with those that every picture has."""
    options = argparse.ArgumentParser(
        prog=f"python -m demos {name}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add("--model", default=None, metavar="NAME", help="a network (python -m models lists them)")
    add("--weights", default=None, metavar="FILE", help="its weights, where not in weights/")
    add("--out", default="out", metavar="DIR", type=pathlib.Path, help="folder for the pictures")
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
