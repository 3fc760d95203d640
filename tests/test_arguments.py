"""What an op makes of its arguments, in both lanes alike, and what it refuses."""

import numpy as np
import pytest

from minigrad import Tensor, grad, op, ops


def f32(*numbers):
    return np.array(numbers, np.float32)


LANES = {"plain": lambda a: a, "wrapped": Tensor}


@pytest.fixture(params=LANES)
def lane(request):
    return LANES[request.param]


# ── A Tensor is never unwrapped and forgotten ────────────────────────────────────────────────────


def test_an_exponent_that_depends_on_x_has_a_gradient_too():
    """d/dx xˣ = xˣ (log x + 1)."""
    x = Tensor(np.array(2.5))
    (slope,) = grad(x**x, [x])
    assert slope == pytest.approx(2.5**2.5 * (np.log(2.5) + 1))


def test_a_bound_that_depends_on_x_has_a_gradient_too():
    x = Tensor(np.array([1.0, 60.0]))
    y = ops.clip(x, 2 * x, 100)  # 2x, cut at 100
    assert grad(y.sum(), [x])[0].tolist() == [2, 0]


def test_batch_statistics_that_depend_on_x_have_gradients_too(rng):
    x = Tensor(rng.normal(size=(6, 2)))
    mean = x.mean(axis=0)
    var = ((x - mean) ** 2).mean(axis=0)
    v, w, b = (rng.normal(size=s) for s in [(6, 2), (2,), (2,)])
    by_hand = grad(ops.batch_norm(x, w, b, mean, var), [x], seed=v)[0]
    np.testing.assert_allclose(by_hand, grad(ops.batch_norm(x, w, b), [x], seed=v)[0])


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda x: ops.pad(x, [(1, 1)], x[0]), "pad: value is a Tensor"),
    (lambda x: ops.sum(x, axis=x[0]), "sum: axis is a Tensor"),
    (lambda x: ops.dropout(x, x[0], np.random.default_rng(0)), "p is a Tensor"),
    (lambda x: ops.cross_entropy(x[None], x[:1]), "labels"),
    (lambda x: ops.where(x, x, x), "where: condition is a Tensor"),
    (lambda x: ops.cross_entropy(x[None], np.array([0]), weight=x), "weight is a Tensor"),
])
def test_a_tensor_where_no_gradient_is_known_is_refused(call, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        call(Tensor(np.array([0.5, 0.25])))


def test_an_op_that_forgets_a_gradient_refuses_a_tensor_there():
    @op
    def scaled(x, factor):
        return x * factor, lambda g: g * factor, None

    with pytest.raises(TypeError, match="scaled: factor is a Tensor.*hand in factor.data"):
        scaled(Tensor(np.ones(2)), Tensor(np.ones(2)))


@pytest.mark.parametrize("several", [list, tuple])
def test_several_arrays_come_in_a_list_or_a_tuple(several):
    a, b = Tensor(f32(1)), Tensor(f32(2))
    for f in (ops.concatenate, ops.stack):
        assert [g.item() for g in grad(f(several([a, b, a])).sum(), [a, b])] == [2, 1]


# ── Both lanes give the same dtype ───────────────────────────────────────────────────────────────


def test_float32_stays_float32_through_single_numbers(lane):
    x = lane(f32(3, 4))
    assert (x / ops.sqrt(ops.sum(x * x))).dtype == np.float32
    assert ops.mean(ops.sum(x)).dtype == np.float32
    assert ops.exp(ops.max(x) * 2).dtype == np.float32


@pytest.mark.parametrize("other", [
    np.arange(2), np.array([True, False]), [1, 2], [1.5, 2.0], 2, 2.5, np.float64(2), np.int64(2),
], ids=repr)
def test_whole_numbers_masks_lists_and_numbers_leave_float32_what_it_is(lane, other):
    for f in (ops.add, ops.subtract, ops.multiply, ops.power, ops.maximum, ops.minimum):
        for y in (f(lane(f32(3, 4)), other), f(other, lane(f32(3, 4)))):
            assert y.dtype == np.float32


@pytest.mark.parametrize("f", [
    lambda x: 2**x, lambda x: x**2.5, lambda x: 1 / x, lambda x: ops.maximum(1, x), lambda x: 3 - x,
    lambda x: ops.clip(x, 1, 2), lambda x: ops.where(x > 0, x, 0), lambda x: ops.where(x > 0, 0, x),
])
def test_gradients_beside_a_number_are_float32(f):
    x = Tensor(f32(1.5, 4))
    assert grad(f(x).sum(), [x])[0].dtype == np.float32


def test_the_gradient_of_a_mask_times_float32_is_float32():
    x = Tensor(f32(3, -4))
    (g,) = grad((x * (x > 0)).sum(), [x])
    assert g.tolist() == [1, 0] and g.dtype == np.float32


def test_numbers_alone_are_arrays_of_one_number():
    assert ops.exp(0.0) == 1 and ops.exp(np.float32(0)).dtype == np.float32
    assert ops.maximum(np.float32(1), 2).dtype == np.float32
    assert ops.relu([-1.0, 2.0]).tolist() == [0, 2]


def test_unlike_dtypes_are_refused_in_both_lanes(lane):
    with pytest.raises(TypeError, match="add: a is float32 on cpu, b is float64 on cpu"):
        lane(f32(1, 2)) + Tensor(np.ones(2))
    with pytest.raises(TypeError, match="a is float32"):
        ops.add(lane(f32(1, 2)), np.ones(2))


# ── No array where one belongs ───────────────────────────────────────────────────────────────────

ONE_ARRAY = [
    ops.relu, ops.sigmoid, ops.exp, ops.sum, ops.mean, ops.max, ops.var, ops.softmax, ops.negative,
    ops.transpose, lambda x: ops.reshape(x, (1,)), lambda x: ops.pad(x, 1),
    lambda x: ops.add(x, f32(1)),
    lambda x: ops.linear(x, f32(1)[None]), lambda x: ops.linear(f32(1)[None], x),
    lambda x: ops.batch_norm(f32(1)[None], x, f32(1)), lambda x: ops.matmul(f32(1), x),
    lambda x: ops.cross_entropy(x, [0]), lambda x: ops.mse(f32(1), x),
    lambda x: ops.conv2d(np.ones((1, 1, 3, 3)), x), lambda x: ops.max_pool2d(x, 2),
    lambda x: ops.concatenate([x, f32(1)]), lambda x: ops.upsample_nearest(x, 2),
]


@pytest.mark.parametrize("thing", [None, "a photo", {"x": 1}, [[1.0], [2.0, 3.0]], 1j, ...],
                         ids=repr)
@pytest.mark.parametrize("call", ONE_ARRAY)
def test_what_is_no_array_is_refused(call, thing):
    with pytest.raises(TypeError):
        call(thing)


@pytest.mark.parametrize("call", [
    ops.relu, ops.exp, lambda x: ops.add(x, x), lambda x: ops.conv2d(x[None, None], x[None, None]),
])
def test_integers_alone_are_refused(call):
    with pytest.raises(TypeError, match="holds int64, and gradients need floats"):
        call(np.ones((3, 3), int))


@pytest.mark.parametrize("call", [
    lambda x: ops.sum(x, axis=2), lambda x: ops.mean(x, axis=(0, 5)), lambda x: ops.max(x, axis=-3),
    lambda x: ops.var(x, axis=9), lambda x: ops.softmax(x, axis=2), lambda x: ops.roll(x, 1, 4),
    lambda x: ops.concatenate([x, x], axis=2), lambda x: ops.stack([x, x], axis=4),
    lambda x: ops.transpose(x, (0, 2)), lambda x: ops.transpose(x, (0, 0)),
    lambda x: ops.pad(x, [(1, 1)]), lambda x: ops.pad(x, -1), lambda x: ops.reshape(x, (5, 5)),
    lambda x: ops.upsample_nearest(x[None, None], 0), lambda x: ops.concatenate([]),
    lambda x: ops.upsample_nearest(x[None, None], 2.5), lambda x: ops.upsample_bilinear(x, 3),
    lambda x: ops.upsample_bilinear(x[None, None], (3, -1)), lambda x: ops.clip(x),
    lambda x: ops.cross_entropy(x, [0, 1], label_smoothing=1.5), lambda x: ops.mse(x[:0], x[:0]),
    lambda x: ops.batch_norm(x, x[0], x[0], eps=-1.0), lambda x: ops.var(x, correction=6),
    lambda x: ops.reshape(x, None), lambda x: ops.reshape(x, (-2, 6)), lambda x: ops.roll(x, 1.5),
    lambda x: ops.roll(x, (1, 2, 3), 0), lambda x: ops.pad(x, 1, "2"),
    lambda x: ops.pad(x, 1, None), lambda x: ops.cross_entropy(x, [0, 1], ignore_index=0.5),
    lambda x: ops.cross_entropy(x[:0], np.zeros(0, int)),
    lambda x: ops.cross_entropy(x, [0, 1], weight=x[0, :1]), lambda x: ops.matmul(x, 2.0),
])
def test_nonsense_ends_in_a_value_error(call):
    with pytest.raises((ValueError, TypeError)):
        call(np.ones((2, 3)))


# ── What is handed out may be written ────────────────────────────────────────────────────────────


def test_gradients_share_no_memory_with_the_seed_or_each_other():
    p, q, seed = Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3))), np.ones((2, 3))
    flat = ops.reshape(p + q, (6,))
    at = grad(flat, [p, q, flat], seed=seed.reshape(6))
    for i, g in enumerate(at):
        g[...] = i + 10
    assert [g.flat[0] for g in at] == [10, 11, 12] and (seed == 1).all()


def test_a_list_is_a_seed():
    x = Tensor(f32(1, 2))
    assert grad(x * 3, [x], seed=[1, 10])[0].tolist() == [3, 30]
