"""The table's images: convolution by every way, pooling, batch norm, upsampling, boxes.

Read before: fuzz_products.py.  Read next: fuzz_graphs.py.
"""

import contextlib

import numpy as np
import pytest
from fuzz_conventions import differs
from fuzz_draw import Case, Draw
from fuzz_ops import entry

from minigrad import ops
from minigrad.ops.fast.ways import force

torch = pytest.importorskip("torch")
F = torch.nn.functional


def conv2d_case(draw: Draw, way, kernel, channels, groups=1, largest=14, **options):
    """A convolution that is made to go one way; None leaves the choice to the library."""
    into, out = channels
    x = draw.images(into, 1, largest)
    arrays = [draw.array(x, "unit"), draw.array((out, into // groups, *kernel), "weight")]
    arrays += [draw.array((out,), "unit")] * draw.chance(0.7)
    padding, dilation = _pair(options.get("padding", 0)), _pair(options.get("dilation", 1))
    sizes = zip(x[2:], kernel, padding, dilation, strict=True) if way else ()
    forced = way if x[0] and all(d * (k - 1) < n + 2 * p for n, k, p, d in sizes) else None

    def ours(*arrays):
        with force(forced) if forced else contextlib.nullcontext():
            return ops.conv2d(*arrays, groups=groups, **options)

    def theirs(*arrays):
        return F.conv2d(*arrays, groups=groups, **options)

    shapes = " · ".join(str(a.shape) for a in arrays)
    return Case(ours, theirs, arrays, f"{shapes}, groups={groups}, {options}, by {forced}")


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _geometry(draw):
    return {
        "stride": draw.either(1, 4), "padding": draw.either(0, 3), "dilation": draw.either(1, 2),
    }  # fmt: skip


@entry
def conv2d(draw: Draw):
    """Whatever way the library takes by itself."""
    groups = draw.one_of(1, 1, 2, 3)
    channels = groups * draw.int(1, 4), groups * draw.int(1, 4)
    kernel = draw.int(1, 5), draw.int(1, 5)
    return conv2d_case(draw, None, kernel, channels, groups, **_geometry(draw))


@entry
def conv2d__definition(draw: Draw):
    groups = draw.one_of(1, 2)
    channels = groups * draw.int(1, 3), groups * draw.int(1, 3)
    kernel = draw.int(1, 4), draw.int(1, 4)
    return conv2d_case(draw, "definition", kernel, channels, groups, **_geometry(draw))


@entry
def conv2d__columns(draw: Draw):
    kernel = draw.int(1, 7), draw.int(1, 7)
    channels = draw.int(1, 9), draw.int(1, 9)
    return conv2d_case(draw, "columns", kernel, channels, largest=30, **_geometry(draw))


@entry
def conv2d__pointwise(draw: Draw):
    return conv2d_case(draw, "pointwise", (1, 1), (draw.int(1, 20), draw.int(1, 20)))


@entry
def conv2d__infinite(draw: Draw):
    """Pixels that are no numbers stay in the windows that see them."""
    kernel = draw.one_of((3, 3), (1, 1), (2, 4))
    way = draw.one_of("definition", "columns", "winograd" if kernel == (3, 3) else "columns")
    case = conv2d_case(draw, way, kernel, (draw.int(1, 5), draw.int(1, 5)), padding=draw.int(0, 2))
    if way == "winograd":
        differs("infinities in a tile")
        return case
    x = np.array(case.arrays[0])
    places = draw.rng.random(x.shape) < 0.02
    x[places] = draw.rng.choice([np.inf, -np.inf, np.nan], int(places.sum()))
    return case._replace(arrays=[draw.laid_out(x), *case.arrays[1:]])


@entry
def conv2d__winograd(draw: Draw):
    channels = draw.int(1, 20), draw.int(1, 20)
    return conv2d_case(draw, "winograd", (3, 3), channels, padding=draw.either(0, 2))


@entry
def conv2d__winograd2(draw: Draw):
    channels = draw.int(1, 20), draw.int(1, 20)
    return conv2d_case(draw, "winograd2", (3, 3), channels, padding=draw.either(0, 2))


@entry
def conv2d__3x3(draw: Draw):
    """Networks' commonest layer: many channels, whatever way is taken."""
    channels = draw.int(8, 33), draw.int(8, 33)
    return conv2d_case(draw, None, (3, 3), channels, largest=20, padding=1)


@entry
def conv2d__same(draw: Draw):
    """padding="same": of an even filter's zeros the end gets one more."""
    kernel = draw.int(1, 5), draw.int(1, 5)
    options = {"padding": draw.one_of("same", "same", "valid"), "dilation": draw.either(1, 2)}
    return conv2d_case(draw, None, kernel, (draw.int(1, 9), draw.int(1, 9)), **options)


@entry
def conv_transpose2d(draw: Draw):
    groups = draw.one_of(1, 1, 2)
    into, out = groups * draw.int(1, 4), groups * draw.int(1, 4)
    kernel = draw.int(1, 4), draw.int(1, 4)
    x = draw.array(draw.images(into, 1, 8), "unit")
    arrays = [x, draw.array((into, out // groups, *kernel), "weight")]
    arrays += [draw.array((out,), "unit")] * draw.chance(0.7)
    options = {
        "stride": draw.either(1, 3), "padding": draw.either(0, 2), "groups": groups,
        "output_padding": draw.either(0, 1) if len(x) else 0, "dilation": draw.either(1, 2),
    }  # fmt: skip
    smallest = 2 * max(_pair(options["padding"])) + 1
    if min(x.shape[2:]) < smallest:
        differs("nothing is no result")
        arrays[0] = draw.array((*x.shape[:2], *(max(n, smallest) for n in x.shape[2:])), "unit")
    return Case(
        lambda *a: ops.conv_transpose2d(*a, **options),
        lambda *a: F.conv_transpose2d(*a, **options), arrays,
        f"{' · '.join(str(a.shape) for a in arrays)}, {options}",
    )  # fmt: skip


# ── Pooling ─────────────────────────────────────────────────────────────────────────────────────


def _window(draw):
    A, B = draw.int(1, 5), draw.int(1, 5)
    padding = draw.one_of(0, min(A, B) // 2, (A // 2, B // 2))
    stride = draw.one_of(None, None, draw.either(1, 4))
    size = (A, B) if isinstance(padding, tuple) or draw.chance(0.5) else A
    if size == A and not isinstance(padding, tuple):
        padding = min(padding, A // 2)
    return {"kernel_size": size, "stride": stride, "padding": padding,
            "ceil_mode": draw.chance(0.5)}  # fmt: skip


def _pooled(draw, ours, theirs, kind="any"):
    x = draw.array(draw.images(draw.int(1, 5)), kind)
    options = _window(draw)
    return Case(
        lambda x: ours(x, **options), lambda x: theirs(x, **options), [x], f"{x.shape}, {options}"
    )


@entry
def max_pool2d(draw: Draw):
    case = _pooled(draw, ops.max_pool2d, F.max_pool2d)
    if np.isnan(case.arrays[0]).any():
        differs("a window with NaN")
        return case._replace(gradients=[])
    return case


@entry
def max_pool2d__infinite(draw: Draw):
    """Windows whose every number is −∞, ties, and borders."""
    case = _pooled(draw, ops.max_pool2d, F.max_pool2d)
    x = draw.rng.choice([-np.inf, -np.inf, -1.0, 2.0, np.inf], case.arrays[0].shape)
    return case._replace(arrays=[draw.laid_out(x.astype(draw.dtype))])


@entry
def max_pool_switches(draw: Draw):
    """Which tap of the window won, from PyTorch's place of the winner in the image."""
    x, options = draw.array(draw.images(draw.int(1, 4)), "any"), _window(draw)
    x = np.where(np.isnan(x), 0, x).astype(draw.dtype)
    (_, B), (p, q) = _pair(options["kernel_size"]), _pair(options["padding"])
    s, t = _pair(options["stride"] or options["kernel_size"])

    def theirs(x):
        _, places = F.max_pool2d(x, **options, return_indices=True)
        rows, columns = places // x.shape[3], places % x.shape[3]
        i = torch.arange(places.shape[2])[:, None] * s - p
        j = torch.arange(places.shape[3]) * t - q
        return (rows - i) * B + columns - j

    return Case(lambda x: ops.max_pool_switches(x, **options), theirs, [x],
                f"{x.shape}, {options}", gradients=[])  # fmt: skip


@entry
def avg_pool2d(draw: Draw):
    return _pooled(draw, ops.avg_pool2d, F.avg_pool2d)


@entry
def adaptive_avg_pool2d(draw: Draw):
    x = draw.array(draw.images(draw.int(1, 5), 1, 11))
    size = draw.one_of(draw.either(1, 8), 1, x.shape[2:])
    return Case(
        lambda x: ops.adaptive_avg_pool2d(x, size), lambda x: F.adaptive_avg_pool2d(x, size), [x],
        f"{x.shape} to {size}",
    )  # fmt: skip


# ── Batch norm and upsampling ───────────────────────────────────────────────────────────────────


def _channels_of_images(draw, smallest_batch=0):
    C = draw.int(1, 9)
    shape = draw.one_of((draw.int(smallest_batch, 9), C), draw.images(C, 1, 9))
    shape = (max(smallest_batch, shape[0]), *shape[1:])
    return [draw.array(shape, "unit"), draw.array((C,), "unit"), draw.array((C,), "unit")]


@entry
def batch_norm(draw: Draw):
    """With statistics that are given."""
    arrays = _channels_of_images(draw)
    C, eps = len(arrays[1]), draw.one_of(1e-5, 1e-3, 0.1)
    arrays += [draw.array((C,), "unit"), abs(draw.array((C,), "unit")) + draw.dtype(0.1)]

    def theirs(x, *of_channels):  # F.batch_norm has no gradient at mean and var
        weight, bias, mean, var = (a.reshape(-1, *[1] * (x.ndim - 2)) for a in of_channels)
        return (x - mean) / torch.sqrt(var + eps) * weight + bias

    return Case(
        lambda *a: ops.batch_norm(*a, eps=eps), theirs, arrays, f"{arrays[0].shape}, eps={eps}"
    )


@entry
def batch_norm__of_batch(draw: Draw):
    """With the batch's own statistics, of two numbers or more."""
    arrays, eps = _channels_of_images(draw, 2), draw.one_of(1e-5, 1e-3, 0.1)

    def theirs(x, weight, bias):
        return F.batch_norm(x, None, None, weight, bias, True, eps=eps)

    return Case(
        lambda *a: ops.batch_norm(*a, eps=eps), theirs, arrays, f"{arrays[0].shape}, eps={eps}"
    )


@entry
def upsample_nearest(draw: Draw):
    x, scale = draw.array(draw.images(draw.int(1, 4), 1, 7)), draw.either(1, 4)

    def theirs(x):
        s, t = _pair(scale)
        return x.repeat_interleave(s, 2).repeat_interleave(t, 3)

    return Case(lambda x: ops.upsample_nearest(x, scale), theirs, [x], f"{x.shape} by {scale}")


@entry
def upsample_bilinear(draw: Draw):
    """To a size larger or smaller than the image's."""
    x, size = draw.array(draw.images(draw.int(1, 4), 1, 9)), draw.either(1, 12)
    if not np.isfinite(x).all():
        differs("a pixel of weight 0")
        x = draw.array(x.shape, "usual")

    def theirs(x):
        return F.interpolate(x, size, mode="bilinear")

    return Case(lambda x: ops.upsample_bilinear(x, size), theirs, [x], f"{x.shape} to {size}")


@entry
def bed_of_nails(draw: Draw):
    """A transposed convolution with filters of one pixel."""
    x, scale = draw.array(draw.images(draw.int(1, 4), 1, 9), "usual"), draw.either(1, 3)

    def theirs(x):
        s, t = _pair(scale)
        y = x.new_zeros(*x.shape[:2], s * x.shape[2], t * x.shape[3])
        y[:, :, ::s, ::t] = x
        return y

    return Case(lambda x: ops.bed_of_nails(x, scale), theirs, [x], f"{x.shape} by {scale}")


@entry
def max_unpool2d(draw: Draw):
    """Windows that do not overlap: where they do, PyTorch keeps one of several numbers."""
    size, k = (draw.int(1, 3), draw.int(1, 4), draw.int(4, 9), draw.int(4, 9)), draw.either(1, 4)
    pooled = draw.array(size, "usual")
    y, places = F.max_pool2d(torch.from_numpy(np.array(pooled)), k, return_indices=True)
    x, switches = draw.array(tuple(y.shape), "usual"), ops.max_pool_switches(pooled, k)
    return Case(lambda x: ops.max_unpool2d(x, switches, size[2:], k),
                lambda x: F.max_unpool2d(x, places, k, output_size=size[2:]), [x],
                f"{x.shape} to {size} by {k}")  # fmt: skip


@entry
def roi_pool(draw: Draw):
    """A box of whole units: adaptive pooling of what is in it."""
    x = draw.array((draw.int(1, 3), draw.int(1, 4), draw.int(3, 9), draw.int(3, 9)), "usual")
    n, size = draw.int(0, len(x) - 1), draw.either(1, 4)
    (top, bottom), (left, right) = (sorted(draw.rng.permutation(m)[:2]) for m in x.shape[2:])

    def theirs(x):
        return F.adaptive_max_pool2d(x[n : n + 1, :, top : bottom + 1, left : right + 1], size)

    return Case(lambda x: ops.roi_pool(x, [[n, left, top, right, bottom]], size), theirs, [x],
                f"{x.shape}, image {n}, {top}–{bottom}, {left}–{right}, by {size}")  # fmt: skip


@entry
def roi_align(draw: Draw):
    """One box for the whole of a map, a point for each unit of another size: to resample it."""
    x = draw.array((1, draw.int(1, 4), draw.int(2, 9), draw.int(2, 9)), "usual")
    size = draw.int(1, 9)
    box = [[0, 0, 0, x.shape[3], x.shape[2]]]

    def theirs(x):
        return F.interpolate(x, _pair(size), mode="bilinear")

    return Case(lambda x: ops.roi_align(x, box, size, samples=1), theirs, [x],
                f"{x.shape} to {size}")  # fmt: skip
