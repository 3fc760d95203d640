"""What a student reads when an answer fails: the smallest failing test, and the likely mistake."""

import textwrap

from tests.exercises.exercise import Exercise, Mistake
from tests.exercises.failure import NOT_GIVEN, Call, Failure, shown, where_apart

WIDTH = 96


def failed(
    exercise: Exercise, filename: str, failure: Failure, likely: Mistake | None, passed: int
) -> str:
    """Tell a failure: the test, your calls, expected and got, the likely mistake, what you printed."""
    test = failure.test.split("::")[-1]
    parts = [f"{test} fails; {passed} of its {len(exercise.tests)} tests pass before it."]
    parts += _where_it_stopped(filename, failure)
    parts += [_called(call) for call in failure.calls[-2:]]
    if failure.pair:
        got, expected = failure.pair
        parts.append(_beside("expected", shown(expected)) + "\n" + _beside("got", shown(got)))
        if apart := where_apart(failure.pair):
            parts.append(apart)
    elif failure.kind != "RecursionError":
        parts.append(_beside("it says", _short(f"{failure.kind}: {failure.message}")))
    if likely:
        parts.append(textwrap.fill(f"Most likely: {likely.says}.", WIDTH))
    if failure.printed:
        parts.append(f"Your function printed:\n{_indented(_short(failure.printed))}")
    return "\n".join(parts)


def crashed(filename: str, error: Exception, stack) -> str:
    """Tell an exception that came while the file itself was read."""
    frames = [(f.filename, f.lineno, f.line) for f in stack]
    lines = [f"{filename} stops before any test runs: {type(error).__name__}: {error}"]
    return "\n".join(lines + _own_line(filename, frames))


def stopped(filename: str, stack: str, seconds: float) -> str:
    """Tell an answer that did not end; `stack` is what faulthandler wrote."""
    own = [line.strip() for line in stack.splitlines() if filename.replace("\\", "/").split("/")[-1] in line]
    at = own[0].partition(", ")[2] if own else ""
    where = f" It was then at {at} of your file." if at else ""
    return f"after {seconds:g} s it was still running, and was stopped: a loop without end?{where}"


def _where_it_stopped(filename: str, failure: Failure) -> list[str]:
    if failure.kind == "RecursionError":
        return ["Your function calls itself without end: the library's own one is replaced by yours,\n"
                "so to call that one for help is to call yours again."]
    return _own_line(filename, failure.frames) if failure.frames else []


def _own_line(filename: str, frames) -> list[str]:
    """The student's own line that an exception came through, the innermost one."""
    own = [frame for frame in frames if frame[0] == filename]
    return [f"It stopped in line {own[-1][1]} of your file:\n    {own[-1][2]}"] if own else []


def _called(call: Call) -> str:
    name = f"the lambda of line {call.line}" if call.name == "<lambda>" else call.name
    lines = [f"{name} was last called with"]
    lines += [_beside(f"{argument} =", shown(value)) for argument, value in call.given.items()]
    if call.returned is not NOT_GIVEN and call.returned is not None:
        lines.append(_beside("it gave", shown(call.returned)))
    return "\n".join(lines)


def _beside(label: str, text: str) -> str:
    """A label, and a text of several lines beside it."""
    first, *rest = text.splitlines() or [""]
    label = f"    {label:9} "
    return "\n".join([label + first, *(" " * len(label) + line for line in rest)])


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip("\n"), "    ")


def _short(text: str, lines: int = 12) -> str:
    """The first lines of a long text."""
    every = [line[:160] for line in text.strip("\n").splitlines()]
    return "\n".join(every[:lines] + ["…"] * (len(every) > lines))
