"""Every op and gradient on the device: the cases of tests/ops/test_gradients.py, and some more."""

import importlib.util
import pathlib

import cupy
import numpy as np
import pytest
from alike import near, normal, on_both, on_device, same, upload, value_and_gradients

from minigrad import Tensor, backend, check, grad, ops, rules, tape
from minigrad.ops import conv
from minigrad.tensor import UnusedRule

SUITE = pathlib.Path(__file__).parent.parent / "ops" / "test_gradients.py"
spec = importlib.util.spec_from_file_location("test_gradients_of_the_cpu", SUITE)
suite = importlib.util.module_from_spec(spec)
spec.loader.exec_module(suite)


CASES = suite.CASES


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients_are_those_of_the_cpu(name, dtype):
    op, arrays, options = CASES[name]
    on_both(lambda to, _: value_and_gradients(op, arrays, options, to, dtype))


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_central_differences_on_the_device(name):
    op, arrays, options = CASES[name]
    check.check_gradients(op, *map(floats_sent, arrays), **floats_sent(options))


def floats_sent(x):
    """Floats on the device; labels, masks and indices of the host are as good."""
    if isinstance(x, dict):
        return {key: floats_sent(value) for key, value in x.items()}
    return upload(x) if getattr(x, "dtype", None) == np.float64 else x


X = normal(2, 3, 6, 5)


def wrapped(to, *arrays):
    return [Tensor(to(a)) for a in arrays]


def concatenated(to):
    a, b = wrapped(to, normal(2, 3), normal(2, 1))
    y = ops.concatenate([a, b], axis=-1)
    return [y, *grad((y * y).sum(), [a, b])]


def dropped(to):
    (x,) = wrapped(to, np.ones((20, 30)))
    y = ops.dropout(x, 0.3, np.random.default_rng(0))
    return [y, *grad(y.sum(), [x])]


def of_all(to):
    (x,) = wrapped(to, normal(3, 4))
    y = ops.sum(x) * ops.mean(x) + ops.max(x)
    return [y, *grad(y, [x])]


def windows(to):
    seen = conv.windows(to(normal(2, 3, 7, 6)), (3, 2), 2, 1)
    return [seen, conv.overlap_add(seen, (2, 3, 7, 6), 2, 1)]


def labels_of_the_host(to):
    (scores,) = wrapped(to, normal(2, 3))
    y = ops.cross_entropy(scores, np.array([1, 0]))
    return [y, *grad(y, [scores])]


def array_on_the_left(to):
    (x,), a = wrapped(to, normal(3, 4)), to(normal(3, 4, seed=1))
    return [a + x, a - x, a * x, a / x, a.T @ x]


def numbers_of_every_kind(to):
    (x,) = wrapped(to, np.ones(3, "f"))
    kinds = 2, 2.0, np.float64(2), np.float32(2), np.int64(2)
    return [y for n in kinds for y in (x * n, n * x, n - x, n / x, x**2, -x, abs(x))]


def a_number_of_the_device(to):
    x, s = wrapped(to, normal(3, 4), np.array(2.0))
    y = (x * s + s).sum()
    return [y, *grad(y, [x, s])]


def collected_twice(to):
    (x,) = wrapped(to, normal(3))
    y = ((x * x + 3 * x) ** 2).sum()
    return [y, *grad(y, [x]), *grad(y, [x])]


MORE = {
    "max_pool_switches": lambda to: ops.max_pool_switches(to(X), 3, 2, 1, True),
    "batch_statistics": lambda to: ops.batch_statistics(to(X)),
    "flatten": lambda to: ops.flatten(to(X)),
    **{
        f.__name__: f
        for f in (
            concatenated, dropped, of_all, windows, labels_of_the_host, array_on_the_left,
            numbers_of_every_kind, a_number_of_the_device, collected_twice,
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MORE)
def test_more_of_the_ops_is_as_on_the_cpu(name):
    on_both(lambda to, _: MORE[name](to))


INDICES = {
    "slices": (slice(1, None), ..., slice(None, None, 2)),
    "backwards": (slice(None), slice(None, None, -1)),
    "a number": (0, 1),
    "None": (None, 0),
    "a list": (slice(None), [2, 0, 2]),
    "an array": (np.array([1, 0, 1]),),
    "a mask": (normal(2, 3, 4) > 0,),
    "two arrays": (np.array([0, 1, 0]), slice(None), np.array([1, 2, 1])),
    "all": ...,
}
OF_ARRAYS = [
    name for name, index in INDICES.items()
    if isinstance(index, tuple) and any(isinstance(i, np.ndarray) for i in index)
]  # fmt: skip


def taken(to, index):
    (x,) = wrapped(to, normal(2, 3, 4))
    y = x[index]
    return [y, *grad((y * y).sum(), [x])]


@pytest.mark.parametrize("name", INDICES)
def test_what_is_taken_by_an_index_is_as_on_the_cpu(name):
    on_both(lambda to, _: taken(to, INDICES[name]))


@pytest.mark.parametrize("name", OF_ARRAYS)
def test_what_is_taken_by_an_index_of_the_device_is_as_on_the_cpu(name):
    on_both(lambda to, _: taken(to, to(INDICES[name])))


@pytest.mark.parametrize("rule", [rules.backpropagation, rules.deconvnet, rules.guided])
def test_a_rule_gives_what_it_gives_on_the_cpu(rule):
    def ruled(to, _):
        (x,) = wrapped(to, normal(20))
        return grad(ops.relu(x), [x], seed=to(normal(20, seed=1)), rules={ops.relu: rule})

    on_both(ruled)


# ── The engine, and what it says ────────────────────────────────────────────────────────────────


def test_a_tensor_of_the_device_says_what_it_is():
    x = Tensor(on_device(3, 4), name="image")
    assert repr(x).startswith("Tensor(") and len(x) == 3 and x.shape == (3, 4)
    assert isinstance(float(x.sum()), float) and "tanh" in str(tape(ops.tanh(x)))
    assert isinstance(ops.relu(x.data), cupy.ndarray)
    assert backend.device_of(x.data) == "cuda" and backend.is_array(x.data)


def test_arrays_go_to_the_device_and_back():
    same(backend.to_device(normal(3), "cuda"), normal(3))
    np.testing.assert_array_equal(backend.to_device(on_device(3), "cpu"), normal(3))


REFUSED = {
    "integers": (TypeError, "int64", lambda: Tensor(cupy.arange(3))),
    "two devices": (TypeError, "on cpu", lambda: Tensor(on_device(3)) * normal(3)),
    "an array of the host on the left": (
        TypeError, "on cpu", lambda: normal(3) * Tensor(on_device(3)),
    ),
    "filters of the host": (
        TypeError, "on cpu",
        lambda: ops.conv2d(Tensor(on_device(1, 8, 6, 6)), normal(8, 8, 3, 3)),
    ),
    "two dtypes": (
        TypeError, "float32 on cuda", lambda: Tensor(on_device(3)) * on_device(3, dtype="float32"),
    ),
    "labels out of range": (
        ValueError, "labels lie in",
        lambda: ops.cross_entropy(on_device(2, 3), cupy.asarray([0, 3])),
    ),
    "nothing to count": (
        ValueError, "nothing to count",
        lambda: ops.cross_entropy(on_device(1, 3), cupy.asarray([-100])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_on_the_device_is_refused_in_a_sentence(what):
    kind, words, call = REFUSED[what]
    with pytest.raises(kind, match=words):
        call()


def test_a_rule_that_was_never_applied_is_said():
    x = Tensor(on_device(3))
    with pytest.raises(UnusedRule, match="never applied"):
        grad((x * 2).sum(), [x], rules={ops.relu: rules.guided})


@pytest.mark.parametrize("seed", [np.ones(3), [1.0, 1.0, 1.0]])
def test_a_seed_of_the_host_is_sent_to_the_device(seed):
    x = Tensor(on_device(3))
    same(grad(x * 1.0, [x], seed=seed)[0], np.ones(3))


def test_numerical_checks_work_on_the_device():
    same(check.numerical_gradient(lambda x: (x * x).sum(), on_device(3)), 2 * normal(3), 1e-6)
    check.check_adjoint(ops.roll, on_device(5), shift=1)
    slope = check.slope_along(lambda x: (x * x).sum(), on_device(3), cupy.ones(3))
    near(np.asarray(slope), np.asarray(2 * normal(3).sum()), 1e-6)
