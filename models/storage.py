"""One HDF5 file per network: weights by name, and beside them all that one must know to use them.

    /conv1_1/weight   (64, 3, 3, 3)         convolution: out, in, rows, columns
    /conv1_1/bias     (64,)
    /fc6/weight       (4096, 25088)         out, in; a feature map is read channel by channel
    …
    attributes of /   model, classes (a JSON list), channel_order, scale, mean, std, resize, crop,
                      interpolation, pool_rounding, source, sha256, licence

So conventions travel with the numbers and cannot be mixed up.  Storage may be float16, which halves
the file; what is read is float32.

Read before: network.py.
"""

import contextlib
import json
import os
import pathlib
import uuid
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.ops.kept import freeze

Shapes = Mapping[str, tuple[int, ...]]


def save(path, params: Mapping[str, Any], attributes: Mapping[str, Any], float16=False) -> None:
    """Write parameters and attributes, whole or not at all.

    Args:
        path: of the file; one that is there is replaced once the new one is complete.
        params: NumPy arrays by "layer/parameter".
        attributes: "model" at least; classes is a list of names.
        float16: store half precision, about three digits.

    Raises:
        ValueError: a number is not finite, or too large for float16.
        OSError: it cannot be written there; nothing is left behind.
    """
    import h5py  # slow to import, and only files need it

    path = pathlib.Path(path)
    arrays = {name: _stored(name, array, float16) for name, array in params.items()}
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with h5py.File(temporary, "w") as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array)
            for name, value in attributes.items():
                file.attrs[name] = json.dumps(list(value)) if name == "classes" else value
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # HDF5 tells of a full disk in its own words
        raise OSError(f"{path} could not be written, and nothing was changed: {error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def read(path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read parameters, float32 and read-only, and attributes.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a weight file of this project, or damaged.
    """
    with _opened(path) as file:
        params, attributes = {}, _attributes(path, file)
        file.visititems(lambda name, item: _collect(params, name, item))
    return params, attributes


def model_of(path) -> str:
    """Say whose weights a file holds, without reading them; errors as for `read`."""
    with _opened(path) as file:
        return _attributes(path, file)["model"]


def check_shapes(found: Shapes, expected: Shapes, what: str, network: str) -> None:
    """Compare the shapes in a file with a network's.

    Raises:
        ValueError: a sentence that names what is missing, left over, or of another shape.
    """
    missing = [name for name in expected if name not in found]
    left_over = [name for name in found if name not in expected]
    other = [
        f"{name} {tuple(found[name])} for {tuple(expected[name])}"
        for name in expected
        if name in found and tuple(found[name]) != tuple(expected[name])
    ]
    complaints = [
        f"{fault}: {_some(names)}"
        for fault, names in [
            ("missing", missing), ("left over", left_over), ("of another shape", other)
        ]
        if names
    ]
    if complaints:
        raise ValueError(f"{what} does not fit {network}; {'; '.join(complaints)}")


def _some(names: list[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _stored(name: str, array, float16: bool) -> np.ndarray:
    stored = np.asarray(array, np.float32)
    if float16:
        with np.errstate(over="ignore"):  # said below, by name
            stored = stored.astype(np.float16)
    if not np.isfinite(stored).all():
        raise ValueError(f"{name} holds numbers that {stored.dtype} cannot, so nothing was written")
    return stored


@contextlib.contextmanager
def _opened(path):
    """Open a file for reading; whatever is wrong with it becomes a sentence."""
    import h5py

    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no weight file {path}")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise ValueError(
            f"{path} is not an HDF5 file, or is cut off: python -m weights convert reads the "
            "formats of other frameworks"
        ) from None
    with file:
        try:
            yield file
        except (OSError, RuntimeError, KeyError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is damaged: {error}") from None


def _attributes(path, file) -> dict[str, Any]:
    attributes = {
        name: value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        for name, value in file.attrs.items()
    }
    if not isinstance(attributes.get("model"), str):
        raise ValueError(
            f"{path} is an HDF5 file but does not say whose weights it holds: if it is from Keras, "
            "python -m weights convert reads it"
        )
    attributes["classes"] = json.loads(attributes.get("classes", "[]"))
    return attributes


def _collect(params: dict, name: str, item) -> None:
    if hasattr(item, "shape"):  # a dataset, not a group
        if item.nbytes > max(4 * item.id.get_storage_size(), 2**20):
            raise ValueError(f"{name} claims {item.nbytes:,} bytes, far more than are stored")
        params[name] = freeze(item[()].astype(np.float32, copy=False))
