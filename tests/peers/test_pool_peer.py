"""Pooling agrees with PyTorch where numbers are none: NaN, infinities, ties, batches of none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_ops_peer import cases, dtypes, either, small, two

from minigrad import Tensor, grad, ops
from minigrad.ops.fast import blocks, threads

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.filterwarnings("ignore:invalid value")  # inf − inf

VALUES = [-np.inf, -np.inf, -1, 0, 0, 1, 2, np.inf, np.nan, np.nan]
SEEDS = [-np.inf, -1, 0, 1, 2, np.inf]


@st.composite
def pooled(draw, batch=(0, 3)):
    kernel = draw(either(1, 4))
    options = {
        "stride": draw(st.one_of(st.none(), either(1, 4))),
        "padding": tuple(draw(small(0, k // 2)) for k in two(kernel)),
        "ceil_mode": draw(st.booleans()),
    }
    shape = draw(small(*batch)), draw(small(1, 5)), draw(small(1, 9)), draw(small(1, 9))
    return shape, kernel, options, draw(dtypes), draw(small(0, 10**6)), draw(small(1, 4))


@pytest.fixture(autouse=True, scope="module")
def many_blocks():
    """Let a window or two fill the cache, so that the seams between blocks are tested as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "CACHE", 256)
        yield
    threads.use(None)


def compare(ours, theirs, shape, dtype, seed, values=VALUES):
    """Values and gradients are the same, NaN for NaN; where theirs raises ours raises."""
    rng = np.random.default_rng(seed)
    x = rng.choice(values, shape).astype(dtype)
    X, t = Tensor(x), torch.from_numpy(x.copy()).requires_grad_()
    try:
        expected = theirs(t)
    except RuntimeError:
        with pytest.raises(ValueError):
            ours(X)
        return
    y = ours(X)
    same(y.data, expected.detach().numpy())
    g = rng.choice(SEEDS, y.shape).astype(dtype)
    expected.backward(torch.from_numpy(g))
    same(grad(y, [X], seed=g)[0], t.grad.numpy())


def same(found, expected):
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@cases(400)
@given(pooled())
def test_max_pool2d(case):
    shape, kernel, options, dtype, seed, count = case
    threads.use(count)
    compare(lambda x: ops.max_pool2d(x, kernel, **options),
            lambda x: F.max_pool2d(x, kernel, **options), shape, dtype, seed)


@cases(200)
@given(pooled(batch=(1, 3)))
def test_the_switches(case):
    shape, kernel, options, dtype, seed, _ = case
    x = np.random.default_rng(seed).choice(VALUES, shape).astype(dtype)
    try:
        _, indices = F.max_pool2d(torch.from_numpy(x), kernel, **options, return_indices=True)
    except RuntimeError:
        return
    switches = ops.max_pool_switches(x, kernel, **options).astype(int)
    B, (p, q) = two(kernel)[1], options["padding"]
    s, t = two(options["stride"] or kernel)
    rows, columns = np.ogrid[: switches.shape[2], : switches.shape[3]]
    place = (rows * s - p + switches // B) * shape[3] + columns * t - q + switches % B
    assert np.array_equal(place, indices.numpy())


@cases(200)
@given(pooled())
def test_avg_pool2d(case):
    shape, kernel, options, dtype, seed, count = case
    threads.use(count)
    for values in VALUES, np.random.default_rng(seed).normal(size=100):
        compare(lambda x: ops.avg_pool2d(x, kernel, **options),
                lambda x: F.avg_pool2d(x, kernel, **options), shape, dtype, seed, values)


@cases(200)
@given(small(0, 3), small(1, 3), small(1, 12), small(1, 12), either(1, 14), dtypes, small(0, 999))
def test_adaptive_avg_pool2d(N, C, H, W, size, dtype, seed):
    for values in VALUES, np.random.default_rng(seed).normal(size=100):
        compare(lambda x: ops.adaptive_avg_pool2d(x, size),
                lambda x: F.adaptive_avg_pool2d(x, size), (N, C, H, W), dtype, seed, values)


NONSENSE = [
    dict(kernel_size=0), dict(kernel_size=-1), dict(kernel_size=2.5), dict(kernel_size=(2, 2, 2)),
    dict(kernel_size=2, stride=0), dict(kernel_size=2, stride=-2), dict(kernel_size=2, stride=1.5),
    dict(kernel_size=2, padding=-1), dict(kernel_size=2, padding=0.5), dict(kernel_size="2"),
    dict(kernel_size=3, padding=2), dict(kernel_size=9), dict(kernel_size=2, ceil_mode="floor"),
    dict(kernel_size=2, ceil_mode=1), dict(kernel_size=True), dict(kernel_size=None),
]


@pytest.mark.parametrize("options", NONSENSE, ids=str)
@pytest.mark.parametrize("pool", ["max_pool2d", "avg_pool2d"])
def test_what_pytorch_refuses_is_refused(pool, options):
    with pytest.raises((RuntimeError, TypeError)):
        getattr(F, pool)(torch.ones(1, 1, 5, 5), **options)
    with pytest.raises((ValueError, TypeError)):
        getattr(ops, pool)(np.ones((1, 1, 5, 5)), **options)
