"""Pooling: who wins a window, what reaches the pixels, and what is no pooling at all."""

import numpy as np
import pytest

from minigrad import Tensor, grad, ops
from minigrad.ops.fast import blocks, threads

INF, NAN = np.inf, np.nan


@pytest.fixture(params=["one block", "many blocks"], autouse=True)
def cut(request, monkeypatch):
    """Every statement holds whether the windows are worked on at once or a row at a time."""
    if request.param == "many blocks":
        monkeypatch.setattr(blocks, "CACHE", 64)
        threads.use(3)
    yield
    threads.use(None)


def image(*rows, dtype="float64"):
    return np.array(rows, dtype)[None, None]


def gradient(x, *args, g=None, **options):
    x = Tensor(x)
    y = ops.max_pool2d(x, *args, **options)
    seed = np.ones_like(y.data) if g is None else np.full_like(y.data, g)
    return grad(y, [x], seed=seed)[0]


# ── Who wins ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kernel, stride", [(3, 2), (3, 3), (2, 2), (3, 1)])
def test_the_padding_wins_no_window_not_even_one_of_minus_infinity(kernel, stride):
    x = np.full((2, 3, 5, 7), -INF)
    y = ops.max_pool2d(x, kernel, stride, padding=1)
    g = gradient(x, kernel, stride, padding=1)
    assert g.sum() == y.size
    rows, columns = np.ogrid[: y.shape[2], : y.shape[3]]
    switches = ops.max_pool_switches(x, kernel, stride, padding=1).astype(int)
    first = (rows == 0) * kernel + (columns == 0)  # the first pixel of the image in each window
    assert (switches == first).all()


def test_a_window_of_minus_infinity_gives_its_gradient_to_its_first_pixel():
    x = image([-INF, -INF, 1, 2], [-INF, -INF, 3, 4])
    assert gradient(x, 2).tolist() == image([1, 0, 0, 0], [0, 0, 0, 1]).tolist()


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_nan_wins_its_window_and_no_other(at):
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 8))
    a, b = divmod(at, 2)
    x[1, 2, 2 + a, 4 + b] = NAN
    y = ops.max_pool2d(x, 2)
    assert np.isnan(y[1, 2, 1, 2]) and np.isnan(y).sum() == 1
    assert ops.max_pool_switches(x, 2)[1, 2, 1, 2] == at
    g = gradient(x, 2)
    assert g[1, 2, 2 + a, 4 + b] == 1 and g.sum() == y.size


def test_of_nans_the_last_wins_and_of_infinities_the_first():
    for row, place in [((NAN, 1, NAN, 2), 2), ((INF, NAN, INF, NAN), 3), ((1, INF, 2, INF), 1)]:
        assert ops.max_pool_switches(image(row), (1, 4)).item() == place
        assert gradient(image(row), (1, 4)).argmax() == place


def test_a_nan_in_the_corner_wins_over_the_padding_around_it():
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 0, 0] = NAN
    g = gradient(x, 3, 2, padding=1)
    assert g[0, 0, 0, 0] == 1 and g.sum() == 4
    assert ops.max_pool_switches(x, 3, 2, padding=1)[0, 0, 0, 0] == 4


@pytest.mark.parametrize("options", [dict(kernel_size=2), dict(kernel_size=3, stride=2, padding=1)])
@pytest.mark.parametrize("infinite", [INF, -INF])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_infinite_gradient_reaches_the_winners_and_nobody_else(options, infinite, dtype):
    x = np.random.default_rng(0).permutation(2 * 3 * 6 * 8).reshape(2, 3, 6, 8).astype(dtype)
    won, g = gradient(x, **options), gradient(x, g=infinite, **options)
    assert g.dtype == dtype
    assert (g[won > 0] == infinite).all() and (g[won == 0] == 0).all()


def test_a_window_of_more_taps_than_a_byte_counts(rng):
    x = rng.normal(size=(1, 2, 20, 20))
    x[0, 0, 17, 17] = x[0, 1, 19, 3] = 9
    assert ops.max_pool_switches(x, 20).ravel().tolist() == [17 * 20 + 17, 19 * 20 + 3]
    x[0, 1, 19, 19] = NAN
    assert gradient(x, 20)[0, :, [17, 19], [17, 19]].tolist() == [[1, 0], [0, 1]]


# ── Averages ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wrong", [NAN, INF, -INF])
@pytest.mark.parametrize("size, reached", [(3, 2), (2, 1), ((1, 4), 2), (7, 4)])
def test_a_pixel_that_is_no_number_reaches_the_windows_that_hold_it(wrong, size, reached):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
    fine = ops.adaptive_avg_pool2d(x, size)
    x[1, 2, 0, 1] = wrong
    y = ops.adaptive_avg_pool2d(x, size)
    holds = ~np.isfinite(y)
    assert holds.sum() == reached and holds[1, 2].sum() == reached
    assert np.array_equal(y[~holds], fine[~holds])


def test_an_infinite_gradient_of_a_mean_reaches_the_pixels_of_its_window():
    x = Tensor(np.ones((1, 1, 5, 5)))
    y = ops.adaptive_avg_pool2d(x, 3)
    seed = np.zeros(y.shape)
    seed[0, 0, 0, 1] = INF
    (g,) = grad(y, [x], seed=seed)
    assert (g[0, 0, :2, 1:4] == INF).all() and np.isfinite(g).sum() == 25 - 6


def test_adaptive_pooling_to_its_own_size_is_a_new_array(rng):
    x = rng.normal(size=(1, 2, 4, 5))
    y = ops.adaptive_avg_pool2d(x, (4, 5))
    assert np.array_equal(y, x) and not np.shares_memory(y, x)


# ── Batches of none, and what is refused ─────────────────────────────────────────────────────────

POOLS = {"max": ops.max_pool2d, "avg": ops.avg_pool2d, "switches": ops.max_pool_switches}


@pytest.mark.parametrize("options", [dict(stride=2), dict(stride=1, padding=1, ceil_mode=True)])
@pytest.mark.parametrize("pool", [ops.max_pool2d, ops.avg_pool2d])
def test_a_batch_of_none_is_pooled_to_none(pool, options):
    x = Tensor(np.zeros((0, 3, 6, 8), np.float32))
    y = pool(x, 2, **options)
    assert y.shape == pool(np.zeros((1, 3, 6, 8)), 2, **options)[:0].shape
    (g,) = grad(y, [x], seed=np.zeros_like(y.data))
    assert g.shape == x.shape and g.dtype == np.float32
    assert ops.max_pool_switches(x.data, 2, **options).shape == y.shape


@pytest.mark.parametrize("size", [1, 2, (6, 8)])
def test_a_batch_of_none_has_no_means(size):
    x = Tensor(np.zeros((0, 3, 6, 8)))
    y = ops.adaptive_avg_pool2d(x, size)
    assert len(y) == 0 and grad(y, [x], seed=np.zeros_like(y.data))[0].shape == x.shape


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(
    "options, says",
    [
        (dict(kernel_size=0), "kernel_size is 0: give a whole number, 1 or more"),
        (dict(kernel_size=-2), "kernel_size is .*: give a whole number, 1 or more"),
        (dict(kernel_size=(2, 0)), "kernel_size is .*: give a whole number, 1 or more"),
        (dict(kernel_size=2.5), "kernel_size is .*: give a whole number"),
        (dict(kernel_size=2.0), "kernel_size is .*: give a whole number"),
        (dict(kernel_size=True), "kernel_size is .*: give a whole number"),
        (dict(kernel_size=None), "kernel_size is .*: give a whole number"),
        (dict(kernel_size="2"), "kernel_size is .*: give a whole number"),
        (dict(kernel_size=(2, 2, 2)), "kernel_size is .*: give a number, or one for rows"),
        (dict(kernel_size=()), "kernel_size is .*: give a number, or one for rows"),
        (dict(kernel_size=2, stride=0), "stride is 0: give a whole number, 1 or more"),
        (dict(kernel_size=2, stride=-1), "stride is .*: give a whole number, 1 or more"),
        (dict(kernel_size=2, stride=1.5), "stride is .*: give a whole number"),
        (dict(kernel_size=2, stride=(1,)), "stride is .*: give a number, or one for rows"),
        (dict(kernel_size=2, padding=-1), "padding is -1: give a whole number, 0 or more"),
        (dict(kernel_size=2, padding=0.5), "padding is .*: give a whole number"),
        (dict(kernel_size=3, padding=2), "more than half of 3"),
        (dict(kernel_size=(9, 2)), "no window of"),
        (dict(kernel_size=2, ceil_mode="floor"), "ceil_mode is True or False, not 'floor'"),
        (dict(kernel_size=2, ceil_mode=1), "ceil_mode is True or False"),
    ],
)
def test_windows_that_are_none_are_refused(pool, options, says):
    with pytest.raises((ValueError, TypeError), match=f"pool2d.*{says}"):
        POOLS[pool](np.ones((1, 1, 6, 6)), **options)


@pytest.mark.parametrize("pool", [*POOLS.values(), ops.adaptive_avg_pool2d])
@pytest.mark.parametrize(
    "x, says",
    [
        (np.ones((6, 6)), r"N, C, H, W.*\(6, 6\)"), (np.ones((1, 1, 0, 6)), r"\(1, 1, 0, 6\)"),
        (np.ones((1, 1, 6, 0)), r"\(1, 1, 6, 0\)"), (np.ones((1, 0, 6, 6)), r"\(1, 0, 6, 6\)"),
        (np.ones((1, 1, 6, 6), int), "int64"), (None, "None"), ("photo.jpg", "photo|str"),
    ],
)
def test_what_is_no_batch_of_images_is_refused(pool, x, says):
    with pytest.raises((ValueError, TypeError), match=says):
        pool(x, 1)


@pytest.mark.parametrize("size", [0, -1, (0, 3), 2.5, None, (3,), (1, 2, 3), "2"])
def test_a_number_of_windows_that_is_none_is_refused(size):
    with pytest.raises((ValueError, TypeError), match="adaptive_avg_pool2d: output_size is"):
        ops.adaptive_avg_pool2d(np.ones((1, 1, 6, 6)), size)
