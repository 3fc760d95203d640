"""Work spread over threads is done once, whoever calls, and leaves nothing behind."""

import contextvars
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minigrad import ops
from minigrad.ops.fast import threads
from minigrad.ops.fast.blas import blas_threads


@pytest.fixture(params=[1, 2, 4])
def count(request):
    threads.use(request.param)
    yield request.param
    threads.use(None)


@pytest.fixture
def four():
    threads.use(4)
    yield
    threads.use(None)


def test_every_part_is_done_once(count):
    done = []
    threads.spread(lambda parts: done.extend(parts), range(1000))
    assert sorted(done) == list(range(1000))


def test_no_more_threads_work_than_were_allowed(count):
    at_work, most, lock = set(), [0], threading.Lock()

    def work(parts):
        for _ in parts:
            with lock:
                at_work.add(threading.get_ident())
                most[0] = max(most[0], len(at_work))
            time.sleep(0.001)
            with lock:
                at_work.discard(threading.get_ident())

    threads.spread(work, range(30))
    assert most[0] <= count


def test_one_blas_thread_within_and_the_old_number_afterwards(count):
    before, within = blas_threads(), []
    threads.spread(lambda parts: within.extend(blas_threads() for _ in parts), range(8))
    assert all(numbers == [1] * len(before) for numbers in within)
    assert blas_threads() == before


def test_overlapping_callers_leave_no_limit_behind(four):
    """The first to leave must not lift the limit, the last must not restore a 1."""
    before = blas_threads()
    first_left, second_in = threading.Event(), threading.Event()
    within = []

    def first():
        with threads.one_blas_thread():
            second_in.wait(5)
        first_left.set()

    def second():
        with threads.one_blas_thread():
            second_in.set()
            first_left.wait(5)
            within.append(blas_threads())

    callers = [threading.Thread(target=f) for f in (first, second)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert within == [[1] * len(before)]
    assert blas_threads() == before


def test_callers_with_threads_of_their_own_get_their_own_results(four):
    rng = np.random.default_rng(0)
    images = [rng.standard_normal((1, 8, 40, 40)) for _ in range(12)]
    weight = rng.standard_normal((8, 8, 3, 3))
    expected = [ops.conv2d(x, weight, padding=1) for x in images]
    before = blas_threads()
    with ThreadPoolExecutor(6) as callers:
        found = list(callers.map(lambda x: ops.conv2d(x, weight, padding=1), images))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    assert blas_threads() == before


def test_parts_spread_from_within_a_part_stay_in_their_thread(four):
    inner = []

    def work(parts):
        for _ in parts:
            mine = threading.get_ident()
            threads.spread(
                lambda parts, mine=mine: inner.extend(threading.get_ident() == mine for _ in parts),
                range(5),
            )

    threads.spread(work, range(6))
    assert inner == [True] * 30


def test_an_exception_reaches_the_caller_and_the_rest_is_left(count):
    before, done = blas_threads(), []

    def work(parts):
        for part in parts:
            if part == 3:
                raise KeyError("part 3")
            done.append(part)
            time.sleep(0.001)

    with pytest.raises(KeyError, match="part 3"):
        threads.spread(work, range(1000))
    assert len(done) < 1000
    assert blas_threads() == before
    threads.spread(lambda parts: done.extend(parts), range(5))  # and the pool still works


def test_no_parts_are_no_work(count):
    threads.spread(lambda parts: list(parts), [])


def test_large_arrays_are_done_as_small_ones_are(count, monkeypatch):
    monkeypatch.setattr(threads, "PART", 2**14)
    rng = np.random.default_rng(0)
    for shape in [(3,), (), (2, 3, 700, 90), (1, 600, 601), (300_000,)]:
        x = rng.standard_normal(shape)
        np.testing.assert_array_equal(threads.elementwise(np.maximum, x, 0), np.maximum(x, 0))
    x = x.astype(np.float32)
    assert threads.elementwise(np.multiply, x, x).dtype == np.float32


def test_what_is_small_is_done_where_it_is(count, monkeypatch):
    """Waking a thread for it would take longer, and on a busy machine much longer."""
    monkeypatch.setattr(threads, "spread", None)
    x = np.ones((2, 64, 64, 63), np.float32)
    assert (threads.elementwise(np.maximum, x, 0) == 1).all()
    assert x.size < 2 * threads.PART < 2 * x.size


def test_the_order_of_memory_is_kept(count):
    x = np.ones((2, 300, 400, 8), np.float32).transpose(0, 3, 1, 2)
    assert threads.elementwise(np.maximum, x, 0).strides == x.strides


def test_matmul_is_matmul(count, monkeypatch):
    monkeypatch.setattr(threads, "PRODUCT", 2**10)
    rng = np.random.default_rng(0)
    for n, k, m in [(1, 3000, 501), (501, 300, 1), (7, 5, 3), (64, 900, 63), (9, 3000, 700)]:
        a, b = rng.standard_normal((n, k)), rng.standard_normal((m, k)).T
        np.testing.assert_allclose(threads.matmul(a, b), a @ b, rtol=1e-10, atol=1e-10)


def test_nothing_limits_blas_for_arrays_on_a_gpu(monkeypatch):
    """There the GPU shares the work out, and BLAS has no part in it."""
    monkeypatch.setattr(threads, "array_module", lambda *arrays: "CuPy")
    monkeypatch.setattr(threads, "one_blas_thread", None)
    done = []
    threads.spread(lambda parts: done.extend(parts), range(5), np.ones(3))
    assert done == list(range(5))
    assert (threads.matmul(np.eye(3), np.ones((3, 2))) == 1).all()


def test_what_a_with_block_of_the_caller_sets_holds_in_every_thread(four):
    variable, together = contextvars.ContextVar("of a test", default=0), threading.Barrier(4)
    token = variable.set(7)
    seen = []

    def work(parts):
        for _ in parts:
            together.wait(timeout=20)
            seen.append((threading.get_ident(), variable.get()))

    threads.spread(work, range(4))
    variable.reset(token)
    assert len(set(seen)) == 4 and {value for _, value in seen} == {7}


def test_the_same_call_gives_the_same_bits(four):
    """Sums over blocks are taken in order, whichever thread was first."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((16, 8, 32, 32)).astype(np.float32)
    g = rng.standard_normal((16, 8, 32, 32)).astype(np.float32)
    from minigrad import Tensor, grad

    def gradient():
        weight = Tensor(np.ones((8, 8, 3, 3), np.float32))
        return grad(ops.conv2d(x, weight, padding=1), [weight], seed=g)[0]

    first = gradient()
    assert all(np.array_equal(gradient(), first) for _ in range(5))


def test_the_number_of_threads_comes_from_the_call_then_the_environment(monkeypatch):
    monkeypatch.setenv("MINIGRAD_THREADS", "3")
    assert threads.count() == 3
    threads.use(5)
    try:
        assert threads.count() == 5
    finally:
        threads.use(None)
    assert threads.count() == 3


@pytest.mark.parametrize("given", ["0", "many", "-1", "1.5"])
def test_a_number_of_threads_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("MINIGRAD_THREADS", given)
    with pytest.raises(ValueError, match=f"MINIGRAD_THREADS is '{given}'"):
        threads.count()
    with pytest.raises(ValueError, match="1 or more, not 0"):
        threads.use(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are POSIX's")
def test_a_forked_child_has_threads_of_its_own():
    """It inherits the pool without its threads: work handed to that would never be done."""
    code = (
        "import os, threading\n"
        "from minigrad.ops.fast import threads\n"
        "threads.use(3)\n"
        "threads.spread(list, range(99))\n"
        "child = os.fork()\n"
        "done = []\n"
        "threads.spread(lambda parts: done.extend(parts), range(99))\n"
        "assert len(done) == 99\n"
        "if child: assert os.waitpid(child, 0)[1] == 0\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
