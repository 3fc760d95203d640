"""The codes of photos, in an HDF5 file that makes the next run short.

    /codes          (N, D)      what techniques/look/codes.py says of each photo
    /fingerprints   (N, 32)     the bytes of each photo's SHA-256
    attributes      model, layer, and the SHA-256 of the weights

A photo is known by its content, wherever it lies and whatever it is called: what was added to a
folder is computed, and nothing else.  Each network, each set of weights and each layer has a file
of its own.  Ctrl-C keeps what there is.

Used by: ../codes.py.  Read before: models/storage.py, whose checked format it is.
"""

import hashlib
import pathlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from demos.shared.patience import SILENCE
from minigrad.backend import array_module, to_numpy
from minigrad.techniques import codes
from models import storage

BATCH = 16  # photos in one pass


class Origin(NamedTuple):
    """What codes are of, besides the photo."""

    model: str
    layer: str
    weights: str    # SHA-256 of the file

    def file_in(self, folder: pathlib.Path) -> pathlib.Path:
        """The file of these codes: codes_minivgg_relu7_1a2b3c4d.h5."""
        layer = self.layer.replace("/", "_")
        return folder / f"codes_{self.model}_{layer}_{self.weights[:8]}.h5"


class Coded(NamedTuple):
    """Photos and their codes.

    Attributes:
        photos: those that could be read.
        codes: (N, D), theirs.
        fingerprints: SHA-256 of each.
        left_out: a sentence for each of the others.
        computed: how many codes the file did not have.
    """

    photos: list[pathlib.Path]
    codes: np.ndarray
    fingerprints: list[str]
    left_out: list[str]
    computed: int


def codes_of(net, photos: list[pathlib.Path], origin: Origin, folder: pathlib.Path) -> Coded:
    """Take the codes of photos from their file, compute those that it lacks, and add them to it.

    Args:
        net: the network.
        photos: files; one that is no photo is left out, and said.
        origin: of the codes; its layer is the one that is asked for.
        folder: where the file lies or will lie.

    Raises:
        ValueError: the file is damaged or of another origin.
        KeyboardInterrupt: it says what was kept, and where.
    """
    file = origin.file_in(folder)
    kept = read(file, origin)
    before, prints, left_out = len(kept), {}, []
    try:
        with ThreadPoolExecutor() as threads, tqdm(
            desc=f"{origin.layer} of the photos", total=len(photos), unit="photo", delay=SILENCE
        ) as bar:
            for start in range(0, len(photos), BATCH):
                batch = photos[start : start + BATCH]
                found = dict(zip(batch, threads.map(fingerprint, batch), strict=True))
                prints |= {photo: mark for photo, mark in found.items() if mark}
                left_out += [f"{photo} cannot be read" for photo in batch if not found[photo]]
                new = {mark: photo for photo, mark in found.items() if mark and mark not in kept}
                left_out += add(net, origin.layer, new, kept, threads)
                bar.update(len(batch))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{len(kept):,} codes are kept in {file}, and the same command "
                                "goes on from there") from None
    finally:
        if len(kept) > before:
            save(file, kept, origin)
    photos = [photo for photo, mark in prints.items() if mark in kept]
    prints = [prints[photo] for photo in photos]
    rows = np.stack([kept[mark] for mark in prints]) if photos else np.empty((0, 0), np.float32)
    return Coded(photos, rows, prints, left_out, len(kept) - before)


def fingerprint(photo: pathlib.Path) -> str | None:
    """SHA-256 of a file; None for one that cannot be opened."""
    try:
        return hashlib.sha256(photo.read_bytes()).hexdigest()
    except OSError:
        return None


def add(net, layer: str, new: Mapping[str, pathlib.Path], kept: dict, threads) -> list[str]:
    """Add the codes of {fingerprint: photo} to `kept`; return a sentence for each that is none."""
    def pixels(photo):
        try:
            return net.pixels(photo)
        except (ValueError, OSError) as error:
            return str(error)

    read = dict(zip(new, threads.map(pixels, new.values()), strict=True))
    good = {mark: x for mark, x in read.items() if not isinstance(x, str)}
    if good:
        x = array_module(*good.values()).concatenate(list(good.values()))   # (N, 3, H, W)
        rows = to_numpy(codes(net, x, layer)).astype(np.float32, copy=False)    # (N, D)
        kept |= zip(good, rows, strict=True)
    return [x for x in read.values() if isinstance(x, str)]


def read(file: pathlib.Path, origin: Origin) -> dict[str, np.ndarray]:
    """Read {fingerprint: code}; nothing where there is no file.

    Raises:
        ValueError: it is damaged, or of another origin.
    """
    if not file.exists():
        return {}
    try:
        arrays, attributes = storage.read(file)
        rows, marks = arrays["codes"], arrays["fingerprints"]
        if rows.ndim != 2 or marks.shape != (len(rows), 32):
            raise ValueError
        marks = [row.tobytes().hex() for row in marks.astype(np.uint8)]
    except (ValueError, KeyError, OSError):
        raise ValueError(f"{file} is damaged, or holds no codes: remove it, and they are computed "
                         "anew") from None
    found = [attributes.get(name) for name in Origin._fields]
    if found != list(origin):
        raise ValueError(f"{file} holds codes of {found[1]} of {found[0]}, with other weights or "
                         f"of another layer than {origin.layer} of {origin.model}: rename it")
    return dict(zip(marks, rows, strict=True))


def save(file: pathlib.Path, kept: Mapping[str, np.ndarray], origin: Origin) -> None:
    """Write all codes, in place of the file that was there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    marks = np.frombuffer(bytes.fromhex("".join(kept)), np.uint8).reshape(-1, 32)
    arrays = {"codes": np.stack(list(kept.values())), "fingerprints": marks}
    storage.save(file, arrays, origin._asdict())
