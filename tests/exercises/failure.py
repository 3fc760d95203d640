"""What a failing test shows: the numbers it expected and got, and the student's last calls.

Two failures are alike when their tests saw the same numbers, or said the same words: that is how a
student's mistake is recognised.
"""

import linecache
import re
import traceback
import types
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

ASSERTS = {  # functions that compare two arrays, and the names of (what came, what should have)
    "assert_allclose": ("actual", "desired"),
    "assert_array_equal": ("actual", "desired"),
    "assert_equal": ("actual", "desired"),
    "check_gradients": ("gradient", "slope"),
}
NOT_GIVEN = object()


class Call(NamedTuple):
    """One call of a function of the student."""

    code: types.CodeType
    given: dict[str, Any]
    returned: Any = NOT_GIVEN

    @property
    def name(self) -> str:
        """The function's name, or a lambda's text (from Python 3.11 on; before, its line)."""
        code, found = self.code, getattr(self.code, "co_positions", tuple)()
        if code.co_name != "<lambda>":
            return code.co_name
        spans = [(a, b) for row, end, a, b in found if row == end == code.co_firstlineno and a != b]
        if not spans:
            return f"the lambda of line {code.co_firstlineno}"
        line = linecache.getline(code.co_filename, code.co_firstlineno).encode()
        body = line[min(a for a, _ in spans) : max(b for _, b in spans)].decode(errors="replace")
        return f"lambda {', '.join(self.given)}: {body}"


@dataclass
class Failure:
    """Why a test failed."""

    test: str
    kind: str                       # the exception's class
    message: str
    pair: tuple | None              # (got, expected)
    calls: list[Call]               # the last one of each function, oldest first
    printed: str
    frames: list[tuple[str, int, str]] = field(default_factory=list)    # file, line, its text

    def like(self, other: "Failure | None") -> bool:
        """Did the same test fail in the same way?"""
        if other is None or (self.test, self.kind) != (other.test, other.kind):
            return False
        if (self.pair is None) != (other.pair is None):
            return False
        if self.pair is not None:
            return all(map(_alike, self.pair, other.pair))
        return _words(self.message) == _words(other.message)


def described(test, info, pair, calls, printed) -> Failure:
    """Keep what an exception tells (pytest's ExceptionInfo)."""
    frames = [(f.filename, f.lineno, f.line) for f in traceback.extract_tb(info.tb)]
    assertion = info.errisinstance(AssertionError)
    return Failure(
        test=test,
        kind=info.type.__name__,
        message=str(info.value),
        pair=pair if assertion else None,
        calls=list(calls.values()),
        printed=printed,
        frames=frames,
    )


def compared_in(info):
    """The two arrays that a function of numpy.testing, or of minigrad's checks, found unlike."""
    for entry in reversed(info.traceback):
        names = ASSERTS.get(entry.frame.code.name)
        if names and all(name in entry.frame.f_locals for name in names):
            return tuple(entry.frame.f_locals[name] for name in names)
    return None


def _numbers(value):
    """The numbers of an array, a list or an approx; None for what holds none."""
    value = getattr(value, "expected", value)
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return None
    return array.astype(float) if array.dtype.kind in "fiub" else None


def _alike(a, b) -> bool:
    x, y = _numbers(a), _numbers(b)
    if x is None or y is None:
        return _words(repr(a)) == _words(repr(b))
    return x.shape == y.shape and np.allclose(x, y, rtol=1e-6, atol=1e-9, equal_nan=True)


def _words(message: str) -> str:
    """A message without what differs between two files: addresses, lines, the student's names."""
    message = re.sub(r"0x[0-9a-f]+|\bline \d+", "…", message)
    return re.sub(r"<function \S+|\w+\(\) (?=missing|takes|got)", "…", message)


# ── For the reader ───────────────────────────────────────────────────────────────────────────────


def both_shown(pair) -> tuple[str, str]:
    """Write two values that are not alike, with as many digits as it takes to see that."""
    for digits in (4, 8, 16):
        got, expected = (shown(value, digits=digits) for value in pair)
        if got.replace(".", "") != expected.replace(".", ""):
            break
    return got, expected


def shown(value, limit: int = 24, digits: int = 4) -> str:
    """Write a value on few lines: short arrays whole, long ones by shape and range."""
    value = getattr(value, "expected", value)
    if isinstance(value, np.ndarray):
        return _array(value, limit, digits)
    if isinstance(value, tuple | list) and any(callable(v) or np.ndim(v) for v in value):
        return f"({', '.join(shown(v, limit // 2) for v in value)})"
    if callable(value):
        return "a function"
    text = repr(value)
    if type(value).__repr__ is object.__repr__ and hasattr(value, "__dict__"):  # self, of a method
        text = f"{type(value).__name__} with {vars(value)}"
    return text if len(text) < 200 else text[:200] + " …"


def _array(array, limit: int, digits: int) -> str:
    if array.size > limit:
        numbers = array.size and array.dtype.kind in "fiu"
        span = f", from {array.min():.4g} to {array.max():.4g}" if numbers else ""
        return f"{array.dtype} {array.shape}{span}"
    if array.ndim == 0:
        return f"{array.item():.{digits + 2}g}" if array.dtype.kind == "f" else str(array.item())
    return np.array2string(array, precision=digits, separator=", ", suppress_small=True)


def where_apart(pair) -> str:
    """Say at which index two arrays differ most, where they are too long to be shown."""
    got, expected = map(_numbers, pair)
    if got is None or expected is None:
        return ""
    if got.shape != expected.shape:
        return f"shape {got.shape} instead of {expected.shape}"
    if got.size <= 24 and got.ndim < 3:
        return ""
    apart = np.where(np.isfinite(got - expected), np.abs(got - expected), np.inf)
    i = tuple(map(int, np.unravel_index(np.argmax(apart), apart.shape)))
    return f"furthest apart at {list(i)}: expected {expected[i]:.6g}, got {got[i]:.6g}"
