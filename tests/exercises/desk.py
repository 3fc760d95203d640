"""The student's folder: a file per exercise, written once, judged in a process of its own.

Nothing is stored but the answers: progress is judged anew each time.
"""

import importlib.util
import os
import pathlib
from concurrent.futures import ThreadPoolExecutor

from minigrad import checked
from tests.exercises.apart import judged_file
from tests.exercises.catalogue import EXERCISES, number
from tests.exercises.cut import ROOT, cut, place, stub
from tests.exercises.exercise import Exercise
from tests.exercises.lectures import lecture
from tests.exercises.verdict import SOLVED, Verdict

ANSWERS = "answers"
SECONDS = 20.0


class Desk:
    """A folder of answers.

    Args:
        folder: where the answers are; default: $MINIGRAD_ANSWERS, or answers/ in the clone.
        seconds: how long one exercise may take.

    Raises:
        ValueError: pytest is not installed, or the seconds are none.
    """

    def __init__(self, folder: str | None = None, seconds: float = SECONDS):
        if importlib.util.find_spec("pytest") is None:
            raise ValueError('exercises are judged by pytest: pip install -e ".[test]"')
        self.folder = pathlib.Path(folder or os.environ.get("MINIGRAD_ANSWERS", ROOT / ANSWERS))
        self.seconds = checked.number("--seconds", seconds, above=0)

    def file(self, exercise: Exercise) -> pathlib.Path:
        """Where the answer stands, or will stand."""
        return self.folder / f"{exercise.name}.py"

    def named(self, exercise: Exercise) -> str:
        """The answer's file as the student would type it."""
        return str(typed(self.file(exercise)))

    def begin(self, exercise: Exercise) -> bool:
        """Write the stub, unless there is an answer already; say whether it was written."""
        file = self.file(exercise)
        if file.exists():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        name = exercise.name
        says = f"Exercise {number(exercise)}, {name}.  python -m tests {name} judges it."
        with open(file, "x", encoding="utf-8") as written:
            written.write(stub(exercise.function, says))
        return True

    def verdict(self, exercise: Exercise) -> Verdict:
        """Judge the answer as it stands now."""
        return judged_file(exercise, self.file(exercise), self.named(exercise), self.seconds)

    def verdicts(self):
        """Yield (exercise, verdict) of all, in their order; two are judged at a time."""
        with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
            every = EXERCISES.values()
            yield from zip(every, pool.map(self.verdict, every), strict=True)

    def next(self) -> Exercise | None:
        """The first exercise that is not solved."""
        return next((e for e in EXERCISES.values() if self.verdict(e).state != SOLVED), None)


def typed(path: pathlib.Path) -> pathlib.Path:
    """A path as one would type it: relative where it lies below the folder that one is in."""
    whole, here = path.absolute(), pathlib.Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


def task(exercise: Exercise) -> str:
    """What an exercise asks for, and what to read first."""
    reference = cut(exercise.function)
    lines = [f"write {reference.name} of {reference.file}; its docstring is the task"]
    lines += [f"read first: {place(read)}" for read in exercise.read]
    lines += [f"lecture: {found}" for found in [lecture(exercise.function)] if found]
    return "\n".join(lines)
