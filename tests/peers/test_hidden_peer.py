"""Occlusion is Captum's, to the last window; where Captum does it otherwise, the test says how.

Captum 0.7 (Kokhlikar et al. 2020) puts a window at each multiple of the stride and cuts the last of
a row off at the border, as here.  It divides by the coverage in float32, whatever the network's
dtype; where float64 is compared it is made to divide in float64.
"""

import functools

import numpy as np
import pytest

import models
from demos.shared.peers import torch_layer
from minigrad.techniques import class_score, occlusion
from minigrad.techniques.look.occlusion import filling

torch = pytest.importorskip("torch")
attr = pytest.importorskip("captum.attr")
from torch_networks import by_our_names, lend, nn, squeezenet  # noqa: E402

EDGE = 48
EVEN = "mean", (20, 20), (14, 14)       # 3 windows reach from 0 to 48
UNEVEN = "noise", (22, 15), (19, 14)    # the last windows are cut off at the border


class Walk(nn.Module):
    """A table of layers, one behind the other, walked with PyTorch's ops."""

    def __init__(self, net):
        super().__init__()
        self.net, self.p = net, {name: torch.from_numpy(a) for name, a in net.params.items()}

    def forward(self, z):
        for layer in self.net.layers.values():
            p = {short: self.p[f"{layer.name}/{short}"] for short in layer.shapes}
            z = torch_layer(layer, z.clone(), p, train=False)
        return z


@functools.cache
def drawn(name):
    """Random weights, in float64."""
    return models.build(name, classes=1000 if name == "squeezenet1_0" else 10, dtype="float64")


def in_precision(name, dtype):
    """Ours and theirs with the same weights."""
    double = drawn(name)
    net = models.table(name, double.class_count)
    net.params, net.dtype = {n: a.astype(dtype) for n, a in double.params.items()}, dtype
    if name != "squeezenet1_0":
        return net, Walk(net)
    with torch.device("meta"):
        layers = squeezenet(nn.Conv2d(3, 96, 7, 2), (4, 8))
    lend(net, by_our_names(layers))
    return net, nn.Sequential(*layers.values()).eval()


def captums(net, theirs, k, x, v, window, stride):
    """The drop per pixel, (H, W), of one photo."""
    z, hidden = (torch.from_numpy(net.preprocessing(a)) for a in (x, v))
    drop = attr.Occlusion(theirs).attribute(
        z, (3, *window), (3, *stride), baselines=hidden, target=k, perturbations_per_eval=8
    )
    assert torch.equal(drop[0, 0], drop[0, 2])  # a window hides all three colours
    return drop[0, 0].detach().numpy()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "fill", "window", "stride"), [
    ("minivgg", *EVEN), ("minivgg", *UNEVEN), ("squeezenet1_0", *EVEN), ("squeezenet1_0", *UNEVEN),
    ("vgg11", *UNEVEN),
])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_occlusion_is_captums(name, dtype, fill, window, stride, monkeypatch):
    net, theirs = in_precision(name, dtype)
    monkeypatch.setattr(torch.Tensor, "float", lambda a: a.to(getattr(torch, dtype)))
    x = np.random.default_rng(5).uniform(0, 255, (1, 3, EDGE, EDGE)).astype(dtype)
    k = int(net.scores(x)[0].argmax())
    ours = occlusion(net, x, class_score(k), window=window, stride=stride, fill=fill, batch=8)
    v = np.ascontiguousarray(filling(net, x, fill, window))
    other = captums(net, theirs, k, x, v, window, stride)
    relative = abs(ours.drop[0] - other).max() / abs(other).max()
    assert relative < {"float64": 1e-9, "float32": 1e-4}[dtype]


def test_a_feature_mask_of_captums_is_the_window_without_overlap():
    """Occlusion of squares side by side is feature ablation (Captum's FeatureAblation)."""
    net, theirs = in_precision("minivgg", "float64")
    x = np.random.default_rng(1).uniform(0, 255, (1, 3, EDGE, EDGE))
    squares = np.arange(9).reshape(1, 1, 3, 3).repeat(16, axis=2).repeat(16, axis=3)
    z, hidden = (torch.from_numpy(net.preprocessing(a)) for a in (x, filling(net, x, "grey", 16)))
    drop = attr.FeatureAblation(theirs).attribute(
        z, hidden, target=3, feature_mask=torch.from_numpy(squares)
    )[0, 0].numpy()
    ours = occlusion(net, x, class_score(3), window=16, stride=16, fill="grey").drop[0]
    assert abs(ours - drop).max() < 1e-9 * abs(drop).max()
