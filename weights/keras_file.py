r"""Keras' .h5: groups of layers with attributes that list what is inside.

    old       attribute layer_names of / (or of /model_weights) → group → attribute weight_names
              → dataset, as /block1_conv1/block1_conv1_W_1:0 or /block1_conv1/block1_conv1/kernel:0
    Keras 3   /layers/conv2d_3/vars/0 and 1: the class of the layer and a count, no names

Convolutions stand as (rows, columns, in, out), fully connected layers as (in, out).

Read before: torch_file.py.
"""

import re

import numpy as np

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def is_hdf5(head: bytes) -> bool:
    """Tell by HDF5's signature."""
    return head.startswith(SIGNATURE)


def read(path) -> dict[str, np.ndarray]:
    """Return kernels as "layer/0", biases as "layer/1", in the order of the layers.

    Raises:
        ValueError: an HDF5 file, but none of Keras.
    """
    import h5py

    with h5py.File(path, "r") as file:
        root = file["model_weights"] if "model_weights" in file else file
        if "layer_names" in root.attrs:
            return dict(_by_attributes(root))
        if "layers" in file:
            return dict(_by_count(file["layers"]))
        if "model" in file.attrs:
            raise ValueError("it is this project's own: models.load reads it as it is")
    raise ValueError("it is an HDF5 file, but neither Keras' nor this project's")


def _by_attributes(root):
    for layer in map(_text, root.attrs["layer_names"]):
        for index, name in enumerate(map(_text, root[layer].attrs["weight_names"])):
            yield f"{layer}/{index}", _numbers(root[layer][name])


def _by_count(layers):
    """conv2d, conv2d_1, …, dense, dense_1: by class, then by count, which is the order of VGG."""

    def place(name):
        kind, count = re.fullmatch(r"(.*?)(?:_(\d+))?", name).groups()
        return kind, int(count or 0)

    for layer in sorted(layers, key=place):
        for index in sorted(layers[layer].get("vars", {}), key=int):
            yield f"{layer}/{index}", _numbers(layers[layer]["vars"][index])


def _numbers(dataset) -> np.ndarray:
    """Read a dataset; HDF5 makes zeros of what was never written, as many as a file may claim."""
    stored = dataset.id.get_storage_size()                                      # bytes
    if dataset.nbytes > max(4 * stored, 2**24):
        raise ValueError(f"{dataset.name} claims far more numbers than the file holds")
    return dataset[()]


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
