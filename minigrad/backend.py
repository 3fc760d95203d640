"""Which array library holds the numbers: NumPy on the CPU, CuPy on a GPU.

The ops are written once.  `xp = array_module(x)` is NumPy or CuPy, whichever made x, and the
lines that follow are the same for both because CuPy copies NumPy's names.  CuPy is imported only
when somebody asks for the GPU.

Read before: tensor.py.  Read next: ops/activation.py, where every op begins by asking this file.
"""

import sys

import numpy as np


class Array:
    """An array of either library: what `x: Array` says of an op's argument.  None is ever made."""


def array_module(*arrays):
    """Return CuPy if one of the arrays lives on a GPU, else NumPy."""
    cupy = sys.modules.get("cupy")  # whoever made a CuPy array has imported it
    if cupy is not None and any(isinstance(a, cupy.ndarray) for a in arrays):
        return cupy
    return np


def device_of(array):
    """Say where an array lives: "cpu" or "cuda"."""
    return "cpu" if array_module(array) is np else "cuda"


def is_array(value):
    """Tell arrays of either library from lists, numbers and options."""
    return isinstance(value, np.ndarray) or array_module(value) is not np


def to_device(array, device):
    """Copy an array to "cpu" or "cuda"; an array that is there already is returned as it is.

    Raises:
        ValueError: the device is unknown, or no GPU can be used here.
    """
    if device == device_of(array):
        return array
    if device == "cpu":
        return to_numpy(array)
    if device == "cuda":
        return _cupy().asarray(array)
    raise ValueError(f"the device is called {device!r}, but there are only 'cpu' and 'cuda'")


def to_numpy(array):
    """Return the numbers as a NumPy array, copied from the GPU if they were there."""
    return array.get() if device_of(array) == "cuda" else np.asarray(array)


def _cupy():
    try:
        import cupy

        ones = cupy.ones((2, 2), "float32")
        float((ones @ ones).sum())  # a card, a driver, a compiler and a BLAS: all are needed
    except Exception as error:  # no package, no driver and no card all raise their own kind
        raise ValueError(
            "device 'cuda' needs CuPy and an NVIDIA GPU: install minigrad with "
            f"pip install -e '.[cuda13]' or '.[cuda12]', or use --device cpu ({error})"
        ) from None
    return cupy
