r"""Keras' .h5: groups of layers with attributes that list what is inside.

    old       attribute layer_names of / (or of /model_weights) → group → attribute weight_names
              → dataset, as /block1_conv1/block1_conv1_W_1:0 or /block1_conv1/block1_conv1/kernel:0
    Keras 3   /layers/conv2d_3/vars/0 and 1: the class of the layer and a count, no names

Convolutions stand as (rows, columns, in, out), fully connected layers as (in, out).

Read before: matconvnet_file.py.  Read next: safetensors_file.py.
"""

import os
import re
import subprocess
import sys

import numpy as np

from models import storage
from weights.names import unique

SIGNATURE = b"\x89HDF\r\n\x1a\n"
PATIENCE = 20  # seconds, for names and shapes alone
PROBE = """
import sys, h5py

def look(name, item):
    list(item.attrs.values())
    if isinstance(item, h5py.Dataset):
        item.id.get_storage_size()

with h5py.File(sys.argv[1], "r") as file:
    look("/", file)
    file.visititems(look)
"""


def is_hdf5(head: bytes) -> bool:
    """Tell by HDF5's signature."""
    return head.startswith(SIGNATURE)


def read(path) -> dict[str, np.ndarray]:
    """Return kernels as "layer/0", biases as "layer/1", in the order of the layers.

    Raises:
        ValueError: an HDF5 file, but none of Keras, or damaged.
    """
    import h5py

    probe(path)
    with h5py.File(path, "r") as file:
        root = file["model_weights"] if "model_weights" in file else file
        if "layer_names" in root.attrs:
            found = _by_attributes(root)
        elif "layers" in file:
            found = _by_count(file["layers"])
        elif "model" in file.attrs:
            raise ValueError("it is this project's own: models.load reads it as it is")
        else:
            raise ValueError("it is an HDF5 file, but neither Keras' nor this project's")
        return dict(storage.arrays(unique(found), file.id.get_filesize()))


def is_ours(path) -> bool:
    """Tell a weight file of this project, which has a publisher's signature."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return "model" in file.attrs
    except (OSError, RuntimeError):
        return False


def probe(path) -> None:
    """Let another process look through the file first.

    On some damaged ones HDF5's library runs for ever, or ends the process.  (What this project
    writes has a checksum on everything, so that it notices in time.)

    Raises:
        ValueError: that happened.
    """
    look = [sys.executable, "-c", PROBE, os.fspath(path)]
    try:
        status = subprocess.run(look, capture_output=True, timeout=PATIENCE).returncode
    except subprocess.TimeoutExpired:
        status = None
    if status not in (0, 1):  # 1: an exception, which comes here again as a sentence
        raise ValueError("it is damaged, and HDF5's library breaks down over it: download it again")


def _by_attributes(root):
    for layer in map(_text, root.attrs["layer_names"]):
        for index, name in enumerate(map(_text, root[layer].attrs["weight_names"])):
            yield f"{layer}/{index}", root[layer][name]


def _by_count(layers):
    """conv2d, conv2d_1, …, dense, dense_1: by class, then by count, which is the order of VGG."""

    def place(name):
        kind, count = re.fullmatch(r"(.*?)(?:_(\d+))?", name).groups()
        return kind, int(count or 0)

    for layer in sorted(layers, key=place):
        for index in sorted(layers[layer].get("vars", {}), key=int):
            yield f"{layer}/{index}", layers[layer]["vars"][index]


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
