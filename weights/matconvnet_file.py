r"""MatConvNet's .mat: MATLAB's own format, level 5, a tree of elements.

128 bytes of text and version, then elements, each a tag and its bytes, filled up to eight:

    kind: uint32, size: uint32, bytes         or, for up to four:  kind: uint16, size: uint16, bytes

Kind 15 is a zlib stream that holds one element.  Kind 14, a matrix, holds elements again: flags
(whose first byte is the class), dimensions, name, and then by class

    1 cell        a matrix for each place
    2 struct      the length of a field's name, the names, a matrix for each field
    6–15          the numbers, column by column, perhaps in a smaller kind than their class

`layers` is a list of structs; those with weights hold them as {filters, biases} in `weights`, or as
`filters` and `biases` in old files.  Filters stand as (rows, columns, in, out); the fully connected
layers are convolutions of 7×7 and 1×1.  SciPy reads more of MATLAB, but ends the whole process on
some damaged files.

MathWorks, MAT-File Format, chapter 1.  Read before: caffe_file.py.  Read next: keras_file.py.
"""

import itertools
import math
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from weights.names import unique

KINDS = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8",
         13: "<u8"}
MATRIX, COMPRESSED = 14, 15
CELL, STRUCT, CHAR, NUMBERS = 1, 2, 4, range(6, 16)
COMPLEX = 8  # in the second byte of a matrix' flags
MOST_GROWTH, MOST_DEPTH, MOST_AXES = 20, 20, 8  # weights shrink by 10 %, and lie four lists deep
LEVEL_5 = b"\x00\x01IM"  # version 1.0, little-endian


def is_matlab(head: bytes) -> bool:
    """Tell by the text at the beginning."""
    return head.startswith(b"MATLAB")


def read(path) -> dict[str, np.ndarray]:
    """Return filters as "layer/0", biases as "layer/1", in the order of the layers.

    Raises:
        ValueError: damaged, no network, or another version of the format.
    """
    with open(path, "rb") as file:
        data = memoryview(file.read())
    if data[124:128] != LEVEL_5:
        raise ValueError("it is cut off, or not of MATLAB's level 5: save it again with -v7")
    for kind, content in elements(data[128:]):
        if kind == COMPRESSED:
            kind, content = next(elements(unpacked(content)), (0, b""))
        if kind == MATRIX:
            name, layers = matrix(content)
            if name == "layers":
                return unique(_weights(layers))
    raise ValueError("it holds no list of layers")


def elements(data) -> Iterator[tuple[int, memoryview]]:
    """Yield (kind, bytes)."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        start, filled = at + 8, 0 if kind == COMPRESSED else -size % 8
        if kind >> 16:  # the short form: both in the first four bytes
            kind, size, start, filled = kind & 0xFFFF, kind >> 16, at + 4, 4 - (kind >> 16)
        if start + size > len(data) or filled < 0:
            raise ValueError("it is damaged or cut off")
        yield kind, data[start : start + size]
        at = start + size + filled


def unpacked(content) -> memoryview:
    """Undo zlib; weights hardly shrink, so what grows beyond all measure is no network."""
    stream = zlib.decompressobj()
    data = stream.decompress(content, MOST_GROWTH * len(content) + 2**20)
    if not stream.eof:
        raise ValueError("it is damaged, cut off, or unpacks to far more than weights would")
    return memoryview(data)


def matrix(content, depth: int = 0) -> tuple[str, Any]:
    """Return name and value: an array, a text, a list for a cell, a list of dicts for a struct."""
    if depth > MOST_DEPTH:
        raise ValueError("its lists lie deeper in one another than any network's")
    parts = (part for _, part in elements(content))
    flags, dims, name = (next(parts, None) for _ in range(3))
    if flags is None:
        return "", None  # MATLAB's []
    kind, value = flags[0], None  # functions, objects, sparse matrices are nothing weights need
    if kind == CELL:
        value = [matrix(part, depth + 1)[1] for part in parts]
    elif kind == STRUCT:
        width, names = int.from_bytes(next(parts, b""), "little"), next(parts, b"")
        if not width or not names:
            raise EOFError
        names = [_text(names[i : i + width]) for i in range(0, len(names), width)]
        values = [matrix(part, depth + 1)[1] for part in parts]
        if len(values) % len(names):
            raise EOFError
        rows = range(0, len(values), len(names))
        value = [dict(zip(names, values[i : i + len(names)], strict=True)) for i in rows]
    elif kind == CHAR:
        value = _text(next(parts, b""))
    elif kind in NUMBERS:
        if flags[1] & COMPLEX:
            raise ValueError(f"{_text(name)} is complex, and weights are real numbers")
        value = _numbers(content, dims)
    return _text(name), value


def _numbers(content, dims) -> np.ndarray:
    """The fourth element of a matrix, column by column."""
    kind, raw = list(itertools.islice(elements(content), 4))[3]
    shape = np.frombuffer(dims, "<i4").tolist()
    if min(shape, default=-1) < 0 or len(shape) > MOST_AXES:
        raise ValueError(f"it holds an array of the shape {shape[:MOST_AXES]}")
    if math.prod(shape) * np.dtype(KINDS[kind]).itemsize != len(raw):
        raise ValueError(f"it holds {len(raw)} bytes for an array of the shape {shape}")
    return np.frombuffer(raw, KINDS[kind]).reshape(shape, order="F")


def _text(content) -> str:
    return bytes(content).replace(b"\0", b"").decode("utf-8", "replace")


def _weights(layers):
    for number, layer in enumerate(layers):
        layer = layer[0] if isinstance(layer, list) else layer  # a struct of size 1 in a cell
        pair = layer.get("weights")
        if pair is None and "filters" in layer:
            pair = [layer["filters"], layer["biases"]]
        for index, array in enumerate(pair if pair is not None else ()):
            if not isinstance(array, np.ndarray):
                raise ValueError(f"the weights of layer {number} are no arrays")
            yield f"{layer.get('name', number)}/{index}", np.asarray(array, np.float32)
