r"""One pool of threads that the ops share, and one BLAS thread in each while they work.

NumPy's matrix product is spread over all cores by its BLAS, and everything else that NumPy does
runs on one.  An op that works in blocks which stay in the cache wants it the other way round: the
blocks are spread over the cores, and each of them is a small product on one.  Both at once would
be more threads than cores, so while blocks are being worked on, the BLAS is limited to one thread.

    def work(parts):                     # called once in each thread
        scratch = np.empty(…)            # what a thread needs for itself
        for part in parts:               # the next part that nobody has taken yet
            …
    spread(work, [slice(0, 8), slice(8, 16), …])

Threads help because NumPy lets go of Python's lock while it computes.  How many there are says
`use(threads)` or the environment variable MINIGRAD_THREADS; else there is one to a core.

Read before: backend.py.  Read next: ops/winograd.py, which this file was written for.
"""

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import threadpoolctl

from minigrad.backend import array_module

SMALL = 2**17  # elements: fewer are done about when a second thread has woken up

_lock = threading.Lock()
_here = threading.local()
_chosen: int | None = None


def use(threads: int | None) -> None:
    """Say how many threads the ops may use, the caller's own among them; None: one to a core.

    Raises:
        ValueError: threads is less than one.
    """
    global _chosen
    if threads is not None and threads < 1:
        raise ValueError(f"the ops need a thread to run in: give 1 or more, not {threads}")
    with _lock:
        _chosen = threads
        _pool.cache_clear()  # the old pool's threads end when its last work is done


def count() -> int:
    """How many threads the ops may use.

    Raises:
        ValueError: MINIGRAD_THREADS is set to something that is not a number of threads.
    """
    if _chosen is not None:
        return _chosen
    given = os.environ.get("MINIGRAD_THREADS", "").strip()
    if given and not (given.isdecimal() and int(given) > 0):
        raise ValueError(f"MINIGRAD_THREADS is {given!r}: set it to a number of threads")
    return int(given) if given else _cores()


def spread(work: Callable[[Iterator[Any]], None], parts: Sequence[Any], x: Any = None) -> None:
    """Call work(iterator) in several threads; between them the iterators yield each part once.

    The caller's thread works too, so a pool that is busy with somebody else's parts delays nobody,
    and parts spread from within a part stay in their thread.  If x, one of the arrays that are
    worked on, is CuPy's, one thread does it all: the GPU is parallel without us.

    Raises:
        whatever `work` raised; parts that nobody had taken by then are left.
    """
    helpers = min(count(), len(parts)) - 1
    shared = _Shared(parts)
    with one_blas_thread():
        if helpers < 1 or getattr(_here, "working", False) or array_module(x) is not np:
            return work(iter(shared))
        waiting = [_pool(count()).submit(_work, work, shared) for _ in range(helpers)]
        try:
            _work(work, shared)
        except BaseException:
            shared.stop()
            raise
        finally:  # whoever has not begun has nothing left to do
            begun = [helper for helper in waiting if not helper.cancel()]
            errors = [helper.exception() for helper in begun]
        for error in errors:
            if error is not None:
                raise error


def elementwise(function: Callable, *arrays: Any) -> Any:
    """Return function(*arrays), element by element, with large arrays cut among the threads.

    Args:
        function: called as function(*parts, out=part of the result); a ufunc will do.
        arrays: of one shape and dtype, or numbers.  The result has the first one's shape, dtype and
            order in memory.
    """
    out = array_module(*arrays).empty_like(arrays[0])

    def work(parts):
        for part in parts:
            function(*(a[part] if np.ndim(a) else a for a in arrays), out=out[part])

    spread(work, slabs(out), out)
    return out


def slabs(x: Any) -> list[tuple[slice, ...]]:
    """Cut an array along its outermost axis in memory; a small one or CuPy's not at all."""
    if array_module(x) is not np or x.size < SMALL:
        return [(...,)]
    axis = max(range(x.ndim), key=lambda axis: (x.shape[axis] > 1) * x.strides[axis])
    parts = count() * -(-x.size // (2 * SMALL * count()))
    step = -(-x.shape[axis] // parts)
    starts = range(0, x.shape[axis], step)
    return [(*[slice(None)] * axis, slice(start, start + step)) for start in starts]


def matmul(a: Any, b: Any) -> Any:
    """Return a @ b, of two matrices, the longer side of the result shared out.

    Every thread does its own part, whose BLAS threads would wait in a loop for the next product,
    and take the core away from us while they do.
    """
    xp = array_module(a, b)
    (n, k), m = a.shape, b.shape[1]
    if xp is not np or n * m * k < SMALL:
        return a @ b
    y = np.empty((n, m), np.result_type(a, b))
    by_rows = n >= m
    each = -(-max(n, m) // count())

    def work(starts):
        for start in starts:
            some = slice(start, start + each)
            if by_rows:
                np.matmul(a[some], b, out=y[some])
            else:
                np.matmul(a, b[:, some], out=y[:, some])

    spread(work, range(0, max(n, m), each))
    return y


# ── One BLAS thread, and the old number of them afterwards ───────────────────────────────────────

_inside = 0
_before: list[int] = []


@contextlib.contextmanager
def one_blas_thread():
    """Limit the BLAS of this process to one thread; the last of overlapping users lifts the limit.

    The limit belongs to the process, not to the thread that sets it.  Were each user to restore
    what it found, the second would find 1 and leave it behind; hence the count.
    """
    global _inside, _before
    libraries = _blas()
    with _lock:
        if _inside == 0:
            _before = [library.num_threads for library in libraries]
            for library in libraries:
                _set(library, 1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                for library, threads in zip(libraries, _before, strict=True):
                    _set(library, threads)


def _set(library, threads: int) -> None:
    """Set a library's number of threads, whichever thread set it before.

    Newer versions of threadpoolctl let only the thread that came first change it, and ignore others
    without a word: then the last of our users could not lift the limit.
    """
    release = getattr(library, "clear_controlling_thread", lambda force: None)
    release(force=True)
    library.set_num_threads(threads)
    release(force=True)


@functools.cache
def _blas() -> list:
    """Find the loaded BLAS libraries; once, for looking takes milliseconds."""
    controller = threadpoolctl.ThreadpoolController()
    return controller.select(user_api="blas").lib_controllers


# ── The pool ─────────────────────────────────────────────────────────────────────────────────────


class _Shared:
    """Parts that several threads take from, each part once."""

    def __init__(self, parts: Iterable[Any]):
        self.rest = iter(parts)
        self.lock = threading.Lock()

    def __iter__(self):
        while True:
            with self.lock:
                part = next(self.rest, self)  # self: there is none left
            if part is self:
                return
            yield part

    def stop(self):
        with self.lock:
            self.rest = iter(())


def _work(work: Callable, shared: _Shared) -> None:
    _here.working = True
    try:
        work(iter(shared))
    except BaseException:
        shared.stop()
        raise
    finally:
        _here.working = False


@functools.lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads - 1, thread_name_prefix="minigrad")


@functools.cache
def _cores() -> int:
    """The cores that this process may use, which a container or taskset may have limited."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if hasattr(os, "register_at_fork"):  # a child has the pool object, but none of its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
