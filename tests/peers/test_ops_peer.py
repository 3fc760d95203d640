"""Every op and gradient agrees with PyTorch's, over many shapes and options.

"Relative" is max|a − b| / max|b|: 1e-10 in float64, 1e-5 in float32.
"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minigrad import Tensor, grad, ops

torch = pytest.importorskip("torch")
F = torch.nn.functional
dtypes = st.sampled_from(["float64", "float64", "float32"])
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


def cases(n):
    """The same n cases in every run."""
    return settings(max_examples=n, deadline=None, derandomize=True)


def small(low, high):
    return st.integers(low, high)


def either(low, high):
    """One number for rows and columns, or one of each."""
    return st.one_of(small(low, high), st.tuples(small(low, high), small(low, high)))


def compare(ours, theirs, *arrays, seed=0):
    """Compare the value and all gradients; theirs raising means that ours must raise, too."""
    rng = np.random.default_rng(seed)
    xs = [Tensor(a) for a in arrays]
    ts = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    try:
        t = theirs(*ts)
    except RuntimeError:
        with pytest.raises(ValueError):
            ours(*xs)
        return
    y = ours(*xs)
    close(y.data, t)
    g = np.asarray(rng.normal(size=y.shape), y.dtype)
    t.backward(torch.from_numpy(g))
    for found, expected in zip(grad(y, xs, seed=g), ts, strict=True):
        close(found, expected.grad)


def close(a, t):
    b = t.detach().numpy()
    assert a.shape == b.shape and a.dtype == b.dtype
    assert np.abs(a - b).max(initial=0) <= TOLERANCE[str(b.dtype)] * np.abs(b).max(initial=1e-3)


def normal(shape, dtype="float64", seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(dtype)


def apart(shape, dtype="float64", seed=0):
    """Numbers no two of which are near each other, so that a maximum is clear in any precision."""
    rng = np.random.default_rng([seed, *shape])
    return (rng.permutation(int(np.prod(shape))).reshape(shape) / 7 - 3).astype(dtype)


# ── Convolution ──────────────────────────────────────────────────────────────────────────────────


@st.composite
def convolutions(draw, transposed=False):
    groups = draw(small(1, 3))
    inner = groups * draw(small(1, 3)), groups * draw(small(1, 3))
    kernel = draw(small(1, 4)), draw(small(1, 4))
    options = {
        "stride": draw(either(1, 3)), "padding": draw(either(0, 2)),
        "dilation": draw(either(1, 2)), "groups": groups,
    }
    image = draw(small(1, 3)), inner[0], draw(small(1, 9)), draw(small(1, 9))
    if transposed:
        options["output_padding"] = draw(either(0, 1))
        weight = (inner[0], inner[1] // groups, *kernel)
    else:
        weight = (inner[1], inner[0] // groups, *kernel)
    return image, weight, inner[1], options, draw(st.booleans()), draw(dtypes)


def two(value):
    return (value, value) if isinstance(value, int) else value


@cases(200)
@given(convolutions())
def test_conv2d(case):
    image, weight, outputs, options, biased, dtype = case
    reach = [d * (k - 1) + 1 for d, k in zip(two(options["dilation"]), weight[2:], strict=True)]
    room = [n + 2 * p for n, p in zip(image[2:], two(options["padding"]), strict=True)]
    assume(all(r <= n for r, n in zip(reach, room, strict=True)))
    arrays = [normal(image, dtype), normal(weight, dtype, 1)]
    arrays += [normal((outputs,), dtype, 2)] * biased
    compare(lambda *a: ops.conv2d(*a, **options), lambda *a: F.conv2d(*a, **options), *arrays)


@cases(60)
@given(st.integers(8, 20), st.integers(8, 20), small(1, 3), small(1, 13), small(1, 13),
       small(0, 2), dtypes)
def test_conv2d_3x3_the_fast_way(C, out, N, H, W, padding, dtype):
    assume(min(H, W) + 2 * padding >= 3)
    arrays = normal((N, C, H, W), dtype), normal((out, C, 3, 3), dtype, 1), normal((out,), dtype, 2)
    compare(lambda *a: ops.conv2d(*a, padding=padding),
            lambda *a: F.conv2d(*a, padding=padding), *arrays)


@cases(120)
@given(convolutions(transposed=True))
def test_conv_transpose2d(case):
    image, weight, outputs, options, biased, dtype = case
    pairs = zip(two(options["output_padding"]), two(options["stride"]), two(options["dilation"]),
                strict=True)
    assume(all(e < max(s, d) for e, s, d in pairs))
    arrays = [normal(image, dtype), normal(weight, dtype, 1)]
    arrays += [normal((outputs,), dtype, 2)] * biased
    compare(lambda *a: ops.conv_transpose2d(*a, **options),
            lambda *a: F.conv_transpose2d(*a, **options), *arrays)


@cases(30)
@given(st.sampled_from([(3,), (), (2, 4), (0,)]), small(1, 6), small(1, 6), st.booleans(), dtypes)
def test_linear(places, inner, outputs, biased, dtype):
    arrays = [normal((*places, inner), dtype), normal((outputs, inner), dtype, 1)]
    arrays += [normal((outputs,), dtype, 2)] * biased
    compare(ops.linear, F.linear, *arrays)


@pytest.mark.parametrize(
    "shapes",
    [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((1, 4), (4, 1)),
     ((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 5)), ((2, 3, 4), (4,)), ((4,), (2, 4, 5)),
     ((0, 4), (4, 5)), ((3, 0), (0, 5))],
)
def test_matmul_with_leading_axes_that_broadcast(shapes):
    compare(ops.matmul, torch.matmul, *map(normal, shapes))


# ── Pooling, resampling, norms ───────────────────────────────────────────────────────────────────


@st.composite
def poolings(draw):
    kernel = draw(either(1, 4))
    options = {
        "stride": draw(st.one_of(st.none(), either(1, 4))),
        "padding": tuple(draw(small(0, k // 2)) for k in two(kernel)),
        "ceil_mode": draw(st.booleans()),
    }
    return (draw(small(1, 2)), draw(small(1, 9)), draw(small(1, 10)), draw(small(1, 10))), kernel, \
        options, draw(dtypes)


@cases(150)
@given(poolings())
def test_max_pool2d(case):
    shape, kernel, options, dtype = case
    compare(lambda x: ops.max_pool2d(x, kernel, **options),
            lambda x: F.max_pool2d(x, kernel, **options), apart(shape, dtype))


@cases(60)
@given(poolings())
def test_the_switches_of_max_pool2d(case):
    shape, kernel, options, dtype = case
    x = apart(shape, dtype)
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


@cases(150)
@given(poolings())
def test_avg_pool2d(case):
    shape, kernel, options, dtype = case
    compare(lambda x: ops.avg_pool2d(x, kernel, **options),
            lambda x: F.avg_pool2d(x, kernel, **options), normal(shape, dtype))


@cases(60)
@given(small(1, 2), small(1, 3), small(1, 12), small(1, 12), either(1, 7), dtypes)
def test_adaptive_avg_pool2d(N, C, H, W, size, dtype):
    compare(lambda x: ops.adaptive_avg_pool2d(x, size),
            lambda x: F.adaptive_avg_pool2d(x, size), normal((N, C, H, W), dtype))


@cases(60)
@given(small(1, 2), small(1, 3), small(2, 9), small(2, 9), small(2, 3), dtypes)
def test_max_unpool2d(N, C, H, W, k, dtype):
    assume(min(H, W) >= k)
    x = apart((N, C, H, W), dtype)
    _, places = F.max_pool2d(torch.from_numpy(x), k, return_indices=True)
    switches = ops.max_pool_switches(x, k)
    compare(lambda y: ops.max_unpool2d(y, switches, (H, W), k),
            lambda y: F.max_unpool2d(y, places, k, output_size=(H, W)),
            normal(tuple(places.shape), dtype))


@st.composite
def regions(draw):
    """Maps, and boxes within them: (their shape, (K, 5))."""
    N, H, W, K = draw(small(1, 3)), draw(small(3, 9)), draw(small(3, 9)), draw(small(1, 5))
    rng = np.random.default_rng(draw(small(0, 10**6)))
    low = rng.uniform(0, 0.6, (K, 2))
    high = low + rng.uniform(0.1, 0.4, (K, 2))
    edges = np.concatenate([low, high], axis=1) * [W - 1, H - 1, W - 1, H - 1]
    return (N, 2, H, W), np.column_stack([rng.integers(0, N, K), edges])


def between(x, n, box, size, samples):
    """RoIAlign of one box by PyTorch's own grid_sample."""
    (H, W), (x0, y0, x1, y1) = x.shape[2:], box
    t = [(torch.arange(s * samples, dtype=x.dtype) + 0.5) / (s * samples) for s in size]
    rows, columns = (y0 + (y1 - y0) * t[0]) / H * 2 - 1, (x0 + (x1 - x0) * t[1]) / W * 2 - 1
    y, x_ = torch.meshgrid(rows, columns, indexing="ij")
    seen = F.grid_sample(x[n : n + 1], torch.stack([x_, y], dim=-1)[None], padding_mode="border",
                         align_corners=False)
    return F.avg_pool2d(seen, samples)


@cases(60)
@given(regions(), either(1, 4), small(1, 3), st.sampled_from([1.0, 0.25]))
def test_roi_align(case, size, samples, scale):
    shape, boxes = case
    photo = boxes / [1, scale, scale, scale, scale]
    compare(lambda x: ops.roi_align(x, photo, size, scale, samples),
            lambda x: torch.cat([between(x, int(n), box, two(size), samples) for n, *box in boxes]),
            normal(shape, "float64"))


@cases(60)
@given(regions(), either(1, 3))
def test_roi_pool(case, size):
    shape, boxes = case

    def pooled(x, n, box):  # the units of the rounded box, both edges among them
        x0, y0, x1, y1 = (int(np.floor(edge + 0.5)) for edge in box)
        part = x[int(n) : int(n) + 1, :, y0 : y1 + 1, x0 : x1 + 1]
        return F.adaptive_max_pool2d(part, two(size))

    compare(lambda x: ops.roi_pool(x, boxes, size),
            lambda x: torch.cat([pooled(x, n, box) for n, *box in boxes]), apart(shape, "float64"))


@cases(20)
@given(small(1, 3), small(1, 5), small(1, 5), either(1, 3), dtypes)
def test_upsample_nearest(C, H, W, scale, dtype):
    compare(lambda x: ops.upsample_nearest(x, scale),
            lambda x: F.interpolate(x, scale_factor=scale, mode="nearest"),
            normal((2, C, H, W), dtype))


@cases(40)
@given(small(1, 3), small(1, 7), small(1, 7), either(1, 9), dtypes)
def test_upsample_bilinear(C, H, W, size, dtype):
    compare(lambda x: ops.upsample_bilinear(x, size),
            lambda x: F.interpolate(x, two(size), mode="bilinear"), normal((2, C, H, W), dtype))


@cases(60)
@given(small(2, 4), small(1, 12), st.sampled_from([(), (1, 1), (3, 4), (5, 5)]), st.booleans())
def test_batch_norm(N, C, image, of_batch):
    x, weight, bias = normal((N, C, *image)), normal((C,), seed=1), normal((C,), seed=2)
    mean, var = normal((C,), seed=3), normal((C,), seed=4) ** 2
    ours = (None, None) if of_batch else (mean, var)
    theirs = (None, None) if of_batch else (torch.from_numpy(mean), torch.from_numpy(var))

    def peer(x, w, b):
        return F.batch_norm(x, *theirs, w, b, training=of_batch, eps=1e-5)

    compare(lambda x, w, b: ops.batch_norm(x, w, b, *ours), peer, x, weight, bias)


# ── Activations, losses ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activations(name, dtype):
    x = np.concatenate([normal((20,), dtype) * 3, np.array([0, -90, 90], dtype)])
    compare(getattr(ops, name), getattr(torch, name), x)


def test_leaky_relu():
    x = np.append(normal((20,)), 0.0)
    compare(lambda x: ops.leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, 0.2), x)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("scale", [1, 500])
def test_softmax_and_log_softmax(axis, scale):
    x = normal((3, 4, 5)) * scale
    compare(lambda x: ops.softmax(x, axis), lambda x: F.softmax(x, axis), x)
    compare(lambda x: ops.log_softmax(x, axis), lambda x: F.log_softmax(x, axis), x)


@cases(60)
@given(small(1, 5), small(2, 6), st.sampled_from([(), (2, 3)]), st.floats(0, 0.9), dtypes,
       st.integers(0, 99), st.booleans())
def test_cross_entropy(N, K, image, smoothing, dtype, seed, weighted):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, K, (N, *image))
    labels[rng.random(labels.shape) < 0.3] = 255
    assume((labels != 255).any())
    options = {"ignore_index": 255, "label_smoothing": smoothing}
    w = rng.uniform(0.1, 2, K).astype(dtype) if weighted else None
    compare(lambda s: ops.cross_entropy(s, labels, weight=w, **options),
            lambda s: F.cross_entropy(s, torch.from_numpy(labels),
                                      None if w is None else torch.from_numpy(w), **options),
            normal((N, K, *image), dtype) * 5)


def test_binary_cross_entropy():
    compare(ops.binary_cross_entropy, F.binary_cross_entropy_with_logits,
            30 * normal((4, 5)), np.abs(np.tanh(normal((4, 5), seed=1))))


def test_mse():
    compare(ops.mse, F.mse_loss, normal((3, 4)), normal((3, 4), seed=1))


# ── Arithmetic and shapes ────────────────────────────────────────────────────────────────────────

BROADCAST = [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (4, 1))]


@pytest.mark.parametrize("shapes", BROADCAST)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "maximum", "minimum"])
def test_arithmetic_with_broadcasting(name, shapes):
    a, b = normal(shapes[0]), normal(shapes[1], seed=1) + 3
    compare(getattr(ops, name), getattr(torch, name), a, b)


def test_maximum_shares_the_gradient_where_both_are_equal():
    compare(ops.maximum, torch.maximum, np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 3.0]))


@pytest.mark.parametrize("shapes", BROADCAST)
def test_power_clip_and_where_of_arrays(shapes):
    a, b = np.asarray(np.abs(normal(shapes[0])) + 0.1), normal(shapes[1], seed=1)
    compare(ops.power, torch.pow, a, b)
    compare(lambda x, low: ops.clip(x, low, low + 1), lambda x, low: torch.clip(x, low, low + 1),
            a, b)
    mask = normal(np.broadcast_shapes(*shapes)) > 0
    compare(lambda a, b: ops.where(mask, a, b),
            lambda a, b: torch.where(torch.from_numpy(mask), a, b), a, b)


def test_powers_at_zero():
    x, n = np.array([0.0, 0.0, 0.0, 2.0, 0.0]), np.array([0.0, 1.0, 2.0, 0.0, 0.5])
    for ours, theirs in [(ops.power, torch.pow), (lambda x, n: 2.0**x + n, None)]:
        compare(ours, theirs or ours, x[:4], n[:4])
    for power in (0, 1, 2, 3, 0.5 + 1):
        compare(lambda x, p=power: x**p, lambda x, p=power: x**p, x)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ops.exp, torch.exp), (ops.log, torch.log), (ops.sqrt, torch.sqrt), (ops.abs, torch.abs),
        (ops.negative, torch.neg),
        (lambda x: ops.power(x, 3), lambda x: x**3), (lambda x: x**2, lambda x: x**2),
        (lambda x: x**-0.5, lambda x: x**-0.5),
        (lambda x: ops.clip(x, 1.0, 2.0), lambda x: torch.clip(x, 1.0, 2.0)),
    ],
)
def test_functions_of_one_number(ours, theirs):
    compare(ours, theirs, np.abs(normal((4, 5))) + 0.5)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
def test_reductions(axis, keepdims):
    x = apart((2, 3, 4))
    ours = {"axis": axis, "keepdims": keepdims}
    theirs = {"dim": axis if axis is not None else (0, 1, 2), "keepdim": keepdims}
    compare(lambda x: ops.sum(x, **ours), lambda x: torch.sum(x, **theirs), x)
    compare(lambda x: ops.mean(x, **ours), lambda x: torch.mean(x, **theirs), x)
    compare(lambda x: ops.max(x, **ours), lambda x: torch.amax(x, **theirs), x)
    compare(lambda x: ops.min(x, **ours), lambda x: torch.amin(x, **theirs), x)
    for c in (0, 1):
        compare(lambda x, c=c: ops.var(x, correction=c, **ours),
                lambda x, c=c: torch.var(x, correction=c, **theirs), x)


def test_max_shares_the_gradient_among_equals():
    x = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    compare(lambda x: ops.max(x, axis=1), lambda x: torch.amax(x, 1), x)


@pytest.mark.parametrize(
    "index",
    [0, -1, slice(1, None), (slice(None), 2), (..., None, slice(None, None, 2)), [0, 2, 0],
     ([0, 1, 1], [2, 2, 2])],
)
def test_indexing_adds_up_what_was_copied_twice(index):
    compare(lambda x: x[index], lambda x: x[index], normal((3, 4)))


def test_indexing_by_a_mask_and_by_an_array():
    mask, rows = np.eye(3, 4) > 0, np.array([[0, 1], [1, 1]])
    compare(lambda x: x[mask], lambda x: x[torch.from_numpy(mask)], normal((3, 4)))
    compare(lambda x: x[rows], lambda x: x[torch.from_numpy(rows)], normal((3, 4)))


def test_moving_numbers_about():
    x = normal((2, 3, 4))
    compare(lambda x: x.reshape((4, -1)), lambda x: x.reshape(4, -1), x)
    compare(lambda x: x.transpose((2, 0, 1)), lambda x: x.permute(2, 0, 1), x)
    compare(lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1)), 7.0),
            lambda x: F.pad(x, (0, 1, 1, 2), value=7.0), x)
    compare(lambda x: ops.roll(x, (1, -2), (0, 2)), lambda x: torch.roll(x, (1, -2), (0, 2)), x)
    compare(lambda a, b: ops.stack([a, b, a], -1), lambda a, b: torch.stack([a, b, a], -1), x, x)
    compare(lambda a, b: ops.concatenate([a, b], 1), lambda a, b: torch.cat([a, b], 1),
            x, normal((2, 5, 4)))
