"""The faster ways of conv2d give the definition's numbers, whatever the shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad import Tensor, grad, tape
from minigrad.ops import conv2d, conv_transpose2d
from minigrad.ops.conv import rectified_conv2d
from minigrad.ops.fast import columns
from minigrad.ops.fast import winograd as lesson
from minigrad.ops.fast.blocks import blocks_of
from minigrad.ops.fast.ways import choose, force

TOLERANCE = {"float32": 1e-5, "float64": 1e-11}
LAYOUTS = {
    "rows last": lambda x: x,
    "channels last": lambda x: np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
    "turned": lambda x: np.ascontiguousarray(x.swapaxes(2, 3)).swapaxes(2, 3),
    "every other column": lambda x: np.repeat(x, 2, axis=3)[..., ::2],
    "backwards": lambda x: np.ascontiguousarray(x[:, :, ::-1])[:, :, ::-1],
}


def value_and_gradients(way, x, weight, bias, g=None, **options):
    """What one way makes of it: y, and the gradients of x, weight and bias."""
    wrapped = Tensor(x), Tensor(weight), Tensor(bias)
    with force(way):
        y = conv2d(*wrapped, **options)
    g = np.random.default_rng(1).standard_normal(y.shape).astype(x.dtype) if g is None else g
    return [y.data, *grad(y, wrapped, seed=g)]


def assert_same(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        size = max(np.linalg.norm(b), np.sqrt(b.size))  # of what was added: it may cancel out
        assert np.linalg.norm(a - b) <= TOLERANCE[str(b.dtype)] * size


def draw_arrays(draw, C, O, A, B, H, W):  # noqa: E741, the letters of the equation
    dtype = draw(st.sampled_from(sorted(TOLERANCE)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    N = draw(st.integers(1, 5))
    x, weight, bias = (
        rng.standard_normal(shape).astype(dtype) for shape in [(N, C, H, W), (O, C, A, B), (O,)]
    )
    return LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))](x), weight, bias


@pytest.mark.parametrize("way", ["winograd", "winograd2"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_winograd_is_the_definition(way, data):
    p, q = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    H, W = data.draw(st.integers(3 - 2 * p, 23)), data.draw(st.integers(3 - 2 * q, 23))
    channels = st.integers(1, 20)
    sizes = data.draw(channels), data.draw(channels), 3, 3, max(H, 1), max(W, 1)
    arrays = draw_arrays(data.draw, *sizes)
    options = {"padding": (p, q)}
    assert_same(
        value_and_gradients(way, *arrays, **options),
        value_and_gradients("definition", *arrays, **options),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_columns_are_the_definition(data):
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    stride, dilation, padding = data.draw(pairs), data.draw(pairs), data.draw(pairs)
    A, B = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    reach = dilation[0] * (A - 1) + 1 - 2 * padding[0], dilation[1] * (B - 1) + 1 - 2 * padding[1]
    H, W = (max(1, r) + data.draw(st.integers(0, 17)) for r in reach)
    channels = st.sampled_from([1, 3, 9, 16, 20])  # from 16 on the gradient is a convolution, too
    sizes = data.draw(channels), data.draw(channels), A, B, H, W
    arrays = draw_arrays(data.draw, *sizes)
    options = {"stride": stride, "dilation": dilation, "padding": padding}
    assert_same(
        value_and_gradients("columns", *arrays, **options),
        value_and_gradients("definition", *arrays, **options),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_transposed_convolution_by_columns_is_its_definition(data):
    numbers = st.integers(1, 3)
    kernel, stride = data.draw(st.tuples(numbers, numbers)), data.draw(st.tuples(numbers, numbers))
    dilation = data.draw(st.sampled_from([(1, 1), (1, 1), (2, 1)]))
    padding = data.draw(st.sampled_from([(0, 0), (0, 0), (1, 0)]))
    largest = (max(s, d) - 1 for s, d in zip(stride, dilation, strict=True))
    extra = [data.draw(st.integers(0, most)) for most in largest]
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    C, out, H, W = (data.draw(st.integers(n, 7)) for n in (1, 1, 3, 3))
    arrays = rng.standard_normal((2, C, H, W)), rng.standard_normal((C, out, *kernel))
    options = {"stride": stride, "padding": padding, "output_padding": extra, "dilation": dilation}

    def by(way):
        wrapped = [Tensor(a) for a in (*arrays, np.arange(1.0, out + 1))]
        with force(way):
            y = conv_transpose2d(*wrapped, **options)
            g = np.random.default_rng(1).standard_normal(y.shape)
            return [y.data, *grad(y, wrapped, seed=g)]

    assert_same(by("columns"), by("definition"))


def test_windows_side_by_side_are_painted_at_once(monkeypatch):
    monkeypatch.setattr(columns, "blocks_of", None)  # what adds overlapping windows needs it
    monkeypatch.setattr(columns, "side_by_side", lambda *_: "at once")
    filters, g = np.ones((12, 2)), np.ones((1, 2, 4, 5))
    assert columns.handed_back(g, filters, (1, 3, 8, 10), (2, 2), (2, 2), (0, 0), (1, 1)) == (
        "at once"
    )
    for other in [((1, 3, 6, 10), (1, 0), (1, 1)), ((1, 3, 9, 11), (0, 0), (2, 2))]:
        shape, padding, dilation = other
        with pytest.raises(TypeError):
            columns.handed_back(g, filters, shape, (2, 2), (2, 2), padding, dilation)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_pointwise_is_the_definition(data):
    number = st.integers(1, 20)
    arrays = draw_arrays(data.draw, data.draw(number), data.draw(number), 1, 1,
                         data.draw(number), data.draw(number))
    assert_same(
        value_and_gradients("pointwise", *arrays), value_and_gradients("definition", *arrays)
    )


def test_the_gradient_of_the_image_is_the_three_products_transposed():
    """Scatter [(B ⊗ B) ((A ⊗ A) g · Uᵀ)]: what back_x says in other words."""
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((1, 3, 8, 12)), rng.standard_normal((5, 3, 3, 3))
    g = rng.standard_normal((1, 5, 8, 12))
    tiles = g[0].reshape(5, 2, 4, 3, 4).transpose(1, 3, 2, 4, 0).reshape(6, 16, 5)
    M = lesson.on_tiles(lesson.F4, "AT", x).T @ tiles                          # (T, 36, O)
    V = np.einsum("tpo,pco->tpc", M, lesson.at_points(weight, lesson.F4))            # · Uᵀ
    X = (lesson.on_tiles(lesson.F4, "BT", x).T @ V).reshape(2, 3, 6, 6, 3)
    padded = np.zeros((10, 14, 3))
    for i in range(2):
        for j in range(3):
            padded[4 * i : 4 * i + 6, 4 * j : 4 * j + 6] += X[i, j]
    _, back_x, *_ = lesson.convolve(x, weight, None, (1, 1), lesson.F4)
    np.testing.assert_allclose(back_x(g)[0], padded[1:-1, 1:-1].transpose(2, 0, 1), rtol=1e-9)


@pytest.mark.parametrize("F", [lesson.F4, lesson.F2])
def test_a_number_at_the_point_one_is_that_number_everywhere(F):
    """So a bias is added once to a tile, and not to each of its outputs."""
    m, n = F.AT.shape
    at_one = np.eye(n * n)[n + 1]
    np.testing.assert_array_equal(np.kron(F.AT, F.AT) @ at_one, np.ones(m * m))


@pytest.mark.parametrize("F", [lesson.F4, lesson.F2])
def test_the_matrices_multiply_polynomials(F):
    """Aᵀ [(G w) ⊙ (Bᵀ x)] is the correlation of the tile's pixels with three taps."""
    x, w = np.random.default_rng(0).standard_normal(len(F.BT)), np.array([2.0, -1.0, 3.0])
    y = F.AT @ ((F.G @ w) * (F.BT @ x))
    np.testing.assert_allclose(y, np.correlate(x, w, "valid"))


def test_gradients_that_are_not_asked_for_are_not_computed(monkeypatch):
    def never(*_):
        raise AssertionError("the weights are frozen")

    monkeypatch.setattr(lesson, "three_products_turned_around", never)
    x = Tensor(np.ones((1, 40, 5, 5)))
    y = conv2d(x, np.ones((40, 40, 3, 3)), padding=1)
    grad(y, [x], seed=np.ones(y.shape))


@pytest.mark.parametrize("way", ["definition", "columns", "pointwise", "winograd", "winograd2"])
def test_what_is_rectified_at_once_is_relu_of_the_convolution(way, rng):
    edge = 1 if way == "pointwise" else 3
    x, weight = rng.standard_normal((2, 9, 10, 7)), rng.standard_normal((8, 9, edge, edge))
    bias = rng.standard_normal(8)
    with force(way):
        z, y = rectified_conv2d(x, weight, bias), conv2d(x, weight, bias)
    np.testing.assert_array_equal(z, np.maximum(y, 0))


def test_memory_stays_channels_last():
    x = np.ones((2, 8, 9, 9), np.float32)
    y = conv2d(Tensor(x), np.ones((8, 8, 3, 3), np.float32))
    assert y.data.transpose(0, 2, 3, 1).flags.c_contiguous


# ── Which way ────────────────────────────────────────────────────────────────────────────────────

ONE = (1, 1)


@pytest.mark.parametrize(("x", "weight", "options", "way"), [
    ((1, 64, 56, 56), (64, 64, 3, 3), {}, "winograd"),
    ((1, 64, 14, 14), (64, 64, 3, 3), {}, "winograd2"),
    ((1, 3, 224, 224), (64, 3, 3, 3), {}, "columns"),
    ((1, 32, 60, 80), (32, 32, 3, 3), {}, "columns"),
    ((1, 64, 56, 56), (64, 64, 3, 3), {"stride": (2, 2)}, "columns"),
    ((1, 64, 56, 56), (64, 64, 3, 3), {"dilation": (2, 2)}, "columns"),
    ((1, 64, 56, 56), (64, 64, 3, 3), {"padding": (3, 3)}, "columns"),
    ((1, 3, 224, 224), (64, 3, 11, 11), {"stride": (4, 4)}, "columns"),
    ((1, 64, 56, 56), (16, 64, 1, 1), {"padding": (0, 0)}, "pointwise"),
    ((1, 64, 56, 56), (64, 32, 3, 3), {"groups": 2}, "definition"),
])
def test_the_way_follows_from_the_shapes(x, weight, options, way):
    choice = {"stride": ONE, "padding": ONE, "dilation": ONE, "groups": 1} | options
    assert choose(x, weight, **choice) == way


def test_the_tape_shows_the_way_that_was_taken():
    x = Tensor(np.ones((1, 40, 5, 5)))
    weight = np.ones((40, 40, 3, 3))
    assert "three_products" in str(tape(conv2d(x, weight)))
    with force("definition"):
        assert "overlap_add" in str(tape(conv2d(x, weight)))


def test_a_way_that_cannot_be_taken_is_refused():
    with force("winograd"), pytest.raises(ValueError, match="cannot go by 'winograd', only by"):
        conv2d(np.ones((1, 8, 9, 9)), np.ones((8, 8, 5, 5)))
    with pytest.raises(ValueError, match="does not know the way 'fft'"), force("fft"):
        pass


def test_an_image_smaller_than_its_filter_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="a window of 3×3 does not fit"):
        conv2d(np.ones((1, 8, 2, 2)), np.ones((8, 8, 3, 3)))


# ── Blocks ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("images", "rows", "columns"), [(1, 14, 14), (3, 28, 28), (64, 2, 2)])
def test_blocks_cover_every_row_once_and_are_alike(images, rows, columns):
    blocks = blocks_of(images, rows, columns, windows=50)
    covered = np.zeros((images, rows), int)
    for block in blocks:
        covered[block.images, block.rows] += 1
    assert (covered == 1).all()
    heights = {block.height for block in blocks}
    assert max(heights) - min(heights) <= 1
    assert rows == 2 or len(blocks) % 4 == 0
