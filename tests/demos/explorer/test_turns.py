"""Everybody has a turn, the newest counts, and who has left is forgotten."""

import threading
import time

import pytest

from demos.explorer.turns import OURS, Turns


@pytest.fixture
def turns():
    turns = Turns()
    turns.begin()
    yield turns
    turns.end()


def steps(name, count, log, gate=None):
    for n in range(count):
        if gate:
            gate.wait(5)
        log.append(f"{name}{n}")
        yield {"n": n}


def finished(turns, work):
    """Have some works done; what was told of each."""
    told, ended = {key: [] for key in work}, threading.Semaphore(0)

    def tell(key):
        def tell(answer):
            told[key].append(answer)
            if answer.keys() & {"done", "error"}:
                ended.release()
        return tell

    for (tab, kind), iterator in work.items():
        turns.put(tab, kind, iterator, tell((tab, kind)))
    for _ in work:
        assert ended.acquire(timeout=5)
    return told


def test_a_long_work_of_one_tab_lets_the_short_ones_of_others_through(turns):
    log, gate = [], threading.Event()
    work = {("a", "paint"): steps("a", 50, log, gate), ("b", "rules"): steps("b", 1, log),
            ("c", "rules"): steps("c", 1, log)}
    threading.Timer(0.2, gate.set).start()
    finished(turns, work)
    assert max(log.index("b0"), log.index("c0")) <= 3


def test_the_works_of_one_tab_take_turns_too(turns):
    log, gate = [], threading.Event()
    threading.Timer(0.2, gate.set).start()
    finished(turns, {("a", "paint"): steps("p", 9, log, gate), ("a", "rules"): steps("r", 1, log)})
    assert log.index("r0") <= 2


def test_the_newest_of_a_kind_takes_the_place_of_the_last(turns):
    gate, told = threading.Event(), []
    turns.put("z", "block", steps("z", 1, [], gate), told.append)
    for n in range(100):
        turns.put("a", "frame", steps(f"f{n}-", 1, told), lambda answer: None)
    gate.set()
    finished(turns, {("a", "last"): steps("l", 1, told)})
    assert [one for one in told if str(one).startswith("f")] == ["f99-0"]


def test_answers_come_in_their_order_however_slowly_one_is_told(turns):
    told, ended = [], threading.Event()

    def tell(answer):
        time.sleep(0.05 if answer == {"n": 0} else 0)   # another thread could overtake this one
        told.append(answer)
        if "done" in answer:
            ended.set()

    turns.put("a", "rules", steps("a", 3, []), tell)
    assert ended.wait(5)
    assert told == [{"n": 0}, {"n": 1}, {"n": 2}, {"done": True}]


def test_who_has_left_is_worked_for_no_more(turns):
    closed, told = threading.Event(), []

    def endless():
        try:
            while True:
                time.sleep(0.01)
                yield {}
        finally:
            closed.set()

    turns.put("a", "paint", endless(), told.append)
    time.sleep(0.1)
    turns.leave("a")
    assert closed.wait(5)
    before = len(told)
    time.sleep(0.1)
    assert len(told) == before


def test_a_tab_that_does_not_read_is_passed_over(turns):
    class Slow:
        room = False

    slow, log = Slow(), []
    turns.put(slow, "paint", steps("s", 3, log), lambda answer: None)
    finished(turns, {("b", "rules"): steps("b", 1, log)})
    assert log == ["b0"]
    slow.room = True
    turns.wake()
    finished(turns, {("b", "rules"): steps("b", 9, log)})
    assert "s2" in log


@pytest.mark.parametrize(("error", "said"), [
    (ValueError("give a layer"), "give a layer"),
    (MemoryError(), "out of memory"),
    (KeyError("ours"), OURS),
])
def test_what_is_wrong_is_said_and_the_others_go_on(turns, error, said, capsys):
    def wrong():
        raise error
        yield

    told = finished(turns, {("a", "rules"): wrong(), ("b", "rules"): steps("b", 1, [])})
    assert said in told["a", "rules"][0]["error"] and told["b", "rules"][-1] == {"done": True}
    assert ("Traceback" in capsys.readouterr().err) == isinstance(error, KeyError)
