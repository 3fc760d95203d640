"""The step that a line search takes is long enough and short enough, whatever it began with."""

import itertools
import math

import numpy as np
import pytest

from minigrad.line_search import C1, C2, Point, lowest_between, strong_wolfe
from minigrad.optim import LBFGS

LINES = {  # of one variable, from x = 0 downhill to the right
    "a parabola": lambda x: ((x - 3) ** 2, 2 * (x - 3)),
    "a steep start and a long flat": lambda x: (-x / (x * x + 2), (x * x - 2) / (x * x + 2) ** 2),
    "a wall": lambda x: (x**8 - x, 8 * x**7 - 1),
    "waves on a slope": lambda x: (np.sin(9 * x) - 12 * x + x * x, 9 * np.cos(9 * x) - 12 + 2 * x),
}


def search(line, t):
    """f(0), its slope there, and the step that is found along x = t."""

    def f(x):
        value, slope = line(x[0])
        return float(value), np.array([slope])

    value, slope = f(np.zeros(1))
    return value, slope[0], strong_wolfe(f, np.zeros(1), np.ones(1), value, slope, t)


@pytest.mark.parametrize("first", [1e-4, 0.1, 1.0, 30.0, 1e4])
@pytest.mark.parametrize("line", LINES)
def test_both_conditions_hold_at_the_step_that_is_taken(line, first):
    """Nocedal and Wright 2006, equation 3.7."""
    value, slope, found = search(LINES[line], first)
    assert found.value <= value + C1 * found.t * slope
    assert abs(found.slope) <= C2 * abs(slope)
    assert found.value == LINES[line](found.t)[0] and found.x == found.t


def test_a_halving_search_would_take_a_step_that_is_too_short():
    """Of length 1e-4 it falls enough, and nearly all of the slope is left: it goes further."""
    f = LINES["a parabola"]
    value, slope, found = search(f, 1e-4)
    assert f(1e-4)[0] <= value + C1 * 1e-4 * slope and abs(f(1e-4)[1]) > C2 * abs(slope)
    assert found.t > 0.1


def test_where_f_is_no_number_the_step_is_too_long():
    def f(x):
        return (x - 1.5) ** 2 if x < 2 else math.nan, 2 * (x - 1.5)

    _, _, found = search(f, 100.0)
    assert math.isfinite(found.value) and 0 < found.t < 2


def test_where_no_step_goes_down_there_is_none():
    """A slope that the values contradict, as rounding makes it near an optimum."""
    assert search(lambda x: (0.0, -1.0), 1.0)[2] is None


def test_the_lowest_point_of_a_cubic_is_found_exactly():
    """x³ − 3x has its minimum at 1."""
    a, b = (Point(t, None, t**3 - 3 * t, None, 3 * t * t - 3) for t in (-0.5, 3.0))
    assert lowest_between(a, b) == pytest.approx(1) == lowest_between(b, a)


def test_in_rosenbrocks_valley_it_needs_no_more_looks_than_scipys():
    optimize = pytest.importorskip("scipy.optimize")
    looks = itertools.count()

    def f(x):
        next(looks)
        return optimize.rosen(x), optimize.rosen_der(x)

    start = np.tile([-1.2, 1.0], 5)
    for x, value, _ in LBFGS().minimise(f, start):  # noqa: B007, the last is looked at
        if value < 1e-10:
            break
    ours = next(looks)
    theirs = optimize.minimize(f, start, jac=True, method="L-BFGS-B", tol=1e-12)
    assert np.allclose(x, 1, atol=1e-3) and ours <= 1.25 * theirs.nfev
