"""A classifier made fully convolutional has the same scores, from the same weights."""

import numpy as np
import pytest
from PIL import Image

import models

PAIRS = [("minivgg", 1e-12), ("minivgg_bn", 1e-12), ("squeezenet1_1", 1e-12), ("googlenet", 1e-12)]


def some_pixels(net, *, seed=0):
    shape = 1, 3, net.input_size, net.input_size
    return np.random.default_rng(seed).uniform(0, 255, shape)


@pytest.mark.parametrize(("name", "within"), PAIRS)
def test_at_the_networks_own_size_there_is_one_place_with_the_classifiers_scores(name, within):
    net = models.build(name, classes=9, dtype="float64")
    dense, x = models.fully_convolutional(net), some_pixels(net)
    scores = dense.scores(x)
    assert scores.shape == (1, 9, 1, 1)
    assert np.abs(scores[..., 0, 0] - net.scores(x)).max() < within


def test_the_network_that_ships_agrees_to_1e_5_in_float32():
    net = models.load("minivgg")
    dense, x = models.fully_convolutional(net), some_pixels(net).astype(np.float32)
    assert np.abs(dense.scores(x)[..., 0, 0] - net.scores(x)).max() < 1e-5


@pytest.mark.parametrize(("name", "fc6"), [
    ("vgg16", (4096, 512, 7, 7)), ("alexnet", (4096, 256, 6, 6)), ("minivgg", (512, 256, 4, 4)),
])
def test_fc6_is_a_convolution_over_its_map_and_the_others_are_one_by_one(name, fc6):
    dense = models.fully_convolutional(models.table(name))
    assert dense.shapes["fc6/weight"] == fc6
    assert dense.shapes["fc7/weight"] == (fc6[0], fc6[0], 1, 1)
    assert "avgpool" not in dense.layers
    assert dense.output_shapes()["fc8"] == (dense.class_count, 1, 1)


def test_the_weights_are_the_classifiers_own():
    net = models.load("minivgg")
    dense = models.fully_convolutional(net)
    assert list(dense.params) == list(net.params) and dense.classes == net.classes
    for name, array in net.params.items():
        assert np.shares_memory(dense.params[name], array)
        assert not dense.params[name].flags.writeable


def test_a_place_every_32_pixels_that_sees_the_window_and_62_pixels_around_it():
    dense = models.fully_convolutional(models.table("minivgg"))
    field = dense.receptive_field(dense.score_layer)
    assert (field.stride, field.start, field.size) == (32, -62, 62 + 128 + 62)
    assert dense.output_shapes((320, 640))["fc8"][1:] == (7, 17)


def test_every_network_becomes_one():
    for name in models.names():
        net = models.table(name)
        dense = models.fully_convolutional(net)
        assert dense.output_shapes()[dense.score_layer] == (net.class_count, 1, 1)


def test_a_map_that_was_averaged_to_another_size_is_refused():
    net = models.table("vgg11", attributes={"resize": 320, "crop": 288})
    with pytest.raises(ValueError, match="vgg11 averages 9×9 places to 7×7 at avgpool"):
        models.fully_convolutional(net)


def test_a_photo_smaller_than_the_window_is_refused_in_a_sentence():
    dense = models.fully_convolutional(models.build("minivgg", classes=3))
    with pytest.raises(ValueError, match="127×200 pixels are too few for minivgg"):
        dense.scores(dense.pixels(Image.new("RGB", (200, 127), "red"), "full"))
