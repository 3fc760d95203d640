"""The memory of an array that is no longer needed serves the next one.

Before a program may touch fresh memory, the system fills it with zeros; for an array of 12 MB that
takes as long as a relu on it.  C's allocator returns large arrays to the system as soon as they are
free.  A loop that makes the same arrays in every step, as one that optimises an image does, would
pay for the zeros every time.  The GNU C library can be told to keep what is free, up to a bound,
for the whole process; CuPy does so on the GPU by itself.  With another C library, or with
MINIGRAD_KEEP_MEMORY=0, nothing is changed.

Read before: backend.py.  Read next: ops/fast/blas.py.
"""

import ctypes
import os

KEPT = 2**31 - 1  # bytes: more than this is given back

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # their numbers in malloc.h


def keep_what_is_freed() -> None:
    """Tell the C library, unless the environment has told it something else (MALLOC_…)."""
    told = any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ)
    if told or os.environ.get("MINIGRAD_KEEP_MEMORY") == "0":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    mallopt(M_TRIM_THRESHOLD, KEPT)
    # pieces above this threshold are never kept; older versions allow no more than 32 MB
    if not mallopt(M_MMAP_THRESHOLD, 2**30):
        mallopt(M_MMAP_THRESHOLD, 2**25)
