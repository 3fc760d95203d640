"""What a student reads when an answer fails: the smallest failing test, and the likely mistake."""

import ast
import linecache
import os
import textwrap

import numpy as np

from tests.exercises.cut import cut
from tests.exercises.exercise import Exercise, Mistake
from tests.exercises.failure import NOT_GIVEN, Call, Failure, both_shown, shown, where_apart

WIDTH = 96
NO_OP = ("An op returns several things: its value, and then for each argument a function of g\n"
         "that gives the gradient there: return y, lambda g: …, lambda g: …")  # fmt: skip


def failed(
    exercise: Exercise, filename: str, failure: Failure, likely: Mistake | None, passed: int
) -> str:
    """Tell a failure: the test, the last calls, expected and got, the likely mistake, prints."""
    parts = [f"Test {passed + 1} of {len(exercise.tests)} fails: {_sentence(failure.test)}"]
    parts += _in_the_test(failure)
    parts += _where_it_stopped(filename, failure)
    parts += [_called(call) for call in _telling(failure.calls)]
    if failure.pair:
        got, expected = both_shown(failure.pair)
        parts.append(f"{_beside('expected', expected)}\n{_beside('got', got)}")
        if apart := where_apart(failure.pair):
            parts.append(apart)
    elif failure.kind != "RecursionError":
        parts.append(_beside("it says", _short(f"{failure.kind}: {failure.message}")))
        if failure.kind == "NameError":
            parts.append("Your file has no such name: import it at its top, or define it there.")
    if likely:
        parts.append(textwrap.fill(f"Most likely: {likely.says}.", WIDTH))
    elif _is_no_op(exercise, failure):
        parts.append(NO_OP)
    if failure.printed:
        parts.append(f"Your function printed:\n{_indented(_short(failure.printed))}")
    return "\n".join(parts)


def _sentence(test: str) -> str:
    """tests/….py::test_one_step_back[3] → one step back, 3."""
    name, _, case = test.split("::")[-1].removesuffix("]").partition("[")
    said = name.removeprefix("test_").replace("_", " ")
    return f"{said}, {case}" if case else said


def _in_the_test(failure: Failure) -> list[str]:
    """The line of the test that was not true, and that of a helper in its file."""
    file = failure.test.split("::")[0]
    inside = [frame for frame in failure.frames if frame[0].replace("\\", "/").endswith(file)]
    if not inside:
        return []
    path, line, code = inside[0]
    lines = [code] if code == inside[-1][2] else [code, inside[-1][2]]
    if around := _with_around(path, line):
        lines = [around, *(f"    {text}" for text in lines)]
    return ["\n    ".join([f"{file}, line {line}:", *lines])]


def _with_around(path: str, line: int) -> str:
    """The `with pytest.raises(…):` around a line of a test; "" where there is none."""
    lines = linecache.getlines(path)
    found = ""
    for node in ast.walk(ast.parse("".join(lines))):
        if isinstance(node, ast.With) and node.body[0].lineno <= line <= node.end_lineno:
            head = lines[node.lineno - 1 : node.body[0].lineno - 1]
            found = " ".join(text.strip() for text in head)
    return found


def crashed(filename: str, error: BaseException, stack, what="stops before any test runs") -> str:
    """Tell an exception that came while the file itself was read, or in a demo."""
    frames = [(f.filename, f.lineno, f.line) for f in stack]
    lines = [f"{filename} {what}: {_short(f'{type(error).__name__}: {error}')}"]
    return "\n".join(lines + _own_line(filename, frames))


def stopped(filename: str, stack: str, seconds: float) -> str:
    """Tell an answer that did not end; `stack` is what faulthandler wrote of it."""
    here = f'"{filename}"', f'{os.sep}{filename}"'  # and no longer name that ends so
    own = [line.strip() for line in stack.splitlines() if any(name in line for name in here)]
    said = f"after {seconds:g} s it was still running, and was stopped"
    if own:
        at = own[0].partition(", ")[2]
        return f"{said}: a loop without end? It was then at {at} of your file."
    if stack:
        return f"{said}, though not in your function: a busy computer? --seconds 60 waits longer"
    return f"{said}: a loop without end?"


def _where_it_stopped(filename: str, failure: Failure) -> list[str]:
    if failure.kind == "RecursionError":
        return [
            "Your function calls itself without end: the library's own one is replaced by yours,\n"
            "so to call that one for help is to call yours again."
        ]
    return _own_line(filename, failure.frames) if failure.frames else []


def _own_line(filename: str, frames) -> list[str]:
    """The student's own line that an exception came through, the innermost one."""
    own = [frame for frame in frames if frame[0] == filename]
    return [f"It stopped in line {own[-1][1]} of your file:\n    {own[-1][2]}"] if own else []


def _is_no_op(exercise: Exercise, failure: Failure) -> bool:
    """Should it be an op, and returned something else than a value and functions?"""
    reference = cut(exercise.function)
    given = [c.returned for c in failure.calls if c.code.co_name == reference.name]
    if not reference.head.startswith("@op") or not given or given[-1] is NOT_GIVEN:
        return False
    back = given[-1][1:] if isinstance(given[-1], tuple) else ()
    return not back or not all(callable(one) or one is None for one in back)


def _telling(calls: list[Call]) -> list[Call]:
    """The last two calls; a lambda that sorts or picks gives no array and tells nothing."""

    def tells(call):
        name = call.code.co_name
        return name[0] != "<" or name == "<lambda>" and isinstance(call.returned, np.ndarray)

    return [call for call in calls if tells(call)][-2:]


def _called(call: Call) -> str:
    lines = [f"{call.name} was last called with"]
    lines += [_beside(f"{argument} =", shown(value)) for argument, value in call.given.items()]
    if call.returned is not NOT_GIVEN and call.returned is not None:
        lines.append(_beside("it gave", shown(call.returned)))
    return "\n".join(lines)


def _beside(label: str, text: str) -> str:
    """A label, and a text of several lines beside it."""
    first, *rest = text.splitlines() or [""]
    label = f"    {label:9} "
    return "\n".join([label + first, *((" " * len(label) + line).rstrip() for line in rest)])


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip("\n"), "    ")


def _short(text: str, lines: int = 12) -> str:
    """The first lines of a long text."""
    every = [line[:160] for line in text.strip("\n").splitlines()]
    return "\n".join(every[:lines] + ["…"] * (len(every) > lines))
