"""The array: a NumPy array in a box that nothing of NumPy's may look into.

Read before: counts.py.  Read next: methods.py, which gives it its methods; ufuncs.py.
"""

import sys
import types

import numpy as np

from strict_cupy.counts import launched, sent

SUPPORTED = "?bhilqBHILQefdFD"  # dtypes, by NumPy's letters


def cupy():
    """The module that is being played."""
    return sys.modules["cupy"]


# ── Into the box and out of it ──────────────────────────────────────────────────────────────────


def wrap(a):
    x = object.__new__(ndarray)
    x._a = a
    return x


def plain(x):
    """What NumPy computes with: ours unwrapped, the host's refused in CuPy's words."""
    if isinstance(x, ndarray):
        return x._a
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type {type(x)}")
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x


def plain_arrays(x):
    """Yield the NumPy arrays of all our arrays in x."""
    if isinstance(x, ndarray):
        yield x._a
    elif isinstance(x, list | tuple):
        for y in x:
            yield from plain_arrays(y)


def give(result, inputs=(), keep_layout=False):
    """Arrays for NumPy's arrays and scalars; what is no view of the inputs lies in C order."""
    if isinstance(result, np.generic):
        launched()
        return wrap(np.asarray(result))
    if isinstance(result, np.ndarray):
        view = any(np.may_share_memory(result, a) for a in inputs)
        if not view:
            launched()
        if not (keep_layout or result.flags.c_contiguous or view):
            result = result.copy("C")
        return wrap(result)
    if type(result) in (list, tuple):
        return type(result)(give(y, inputs, keep_layout) for y in result)
    return result


def poisoned(a):
    """Memory that nobody has written: NaN, or a large number."""
    a[...] = np.nan if a.dtype.kind in "fc" else a.dtype.kind == "b" or np.iinfo(a.dtype).max
    return a


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    if subok:
        raise NotImplementedError
    if not isinstance(obj, ndarray):
        nested = isinstance(obj, list | tuple) and obj
        if nested and all(isinstance(x, ndarray) for x in obj):
            launched()
            return wrap(np.stack([x._a for x in obj]).astype(dtype or obj[0].dtype))
        return _upload(obj, dtype, order or "K", ndmin)
    a = obj._a.astype(dtype or obj.dtype, order=order or "K", copy=bool(copy))
    if a.ndim < ndmin:
        a = a.reshape((1,) * (ndmin - a.ndim) + a.shape)
    return obj if a is obj._a else give(a, [obj._a], keep_layout=True)


def asarray(a, dtype=None, order=None, *, copy=None, blocking=False):
    return array(a, dtype, copy, order)


def _upload(obj, dtype, order, ndmin):
    host = np.array(obj, dtype=dtype, ndmin=ndmin)
    if host.dtype.char not in SUPPORTED:
        raise ValueError(f"Unsupported dtype {host.dtype}")
    sent()
    fortran = order == "F" or order in "KA" and isinstance(obj, np.ndarray) and obj.flags.fnc
    return wrap(np.array(host, order="F" if fortran else "C"))


# ── The array ───────────────────────────────────────────────────────────────────────────────────


class Flags:
    def __init__(self, flags):
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.owndata = flags.owndata

    fnc = property(lambda self: self.f_contiguous and not self.c_contiguous)
    forc = property(lambda self: self.f_contiguous or self.c_contiguous)

    def __getitem__(self, name):
        if name not in ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA"):
            raise KeyError(f"{name} is not defined for cupy.ndarray.flags")
        return getattr(self, name.lower())


class ndarray:  # noqa: N801, CuPy's name
    __module__ = "cupy"
    __slots__ = ("_a", "__weakref__")
    __hash__ = None
    __array_priority__ = 100

    def __new__(cls, shape, dtype=float, memptr=None, strides=None, order="C"):
        if memptr is not None or strides is not None:
            raise NotImplementedError("strict_cupy: an ndarray of memory that is there already")
        return wrap(poisoned(np.empty(shape, dtype, order)))

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    # NumPy's functions, called with ours, find CuPy's of the same name

    def __array_ufunc__(self, function, method, *inputs, **kwargs):
        if "out" in kwargs:
            kwargs["out"] = kwargs["out"][0]
        found = getattr(cupy(), function.__name__, None)
        if method != "__call__":
            found = getattr(found, method, None)
        known = (ndarray, np.ndarray, bool, int, float, complex, np.generic)
        if found is None or not all(isinstance(x, known) for x in inputs):
            return NotImplemented
        if function.__name__ in COMPARISONS:
            inputs = [
                x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in inputs
            ]
        return found(*inputs, **kwargs)

    def __array_function__(self, function, kinds, args, kwargs):
        found = cupy()
        for name in (*function.__module__.split(".")[1:], function.__name__):
            found = getattr(found, name, None)
        known = all(issubclass(kind, ndarray | np.ndarray) for kind in kinds)
        return NotImplemented if found is None or not known else found(*args, **kwargs)

    # What it is

    dtype = property(lambda self: self._a.dtype)
    ndim = property(lambda self: self._a.ndim)
    size = property(lambda self: self._a.size)
    itemsize = property(lambda self: self._a.itemsize)
    nbytes = property(lambda self: self._a.nbytes)
    strides = property(lambda self: self._a.strides)
    shape = property(
        lambda self: self._a.shape, lambda self, shape: setattr(self._a, "shape", shape)
    )
    T = property(lambda self: wrap(self._a.T))
    mT = property(lambda self: wrap(self._a.mT))  # noqa: N815, CuPy's name
    real = property(lambda self: wrap(self._a.real))
    imag = property(lambda self: wrap(self._a.imag))
    flags = property(lambda self: Flags(self._a.flags))
    base = property(lambda self: None if self._a.base is None else wrap(self._a.base))
    device = property(lambda self: cupy().cuda.Device(0))

    @property
    def data(self):
        pointer = self._a.__array_interface__["data"][0]
        return types.SimpleNamespace(ptr=pointer, device_id=0)


COMPARISONS = "greater greater_equal less less_equal equal not_equal".split()
