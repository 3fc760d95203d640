"""An answer is judged in a process of its own, and its verdict comes back by a way of its own.

The child gets a word that nobody can guess and the answer's text on its input, and its verdict is
the line of its output that begins with that word.  What the answer prints goes elsewhere, and an
answer that ends Python says nothing.  The other side: judge.py.
"""

import json
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile
from typing import NamedTuple

from tests.exercises import report
from tests.exercises.cut import ROOT
from tests.exercises.exercise import Exercise
from tests.exercises.verdict import KNOWN, REFUSED, STOPPED, STUB, Verdict

JUDGE = ["-m", "tests.exercises.judge"]
PATIENCE = 60   # seconds, for a process that cannot even stop itself
MEGABYTES = 1000.0  # for a stranger's answer, beside what Python takes itself
LONGEST = 2**20  # bytes of its output that are read


class Limits(NamedTuple):
    """What a stranger's answer may take: it is judged in the cage (cage.py)."""

    megabytes: float


def judged_file(
    exercise: Exercise, file: pathlib.Path, named: str, seconds: float, limits=None
) -> Verdict:
    """Judge an answer as it stands in a file, which messages call `named`; see judged_apart."""
    if not file.exists():
        return Verdict(STUB)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return Verdict(REFUSED, f"{named} is no UTF-8 text: save it as such")
    return judged_apart(exercise, text, named, seconds, limits)


def judged_apart(
    exercise: Exercise, text: str, filename: str, seconds: float, limits: Limits | None = None
) -> Verdict:
    """Judge the text of an answer in a new process; filename is what messages call it.

    Without limits the process may do what its user may: for one's own answers.
    """
    word = secrets.token_hex(16)
    command = [sys.executable, "-X", "utf8", *JUDGE, exercise.name, filename, str(seconds)]
    command += [str(limits.megabytes)] if limits else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        own = pathlib.Path(folder, "own")
        own.mkdir()
        said, stack = pathlib.Path(folder, "said"), pathlib.Path(folder, "stack")
        with open(said, "wb") as out, open(stack, "wb") as errors:
            status = _run(command, f"{word}\n{text}", out, errors, own if limits else None, seconds)
        for line in _read(said).splitlines():
            if line.startswith(word):
                return _verdict(line.removeprefix(word), filename)
        return _without_verdict(status, _read(stack), filename, seconds)


def _run(command, given: str, out, errors, own, seconds) -> int | None:
    """Run the child to its end, or put an end to it: then the status is None."""
    one = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    caged = {**one, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(own), "PYTHONPATH": str(ROOT)}
    try:
        return subprocess.run(
            command, input=given.encode(), stdout=out, stderr=errors, cwd=own or ROOT,
            env={**os.environ, **caged} if own else None, timeout=seconds + PATIENCE,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return None


def _read(file: pathlib.Path) -> str:
    with open(file, "rb") as opened:
        return opened.read(LONGEST).decode("utf-8", "replace")


def _verdict(line: str, filename: str) -> Verdict:
    """What the child says, if it is a verdict at all: an answer may have spoiled it."""
    try:
        state, text, likely = map(str, json.loads(line))
    except (ValueError, TypeError):
        state = None
    if state not in KNOWN:
        return Verdict(REFUSED, f"{filename}: what comes back is no verdict")
    return Verdict(state, *(said.encode("utf-8", "replace").decode() for said in (text, likely)))


def _without_verdict(status, stack: str, filename: str, seconds: float) -> Verdict:
    if status is None or "Timeout" in stack:
        limit = seconds + PATIENCE if status is None else seconds
        return Verdict(STOPPED, report.stopped(filename, stack, limit))
    lines = stack.strip().splitlines()
    why = f": {lines[-1]}" if lines else ""
    return Verdict(STOPPED, f"Python itself ended, with status {status}{why}")
