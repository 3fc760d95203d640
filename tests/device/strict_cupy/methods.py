"""The array's methods: to the host, parts of it, and those that differ from NumPy's.

The others follow from their signatures (modules.py).

Read before: arrays.py.  Read next: ufuncs.py.
"""

import numpy as np

from strict_cupy.arrays import SUPPORTED, array, asarray, cupy, give, ndarray, wrap
from strict_cupy.counts import Undefined, launched, sent, waited


def method(function):
    """Give the array a method."""
    setattr(ndarray, function.__name__, function)
    return function


# ── Indices ─────────────────────────────────────────────────────────────────────────────────────


def index_of(index):
    """NumPy's index for CuPy's, and whether arrays are in it.

    Lists and the host's arrays are sent, masks are waited for.
    """
    parts, advanced = [], False
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, list | tuple | np.ndarray):
            sent()
        if isinstance(part, list | tuple) and any(isinstance(p, ndarray) for p in part):
            part = array(part)
        if isinstance(part, ndarray):
            part = part._a
        if isinstance(part, list | tuple):
            part = np.array(part) if len(part) else np.zeros(0, int)
        if isinstance(part, np.ndarray | bool | np.bool_):
            advanced = True
            kind = np.asarray(part).dtype.kind
            if kind == "b":
                waited()
            elif kind not in "iu":
                raise IndexError("arrays used as indices must be of integer or boolean type")
        parts.append(part)
    return tuple(parts), advanced


def in_range(advanced, act):
    """act(), where an index array out of range is undefined."""
    try:
        return act()
    except IndexError as error:
        if advanced and "out of bounds" in str(error):
            message = f"CuPy wraps an index that is out of range: {error}"
            raise Undefined(message) from None
        raise


# ── To the host ─────────────────────────────────────────────────────────────────────────────────


def _check_host(host, ours, act):
    if not isinstance(host, np.ndarray):
        raise TypeError(f"Only numpy.ndarray can be {act} cupy.ndarray")
    if host.dtype != ours.dtype:
        raise TypeError(f"{host.dtype} array cannot be {act} {ours.dtype} array")
    if host.shape != ours.shape:
        raise ValueError("Shape mismatch")


@method
def get(self, stream=None, order="C", out=None, blocking=True):
    waited()
    if out is None:
        return np.array(self._a, order=order)
    _check_host(out, self, "obtained from")
    out[...] = self._a
    return out


@method
def set(self, arr, stream=None):
    _check_host(arr, self, "set to")
    sent()
    self._a[...] = arr


def _waits(function):
    def call(self, *args):
        waited()
        return function(self._a, *args)

    return call


for _name in "item tolist tobytes".split():
    setattr(ndarray, _name, _waits(getattr(np.ndarray, _name)))
for _function in (int, float, complex, repr, str, format):
    setattr(ndarray, f"__{_function.__name__}__", _waits(_function))


@method
def __bool__(self):
    if self.size > 1:
        raise ValueError(
            "The truth value of an array with more than one element is ambiguous. "
            "Use a.any() or a.all()"
        )
    if self.size:
        waited()
    return bool(self.size and self._a.item())


@method
def __len__(self):
    if not self.ndim:
        raise TypeError("len() of unsized object")
    return len(self._a)


@method
def __iter__(self):
    if not self.ndim:
        raise TypeError("iteration over a 0-d array")
    return (self[i] for i in range(len(self)))


@method
def __copy__(self):
    return self.copy()


@method
def __deepcopy__(self, memo):
    return self.copy()


@method
def __reduce__(self):
    return asarray, (self.get(order="A"),)


# ── Parts of it ─────────────────────────────────────────────────────────────────────────────────


@method
def __getitem__(self, index):
    index, advanced = index_of(index)
    if advanced:
        return give(in_range(True, lambda: self._a[index]))
    whole = any(i is Ellipsis for i in index)
    return wrap(self._a[index if whole else (*index, ...)])


@method
def __setitem__(self, index, value):
    index, advanced = index_of(index)
    if isinstance(value, ndarray):
        v = value._a
    elif not advanced and np.ndim(value):
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    else:  # a whole number that is too large overflows
        v = np.asarray(value, self.dtype if type(value) is int else None)
    while v.ndim and v.shape[0] == 1:
        v = v[0]
    if advanced and v.ndim:
        _check_set_once(self, index)
    launched()
    in_range(advanced, lambda: self._a.__setitem__(index, v.astype(self.dtype)))


def _check_set_once(x, index):
    if any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in index):
        places = np.arange(x.size).reshape(x.shape)[index]
        if np.unique(places).size < places.size:
            raise Undefined("several numbers are set in one place: any of them may win")


# ── Methods that are not quite NumPy's ──────────────────────────────────────────────────────────


@method
def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
    a = self._a.astype(dtype, order=order, casting=casting or "unsafe", copy=bool(copy))
    if a.dtype.char not in SUPPORTED:
        raise ValueError(f"Unsupported dtype {a.dtype}")
    return self if a is self._a else give(a, [self._a], keep_layout=True)


@method
def fill(self, value):
    if np.ndim(value._a if isinstance(value, ndarray) else value):
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    launched()
    self._a[...] = value._a if isinstance(value, ndarray) else value


@method
def argsort(self, axis=-1, kind=None):
    if kind not in (None, "stable"):
        raise ValueError("kind can only be None or 'stable'")
    return give(self._a.argsort(axis=axis, kind="stable"))


@method
def repeat(self, repeats, axis=None):
    if isinstance(repeats, ndarray | np.ndarray):
        raise ValueError("`repeats` should be int or sequence")
    return give(self._a.repeat(repeats, axis))


@method
def reshape(self, *shape, order="C", copy=None):
    return give(self._a.reshape(*shape, order=order), [self._a])


@method
def transpose(self, *axes):
    return wrap(self._a.transpose(*axes))


@method
def view(self, dtype=None, type=None):
    return wrap(self._a.view() if dtype is None else self._a.view(dtype))


@method
def nonzero(self):
    waited()
    return give(self._a.nonzero())


@method
def copy(self, order="C"):
    launched()
    return wrap(self._a.copy(order))


@method
def dot(self, b, out=None):
    return cupy().dot(self, b, out)


@method
def argmax(self, axis=None, out=None, dtype=None, keepdims=False):
    return give(self._a.argmax(axis, None, keepdims=keepdims))


@method
def argmin(self, axis=None, out=None, dtype=None, keepdims=False):
    return give(self._a.argmin(axis, None, keepdims=keepdims))
