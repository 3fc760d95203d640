"""What is made of filters is kept while nobody can change them, and at no other time."""

import gc

import numpy as np
import pytest

import models
from minigrad import Tensor, grad
from minigrad.ops import batch_norm, conv2d
from minigrad.ops.fast import winograd
from minigrad.ops.fast.kept import Kept, for_this_g, freeze, frozen


def outputs(weight):
    return conv2d(np.ones((1, 40, 6, 6)), weight, padding=1)


def test_a_filter_that_can_be_written_is_never_kept():
    """Not even one marked as read-only: the mark comes off, and other views do not have it."""
    weight = np.ones((40, 40, 3, 3))
    view, other = weight[:], weight[:]
    view.flags.writeable = False
    before = outputs(view)
    weight *= 2
    np.testing.assert_allclose(outputs(view), 2 * before)
    weight.flags.writeable = False
    np.testing.assert_allclose(outputs(weight), 2 * before)
    other *= 2
    np.testing.assert_allclose(outputs(weight), 4 * before)
    weight.flags.writeable = True
    weight *= 2
    weight.flags.writeable = False
    np.testing.assert_allclose(outputs(weight), 8 * before)


def test_nobody_can_write_a_frozen_array():
    array = np.arange(6.0).reshape(2, 3)
    ice = freeze(array)
    array += 1
    np.testing.assert_array_equal(ice, array - 1)
    for same in (ice, ice[1:], ice.T, ice.view(np.int64), np.asarray(ice)):
        assert frozen(same)
        with pytest.raises(ValueError, match="WRITEABLE"):
            same.flags.writeable = True
    assert freeze(ice) is ice


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_loaded_filters_are_frozen_and_what_is_made_of_them_is_kept(dtype):
    net = models.load("minivgg", dtype=dtype)
    assert not any(array.flags.writeable for array in net.params.values())
    assert all(frozen(array) for array in net.params.values() if array.ndim == 4)
    before = winograd.filters.bytes
    net(np.zeros((1, 3, 64, 64)), until="relu2_2")
    assert winograd.filters.bytes > before


def test_what_two_gradients_need_of_one_g_is_worked_out_once():
    asked = []
    total = for_this_g(lambda g: asked.append(1) or g.sum())
    g = np.ones(3)
    assert (total(g), total(g), len(asked)) == (3, 3, 1)
    assert (total(2 * g), total(g), len(asked)) == (6, 3, 3)


def test_a_seed_that_was_written_between_two_walks_is_read_anew(rng):
    x = rng.standard_normal((2, 3, 4, 4))
    weight, bias = Tensor(np.ones(3)), Tensor(np.zeros(3))
    y, seed = batch_norm(x, weight, bias), rng.standard_normal(x.shape)
    before = grad(y, [weight, bias], seed=seed)
    seed *= 2
    after = grad(y, [weight, bias], seed=seed)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_allclose(b, 2 * a, rtol=1e-12)


def test_frozen_arrays_are_transformed_once_and_forgotten_with_the_array():
    calls = []
    kept = Kept(limit=1000)

    def make(a):
        calls.append(1)
        return a.copy()

    array = freeze(np.ones(10))
    assert kept.get(array, "", make) is kept.get(array, "", make)
    assert len(calls) == 1
    assert kept.bytes == 80
    del array
    gc.collect()
    assert kept.bytes == 0


def test_an_array_at_the_address_of_an_old_one_is_not_taken_for_it():
    kept = Kept(limit=10**6)
    for value in range(50):  # CPython soon gives the same address again
        array = freeze(np.full(3, value))
        assert kept.get(array, "", np.copy)[0] == value


def test_the_bound_is_kept_by_dropping_what_was_used_longest_ago():
    kept = Kept(limit=160)
    a, b, c = (freeze(np.full(10, float(v))) for v in range(3))
    first = kept.get(a, "", np.copy)
    kept.get(b, "", np.copy)
    assert kept.get(a, "", np.copy) is first
    kept.get(c, "", np.copy)  # b goes
    assert kept.bytes == 160
    assert kept.get(a, "", np.copy) is first
    kept.allow(0)
    assert kept.bytes == 0


def test_frozen_looks_all_the_way_down():
    array = np.ones(4)
    array.flags.writeable = False
    assert not frozen(array)
    assert frozen(freeze(array)[1:])
    assert frozen(np.frombuffer(b"12345678"))
    assert not frozen(np.frombuffer(bytearray(8)))
    assert not frozen(np.frombuffer(memoryview(bytearray(8)).toreadonly()))
