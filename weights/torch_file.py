r"""PyTorch's .pth: a pickle that says which tensors there are, and their numbers in raw storages.

A pickle is a program.  This reader knows the few names that a state dict needs, maps each to a
harmless one of its own, and refuses every other.  What a file claims to hold is believed only as
far as the file is long: tensors that share numbers in the file share them in memory.

Two containers hold the same:

    zip      <prefix>/data.pkl, and <prefix>/data/<key> for each storage, uncompressed
    legacy   pickles back to back: a magic number, 1001, a dict about the system, the object, the
             list of storage keys; then for each key a count (int64) and its raw numbers

A tensor is a view of a storage: offset, size and strides, counted in elements.

Read before: pickled.py.  Read next: caffe_file.py, where not even a pickle is needed.
"""

import io
import math
import os
import struct
import zipfile
from typing import Any, NamedTuple

import numpy as np

from weights import pickled
from weights.names import unique

LEGACY = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {
    "Float": "<f4", "Double": "<f8", "Half": "<f2", "BFloat16": "bfloat16", "Long": "<i8",
    "Int": "<i4", "Short": "<i2", "Char": "<i1", "Byte": "<u1", "Bool": "?",
}
MOST_AXES = 8


class Storage(NamedTuple):
    """A run of numbers of one kind, known by its key."""

    key: str
    dtype: str
    count: int

    @property
    def itemsize(self) -> int:
        """Bytes per number."""
        return 2 if self.dtype == "bfloat16" else np.dtype(self.dtype).itemsize


class View(NamedTuple):
    """A tensor: which numbers of a storage, in which order."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def of(self, numbers):
        """Look at the tensor's numbers in its storage's; nothing is copied."""
        steps = (self.offset, *self.size, *self.stride)
        if len(self.size) > MOST_AXES or not all(type(n) is int and 0 <= n < 2**48 for n in steps):
            raise ValueError("a tensor's shape is none")
        last = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True))
        if 0 not in self.size and max(last, math.prod(self.size) - 1) >= len(numbers):
            # the product, too: a stride of 0 makes many of one
            raise ValueError("a tensor reaches beyond its numbers")
        strides = [s * numbers.itemsize for s in self.stride]
        first = numbers[self.offset :]
        return np.lib.stride_tricks.as_strided(first, self.size, strides, writeable=False)


class Bounded(io.BufferedReader):
    """A file whose `read` makes no room for more bytes than there are."""

    def __init__(self, raw):
        super().__init__(raw)
        self.size = os.fstat(raw.fileno()).st_size

    def read(self, n: int = -1, /) -> bytes:
        """Read n bytes, or to the end."""
        left = max(0, self.size - self.tell())
        return super().read(min(n, left) if n >= 0 else left)


def is_torch(head: bytes) -> bool:
    """Tell by the first bytes; a zip may be another's, which shows when it is read."""
    return head.startswith((b"PK\x03\x04", LEGACY))


def read(path) -> dict[str, np.ndarray]:
    """Return the tensors of a state dict by name, read-only.

    Raises:
        ValueError: not a state dict, damaged, cut off, or a pickle that asks for anything else.
    """
    with Bounded(io.FileIO(path)) as file:
        tensors, numbers = _zip(file) if zipfile.is_zipfile(file) else _legacy(file)
    return {name: view.of(numbers[view.storage.key]) for name, view in _named(tensors).items()}


def _zip(file):
    with zipfile.ZipFile(file) as archive:
        entries = {info.filename: info for info in archive.infolist()}
        if any(info.compress_type != zipfile.ZIP_STORED for info in entries.values()):
            raise ValueError("it is a compressed zip, as PyTorch's never are")
        if sum(info.file_size for info in archive.infolist()) > file.size:
            raise ValueError("its entries claim more bytes than it has")
        found = [name for name in entries if name.endswith("/data.pkl")]
        if len(found) != 1:
            raise ValueError("it is a zip, but holds no data.pkl as PyTorch's have")
        prefix = found[0].removesuffix("data.pkl")
        tensors, storages = _loaded(io.BytesIO(archive.read(found[0])))
        order = archive.read(prefix + "byteorder") if prefix + "byteorder" in entries else b"little"
        if order.strip() != b"little":
            raise ValueError("its numbers are big-endian: save it again on a common machine")
        numbers = {}
        for key, storage in storages.items():
            info = entries[f"{prefix}data/{key}"]
            if info.file_size != storage.count * storage.itemsize:
                raise ValueError(f"storage {key} is not of the size that it claims")
            numbers[key] = _numbers(archive.read(info), storage.dtype)
    return tensors, numbers


def _legacy(file):
    file.seek(0)
    if _loaded(file)[0] != MAGIC or _loaded(file)[0] != 1001:
        raise ValueError("it is neither of PyTorch's two containers: download or save it again")
    _loaded(file)  # about the system that wrote it
    tensors, storages = _loaded(file)
    numbers = {}
    for key in _loaded(file)[0]:
        storage = storages[key]
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.count:
            raise ValueError(f"storage {key} is not of the size that it claims")
        size = count * storage.itemsize
        if size > file.size - file.tell():
            raise EOFError
        numbers[key] = _numbers(file.read(size), storage.dtype)
    return tensors, numbers


def _loaded(file) -> tuple[Any, dict[str, Storage]]:
    """Run a pickle: what it makes, and the storages that it names; their numbers come later."""
    storages = {}

    def persistent(pid):
        if not isinstance(pid, tuple) or len(pid) < 5:
            raise EOFError
        _, dtype, key, _, count, *view = pid
        if dtype not in DTYPES.values() or type(count) is not int or count < 0:
            raise ValueError("a storage of unknown kind")
        if not isinstance(key, str):
            raise ValueError(f"a storage's key is a {type(key).__name__}, and PyTorch's are texts")
        if view and view[0] is not None:
            raise ValueError("its storages share numbers, as none since 2017 do: save it again")
        if storages.setdefault(key, Storage(key, dtype, count)) != (key, dtype, count):
            raise ValueError(f"storage {key} is named twice, and not alike")
        return storages[key]

    return pickled.load(file, _find, persistent), storages


def _numbers(raw: bytes, dtype: str):
    if dtype != "bfloat16":
        return np.frombuffer(raw, dtype)
    upper_half = np.frombuffer(raw, "<u2").astype(np.uint32)  # of a float32
    return (upper_half << 16).view(np.float32)


def _named(tensors):
    """Return views by name; a checkpoint may keep its state dict beside other things."""
    if isinstance(tensors, dict) and isinstance(tensors.get("state_dict"), dict):
        tensors = tensors["state_dict"]
    named = list(tensors.items()) if isinstance(tensors, dict) else []
    named = unique((str(name), view) for name, view in named if isinstance(view, View))
    if not named:
        raise ValueError("it holds no state dict: save model.state_dict()")
    return named


def _find(name: str) -> Any:
    """Map the names of a state dict to harmless ones; every other is refused unread."""
    known = {
        "collections.OrderedDict": _dict,
        "torch._utils._rebuild_tensor": View,
        "torch._utils._rebuild_tensor_v2": _tensor,
        "torch._utils._rebuild_parameter": _parameter,
    }
    module, _, kind = name.removesuffix("Storage").rpartition(".")
    if module in ("torch", "torch.cuda") and kind in DTYPES and name.endswith("Storage"):
        return DTYPES[kind]
    if name not in known:
        raise ValueError(
            f"its pickle asks for {name}, which no list of weights needs: "
            "nothing of it was run; do not trust this file"
        )
    return known[name]


def _dict(pairs=()):
    """Python 2 wrote an ordered dict as a list of its pairs."""
    made = {}
    for pair in pairs:
        pickled.put_into(made, pair)
    return made


def _tensor(storage, offset, size, stride, *_about_training):
    return View(storage, offset, size, stride)


def _parameter(tensor, *_about_training):
    return tensor
