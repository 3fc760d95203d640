"""The files of one run are a family: they come together, and they go together.

    cup_rules.png, cup_rules_photo.png, …  and cup_rules.json, which lists them all

A run of the same name with other settings makes other files.  So it replaces the whole family: what
the old JSON lists and the new run does not write is removed, lest pictures of two runs stand side
by side.  What no JSON lists is somebody else's and is never removed.

Every file is written under a temporary name before the first one takes its place, the JSON last:
where the disk is full, the old family stays.

Used by: pictures.py, which makes the files, and demos/shared/command.py, which asks for the folder
before the work.
"""

import contextlib
import csv
import io
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping

from minigrad.stopping import saving
from models.files import NotWritten, replacing

try:
    import fcntl
except ImportError:  # no POSIX
    fcntl = None

ROOM = 10_000_000  # bytes: the largest sheets have some millions


def writable(text: str) -> pathlib.Path:
    """Return a folder in which files can be made, or could be, once it is made itself.

    Raises:
        NotWritten: it has no name, it is a file, it is forbidden, or its disk is full.
    """
    if not text.strip():
        raise NotWritten("--out is empty: name a folder, or leave it out")
    folder = there = pathlib.Path(text)
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise NotWritten(f"--out {text}: {there} is a file; name a folder")
    try:
        with tempfile.TemporaryFile(dir=there):
            left = shutil.disk_usage(there).free
    except OSError as error:
        raise NotWritten(f"--out {text}: nothing can be written there: {error.strerror}") from None
    if left < ROOM:
        raise NotWritten(
            f"--out {text}: its disk has {left:,} bytes left and pictures want {ROOM:,}: make room "
            "or name another folder"
        )
    return folder


def write(folder: pathlib.Path, name: str, files: Mapping[str, bytes], note: dict) -> None:
    """Write a family, and replace the one of that name.

    Args:
        folder: made if it does not exist.
        name: how the files' names begin; <name>.json is the note.
        files: what is in them, by their names' ends, as "_1.png"; the first is named to the user.
        note: what made them; "pictures", the list of the files, is added.

    Raises:
        NotWritten: a file could not be written; the old family is as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    family = {name + end: data for end, data in files.items()}
    text = json.dumps({**note, "pictures": list(family)}, indent=1, ensure_ascii=False)
    with alone_in(folder), saving(), replacing(folder / f"{name}.json") as temporary:
        temporary.write_text(text, encoding="utf-8")
        old = listed(folder, name)
        with contextlib.ExitStack() as all_or_none:
            for file, data in family.items():
                all_or_none.enter_context(replacing(folder / file)).write_bytes(data)
        for file in set(old) - set(family):
            (folder / file).unlink(missing_ok=True)


def listed(folder: pathlib.Path, name: str) -> list[str]:
    """Name the files of a family that lie in a folder; say what is about to be replaced."""
    note = read(folder / f"{name}.json")
    files = [file for file in note.get("pictures", ()) if belongs(file, name)]
    files = [file for file in files if (folder / file).is_file()]
    if files:
        first, *more = files
        others = f" and {len(more)} more file{'s' * (len(more) > 1)}" if more else ""
        print(f"replaces {first}{others} of {note.get('written', 'an earlier run')}")
    return files


def belongs(file, name: str) -> bool:
    """Is that the name of a file of this family, and no path to somewhere else?"""
    plain = isinstance(file, str) and pathlib.PurePath(file).name == file
    return plain and file.startswith(name)


def read(file: pathlib.Path) -> dict:
    """What a JSON tells; nothing where there is none, or another's."""
    try:
        note = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return note if isinstance(note, dict) and isinstance(note.get("pictures"), list) else {}


def as_csv(lines) -> bytes:
    """Lines of cells as the bytes of a file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()


@contextlib.contextmanager
def alone_in(folder: pathlib.Path) -> Iterator[None]:
    """Wait for other processes that replace files of this folder, where the system can tell."""
    if fcntl is None:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network disks have no locks
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
