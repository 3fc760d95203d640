"""CuPy's functions: most are NumPy's between two boxes, with CuPy's signature; some are not.

Read before: ufuncs.py.  Read next: modules.py.
"""

import inspect

import numpy as np

from strict_cupy.arrays import array, asarray, cupy, give, ndarray, plain, plain_arrays, wrap
from strict_cupy.counts import Undefined, launched, sent, waited
from strict_cupy.ufuncs import operand

KEEP_LAYOUT = set("empty_like zeros_like ones_like full_like copy roll pad require".split())
KEEP_LAYOUT.add("asfortranarray")
TRUTH = {"allclose", "array_equal", "array_equiv"}  # arrays where NumPy has bools
WAITING = set("unique nonzero argwhere flatnonzero union1d intersect1d setdiff1d extract".split())
WAITING |= set("bincount histogram array2string array_repr array_str".split())
POSITIONAL = set("swapaxes take put choose compress partition argpartition".split())
POSITIONAL |= {"searchsorted", "clip", "diagonal"}


def signature_of(text):
    """The signature that a text such as "(a,axis=None)" says."""
    scope = {}
    exec(f"def f{text}: pass", {"float": float, "int": int, "bool": bool}, scope)
    return inspect.signature(scope["f"])


def function(path, name, text):
    """NumPy's function of this name, with CuPy's signature, for our arrays."""
    signature = signature_of(text)
    source = np
    for part in filter(None, (*path.split("."), name)):
        source = getattr(source, part, None)

    def call(*args, **kwargs):
        signature.bind(*args, **kwargs)
        if source is None:
            raise NotImplementedError(f"CuPy has {path} {name}, and strict_cupy does not play it")
        if name in WAITING:
            waited()
        out = kwargs.get("out")
        if out is not None and not isinstance(out, ndarray):
            raise TypeError(f"Unsupported type {type(out)}")
        inputs = list(plain_arrays([*args, *kwargs.values()]))
        result = source(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})
        if out is not None:
            launched()
            return out
        if name in TRUTH:
            launched()
            return wrap(np.asarray(result))
        if name == "empty_like":
            return wrap(_poisoned_like(result))
        return give(result, inputs, name in KEEP_LAYOUT)

    call.__name__ = name
    return call


def method(name, text):
    """NumPy's method of this name, with CuPy's signature."""
    signature = signature_of(text)

    def call(self, *args, **kwargs):
        bound = signature.bind(*args, **kwargs).arguments
        out = bound.pop("out", None)
        if out is not None and not isinstance(out, ndarray):
            raise TypeError(f"Unsupported type {type(out)}")
        bound = {key: plain(value) for key, value in bound.items()}
        source = getattr(self._a, name)
        with np.errstate(all="ignore"):
            result = source(*bound.values()) if name in POSITIONAL else source(**bound)
        if out is None:
            return give(result, [self._a])
        launched()
        out._a[...] = result
        return out

    call.__name__ = name
    return call


# ── Functions that are not NumPy's between two boxes ────────────────────────────────────────────


def matmul(
    *args, axes=None, axis=None, keepdims=False, casting="same_kind", dtype=None, signature=None,
    order="K", out=None,
):  # fmt: skip
    a, b = args
    for name, x in zip("ab", args, strict=True):
        if not isinstance(x, ndarray):
            kind = "numpy.ndarray" if isinstance(x, np.ndarray) else type(x).__name__
            raise TypeError(
                f"Argument '{name}' has incorrect type "
                f"(expected cupy._core.core._ndarray_base, got {kind})"
            )
    result = np.matmul(a._a, b._a)
    if out is None:
        return give(result)
    if not isinstance(out, ndarray):
        raise TypeError("`out` must be a tuple or `cupy.ndarray`")
    if result.shape != out.shape:
        shapes = f"{out.shape} expected {result.shape}"
        raise ValueError(f"Output operand 0 has invalid shape {shapes}")
    if not np.can_cast(result.dtype, out.dtype, casting):
        kinds = f"{result.dtype!r} to {out.dtype!r} according to the rule {casting!r}"
        raise TypeError(f"Cannot cast out dtype from {kinds}")
    launched()
    out._a[...] = result
    return out


def put_along_axis(arr, indices, values, axis):
    if isinstance(indices, np.ndarray):
        sent()
    launched()
    indices, values = (x._a if isinstance(x, ndarray) else np.asarray(x) for x in (indices, values))
    try:
        np.put_along_axis(arr._a, indices, values, axis)
    except IndexError as error:
        raise Undefined(f"CuPy wraps an index that is out of range: {error}") from None


def where(condition, x=None, y=None):
    if x is None and y is None:
        waited()
        return give(np.where(plain(condition)))
    condition, x, y = map(operand, (condition, x, y))
    dtype = np.result_type(x, y)
    x, y = (np.asarray(v, dtype) if type(v) is int else v for v in (x, y))
    return give(np.where(condition, x, y))


def full(shape, fill_value, dtype=None, order="C"):
    if dtype is None:
        has_one = isinstance(fill_value, ndarray)
        dtype = fill_value.dtype if has_one else np.array(fill_value).dtype
    return give(np.full(shape, plain(fill_value), dtype, order), keep_layout=True)


def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    if writeable:
        raise NotImplementedError("Writeable views are not supported.")
    sent()  # 14.2 makes an array of the window's shape, and asks each number whether it is negative
    for _ in np.atleast_1d(window_shape):
        waited()
    view = np.lib.stride_tricks.sliding_window_view(x._a, window_shape, axis, writeable=True)
    return wrap(view)


def as_strided(x, shape=None, strides=None):
    return wrap(np.lib.stride_tricks.as_strided(x._a, shape, strides))


def ascontiguousarray(a, dtype=None):
    if a.flags.c_contiguous and dtype in (None, a.dtype):
        return a
    return give(np.array(a._a, dtype, order="C"))


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    ours = isinstance(a, ndarray)
    return a.get(stream, order, out) if ours else np.asarray(a, order=order)


def empty(shape, dtype=float, order="C"):
    return ndarray(shape, dtype, order=order)


def _poisoned_like(a):
    return ndarray(a.shape, a.dtype)._a if a.flags.c_contiguous else _fill_poison(a)


def _fill_poison(a):
    a[...] = ndarray((), a.dtype)._a
    return a


def get_array_module(*args):
    return cupy() if any(isinstance(a, ndarray) for a in args) else np


def result_type(*xs):
    return np.result_type(*(x._a if isinstance(x, ndarray) else x for x in xs))


def can_cast(from_, to, casting="safe"):
    return np.can_cast(from_.dtype if isinstance(from_, ndarray) else from_, to, casting)


SPECIAL = {
    "": dict(
        array=array, asarray=asarray, asanyarray=asarray, matmul=matmul, where=where, full=full,
        put_along_axis=put_along_axis, ascontiguousarray=ascontiguousarray, empty=empty,
        asnumpy=asnumpy, get_array_module=get_array_module, result_type=result_type,
        can_cast=can_cast,
        ndim=lambda a: a.ndim if isinstance(a, ndarray) else np.ndim(a),
        shape=lambda a: a.shape if isinstance(a, ndarray) else np.shape(a),
        size=lambda a, axis=None: a.size if axis is None else a.shape[axis],
        argsort=lambda a, axis=-1, kind=None: a.argsort(axis, kind),
        expand_dims=lambda a, axis: wrap(np.expand_dims(a._a, axis)),
        copy=lambda a, order="K": a.copy(order),
        is_available=lambda: True, clear_memo=lambda: None,
    ),
    "lib.stride_tricks": dict(as_strided=as_strided, sliding_window_view=sliding_window_view),
}  # fmt: skip
