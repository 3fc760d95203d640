"""`python -m tests`: exercises.  Write the library's functions again; its tests judge them."""

import argparse
import pathlib
import sys
import textwrap
import time

from minigrad import checked
from minigrad.command import run
from tests.exercises.apart import MEGABYTES
from tests.exercises.catalogue import EXERCISES, GROUPS, find, number
from tests.exercises.cut import cut
from tests.exercises.desk import SECONDS, Desk, task
from tests.exercises.report import WIDTH
from tests.exercises.verdict import SOLVED, STUB

ALL_SOLVED = f"""all {len(EXERCISES)} exercises are solved: you have written minigrad's heart
python -m tests --mine runs their tests on all of your functions together
python -m tests NAME --picture draws with them, and python -m demos lists what else there is"""
MARKS = {SOLVED: "✓", STUB: "·"}


def options() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests",
        description="Exercises: write functions of minigrad again, judged by its own tests. "
        "Without a name: which are solved.",
        epilog="status: 0 solved (without a name: all are), 1 not yet, 2 wrong input, 130 stopped",
    )
    add = parser.add_argument
    add("name", nargs="?", help="an exercise, or next: the first that is not solved")
    add("--hint", nargs="?", type=int, const=1, choices=(1, 2, 3), metavar="1-3",
        help="say where to look (1), what stands there (2), nearly the answer (3)")
    add("--watch", action="store_true", help="judge again on each save, until it is solved")
    add("--solution", action="store_true", help="print the library's own version")
    add("--picture", action="store_true",
        help="draw the demo of an exercise with your answer in it; with --mine, with all solved")
    add("--mine", action="store_true",
        help="run the exercises' tests, or the file or folder of tests that is named, on all of "
        "your solved answers together")
    add("--notebook", action="store_true",
        help="write an exercise as a notebook, without a name all (needs nbformat)")
    add("--report", metavar="DIR", type=pathlib.Path,
        help="for teachers: judge DIR/<student>/<exercise>.py, write DIR/report.html and .csv")
    add("--mutants", action="store_true",
        help="for authors: which small changes of the library do the tests not see?")
    add("--answers", metavar="DIR", help="your folder (default: $MINIGRAD_ANSWERS, or answers/)")
    add("--seconds", type=float, default=SECONDS, help="for one exercise (default: %(default)g)")
    add("--megabytes", type=float, default=MEGABYTES,
        help="for one answer of a report (default: %(default)g)")
    return parser


def main(argv: list[str]) -> None:
    """Do what is asked; the status is 1 where something is yet to be solved."""
    if not answered(argv):
        sys.stdout.flush()
        raise SystemExit(1)


def answered(argv: list[str]) -> bool:
    """List the exercises, or judge the one that is named; say whether all that was asked is solved.

    What only some of the options need is imported when it is asked for.
    """
    asked = options().parse_args(argv)
    desk = Desk(asked.answers, asked.seconds)
    if asked.report:
        from tests.exercises.classroom import report

        megabytes = checked.number("--megabytes", asked.megabytes, at_least=100)
        report(asked.report, desk.seconds, megabytes)
        return True
    if asked.mutants:
        from tests.exercises.mutants import list_survivors

        list_survivors([find(asked.name)] if asked.name else list(EXERCISES.values()))
        return True
    if asked.mine and not asked.picture:
        from tests.exercises.together import whole_run

        return whole_run(desk, asked.name)
    if asked.notebook and asked.name is None:
        return all([notebook(desk, exercise) for exercise in EXERCISES.values()])
    if asked.name is None and not (asked.hint or asked.solution or asked.picture):
        return overview(desk)
    return with_one(desk, asked)


def with_one(desk: Desk, asked) -> bool:
    """Do what is asked of one exercise."""
    exercise = desk.next() if asked.name in ("next", None) else find(asked.name)
    if exercise is None:
        print(ALL_SOLVED)
    elif asked.hint:
        hint(exercise, asked.hint)
    elif asked.solution:
        print(solution(exercise))
    elif asked.picture:
        from tests.exercises.together import picture

        return picture(desk, exercise, asked.mine)
    elif asked.notebook:
        return notebook(desk, exercise)
    else:
        solved = work_on(desk, exercise)
        while asked.watch and not solved:
            wait_for_save(desk.file(exercise))
            solved = work_on(desk, exercise)
        return solved
    return True


def notebook(desk: Desk, exercise) -> bool:
    """Write a notebook, unless there is one."""
    from tests.exercises.notebook import FOLDER, written

    file = written(desk, exercise)
    print(file or f"there is a {FOLDER}/{exercise.name}.ipynb already; it stays as it is")
    return True


def wait_for_save(file: pathlib.Path) -> None:
    """Return when a file was written again; an editor may delete it for a moment."""

    def saved():
        return file.stat().st_mtime_ns if file.exists() else before

    before = file.stat().st_mtime_ns
    print(f"\nwaiting until {file.name} is saved; Ctrl-C ends", flush=True)
    while saved() == before:
        time.sleep(0.2)


def overview(desk: Desk) -> bool:
    """One line each: ✓ solved, ✗ not yet, · not begun, ▸ the next; are all solved?"""
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
    all_solved = solved == len(EXERCISES)
    goes_on = f"{solved} of {len(EXERCISES)} solved; python -m tests next goes on"
    print(ALL_SOLVED if all_solved else goes_on)
    return all_solved


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
        if exercise.picture:
            print(f"python -m tests {exercise.name} --picture draws with yours")
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
