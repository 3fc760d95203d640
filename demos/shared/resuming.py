"""A run that was stopped goes on from the state beside its picture.

    python -m demos style --resume out/town_style.json

The JSON beside a picture holds the command that makes it, and <name>_state.npz, which is written
when a run is stopped before its end, holds where it stood: the image, what the optimiser remembers,
and the random generators.  So the picture is in the end the one that the whole run would have made,
byte for byte.  It goes on with the options that it began with, and with no others.

Read before: provenance.py.  Read next: image_run.py.
"""

import argparse
import io
import json
import pathlib
from typing import NamedTuple

import numpy as np

from demos.shared import family, provenance
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.make.loop import Memory, Progress

STATE = "_state.npz"  # how the file's name ends, behind the picture's


class Stopped(NamedTuple):
    """A run that was stopped: its name, its command, and where each of its images stood."""

    name: str
    command: list[str]
    stood: list[Progress | None]


def add_resume(options: argparse.ArgumentParser) -> None:
    """Add --resume, which stands alone."""
    options.add_argument("--resume", type=pathlib.Path, metavar="FILE.json", default=None,
                         help="go on with the run that this was written by, when it was stopped")


def parsed(options: argparse.ArgumentParser, argv: list[str]):
    """Read a command line; behind --resume, the one that began the run.

    Returns:
        (options, None or Stopped).

    Raises:
        FileNotFoundError, ValueError: there is no such file, or no run that goes on from it; or a
            photo that it was made from is another now.
    """
    args = options.parse_intermixed_args(argv)
    if args.resume is None:
        return args, None
    file = args.resume
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}: give the JSON beside a picture")
    note, demo = family.read(file), options.prog.removeprefix("python -m demos ").split()
    command, state = note.get("command"), file.with_name(file.stem + STATE)
    if not (isinstance(command, list) and command[: len(demo)] == demo):
        raise ValueError(f"{file} was not written by {options.prog}")
    if not state.is_file():
        raise ValueError(f"{file} is of a run that came to its end: there is no {state.name} "
                         "beside it to go on from")
    more = [word for word in argv if word.startswith("-") and word not in ("-q", "--quiet")]
    if len(more) > 1:
        raise ValueError(f"--resume goes on with the options of {file}: leave {more[-1]} out")
    for change in provenance.changes(note):
        if "content" in change or "gone" in change:
            raise ValueError(f"{file} cannot be gone on with: {change}")
        print(f"not as it was: {change}")
    before = options.parse_intermixed_args(command[len(demo) :])
    before.out, before.quiet = file.parent, args.quiet
    return before, Stopped(file.stem, command, read(state, before.device))


def written(stood: list[Progress | None]) -> bytes:
    """Where the images of a run stand, as a file."""
    arrays, notes = {}, []
    for n, now in enumerate(stood):
        if now is None:
            notes.append(None)
            continue
        arrays |= {f"{n}/step/{name}": to_numpy(a) for name, a in now.memory.arrays.items()}
        arrays[f"{n}/image"] = to_numpy(now.pixels)
        notes.append({"step": now.step, "value": now.value, "rngs": now.memory.rngs})
    file = io.BytesIO()
    np.savez(file, note=np.array(json.dumps(notes)), **arrays)
    return file.getvalue()


def read(file: pathlib.Path, device: str) -> list[Progress | None]:
    """Where the images of a run stood.

    Raises:
        ValueError: the file is damaged, or something else.
    """
    try:
        with np.load(file) as saved:
            arrays = {name: saved[name] for name in saved.files}
        notes = json.loads(str(arrays.pop("note")))
        return [note and _progress(n, note, arrays, device) for n, note in enumerate(notes)]
    except Exception:  # whatever NumPy or JSON stumbled over
        raise ValueError(f"{file} is damaged, or no state of a run: begin anew") from None


def _progress(n: int, note: dict, arrays: dict, device: str) -> Progress:
    own = {
        name.removeprefix(f"{n}/step/"): a.item() if a.ndim == 0 else to_device(a, device)
        for name, a in arrays.items() if name.startswith(f"{n}/step/")
    }
    image = to_device(arrays[f"{n}/image"], device)
    return Progress(note["step"], image, note["value"], Memory(own, note["rngs"]))
