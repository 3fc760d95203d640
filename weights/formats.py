"""Which format is this file?  Told by what is in it, never by its name.

Read before: deep_compression.py.  Read next: names.py.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from weights import (
    caffe_file,
    deep_compression,
    keras_file,
    matconvnet_file,
    names,
    safetensors_file,
    torch_file,
)

BGR = {"channel_order": "BGR", "scale": 1.0, "mean": (103.939, 116.779, 123.68), "std": (1, 1, 1)}
RGB = BGR | {"channel_order": "RGB", "mean": (123.68, 116.779, 103.939)}


class Format(NamedTuple):
    """How a format is told, read and translated, and what VGG's weights in it were trained with.

    `networks` is a pattern of the names of those that are published in it: two may have the same
    shapes and yet differ in a border or in the order of the colours.
    """

    name: str
    is_it: Callable[[bytes], bool]
    read: Callable
    translate: Callable
    preprocessing: dict
    networks: str


def as_they_are(arrays, net):
    """Names and layouts are this project's already."""
    return arrays


PLAIN_VGG = r"vgg\d+"
FORMATS = [  # the ones without a magic number come last
    Format(
        "PyTorch", torch_file.is_torch, torch_file.read, names.from_torch, {}, r"(?!.*_caffe).*"
    ),
    Format("Keras", keras_file.is_hdf5, keras_file.read, names.from_keras, BGR, PLAIN_VGG),
    Format(
        "MatConvNet", matconvnet_file.is_matlab, matconvnet_file.read, names.from_matconvnet, RGB,
        PLAIN_VGG,
    ),
    Format(
        "safetensors", safetensors_file.is_safetensors, safetensors_file.read, names.from_torch, {},
        r"(?!.*_caffe).*",
    ),
    Format(
        "Deep Compression", deep_compression.is_deep_compression, deep_compression.read,
        as_they_are, {}, "squeezenet1_0_caffe",
    ),
    Format(
        "Caffe", caffe_file.is_caffe, caffe_file.read, names.from_caffe, BGR,
        PLAIN_VGG + "|squeezenet1_0_caffe",
    ),
]
DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError,
    TypeError, ValueError, struct.error, zlib.error, zipfile.BadZipFile,
)


def recognise(path) -> Format:
    """Tell a file's format by its content.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is empty, or of no known format.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(256)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {path}") from None
    if not head:
        raise ValueError(f"{path} is empty: download it again")
    for format in FORMATS:
        if format.is_it(head):
            return format
    raise ValueError(
        f"{path} is of no format that can be read here: {', '.join(f.name for f in FORMATS)}"
    )


def read(path) -> tuple[Format, dict[str, np.ndarray]]:
    """Read a publisher's file: its format, and its arrays under the publisher's names.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: unknown, damaged, cut off, or not to be trusted.
    """
    format = recognise(path)
    try:
        arrays = format.read(path)
        for name, array in arrays.items():
            if array.dtype.kind not in "fiub":
                raise ValueError(f"{name} holds {array.dtype}, and weights are real numbers")
        return format, arrays
    except DAMAGE as error:
        # a reader's own sentence, or what Python says of bytes that make no sense
        said = str(error) if type(error) is ValueError and " " in str(error) else ""
        why = said or "it is damaged or cut off: download it again"
        raise ValueError(f"{path} looks like a file of {format.name}'s, but {why}") from None
