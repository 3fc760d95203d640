"""Judge one answer: run its tests, and name what most likely went wrong, by experiment.

Every mistake that the exercise knows is put in the library's place in turn, and the test that the
student's answer failed runs on it.  A mistake that fails with the same numbers is what the student
most likely did.  Where several do, the other tests of the exercise decide.

    python -m tests.exercises.judge NAME FILE SECONDS [MEGABYTES]

is a process of its own, which apart.py starts: an answer may loop without end, print, or end
Python, and harms nobody.  The answers of strangers are shut in, besides (cage.py, barred.py).
"""

import contextlib
import faulthandler
import json
import linecache
import os
import sys
import traceback

from tests.exercises import cage, report
from tests.exercises.barred import barred
from tests.exercises.bench import with_tests
from tests.exercises.catalogue import find
from tests.exercises.cut import edited, stub
from tests.exercises.exercise import Exercise, Mistake
from tests.exercises.failure import Failure
from tests.exercises.graft import Refused, grafted
from tests.exercises.verdict import REFUSED, SOLVED, STUB, WRONG, Verdict

IMPORTS = 30.0  # seconds in which the tests are imported, on a computer that is busy


def judged(exercise: Exercise, text: str, filename: str, begins=lambda: None) -> Verdict:
    """Judge the text of an answer; begins() is called when its tests are at hand."""
    verdict = []

    def work(bench):
        begins()
        verdict.append(on_bench(exercise, text, filename, bench))

    with_tests(exercise.tests, work)
    return verdict[0]


def on_bench(exercise, text, filename, bench) -> Verdict:
    """Judge an answer by tests that are collected already; filename is where its text stands."""
    try:
        with grafted(exercise.function, text, filename) as codes:
            failure = bench.first_failure(codes)
    except Refused as error:
        return Verdict(REFUSED, str(error))
    except (Exception, SystemExit) as error:  # while the file was read, before any test
        stack = traceback.extract_tb(error.__traceback__)
        return Verdict(REFUSED, report.crashed(filename, error, stack))
    if failure is None:
        return Verdict(SOLVED)
    if failure.kind == "NotImplementedError":
        return Verdict(STUB)
    likely = diagnosed(exercise, text, filename, failure, bench)
    passed = bench.tests.index(failure.test)
    text = report.failed(exercise, filename, failure, likely, passed)
    return Verdict(WRONG, text, likely.says if likely else "")


def diagnosed(exercise, text, filename, failure: Failure, bench) -> Mistake | None:
    """Which known mistake fails in the same way?  None, or the one that is likest."""
    def fails(mistake, test):
        return _of_mistake(exercise, mistake, test, bench)

    fits = [mistake for mistake in exercise.wrong if failure.like(fails(mistake, failure.test))]
    at = bench.tests.index(failure.test)
    if _are_several(fits):  # what they have passed their mistake passes, too
        passed = bench.tests[:at]
        fits = [m for m in fits if not any(fails(m, test) for test in passed)] or fits
    if not _are_several(fits):
        return fits[0] if fits else None
    later = bench.tests[at + 1 :]
    with grafted(exercise.function, text, filename) as codes:
        theirs = {test: bench.failure(test, codes) for test in later}
    return max(fits, key=lambda m: sum(_same(theirs[t], fails(m, t)) for t in later))


def _are_several(mistakes: list[Mistake]) -> bool:
    """Do they say different things?"""
    return len({mistake.says for mistake in mistakes}) > 1


def _of_mistake(exercise, mistake, test, bench) -> Failure | None:
    """How a test fails on a known mistake."""
    if (mistake, test) not in bench.known:
        text = edited(exercise.function, mistake.old, mistake.new)
        with grafted(exercise.function, text, "<mistake>") as codes:
            bench.known[mistake, test] = bench.failure(test, codes)
    return bench.known[mistake, test]


def _same(one: Failure | None, other: Failure | None) -> bool:
    return one is other if one is None else one.like(other)


def trusted(exercise: Exercise, text: str, filename: str, begins=lambda: None) -> Verdict:
    """Judge a stranger's answer: read it first, and see afterwards that the judge still judges."""
    if found := barred(text):
        return Verdict(REFUSED, f"{filename}, {found}")
    verdicts = []

    def work(bench):
        begins()
        verdict = on_bench(exercise, text, filename, bench)
        verdicts.append(verdict)
        if verdict.state == SOLVED and any(_passes(exercise, t, bench) for t in _wrong(exercise)):
            why = "after it, what is known to be wrong passes, too: it has changed what judges it"
            verdicts.append(Verdict(REFUSED, f"{filename}: {why}"))

    with_tests(exercise.tests, work)
    return verdicts[-1]


def _wrong(exercise) -> list[str]:
    """The stub, and the first known mistake."""
    mistake = exercise.wrong[0]
    return [stub(exercise.function, ""), edited(exercise.function, mistake.old, mistake.new)]


def _passes(exercise, text, bench) -> bool:
    with grafted(exercise.function, text, "<wrong>"):
        return bench.passes()


def main(name: str, file: str, seconds: str, megabytes: str = "") -> None:
    """Judge the text that stands on the input; apart.py tells how.

    With megabytes it is a stranger's, who gets no more memory and is shut in the folder in which
    this runs.
    """
    word, text = sys.stdin.buffer.read().decode("utf-8").split("\n", 1)
    verdict_to = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file

    def clock(waits=0.0):
        with contextlib.suppress(RuntimeError):  # no thread to be had in some cages
            faulthandler.dump_traceback_later(float(seconds) + waits, exit=True, file=2)

    clock(IMPORTS)  # and anew when the tests are imported
    if megabytes:
        cage.enter(os.getcwd(), float(megabytes), float(seconds))
        judge = trusted
    else:
        judge = judged
    said = word + json.dumps(judge(find(name), text, file, clock)) + "\n"
    faulthandler.cancel_dump_traceback_later()
    os.write(verdict_to, said.encode())
    os._exit(0)  # threads that the answer may have started are not waited for


if __name__ == "__main__":
    main(*sys.argv[1:])
