"""What conv2d, conv_transpose2d and windows may be asked, and what is said when they may not."""

import numpy as np
import pytest

from minigrad import Tensor, grad
from minigrad.ops import conv2d, conv_transpose2d
from minigrad.ops.conv import pair, windows
from minigrad.ops.fast.ways import force

X, WEIGHT, BIAS = np.ones((2, 4, 9, 9)), np.ones((4, 4, 3, 3)), np.ones(4)
NONSENSE = [
    ({"stride": 0}, ValueError, "stride is 0: give a whole number, 1 or more"),
    ({"stride": (1, -2)}, ValueError, "stride is -2: give a whole number, 1 or more"),
    ({"stride": 1.5}, TypeError, "stride is 1.5: give a whole number"),
    ({"stride": True}, TypeError, "stride is True: give a whole number"),
    ({"stride": (1, 1, 1)}, ValueError, "stride is .*: give a number, or one for rows"),
    ({"stride": None}, TypeError, "stride is None: give a whole number"),
    ({"padding": -1}, ValueError, "padding is -1: give a whole number, 0 or more"),
    ({"padding": "full"}, TypeError, "padding is 'full': give a whole number"),
    ({"padding": (1,)}, ValueError, "padding is .*: give a number, or one for rows"),
    ({"dilation": 0}, ValueError, "dilation is 0: give a whole number, 1 or more"),
    ({"dilation": -1}, ValueError, "dilation is -1: give a whole number, 1 or more"),
    ({"dilation": (2, 0.5)}, TypeError, "dilation is 0.5: give a whole number"),
]
GROUPS = [
    ({"groups": 0}, ValueError, "groups is 0: give a whole number, 1 or more"),
    ({"groups": -2}, ValueError, "groups is -2: give a whole number, 1 or more"),
    ({"groups": 1.0}, TypeError, "groups is 1.0: give a whole number"),
    ({"groups": (1, 1)}, TypeError, "groups is .*: give a whole number"),
    ({"groups": 2}, ValueError, "channels"),
]


@pytest.mark.parametrize("op", [conv2d, conv_transpose2d])
@pytest.mark.parametrize(("options", "error", "sentence"), NONSENSE + GROUPS)
def test_sizes_that_make_no_convolution_are_refused_in_a_sentence(op, options, error, sentence):
    for x in (X, Tensor(X)):
        with pytest.raises(error, match=sentence):
            op(x, WEIGHT, BIAS, **options)


@pytest.mark.parametrize(("options", "error", "sentence"), NONSENSE)
def test_windows_refuse_the_same(options, error, sentence):
    with pytest.raises(error, match=sentence):
        windows(X, 3, **options)


def test_a_window_has_at_least_one_pixel():
    with pytest.raises(ValueError, match="kernel_size is 0: give a whole number, 1 or more"):
        windows(X, (3, 0))


@pytest.mark.parametrize("op", [conv2d, conv_transpose2d])
@pytest.mark.parametrize(("arrays", "error", "sentence"), [
    ((None, WEIGHT), TypeError, "x is None"),
    (([[1.0]], WEIGHT), ValueError, "four axes"),
    ((X, None), TypeError, "weight is None"),
    ((X, WEIGHT, 1.0), ValueError, "bias has shape"),
    ((X[0], WEIGHT), ValueError, "four axes"),
    ((X, WEIGHT[0, 0, 0]), ValueError, "four axes"),
    ((X, WEIGHT.astype(np.float32)), TypeError, "x is float64 on cpu, weight is float32"),
    ((X, WEIGHT.astype(int)), TypeError, "weight holds int64"),
    ((X.astype(int), WEIGHT.astype(int)), TypeError, "x holds int64"),
    ((X[:, :3], WEIGHT), ValueError, "this weight is for 4 channels"),
    ((X, WEIGHT, BIAS[:3]), ValueError, "bias has shape"),
    ((X, WEIGHT[:, :, :0]), ValueError, "nothing in such a filter"),
    ((X[:, :, :0], WEIGHT), ValueError, "only its batch may be empty"),
])  # fmt: skip
def test_arrays_that_make_no_convolution_are_refused_in_a_sentence(op, arrays, error, sentence):
    with pytest.raises(error, match=sentence):
        op(*arrays)


def test_what_output_padding_adds_must_be_painted():
    with pytest.raises(ValueError, match="output_padding 2 must be smaller than stride"):
        conv_transpose2d(X, WEIGHT, stride=2, output_padding=2)
    assert conv_transpose2d(X, WEIGHT, stride=1, dilation=3, output_padding=2).shape[2] == 17


def test_a_pair_is_a_number_for_both_or_one_for_each():
    for two in (2, np.int64(2), [2, 2], (2, 2)):
        assert pair("stride", two, 1) == (2, 2)


# ── A batch of none ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("op", "size"), [(conv2d, (4, 5)), (conv_transpose2d, (17, 19))])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("edge", [1, 3])
def test_a_batch_of_none_has_no_outputs_and_gives_the_weights_zeros(op, size, groups, edge):
    x = Tensor(np.empty((0, 4, 8, 9), np.float32))
    weight = Tensor(np.ones((4, 4 // groups, edge, edge), np.float32))
    bias = Tensor(np.ones(4, np.float32))
    y = op(x, weight, bias, stride=2, padding=edge // 2, groups=groups)
    assert y.shape[:2] == (0, 4)
    full = op(np.empty((3, 4, 8, 9), np.float32), weight.data, stride=2, padding=edge // 2,
              groups=groups)
    assert y.shape[2:] == full.shape[2:]
    gradients = grad(y, [x, weight, bias], seed=np.ones(y.shape))
    for gradient, argument in zip(gradients, (x, weight, bias), strict=True):
        assert gradient.shape == argument.shape and gradient.dtype == np.float32
        assert not gradient.any()


# ── padding="same" ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kernel", [(3, 3), (2, 2), (4, 1), (5, 2), (1, 1)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 3)])
@pytest.mark.parametrize("channels", [3, 8])
def test_same_padding_keeps_the_size_and_the_end_has_the_odd_zero(kernel, dilation, channels, rng):
    x = rng.standard_normal((2, channels, 11, 7))
    weight = rng.standard_normal((8, channels, *kernel))
    zeros = [d * (k - 1) for k, d in zip(kernel, pair("dilation", dilation, 1), strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *((n // 2, n - n // 2) for n in zeros)])
    wrapped, image = Tensor(x), Tensor(padded)
    y = conv2d(wrapped, weight, padding="same", dilation=dilation)
    expected = conv2d(image, weight, dilation=dilation)
    assert y.shape == (2, 8, 11, 7)
    np.testing.assert_allclose(y.data, expected.data, atol=1e-12)
    g = rng.standard_normal(y.shape)
    (found,), (whole,) = grad(y, [wrapped], seed=g), grad(expected, [image], seed=g)
    above, left = zeros[0] // 2, zeros[1] // 2
    np.testing.assert_allclose(found, whole[:, :, above : above + 11, left : left + 7], atol=1e-12)


def test_valid_padding_is_none_and_same_padding_is_for_stride_one():
    np.testing.assert_array_equal(conv2d(X, WEIGHT, padding="valid"), conv2d(X, WEIGHT))
    with pytest.raises(ValueError, match='padding "same" is for stride 1'):
        conv2d(X, WEIGHT, padding="same", stride=2)


def test_a_rule_sees_the_options_of_conv2d_and_no_others(rng):
    x, seen = Tensor(rng.standard_normal((1, 8, 6, 6))), {}

    def rule(g, x, weight, bias, **options):
        seen.update(options)
        return np.zeros_like(x)

    with force("winograd"):
        y = conv2d(x, rng.standard_normal((8, 8, 3, 3)), padding=1)
    grad(y.sum(), [x], rules={conv2d: rule})
    assert set(seen) == {"stride", "padding", "dilation", "groups"}
    with pytest.raises(TypeError):
        conv2d(x, WEIGHT, rectified=True)
