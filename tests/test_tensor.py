"""The engine: what is recorded, and how the walk goes back."""

import gc
import weakref

import numpy as np
import pytest

from minigrad import Tensor, grad, op, ops
from minigrad.tensor import UnusedRule


@pytest.fixture
def x(rng):
    return Tensor(rng.normal(size=(3, 4)))


def double(g, *arrays, **options):
    return 2 * g


# ── The walk ─────────────────────────────────────────────────────────────────────────────────────


def test_a_chain_of_20000_steps_needs_no_recursion(x):
    y = x
    for _ in range(20_000):
        y = y + 1.0
    assert np.array_equal(grad(y.sum(), [x])[0], np.ones((3, 4)))


def test_60_doublings_in_a_row_are_walked_once_each(x):
    y = x
    for _ in range(60):
        y = y + y  # 2⁶⁰ paths
    assert np.array_equal(grad(y.sum(), [x])[0], np.full((3, 4), 2.0**60))


def test_a_tensor_that_is_used_twice_collects_both(x):
    assert np.allclose(grad((x * x + 3 * x).sum(), [x])[0], 2 * x.data + 3)


def test_any_activation_may_be_asked_for(x):
    h = x * 2
    y = (h * h).sum()
    at_h, at_x = grad(y, [h, x])
    assert np.allclose(at_h, 2 * h.data) and np.allclose(at_x, 2 * at_h)


def test_the_tape_may_be_walked_as_often_as_one_likes(x):
    y = (x * x).sum()
    assert np.array_equal(grad(y, [x])[0], grad(y, [x])[0])


def test_the_gradient_of_a_tensor_at_itself_is_the_seed(x):
    seed = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(grad(x, [x], seed=seed)[0], seed)


def test_a_seed_weighs_the_outputs(x, rng):
    seed = rng.normal(size=(3, 4))
    assert np.allclose(grad(x * x, [x], seed=seed)[0], seed * 2 * x.data)


# ── Nothing is computed in vain, and nothing is kept ─────────────────────────────────────────────


def spied(calls):
    @op
    def product(a, b):
        def back_a(g):
            calls.append("a")
            return g * b

        def back_b(g):
            calls.append("b")
            return g * a

        return a * b, back_a, back_b

    return product


def test_the_gradient_of_a_weight_that_is_not_wrapped_is_not_computed(x):
    calls = []
    grad(spied(calls)(x, np.ones((3, 4))).sum(), [x])
    assert calls == ["a"]


def test_only_the_way_to_what_was_asked_for_is_walked(x, rng):
    calls = []
    w = Tensor(rng.normal(size=(3, 4)))
    grad(spied(calls)(x, w).sum(), [w])
    assert calls == ["b"]


def test_gradient_functions_of_unwrapped_arguments_are_dropped_with_what_they_hold():
    kept = []

    @op
    def product(a, b):
        def back_b(g):
            return g * a

        kept.append(weakref.ref(back_b))
        return a * b, lambda g: g * b, back_b

    y = product(Tensor(np.ones(2)), np.ones(2))
    assert y.step is not None and kept[0]() is None


def test_plain_arrays_in_plain_arrays_out(rng):
    a = rng.normal(size=(2, 3))
    y = ops.relu(a)
    assert type(y) is np.ndarray
    assert type(ops.relu(Tensor(a))) is Tensor


def test_memory_is_freed_without_the_garbage_collector(x):
    gc.disable()
    try:
        y = ops.relu(x * 2)
        freed = weakref.ref(y)
        grad(y.sum(), [x])
        del y
        assert freed() is None
    finally:
        gc.enable()


def test_a_long_chain_is_freed_without_overflowing_the_stack(x):
    y = x
    for _ in range(50_000):
        y = y + 1.0
    del y


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_replaces_the_gradient_of_its_op(x):
    y = ops.relu(x).sum()
    assert np.array_equal(grad(y, [x], rules={ops.relu: double})[0], np.full((3, 4), 2.0))


def test_a_rule_gets_what_the_op_got(x):
    seen = {}

    def look(g, *arrays, **options):
        seen.update(options, arrays=arrays)
        return g

    image = Tensor(np.arange(16.0).reshape(1, 1, 4, 4))
    y = ops.max_pool2d(image, 2, stride=1)
    with pytest.raises(TypeError, match="the gradient of max_pool2d"):
        grad(y.sum(), [image], rules={ops.max_pool2d: look})
    assert seen["kernel_size"] == 2 and seen["stride"] == 1 and seen["ceil_mode"] is False
    assert seen["arrays"][0] is image.data


def test_a_rule_is_for_the_first_argument_alone(x, rng):
    w = Tensor(rng.normal(size=(3, 4)))
    at_x, at_w = grad((x * w).sum(), [x, w], rules={ops.multiply: double})
    assert np.array_equal(at_x, np.full((3, 4), 2.0)) and np.array_equal(at_w, x.data)


def test_a_tensors_rule_goes_before_its_ops(x):
    first = ops.relu(x)
    second = ops.relu(first)
    zero = lambda g, x: 0 * g  # noqa: E731
    rules = {ops.relu: double, second: lambda g, x: 10 * g}
    assert np.array_equal(grad(second.sum(), [x], rules=rules)[0], np.full((3, 4), 20.0))
    assert not grad(second.sum(), [x], rules={first: zero}).pop().any()


def test_a_rule_that_was_never_applied_is_said_with_what_there_is(x):
    y = (x * 2).sum()
    with pytest.raises(UnusedRule, match="rule for relu was never applied.*multiply, sum"):
        grad(y, [x], rules={ops.relu: double})
    with pytest.raises(UnusedRule, match=r"inputs\[0\]"):
        grad(y, [x], rules={x: double})


def test_a_rule_leaves_no_trace(x):
    y = ops.relu(x * x).sum()
    forward, before = y.data.copy(), grad(y, [x])[0]
    grad(y, [x], rules={ops.relu: double})
    assert np.array_equal(y.data, forward) and np.array_equal(grad(y, [x])[0], before)


# ── Numbers and arrays around a Tensor ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.sqrt(4), np.float32(2), np.int64(2)])
def test_a_number_of_any_kind_leaves_float32_what_it_is(number):
    x = Tensor(np.ones(3, np.float32))
    for y in (x * number, number * x, x + number, number - x, x / number, number / x):
        assert y.dtype == np.float32
        assert grad(y.sum(), [x])[0].dtype == np.float32


def test_an_array_on_the_left_reaches_the_tensor(x, rng):
    a = rng.normal(size=(3, 4))
    for y, value in [(a + x, a + x.data), (a - x, a - x.data), (a * x, a * x.data),
                     (a / x, a / x.data), (a.T @ x, a.T @ x.data)]:
        assert type(y) is Tensor and np.allclose(y.data, value)


def test_gradients_of_repeated_numbers_are_added_up(rng):
    x, row, one = (Tensor(rng.normal(size=s)) for s in [(2, 3, 4), (3, 1), ()])
    at_row, at_one = grad((x * row + one).sum(), [row, one])
    assert np.allclose(at_row, x.data.sum(axis=(0, 2))[:, None]) and at_one == 24
    assert at_row.shape == (3, 1) and at_one.shape == ()


def test_wrapped_and_plain_arrays_may_be_mixed_in_a_sequence(x):
    y = ops.concatenate([x, np.zeros((1, 4)), x])
    assert np.array_equal(grad(y.sum(), [x])[0], np.full((3, 4), 2.0))


# ── What may not be, in a sentence ───────────────────────────────────────────────────────────────


def test_integers_have_no_gradient():
    with pytest.raises(TypeError, match="this array holds int64: wrap array.astype"):
        Tensor(np.arange(3))
    with pytest.raises(TypeError, match="uint8"):
        Tensor(np.zeros(3, np.uint8))


def test_two_dtypes_in_one_op_are_named():
    with pytest.raises(TypeError, match="add: a is float32 on cpu, b is float64 on cpu"):
        Tensor(np.ones(2, np.float32)) + np.ones(2)


def test_y_must_be_one_number_or_have_a_seed(x):
    with pytest.raises(ValueError, match=r"y has shape \(3, 4\), which is not one number"):
        grad(x * 2, [x])
    with pytest.raises(ValueError, match=r"the seed has shape \(4,\)"):
        grad(x * 2, [x], seed=np.ones(4))


def test_an_input_that_y_does_not_depend_on_is_named(x):
    other = Tensor(np.ones(2), name="conv1_1")
    with pytest.raises(ValueError, match="does not depend on 'conv1_1'"):
        grad(x.sum(), [x, other])


def test_plain_arrays_cannot_be_differentiated(x):
    with pytest.raises(TypeError, match="y is a plain"):
        grad(np.ones(()), [x])
    with pytest.raises(TypeError, match=r"inputs\[0\] is a plain ndarray"):
        grad(x.sum(), [x.data])
    with pytest.raises(TypeError, match=r"write grad\(y, \[x\]\)"):
        grad(x.sum(), x)


def test_a_gradient_of_the_wrong_shape_is_the_ops_mistake(x):
    @op
    def broken(x):
        return x * 1, lambda g: g[:1]

    with pytest.raises(TypeError, match=r"broken \(or its rule\) gives float64 \(1, 4\)"):
        grad(broken(x).sum(), [x])


def test_a_tensor_is_neither_true_nor_false(x):
    with pytest.raises(TypeError, match="ask its .data"):
        bool(x.sum())


# ── What people do with a Tensor ─────────────────────────────────────────────────────────────────


def test_a_loss_can_be_printed_compared_and_read():
    loss = Tensor(np.array(1.23456))
    assert f"{loss:.3f}" == "1.235" and loss.item() == 1.23456 and loss < 2 and not loss > 2
    assert f"{Tensor(np.ones(2))}" == "Tensor(array([1., 1.]))"


def test_comparisons_are_plain_arrays_of_bools(x):
    for found, expected in [
        (x > 0, x.data > 0), (x <= x, x.data <= x.data), (x == x.data, x.data == x.data),
        (x != 0.0, x.data != 0.0), (np.zeros((3, 4)) < x, x.data > 0), (0 >= x, x.data <= 0),
    ]:
        assert type(found) is np.ndarray and found.dtype == bool and (found == expected).all()


def test_tensors_are_keys_by_identity(x):
    same = Tensor(x.data)
    assert {x: 1, same: 2}[x] == 1 and len({x, same}) == 2


@pytest.mark.parametrize("other", [None, "loss", {}])
def test_a_tensor_never_says_a_silent_false(x, other):
    with pytest.raises(TypeError, match="is compared with numbers"):
        assert x == other


def test_shapes_may_be_given_one_by_one(x):
    assert x.reshape(2, 6).shape == x.reshape((2, 6)).shape == x.reshape([2, -1]).shape == (2, 6)
    assert x.transpose(1, 0).shape == x.transpose((1, 0)).shape == x.transpose().shape == (4, 3)
    assert x.reshape(12).shape == (12,)


def test_numbers_and_arrays_may_stand_on_the_left(x):
    (g,) = grad((2**x).sum(), [x])
    assert np.allclose(g, np.log(2) * 2**x.data)
    assert np.allclose((np.ones((3, 4)) / x).data, 1 / x.data)
    assert np.allclose((x.data.T @ x).data, x.data.T @ x.data)


@pytest.mark.parametrize("call", [
    np.asarray, np.sum, np.mean, np.concatenate, np.stack, np.array, np.clip, np.where, np.exp,
    lambda x: np.add(x, 1), lambda x: np.einsum("ij->i", x), lambda x: np.zeros(3) + np.array(x),
])
def test_numpys_functions_refuse_a_tensor_at_once(x, call):
    with pytest.raises(TypeError):
        call(x)


def test_what_wants_an_array_is_told_to_take_the_data(x):
    """Matplotlib and Pillow ask for an array like this."""
    with pytest.raises(TypeError, match="take its .data"):
        np.asarray(x)
    with pytest.raises(TypeError, match=r"np\.sum wants arrays: take \.data"):
        np.sum(x)


def test_a_tensor_of_one_number_has_no_items(x):
    assert len([*x]) == 3
    with pytest.raises(TypeError):
        [*x.sum()]
