"""The benchmark says what was measured, and how it compares."""

import contextlib

import numpy as np
import pytest

import models
from demos import benchmark
from demos.shared import contenders, look_tasks, tasks


def test_ratios_are_to_pytorch_and_of_medians():
    results = {
        "minigrad": {"seconds": [0.1, 0.2, 9.0], "peak": 10 * 2**20, "kept": 5 * 2**20},
        "PyTorch": {"seconds": [0.4, 0.1, 8.0], "peak": 20 * 2**20, "kept": 0},
    }
    ours, theirs = benchmark.table(results)
    assert ours.split() == "minigrad 200 ms 100 ms 0.50 10 MB 5 MB".split()
    assert theirs.split() == "PyTorch 400 ms 100 ms 1.00 20 MB".split()


def test_without_peers_there_is_no_ratio():
    (line,) = benchmark.table({"minigrad": {"seconds": [1.0], "peak": 0, "kept": 0}})
    assert line.split() == "minigrad 1000 ms 1000 ms 0 MB".split()


def test_a_task_has_layers_pixels_and_labels():
    _, layers, pixels, labels = tasks.arrays("training")
    assert pixels.shape == (64, 3, 64, 64)
    assert len(pixels) == len(labels)
    assert layers[-1].name == "fc8"


def test_minigrad_trains_every_parameter():
    gradients = contenders.minigrad("training")()
    net = models.build("minivgg_bn")
    assert len(gradients) == len(net.learned)
    assert all(np.isfinite(g).all() for g in gradients)


@pytest.mark.parametrize("task", tasks.GROUPS["looking"])
def test_a_map_that_is_timed_is_the_same_map_in_captum(task):
    pytest.importorskip("captum")
    ours, theirs = (make(task)() for make in (look_tasks.minigrad, look_tasks.captum))
    ours, theirs = getattr(ours, "drop", getattr(ours, "map", ours)), theirs.detach().numpy()
    theirs = theirs if theirs.shape == ours.shape else theirs[:, 0]
    assert abs(ours - theirs).max() < 0.01 * abs(theirs).max()  # a relu near zero may flip


def test_captum_is_asked_for_maps_and_the_others_for_all_else():
    assert [name for name in contenders.CONTENDERS if contenders.can(name, "occlusion")] == [
        "minigrad", "Captum"]
    assert "Captum" not in [n for n in contenders.CONTENDERS if contenders.can(n, "iteration")]


def test_where_there_is_no_pytorch_the_ratio_is_to_captum():
    results = {name: {"seconds": [s], "peak": 0, "kept": 0}
               for name, s in [("minigrad", 1.0), ("Captum", 4.0)]}
    assert [line.split()[5] for line in benchmark.table(results)] == ["0.25", "1.00"]


def test_a_group_is_all_its_tasks_once(monkeypatch, capsys):
    timed = []
    monkeypatch.setattr(benchmark, "measure", lambda task, *_: timed.append(task) or {})
    benchmark.main(["--tasks", "looking", "forward", "occlusion"])
    assert timed == [*tasks.GROUPS["looking"], "forward"]


def test_fewer_than_one_turn_is_refused():
    with pytest.raises(ValueError, match="1 or more"):
        benchmark.main(["--repeats", "0"])


# ── Beside busy programs ─────────────────────────────────────────────────────────────────────────


def test_busy_programs_run_within_the_block_and_no_longer():
    with pytest.raises(KeyError), benchmark.busy(2) as programs:
        assert len(programs) == 2 and all(program.poll() is None for program in programs)
        raise KeyError
    assert all(program.poll() is not None for program in programs)


def test_a_busy_program_that_nobody_ends_ends_by_itself(monkeypatch):
    monkeypatch.setattr(benchmark, "PATIENCE", 0.1)
    with benchmark.busy(1) as (program,):
        assert program.wait(30) == 0


def test_the_ratio_is_of_the_time_beside_busy_programs_to_the_time_alone():
    seconds = {"minigrad": {"idle": [1.0, 9.0, 1.0], "beside": [2.0, 2.0, 0.1]}}
    head, line = benchmark.neighbour_table(seconds, 2)
    assert "beside 2 busy programs" in head
    assert line.split() == "minigrad 1000 ms 2000 ms 2.00".split()


def test_the_image_loop_is_timed_in_turns_alone_and_beside_busy_programs(monkeypatch):
    """Two contenders of one task: with our threads, and with BLAS told to have one."""
    started, asked = {}, []

    class Runner:
        def __init__(self, name, settings):
            self.stdin, self.name, self.settings = self, name, settings

        def close(self):
            asked.append("closed")

        def wait(self):
            pass

    def start(name, task, threads, **settings):
        assert (name, task, threads) == ("minigrad", "loop", 3)
        runner = Runner(name, settings)
        return started.setdefault(len(started), runner)

    @contextlib.contextmanager
    def busy(programs):
        asked.append(programs)
        yield

    monkeypatch.setattr(benchmark, "_start", start)
    monkeypatch.setattr(benchmark, "_ask", lambda runner, question: {"seconds": 1.0})
    monkeypatch.setattr(benchmark, "busy", busy)
    seconds = benchmark.beside_neighbours(3, 2)
    assert [runner.settings for runner in started.values()] == [{}, {"OPENBLAS_NUM_THREADS": "1"}]
    assert asked == [0, 0, 3, 3] * 2 + ["closed"] * 2
    assert all(times == {"idle": [1, 1], "beside": [1, 1]} for times in seconds.values())


def test_the_image_loop_of_the_benchmark_excites_both_its_classes():
    values = contenders.image_loop(steps=3)()
    assert len(values) == 3 and np.isfinite(values).all()


def test_a_group_stands_for_its_tasks(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(benchmark, "measure", lambda task, *_: asked.append(task) or {})
    benchmark.main(["--tasks", "images", "style", "forward"])
    assert asked == [*tasks.GROUPS["images"], "forward"] and "style" in asked
    assert "neural style" in capsys.readouterr().out
