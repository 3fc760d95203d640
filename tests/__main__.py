"""`python -m tests`: exercises.  Write the library's functions again; its tests judge them."""

import argparse
import pathlib
import sys
import textwrap
import time

from minigrad.command import run
from tests.exercises.catalogue import EXERCISES, GROUPS, find, number
from tests.exercises.cut import cut
from tests.exercises.desk import SECONDS, Desk, task
from tests.exercises.report import WIDTH
from tests.exercises.verdict import SOLVED, STUB

MARKS = {SOLVED: "✓", STUB: "·"}


def options() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests",
        description="Exercises: write functions of minigrad again, judged by its own tests. "
        "Without a name: which are solved.",
    )
    add = parser.add_argument
    add("name", nargs="?", help="an exercise, or next: the first that is not solved")
    add("--hint", nargs="?", type=int, const=1, choices=(1, 2, 3), metavar="1-3",
        help="say where to look (1), what stands there (2), nearly the answer (3)")
    add("--watch", action="store_true", help="judge again on each save, until it is solved")
    add("--solution", action="store_true", help="print the library's own version")
    add("--mutants", action="store_true",
        help="for authors: which small changes of the library do the tests not see?")
    add("--answers", metavar="DIR", help="your folder (default: $MINIGRAD_ANSWERS, or answers/)")
    add("--seconds", type=float, default=SECONDS, help="for one exercise (default: %(default)g)")
    return parser


def main(argv: list[str]) -> None:
    """List the exercises, or judge the one that is named."""
    asked = options().parse_args(argv)
    desk = Desk(asked.answers, asked.seconds)
    if asked.mutants:
        from tests.exercises.mutants import list_survivors

        list_survivors([find(asked.name)] if asked.name else list(EXERCISES.values()))
        return
    if asked.name is None and not (asked.hint or asked.solution):
        overview(desk)
        return
    exercise = desk.next() if asked.name in ("next", None) else find(asked.name)
    if exercise is None:
        print("all exercises are solved")
    elif asked.hint:
        hint(exercise, asked.hint)
    elif asked.solution:
        print(solution(exercise))
    else:
        solved = work_on(desk, exercise)
        while asked.watch and not solved:
            wait_for_save(desk.file(exercise))
            solved = work_on(desk, exercise)


def wait_for_save(file: pathlib.Path) -> None:
    """Return when a file was written again; an editor may delete it for a moment."""

    def saved():
        return file.stat().st_mtime_ns if file.exists() else before

    before = file.stat().st_mtime_ns
    print(f"\nwaiting until {file.name} is saved; Ctrl-C ends", flush=True)
    while saved() == before:
        time.sleep(0.2)


def overview(desk: Desk) -> None:
    """One line each: ✓ solved, ✗ not yet, · not begun, ▸ the next."""
    verdicts, before = desk.verdicts(), True
    solved = 0
    for group, exercises in GROUPS.items():
        print(group) if exercises else None
        for exercise in exercises:
            _, verdict = next(verdicts)
            is_next, before = before and verdict.state != SOLVED, before and verdict.state == SOLVED
            solved += verdict.state == SOLVED
            mark = "▸" if is_next else MARKS.get(verdict.state, "✗")
            print(f"  {mark} {number(exercise):2} {exercise.name}", flush=True)
    print(f"{solved} of {len(EXERCISES)} solved; python -m tests next goes on")


def work_on(desk: Desk, exercise) -> bool:
    """Write the stub of an exercise, or judge what was written; say whether it is solved."""
    begun, file = desk.begin(exercise), desk.named(exercise)
    head = f"{number(exercise)} {exercise.name}"
    if begun:
        print(f"▸ {head}: {file} is yours to write\n{task(exercise)}\n{how_to(exercise)}")
        return False
    verdict = desk.verdict(exercise)
    if verdict.state == SOLVED:
        print(f"✓ {head}: solved.  The library's version, to compare:\n\n{solution(exercise)}")
        print("python -m tests next goes on")
    elif verdict.state == STUB:
        print(f"· {head}: {file} is still to be written\n{task(exercise)}\n{how_to(exercise)}")
    else:
        reference = cut(exercise.function)
        print(f"✗ {head}: {file}, in the place of {reference.name} in {reference.file}\n")
        print(f"{verdict.text}\n\n{how_to(exercise)}")
    return verdict.state == SOLVED


def how_to(exercise) -> str:
    return f"python -m tests {exercise.name} judges it; add --hint when you are stuck"


def hint(exercise, step: int) -> None:
    print(textwrap.fill(f"hint {step} of 3: {exercise.hints[step - 1]}", WIDTH))
    if step < 3:
        print(f"python -m tests {exercise.name} --hint {step + 1} says more")


def solution(exercise) -> str:
    """The library's function, and where it stands."""
    reference = cut(exercise.function)
    return f"{reference.file}, line {reference.line}\n\n{reference.text}"


if __name__ == "__main__":
    sys.exit(run(main, sys.argv[1:], "tests"))
