"""What was made of an array, kept while the array lives: only of arrays that nobody can write.

While an image is optimised the weights stay the same, and so does everything computed from them
alone.  Loaded weights are read-only, so what was made of them cannot go stale and is kept; an array
that may be written, as in training, is never kept.

Read before: backend.py.  Used by: winograd.py.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable

import numpy as np


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
        """Return make(array), from memory if `array` is read-only and `which` was made before."""
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


def frozen(array) -> bool:
    """Tell whether nobody can write the numbers of a NumPy array: not it, nor what it is a view of.

    CuPy's arrays can always be written.
    """
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return array is None or isinstance(array, bytes)
