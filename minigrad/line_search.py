r"""How far to go along a direction: a line search with the strong Wolfe conditions.

Along d the function is φ(t) = f(x + t d), and φ'(t) = ⟨∂f/∂x, d⟩ comes with the gradient at no
further cost.  A step t is long enough and short enough where (Nocedal and Wright 2006, eq. 3.7)

    φ(t) ≤ φ(0) + c₁ t φ'(0)        it goes down by a share of what the slope promised
    |φ'(t)| ≤ c₂ |φ'(0)|            and there is little slope left along d

The second condition is what L-BFGS lives on: it makes ⟨s, y⟩ > 0, so every step teaches something
true of the curvature.  The search first goes out until a good step must lie behind it (algorithm
3.5), then closes in on it (algorithm 3.6), each time at the lowest point of the cubic through both
ends (eq. 3.59).

Read before: tensor.py.  Read next: optim.py, whose L-BFGS uses it.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

C1, C2 = 1e-4, 0.9  # as Nocedal and Wright recommend for quasi-Newton directions
MOST = 25  # points in each of the two parts
GROW = 10  # how much further to look, where a step was too short


class Point(NamedTuple):
    """A step along the line: its length t, x + t d, φ(t), ∂f/∂x there, φ'(t)."""

    t: float
    x: Any
    value: float
    gradient: Any
    slope: float


def strong_wolfe(f: Callable, x, d, value: float, g, t: float) -> Point | None:
    """Find a step that fulfils both conditions, or where that cannot be, one that goes down.

    Args:
        f: array → (value, gradient).
        x: where the line begins, an array.
        d: its direction, downhill.
        value: f(x).
        g: ∂f/∂x at x.
        t: the first length to try.

    Returns:
        A Point, or None where no step goes down.
    """
    start = before = Point(0.0, x, value, g, dot(g, d))

    def at(t: float) -> Point:
        there = x + t * d
        value, gradient = f(there)
        return Point(t, there, float(value), gradient, dot(gradient, d))

    for tried in range(MOST):                                               # algorithm 3.5
        here = at(t)
        if not low_enough(here, start) or (tried and here.value >= before.value):
            return _zoom(at, start, before, here)
        if flat_enough(here, start):
            return here
        if here.slope >= 0:
            return _zoom(at, start, here, before)
        before, t = here, GROW * t
    return before


def _zoom(at: Callable, start: Point, low: Point, high: Point) -> Point | None:
    """Close in on a good step between two ends, of which `low` has the lower value."""
    for _ in range(MOST):                                                   # algorithm 3.6
        if math.isclose(low.t, high.t):  # rounding, near an optimum
            break
        here = at(lowest_between(low, high))
        if not low_enough(here, start) or here.value >= low.value:
            high = here
            continue
        if flat_enough(here, start):
            return here
        if here.slope * (high.t - low.t) >= 0:
            high = low
        low = here
    return low if low.t > 0 else None


def low_enough(here: Point, start: Point) -> bool:
    """Has f fallen by a share of what its slope promised?  NaN and infinity have not."""
    return here.value <= start.value + C1 * here.t * start.slope


def flat_enough(here: Point, start: Point) -> bool:
    """Is there little slope left along the line?"""
    return abs(here.slope) <= C2 * abs(start.slope)


def lowest_between(a: Point, b: Point) -> float:
    """Where the cubic with both values and slopes is lowest; a tenth away from the ends at least.

    The middle, where there is no such point or one of the ends is no number.
    """
    middle, apart = (a.t + b.t) / 2, b.t - a.t
    # d₁ = a' + b' − 3 (a − b) / (tₐ − t_b)          d₂ = ± √(d₁² − a' b')
    d1 = a.slope + b.slope + 3 * (a.value - b.value) / apart
    under = d1 * d1 - a.slope * b.slope
    if not (math.isfinite(under) and under >= 0):
        return middle
    d2 = math.copysign(math.sqrt(under), apart)
    below = b.slope - a.slope + 2 * d2
    if below == 0:
        return middle
    # t = t_b − (t_b − tₐ) (b' + d₂ − d₁) / (b' − a' + 2 d₂)
    t = b.t - apart * (b.slope + d2 - d1) / below
    first, last = sorted((a.t + 0.1 * apart, b.t - 0.1 * apart))
    return min(max(t, first), last)


def dot(a, b) -> float:
    """Σ a b over all elements, as a Python number."""
    return float((a * b).sum())
