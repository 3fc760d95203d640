"""PyTorch slides the same: convolutions with fc6's weights as filters, and its interpolation."""

import numpy as np
import pytest

import models
from minigrad.techniques.look.dense import over_photo
from models.layers import Conv, MaxPool, Relu

torch = pytest.importorskip("torch")
F = torch.nn.functional


def by_torch(net, pixels):
    """Pass pixels down MiniVGG's table; a fully connected layer is viewed as a convolution."""
    z = torch.tensor(net.preprocessing(pixels))
    for name, layer in net.layers.items():
        if name == "avgpool" or name.startswith("drop"):
            continue
        own = [torch.tensor(net.params[f"{name}/{short}"]) for short in layer.shapes]
        if isinstance(layer, Relu):
            z = F.relu(z)
        elif isinstance(layer, MaxPool):
            z = F.max_pool2d(z, 2)
        elif isinstance(layer, Conv):
            z = F.conv2d(z, *own, padding=1)
        else:
            k = 4 if name == "fc6" else 1
            z = F.conv2d(z, own[0].view(layer.units, -1, k, k), own[1])
    return z.numpy()


def test_the_scores_of_every_place_are_torchs():
    net = models.load("minivgg", dtype="float64")
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 3, 170, 232))
    scores = models.fully_convolutional(net).scores(pixels)
    assert scores.shape == (1, 110, 2, 4)
    assert np.abs(scores - by_torch(net, pixels)).max() < 1e-9


def test_between_the_places_maps_are_torchs_interpolation():
    dense = models.fully_convolutional(models.table("minivgg"))
    p = np.random.default_rng(0).random((2, 3, 5, 6))
    up = F.interpolate(torch.tensor(p), scale_factor=32, mode="bilinear").numpy()
    ours = over_photo(dense, p, (256, 288))                 # place 0 has its middle at pixel 64
    assert np.abs(ours[:, :, 64:192, 64:224] - up[:, :, 16:144, 16:176]).max() < 1e-12
