"""Memory that an array gave back is used for the next one.

The system hands out memory in pages, and clears each before it is touched for the first time; for
an array of 12 MB that takes as long as a relu on it.  C's allocator gives large pieces back as soon
as they are free, so whoever optimises an image pays for the same pages in every step.  The GNU C
library can be told to keep them, up to a bound, for the whole process; CuPy keeps a pool on the GPU
for the same reason.  On other systems nothing is changed, nor with MINIGRAD_KEEP_MEMORY=0.

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
