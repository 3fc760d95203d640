"""One HDF5 file per network: weights by name, and beside them all that one must know to use them.

    /conv1_1/weight   (64, 3, 3, 3)         convolution: out, in, rows, columns
    /conv1_1/bias     (64,)
    /fc6/weight       (4096, 25088)         out, in; a feature map is read channel by channel
    …
    attributes of /   model, classes (a JSON list), channel_order, scale, mean, std, resize, crop,
                      interpolation, pool_rounding, source, sha256, licence

So conventions travel with the numbers and cannot be mixed up.  Storage may be float16, which halves
the file; what is read is float32.

A byte that changed on the way is found out: arrays are stored in chunks of some rows, each with its
sum (Fletcher 1982: s₁ = Σ wᵢ, s₂ = Σᵢ Σ_{j≤i} wⱼ of its 16-bit words), and HDF5's format of version
1.10 keeps a sum of everything else.

Read before: files.py.  Read next: initialise.py.
"""

import contextlib
import json
import math
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from models.files import replacing

Shapes = Mapping[str, tuple[int, ...]]
FORMAT = ("v110", "v110")  # of HDF5: the first with checksums of names, shapes and attributes
CHUNK = 2**21  # bytes: 1 MB to 16 MB load equally fast, and VGG16 grows by 0.4 %
DAMAGE = (
    OSError, RuntimeError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError,
    UnicodeError, json.JSONDecodeError,
)


def save(path, params: Mapping[str, Any], attributes: Mapping[str, Any], float16=False) -> None:
    """Write parameters and attributes, whole or not at all.

    Args:
        path: of the file; one that is there is replaced once the new one is complete.
        params: NumPy arrays by "layer/parameter".
        attributes: "model" at least; classes is a list of names.
        float16: store half precision, about three digits.

    Raises:
        ValueError: no numbers, or one that is not finite or too large for float16.
        OSError: it cannot be written there; nothing is left behind.
    """
    import h5py  # slow to import, and only files need it

    path = pathlib.Path(path)
    arrays = {name: _stored(name, array, float16) for name, array in params.items()}
    try:
        with replacing(path) as temporary, h5py.File(temporary, "w", libver=FORMAT) as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array, chunks=_chunk(array), fletcher32=True)
            for name, value in attributes.items():
                value = json.dumps(list(value)) if name == "classes" else value
                file.attrs[name] = _fixed(value) if isinstance(value, str) else value
    except (OSError, RuntimeError) as error:  # HDF5 tells of a full disk in its own words
        raise OSError(f"{path} could not be written, and nothing was changed: {error}") from None


def read(path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read parameters, float32 and read-only, and attributes.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a weight file of this project, or damaged.
    """
    with _opened(path) as file:
        attributes, datasets = _attributes(file), {}
        file.visititems(
            lambda name, item: datasets.update({name: item} if hasattr(item, "shape") else {})
        )
        params = {}
        for name, array in arrays(datasets, file.id.get_filesize()):
            with np.errstate(over="ignore"):  # said below, by name
                array = array.astype(np.float32, copy=False)
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds NaN or infinity")
            array.setflags(write=False)
            params[name] = array
    return params, attributes


def attributes_of(path) -> dict[str, Any]:
    """Read what a file says besides its weights; errors as for `read`."""
    with _opened(path) as file:
        return _attributes(file)


def model_of(path) -> str:
    """Say whose weights a file holds, without reading them; errors as for `read`."""
    return attributes_of(path)["model"]


def arrays(datasets: Mapping[str, Any], size: int) -> Iterator[tuple[str, np.ndarray]]:
    """Read datasets of an HDF5 file, by name, as they are.

    HDF5 makes zeros of what was never written and unpacks what was compressed, as much as a few
    bytes may claim: so all of them together are no longer than their file, which has `size` bytes.

    Raises:
        ValueError: one claims more, is compressed, or holds anything but real numbers.
    """
    claimed = 0
    for name, item in datasets.items():
        if not item.shape:
            raise ValueError(f"{name} is no array")
        if item.dtype.kind not in "fiu":
            raise ValueError(f"{name} holds {item.dtype}, and weights are real numbers")
        claims = math.prod(item.shape) * item.dtype.itemsize
        claimed += claims
        if claimed > size:
            raise ValueError(f"{name} claims {claims:,} bytes, more than the file stores")
        if not _is_plain(item):
            raise ValueError(f"{name} is compressed, which weights hardly ever are: save it plain")
        try:
            array = item[()]
        except OSError:  # HDF5 says which of its functions failed
            raise OSError(f"the numbers of {name} are not the ones that were written") from None
        yield name, array


def _is_plain(item) -> bool:
    """Whether a dataset's bytes were only put in another order, or summed."""
    from h5py import h5z

    steps = item.id.get_create_plist()
    filters = {steps.get_filter(i)[0] for i in range(steps.get_nfilters())}
    return filters <= {h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}


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


def _chunk(array: np.ndarray) -> tuple[int, ...]:
    """Whole rows, equally many in every chunk but the last."""
    chunks = math.ceil(array.nbytes / CHUNK)
    return math.ceil(len(array) / chunks), *array.shape[1:]


def _stored(name: str, array, float16: bool) -> np.ndarray:
    stored = np.asarray(array, np.float32)
    if not stored.ndim or not stored.size:
        raise ValueError(f"{name} of shape {stored.shape} holds no weights")
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
        except DAMAGE as error:
            raise ValueError(f"{path} is damaged, get it again: {error}") from None
        except ValueError as error:
            raise ValueError(f"{path} cannot be used: {error}") from None


def _fixed(text: str):
    """Store text where it stands: one of variable length goes to a heap that has no checksum."""
    import h5py

    raw = text.encode()
    return np.array(raw, h5py.string_dtype("utf-8", max(1, len(raw))))


def _plain(value):
    """Return an attribute as Python's text, number or list."""
    value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return value.decode() if isinstance(value, bytes) else value


def _attributes(file) -> dict[str, Any]:
    attributes = {name: _plain(value) for name, value in file.attrs.items()}
    if not isinstance(attributes.get("model"), str):
        raise ValueError(
            "it is an HDF5 file but does not say whose weights it holds; if it is from Keras, "
            "python -m weights convert reads it"
        )
    classes = json.loads(attributes.get("classes", "[]"))
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ValueError("its classes are no list of names")
    return attributes | {"classes": classes}
