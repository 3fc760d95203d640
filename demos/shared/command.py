"""What the command lines of all demos share: options, photos, the network and what it says.

A photo is named bare (`rules cat.jpg`) or behind --image; several of them, folders and globs are
all looked at, one after another.
"""

import argparse
import glob
import pathlib
import sys
import textwrap
from collections.abc import Callable

from PIL import Image

import models
from demos.shared.family import writable
from minigrad.backend import to_numpy
from minigrad.command import printable
from minigrad.ops import softmax
from models.classes import class_name

PHOTOS = pathlib.Path(__file__).parents[1] / "photos"
FACE = PHOTOS / "face.jpg"  # what is looked at where no photo is given


class Paragraphs(argparse.HelpFormatter):
    """Fit prose to the terminal, and leave a command on a line of its own."""

    def _fill_text(self, text, width, indent):
        return "\n\n".join(fitted(paragraph, width) for paragraph in text.strip().split("\n\n"))


def fitted(paragraph: str, width: int) -> str:
    """Wrap a paragraph; lines of commands, indented or not, only where they are too long."""
    if not paragraph.startswith((" ", "python ")):
        return textwrap.fill(paragraph, width)
    lines = paragraph.splitlines()
    return "\n".join(textwrap.fill(line, width, subsequent_indent=" " * 8) for line in lines)


def parser(
    name: str, doc: str, weights: str = "its weights, where not in weights/", writes: bool = True,
    looks: bool = True, known: Callable[[], list[str]] = models.names,
) -> argparse.ArgumentParser:  # fmt: skip
    """Begin a demo's options with those that every demo has.

    Args:
        name: the demo's.
        doc: what it says of itself.
        weights: the help of that option.
        writes: it writes files.
        looks: it looks through a network that the options name.
        known: gives the names of the networks that it may be.
    """
    options = argparse.ArgumentParser(
        prog=f"python -m demos {name}",
        description=doc,
        formatter_class=Paragraphs,
    )
    add = options.add_argument
    if looks:
        model = add("--model", metavar="NAME", help="a network (python -m models lists them)")
        model.completer = lambda **_: known()
        add("--weights", metavar="FILE", help=weights)
    if writes:
        add("--out", default="out", metavar="DIR", type=writable,
            help="folder for what is written (out)")
        add("-q", "--quiet", action="store_true", help="say nothing but what went wrong")
    if looks:
        add("--device", default="cpu", choices=["cpu", "cuda"], help="what computes it (cpu)")
    return options


def add_layer(options: argparse.ArgumentParser, help: str) -> None:
    """Add --layer, whose names a shell can complete."""
    layer = options.add_argument("--layer", type=filled, metavar="NAME", help=help)
    layer.completer = layers_for_shell


def add_photos(options: argparse.ArgumentParser, help: str) -> None:
    """Add the photos, bare or behind --image."""
    add = options.add_argument
    add("bare", nargs="*", type=filled, default=[], metavar="PHOTO", help=help)
    add("--image", nargs="+", type=filled, default=[], metavar="PHOTO",
        help="the same, behind a name")


def filled(text: str) -> str:
    """The text of an option or a photo, which is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty: give a name, or leave it out")
    return text


def model_of(args: argparse.Namespace) -> str:
    """Name the network of the options: minivgg, or the one that the weight file is of."""
    return args.model or (models.storage.model_of(args.weights) if args.weights else "minivgg")


def network(args: argparse.Namespace):
    """Load the network that the options name."""
    return models.load(model_of(args), path=args.weights, device=args.device)


def layers_for_shell(parsed_args, **_) -> list[str]:
    """Layers of the network that a command line, as far as it is typed, asks for."""
    return list(models.table(model_of(typed(parsed_args))).layers)


def classes_for_shell(parsed_args, **_) -> list[str]:
    """Class names of the network that a command line, as far as it is typed, asks for."""
    return [name.replace("_", " ") for name in network(typed(parsed_args)).classes]


def typed(so_far: argparse.Namespace) -> argparse.Namespace:
    """Which network a line names that is not complete yet: the other options may be missing."""
    given = {name: getattr(so_far, name, None) for name in ("model", "weights")}
    return argparse.Namespace(**given, device="cpu")


def top(net, scores, count: int = 5) -> list[tuple[str, float]]:
    """Names and probabilities of so many likeliest classes: scores (1, K)."""
    p = to_numpy(softmax(scores))[0]
    return [(class_name(net, k), float(p[k])) for k in p.argsort()[::-1][:count]]


# ── Photos ──────────────────────────────────────────────────────────────────────────────────────


def photos_of(args: argparse.Namespace, usual: pathlib.Path = FACE) -> list[pathlib.Path]:
    """Every photo that the options name, each once and in their order; the usual one for none.

    Raises:
        FileNotFoundError: there is no such photo, folder or match; each is looked for beforehand.
        ValueError: a folder holds no photo.
    """
    named = [photo for text in [*args.bare, *args.image] for photo in photos_in(text)]
    return list(dict.fromkeys(named)) or [usual]


def photos_in(text: str) -> list[pathlib.Path]:
    """One photo, the photos of a folder (not of those in it), or what a glob matches, by name."""
    path = pathlib.Path(text)
    if path.is_dir():
        suffixes = Image.registered_extensions()
        found = [
            file for file in sorted(path.iterdir())
            if file.suffix.lower() in suffixes and file.is_file() and file.name[0] != "."
        ]
        if not found:
            raise ValueError(f"the folder {text} holds no photos; those in folders below it are "
                             f"found by a pattern, '{path / '**' / '*.jpg'}'")
        return found
    if not path.exists() and glob.has_magic(text):
        found = sorted(map(pathlib.Path, glob.glob(text, recursive=True)))
        if not found:
            raise FileNotFoundError(f"no photo matches {text}")
        return found
    if not path.exists():
        raise FileNotFoundError(f"there is no photo {text}")
    return [path]


def for_each(photos: list[pathlib.Path], look) -> None:
    """Call look(photo, name) for every photo, the names all different: of a.jpg and a.png a, a_2.

    A photo that cannot be read is named, and the others are looked at all the same.

    Raises:
        ValueError: some could not be read; the one photo's own sentence where there is but one.
    """
    failed, names = 0, set()
    for photo in photos:
        same = (f"{photo.stem}_{n}" for n in range(2, len(photos) + 1))
        name = next(name for name in [photo.stem, *same] if name not in names)
        names.add(name)
        if len(photos) == 1:
            look(photo, name)
            return
        print(photo)
        try:
            look(photo, name)
        except ValueError as error:
            if str(photo) not in str(error):  # it is not the photo's, but an option's
                raise
            print(f"left out: {printable(str(error))}", file=sys.stderr)
            failed += 1
    if failed:
        raise ValueError(f"{failed} of {len(photos)} photos could not be looked at, as said above")
