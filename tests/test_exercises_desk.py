"""What a student meets: the task, a verdict on each kind of answer, and no answer is touched."""

import dataclasses
import json
import threading
import time

import pytest

from tests.__main__ import answered as main
from tests.exercises import report, verdict
from tests.exercises.catalogue import EXERCISES
from tests.exercises.desk import Desk
from tests.exercises.judge import judged as judge

ADD = EXERCISES["add"]
RIGHT = "def add(a, b):\n    return a + b, lambda g: g, lambda g: g\n"


@pytest.fixture
def judged(tmp_path):
    """What the judge says of an answer to `add`, in this process."""

    def judged(text, name="add", last=False):
        exercise, file = EXERCISES[name], tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        if last:
            exercise = dataclasses.replace(exercise, tests=exercise.tests[-1:])
        return judge(exercise, text, str(file))

    return judged


def test_the_first_call_writes_the_task_and_no_call_writes_it_again(tmp_path, capsys):
    folder = tmp_path / "my answers"
    main(["add", "--answers", str(folder)])
    said, file = capsys.readouterr().out, folder / "add.py"
    assert "add.py is yours to write" in said and "minigrad/tensor.py, line" in said
    assert file.read_text("utf-8").endswith("raise NotImplementedError\n")
    file.write_text(RIGHT)
    assert not Desk(str(folder)).begin(ADD) and file.read_text() == RIGHT


def test_a_right_answer_is_shown_the_librarys(tmp_path, capsys):
    (tmp_path / "add.py").write_text(RIGHT)
    main(["add", "--answers", str(tmp_path)])
    said = capsys.readouterr().out
    assert said.startswith("✓ 2 add: solved") and "minigrad/ops/arithmetic.py, line" in said


def test_a_wrong_answer_is_told_what_was_expected_what_came_and_why(judged):
    said = judged("def add(a, b):\n    print('hello')\n    return a + b, lambda g: g, lambda g: -g")
    for part in ["a sum hands g to both", "expected  [ 3, -5]", "got       [-3.,  5.]",
                 "the second sign is that of a − b", "    hello"]:
        assert part in said.text, part
    assert said.state == verdict.WRONG


def test_a_crash_shows_the_students_own_line(judged):
    said = judged("def add(a, b):\n    c = a + b\n    return c.no_such, None, None\n").text
    assert "line 3 of your file:\n    return c.no_such, None, None" in said
    assert "AttributeError" in said


def test_an_op_that_returns_its_value_alone_is_told_what_else_to_return(judged):
    for returned in ("a + b", "(a + b, a, b)"):
        said = judged(f"def add(a, b):\n    return {returned}\n")
        assert said.state == verdict.WRONG and "An op returns several things" in said.text


def test_an_exception_that_the_test_waits_for_is_named(judged):
    said = judged("def numerical_gradient(f, x, eps=1e-5):\n    raise ValueError\n",
                  "numerical_gradient", last=True)  # fmt: skip
    assert "with pytest.raises(TypeError):\n        numerical_gradient(" in said.text


def test_a_dict_is_shown_as_it_was_when_the_function_was_called(judged):
    said = judged("def _walk(path, gradients, wanted, rules):\n    gradients.clear()\n", "walk")
    assert "gradients = {Tensor(array([6.])): array([1.])}" in said.text


def test_the_librarys_function_is_no_help(judged):
    said = judged("from minigrad.ops import add as right\ndef add(a, b):\n    return right(a, b)\n")
    assert said.state == verdict.WRONG and "calls itself without end" in said.text


def test_helpers_of_the_student_are_at_hand(judged):
    text = "import math\n\ndef same(g):\n    return g * math.cos(0)\n\n"
    assert judged(text + "def add(a, b):\n    return a + b, same, same\n").state == verdict.SOLVED


@pytest.mark.parametrize(("text", "sentence"), [
    ("def add(a, b)\n", "line 1 is not Python"),
    ("def plus(a, b):\n    pass\n", "has no function add"),
    ("def add(a, c):\n    pass\n", "takes (a, b), and yours takes (a, c)"),
    ("def add(a, b):\n    return super().add\n", "write super(Class, self) in full"),
    ("def exp(x):\n    pass\ndef add(a, b):\n    pass\n", "has one of that name"),
    ("raise SystemExit('bye')\n" + RIGHT, "SystemExit: bye"),
    ("1 / 0\n\ndef add(a, b):\n    pass\n", "line 1 of your file:\n    1 / 0"),
])  # fmt: skip
def test_what_cannot_be_judged_is_said_in_a_sentence(judged, text, sentence):
    said = judged(text)
    assert said.state == verdict.REFUSED and sentence in said.text


def test_a_loop_without_end_is_stopped(tmp_path):
    (tmp_path / "add.py").write_text("def add(a, b):\n    while True:\n        a = b\n")
    said = Desk(str(tmp_path), seconds=2).verdict(ADD)
    assert said.state == verdict.STOPPED and "after 2 s it was still running" in said.text
    assert "in add" in said.text


def test_a_busy_computer_is_not_taken_for_a_loop():
    stack = 'Timeout (0:00:20)!\nThread 0x1:\n  File "/lib/numpy.py", line 3 in load\n'
    assert "a busy computer?" in report.stopped("add.py", stack, 20)
    assert "line 2 in add of your file" in report.stopped(
        "add.py", stack + '  File "add.py", line 2 in add\n', 20
    )


def test_watching_judges_again_on_each_save_until_it_is_solved(tmp_path, capsys):
    file = tmp_path / "add.py"
    file.write_text(RIGHT.replace("g: g\n", "g: -g\n"))

    def save():
        while "waiting" not in capsys.readouterr().out:
            time.sleep(0.1)
        file.write_text(RIGHT)

    saving = threading.Thread(target=save)
    saving.start()
    main(["add", "--watch", "--answers", str(tmp_path)])
    saving.join()
    assert "✓ 2 add: solved" in capsys.readouterr().out


def test_an_answer_that_ends_python_is_not_solved(tmp_path):
    (tmp_path / "add.py").write_text("import os\nos._exit(0)\n" + RIGHT)
    said = Desk(str(tmp_path)).verdict(ADD)
    assert said.state == verdict.STOPPED and "Python itself ended, with status 0" in said.text


def test_hints_come_in_three_steps(capsys):
    for step in "123":
        main(["add", "--hint", step])
    said = " ".join(capsys.readouterr().out.split())
    assert all(hint in said for hint in ADD.hints)


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(ValueError, match="no exercise 'rleu'; did you mean relu"):
        main(["rleu"])


def test_a_verdict_can_be_handed_on_as_json(judged):
    said = judged(RIGHT)
    assert verdict.Verdict(**json.loads(json.dumps(said._asdict()))) == said
