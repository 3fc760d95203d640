"""How much memory this process has, and had at most, as the system counts it.

Read before: contenders.py, which measures what a task takes at most.
"""

import contextlib
import ctypes
import resource
import sys


def memory(which: str) -> int:
    """Bytes of memory that this process has now (VmRSS) or had at most (VmHWM)."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            return next(1024 * int(line.split()[1]) for line in lines if line.startswith(which))
    except OSError:  # no Linux: the most that it ever had, setting up included
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak() -> None:
    """Begin VmHWM anew, so that it counts the work and not the loading of weights."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # only GNU's has it
        ctypes.CDLL(None).malloc_trim(0)
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass
