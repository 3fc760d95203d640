"""Convolutions by every way, pools and norms: memory in any order, one block and many."""

import contextlib

import pytest
from alike import LAYOUTS, normal, on_both

from minigrad import Tensor, grad, ops
from minigrad.ops.fast import blocks, threads
from minigrad.ops.fast.ways import force

GEOMETRIES = {
    "definition": [
        ((3, 2), {"stride": (2, 1), "padding": 1, "dilation": (1, 2)}), ((3, 3), {"groups": 2}),
    ],
    "columns": [
        ((3, 2), {"stride": (2, 1), "padding": 1, "dilation": (1, 2)}),
        ((5, 5), {"padding": 2}), ((3, 3), {"stride": 3}),
    ],
    "pointwise": [((1, 1), {})],
    "winograd": [((3, 3), {"padding": 1}), ((3, 3), {"padding": (0, 2)})],
    "winograd2": [((3, 3), {"padding": 1}), ((3, 3), {"padding": (2, 0)})],
}  # fmt: skip
CONVOLUTIONS = [(way, *one) for way, every in GEOMETRIES.items() for one in every]


@contextlib.contextmanager
def small_blocks(many):
    """Blocks of 32 KB in place of 256 MB, or as they are; and three threads, or one."""
    before = blocks.LAUNCH
    blocks.LAUNCH = 2**15 if many else before
    threads.use(3 if many else 1)
    try:
        yield
    finally:
        blocks.LAUNCH = before


def convolved(to, way, layout, kernel, options, dtype="float64", size=(13, 11)):
    x = LAYOUTS[layout](to(normal(3, 10, *size).astype(dtype)))
    weight = to(normal(8, 10 // options.get("groups", 1), *kernel).astype(dtype))
    wrapped = Tensor(x), Tensor(weight), Tensor(to(normal(8).astype(dtype)))
    with force(way):
        y = ops.conv2d(*wrapped, **options)
    g = LAYOUTS[layout](to(normal(*y.shape, seed=1).astype(dtype)))
    return [y, *grad(y, wrapped, seed=g)]


@pytest.mark.parametrize("many", [False, True], ids=["one block", "many blocks"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("way, kernel, options", CONVOLUTIONS)
def test_convolution_is_that_of_the_cpu(way, kernel, options, layout, many):
    with small_blocks(many):
        on_both(lambda to, _: convolved(to, way, layout, kernel, options))


@pytest.mark.parametrize("way", GEOMETRIES)
def test_convolution_of_float32_and_of_whole_tiles_is_that_of_the_cpu(way):
    geometry = GEOMETRIES[way][0]
    on_both(lambda to, _: convolved(to, way, "rows last", *geometry, "float32"))
    on_both(lambda to, _: convolved(to, way, "channels last", *geometry, size=(12, 8)))


@pytest.mark.parametrize("way", GEOMETRIES)
def test_convolution_with_16_threads_is_that_of_the_cpu(way):
    threads.use(16)
    on_both(lambda to, _: convolved(to, way, "channels last", *GEOMETRIES[way][0]))


POOLS = {
    "max, overlapping": (ops.max_pool2d, {"kernel_size": 3, "stride": 2, "padding": 1}),
    "max, VGG's": (ops.max_pool2d, {"kernel_size": 2}),
    "max, ceil": (ops.max_pool2d, {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
    "average": (
        ops.avg_pool2d, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    ),
    "adaptive": (ops.adaptive_avg_pool2d, {"output_size": (4, 3)}),
    "nearest": (ops.upsample_nearest, {"scale": (2, 3)}),
    "bilinear": (ops.upsample_bilinear, {"size": (9, 17)}),
}  # fmt: skip


@pytest.mark.parametrize("many", [False, True], ids=["one block", "many blocks"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", POOLS)
def test_pooling_and_its_counterpart_are_those_of_the_cpu(name, layout, many):
    op, options = POOLS[name]

    def pooled(to, _):
        x = Tensor(LAYOUTS[layout](to(normal(3, 10, 12, 10))))
        y = op(x, **options)
        return [y, *grad(y, [x], seed=LAYOUTS[layout](to(normal(*y.shape, seed=1))))]

    with small_blocks(many):
        on_both(pooled)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_batch_norm_is_that_of_the_cpu(layout):
    def normed(to, _):
        x = Tensor(LAYOUTS[layout](to(normal(3, 4, 6, 5))))
        weight, bias = Tensor(to(normal(4))), Tensor(to(normal(4, seed=1)))
        y = ops.batch_norm(x, weight, bias)
        g = LAYOUTS[layout](to(normal(*y.shape, seed=2)))
        return [y, *grad(y, [x, weight, bias], seed=g)]

    on_both(normed)


SAME_SHAPE = {
    "relu": ops.relu,
    "tanh": ops.tanh,
    "softmax": ops.softmax,
    "pad and cut": lambda x: ops.pad(x, [(0, 0), (0, 0), (1, 2), (0, 1)])[:, :, 1:-2, :-1],
    "roll": lambda x: ops.roll(x, [1, -2], (2, 3)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", SAME_SHAPE)
def test_gradients_do_not_depend_on_the_order_in_memory(name, layout):
    def gradient(to, _):
        x = Tensor(LAYOUTS[layout](to(normal(2, 3, 6, 5))))
        y = SAME_SHAPE[name](x)
        return grad(y, [x], seed=LAYOUTS[layout](y.data))

    on_both(gradient)
