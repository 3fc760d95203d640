"""A folder of photos, however many and however deep: what is in it, in one order.

The class of a photo, where there is one, is the folder that it lies in.

Used by: patch_index.py and the demos that look through folders.
"""

import os
import pathlib
from collections.abc import Iterable
from typing import NamedTuple

from demos.shared.command import PHOTOS, photos_in
from models.classes import class_name
from models.photo_folder import SUFFIXES, survey

CALTECH = PHOTOS / "caltech101"  # what is looked through where no folder is given


class Photo(NamedTuple):
    """A file that calls itself a photo.

    Attributes:
        name: its path below the folder, with /.
        size: in bytes.
        changed: when, in nanoseconds.
    """

    name: str
    size: int
    changed: int


class Album(NamedTuple):
    """What a folder holds: photos by name, and the names of all other files."""

    folder: pathlib.Path
    photos: list[Photo]
    others: list[str]


def album(folder: pathlib.Path, but: pathlib.Path) -> Album:
    """List a folder and all below it, without what is hidden.

    Args:
        folder: of photos.
        but: a folder that is left out, if it lies below: pictures that were made are no photos.

    Raises:
        FileNotFoundError, NotADirectoryError: there is no such folder.
        ValueError: there is no photo in it.
    """
    if not folder.is_dir():
        if folder.exists():
            raise NotADirectoryError(f"{folder} is a file: give the folder that it lies in")
        raise FileNotFoundError(f"there is no folder {folder}")
    photos, others, but = [], [], but.resolve()
    for place, below, files in os.walk(folder):
        here = pathlib.Path(place).resolve()
        below[:] = [name for name in below if name[0] != "." and here / name != but]
        for file in (pathlib.Path(place, name) for name in files if name[0] != "."):
            name = file.relative_to(folder).as_posix()
            if file.suffix.lower() not in SUFFIXES:
                others.append(name)
            elif file.is_file():
                status = file.stat()
                photos.append(Photo(name, status.st_size, status.st_mtime_ns))
    if not photos:
        raise ValueError(f"the folder {folder} holds no photo, nor does any below it")
    return Album(folder, sorted(photos), sorted(others))


def kind_of(name: str) -> str:
    """The folder that a photo lies in, as one would say it; "" for one that lies in none."""
    return pathlib.PurePosixPath(name).parent.name.replace("_", " ")


def some(names: Iterable[str], most: int = 5) -> str:
    """Name a few, and say how many more there are."""
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def of_known_classes(net, folder: str) -> list[tuple[pathlib.Path, int | None]]:
    """Photos with the class that their folder names; without, where there are no class folders."""
    found, _ = survey(pathlib.Path(folder))
    if not any(found.values()):
        return [(file, None) for file in photos_in(folder)]
    numbers = {class_name(net, k).lower(): k for k in range(net.class_count)}
    known = {name: numbers.get(name.lower().replace("_", " ")) for name in found}
    files = [(file, known[name]) for name in found if known[name] is not None
             for file in found[name]]
    if not files:
        raise ValueError(f"{folder} has folders of {', '.join(list(found)[:3])} …, and {net.name} "
                         "knows none of them: python -m demos classes lists what it knows")
    return files
