"""U-Net and the layers that lead back up: sizes, receptive fields, settings, weight files."""

import numpy as np
import pytest

import models
from minigrad import Tensor, ops
from models import storage
from models.layers import MaxPool
from models.layers_up import ConvTranspose, Unpool, Upsample
from models.receptive_field import ReceptiveField, trace


@pytest.mark.parametrize("image", [(32, 32), (33, 47), (8, 9), (1, 1)])
def test_every_pixel_of_an_image_of_any_size_has_its_scores(image):
    net = models.build("unet", classes=5, attributes={"width": 2})
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, *image)).astype("f4")
    acts = net(x)
    assert acts.scores.shape == (2, 5, *image)
    assert {n: a.shape[1:] for n, a in acts.items()} == net.output_shapes(image)


def test_width_and_levels_are_those_that_are_asked_for_and_travel_with_the_weights(tmp_path):
    net = models.build("unet", classes=["sky", "road"], attributes={"width": 4, "levels": 3})
    assert net.output_shapes((64, 64))["relu3_2"] == (16, 16, 16) and "conv4_1" not in net.layers
    storage.save(tmp_path / "unet.h5", net.params, net.attributes)
    loaded = models.load("unet", tmp_path / "unet.h5")
    assert loaded.settings == {"width": 4, "levels": 3} and loaded.classes == ["sky", "road"]
    x = np.full((1, 3, 20, 20), 99, "f4")
    assert np.array_equal(loaded.scores(x), net.scores(x))


def test_the_paper_s_width_and_levels_give_the_paper_s_channels():
    shapes = models.table("unet", 2, {"width": 64, "levels": 5}).output_shapes((572, 572))
    assert [shapes[f"relu{n}_2"][0] for n in range(1, 6)] == [64, 128, 256, 512, 1024]
    assert [shapes[f"concat{n}"][0] for n in range(4, 0, -1)] == [1024, 512, 256, 128]


@pytest.mark.parametrize("settings", [{"width": 0}, {"levels": 0}, {"levels": 2.5}])
def test_settings_that_make_no_sense_are_said(settings):
    with pytest.raises((ValueError, TypeError), match="give a whole number, 1 or more"):
        models.table("unet", attributes=settings)


def test_up_again_each_box_holds_what_each_neighbour_sees():
    """Pooled by 4 and painted by 2, from units 4 pixels wide: two neighbours see the same four."""
    layers = [MaxPool("pool", 4, 4), ConvTranspose("up", 1, 1, 2, 2, after=("pool", "pool"))]
    field = trace(layers, {"pool": (), "up": ("pool", "pool")})["up"]
    assert field == ReceptiveField(size=6, stride=2, start=-2)
    for i in range(6):
        top, _, bottom, _ = field.box(i, 0)
        assert top <= 4 * (i // 2) and 4 * (i // 2) + 4 <= bottom
    with pytest.raises(ValueError, match="cannot be followed"):
        trace(layers[1:], {"up": ()})


def test_bilinear_upsampling_is_a_transposed_convolution_with_a_tent(rng):
    """Upsample's window is that of a filter that paints the same numbers, borders aside."""
    layer, x = Upsample("up", 2, after=("a", "b")), rng.normal(size=(1, 1, 5, 6))
    k, s, p = layer.window
    tent = np.array([1, 3, 3, 1]) / 4
    painted = ops.conv_transpose2d(x, np.outer(tent, tent)[None, None], None, s, p)
    assert (k, painted.shape) == (4, (1, 1, 10, 12))
    y = layer(x, painted, params={}, training=None)
    np.testing.assert_allclose(y[..., 1:-1, 1:-1], painted[..., 1:-1, 1:-1])


def test_unpooling_puts_the_maxima_where_they_were(rng):
    pooled = Tensor(rng.normal(size=(1, 2, 5, 6)))
    x = ops.max_pool2d(pooled, 2, ceil_mode=True)
    y = Unpool("up", after=("a", "b"))(x, pooled, params={}, training=None)
    kept = y.data != 0
    assert kept.sum() == x.data.size and np.array_equal(y.data[kept], pooled.data[kept])


def test_segmenters_are_listed_apart_from_those_that_say_what_is_in_a_photo():
    assert "unet" in models.segmenters() and "unet" not in models.names()
    for name in models.segmenters():
        net = models.table(name, classes=7)
        assert net.output_shapes((64, 80))[net.score_layer] == (7, 64, 80)
        assert net.default_layer in net.layers
