"""Overlap counts against their closed form, spectra against theirs, and the remedy."""

import math

import numpy as np
import pytest

from minigrad import ops
from minigrad.techniques import overlap_counts, resized_counts
from minigrad.techniques.learn.checkerboard import (
    decoded,
    flat_filter,
    inside,
    once_up,
    spectrum,
)

PAIRS = [(3, 2), (5, 2), (4, 2), (2, 2), (4, 3), (5, 3), (6, 3), (7, 4), (5, 1)]


def along_a_row(kernel, stride, inputs=24):
    row = overlap_counts((1, kernel), (1, stride), inputs=(1, inputs))[0]
    return row[kernel - 1 : len(row) - kernel + 1]


@pytest.mark.parametrize(("kernel", "stride", "period"), [
    (3, 2, [2, 1]), (5, 2, [3, 2]), (4, 2, [2, 2]), (5, 3, [2, 2, 1]),
])
def test_the_counts_that_are_in_the_textbooks(kernel, stride, period):
    row = overlap_counts((1, kernel), (1, stride), inputs=(1, 9))[0]
    start = -(-kernel // stride) * stride
    assert row[start : start + stride].tolist() == period


def test_the_first_counts_of_filter_3_and_stride_2():
    assert overlap_counts((1, 3), (1, 2), inputs=(1, 4)).tolist() == [[1, 1, 2, 1, 2, 1, 2, 1, 1]]


@pytest.mark.parametrize(("k", "s"), PAIRS)
def test_inside_a_pixel_is_painted_once_for_each_tap_that_reaches_it(k, s):
    """count[y] = ⌈(k − y mod s) / s⌉."""
    row = overlap_counts((1, k), (1, s), inputs=(1, 24))[0]
    for y in range(k - 1, len(row) - k + 1):
        assert row[y] == math.ceil((k - y % s) / s)


@pytest.mark.parametrize(("k", "s"), PAIRS)
def test_in_two_dimensions_the_counts_multiply(k, s):
    row = overlap_counts((1, k), (1, s), inputs=(1, 8))[0]
    assert np.array_equal(overlap_counts(k, s, inputs=8), np.outer(row, row))


@pytest.mark.parametrize(("k", "s"), [pair for pair in PAIRS if pair[1] > 1])
def test_the_spectrum_has_its_peak_at_one_over_the_stride(k, s):
    """|C(1/s)| / C(0) = sin(π r / s) / (k sin(π / s)), r = k mod s; elsewhere it is zero."""
    f, C = spectrum(along_a_row(k, s), s)
    at = abs(f - 1 / s).argmin()
    assert f[at] == pytest.approx(1 / s)
    peak = abs(math.sin(math.pi * (k % s) / s)) / (k * math.sin(math.pi / s))
    assert C[at] == pytest.approx(peak, abs=1e-12)
    multiples = abs(f * s - np.rint(f * s)) < 1e-9
    assert C[~multiples].max() < 1e-12 and C[0] == 1


@pytest.mark.parametrize(("k", "s"), PAIRS)
def test_made_larger_first_every_pixel_inside_is_painted_equally_often(k, s):
    counts = inside(resized_counts(k, s, inputs=12), k)
    assert (counts == k * k).all()
    assert spectrum(counts, s)[1][1:].max() < 1e-12


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_of_a_flat_map_a_flat_filter_makes_the_counts(kernel):
    y = once_up(np.ones((1, 2, 8, 8)), flat_filter(2, kernel, "float64"), stride=2)
    counts = overlap_counts(kernel, 2)
    first = (kernel - 2) // 2
    part = counts[first : first + 16, first : first + 16] / kernel**2
    assert y.shape == (1, 2, 16, 16) and np.allclose(y[0, 1], part)


@pytest.mark.parametrize("resize", [False, True])
def test_an_untrained_decoder_paints_a_flat_map_flat_only_if_it_is_made_larger_first(resize):
    """Also with filter 4 and stride 2: the counts are equal, the taps are not."""
    for kernel in (3, 4):
        y = decoded(np.ones((1, 4, 10, 10)), kernel=kernel, layers=1, resize=resize)
        assert y.shape == (1, 3, 20, 20)
        middle = y[0, :, 4:-4, 4:-4]
        flat = np.ptp(middle, axis=(1, 2)).max() < 1e-12
        assert flat == resize


def test_the_same_seed_paints_the_same_picture():
    x = np.random.default_rng(1).random((1, 4, 5, 6), np.float32)
    y = decoded(x)
    assert y.dtype == np.float32 and y.shape == (1, 3, 40, 48)
    assert np.array_equal(y, decoded(x))
    assert not np.array_equal(y, decoded(x, rng=np.random.default_rng(1)))


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="stride is 0"):
        overlap_counts(3, 0)
    with pytest.raises(ValueError, match="kernel is 2: give a whole number, 3 or more"):
        decoded(np.ones((1, 4, 5, 5)), kernel=2, stride=3)
    with pytest.raises(ValueError, match="no spectrum"):
        spectrum([1, 2], 3)
    with pytest.raises(ValueError, match="no spectrum"):
        spectrum([1, -1], 2)


def test_a_stride_in_convolution_has_the_checkerboard_in_its_gradient():
    from minigrad.techniques.learn.upsampling import gradient_of_convolution

    g = gradient_of_convolution(np.ones((1, 1, 8, 8)), np.ones((1, 1, 3, 3)), (17, 17), 2)
    assert np.array_equal(g[0, 0], overlap_counts(3, 2))
    assert ops.conv2d(np.ones((1, 1, 17, 17)), np.ones((1, 1, 3, 3)), stride=2).shape[2:] == (8, 8)
