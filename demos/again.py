"""Pictures made again by the command in their JSON: do the bytes agree?

    python -m demos again out/cup_rules.json

Run it in the folder where the pictures were made, for the command names photos as seen from there.
It writes into a temporary folder and leaves the old pictures alone.  What is not as it was, another
version, another photo of that name, is said before.
"""

import argparse
import contextlib
import importlib
import io
import pathlib
import tempfile

import numpy as np
from PIL import Image

from demos.__main__ import demos
from demos.shared import family, provenance
from demos.shared.command import Paragraphs
from minigrad.ops.fast import threads

NOT_AGAIN = {"again", "train", "maps", "tour"}  # train has a --resume, the others tell seconds
SAME = "the same bytes"


def main(argv: list[str]) -> None:
    """Run the command again and compare every picture."""
    file = options().parse_args(argv).file
    note = read(file)
    for change in provenance.changes(note):
        print(f"not as it was: {change}")
    demo, *rest = note["command"]
    with tempfile.TemporaryDirectory() as folder, as_many_threads(note["threads"]):
        with contextlib.redirect_stdout(io.StringIO()):  # it names files that are soon gone
            importlib.import_module(f"demos.{demo}").main([*rest, "--out", folder])
        verdicts = {
            name: compared(file.parent / name, pathlib.Path(folder) / name)
            for name in note["pictures"]
        }
    for name, verdict in verdicts.items():
        print(f"{verdict:26} {name}")
    same = list(verdicts.values()).count(SAME)
    if same < len(verdicts):
        raise ValueError(f"{same} of {len(verdicts)} files of {file} came out byte for byte again")
    print(f"all {same} came out byte for byte again")


def options() -> argparse.ArgumentParser:
    """Only what to make again: all else is in the file."""
    parse = argparse.ArgumentParser(
        prog="python -m demos again", description=__doc__,
        formatter_class=Paragraphs,
    )  # fmt: skip
    parse.add_argument("file", type=pathlib.Path, metavar="FILE.json", help="beside a picture")
    return parse


def read(file: pathlib.Path) -> dict:
    """What a demo wrote beside its pictures.

    Raises:
        FileNotFoundError, ValueError: there is no such file, or it tells of no command that one
            could give again.
    """
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}: give the JSON beside a picture")
    note = family.read(file)
    command, many = note.get("command"), note.get("threads")
    told = all(isinstance(note.get(part), dict) for part in ("versions", "files read"))
    texts = isinstance(command, list) and all(isinstance(word, str) for word in command)
    plain = all(family.belongs(name, file.stem) for name in note.get("pictures", [None]))
    drawn = texts and bool(command) and command[0] in demos().keys() - NOT_AGAIN
    if not (drawn and plain and told and isinstance(many, int) and many > 0):
        raise ValueError(f"{file} tells of no pictures that a demo could make again")
    if note.get("interrupted"):
        raise ValueError(
            f"{file} is of a run that was stopped, which nobody can stop there again: "
            f"python -m demos {' '.join(command)} makes the whole"
        )
    return note


@contextlib.contextmanager
def as_many_threads(count: int):
    """Share the sums as they were shared: their last digits depend on it."""
    threads.use(count)
    try:
        yield
    finally:
        threads.use(None)


def compared(old: pathlib.Path, new: pathlib.Path) -> str:
    """Say in how far two pictures are the same."""
    if not old.is_file():
        return "the old one is gone"
    if not new.is_file():
        return "was not made again"
    if old.read_bytes() == new.read_bytes():
        return SAME
    if old.suffix != ".png":
        return "other bytes"
    with Image.open(old) as one, Image.open(new) as other:
        alike = np.array_equal(np.asarray(one), np.asarray(other))
    return "the same pixels" if alike else "another picture"
