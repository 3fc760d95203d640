"""Work for many processes: sent out a little ahead, and given back in the order of the jobs.

    for result in in_order(look, jobs, crew):
        …

Any number of jobs is done in the memory of a few: no more are under way than keep the workers busy.
The workers are processes of this machine, or those of a Dask cluster (`--scheduler ADDRESS`); both
are a `concurrent.futures.Executor`.  One worker is a thread of this process: nothing has to start.

Processes are spawned and not forked: a fork copies the locks of the engine's and BLAS's threads as
they happen to be, but not the threads that would open them.  Each has its share of the cores.

A process that dies, killed for its memory, say, takes its pool with it.  Then a new pool is made,
and what was under way is done again.  A Dask cluster sees to that itself.

Used by: patch_search.py.
"""

import argparse
import collections
import contextlib
import functools
import itertools
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from typing import Any, NamedTuple

from tqdm import tqdm

from minigrad.checked import whole
from minigrad.extras import extra
from minigrad.ops.fast import threads

AHEAD = 4       # jobs under way, for each worker
DEATHS = 3      # of workers, without any result between them: then it is no accident
ANSWER = 10     # seconds that a scheduler has to answer, and its first worker to come


class Crew(NamedTuple):
    """Who works: so many processes of this machine, or the workers of a Dask scheduler."""

    workers: int
    scheduler: str | None = None


def add_crew(options: argparse.ArgumentParser) -> None:
    """Add --workers and --scheduler."""
    add = options.add_argument
    add("--workers", type=int, metavar="N",
        help="processes, each with the network in memory (one to a core)")
    add("--scheduler", metavar="ADDRESS", help="a Dask cluster that does the work instead")


def crew_of(args: argparse.Namespace) -> Crew:
    """Read them; the GPU has one worker."""
    if args.scheduler and args.workers is not None:
        raise ValueError("a Dask cluster has its own workers: give --workers or --scheduler")
    usual = 1 if args.device == "cuda" else threads.count()
    return Crew(usual if args.workers is None else whole("--workers", args.workers, at_least=1),
                args.scheduler)


def in_order(work: Callable[[Any], Any], jobs: Iterable[Any], crew: Crew) -> Iterator[Any]:
    """Yield work(job) for each job, in their order.

    Args:
        work: a function of a module, which other processes import.
        jobs: read a little ahead of the results; each is sent to a worker.
        crew: who works.

    Raises:
        OSError: workers die again and again, or a cluster cannot be reached or used.
        whatever `work` raises.
    """
    jobs, under_way, deaths = iter(jobs), collections.deque(), 0
    while True:
        with opened(crew) as (submit, ahead):
            try:
                for result in _through(submit, ahead, work, under_way, jobs):
                    deaths = 0
                    yield result
                return
            except BrokenExecutor:
                deaths += 1
        if deaths == DEATHS:
            raise OSError(
                f"workers have died {DEATHS} times at the same work: perhaps there is too little "
                "memory for so many; try fewer --workers"
            )
        tqdm.write(f"a worker has died; the {len(under_way)} jobs that were under way are done "
                   "again", file=sys.stderr)


def _through(submit, ahead: int, work, under_way: collections.deque, jobs: Iterator):
    """Yield results of one pool; `under_way` holds the jobs whose results are yet to come."""
    sent = collections.deque(submit(work, job) for job in under_way)
    while True:
        for job in itertools.islice(jobs, ahead - len(under_way)):
            under_way.append(job)
            sent.append(submit(work, job))
        if not under_way:
            return
        result = sent.popleft().result()
        under_way.popleft()
        yield result


@contextlib.contextmanager
def opened(crew: Crew) -> Iterator[tuple[Callable[..., Future], int]]:
    """Give submit(work, job) -> Future, and how many jobs keep all workers busy.

    At the end, what nobody has begun is dropped.
    """
    if crew.scheduler:
        with _dask(crew.scheduler) as both:
            yield both
    elif crew.workers == 1:
        with _shut(ThreadPoolExecutor(1)) as pool:
            yield pool.submit, AHEAD
    else:
        each = max(1, threads.count() // crew.workers)
        spawn = multiprocessing.get_context("spawn")
        with _shut(ProcessPoolExecutor(crew.workers, spawn, ends_at_ctrl_c)) as pool:
            yield functools.partial(pool.submit, on_threads, each), AHEAD * crew.workers


@contextlib.contextmanager
def _shut(pool: Executor) -> Iterator[Executor]:
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def ends_at_ctrl_c() -> None:
    """In a new process: Ctrl-C reaches it too, and ends it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def on_threads(count: int, work: Callable[[Any], Any], job) -> Any:
    """In another process: work, on so many threads."""
    if threads.count() != count:
        threads.use(count)
    return work(job)


# ── A cluster ───────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _dask(address: str) -> Iterator[tuple[Callable[..., Future], int]]:
    """The executor of a Dask cluster; whatever goes wrong there becomes a sentence."""
    distributed = extra("distributed", "cluster", "--scheduler")
    with _client(distributed, address) as client:
        pool = client.get_executor(pure=False)
        cores = sum(client.nthreads().values())
        try:
            yield functools.partial(pool.submit, on_threads, 1), AHEAD * max(16, cores)
        except distributed.KilledWorker as error:
            raise OSError(f"workers of {address} died again and again: {error}") from None
        except CancelledError:
            raise OSError(f"the scheduler {address} has gone, or has dropped the work") from None
        except ImportError as error:
            raise OSError(
                f"a worker of {address} lacks what it needs: {error}; install minigrad there"
            ) from None
        finally:
            pool.shutdown(wait=False)


@contextlib.contextmanager
def _client(distributed, address: str):
    """Speak to a scheduler that has a worker."""
    try:
        client = distributed.Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OSError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=ANSWER)
        except (OSError, distributed.TimeoutError):
            raise OSError(f"no worker has joined the scheduler {address}: start some, by "
                          f"dask worker {address} --nthreads 1") from None
        yield client
