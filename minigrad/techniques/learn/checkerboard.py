r"""Where checkerboards come from: transposed convolution paints some pixels more often than others.

A filter of k pixels that is moved by s paints pixel y once for each of its taps a that gets there,

    count[y] = #{(i, a) : i·s + a = y, 0 ≤ a < k} = ⌈(k − y mod s) / s⌉      inside, along one axis

which is the same everywhere only if s divides k.  Else it repeats with period s, and what is
painted with any filter that is not made up for it repeats, too: in the spectrum stands a peak at
the frequency 1/s and its multiples (Odena, Dumoulin and Olah 2016, "Deconvolution and Checkerboard
Artifacts").  Relative to the mean, k/s, the peak of the count is

    |C(1/s)| / C(0) = sin(π r / s) / (k · sin(π / s)),   r = k mod s

In two dimensions the counts of both axes multiply.  The remedy is to keep both apart: first make
the map larger (nearest), then convolve.  Every pixel is then painted by k × k taps.

Nothing below uses the formulas: the count is transposed convolution of ones with a filter of ones,
and the spectrum is measured.

Equal counts are necessary, not enough: each of the s × s kinds of pixels is painted by taps of its
own, and where their sums differ, as in random filters, a flat map becomes a pattern.  Behind
nearest all kinds are painted by all taps.  Convolution with a stride has the same fault in its
gradient, which is transposed convolution.

Read before: upsampling.py.  Read next: minigrad/techniques/make/regularizers.py, against such
patterns in pictures.
"""

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.ops.sizes import pair
from minigrad.techniques.look.masks import always_the_same


def overlap_counts(kernel=3, stride=2, *, inputs=8):
    """How often transposed convolution paints each pixel.

    Args:
        kernel: k, a number or (rows, columns).
        stride: s, likewise.
        inputs: pixels of the map that goes up, likewise; (1, n), with kernel (1, k) and stride
            (1, s), counts along one axis alone.

    Returns:
        (H', W') float64, H' = (inputs − 1) s + k; the border is painted less often.

    Raises:
        TypeError, ValueError: one of them is not 1, 2, 3, …
    """
    ones = np.ones((1, 1, *pair("inputs", inputs, 1)))
    filter = np.ones((1, 1, *pair("kernel", kernel, 1)))
    return ops.conv_transpose2d(ones, filter, stride=pair("stride", stride, 1))[0, 0]


def resized_counts(kernel=3, stride=2, *, inputs=8):
    """How many taps paint each pixel if the map is made larger first, and then convolved.

    Arguments and errors as for `overlap_counts`.

    Returns:
        (H', W') float64, H' = inputs · s; the border sees zeros beyond it.
    """
    ones = np.ones((1, 1, *pair("inputs", inputs, 1)))
    A, B = pair("kernel", kernel, 1)
    larger = ops.upsample_nearest(ones, pair("stride", stride, 1))
    return ops.conv2d(larger, np.ones((1, 1, A, B)), padding="same")[0, 0]


def spectrum(row, period: int = 1):
    """How strong each frequency is along a row, relative to the mean.

    Args:
        row: (n,) numbers, or (rows, n), whose spectra are averaged.
        period: the row is cut to a multiple of it, so that no frequency of it falls between two.

    Returns:
        frequencies (m,), in waves per pixel, 0 to 1/2, and |C(f)| / C(0), (m,).

    Raises:
        ValueError: the row is shorter than the period, or its mean is zero.
    """
    rows = np.atleast_2d(to_numpy(row))
    n = rows.shape[1] // whole("period", period, at_least=1) * period
    C = abs(np.fft.rfft(rows[:, :n], axis=1)).mean(axis=0) if n else np.zeros(1)
    if not C[0]:
        raise ValueError(f"a row of {rows.shape[1]} pixels with period {period} has no spectrum: "
                         "give one that is longer, and whose mean is not zero")
    return np.fft.rfftfreq(n), C / C[0]


def inside(counts, kernel: int):
    """Leave out the border, where fewer taps reach: (H', W') → k − 1 less on each side."""
    k = kernel - 1
    return counts[k : counts.shape[0] - k, k : counts.shape[1] - k]


def once_up(x, weight, *, stride: int = 2, resize: bool = False):
    """Make a map s times as large, by transposed convolution, or by nearest and a convolution.

    Args:
        x: (N, C, H, W).
        weight: (C, O, k, k), for both ways.
        stride: s.
        resize: make larger and then convolve, in place of transposed convolution.

    Returns:
        (N, O, s · H, s · W).

    Raises:
        ValueError: the filter is smaller than the stride, and would leave pixels unpainted.
    """
    s = whole("stride", stride, 1)
    k = whole("kernel", weight.shape[2], at_least=s)
    if resize:
        return ops.conv2d(ops.upsample_nearest(x, s), weight.swapaxes(0, 1), padding="same")
    y = ops.conv_transpose2d(x, weight, stride=s)               # (H − 1) s + k ≥ H s rows
    first, (H, W) = (k - s) // 2, x.shape[2:]
    return y[:, :, first : first + s * H, first : first + s * W]


def flat_filter(channels: int, kernel: int, dtype="float32"):
    """The mean of k × k pixels, each channel to itself: (C, C, k, k)."""
    return np.eye(channels, dtype=dtype)[:, :, None, None] * np.full(
        (kernel, kernel), 1 / kernel**2, dtype
    )


def decoded(
    x, *, kernel: int = 3, stride: int = 2, layers: int = 3, resize: bool = False, rng=None
):
    """Paint a picture with random filters: an untrained decoder, s^layers times as large.

    Behind all layers but the last, which has three channels, stands a relu.

    Args:
        x: a map (N, C, H, W) that goes up.
        kernel: k.
        stride: s, of each layer.
        layers: how many.
        resize: as for `once_up`; both ways have the same random filters.
        rng: a numpy Generator; None draws the same filters every time.

    Returns:
        (N, 3, H · s^layers, W · s^layers), of any sign.
    """
    rng, xp, C, k = always_the_same(rng), array_module(x), x.shape[1], whole("kernel", kernel, 1)
    for n in range(whole("layers", layers, 1)):
        last = n == layers - 1
        weight = rng.normal(size=(C, 3 if last else C, k, k)) / (k * C**0.5)
        x = once_up(x, xp.asarray(weight, x.dtype), stride=stride, resize=resize)
        x = x if last else ops.relu(x)
    return x
