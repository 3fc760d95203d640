"""The filters of the first layer are gradients of its units."""

import numpy as np
import pytest

import models
from minigrad.techniques import filters


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
