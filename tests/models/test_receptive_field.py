"""Receptive fields: the published sizes, and the pixels that really have an influence."""

from types import SimpleNamespace

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops
from models.receptive_field import WHOLE, ReceptiveField, trace


def field(*windows):
    """What a unit sees behind layers with these windows (k, s, p): (size, stride, start)."""
    names = [str(number) for number in range(len(windows))]
    layers = [SimpleNamespace(name=n, window=w, upward=False)
              for n, w in zip(names, windows, strict=True)]
    below = {name: names[i - 1 : i] if i else [] for i, name in enumerate(names)}
    return tuple(trace(layers, below)[names[-1]])


# ── By hand ─────────────────────────────────────────────────────────────────────────────────────


def test_a_3x3_window_sees_3_pixels_the_first_beyond_the_border():
    assert field((3, 1, 1)) == (3, 1, -1)
    assert field((3, 1, 0)) == (3, 1, 0)


def test_two_3x3_windows_see_5_pixels_and_three_see_7():
    assert field((3, 1, 1), (3, 1, 1)) == (5, 1, -2)
    assert field((3, 1, 1), (3, 1, 1), (3, 1, 1)) == (7, 1, -3)


def test_after_a_stride_of_2_neighbours_are_2_pixels_apart():
    assert field((2, 2, 0)) == (2, 2, 0)


def test_a_window_upon_units_2_apart_reaches_twice_as_far():
    """Units 0, 1, 2 see the pixels 0–1, 2–3, 4–5."""
    assert field((2, 2, 0), (3, 1, 0)) == (6, 2, 0)


def test_strides_multiply():
    """Units of 3 pixels, 4 in a row, 2 units on: 3 + 3·3 pixels."""
    assert field((3, 3, 0), (4, 2, 0)) == (12, 6, 0)


def test_padding_counts_in_units_of_the_layer_below():
    assert field((3, 2, 1), (5, 3, 2)) == (11, 6, -5)


def test_what_reads_everything_sees_everything_and_so_does_what_follows():
    assert field(None) == tuple(WHOLE)
    assert field((3, 1, 1), None) == field((3, 1, 1), None, (1, 1, 0)) == tuple(WHOLE)


# ── Of real networks ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name, sizes",
    [
        ("alexnet", dict(conv1=11, pool1=19, conv2=51, conv3=99, conv5=163, pool5=195)),
        ("vgg16", dict(conv1_1=3, pool5=212)),
    ],
)
def test_sizes_are_the_published_ones(name, sizes):
    net = models.table(name)
    assert {layer: net.receptive_field(layer).size for layer in sizes} == sizes


def every_tap(g, x, **options):
    """A rule for max pooling: all that a window sees gets its gradient, not the winner alone."""
    x = Tensor(x)
    return grad(ops.avg_pool2d(x, **options), [x], seed=g)[0]


def influence(net, layer, row, column, image):
    """The box of the pixels with ∂a/∂x ≠ 0, all weights and pixels being positive."""
    params = {
        name: np.abs(array) if array.ndim > 1 else array for name, array in net.params.items()
    }
    x = Tensor(np.full((1, 3, *image), 255.0))
    unit = net(x, until=layer, params=params)[layer][:, :, row, column].sum()
    pooled = any(name.split("/")[-1].startswith("pool") for name in net(x, until=layer))
    (g,) = grad(unit, [x], rules={ops.max_pool2d: every_tap} if pooled else None)
    g = np.abs(g).sum(axis=(0, 1))
    rows, columns = np.nonzero(g > 1e-12 * g.max())     # beyond the box Winograd's rounding is left
    return rows.min(), columns.min(), rows.max() + 1, columns.max() + 1


@pytest.mark.parametrize(
    "name, image, layers",
    [
        ("alexnet", (79, 95), ["conv1", "pool1", "conv2", "conv3"]),
        ("minivgg", (64, 80), ["relu1_1", "pool2", "relu3_2", "pool3"]),
        ("squeezenet1_1", (63, 67), ["pool1", "fire2/concat", "pool3", "fire4/expand1x1"]),
        (
            "googlenet",
            (80, 96),
            ["inception3a/relu_1x1", "inception3a/relu_5x5", "inception3a/pool_proj",
             "inception3a/concat", "inception3b/concat"],
        ),
    ],
)
def test_the_traced_box_is_where_the_gradient_is_not_zero(name, image, layers):
    net = models.build(name, classes=2, dtype="float64")
    for layer in layers:
        _, height, width = net.output_shapes(image)[layer]
        for row, column in [(0, 0), (height // 2, width // 2), (height - 1, width - 1)]:
            traced = net.receptive_field(layer).box(row, column, image)
            assert influence(net, layer, row, column, image) == traced, (layer, row, column)


def test_where_a_scale_goes_up_the_box_holds_what_each_unit_sees_and_little_more():
    """U-Net's lowest pixels are 4 of the image's: a box is up to 3 pixels too large on a side."""
    net = models.build("unet", classes=2, dtype="float64", attributes={"width": 2, "levels": 3})
    image = 68, 76
    for layer in ("relu3_2", "up2", "relu2_4", "up1", "score"):
        _, height, width = net.output_shapes(image)[layer]
        for row, column in [(0, 0), (height // 2, width // 2 + 1), (height - 1, width - 1)]:
            traced = net.receptive_field(layer).box(row, column, image)
            seen = influence(net, layer, row, column, image)
            over = np.subtract(seen, traced) * (1, 1, -1, -1)
            assert (over >= 0).all() and (over <= 3).all(), (layer, row, column)


def test_a_concat_sees_what_its_widest_branch_sees():
    net = models.table("googlenet")
    branches = [net.receptive_field(f"inception4b/relu_{b}") for b in ("1x1", "3x3", "pool_proj")]
    assert net.receptive_field("inception4b/concat") == max(branches)


def test_behind_a_layer_that_reads_everything_all_is_seen():
    for name, layer in [("vgg16", "fc6"), ("minivgg", "avgpool"), ("squeezenet1_0", "pool10")]:
        field = models.table(name).receptive_field(layer)
        assert field.size is None and field.box(image=(30, 40)) == (0, 0, 30, 40)
        with pytest.raises(ValueError, match="whole image"):
            field.box()


def test_a_box_may_reach_beyond_the_border_or_be_cut_there():
    field = ReceptiveField(size=10, stride=4, start=-3)
    assert field.box(0, 2) == (-3, 5, 7, 15)
    assert field.box(0, 2, image=(6, 12)) == (0, 5, 6, 12)
    assert field.box(100, 0, image=(6, 12)) == (6, 0, 6, 7)     # it stands on padding alone


def test_an_unknown_layer_is_said():
    with pytest.raises(ValueError, match="did you mean relu4_2"):
        models.table("vgg16").receptive_field("relu4.2")
