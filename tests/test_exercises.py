"""Every exercise is sound: its tests tell right answers from wrong ones, and say what was wrong."""

import contextlib
import graphlib

import pytest

from tests.exercises.bench import with_tests
from tests.exercises.catalogue import EXERCISES
from tests.exercises.cut import cut, edited, place, stub
from tests.exercises.graft import grafted
from tests.exercises.judge import SOLVED, WRONG, on_bench

parametrised = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


@parametrised
def test_an_exercise_tells_right_from_wrong(exercise):
    """The reference and other right answers pass, the stub fails everywhere, mistakes are named."""
    wrong_judgements = []

    def work(bench):
        assert len(bench.tests) == len(exercise.tests), "a test id stands for several: name each"
        wrong_judgements.extend(judgements(exercise, bench))

    with_tests(exercise.tests, work)
    assert wrong_judgements == []


def judgements(exercise, bench):
    """Yield a sentence for everything that is judged otherwise than it should be."""
    reference = cut(exercise.function).text
    verdict = on_bench(exercise, reference, "<reference>", bench)
    if verdict.state != SOLVED:
        yield f"the reference is {verdict.state}: {verdict.text}"
    with grafted(exercise.function, stub(exercise.function, ""), "<stub>"):
        for test in bench.tests:
            failure = bench.failure(test)
            if failure is None or failure.kind != "NotImplementedError":
                yield f"{test} on the stub: {failure.message if failure else 'it passes'}"
    for mistake in exercise.wrong:
        text = edited(exercise.function, mistake.old, mistake.new)
        verdict = on_bench(exercise, text, "<wrong>", bench)
        said = [m.says for m in exercise.wrong if m.says in plain(verdict)]
        if verdict.state != WRONG or set(said) != {mistake.says}:
            yield f"{mistake.says!r} is {verdict.state}: {verdict.text}"
    for old, new in exercise.alternatives:
        verdict = on_bench(exercise, edited(exercise.function, old, new), "<other>", bench)
        if verdict.state != SOLVED:
            yield f"the alternative {new!r} is {verdict.state}: {verdict.text}"


def plain(verdict) -> str:
    """What a verdict says, on one line."""
    return " ".join(verdict.text.split())


@parametrised
def test_an_exercise_is_whole(exercise):
    assert len(exercise.hints) == 3 and all(exercise.hints)
    assert len({mistake.says for mistake in exercise.wrong}) >= 3 and exercise.alternatives
    assert all(place(read) for read in exercise.read)


@parametrised
def test_a_task_does_not_give_its_answer_away(exercise):
    reference = cut(exercise.function)
    body = {line.strip() for line in reference.body.splitlines()} - {"", ")", "else:"}
    assert not body & reference.docstring_lines
    assert stub(exercise.function, "").endswith("raise NotImplementedError\n")


def test_no_exercise_needs_itself():
    needs = {exercise.name: exercise.needs for exercise in EXERCISES.values()}
    order = list(graphlib.TopologicalSorter(needs).static_order())
    assert set(order) == set(EXERCISES)
    names = list(EXERCISES)
    assert all(names.index(n) < names.index(e) for e, before in needs.items() for n in before)


def test_a_graft_leaves_no_trace():
    exercise = EXERCISES["relu"]
    from minigrad.ops import activation, relu

    before = relu.__wrapped__.__code__, set(vars(activation))
    with contextlib.suppress(ZeroDivisionError):
        with grafted(exercise.function, "import math\ndef relu(x): return helper(x)\n"
                     "def helper(x): return math.pi", "answer.py"):
            assert relu.__wrapped__(1.0) == 3.141592653589793
            raise ZeroDivisionError
    assert (relu.__wrapped__.__code__, set(vars(activation))) == before
