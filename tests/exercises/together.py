"""Your answers in the library's place while something larger runs: a demo, or all tests.

    python -m tests relu --picture         the demo that shows relu at work, with your relu in it
    python -m tests --mine                 the exercises' tests, on all of your answers at once

Only here do answers run in the student's own process, and all that are solved may stand in place.
"""

import contextlib
import traceback
from collections.abc import Iterator

import pytest

from tests.exercises import report
from tests.exercises.bench import OPTIONS, no_plugins
from tests.exercises.catalogue import EXERCISES
from tests.exercises.cut import ROOT
from tests.exercises.desk import Desk, typed
from tests.exercises.exercise import Exercise
from tests.exercises.graft import Refused, grafted
from tests.exercises.verdict import SOLVED

PICTURES = "pictures"


@contextlib.contextmanager
def in_place(desk: Desk, exercises: list[Exercise]) -> Iterator[list[Exercise]]:
    """Put answers in the library's place, and yield those that could be; says why not of others."""
    with contextlib.ExitStack() as stack:
        placed = []
        for exercise in exercises:
            text = desk.file(exercise).read_text(encoding="utf-8-sig")
            try:
                stack.enter_context(grafted(exercise.function, text, desk.named(exercise)))
                placed.append(exercise)
            except Refused as why:
                beside = ", beside your others" * (len(exercises) > 1)
                print(f"without {exercise.name}{beside}: {why}")
        yield placed


def solved(desk: Desk) -> list[Exercise]:
    """The exercises that are solved, all judged anew."""
    return [exercise for exercise, verdict in desk.verdicts() if verdict.state == SOLVED]


def picture(desk: Desk, exercise: Exercise, all_of_them: bool) -> bool:
    """Run the demo of an exercise with its answer, or with all that are solved; say if it ran.

    Raises:
        ValueError: it has none, or there is no answer; says so.
    """
    if exercise.picture is None:
        drawn = ", ".join(e.name for e in EXERCISES.values() if e.picture)
        raise ValueError(f"{exercise.name} has no picture; there is one of {drawn}")
    if not desk.file(exercise).exists():
        raise ValueError(f"there is no {desk.named(exercise)} yet: python -m tests {exercise.name}")
    from demos.__main__ import main as demo

    folder = typed(desk.folder / PICTURES / exercise.name)
    chosen = solved(desk) if all_of_them else []
    chosen += [] if exercise in chosen else [exercise]
    with in_place(desk, chosen) as placed:
        if exercise not in placed:
            return False
        names = ", ".join(e.name for e in placed)
        print(f"python -m demos {' '.join(exercise.picture)}, with your {names}:", flush=True)
        try:
            demo([*exercise.picture, "--out", str(folder)])
        except NotImplementedError:
            print(f"{desk.named(exercise)} is still to be written")
        except Exception as error:
            own = [desk.named(e) for e in placed]
            stack = traceback.extract_tb(error.__traceback__)
            through = [frame.filename for frame in stack if frame.filename in own]
            if not through:
                raise
            print(report.crashed(through[-1], error, stack, "stops the demo"))
        else:
            return True
    return False


def whole_run(desk: Desk, selection: str | None) -> bool:
    """Run tests on all solved answers together; say whether all pass.

    Args:
        desk: where the answers are.
        selection: a file or folder of tests; None: the tests of all exercises.
    """
    chosen = solved(desk)
    if not chosen:
        raise ValueError(f"no answer in {desk.folder} is solved yet: python -m tests next")
    left = len(EXERCISES) - len(chosen)
    print(f"{len(chosen)} of your functions run in minigrad, and {left} of its own:", flush=True)
    tests = [t for e in EXERCISES.values() for t in e.tests] if selection is None else [selection]
    tests = [str(ROOT / test) for test in dict.fromkeys(tests)]
    with in_place(desk, chosen) as placed, no_plugins():
        status = pytest.main([*OPTIONS, "--no-header", *tests])
    if status == pytest.ExitCode.OK:
        print(f"all pass with your {', '.join(e.name for e in placed)}")
    return status == pytest.ExitCode.OK
