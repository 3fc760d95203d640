"""What a search for patches has found so far: a file from which it goes on.

    attributes of /     model, weights (their SHA-256), layer, size
    /photos/name        (P,) paths below the folder, in their order
    /photos/size        (P,) bytes, and
    /photos/changed     (P,) nanoseconds: a file that differs in one of them is another photo
    /photos/state       (P,) 0 not looked at yet, 1 looked at, 2 cannot be read
    /top/value          (C, kept) the strongest photos of each channel, and where there;
    /top/photo          their places in /photos
    /top/row, /top/column
    /usual/sum, /usual/squares   (C,) what the channels do as a rule; attribute photos

A photo that was added is looked at when the search goes on.  One that is gone, or has changed, does
not matter unless a channel's patch is of it: what would stand in its place, nobody remembers.

Read before: minigrad/techniques/look/patches.py, album.py.  Read next: patch_search.py.
"""

import os
import pathlib
from typing import NamedTuple

import numpy as np

from demos.shared.album import Photo, some
from minigrad.techniques.look.patches import Top, Usual, nothing_yet
from models.files import NotWritten, replacing

WAITS, SEEN, UNREADABLE = range(3)
ANEW = "name another by --index, or begin anew by --anew"


class About(NamedTuple):
    """What an index is of; of anything else it is refused."""

    model: str
    weights: str
    layer: str
    size: int


class Index(NamedTuple):
    """Where a search stands.

    Attributes:
        about: which network and layer.
        photos: of the folder, in their order; a photo's number is its place here.
        state: (P,), of each.
        top: the strongest photos of each channel.
        usual: what the channels do as a rule.
    """

    about: About
    photos: list[Photo]
    state: np.ndarray
    top: Top
    usual: Usual

    @property
    def waiting(self) -> np.ndarray:
        """The numbers of the photos that nobody has looked at yet."""
        return np.flatnonzero(self.state == WAITS)


def begun(about: About, photos: list[Photo], channels: int, kept: int) -> Index:
    """The index of a search that has looked at nothing."""
    state, zero = np.zeros(len(photos), np.int8), np.zeros(channels)
    return Index(about, photos, state, nothing_yet(channels, kept), Usual(0, zero, zero))


def write(file: pathlib.Path, index: Index) -> None:
    """Write it, whole or not at all.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    import h5py

    names, sizes, changed = zip(*index.photos, strict=True)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary, h5py.File(temporary, "w") as root:
            root.attrs.update(index.about._asdict())
            photos = root.create_group("photos")
            photos["name"] = np.array([os.fsencode(name) for name in names])
            photos["size"], photos["changed"] = np.int64(sizes), np.int64(changed)
            photos["state"] = index.state
            for name, part in index.top._asdict().items():
                root[f"top/{name}"] = part
            root["usual/sum"], root["usual/squares"] = index.usual.sum, index.usual.squares
            root["usual"].attrs["photos"] = index.usual.photos
    except NotWritten:
        raise
    except (OSError, RuntimeError) as error:  # HDF5 tells of a full disk in its own words
        raise NotWritten(f"the index {file} could not be written: {error}") from None


def read(file: pathlib.Path, about: About, photos: list[Photo], kept: int) -> Index:
    """Read what was found, for the photos that the folder holds now.

    Args:
        file: of an earlier search.
        about: what the index must be of.
        photos: of the folder.
        kept: so many patches of each channel are wanted.

    Raises:
        ValueError: it is no index, is of something else, keeps fewer patches, or has patches of
            photos that are not what they were.
    """
    index = _read(file)
    if index.about != about:
        raise ValueError(f"{file} is an index of {_different(index.about, about)}: {ANEW}")
    if index.top.value.shape[1] < kept:
        raise ValueError(
            f"{file} keeps {index.top.value.shape[1]} patches of each channel, not {kept}: {ANEW}"
        )
    now = {photo: number for number, photo in enumerate(photos)}
    number = np.array([now.get(photo, -1) for photo in index.photos])       # old place → new place
    lost = {p for p in np.unique(index.top.photo) if p >= 0 and number[p] < 0}
    if lost:
        names = some([index.photos[p].name for p in sorted(lost)], 3)
        raise ValueError(f"{file} has patches of photos that are gone or have changed ({names}): "
                         f"{ANEW}")
    state = np.zeros(len(photos), np.int8)
    state[number[number >= 0]] = index.state[number >= 0]
    top = index.top._replace(photo=np.where(index.top.photo < 0, -1, number[index.top.photo]))
    return index._replace(photos=photos, state=state, top=top)


def _different(found: About, wanted: About) -> str:
    """Say what an index is of, where it is not of what is wanted."""
    if found.model != wanted.model:
        return f"{found.model}, not of {wanted.model}"
    if found.weights != wanted.weights:
        return f"other weights of {found.model}"
    if found.layer != wanted.layer:
        return f"{found.layer}, not of {wanted.layer}"
    return f"photos at {found.size} pixels, not at {wanted.size}"


def _read(file: pathlib.Path) -> Index:
    import h5py

    try:
        with h5py.File(file, "r") as root:
            about = About(*(kind(root.attrs[name]) for name, kind in About.__annotations__.items()))
            columns = [root[f"photos/{name}"][()] for name in Photo._fields]
            names = [os.fsdecode(bytes(name)) for name in columns[0]]
            photos = list(map(Photo, names, columns[1].tolist(), columns[2].tolist()))
            top = Top(*(root[f"top/{name}"][()] for name in Top._fields))
            usual = root["usual"]
            usual = Usual(int(usual.attrs["photos"]), usual["sum"][()], usual["squares"][()])
            index = Index(about, photos, root["photos/state"][()], top, usual)
            if index.state.shape != (len(photos),) or top.photo.max() >= len(photos):
                raise ValueError("its parts do not fit one another")
            return index
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError):
        raise ValueError(f"{file} is no index of python -m demos patches: {ANEW}") from None
