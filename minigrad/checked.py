"""What a caller gives, checked where it comes in, so that nonsense is one sentence there.

    rate = number("the rate of decay", rate, at_least=0, at_most=1)
    n = whole("every n-th step", n, at_least=1)
    raise ValueError(f"there is no op {name!r}; {nearest(name, ops)}")

A NaN compares as false with everything and would pass most tests written as `if rate < 0`; it is
refused here, and so are True and False, which Python counts as 1 and 0.

Read before: ops/sizes.py; the optimisers and the techniques use it too.
"""

import difflib
import math
import numbers
import operator
from collections.abc import Iterable


def number(name: str, value, at_least=-math.inf, at_most=math.inf, above=-math.inf) -> float:
    """Return a finite number within its bounds as Python's float, which takes any array's dtype.

    Raises:
        TypeError: it is no real number.
        ValueError: it is NaN, infinite, or outside of the bounds.
    """
    wanted = _number_within(at_least, at_most, above)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r}: give {wanted}")
    if not (math.isfinite(value) and at_least <= value <= at_most and value > above):
        raise ValueError(f"{name} is {value!r}: give {wanted}")
    return float(value)


def whole(name: str, value, at_least: int = 0) -> int:
    """Return a whole number as Python's int.

    Raises:
        TypeError: it is no integer; 3.0 is none, either.
        ValueError: it is below at_least.
    """
    wanted = f"a whole number, {at_least} or more"
    try:
        index = operator.index(value)
    except TypeError:
        index = None
    if index is None or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}: give {wanted}")
    if index < at_least:
        raise ValueError(f"{name} is {index}: give {wanted}")
    return index


def nearest(name, known: Iterable[str]) -> str:
    """What somebody may have meant by a name that is none of the known: a hint for a sentence."""
    known = list(known)
    close = difflib.get_close_matches(str(name), known, n=2)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"


def _number_within(at_least, at_most, above) -> str:
    if math.isfinite(above):
        return f"a number above {above:g}" + (f", {at_most:g} at most" * math.isfinite(at_most))
    if math.isfinite(at_least) and math.isfinite(at_most):
        return f"a number from {at_least:g} to {at_most:g}"
    return f"a number, {at_least:g} or more" if math.isfinite(at_least) else "a finite number"
