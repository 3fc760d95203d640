r"""Caffe's .caffemodel: a protocol buffer, read without its schema.

Such a file is a list of fields.  Each begins with a varint (seven bits a byte, the lowest first,
the eighth bit says "more"): field number · 8 + wire type, and the type says how long the field is:

    0  a varint          1  eight bytes          2  a varint n, then n bytes          5  four bytes

and a field of n bytes may again be a list of fields.  Of Caffe's schema one needs a dozen numbers:

    NetParameter      layers = 2 (V1), layer = 100
    V1LayerParameter  name = 4, blobs = 6               LayerParameter  name = 1, blobs = 7
    BlobProto         num, channels, height, width = 1–4; data = 5; shape = 7 {dim = 1};
                      double_data = 8

Read before: torch_file.py.  Read next: matconvnet_file.py, a tree of the same kind.
"""

import math
from collections.abc import Iterator

import numpy as np

from weights.names import unique

LAYER_FIELDS = {2: (4, 6), 100: (1, 7)}  # of a network → its layers' name and blobs
NAME, V1_LAYER = 0x0A, 0x12  # what NetParameter may begin with: field · 8 + wire type 2
MOST_AXES = 8
AFTER_NAME = {V1_LAYER, 0x1A, 0xA2}  # a V1 layer, the name of an input, or a layer


def is_caffe(head: bytes) -> bool:
    """Tell by the first field, a name or a layer; there is no magic number."""
    if len(head) < 8 or head[0] not in (NAME, V1_LAYER):
        return False
    try:
        length, at = varint(head, 1)
    except ValueError:
        return False
    if head[0] == V1_LAYER:
        return length > 0
    return at + length < len(head) and head[at + length] in AFTER_NAME


def read(path) -> dict[str, np.ndarray]:
    """Return weights as "layer/0", biases as "layer/1", in the order of the file.

    Raises:
        ValueError: cut off, or no network with weights.
    """
    with open(path, "rb") as file:
        data = memoryview(file.read())
    arrays = unique(_blobs(data))
    if not arrays:
        raise ValueError("it holds no layer with weights")
    return arrays


def _blobs(data):
    for number, layer in fields(data):
        if number not in LAYER_FIELDS:
            continue
        name_field, blobs_field = LAYER_FIELDS[number]
        name = next((_text(value) for n, value in fields(layer) if n == name_field), "")
        blobs = (value for n, value in fields(layer) if n == blobs_field)
        for index, blob in enumerate(blobs):
            yield f"{name}/{index}", _array(blob, name)


def fields(data) -> Iterator[tuple[int, int | memoryview]]:
    """Yield (field number, value): an int for a varint, else the bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, at = varint(data, at)
        else:
            length, at = varint(data, at) if wire_type == 2 else ({1: 8, 5: 4}.get(wire_type), at)
            if length is None or at + length > len(data):
                raise ValueError("it is damaged or cut off")
            value, at = data[at : at + length], at + length
        yield number, value


def varint(data, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("it is damaged or cut off")
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ValueError("it is damaged or cut off")


def _array(blob, name: str) -> np.ndarray:
    old, shape, singles, doubles = {}, [], bytearray(), bytearray()
    for number, value in fields(blob):
        if number in (1, 2, 3, 4):
            old[number] = value
        elif number == 7:
            shape = [d for n, v in fields(value) if n == 1 for d in _dims(v)]
        elif number == 5:  # packed, or four bytes at a time: both are runs of float32
            singles += memoryview(value)
        elif number == 8:
            doubles += memoryview(value)
    if singles and doubles:
        raise ValueError(f"{name} holds its numbers in two precisions")
    numbers, kind = (doubles, np.dtype("<f8")) if doubles else (singles, np.dtype("<f4"))
    shape = shape or [old.get(n, 1) for n in (1, 2, 3, 4)]
    if len(shape) > MOST_AXES or math.prod(shape) * kind.itemsize != len(numbers):
        raise ValueError(f"{name} holds {len(numbers)} bytes for a shape of {shape[:MOST_AXES]}")
    return np.frombuffer(numbers, kind).reshape(shape)


def _text(value) -> str:
    return bytes(memoryview(value)).decode("utf-8", "replace")


def _dims(value):
    if isinstance(value, int):
        return [value]
    dims, at = [], 0
    while at < len(value):
        dim, at = varint(value, at)
        dims.append(dim)
    return dims
