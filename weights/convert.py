"""A publisher's file becomes one HDF5 of this project: weights, and how to use them.

Read before: publishers.py.  Read next: download.py.
"""

import hashlib
import os
import pathlib
import re
from collections.abc import Callable

import numpy as np

import models
from models import storage
from weights import formats
from weights.publishers import PUBLISHED

HERE = pathlib.Path(__file__).parent


def folder() -> pathlib.Path:
    """Where converted files go: $MINIGRAD_WEIGHTS, or this folder."""
    return pathlib.Path(os.environ.get("MINIGRAD_WEIGHTS") or HERE)


def convert(
    source, target, model: str, float16: bool = False, origin: str = "", licence: str = "",
    force: bool = False,
) -> None:
    """Read a file of any known format, check it against a network's table, write it as HDF5.

    Args:
        source: the publisher's file.
        target: the file to write; it is written whole or not at all.
        model: one of models.names().
        float16: store half precision.
        origin: where the file is from, for the attribute "source"; by default the address of the
            publisher whose hash it has, or else its name.
        licence: for the attribute of that name; by default that publisher's.
        force: replace a target that holds anything else than these weights.

    Raises:
        FileNotFoundError: there is no source, or no folder for the target.
        ValueError: it cannot be read, or is of another network, or the target is in the way; the
            sentence says what differs.
    """
    source = pathlib.Path(source)
    check_place(target)
    net = models.table(model)
    format, arrays = formats.read(source)
    if not re.fullmatch(format.networks, model):
        raise ValueError(
            f"{source} is a file of {format.name}'s, and {model} is not published in that format"
        )
    params = format.translate(arrays, net)
    found = {name: array.shape for name, array in params.items()}
    storage.check_shapes(found, net.shapes, str(source), model)
    params = {name: np.asarray(params[name], np.float32) for name in net.shapes}
    sha256 = digest(source, "sha256")
    if not force:
        check_free(target, lambda held: held.get("sha256") == sha256)
    known = [p for p in PUBLISHED.values() if p.model == model and p.is_hash(f"sha256:{sha256}")]
    storage.save(target, params, net.attributes | preprocessing(format, model) | {
        "source": origin or (known[0].address if known else source.name),
        "sha256": sha256,
        "licence": licence or (known[0].licence if known else "unknown: see the publisher"),
    }, float16=float16)


def check_place(target) -> None:
    """Ask before the work whether a file can be written there at all.

    Raises:
        FileNotFoundError: its folder is not there.
        ValueError: it is a folder itself.
    """
    target = pathlib.Path(target)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"there is no folder {target.parent} to write {target.name} into: make it first"
        )
    if target.is_dir():
        raise ValueError(f"{target} is a folder: give the file to write, {target / 'NAME.h5'}")


def check_free(target, is_same: Callable[[dict], bool]) -> None:
    """Leave alone a file that holds other weights: vgg16's may be PyTorch's, Keras' or Caffe's.

    Args:
        target: where a file is to be written.
        is_same: tells by the attributes of the one that is there.

    Raises:
        ValueError: it is another; the sentence says how to go on.
    """
    if not os.path.lexists(target) or is_same(held := attributes_of(target)):
        return
    what = f"weights from {held['source']}" if held.get("source") else "something else"
    raise ValueError(
        f"{target} is here already and holds {what}: give the new file another name (--out, where "
        "one downloads), or --force to replace the old one"
    )


def attributes_of(file) -> dict:
    """What a weight file says besides its weights; nothing where there is none."""
    try:
        return storage.attributes_of(file)
    except (ValueError, OSError):
        return {}


def preprocessing(format: formats.Format, model: str) -> dict:
    """What VGG's weights of this format were trained with, where that is not the table's own."""
    return format.preprocessing if model.startswith("vgg") else {}


def digest(path, kind: str) -> str:
    """The digits of a file's hash; kind is one of hashlib's, such as "sha256"."""
    state = hashlib.new(kind)
    with open(path, "rb") as file:
        while block := file.read(2**20):
            state.update(block)
    return state.hexdigest()
