"""Transforms and resizing: each image by its own random numbers, and the gradient leads back."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small import generators

from minigrad import ops
from minigrad.techniques.make.transforms import grain, jitter, resized, zoom
from minigrad.tensor import Tensor, grad


def rolled(x, *shift_and_axis, seed):
    """x rolled, and the seed brought back."""
    x = Tensor(np.array(x, float))
    y = ops.roll(x, *shift_and_axis)
    return y.data, grad(y, [x], seed=np.array(seed, float))[0]


def test_what_falls_off_comes_in_at_the_other_end():
    assert_allclose(ops.roll(np.array([1.0, 2, 3]), 1), [3, 1, 2])


def test_the_gradient_is_rolled_back():
    _, back = rolled([1, 2, 3], 1, seed=[10, 20, 30])
    assert_allclose(back, [20, 30, 10])


def test_rows_down_and_columns_to_the_left_and_all_of_it_back():
    nine, moved = [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[8, 9, 7], [2, 3, 1], [5, 6, 4]]
    y, back = rolled(nine, (1, -1), (0, 1), seed=moved)
    assert_allclose(y, moved)
    assert_allclose(back, nine)


def test_columns_alone_are_rolled_back_alone():
    _, back = rolled([[1, 2, 3], [4, 5, 6]], 1, 1, seed=[[3, 1, 2], [6, 4, 5]])
    assert_allclose(back, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(("shift", "axis"), [((1, 2), 0), (0.5, 0), ((1, 0.5), (0, 1))],
                         ids=["two for one axis", "half a place", "one and a half a place"])
def test_a_roll_is_by_whole_numbers_one_for_each_axis(shift, axis):
    with pytest.raises(ValueError):
        ops.roll(np.ones((2, 2)), shift, axis)


def places(shown):
    """Where the brightest pixel of each image is: {(row, column), …}."""
    brightest = shown.sum(axis=1).reshape(len(shown), -1).argmax(axis=1)
    return {divmod(int(place), shown.shape[3]) for place in brightest}


def test_jitter_moves_either_way_as_far_as_its_reach_and_rows_unlike_columns():
    """A point in the middle of 5×5 pixels, and a reach of 1."""
    x = np.zeros((30, 3, 5, 5))
    x[:, :, 2, 2] = 1, 2, 3
    shown = jitter(1)(Tensor(x), generators(0, 30)).data
    assert sorted({row for row, _ in places(shown)}) == [1, 2, 3]
    assert sorted({column for _, column in places(shown)}) == [1, 2, 3]
    assert any(row != column for row, column in places(shown))
    assert_allclose(shown.sum(axis=(2, 3)), np.tile([1, 2, 3], (30, 1)))


def test_jitter_of_0_is_none(rng):
    x = rng.normal(size=(2, 3, 4, 4))
    assert_allclose(jitter(0)(Tensor(x), generators(0, 2)).data, x)


def test_what_an_image_draws_does_not_depend_on_its_neighbours(rng):
    x = rng.normal(size=(4, 3, 9, 9))
    together = jitter(3)(Tensor(x), generators(3, 4)).data
    alone = [jitter(3)(Tensor(x[n : n + 1]), generators(3, 4)[n : n + 1]).data[0] for n in range(4)]
    assert_allclose(together, alone)


def test_a_reach_below_0_is_refused():
    with pytest.raises(ValueError):
        jitter(-1)


def test_jitter_and_its_gradient_are_the_identity(rng):
    x = Tensor(rng.normal(size=(3, 3, 8, 9)))
    shown = jitter(4)(x, generators(1, 3))
    assert not np.array_equal(shown.data, x.data)
    (back,) = grad(shown, [x], seed=shown.data)
    np.testing.assert_array_equal(back, x.data)


def test_each_copy_is_jittered_in_its_own_way():
    x = Tensor(np.tile(np.arange(64.0).reshape(1, 1, 8, 8), (4, 3, 1, 1)))
    shown = jitter(3)(x, generators(0, 4)).data
    assert len({image.tobytes() for image in shown}) == 4


def test_grain_adds_noise_of_that_deviation_and_its_gradient_is_the_identity():
    x = Tensor(np.full((2, 3, 50, 50), 100, np.float32))
    shown = grain(8)(x, generators(0, 2))
    assert shown.dtype == np.float32
    assert shown.data.mean() == pytest.approx(100, abs=0.3)
    assert shown.data.std() == pytest.approx(8, rel=0.03)
    assert (grad(shown.sum(), [x])[0] == 1).all()


def test_zoom_by_one_changes_nothing_and_a_ramp_stays_a_ramp():
    ramp = np.broadcast_to(np.arange(15.0), (2, 3, 15, 15))
    np.testing.assert_allclose(zoom(1, 1)(Tensor(ramp), generators(0, 2)).data, ramp)
    twice = zoom(2, 2)(Tensor(ramp), generators(0, 2)).data
    np.testing.assert_allclose(twice, 7 + (ramp - 7) / 2)


def test_zoom_of_a_constant_is_that_constant_though_it_is_made_smaller():
    x = np.full((2, 3, 9, 9), 7.0)
    np.testing.assert_allclose(zoom(0.5, 1.5)(Tensor(x), generators(0, 2)).data, x)


def test_a_resized_ramp_is_a_ramp_and_a_constant_that_constant():
    ramp = np.broadcast_to(np.arange(8.0), (2, 3, 8, 8))
    larger = resized(ramp, 16)
    assert larger.shape == (2, 3, 16, 16)
    np.testing.assert_allclose(larger[0, 0, 3, 1:-1], np.arange(14) / 2 + 0.25)
    np.testing.assert_allclose(resized(np.full((1, 3, 8, 8), 9.0), 11), 9.0)
    np.testing.assert_array_equal(resized(ramp, 8), ramp)


@pytest.mark.parametrize("transform", [jitter(3), zoom(0.8, 1.25), grain(20.0)])
def test_an_image_is_transformed_the_same_alone_and_in_company(transform, rng):
    x = rng.uniform(0, 255, (4, 3, 9, 9))
    together = transform(Tensor(x), generators(3, 4)).data
    for n in range(4):
        alone = transform(Tensor(x[n : n + 1]), generators(3, 4)[n : n + 1]).data
        np.testing.assert_allclose(alone[0], together[n], rtol=1e-12)
    assert not np.allclose(together, transform(Tensor(x), generators(4, 4)).data)


def test_grain_is_drawn_in_the_images_dtype():
    x = Tensor(np.zeros((2, 3, 8, 8), np.float32))
    expected = [rng.standard_normal((3, 8, 8), np.float32) for rng in generators(0, 2)]
    np.testing.assert_array_equal(grain(1.0)(x, generators(0, 2)).data, expected)


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: jitter(-1), lambda: jitter(2.5), lambda: jitter(True), lambda: jitter(np.nan),
        lambda: zoom(0, 1), lambda: zoom(1.2, 1.1), lambda: zoom(1, np.nan), lambda: zoom(1, "2"),
        lambda: grain(-1), lambda: grain(np.inf), lambda: resized(np.ones((1, 3, 4, 4)), 0),
    ],
)
def test_numbers_that_make_no_sense_are_refused_where_they_are_given(nonsense):
    with pytest.raises((ValueError, TypeError), match="give a (whole )?number"):
        nonsense()
