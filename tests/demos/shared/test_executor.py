"""Work for many processes: results in order, few jobs under way, and workers that die."""

import argparse
import contextlib
import importlib
import itertools
import json
import os
import shutil
import sys
import textwrap

import pytest

from demos import patches
from demos.shared.album import CALTECH
from demos.shared.executor import AHEAD, Crew, add_crew, crew_of, in_order
from minigrad.command import run
from minigrad.ops.fast import threads

WORK = """
    import os
    from minigrad.ops.fast import threads

    def square(job):
        return job * job

    def process_and_threads(job):
        return os.getpid(), threads.count()

    def dies_once(job):
        number, mark = job
        if number == 3 and not os.path.exists(mark):
            open(mark, "w").close()
            os._exit(1)
        return number

    def dies(job):
        os._exit(1)

    def refuses(job):
        raise ValueError(f"not {job}")
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A module that other processes find, too."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "some_work.py").write_text(textwrap.dedent(WORK))
    sys.path.insert(0, str(folder))
    yield importlib.import_module("some_work")
    sys.path.remove(str(folder))


def test_results_come_in_the_order_of_the_jobs(work):
    assert list(in_order(work.square, range(50), Crew(1))) == [n * n for n in range(50)]


def test_no_more_jobs_are_under_way_than_keep_the_workers_busy(work):
    """Without end, and of every result only one more job is read."""
    read = itertools.count()
    with contextlib.closing(in_order(work.square, read, Crew(1))) as results:
        assert next(results) == 0 and next(read) == AHEAD
        assert [next(results) for _ in range(3)] == [1, 4, 9] and next(read) == AHEAD + 4


def test_what_a_job_raises_is_raised(work):
    with pytest.raises(ValueError, match="not 7"):
        list(in_order(work.refuses, [7], Crew(1)))


def test_a_worker_that_dies_is_told_and_its_jobs_are_done_again(work, tmp_path, capfd):
    jobs = [(n, str(tmp_path / "mark")) for n in range(12)]
    assert list(in_order(work.dies_once, jobs, Crew(2))) == list(range(12))
    assert "a worker has died" in capfd.readouterr().err


def test_workers_that_die_again_and_again_are_a_sentence(work, monkeypatch, capfd):
    monkeypatch.setattr("demos.shared.executor.DEATHS", 2)
    with pytest.raises(OSError, match="died 2 times at the same work: .* try fewer --workers"):
        list(in_order(work.dies, range(3), Crew(2)))


def test_the_processes_share_the_cores(work):
    """Four threads for two processes: two each; and this process is none of them."""
    threads.use(4)
    try:
        told = set(in_order(work.process_and_threads, range(20), Crew(2)))
    finally:
        threads.use(None)
    assert {count for _, count in told} == {2}
    assert os.getpid() not in {process for process, _ in told}


# ── A Dask cluster: two processes on this machine ───────────────────────────────────────────────


@pytest.fixture(scope="module")
def scheduler(work):
    dask = pytest.importorskip("dask", reason="Dask is not installed")
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    few = dask.config.set({"distributed.scheduler.allowed-failures": 1})
    settings = dict(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50)
    with few, distributed.LocalCluster(**settings) as cluster:
        yield cluster.scheduler_address


def test_every_worker_of_a_cluster_has_one_thread_for_the_ops(work, scheduler):
    told = set(in_order(work.process_and_threads, range(20), Crew(1, scheduler)))
    assert {count for _, count in told} == {1} and len(told) == 2


def test_a_folder_is_searched_by_a_cluster_as_by_one_process(scheduler, tmp_path, capsys):
    folder, found = tmp_path / "photos", {}
    folder.mkdir()
    for source in sorted(CALTECH.glob("a*/*.jpg")):
        shutil.copy(source, folder / f"{source.parent.name}_{source.name}")
    for by in (["--workers", "1"], ["--scheduler", scheduler]):
        line = ["--folder", folder, "--out", tmp_path / by[0], "--layer", "relu2_1",
                "--size", "32", "--channels", "3", *by]
        assert run(patches.main, list(map(str, line)), "demos") == 0
        (note,) = (tmp_path / by[0]).glob("*.json")
        found[by[0]] = json.loads(note.read_text())["channels"]
    assert found["--workers"] == found["--scheduler"]


def test_the_work_of_a_worker_that_dies_is_done_by_another(work, scheduler, tmp_path):
    jobs = [(n, str(tmp_path / "mark")) for n in range(12)]
    assert list(in_order(work.dies_once, jobs, Crew(1, scheduler))) == list(range(12))
    assert (tmp_path / "mark").exists()


def test_work_that_kills_every_worker_is_a_sentence(work, scheduler):
    with pytest.raises(OSError, match="workers of tcp:.* died again and again"):
        list(in_order(work.dies, range(1), Crew(1, scheduler)))


def test_a_scheduler_that_does_not_answer_is_a_sentence(work, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr("demos.shared.executor.ANSWER", 0.5)
    with pytest.raises(OSError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        list(in_order(work.square, [1], Crew(1, "tcp://127.0.0.1:9")))


# ── Options ─────────────────────────────────────────────────────────────────────────────────────


def crew(*argv, device="cpu"):
    options = argparse.ArgumentParser()
    add_crew(options)
    args = options.parse_args(argv)
    args.device = device
    return crew_of(args)


def test_there_is_a_worker_to_a_core_and_one_to_the_gpu():
    assert crew() == Crew(threads.count()) and crew(device="cuda") == Crew(1)
    assert crew("--workers", "3") == Crew(3)


def test_a_crew_that_makes_no_sense_is_a_sentence():
    with pytest.raises(ValueError, match="--workers is 0: give a whole number, 1 or more"):
        crew("--workers", "0")
    with pytest.raises(ValueError, match="a Dask cluster has its own workers"):
        crew("--workers", "2", "--scheduler", "tcp://host:8786")
