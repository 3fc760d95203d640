"""A real Dask cluster does the work: two processes on this machine, some of which die."""

import importlib
import json
import shutil
import sys

import pytest

from demos import patches
from demos.shared.album import CALTECH
from demos.shared.executor import Crew, in_order
from minigrad.command import run

dask = pytest.importorskip("dask", reason="Dask is not installed")
distributed = pytest.importorskip("distributed", reason="Dask is not installed")

WORK = """
import os
from minigrad.ops.fast import threads

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
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A module that the workers find, too."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "work_of_a_cluster.py").write_text(WORK)
    sys.path.insert(0, str(folder))
    yield importlib.import_module("work_of_a_cluster")
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def scheduler(work):
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
                "--channels", "3", *by]
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
