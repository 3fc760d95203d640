"""What was made of an array, kept while the array lives: only of arrays that nobody can write.

While an image is optimised the weights stay the same, and so does everything computed from them
alone.  A NumPy array that is merely marked as read-only can be unmarked, or written through a view
that was taken before.  So the numbers of loaded filters lie in Python's `bytes`, which nothing can
change and NumPy will not unmark: what was made of them cannot go stale and is kept.  What is made
of any other array, as in training, is not.

What several gradients of one step need of one g is another case: `for_this_g` keeps the last answer
alone, and an array g belongs to one walk of `grad`.

Read before: winograd.py, which keeps its filters here.
"""

import functools
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable

import numpy as np


def for_this_g(function: Callable) -> Callable:
    """Let function(g) be worked out once for the gradients that ask for it one after the other."""
    last = (lambda: None), None  # of no array

    @functools.wraps(function)
    def remembered(g):
        nonlocal last
        reference, result = last
        if reference() is not g:
            result = function(g)
            last = weakref.ref(g), result
        return result

    return remembered


class Kept:
    """Results by array, the least recently used dropped when they outgrow `limit` bytes.

    An entry hangs on its array by a weak reference: it goes when the array goes, and another array
    at the same address cannot be taken for it.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self.bytes = 0
        self._results: OrderedDict = OrderedDict()  # (id, which) → (weak reference, result)
        self._lock = threading.RLock()  # R: a weak reference may end while it is held

    def get(self, array, which: str, make: Callable):
        """Return make(array), from memory if `array` is frozen and `which` was made before."""
        if not frozen(array):
            return make(array)
        key = id(array), which
        with self._lock:
            reference, result = self._results.get(key, (None, None))
            if reference is not None and reference() is array:
                self._results.move_to_end(key)
                return result
        result = make(array)
        with self._lock:
            self._drop(key)
            self._results[key] = weakref.ref(array, lambda _: self._drop(key, _)), result
            self.bytes += result.nbytes
            self._shrink()
        return result

    def allow(self, limit: int) -> None:
        """Set the bound in bytes; 0 keeps nothing."""
        with self._lock:
            self.limit = limit
            self._shrink()

    def _shrink(self):
        while self.bytes > self.limit:
            self._drop(next(iter(self._results)))

    def _drop(self, key, reference=None):
        """Forget an entry; if a reference ended, only the entry that it belongs to."""
        with self._lock:
            entry = self._results.get(key)
            if entry is not None and reference in (None, entry[0]):
                del self._results[key]
                self.bytes -= entry[1].nbytes


def freeze(array: np.ndarray) -> np.ndarray:
    """Copy an array to where nobody can write it, ever: its memory is a `bytes`."""
    if frozen(array):
        return array
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)


def frozen(array) -> bool:
    """Tell whether an array, or what it is a view of, came from `freeze`: CuPy's never do."""
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, bytes)
