"""Judge one answer: run its tests, and name what most likely went wrong, by experiment.

Every mistake that the exercise knows is put in the library's place in turn, and the test that the
student's answer failed runs on it.  A mistake that fails with the same numbers is what the student
most likely did.  Where several do, the other tests of the exercise decide.

    python -m tests.exercises.judge NAME FILE OUT SECONDS

is a process of its own, which the desk (desk.py) starts: an answer may loop without end, print, or
end Python, and harms nobody.
"""

import faulthandler
import json
import os
import pathlib
import sys
import traceback

from tests.exercises import report
from tests.exercises.bench import with_tests
from tests.exercises.catalogue import find
from tests.exercises.cut import edited
from tests.exercises.exercise import Exercise, Mistake
from tests.exercises.failure import Failure
from tests.exercises.graft import Refused, grafted
from tests.exercises.verdict import REFUSED, SOLVED, STUB, WRONG, Verdict


def judged(exercise: Exercise, text: str, filename: str) -> Verdict:
    """Judge the text of an answer."""
    verdict = []

    def work(bench):
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
    return Verdict(WRONG, report.failed(exercise, filename, failure, likely, passed))


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


def main(name: str, file: str, out: str, seconds: str) -> None:
    """Judge one file and write {"state", "text"} to `out`."""
    with open(f"{out}.stopped", "w") as stack:
        faulthandler.dump_traceback_later(float(seconds), exit=True, file=stack)
        text = pathlib.Path(file).read_text(encoding="utf-8-sig")
        verdict = judged(find(name), text, file)
        faulthandler.cancel_dump_traceback_later()
    pathlib.Path(out).write_text(json.dumps(verdict._asdict()), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # threads that the answer may have started are not waited for


if __name__ == "__main__":
    main(*sys.argv[1:])
