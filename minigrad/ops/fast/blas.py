"""One BLAS thread, and the old number of them afterwards.

NumPy's matrix product is BLAS's, which spreads it over all cores.  Between two products its threads
wait in a loop, and take the cores from whatever comes between; beside other busy programs they wait
for each other.  So no product of this project runs on more than one of them: what is worth sharing
out is shared among our own threads, which sleep while they have nothing to do.

    with one_blas_thread():
        …                           # products here, in all threads of this process, run on one

The limit is the process's, not the thread's that sets it.  Were each user to restore what it found,
the second would find 1 and leave it behind; hence a count of the threads that are inside.

Read before: memory.py.  Read next: threads.py, whose `matmul` is the way to multiply.
"""

import functools
import itertools
import os
import threading

import threadpoolctl


class _Here(threading.local):
    depth = 0  # how often this thread is inside


_here = _Here()
_lock = threading.Lock()
_inside = 0  # threads
_before: list[int] = []


class one_blas_thread:
    """Limit the BLAS of this process to one thread; the last of overlapping users lifts the limit.

    It takes two microseconds, and next to none within another one.
    """

    def __enter__(self):
        global _inside, _before
        if not _here.depth:
            with _lock:
                if not _inside:
                    _before = blas_threads()
                    _set([1] * len(_before))
                _inside += 1
        _here.depth += 1

    def __exit__(self, *error):
        global _inside
        _here.depth -= 1
        if not _here.depth:
            with _lock:
                _inside -= 1
                if not _inside:
                    _set(_before)


def blas_threads() -> list[int]:
    """How many threads each loaded BLAS library may use."""
    return [get() for get, _ in _libraries()]


def _set(numbers: list[int]) -> None:
    for (_, set_number), number in zip(_libraries(), numbers, strict=True):
        set_number(number)


@functools.cache
def _libraries() -> list:
    """Find the loaded libraries' functions that tell and set the number of threads.

    Once, for looking takes milliseconds.
    """
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    return [_functions(library) for library in found]


def _functions(library):
    """OpenBLAS's own, where it has one number for the whole process; else threadpoolctl's.

    threadpoolctl lets only the thread that came first change that number, and ignores others
    without a word: then the last of our users could not lift the limit.
    """
    if getattr(library, "threading_layer", None) == "pthreads":
        for prefix, suffix in itertools.product(("", "scipy_"), ("", "64_", "_64")):
            names = (f"{prefix}openblas_{verb}_num_threads{suffix}" for verb in ("get", "set"))
            functions = [getattr(library.dynlib, name, None) for name in names]
            if all(functions):
                return functions
    return library.get_num_threads, library.set_num_threads


def _in_child() -> None:
    """Of all threads only the one that forked goes on in the child: nobody else is inside."""
    global _inside
    if _inside and not _here.depth:
        _set(_before)
    _inside = int(_here.depth > 0)
    _lock.release()


if hasattr(os, "register_at_fork"):  # nobody forks while another thread counts
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_in_child
    )
