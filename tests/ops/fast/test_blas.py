"""Products run on one BLAS thread, and afterwards the process has as many as before."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from minigrad.ops.fast import threads
from minigrad.ops.fast.blas import blas_threads, one_blas_thread

fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are POSIX's")


def test_within_another_one_it_neither_sets_nor_lifts_the_limit():
    before = blas_threads()
    with one_blas_thread():
        with one_blas_thread():
            pass
        assert blas_threads() == [1] * len(before)
    assert blas_threads() == before


def test_an_exception_lifts_the_limit():
    before = blas_threads()
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == before


def test_the_limit_is_lifted_by_whichever_thread_leaves_last():
    before = blas_threads()
    entered, leave = threading.Event(), threading.Event()

    def other():
        with one_blas_thread():
            entered.set()
            leave.wait(5)

    thread = threading.Thread(target=other)
    with one_blas_thread():
        thread.start()
        entered.wait(5)
    assert blas_threads() == [1] * len(before)
    leave.set()
    thread.join()
    assert blas_threads() == before


def run(code):
    """Run a program with two BLAS threads, whatever the environment here says."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60, env=environment
    )


@fork
def test_a_child_forked_while_another_thread_computes_has_no_limit():
    """That thread does not exist in the child, and can lift none there."""
    run(
        "import os, threading\n"
        "from minigrad.ops.fast.blas import blas_threads, one_blas_thread\n"
        "before = blas_threads()\n"
        "entered, leave = threading.Event(), threading.Event()\n"
        "def other():\n"
        "    with one_blas_thread(): entered.set(), leave.wait(30)\n"
        "thread = threading.Thread(target=other)\n"
        "thread.start(), entered.wait()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    assert blas_threads() == before\n"
        "    with one_blas_thread(): assert blas_threads() == [1] * len(before)\n"
        "    assert blas_threads() == before\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert blas_threads() == [1] * len(before)\n"
        "leave.set(), thread.join()\n"
        "assert blas_threads() == before\n"
    )


@fork
def test_a_child_forked_from_within_is_within():
    run(
        "import os\n"
        "from minigrad.ops.fast.blas import blas_threads, one_blas_thread\n"
        "before = blas_threads()\n"
        "with one_blas_thread():\n"
        "    child = os.fork()\n"
        "    assert blas_threads() == [1] * len(before)\n"
        "assert blas_threads() == before\n"
        "if child: assert os.waitpid(child, 0)[1] == 0\n"
    )


@fork
def test_a_fork_at_any_moment_leaves_no_lock_held():
    run(
        "import os, signal, threading\n"
        "from minigrad.ops.fast.blas import blas_threads, one_blas_thread\n"
        "before, stop = blas_threads(), threading.Event()\n"
        "def other():\n"
        "    while not stop.is_set():\n"
        "        with one_blas_thread(): pass\n"
        "thread = threading.Thread(target=other)\n"
        "thread.start()\n"
        "for _ in range(100):\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        signal.alarm(20)\n"
        "        with one_blas_thread(): pass\n"
        "        os._exit(blas_threads() != before)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "stop.set(), thread.join()\n"
    )


SHAPES = [
    ((5,), (5,)), ((5,), (5, 3)), ((4, 5), (5,)), ((4, 5), (5, 3)), ((2, 4, 5), (5, 3)),
    ((4, 5), (2, 5, 3)), ((2, 1, 4, 5), (3, 5, 2)), ((5,), (3, 5, 2)), ((3, 2, 5), (5,)),
    ((0, 5), (5, 3)), ((4, 0), (0, 3)), ((0, 4, 5), (5, 3)), ((1, 1), (1, 1)),
]


@pytest.mark.parametrize("a, b", SHAPES)
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("shared", [False, True])
def test_matmul_is_numpys_whatever_is_multiplied(a, b, count, shared, monkeypatch, rng):
    if shared:
        monkeypatch.setattr(threads, "PRODUCT", 1)
    threads.use(count)
    try:
        for dtype in "float32", "float64":
            A, B = rng.normal(size=a).astype(dtype), rng.normal(size=b).astype(dtype)
            y = threads.matmul(A, B)
            expected = np.matmul(A, B)
            assert y.shape == expected.shape and y.dtype == dtype
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
            y = threads.matmul(A.T.copy().T, B[::-1][::-1])
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    finally:
        threads.use(None)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    "a, b", [((4, 5), (4, 3)), ((5,), (4,)), ((2, 4, 5), (3, 5, 2)), ((), (4, 5)), ((4, 5), ())]
)
def test_what_cannot_be_multiplied_is_refused_as_by_numpy(a, b, shared, monkeypatch):
    if shared:
        monkeypatch.setattr(threads, "PRODUCT", 1)
    with pytest.raises(ValueError):
        np.matmul(np.ones(a), np.ones(b))
    with pytest.raises(ValueError):
        threads.matmul(np.ones(a), np.ones(b))


@pytest.mark.parametrize(
    "a, b, cut",
    [((9, 2), (2, 4), (2, 2)), ((4, 2), (2, 9), (4, 2)), ((9, 4, 2), (2, 3), (2, 4, 2)),
     ((4, 2), (9, 2, 3), (4, 2)), ((2, 9, 3), (3, 4), (2, 2, 3))],
)
def test_a_large_product_is_cut_along_the_longest_axis_of_the_result(a, b, cut, monkeypatch):
    for name, value in {"PRODUCT": 1, "PIECES": 5, "WIDE": 1}.items():
        monkeypatch.setattr(threads, name, value)
    seen, matmul = [], np.matmul
    monkeypatch.setattr(
        np, "matmul", lambda a, b, **out: (seen.append(a.shape), matmul(a, b, **out))[1]
    )
    threads.use(5)
    try:
        threads.matmul(np.ones(a), np.ones(b))
    finally:
        threads.use(None)
    assert len(seen) == 5 and cut in seen


def test_a_small_product_stays_in_its_thread(monkeypatch):
    monkeypatch.setattr(threads, "spread", None)
    threads.matmul(np.ones((128, 128)), np.ones((3, 128, 128)))


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="Linux counts their time")
def test_no_step_of_the_image_loop_and_no_pass_wakes_a_blas_thread():
    """One product that did would have them turn in a loop for 20 ms: their processor time tells."""
    run(
        "import dataclasses, os, time\n"
        "import numpy as np\n"
        "np.ones((300, 300)) @ np.ones((300, 300))\n"
        "blas = [task for task in os.listdir('/proc/self/task') if int(task) != os.getpid()]\n"
        "def seconds():\n"
        "    files = (open(f'/proc/self/task/{task}/schedstat') for task in blas)\n"
        "    return sum(int(file.read().split()[0]) for file in files) / 1e9\n"
        "time.sleep(0.2)\n"
        "before = seconds()\n"
        "import models\n"
        "from minigrad import Tensor, grad, ops\n"
        "from minigrad.techniques import objectives\n"
        "from minigrad.techniques.make.excite import excite\n"
        "net, rng = models.build('minivgg_bn', random_seed=0), np.random.default_rng(0)\n"
        "x = 255 * rng.random((6, 3, 128, 128), np.float32)\n"
        "for _ in excite(net, x, objectives.class_score(1), sizes=(90, 128), steps=4): pass\n"
        "weights = {name: Tensor(array) for name, array in net.params.items()}\n"
        "scores = net(x, params=weights)['fc8']\n"
        "grad(scores.sum(), [weights['conv1_1/weight'], weights['fc6/weight']])\n"
        "a, b = Tensor(rng.normal(size=(400, 400))), Tensor(rng.normal(size=(3, 400, 400)))\n"
        "grad(ops.matmul(a, b).sum(), [a, b])\n"
        "ops.matmul(a, b.data[0, 0])\n"
        "time.sleep(0.1)\n"
        "assert seconds() - before < 0.004, seconds() - before\n"
    )
