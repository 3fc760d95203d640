"""Five ways up: their numbers, their one linear form, and what transposed convolution is."""

import numpy as np
import pytest

from minigrad import Tensor, grad, ops
from minigrad.techniques.learn.upsampling import (
    WAYS,
    contributions,
    gradient_of_convolution,
    painted,
)

X = np.array([[1.0, 2], [3, 4]])
EARLIER = np.array([[1.0, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]])[None, None]
BY_HAND = {
    "nearest": [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]],
    "bed of nails": [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]],
    "max unpooling": [[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]],
    "transposed convolution": [[1, 3, 2, 2], [4, 10, 6, 6], [3, 7, 4, 4], [3, 7, 4, 4]],
    "bilinear": [[1, 1.25, 1.75, 2], [1.5, 1.75, 2.25, 2.5], [2.5, 2.75, 3.25, 3.5],
                 [3, 3.25, 3.75, 4]],
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_from_2_by_2_numbers_to_4_by_4(name):
    assert WAYS[name].up(X[None, None], EARLIER)[0, 0].tolist() == BY_HAND[name]


@pytest.mark.parametrize("name", WAYS)
def test_the_line_of_code_that_is_shown_has_these_numbers(name):
    known = {**vars(ops), "x": X[None, None], "z": EARLIER, "w": np.ones((1, 1, 3, 3))}
    assert eval(WAYS[name].code, known)[0, 0].tolist() == BY_HAND[name]


@pytest.mark.parametrize("name", WAYS)
def test_what_each_number_paints_alone_adds_up(name):
    parts = contributions(lambda x: WAYS[name].up(x, EARLIER), X)
    assert parts.shape == (4, 4, 4)
    assert np.allclose(parts.sum(axis=0), BY_HAND[name], rtol=0, atol=1e-15)
    twice = contributions(lambda x: WAYS[name].up(x, EARLIER), 2 * X)
    assert np.allclose(twice, 2 * parts)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_has_a_gradient_and_takes_batches_and_channels(name):
    rng = np.random.default_rng(0)
    earlier = rng.normal(size=(2, 3, 8, 6))
    x = Tensor(ops.max_pool2d(earlier, 2))
    y = WAYS[name].up(x, earlier)
    g = rng.normal(size=y.shape)
    z = rng.normal(size=x.shape)
    assert y.shape == (2, 3, 8, 6)
    back = grad(y, [x], seed=g)[0]                          # the adjoint: ⟨U z, g⟩ = ⟨z, Uᵀ g⟩
    assert np.isclose((WAYS[name].up(z, earlier) * g).sum(), (z * back).sum())


@pytest.mark.parametrize(("size", "k", "stride", "padding", "output_padding"), [
    ((4, 4), 3, 2, 1, 1), ((4, 4), 3, 1, 1, 0), ((7, 9), 5, 3, 1, (1, 0)), ((6, 6), 4, 2, 1, 0),
])
def test_transposed_convolution_is_the_gradient_of_convolution(
    size, k, stride, padding, output_padding
):
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(2, 3, k, k))                          # of a convolution from 3 to 2
    shape = ops.conv2d(np.zeros((1, 3, *size)), weight, stride=stride, padding=padding).shape
    x = rng.normal(size=shape)
    way = ops.conv_transpose2d(x, weight, stride=stride, padding=padding,
                               output_padding=output_padding)
    long_way = gradient_of_convolution(x, weight, size, stride, padding)
    assert way.shape == long_way.shape and np.abs(way - long_way).max() < 1e-12


def test_painting_the_filter_1_2_1_is_nearly_bilinear_and_the_flat_one_has_a_pattern():
    filter = np.outer([1, 2, 1], [1, 2, 1]) / 4
    flat = np.ones((1, 1, 6, 6))
    assert np.allclose(painted(flat, filter)[0, 0, :-1, :-1], 1)
    assert painted(flat)[0, 0, 1:3, 1:3].tolist() == [[4, 2], [2, 1]]
