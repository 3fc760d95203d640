"""For a teacher: judge the answers of a whole class, and write who solved what.

    python -m tests --report DIR      DIR/anna/relu.py, DIR/ben/relu.py …  → DIR/report.html, .csv

The answers are strangers': each is judged in a process with limits, shut in as far as the system
offers it (cage.py, barred.py); the page says what held.
"""

import csv
import os
import pathlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tqdm import tqdm

from minigrad.checked import nearest
from minigrad.command import printable
from models.files import replacing
from tests.exercises import cage, page
from tests.exercises.apart import MEGABYTES, Limits, judged_file
from tests.exercises.catalogue import EXERCISES
from tests.exercises.verdict import REFUSED, SOLVED, Verdict

LONGEST = 100_000  # bytes of an answer


@dataclass
class Student:
    """A sub-folder: its name, the verdict on each exercise, and what else is odd about it."""

    folder: pathlib.Path
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's name, fit to be shown."""
        return printable(self.folder.name)

    @property
    def solved(self) -> int:
        """How many exercises are solved."""
        return sum(verdict.state == SOLVED for verdict in self.verdicts.values())

    @property
    def answers(self) -> pathlib.Path:
        """Where the files are: in the folder, or in its folder answers/."""
        below = self.folder / "answers"
        return below if below.is_dir() else self.folder

    @property
    def odd(self) -> list[str]:
        """Files that answer no exercise: a name mistyped?"""
        stems = sorted(file.stem for file in self.answers.glob("*.py"))
        others = [stem for stem in stems if stem not in EXERCISES]
        return [f"{printable(o)}.py is no exercise; {nearest(o, EXERCISES)}" for o in others]


def students(folder: pathlib.Path) -> list[Student]:
    """The sub-folders.

    Raises:
        ValueError: there are none.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give one with a folder of answers per student")
    found = [Student(f) for f in sorted(folder.iterdir()) if f.is_dir() and f.name[0] not in "._"]
    if not found:
        raise ValueError(f"{folder} has no sub-folders: one for each student's answers is wanted")
    return found


def report(folder: pathlib.Path, seconds: float, megabytes: float = MEGABYTES) -> None:
    """Judge all students and write the two files; Ctrl-C writes those who are done."""
    everybody, done = students(folder), []
    kept = cage.holds()
    for what, holds in kept.items():
        print(f"{'✓' if holds else '✗'} {cage.PROMISES[what]}{'' if holds else ': not here'}")
    try:
        for student in judged(everybody, seconds, Limits(megabytes)):
            done.append(student)
            tqdm.write(f"{student.name}: {student.solved} of {len(EXERCISES)} solved")
    except KeyboardInterrupt:
        write(folder, done, kept, len(everybody))
        raise KeyboardInterrupt(
            f"{len(done)} of {len(everybody)} students are in {folder / page.NAME}"
        ) from None
    write(folder, done, kept, len(everybody))
    print(f"{folder / page.NAME} shows it, with what each answer is told; {folder / TABLE} counts")


def judged(everybody, seconds, limits):
    """Yield each student when all verdicts are there; as many answers at once as cores."""
    pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
    bar = tqdm(total=len(everybody) * len(EXERCISES), unit="answer", leave=False)
    try:
        waiting = [
            (s, {e: pool.submit(verdict, s, e, seconds, limits) for e in EXERCISES})
            for s in everybody
        ]
        for student, futures in waiting:
            student.verdicts = {}
            for name, future in futures.items():
                student.verdicts[name] = future.result()
                bar.update()
            yield student
    finally:
        pool.shutdown(cancel_futures=True)
        bar.close()


def verdict(student: Student, exercise: str, seconds: float, limits: Limits) -> Verdict:
    """Judge one answer of one student."""
    file = student.answers / f"{exercise}.py"
    named = f"{student.name}/{file.name}"
    if file.is_symlink() or (student.answers.is_symlink() and file.exists()):
        return Verdict(REFUSED, f"{named} is a link: an answer is a file of its own")
    try:
        if file.exists() and not (file.is_file() and file.stat().st_size <= LONGEST):
            return Verdict(REFUSED, f"{named} is no file of at most {LONGEST:,} bytes")
        return judged_file(EXERCISES[exercise], file, named, seconds, limits)
    except OSError as error:
        return Verdict(REFUSED, f"{named} cannot be read: {error.strerror or error}")


TABLE = "report.csv"


def write(folder: pathlib.Path, done: list[Student], kept: dict[str, bool], of: int) -> None:
    """Write the table and the page, each whole or not at all."""
    with replacing(folder / TABLE) as temporary:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["student", "solved", *EXERCISES])
            for student in done:
                states = [student.verdicts[name].state for name in EXERCISES]
                rows.writerow([_as_text(student.name), student.solved, *states])
    with replacing(folder / page.NAME) as temporary:
        temporary.write_text(page.page(done, kept, of), encoding="utf-8")


def _as_text(name: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name

