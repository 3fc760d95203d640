r"""MatConvNet's .mat: MATLAB's own format, read by SciPy.

`layers` is a list of structs; those with weights hold them as {filters, biases} in `weights`, or as
`filters` and `biases` in old files.  Filters stand as (rows, columns, in, out); the fully connected
layers are convolutions of 7×7 and 1×1.

Read before: caffe_file.py.
"""

import zlib

import numpy as np


def is_matlab(head: bytes) -> bool:
    """Tell by the text at the beginning."""
    return head.startswith(b"MATLAB")


def read(path) -> dict[str, np.ndarray]:
    """Return filters as "layer/0", biases as "layer/1", in the order of the layers.

    Raises:
        ValueError: damaged, no network, or SciPy is not installed.
    """
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError:
        raise ValueError("reading MATLAB files needs pip install -e '.[convert]'") from None
    try:
        layers = loadmat(path, squeeze_me=True, struct_as_record=False)["layers"]
    except (MatReadError, TypeError, zlib.error) as error:
        raise ValueError(f"it is damaged or cut off ({error})") from None
    return dict(_weights(np.atleast_1d(layers)))


def _weights(layers):
    for number, layer in enumerate(layers):
        pair = getattr(layer, "weights", None)
        if pair is None and hasattr(layer, "filters"):
            pair = [layer.filters, layer.biases]
        for index, array in enumerate(pair if pair is not None else ()):
            yield f"{getattr(layer, 'name', number)}/{index}", np.asarray(array, np.float32)
