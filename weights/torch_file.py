r"""PyTorch's .pth: a pickle that says which tensors there are, and their numbers in raw storages.

A pickle is a program.  `pickle.load` would run whatever it calls, so this reader knows the few
names that a state dict needs, maps each to a harmless one of its own, and refuses every other.
What a file claims to hold is believed only as far as the file is long.

Two containers hold the same:

    zip      <prefix>/data.pkl, and <prefix>/data/<key> for each storage, uncompressed
    legacy   pickles back to back: a magic number, 1001, a dict about the system, the object, the
             list of storage keys; then for each key a count (int64) and its raw numbers

A tensor is a view of a storage: offset, size and strides, counted in elements.

Read next: caffe_file.py, where not even a pickle is needed.
"""

import collections
import io
import math
import os
import pickle
import pickletools
import struct
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

LEGACY = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {
    "Float": "<f4", "Double": "<f8", "Half": "<f2", "BFloat16": "bfloat16", "Long": "<i8",
    "Int": "<i4", "Short": "<i2", "Char": "<i1", "Byte": "<u1", "Bool": "?",
}
PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
MOST_SLOTS = 2**20  # of a pickle's memory; a state dict of 376 tensors fills 2,892


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
        """Pick the tensor's numbers out of its storage's."""
        last = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True))
        if min((self.offset, *self.size, *self.stride), default=0) < 0 or (
            0 not in self.size and max(last, math.prod(self.size) - 1) >= len(numbers)
        ):  # the product, too: a stride of 0 makes many of one
            raise ValueError("a tensor reaches beyond its numbers")
        strides = [s * numbers.itemsize for s in self.stride]
        view = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.size, strides)
        return view.copy(order="C")


def is_torch(head: bytes) -> bool:
    """Tell by the first bytes; a zip may be another's, which shows when it is read."""
    return head.startswith((b"PK\x03\x04", LEGACY))


def read(path) -> dict[str, np.ndarray]:
    """Return the tensors of a state dict by name.

    Raises:
        ValueError: not a state dict, damaged, cut off, or a pickle that asks for anything else.
    """
    with open(path, "rb") as file:
        tensors, numbers = _zip(file) if zipfile.is_zipfile(file) else _legacy(file)
    return {name: view.of(numbers[view.storage.key]) for name, view in _named(tensors)}


def _zip(file):
    with zipfile.ZipFile(file) as archive:
        entries = {info.filename: info for info in archive.infolist()}
        if any(info.compress_type != zipfile.ZIP_STORED for info in entries.values()):
            raise ValueError("it is a compressed zip, as PyTorch's never are")
        found = [name for name in entries if name.endswith("/data.pkl")]
        if len(found) != 1:
            raise ValueError("it is a zip, but holds no data.pkl as PyTorch's have")
        prefix = found[0].removesuffix("data.pkl")
        unpickler = StateDict(io.BytesIO(archive.read(found[0])))
        tensors = unpickler.load()
        order = archive.read(prefix + "byteorder") if prefix + "byteorder" in entries else b"little"
        if order.strip() != b"little":
            raise ValueError("its numbers are big-endian: save it again on a common machine")
        numbers = {}
        for key, storage in unpickler.storages.items():
            info = entries[f"{prefix}data/{key}"]
            if info.file_size != storage.count * storage.itemsize:
                raise ValueError(f"storage {key} is not of the size that it claims")
            numbers[key] = _numbers(archive.read(info), storage.dtype)
    return tensors, numbers


def _legacy(file):
    file.seek(0)
    if StateDict(file).load() != MAGIC or StateDict(file).load() != 1001:
        raise ValueError("it is neither of PyTorch's two containers: download or save it again")
    StateDict(file).load()  # about the system that wrote it
    unpickler = StateDict(file)
    tensors = unpickler.load()
    numbers = {}
    for key in StateDict(file).load():
        storage = unpickler.storages[key]
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.count:
            raise ValueError(f"storage {key} is not of the size that it claims")
        size = count * storage.itemsize
        if size > os.fstat(file.fileno()).st_size - file.tell():
            raise EOFError
        numbers[key] = _numbers(file.read(size), storage.dtype)
    return tensors, numbers


def _numbers(raw: bytes, dtype: str):
    if dtype != "bfloat16":
        return np.frombuffer(raw, dtype)
    upper_half = np.frombuffer(raw, "<u2").astype(np.uint32)  # of a float32
    return (upper_half << 16).view(np.float32)


def _named(tensors):
    """Yield (name, view); a checkpoint may keep its state dict beside other things."""
    if isinstance(tensors, dict) and isinstance(tensors.get("state_dict"), dict):
        tensors = tensors["state_dict"]
    named = list(tensors.items()) if isinstance(tensors, dict) else []
    named = [(str(name), view) for name, view in named if isinstance(view, View)]
    if not named:
        raise ValueError("it holds no state dict: save model.state_dict()")
    return named


class Harmless(NamedTuple):
    """Stands in for a function of PyTorch's: a tuple, so that no pickle can set anything on it."""

    make: Callable

    def __call__(self, *args):
        """Make what the pickle gets instead of a tensor."""
        return self.make(*args)


class StateDict(pickle.Unpickler):
    """An unpickler that knows what a state dict is made of, and nothing else."""

    def __init__(self, file):
        super().__init__(file, encoding="utf-8")
        self.file = file
        self.storages: dict[str, Storage] = {}

    def load(self) -> Any:
        """Look through the program first: a slot of a high number would take memory up to it."""
        start = self.file.tell()
        try:
            slots = [n for step, n, _ in pickletools.genops(self.file) if step.name in PUTS]
        except ValueError:  # in Python's words
            raise EOFError from None
        if max(slots, default=0) > MOST_SLOTS:
            raise ValueError("its pickle asks for more memory than any list of weights needs")
        self.file.seek(start)
        return super().load()

    def find_class(self, module: str, name: str) -> Any:
        """Map the names of a state dict to harmless ones; every other is refused unread."""
        known = {
            ("collections", "OrderedDict"): collections.OrderedDict,
            ("torch._utils", "_rebuild_tensor"): Harmless(View),
            ("torch._utils", "_rebuild_tensor_v2"): Harmless(_tensor),
            ("torch._utils", "_rebuild_parameter"): Harmless(_parameter),
        }
        if module in ("torch", "torch.cuda") and name.removesuffix("Storage") in DTYPES:
            return DTYPES[name.removesuffix("Storage")]
        if (module, name) not in known:
            raise ValueError(
                f"its pickle asks for {module}.{name}, which no list of weights needs: "
                "nothing of it was run; do not trust this file"
            )
        return known[module, name]

    def persistent_load(self, pid) -> Storage:
        """Note a storage; its numbers come later."""
        if not isinstance(pid, tuple) or len(pid) < 5:
            raise EOFError
        _, dtype, key, _, count, *view = pid
        if dtype not in DTYPES.values() or not isinstance(count, int) or count < 0:
            raise ValueError("a storage of unknown kind")
        if view and view[0] is not None:
            raise ValueError("its storages share numbers, as none since 2017 do: save it again")
        self.storages[key] = Storage(key, dtype, count)
        return self.storages[key]


def _tensor(storage, offset, size, stride, *_about_training):
    return View(storage, offset, size, stride)


def _parameter(tensor, *_about_training):
    return tensor
