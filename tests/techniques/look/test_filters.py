"""The filters of the first layer are gradients of its units."""

import numpy as np
import pytest

import models
from minigrad.techniques import filters, layer_weights


@pytest.mark.parametrize("name", ["minivgg", "squeezenet1_0_caffe", "alexnet"])
def test_a_filter_is_the_first_layers_weight_in_rgb_and_per_grey_level(name):
    """Whatever the network's preprocessing: Caffe's reads blue, green, red."""
    net = models.build(name)
    weight = net.params[f"{next(iter(net.layers))}/weight"]             # (O, C, k, k)
    colours = np.eye(3, dtype=np.float32)[:, :, None, None]
    one_more = net.preprocessing(100 + colours) - net.preprocessing(100 + 0 * colours)
    expected = np.einsum("ockl,rc->orkl", weight, one_more[:, :, 0, 0])
    assert np.allclose(filters(net), expected, rtol=1e-4, atol=1e-6 * abs(expected).max())


def test_filters_have_the_dtype_of_the_network():
    assert filters(models.build("minivgg", dtype="float64")).dtype == np.float64
    assert filters(models.build("minivgg")).dtype == np.float32


@pytest.mark.parametrize("name", ["minivgg", "googlenet"])
def test_the_weights_of_any_layer_make_its_activation(name, rng):
    """a[o] = b[o] + Σ_c ⟨w[o, c], channel c⟩ at a place that sees no border."""
    net = models.build(name, classes=2, dtype="float64")
    layer = [name for name, shape in net.shapes.items() if len(shape) == 4 and shape[2] == 3][1]
    layer = layer.removesuffix("/weight")
    (before,) = net.inputs[layer]
    acts = net(rng.uniform(0, 255, (1, 3, 64, 64)), only=[before, layer])
    seen = acts[before][0, :, 3:6, 4:7]                                 # (I, 3, 3)
    w, b = layer_weights(net, layer), net.params.get(f"{layer}/bias", 0)
    assert np.allclose((w * seen).sum(axis=(1, 2, 3)) + b, acts[layer][0, :, 4, 5])


@pytest.mark.parametrize(("layer", "sentence"), [
    ("relu2_1", "relu2_1 has no filters; there are"), ("fc6", "fc6 has no filters; there are"),
    ("conv2.1", "there is no layer 'conv2.1'; did you mean conv2_1"),
])
def test_a_layer_without_filters_is_said(layer, sentence):
    with pytest.raises(ValueError, match=sentence):
        layer_weights(models.table("minivgg"), layer)
