"""How fast this is: the work of the project, timed beside PyTorch, JAX and MyGrad.

python -m demos benchmark                   minigrad alone
python -m demos benchmark --peers           and whatever of the others is installed
python -m demos benchmark --neighbour       beside other programs that keep every core busy

Every contender is a process of its own, so that neither's threads nor memory are in another's way,
and they take turns: a machine that is busy for a while is busy for all.  Nothing is stored; the
table is what was measured just now, on the machine and with the versions that it names.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata, util

from demos.shared import contenders, tasks
from demos.shared.command import Paragraphs

BUSY = "import time; end = time.monotonic() + {}\nwhile time.monotonic() < end: pass"
PATIENCE = 300  # seconds after which a busy program ends, should nobody end it

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main(argv: list[str]) -> None:
    """Time every task with every contender, in turns, and print one table."""
    args = options().parse_args(argv)
    threads = args.threads or _cores()
    if args.repeats < 1 or threads < 1:
        raise ValueError("--repeats and --threads are 1 or more")
    if args.neighbour:
        print(_machine(["minigrad"], threads), f"\n\n{tasks.LOOP}", flush=True)
        for line in neighbour_table(beside_neighbours(threads, args.repeats), threads):
            print(line)
        return
    names = [name for name, package in contenders.PACKAGES.items() if _here(package)]
    names = names if args.peers else names[:1]
    print(_machine(names, threads), flush=True)
    chosen = [task for name in args.tasks or tasks.TASKS for task in tasks.GROUPS.get(name, [name])]
    for task in dict.fromkeys(chosen):
        print(f"\n{tasks.TASKS[task]}")
        print(f"  {'':22}    median   fastest   ratio  peak memory  kept filters")
        results = measure(task, names, threads, args.repeats)
        for line in table(results):
            print(line, flush=True)


def options() -> argparse.ArgumentParser:
    """What to time, beside whom and how often."""
    parse = argparse.ArgumentParser(
        prog="python -m demos benchmark",
        description=__doc__,
        formatter_class=Paragraphs,
    )
    add, images = parse.add_argument, " and ".join(tasks.GROUPS["images"])
    add("--peers", action="store_true", help="time PyTorch, JAX and MyGrad too, where installed")
    add("--tasks", nargs="*", default=None, choices=[*tasks.TASKS, *tasks.GROUPS],
        metavar="TASK", help=f"only these of {', '.join(tasks.TASKS)}; images are {images}")
    add("--neighbour", action="store_true", help="the image loop alone and beside busy programs")
    add("--repeats", type=int, default=7, help="turns of each contender, of two timed runs (7)")
    add("--threads", type=int, default=None, help="for all of them; one to a core")
    return parse


def measure(task: str, names: list[str], threads: int, repeats: int) -> dict[str, dict]:
    """Run the contenders in turns: {name: {"seconds": […], "peak": bytes, "kept": bytes}}."""
    runners = {name: _start(name, task, threads) for name in names}
    results = {}
    with _ended(runners.values()):
        for name, runner in runners.items():  # each sets up in peace
            answer = _ask(runner, "begin")
            if "missing" not in answer:
                results[name] = answer | {"seconds": []}
        for _ in range(repeats):
            for name in results:
                results[name]["seconds"].append(_ask(runners[name], "run")["seconds"])
    return results


def table(results: dict[str, dict]):
    """Yield a line per contender: times in milliseconds, and ratios to PyTorch's median time."""
    yardstick = results.get("PyTorch")
    for name, result in results.items():
        seconds = result["seconds"]
        median = statistics.median(seconds)
        ratio = f"{median / statistics.median(yardstick['seconds']):7.2f}" if yardstick else " " * 7
        kept = f"{result['kept'] / 2**20:8.0f} MB" if result["kept"] else ""
        yield (
            f"  {name:22} {median * 1e3:6.0f} ms {min(seconds) * 1e3:6.0f} ms {ratio} "
            f"{result['peak'] / 2**20:9.0f} MB  {kept}"
        )


def beside_neighbours(threads: int, repeats: int) -> dict[str, dict[str, list[float]]]:
    """Time the image loop in turns, idle and beside a busy program to each core.

    With minigrad's own threads, and with those of BLAS forbidden from the start, in seconds:
    {name: {"idle": […], "beside": […]}}.
    """
    runners = {
        "minigrad": _start("minigrad", "loop", threads),
        "OPENBLAS_NUM_THREADS=1": _start("minigrad", "loop", threads, OPENBLAS_NUM_THREADS="1"),
    }
    seconds = {name: {"idle": [], "beside": []} for name in runners}
    with _ended(runners.values()):
        for runner in runners.values():
            _ask(runner, "begin")
        for _ in range(repeats):
            for when, programs in ("idle", 0), ("beside", threads):
                for name, runner in runners.items():
                    with busy(programs):
                        seconds[name][when].append(_ask(runner, "run")["seconds"])
    return seconds


@contextlib.contextmanager
def busy(programs: int):
    """Keep so many cores busy, each with a program of its own, until the block is left."""
    code = BUSY.format(PATIENCE)
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(programs)]
    try:
        yield started
    finally:
        for program in started:
            program.kill()
            program.wait()


def neighbour_table(seconds: dict[str, dict[str, list[float]]], programs: int):
    """Yield a line per contender: both medians in milliseconds, and their ratio (2 is fair)."""
    yield f"  {'':22}      idle   beside {programs} busy programs   ratio"
    for name, times in seconds.items():
        idle, beside = (statistics.median(times[when]) for when in ("idle", "beside"))
        yield f"  {name:22} {idle * 1e3:6.0f} ms {beside * 1e3:20.0f} ms {beside / idle:8.2f}"


def _start(name: str, task: str, threads: int, **settings: str) -> subprocess.Popen:
    environment = os.environ | {
        "MINIGRAD_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    } | settings
    if name != "minigrad":  # peers manage memory as they do without us
        environment["MINIGRAD_KEEP_MEMORY"] = "0"
    return subprocess.Popen(
        [sys.executable, "-m", "demos.shared.contenders", name, task],
        cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )


@contextlib.contextmanager
def _ended(runners):
    """End the runners when the block is left, whatever happened in it."""
    try:
        yield
    finally:
        for runner in runners:
            runner.stdin.close()
            runner.wait()


def _ask(runner: subprocess.Popen, question: str) -> dict:
    runner.stdin.write(question + "\n")
    runner.stdin.flush()
    answer = runner.stdout.readline()
    if not answer:
        raise OSError("a contender ended before its turn; what it said stands above")
    return json.loads(answer)


def _machine(names: list[str], threads: int) -> str:
    versions = [f"Python {platform.python_version()}"]
    packages = "numpy", "torch", "jax", "mygrad"
    versions += [f"{p} {metadata.version(p)}" for p in packages if _here(p)]
    return f"{_processor()}, {threads} threads; {', '.join(versions)}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = (line.split(":")[1] for line in lines if line.startswith("model name"))
            return next(names).strip()
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _here(package: str) -> bool:
    return util.find_spec(package) is not None
