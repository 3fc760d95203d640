"""Work that is cut into blocks is whole again at the seams: any cache, any number of threads.

A machine's cache holds a test's whole layer, so that nothing would be cut at all.  Here the cache
is a few hundred bytes, and there are fewer threads than blocks, as many, and more.
"""

import contextlib
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minigrad import Tensor, grad
from minigrad.ops import conv2d
from minigrad.ops.fast import blocks, threads, winograd
from minigrad.ops.fast.channels import back_bias, channel_sums, per_channel
from minigrad.ops.fast.ways import force

THREADS = [1, 2, 3, 8, 128]


@contextlib.contextmanager
def cut_up(cache, count):
    """Let the blocks be small and the threads so many, while the block runs."""
    threads.use(count)
    with mock.patch.object(blocks, "CACHE", cache), mock.patch.object(winograd, "TILES", 1):
        try:
            yield
        finally:
            threads.use(None)


def value_and_gradients(x, weight, bias, g, **options):
    wrapped = Tensor(x), Tensor(weight), Tensor(bias)
    y = conv2d(*wrapped, **options)
    return [y.data, *grad(y, wrapped, seed=g[: y.size].reshape(y.shape))]


def assert_cutting_changes_nothing(way, shape, weight_shape, cache, count, **options):
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal(shape), rng.standard_normal(weight_shape)
    bias, g = rng.standard_normal(len(weight)), rng.standard_normal(4 * x.size * len(weight) + 4000)
    with force("definition"):
        expected = value_and_gradients(x, weight, bias, g, **options)
    with force(way), cut_up(cache, count):
        found = value_and_gradients(x, weight, bias, g, **options)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1, abs(b).max()))


few = st.integers(1, 4)
caches, counts = st.sampled_from([1, 300, 3000, 30000]), st.sampled_from(THREADS)


@settings(max_examples=150, deadline=None)
@given(st.data(), caches, counts)
def test_columns_by_the_block_are_the_definition(data, cache, count):
    stride, padding, dilation = (data.draw(st.tuples(few, few)) for _ in range(3))
    kernel = data.draw(st.tuples(few, few))
    reach = [
        d * (k - 1) + 1 - 2 * p for d, k, p in zip(dilation, kernel, padding, strict=True)
    ]
    H, W = (max(1, r) + data.draw(st.integers(0, 20)) for r in reach)
    shape, filters = (data.draw(few), data.draw(few), H, W), (data.draw(few), *kernel)
    weight_shape = filters[0], shape[1], *filters[1:]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    assert_cutting_changes_nothing("columns", shape, weight_shape, cache, count, **options)


@pytest.mark.parametrize("way", ["winograd", "winograd2"])
@settings(max_examples=60, deadline=None)
@given(data=st.data(), cache=caches, count=counts)
def test_winograd_by_the_block_is_the_definition(way, data, cache, count):
    padding = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    H, W = (max(1, 3 - 2 * p) + data.draw(st.integers(0, 20)) for p in padding)
    N, C, O = data.draw(few), data.draw(few), data.draw(st.integers(1, 40))  # noqa: E741
    assert_cutting_changes_nothing(way, (N, C, H, W), (O, C, 3, 3), cache, count, padding=padding)


@settings(max_examples=30, deadline=None)
@given(few, few, st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), caches, counts)
def test_pointwise_by_the_block_is_the_definition(N, C, O, H, W, cache, count):  # noqa: E741
    assert_cutting_changes_nothing("pointwise", (N, C, H, W), (O, C, 1, 1), cache, count)


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), [
    ((22, 33), 11, 4, 2),   # AlexNet's first layer on a photo of 3:2: rows below the last window
    ((6, 91), 3, 2, 0),
    ((14, 14), 3, 2, 0),
    ((17, 17), 1, 5, 0),    # between two windows there are rows that none sees
    ((17, 17), 2, 7, 3),
])  # fmt: skip
@pytest.mark.parametrize("count", THREADS)
def test_a_block_of_rows_that_no_window_saw_has_gradient_zero(size, kernel, stride, padding, count):
    weight = 2, 3, kernel, kernel
    options = {"stride": stride, "padding": padding}
    assert_cutting_changes_nothing("columns", (1, 3, *size), weight, 1, count, **options)


def test_alexnets_first_layer_on_a_photo_of_its_full_size(rng):
    """1600×1066 pixels are many blocks in any cache; ⟨conv(x), g⟩ = ⟨x, gradient⟩ all the same."""
    x = Tensor(rng.standard_normal((1, 3, 1066, 1600)))
    y = conv2d(x, rng.standard_normal((2, 3, 11, 11)), stride=4, padding=2)
    g = rng.standard_normal(y.shape)
    (found,) = grad(y, [x], seed=g)
    np.testing.assert_allclose((x.data * found).sum(), (y.data * g).sum(), rtol=1e-9)
    assert not found[:, :, 1065:].any()  # no window reaches the last row


# ── The same bits ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("way", "shape", "weight_shape", "options"), [
    ("winograd", (1, 64, 70, 41), (64, 64, 3, 3), {"padding": 1}),
    ("winograd", (2, 64, 40, 56), (80, 64, 3, 3), {"padding": 1}),
    ("winograd", (5, 24, 20, 20), (40, 24, 3, 3), {"padding": 1}),
    ("winograd2", (1, 256, 14, 14), (256, 256, 3, 3), {"padding": 1}),
    ("winograd2", (1, 512, 7, 7), (512, 512, 3, 3), {"padding": 1}),
    ("winograd", (1, 512, 14, 14), (512, 512, 3, 3), {"padding": 1}),
    ("columns", (1, 3, 224, 224), (64, 3, 3, 3), {"padding": 1}),
    ("columns", (1, 128, 9, 9), (320, 128, 3, 3), {"padding": 1}),
    ("columns", (3, 32, 57, 40), (48, 32, 5, 5), {"stride": 2}),
    ("pointwise", (2, 96, 55, 55), (16, 96, 1, 1), {}),
    ("pointwise", (1, 832, 7, 7), (384, 832, 1, 1), {}),
    ("definition", (2, 8, 15, 15), (12, 4, 3, 3), {"groups": 2}),
])  # fmt: skip
def test_any_number_of_threads_gives_the_same_bits(way, shape, weight_shape, options):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, np.float32)
    weight = rng.standard_normal(weight_shape, np.float32)
    bias = rng.standard_normal(len(weight), np.float32)
    g = rng.standard_normal(2 * x.size // shape[1] * len(weight), np.float32)
    results = []
    for count in (1, 2, 3, 5, 7, 16):
        threads.use(count)
        try:
            with force(way):
                results.append(value_and_gradients(x, weight, bias, g, **options))
        finally:
            threads.use(None)
    for found in results[1:]:
        for a, b in zip(found, results[0], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("a", "b"), [((1, 9216), (9216, 4096)), ((300, 2000), (2000, 17)), ((700, 999), (999, 700))]
)
def test_a_product_has_the_same_bits_on_any_number_of_threads(a, b):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(a, np.float32), rng.standard_normal(b, np.float32)
    results = []
    for count in (1, 2, 3, 5, 7, 16):
        threads.use(count)
        try:
            results += [threads.matmul(a, b), threads.matmul(b.T, a.T).T]
        finally:
            threads.use(None)
    for n in (0, 1):
        assert len({result.tobytes() for result in results[n::2]}) == 1


# ── Sums by channel, and rows ────────────────────────────────────────────────────────────────────


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 5), st.integers(1, 9), st.integers(1, 9), caches, counts)
def test_channels_by_the_part_are_channels(N, C, H, cache, count):
    x, v = np.random.default_rng(0).standard_normal((N, C, H, 3)), np.arange(1.0, C + 1)
    vx = v[:, None, None] * x
    with cut_up(cache, count):
        (found,) = channel_sums(lambda rows, v: [rows * v * rows], [x], v)
        scaled = per_channel(np.multiply, [x], v)
        np.testing.assert_allclose(back_bias(x), x.sum(axis=(0, 2, 3)), atol=1e-12)
    np.testing.assert_allclose(found, (vx * x).sum(axis=(0, 2, 3)), atol=1e-12)
    np.testing.assert_array_equal(scaled, vx)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 9), st.integers(1, 40), st.integers(1, 40), st.integers(1, 300))
@example(1, 7, 7, 7)
def test_blocks_cover_every_row_once(images, rows, columns, windows):
    covered = np.zeros((images, rows), int)
    for block in blocks.blocks_of(images, rows, columns, windows):
        covered[block.images, block.rows] += 1
    assert (covered == 1).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 9), st.integers(1, 200), st.sampled_from(THREADS))
def test_shares_cover_every_output_of_every_block_once(many, outputs, count):
    covered = np.zeros((many, outputs), int)
    with cut_up(300, count):
        for block, some in blocks.share(range(many), outputs):
            covered[block, some] += 1
    assert (covered == 1).all()
