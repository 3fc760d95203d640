"""Preprocessing is a network's first step, and it is in grey levels that gradients arrive."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, tape
from models import preprocess
from models.preprocess import TORCHVISION, Preprocessing

BGR = Preprocessing(channel_order="BGR", scale=1.0, mean=(104.0, 117.0, 123.0))


def test_channels_are_reordered_then_scaled_then_centred(rng):
    pixels = rng.uniform(0, 255, (2, 3, 4, 5))
    p = Preprocessing("BGR", 1 / 255, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))
    for n, (source, mean, std) in enumerate([(2, 0.1, 0.5), (1, 0.2, 0.6), (0, 0.3, 0.7)]):
        np.testing.assert_allclose(p(pixels)[:, n], (pixels[:, source] / 255 - mean) / std)


@pytest.mark.parametrize("p", [TORCHVISION, BGR, Preprocessing()])
def test_the_mean_colour_becomes_zero(p):
    pixels = np.tile(p.mean_colour[:, None, None], (1, 1, 4, 4))
    np.testing.assert_allclose(p(pixels), 0, atol=1e-14)


def test_the_mean_colour_is_rgb_whatever_the_network_reads():
    np.testing.assert_allclose(BGR.mean_colour, [123, 117, 104])
    np.testing.assert_allclose(TORCHVISION.mean_colour, [123.675, 116.28, 103.53], rtol=1e-6)


def test_it_costs_one_multiplication_and_one_subtraction_at_most(rng):
    x = Tensor(rng.uniform(0, 255, (1, 3, 4, 4)))
    assert [line.op for line in tape(TORCHVISION(x))] == ["multiply", "subtract"]
    assert [line.op for line in tape(BGR(x))] == ["getitem", "subtract"]
    (g,) = grad(BGR(x).sum(), [x])
    assert (g == 1).all()
    raw = Preprocessing(scale=1.0)
    assert raw(x) is x


def test_its_numbers_go_to_where_the_pixels_are_once_for_each_dtype(rng, monkeypatch):
    """A GPU is neither sent them in every pass nor asked whether they are 1 and 0."""
    sent = []

    class Library:
        @staticmethod
        def asarray(numbers):
            sent.append(numbers)
            return numbers

    monkeypatch.setattr(preprocess, "array_module", lambda *arrays: Library)
    for dtype in "float32", "float64", "float32", "float64":
        TORCHVISION(rng.uniform(0, 255, (1, 3, 4, 4)).astype(dtype))
        BGR(rng.uniform(0, 255, (1, 3, 4, 4)).astype(dtype))
    assert [numbers.dtype for numbers in sent] == ["f4", "f4", "f4", "f8", "f8", "f8"]
    assert not any(numbers.flags.writeable for numbers in sent)


def test_googlenets_transform_input_is_its_mean_and_deviation():
    """ImageNet's normalisation, undone by torchvision to get x / 127.5 − 1."""
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, 4, 4))
    np.testing.assert_allclose(
        models.table("googlenet").preprocessing(x), x / 127.5 - 1, atol=1e-12
    )


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "attributes, says",
    [
        (dict(channel_order="GBR"), "RGB and BGR"),
        (dict(mean=[1, 2]), "three numbers"),
        (dict(std=[1, 0, 1]), "three numbers"),
        (dict(std=[1, -1, 1]), "above zero"),
        (dict(scale=0.0), "above zero"),
        (dict(scale=-1.0), "above zero"),
        (dict(scale=NAN), "scale is nan"),
        (dict(scale=INF), "scale is inf"),
        (dict(mean=[0, NAN, 0]), "mean is .*nan"),
        (dict(mean=[0, -INF, 0]), "mean is .*inf"),
        (dict(std=[1, 1, NAN]), "std is .*nan"),
        (dict(std=[1, 1, INF]), "std is .*inf"),
        (dict(scale=1 / 255, mean=[104.0, 117.0, 123.0]), "no colour between 0 and 255"),
        (dict(scale=1e-30), "leaves nothing of a photo"),
        (dict(std=[1, 1, 1e300]), "leaves nothing of a photo"),
        (dict(scale=1j), "scale is 1j"),
        (dict(scale=[1.0]), "scale is"),
        (dict(mean="123"), "mean is '123'"),
        (dict(mean=0.5), "mean is 0.5"),
        (dict(crop=300), "crop 300"),
        (dict(crop=0), "crop 0"),
        (dict(crop=224.5), "crop is 224.5"),
        (dict(crop=10**6, resize=10**6), "crop 1000000"),
        (dict(resize=10**9), "side of 1000000000"),
        (dict(resize=-256), "side of -256"),
        (dict(resize=INF), "resize is inf"),
        (dict(resize="large"), "resize is 'large'"),
        (dict(interpolation="best"), "interpolation is 'best'"),
    ],
)
def test_attributes_that_make_no_sense_are_refused(attributes, says):
    with pytest.raises(ValueError, match=says):
        Preprocessing.of(attributes, TORCHVISION)


@pytest.mark.parametrize("name", models.names())
def test_every_networks_own_attributes_make_sense(name):
    p = models.table(name).preprocessing
    assert Preprocessing.of(p._asdict(), TORCHVISION) == p


def test_pooling_windows_are_counted_as_where_the_weights_come_from():
    design = models.DESIGNS["vgg11"].with_pool_rounding("ceil")
    layers = {layer.name: layer for layer in design.table(10)}
    assert layers["pool1"].ceil_mode and not models.table("vgg11").layers["pool1"].ceil_mode
    assert models.table("googlenet").attributes["pool_rounding"] == "ceil"
    assert models.table("vgg11").attributes["pool_rounding"] == "floor"
