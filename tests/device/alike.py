"""The same on the CPU and on the device: values, types, shapes, dtypes and places.

    on_both(lambda to, device: ops.relu(to(x)))     `to` leaves an array where it is, or sends it

Read next: test_ops.py.
"""

import os

import cupy
import numpy as np

from minigrad import Tensor, grad

REAL = os.environ.get("MINIGRAD_CUPY") == "real"
TOLERANCE = {"float64": 1e-9, "float32": 2e-4}


def on_both(f, tolerance=None):
    """Compare f(to, device) on the device with what it gives on the CPU."""
    same(f(upload, "cuda"), f(lambda x: x, "cpu"), tolerance)


def upload(x):
    """Send arrays to the device, those in lists and dicts, too."""
    if isinstance(x, np.ndarray):
        return cupy.asarray(x)
    if isinstance(x, list | tuple):
        return type(x)(map(upload, x))
    return {key: upload(value) for key, value in x.items()} if isinstance(x, dict) else x


def same(found, expected, tolerance=None, what="the result"):
    """Assert that `found` is on the device, and otherwise what `expected` is on the CPU."""
    if isinstance(expected, Tensor):
        assert isinstance(found, Tensor), f"{what} is a {type(found).__name__}, not a Tensor"
        same(found.data, expected.data, tolerance, what)
    elif isinstance(expected, dict):
        assert list(found) == list(expected), what
        for key in expected:
            same(found[key], expected[key], tolerance, f"{what}[{key!r}]")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), what
        for i, (f, e) in enumerate(zip(found, expected, strict=True)):
            same(f, e, tolerance, f"{what}[{i}]")
    elif isinstance(expected, np.ndarray | np.generic):
        expected = np.asarray(expected)
        assert isinstance(found, cupy.ndarray), f"{what} is a {type(found)}, not on the device"
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), what
        near(found.get(), expected, tolerance, what)
    elif isinstance(expected, float):
        assert isinstance(found, float), f"{what} is a {type(found).__name__}"
        near(np.asarray(found), np.asarray(expected), tolerance, what)
    else:
        assert type(found) is type(expected) and found == expected, what


def near(a, b, tolerance=None, what="the result"):
    """Assert that two of NumPy's arrays agree, in relation to their largest number."""
    if b.dtype.kind not in "fc":
        assert np.array_equal(a, b), f"{what} differs"
        return
    assert np.array_equal(np.isfinite(a), np.isfinite(b)), f"{what}: not finite at other places"
    a, b = a[np.isfinite(b)], b[np.isfinite(b)]
    error, size = np.abs(a - b).max(initial=0), np.abs(b).max(initial=0)
    limit = (tolerance or TOLERANCE.get(str(b.dtype), 1e-9)) * (10 if REAL else 1) * size
    small = size < 1e-12 and error < 1e-9
    assert error <= limit or small, f"{what} is off by {error:.1e}, of {size:.1e}"


# ── What the tests compute with ─────────────────────────────────────────────────────────────────


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def on_device(*shape, dtype="float64"):
    return cupy.asarray(normal(*shape).astype(dtype))


def image(edge, n=1, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 255, (n, 3, edge, edge)).astype(dtype)


def value_and_gradients(op, arrays, options, to, dtype="float64"):
    """An op's value for plain arrays, for Tensors, and every gradient of these."""
    options = {
        key: to(value.astype(dtype)) if isinstance(value, np.ndarray) else value
        for key, value in options.items()
    }
    floats = [getattr(a, "dtype", None) == np.float64 for a in arrays]
    given = [to(a.astype(dtype)) if f else a for a, f in zip(arrays, floats, strict=True)]
    wrapped = [Tensor(a) if f else a for a, f in zip(given, floats, strict=True)]
    y = op(*wrapped, **options)
    v = to(normal(*y.shape, seed=1).astype(dtype))
    inputs = [w for w, f in zip(wrapped, floats, strict=True) if f]
    return [op(*given, **options), y, *grad(y, inputs, seed=v)]


LAYOUTS = {  # the same numbers in another order in memory
    "rows last": lambda x: x,
    "channels last": lambda x: x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),
    "turned": lambda x: x.swapaxes(2, 3).copy().swapaxes(2, 3),
    "every other column": lambda x: x.repeat(2, axis=3)[..., ::2],
    "backwards": lambda x: x[:, :, ::-1].copy()[:, :, ::-1],
}
