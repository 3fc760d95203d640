"""A class is judged: hostile answers harm nobody and forge nothing; a page tells who solved."""

import csv
import json
import os
import subprocess
import sys
import textwrap

import pytest

from tests.exercises import apart, cage, classroom, verdict
from tests.exercises.apart import Limits, judged_apart
from tests.exercises.barred import barred
from tests.exercises.catalogue import EXERCISES
from tests.exercises.cut import ROOT, cut, edited

ADD = EXERCISES["add"]
RIGHT = "def add(a, b):\n    return a + b, lambda g: g, lambda g: g\n"
WRONG = "def add(a, b):\n    return a + b, lambda g: g, lambda g: -g\n"
UNREAD = "from tests.exercises import judge; import sys; judge.barred = lambda text: ''; " \
         "judge.main(*sys.argv[1:])"  # fmt: skip


@pytest.fixture(scope="module")
def caged():
    """Skips where this system keeps not all of the promises."""
    broken = [name for name, holds in cage.holds().items() if not holds]
    if broken:
        pytest.skip(f"this system does not guard {', '.join(broken)}")


@pytest.fixture
def unread(monkeypatch):
    """Answers are run without being read first, so that the cage alone holds."""
    monkeypatch.setattr(apart, "JUDGE", ["-c", UNREAD])


def said_of(text, seconds=20.0):
    return judged_apart(ADD, textwrap.dedent(text), "eve/add.py", seconds, Limits(500))


# ── The cage ─────────────────────────────────────────────────────────────────────────────────────


ATTEMPTS = """
import os, shutil, socket, subprocess, resource
library, neighbour = {library!r}, {neighbour!r}
attempts = dict(
    library=lambda: open(library, "a"), neighbour=lambda: open(neighbour, "a"),
    new=lambda: open(neighbour + ".2", "w"), delete=lambda: os.remove(neighbour),
    rename=lambda: os.rename(neighbour, neighbour + ".2"), folder=lambda: os.mkdir(neighbour + "d"),
    link=lambda: os.link(neighbour, "here"), cut=lambda: os.truncate(neighbour, 0),
    rights=lambda: os.chmod(neighbour, 0o600), times=lambda: os.utime(neighbour),
    tcp=lambda: socket.create_connection(("127.0.0.1", 9), 1), udp=lambda: socket.socket(type=2),
    fork=lambda: os.fork() or os._exit(0), program=lambda: subprocess.run(["true"]),
    parent=lambda: os.kill(os.getppid(), 0),
    memory=lambda: bytearray(10**9), more=lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    own=lambda: open("mine", "w").close(),
)
done = []
for name, attempt in attempts.items():
    try:
        attempt()
        done.append(name)
    except (OSError, MemoryError, ValueError):
        pass
raise ValueError(f"done: {{done}}")
"""


def test_an_answer_changes_no_file_but_its_own_and_reaches_nothing(caged, unread, tmp_path):
    neighbour = tmp_path / "anna.py"
    neighbour.write_text(RIGHT)
    library = str(ROOT / "minigrad" / "tensor.py")
    said = said_of(ATTEMPTS.format(library=library, neighbour=str(neighbour)) + RIGHT)
    assert "done: ['own']" in said.text
    assert neighbour.read_text() == RIGHT and len(list(tmp_path.iterdir())) == 1


def test_where_landlock_is_missing_nothing_is_written_at_all(caged, tmp_path):
    code = "import json; from tests.exercises import cage; cage._landlock = lambda *_: False; " \
           f"print(json.dumps(cage.tried({str(tmp_path)!r})))"  # fmt: skip
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert all(json.loads(said.stdout).values())


def test_memory_runs_out_for_the_answer_alone(caged):
    said = said_of("import numpy as np\ndef add(a, b):\n    return np.ones(10**9), None, None\n")
    assert said.state == verdict.WRONG and "MemoryError" in said.text


def test_a_loop_without_end_is_stopped_though_it_catches_everything(caged):
    said = said_of("def add(a, b):\n  while True:\n    try:\n      1 / 0\n    except: pass\n", 1.5)
    assert said.state == verdict.STOPPED and "after 1.5 s it was still running" in said.text


# ── The verdict ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("trick", [
    "import os\nos.write(1, b'[\"solved\", \"\", \"\"]\\n')\nos._exit(0)\n",
    "import atexit, os\natexit.register(lambda: [os.write(fd, b'[\"solved\",\"\",\"\"]') for fd in"
    " (1, 3, 4, 5, 6, 7)])\nraise SystemExit(0)\n",
    "import numpy as np\nnp.testing.assert_allclose = np.allclose = lambda *a, **k: True\n",
    "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n",
    "from tests.exercises.bench import Bench\nBench.failure = lambda *a: None\n"
    "Bench.passes = lambda *a: True\n",
], ids=["ends Python", "at the end", "compares", "pytest", "bench"])  # fmt: skip
def test_a_verdict_is_not_forged(caged, unread, trick):
    assert said_of(trick + WRONG).state != verdict.SOLVED


@pytest.mark.parametrize("text", [
    "import os", "import os.path as p", "from numpy import testing", "import numpy.ma",
    "from collections import _sys", "import tests.exercises.judge", "import numpy as n\nn.e = 3",
    "import numpy as n\nfor n.e in [3]: pass", "import numpy as n\ndel n.allclose",
    "import numpy as n\nn.random.x[3].y = 3", "open('x')", "o = open", "eval('1')",
    "x = [].__class__", "import numpy as n\nn.ma.zeros(3)", "def f(g): return g.gi_frame",
    "type('A', (), {})", "t = type",
    "getattr(3, 'o' + 's')", "getattr(3, '__class__')", "g = getattr", "setattr(3, 'a', 3)",
    "class A:\n    def __eq__(self, other): return True", "class A:\n    __eq__ = 3",
    "import numpy as n\nclass A(n.ndarray): pass", "class A(metaclass=3): pass",
    "def f():\n    global np\n    np = 3", "from operator import attrgetter",
    "import contextlib\ncontextlib.os.abort()", "import math, sys", "from . import os",
])  # fmt: skip
def test_reading_finds_what_an_exercise_does_not_need(text):
    assert "an exercise needs none" in barred(text)


def test_reading_lets_pass_what_answers_are_made_of():
    assert not barred("""
import math
from typing import NamedTuple
import numpy as np
class Pair(NamedTuple):
    a: float
class Counter:
    def __init__(self):
        self.n = 0
def helper(x, out):
    out.total = getattr(x, "size", 0) + math.prod(x.shape)
    return type(x)(3), isinstance(x, np.ndarray)
if __name__ == "__main__":
    print(helper(np.zeros(3), Counter()))
""")
    assert not barred("def is no python")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_reading_lets_right_answers_pass(exercise):
    others = [edited(exercise.function, old, new) for old, new in exercise.alternatives]
    assert not any(map(barred, [cut(exercise.function).text, *others]))


def test_what_an_answer_says_cannot_spoil_the_report(caged, unread):
    long = said_of("raise ValueError('x' * 10**7)\n" + RIGHT)
    assert long.state == verdict.REFUSED and 100 < len(long.text) < 1000
    odd = said_of("raise ValueError('\\udc80')\n" + RIGHT)
    assert odd.state == verdict.REFUSED and odd.text.encode()
    spoiled = said_of("import json\njson.JSONEncoder.encode = lambda self, what: '[3'\n" + RIGHT)
    assert spoiled.state == verdict.REFUSED and "no verdict" in spoiled.text


# ── The report ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def unguarded(monkeypatch):
    """A system that guards nothing."""
    monkeypatch.setattr(cage, "holds", lambda: dict.fromkeys(cage.PROMISES, False))


def put(folder, text, name="add.py"):
    folder.mkdir(parents=True)
    (folder / name).write_text(text)


def test_a_report_says_who_solved_what_and_what_went_wrong(tmp_path, unguarded, capsys):
    put(tmp_path / "anna" / "answers", RIGHT)
    put(tmp_path / "<b>", WRONG)
    put(tmp_path / "=ben", RIGHT, "ad.py")
    (tmp_path / "=ben" / "add.py").symlink_to(tmp_path / "anna" / "answers" / "add.py")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "=ben" / "relu.py")  # to read it would take for ever
    classroom.report(tmp_path, 20)
    with open(tmp_path / "report.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["anna"]["add"] == "solved" and rows["anna"]["solved"] == "1"
    assert rows["<b>"]["add"] == "wrong" and rows["'=ben"]["add"] == "refused"
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "1 × <b>add</b>: the second sign is that of a − b" in page and "is a link" in page
    assert "&lt;b&gt;" in page and "ad.py is no exercise; did you mean add or adam?" in page
    assert "not on this system" in page
    assert "src=" not in page and "http" not in page and "<script" not in page


def test_a_report_that_is_stopped_writes_who_is_done(tmp_path, unguarded, monkeypatch):
    put(tmp_path / "anna", RIGHT)
    put(tmp_path / "ben", RIGHT)

    def judged(everybody, *_):
        everybody[0].verdicts = {name: verdict.Verdict(verdict.SOLVED) for name in EXERCISES}
        yield everybody[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(classroom, "judged", judged)
    with pytest.raises(KeyboardInterrupt, match="1 of 2 students are in"):
        classroom.report(tmp_path, 20)
    assert "Stopped after 1 of 2 students" in (tmp_path / "report.html").read_text("utf-8")


def test_a_folder_without_students_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no sub-folders"):
        classroom.report(tmp_path, 20)
    with pytest.raises(ValueError, match="is no folder"):
        classroom.report(tmp_path / "none", 20)
