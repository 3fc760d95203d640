"""The checks themselves: a wrong gradient is caught."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, op, ops
from minigrad.check import check_adjoint, check_gradients, numerical_gradient, slope_along
from minigrad.techniques import objectives


@op
def wrong_square(x):
    return x * x, lambda g: 2.00001 * g * x


@op
def wrong_shift(x):
    return np.roll(x, 1), lambda g: np.roll(g, 1)  # the adjoint rolls back


def test_a_gradient_that_is_off_by_a_hundred_thousandth_is_caught(rng):
    check_gradients(ops.power, rng.normal(size=5), 2)
    with pytest.raises(AssertionError, match="gradient of argument 0 is off"):
        check_gradients(wrong_square, rng.normal(size=5))


def test_a_gradient_that_is_no_adjoint_is_caught(rng):
    check_adjoint(ops.roll, rng.normal(size=5), shift=1)
    with pytest.raises(AssertionError, match="apart"):
        check_adjoint(wrong_shift, rng.normal(size=5))


def test_differences_want_float64():
    with pytest.raises(TypeError, match="need float64"):
        numerical_gradient(np.sum, np.ones(3, np.float32))


@pytest.mark.parametrize("name", ["minivgg", "squeezenet1_1"])
def test_the_slope_of_a_whole_network_along_a_random_direction(name, rng):
    net = models.build(name, dtype="float64", classes=10)
    x, direction = rng.uniform(0, 255, (2, 1, 3, 64, 64))
    score = objectives.class_score(3)
    t = Tensor(x)
    (g,) = grad(score(net(t)), [t])
    slope = slope_along(lambda x: score(net(x)), x, direction / 255, eps=1e-6)
    assert (g * direction / 255).sum() == pytest.approx(slope, rel=1e-5)
