"""What made a picture, so that it can be made again: python -m demos again cup_rules.json.

The same command makes the same pictures, byte for byte, from the same photo and weights, by the
same versions on as many threads: sums that are shared otherwise are rounded otherwise.

Used by: pictures.py and ../again.py.
"""

import argparse
import hashlib
import pathlib
import platform
import sys
import time

import numpy as np
import PIL

import minigrad
import models
from minigrad.ops.fast import threads


def here(command: list[str] | None = None) -> dict:
    """The command, by default the one that runs now; what runs it, and when."""
    return {
        "command": command or sys.argv[1:],
        "versions": {
            "minigrad": minigrad.__version__, "python": platform.python_version(),
            "numpy": np.__version__, "pillow": PIL.__version__,
        },
        "threads": threads.count(),
        "written": time.strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip


def of(args: argparse.Namespace, **read: pathlib.Path) -> dict:
    """All options, those too that nobody gave, and the files that were read.

    Args:
        args: the options of a demo.
        read: files besides the weights of the network that they name, if they name one, by what
            they are: photo=args.image.
    """
    read = {"weights": weights_of(args), **read} if hasattr(args, "weights") else read
    return {
        "options": {name: plain(value) for name, value in vars(args).items()},
        "files read": {what: print_of(file) for what, file in read.items()},
    }


def weights_of(args: argparse.Namespace) -> pathlib.Path:
    """The file of the weights that the options name."""
    return args.weights or models.weights_file(args.model or "minivgg")


def plain(value):
    """What JSON can hold; of a path no more than leads to it from here."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, pathlib.Path):
        return value
    return str(value.relative_to(pathlib.Path.cwd()) if within_here(value) else value)


def within_here(path: pathlib.Path) -> bool:
    """Does a full path lead into the working folder?"""
    return path.is_absolute() and path.is_relative_to(pathlib.Path.cwd())


def print_of(file) -> dict:
    """A file's path and fingerprint."""
    file = pathlib.Path(file)
    return {"path": plain(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def changes(note: dict) -> list[str]:
    """What is not as it was when the pictures were made, in words."""
    now, found = here()["versions"], []
    for program, version in note["versions"].items():
        if now.get(program) != version:
            found.append(f"{program} was {version} and is {now.get(program)}")
    for what, was in note["files read"].items():
        path = pathlib.Path(was.get("path", ""))
        if not path.is_file():
            found.append(f"{what}: {path} is gone")
        elif print_of(path)["sha256"] != was.get("sha256"):
            found.append(f"{what}: {path} has another content")
    return found
