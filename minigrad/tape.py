"""The tape as a text: every step from the inputs to y, and the code of the gradient that will run.

"Show me the code of this gradient", for any network:

    acts = net(Tensor(pixels))
    print(tape(acts["relu4_2"]))
    print(tape(acts["relu4_2"], rules={relu: guided}))     # the same walk under another rule

Read before: tensor.py, whose steps are printed here.  Read next: backend.py.
"""

import functools
import inspect
import pathlib
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minigrad.backend import is_array
from minigrad.tensor import Step, Tensor, ancestors, ways_back

HERE = pathlib.Path(__file__).parent


class Gradient(NamedTuple):
    """Where a gradient function stands and what it says; text is None where there is no source."""

    place: str
    text: str | None


class Line(NamedTuple):
    """One step: the layer's name, the op, the shapes it got and gave, and its gradients."""

    name: str
    op: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    gradients: tuple[Gradient, ...]


class Tape(list):
    """A list of `Line`, oldest first, that prints as a text."""

    def __str__(self):
        printed = {}  # a source is printed where it first occurs, later its step is named
        paragraphs = (_paragraph(number, line, printed) for number, line in enumerate(self, 1))
        return "\n".join(text for paragraph in paragraphs for text in paragraph)

    __repr__ = __str__


def tape(y: Tensor, rules: Mapping[Any, Callable] | None = None) -> Tape:
    """List the steps that made y, oldest first, each with the gradients that `grad` would run.

    Args:
        y: a Tensor.
        rules: as for `grad`: the steps they apply to show the rule's code.

    Raises:
        TypeError: y is a plain array, which has no tape.
    """
    if not isinstance(y, Tensor):
        raise TypeError(f"a plain {type(y).__name__} has no tape: compute y from a Tensor")
    steps = sorted((t for t in ancestors(y) if t.step), key=lambda t: t.birth)
    return Tape(_line(tensor, rules or {}) for tensor in steps)


def tape_of(f: Callable[[Tensor], Tensor], x, rules: Mapping[Any, Callable] | None = None) -> Tape:
    """List the steps from a plain array x to f(x): the tape of what has not been computed yet."""
    return tape(f(Tensor(x)), rules)


def _line(tensor: Tensor, rules) -> Line:
    backs = [back for _, back, _ in ways_back(tensor, rules)]
    return Line(
        name=tensor.name or "",
        op=tensor.step.op.__name__,
        inputs=_shapes(tensor.step),
        output=tensor.shape,
        gradients=tuple(_source(back) for back in backs),
    )


def _shapes(step: Step) -> tuple[tuple[int, ...], ...]:
    arrays = (a for item in step.arrays for a in (item if isinstance(item, list) else [item]))
    return tuple(a.shape for a in arrays if is_array(a))


def _source(back: Callable) -> Gradient:
    """Find the code of a gradient function: Python keeps file and line of every function."""
    if isinstance(back, functools.partial):  # a rule, bound to its step
        back = back.args[0]
    code = getattr(back, "__code__", None)
    if code is None:
        return Gradient(getattr(back, "__name__", repr(back)), None)
    place = f"{_short(code.co_filename)}:{code.co_firstlineno}"
    try:
        return Gradient(place, textwrap.dedent(inspect.getsource(back)).rstrip())
    except (OSError, TypeError):
        return Gradient(place, None)


def _short(path: str) -> str:
    file = pathlib.Path(path)
    ours = file.is_relative_to(HERE)
    return file.relative_to(HERE.parent).as_posix() if ours else file.name


def _paragraph(number: int, line: Line, printed: dict):
    """Yield a step's heading, then the source of each gradient, the first time that it occurs."""
    shapes = ", ".join(map(_shape, line.inputs))
    yield f"{number:3}  {line.name or '·':12} {line.op}  {shapes} → {_shape(line.output)}"
    for gradient in line.gradients:
        if gradient.text is None:
            yield f"       {gradient.place}: no source to show, it was typed at a prompt"
        elif gradient in printed:
            yield f"       {gradient.place}: as in step {printed[gradient]}"
        else:
            printed[gradient] = number
            yield f"       {gradient.place}"
            yield textwrap.indent(gradient.text, "         │ ")


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "1 number"
