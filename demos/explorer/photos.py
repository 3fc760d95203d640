"""The photos that may be looked at: those of the clone, by name, and those that were dropped.

A browser sends a name or bytes, never a path.  A name is looked up among the names that are known;
bytes are measured before they are read: first the file, then what its header says of its width and
height, and only then is it decoded.

Read next: question.py.
"""

import hashlib
import io
import pathlib
import threading
from collections import OrderedDict
from typing import NamedTuple

import PIL
from PIL import Image

from demos.shared import provenance
from demos.shared.album import CALTECH
from demos.shared.command import PHOTOS
from minigrad.command import printable
from models.photo import DAMAGE

MOST_BYTES, MOST_PIXELS = 20_000_000, 50_000_000    # of a file that is dropped
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")       # no more of Pillow's readers than one needs
KEPT = 200_000_000                                  # bytes of all that were dropped, together


class Photo(NamedTuple):
    """One photo.

    Attributes:
        key: by which a browser asks for it.
        title: for people.
        path: of a file of the clone, or None.
        data: of a file that was dropped, or None.
        shown: how a command names it: a path, or the name that the file had.
    """

    key: str
    title: str
    path: pathlib.Path | None
    data: bytes | None
    shown: str

    def source(self, at_least: int | None = None):
        """What `net.pixels` takes: a path, or an image of which only the header is read.

        Args:
            at_least: as for `models.photo.upright_rgb`, which does it by itself for a path.
        """
        if self.data is None:
            return self.path
        image = opened(self.data, self.shown)
        if at_least:
            image.draft(None, (at_least, at_least))
        return image


class Photos:
    """All of them, by key; of those that were dropped the last ones."""

    def __init__(self):
        self._of_clone = {photo.key: photo for photo in of_clone()}
        self._dropped: OrderedDict[str, Photo] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, key: str) -> Photo:
        """The photo of this key.

        Raises:
            ValueError: there is none, or it was dropped long ago.
        """
        with self._lock:
            photo = self._of_clone.get(key) or self._dropped.get(key)
            if photo and photo.data is not None:
                self._dropped.move_to_end(key)
        if photo is None:
            raise ValueError("this photo is not here any more: drop it again, or choose another")
        return photo

    def add(self, name: str, data: bytes) -> Photo:
        """Keep a file that was dropped; the same bytes have the same key.

        Raises:
            ValueError: it is too large, too wide or too high, or no image.
        """
        called = pathlib.PurePath(printable(name)[-80:]).name or "photo.jpg"
        opened(data, called)
        key = "dropped-" + hashlib.sha256(data).hexdigest()[:20]
        photo = Photo(key, called, None, data, called)
        with self._lock:
            self._dropped[key] = photo
            self._dropped.move_to_end(key)
            while sum(len(p.data) for p in self._dropped.values()) > KEPT:
                self._dropped.popitem(last=False)
        return photo

    def listed(self) -> list[Photo]:
        """Those of the clone."""
        return list(self._of_clone.values())


def of_clone() -> list[Photo]:
    """The single photos first, then those of the folders of Caltech-101."""
    single = [Photo(file.stem, file.stem, file, None, plain(file))
              for file in sorted(PHOTOS.glob("*.jpg"), key=lambda file: file.stem != "face")]
    return single + [
        Photo(f"{file.parent.name}-{file.stem}", f"{file.parent.name.replace('_', ' ')} {n + 1}",
              file, None, plain(file))
        for folder in sorted(CALTECH.iterdir()) if folder.is_dir()
        for n, file in enumerate(sorted(folder.glob("*.jpg")))
    ]


def plain(file: pathlib.Path) -> str:
    """A path as one would type it here."""
    return str(provenance.plain(file))


def opened(data: bytes, name: str, bytes_: int = MOST_BYTES,
           pixels: int = MOST_PIXELS) -> Image.Image:
    """An image of which only the header is read.

    Raises:
        ValueError: the file is too large, the image too wide or too high, or it is none.
    """
    if len(data) > bytes_:
        raise ValueError(f"{name} has {len(data) / 1e6:.0f} million bytes, and {bytes_ / 1e6:.0f} "
                         "are the most: shrink it")
    try:
        image = Image.open(io.BytesIO(data), formats=KINDS)
        image.filename = name
    except PIL.UnidentifiedImageError:
        raise ValueError(f"{name} is no photo: give a {', '.join(KINDS)}") from None
    except Image.DecompressionBombError:
        raise ValueError(f"{name} has more pixels than any photo: shrink it") from None
    except DAMAGE as error:
        raise ValueError(f"{name} cannot be read as an image: {printable(str(error))}") from None
    if image.width * image.height > pixels:
        raise ValueError(f"{name} has {image.width}×{image.height} pixels, and "
                         f"{pixels / 1e6:.0f} million are the most: shrink it")
    return image
