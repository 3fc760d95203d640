r"""One pool of threads that the ops share, and one BLAS thread in each while they work.

NumPy's matrix product is spread over all cores by its BLAS, and everything else that NumPy does
runs on one.  An op that works in blocks which stay in the cache wants it the other way round: the
blocks are spread over the cores, and each of them is a small product on one.  Both at once would
be more threads than cores, so while blocks are being worked on, the BLAS is limited to one thread.
A product that is no part of such a block goes through `matmul` for the same reason.

    def work(parts):                     # called once in each thread
        scratch = np.empty(…)            # what a thread needs for itself
        for part in parts:               # the next part that nobody has taken yet
            …
    spread(work, [slice(0, 8), slice(8, 16), …])

Threads help because NumPy lets go of Python's lock while it computes.  How many there are says
`use(threads)` or the environment variable MINIGRAD_THREADS; else there is one to a core.

Read before: blas.py.  Read next: blocks.py.
"""

import contextvars
import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from minigrad.backend import array_module
from minigrad.ops.fast.blas import one_blas_thread

PART = 2**18  # elements, which take a core 0.1 ms: waking another one for them takes half of that
PRODUCT = 2**23  # multiplications, which take 0.2 ms: smaller products are done where they are
PIECES, WIDE = 32, 64  # a product is cut into so many, none of them narrower than this

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
    and parts spread from within a part stay in their thread.  What a `with` of the caller's has set
    for its own thread, as ways.force does, holds in the others.  If x, one of the arrays that are
    worked on, is CuPy's, one thread does it all: the GPU is parallel without us.

    Raises:
        whatever `work` raised; parts that nobody had taken by then are left.
    """
    if array_module(x) is not np:
        return work(iter(parts))
    helpers = min(count(), len(parts)) - 1
    with one_blas_thread():
        if helpers < 1 or getattr(_here, "working", False):
            return work(iter(parts))
        shared = _Shared(parts)
        waiting = [
            _pool(count()).submit(contextvars.copy_context().run, _work, work, shared)
            for _ in range(helpers)
        ]
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
    parts = slabs(out)

    def work(parts):
        for part in parts:
            function(*(a[part] if np.ndim(a) else a for a in arrays), out=out[part])

    if len(parts) > 1:
        spread(work, parts, out)
    else:
        function(*arrays, out=out)
    return out


def slabs(x: Any) -> list[tuple[slice, ...]]:
    """Cut an array along its outermost axis in memory; a small one or CuPy's not at all."""
    if array_module(x) is not np or x.size < 2 * PART:
        return [(...,)]
    axis = max(range(x.ndim), key=lambda axis: (x.shape[axis] > 1) * x.strides[axis])
    parts = count() * -(-x.size // (PART * count()))
    step = -(-x.shape[axis] // parts)
    starts = range(0, x.shape[axis], step)
    return [(*[slice(None)] * axis, slice(start, start + step)) for start in starts]


def matmul(a: Any, b: Any) -> Any:
    """Return a @ b, on one BLAS thread; a large product is shared out among our own.

    Vectors, matrices and stacks of them that broadcast, as in NumPy, whose errors it raises.  The
    longest axis of the result is cut, into pieces that follow from the sizes alone: BLAS sums in
    another order for a narrow product, and the bits shall not depend on the number of threads.
    """
    if array_module(a, b) is not np:
        return a @ b
    if not _large(a, b):
        with one_blas_thread():
            return np.matmul(a, b)
    if a.ndim == 1:
        return matmul(a[None], b)[..., 0, :]                        # (1, k) (…, k, m)
    if b.ndim == 1:
        return matmul(a, b[:, None])[..., 0]                        # (…, n, k) (k, 1)
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = np.empty((*stack, a.shape[-2], b.shape[-1]), np.result_type(a, b))
    axis = max(range(-y.ndim, 0), key=lambda axis: y.shape[axis])
    pieces = max(1, min(PIECES, 2 * y.size * a.shape[-1] // PRODUCT))
    each = max(WIDE, -(-y.shape[axis] // pieces))

    def work(starts):
        for start in starts:
            some = slice(start, start + each)
            rows = a if axis == -1 else _cut(a, axis, some)
            columns = b if axis == -2 else _cut(b, axis, some)
            np.matmul(rows, columns, out=_cut(y, axis, some))

    spread(work, range(0, y.shape[axis], each))
    return y


def _large(a: Any, b: Any) -> bool:
    """Whether a @ b is worth a second thread; a product of two vectors has nothing to cut."""
    if min(a.ndim, b.ndim) < 1 or max(a.ndim, b.ndim) < 2:
        return False
    n = a.shape[-2] if a.ndim > 1 else 1
    m = b.shape[-1] if b.ndim > 1 else 1
    return max(a.size * m, b.size * n) >= PRODUCT


def _cut(x: Any, axis: int, some: slice) -> Any:
    """Take `some` along an axis that is counted from the end, unless x is repeated along it."""
    if x.ndim < -axis or x.shape[axis] == 1:
        return x
    return x[(..., some, *[slice(None)] * (-axis - 1))]


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
