"""The networks against the same networks written in PyTorch, with the same random weights.

Compared is every activation; "relative" is max|a − b| / max|b|.
"""

import numpy as np
import pytest

import models

torch = pytest.importorskip("torch")
from torch_networks import (  # noqa: E402
    A,
    D,
    alexnet,
    by_our_names,
    googlenet,
    lend,
    nn,
    squeezenet,
    vgg,
)


def relative(a, b):
    return np.abs(a - b).max() / np.abs(b).max()


def shaken(name, dtype, rng):
    """A random network whose biases and norms are not 0 and 1, where mistakes would hide."""
    net = models.build(name, dtype=dtype)
    for array in net.params.values():
        if array.ndim == 1:
            array += rng.uniform(0, 0.2, array.shape).astype(dtype)
    return net


def check_every_activation(net, whole, modules, shape, tolerance, rng):
    """Pass the same pixels through both; `modules` are PyTorch's, by our layers' names."""
    lend(net, modules)
    theirs = {}
    for layer, module in modules.items():
        module.register_forward_hook(lambda _, __, y, layer=layer: theirs.update({layer: y}))
    x = rng.uniform(0, 255, (1, 3, *shape)).astype(net.dtype)
    with torch.no_grad():
        whole.eval()(torch.from_numpy(net.preprocessing(x)))
    ours = net(x)
    assert list(ours)[-1] in theirs
    for layer, y in theirs.items():
        assert ours[layer].shape == y.shape, layer
        assert relative(ours[layer], y.numpy()) < tolerance, layer


@pytest.mark.parametrize(
    "name, make, shape, dtype, tolerance",
    [
        ("vgg16", lambda: vgg(D, norm=False), (224, 224), "float64", 1e-9),
        ("vgg16", lambda: vgg(D, norm=False), (224, 224), "float32", 1e-4),
        ("vgg11_bn", lambda: vgg(A, norm=True), (170, 235), "float32", 1e-4),
        ("alexnet", alexnet, (224, 224), "float64", 1e-9),
    ],
)
def test_chains_agree_in_every_activation(name, make, shape, dtype, tolerance, rng):
    net = shaken(name, dtype, rng)
    with torch.device("meta"):
        whole = nn.Sequential(*make())
    layers = (module for module in whole if not isinstance(module, nn.Flatten))
    modules = dict(zip(net.layers, layers, strict=True))
    check_every_activation(net, whole, modules, shape, tolerance, rng)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-9), ("float32", 1e-4)])
@pytest.mark.parametrize(
    "name, make, shape",
    [
        ("squeezenet1_0", lambda: squeezenet(nn.Conv2d(3, 96, 7, 2), (4, 8)), (224, 224)),
        ("squeezenet1_1", lambda: squeezenet(nn.Conv2d(3, 64, 3, 2), (3, 5)), (224, 224)),
        ("squeezenet1_0_caffe", lambda: squeezenet(nn.Conv2d(3, 96, 7, 2), (4, 8), 1), (180, 227)),
        ("googlenet", googlenet, (224, 224)),
    ],
)
def test_branches_agree_in_every_activation(name, make, shape, dtype, tolerance, rng):
    net = shaken(name, dtype, rng)
    with torch.device("meta"):
        layers = make()
    modules = by_our_names(layers)
    assert set(modules) == set(net.layers)
    whole = nn.Sequential(*layers.values())
    check_every_activation(net, whole, modules, shape, tolerance, rng)
