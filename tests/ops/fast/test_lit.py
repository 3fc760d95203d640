"""A gradient that is zero but in a few places is walked back there alone, to the same numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad import Tensor, grad
from minigrad.ops import conv2d
from minigrad.ops.fast import lit
from minigrad.ops.fast.ways import force

EDGE = 13


def back(x, weight, g, **options):
    x = Tensor(x)
    return grad(conv2d(x, weight, **options), [x], seed=g)[0]


def zeros_but(shape, top, left, bottom, right):
    g = np.zeros(shape)
    part = g[:, :, top:bottom, left:right]
    part[:] = np.random.default_rng(1).standard_normal(part.shape)
    return g


edges = st.tuples(st.integers(0, EDGE), st.integers(0, EDGE)).map(sorted)
WAYS = [("winograd", {"padding": p}) for p in ((1, 1), (0, 2), (2, 0))]
WAYS += [("winograd2", {"padding": 1}), ("columns", {"padding": (0, 1)})]
WAYS += [("columns", {"padding": (2, 3), "dilation": (1, 2)})]


@settings(max_examples=60, deadline=None)
@given(rows=edges, columns=edges)
@pytest.mark.parametrize(("way", "options"), WAYS, ids=[f"{w}-{o}" for w, o in WAYS])
def test_wherever_the_lit_part_lies_the_gradient_is_that_of_the_definition(
    way, options, rows, columns
):
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((2, 16, EDGE, EDGE)), rng.standard_normal((5, 16, 3, 3))
    g = zeros_but(conv2d(x, weight, **options).shape, rows[0], columns[0], rows[1], columns[1])
    with force("definition"):
        expected = back(x, weight, g, **options)
    with force(way):
        found = back(x, weight, g, **options)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def parts_of(g):
    """What the convolution is given of a gradient."""
    seen = []

    def convolved(g, padding):
        seen.append((g.shape[2:], padding))
        return np.zeros((*g.shape[:2], *(n + 2 * p - 2 for n, p in
                                         zip(g.shape[2:], padding, strict=True))))

    assert lit.where_lit(convolved, g, (1, 1), (2, 2)).shape == g.shape
    return seen


@pytest.mark.parametrize("corner", [(0, 0), (0, 12), (12, 0), (12, 12), (6, 5)])
def test_one_unit_is_walked_back_alone_in_a_corner_too(corner):
    i, j = corner
    assert parts_of(zeros_but((2, 3, EDGE, EDGE), i, j, i + 1, j + 1)) == [((1, 1), (2, 2))]


def test_what_is_lit_in_any_photo_of_a_batch_counts():
    g = np.zeros((3, 2, EDGE, EDGE))
    g[0, 0, 2, 3], g[2, 1, 4, 9] = 1, -1
    assert parts_of(g) == [((3, 7), (2, 2))]


def test_nan_is_lit():
    g = np.zeros((1, 1, EDGE, EDGE))
    g[0, 0, 3, 3] = np.nan
    assert parts_of(g) == [((1, 1), (2, 2))]


@pytest.mark.parametrize("edges", [(0, 0, EDGE, EDGE), (1, 1, 12, 11), (0, 0, EDGE, 7)])
def test_most_of_it_is_walked_back_whole(edges):
    assert parts_of(zeros_but((1, 2, EDGE, EDGE), *edges)) == [((EDGE, EDGE), (1, 1))]
