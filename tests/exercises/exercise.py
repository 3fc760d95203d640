"""What an exercise is: the name of a library function, and what is known about writing it.

To add one, put an Exercise into the table of its group (engine.py, classifier.py, networks.py,
looking.py, making.py, fooling.py, learning.py), in the order in which it should be solved:

    Exercise(
        name="multiply",                                # also the name of the student's file
        function="minigrad.ops.arithmetic:multiply",    # module:function, or module:Class.method
        tests=["tests/ops/test_by_hand.py::test_…", …], # of the library, the smallest first
        read=["minigrad/ops/arithmetic.py:add"],        # file or file:function, to read before
        needs=["add"],
        hints=("where to look", "what the equation says there", "nearly the line itself"),
        wrong=[Mistake("you did X; it should be Y", "old text of the body", "new text"), …],
        alternatives=[("old text of the body", "new text"), …],
    )

A test id with […] names one case.  An edit's old text stands exactly once in the function's body
(below its docstring; a method's body is dedented); BODY as the old text replaces the whole of it.
Two mistakes may say the same, where one mistake can look different.  Then run

    python -m pytest tests/test_exercises.py -k NAME
    python -m tests NAME --mutants                      # which changes do its tests not see?

Test files that are judged should import minigrad and no more: every import is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BODY = "the whole body"


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give: what to say to them, and the edit that makes it."""

    says: str
    old: str
    new: str


@dataclass(frozen=True)
class Exercise:
    """One library function to write again; the module's docstring tells each field."""

    name: str
    function: str
    tests: Sequence[str]
    read: Sequence[str]
    hints: tuple[str, str, str]
    wrong: Sequence[Mistake]
    alternatives: Sequence[tuple[str, str]]
    needs: Sequence[str] = ()
    picture: Sequence[str] | None = None  # arguments of `python -m demos` that show it at work
