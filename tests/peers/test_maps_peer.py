"""Maps made of gradients are Captum's, on three networks with random weights.

Captum 0.7 (Kokhlikar et al. 2020).  Where it compares with zero, its network begins with what the
preprocessing leaves, as the mean colour does here; else with pixels, and both share the units.  Its
midpoints have PyTorch's default dtype, which is made the network's here.  In float32 a relu whose
input is nearly zero may be on in one and off in the other; the cosine hardly sees that.
"""

import functools
from functools import partial

import numpy as np
import pytest

import models
from minigrad.techniques import (
    class_score,
    grad_cam,
    guided_grad_cam,
    input_times_gradient,
    integrated_gradients,
    smooth_gradient,
)
from minigrad.techniques.baselines import baseline
from minigrad.techniques.look.grad_cam import at_layer, coarse, mean_gradient
from models import vgg
from models.design import Design
from models.initialise import initial
from models.layers import AdaptiveAvgPool, Conv, Dropout, Linear, MaxPool, Relu
from models.network import Network
from models.preprocess import TORCHVISION

torch = pytest.importorskip("torch")
attr = pytest.importorskip("captum.attr")
from torch_networks import by_our_names, lend, nn, squeezenet  # noqa: E402

EDGE = 48
THIN = partial(  # VGG11 with an eighth of its channels
    vgg.table, convolutions=(1, 1, 2, 2, 2), channels=(8, 16, 32, 64, 64), batch_norm=False,
    pooled=7, fc=64,
)  # fmt: skip
LAYERS = {
    "minivgg": ["relu5_2", "pool4", "conv3_1"], "thin vgg": ["relu5_2", "relu3_2"],
    "squeezenet1_0": ["relu_conv10", "fire9/concat"],
}  # fmt: skip
KINDS = {
    Conv: lambda c: nn.Conv2d(c.channels_in, c.channels, c.kernel_size, c.stride, c.padding),
    Relu: lambda _: nn.ReLU(),
    MaxPool: lambda p: nn.MaxPool2d(p.kernel_size, p.stride, p.padding, ceil_mode=p.ceil_mode),
    AdaptiveAvgPool: lambda p: nn.AdaptiveAvgPool2d(p.size),
    Dropout: lambda d: nn.Dropout(d.p),
    Linear: lambda f: nn.Linear(f.numbers_in, f.units),
}


class Chain(nn.Module):
    """Layers one behind the other; what is fully connected reads flat numbers."""

    def __init__(self, modules):
        super().__init__()
        self.walk = nn.ModuleList(modules)

    def forward(self, z):
        for module in self.walk:
            z = module(z.flatten(1) if isinstance(module, nn.Linear) else z)
        return z


class Pixels(nn.Module):
    """A network behind its preprocessing."""

    def __init__(self, net, inner):
        super().__init__()
        p, dtype = net.preprocessing, getattr(torch, net.dtype)
        self.inner, self.scale = inner, p.scale
        self.mean, self.std = (torch.tensor(v, dtype=dtype)[:, None, None] for v in (p.mean, p.std))

    def forward(self, x):
        return self.inner((x * self.scale - self.mean) / self.std)


@functools.cache
def networks(name, dtype):
    """Ours; theirs behind the preprocessing; theirs with it; their modules by our names."""
    if name == "thin vgg":
        net = Network(name, Design(THIN, "relu4_2", TORCHVISION, 10), TORCHVISION, 10)
        net.params, net.dtype = initial(net.shapes, 0), dtype
        net.params = {n: a.astype(dtype) for n, a in net.params.items()}
    else:
        classes = 1000 if name == "squeezenet1_0" else 10
        net = models.build(name, classes=classes, dtype=dtype)
    with torch.device("meta"):
        if name == "squeezenet1_0":
            layers = squeezenet(nn.Conv2d(3, 96, 7, 2), (4, 8))
            modules, inner = by_our_names(layers), nn.Sequential(*layers.values())
        else:
            modules = {layer: KINDS[type(line)](line) for layer, line in net.layers.items()}
            inner = Chain(modules.values())
    lend(net, modules)
    return net, inner.eval(), Pixels(net, inner).eval(), modules


@pytest.fixture(
    params=[*((name, "float64") for name in LAYERS), ("minivgg", "float32")],
    ids="{0[0]} {0[1]}".format,
)
def pair(request):
    name, dtype = request.param
    torch.set_default_dtype(getattr(torch, dtype))
    net, *theirs = networks(name, dtype)
    x = np.random.default_rng(5).uniform(0, 255, (2, 3, EDGE, EDGE)).astype(dtype)
    k = int(net.scores(x).min(axis=0).argmax())     # a class that both photos say something of
    yield net, *theirs, x, k
    torch.set_default_dtype(torch.float32)



def tensor(array):
    return torch.from_numpy(np.array(array)).requires_grad_()


def same(ours, theirs):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape and theirs.any()
    off = abs(ours - theirs) / abs(theirs).max()
    if ours.dtype == "float64":
        assert off.max() < 1e-9
    else:
        cosine = (ours * theirs).sum() / np.linalg.norm(ours) / np.linalg.norm(theirs)
        assert cosine > 1 - 1e-4


def test_input_times_gradient(pair):
    net, inner, _, _, x, k = pair
    theirs = attr.InputXGradient(inner).attribute(tensor(net.preprocessing(x)), target=k)
    same(input_times_gradient(net, x, class_score(k)), theirs)


@pytest.mark.parametrize(
    ("rule", "method"), [("midpoint", "riemann_middle"), ("gauss-legendre", "gausslegendre")]
)
def test_integrated_gradients_with_the_same_steps_and_rule(pair, rule, method):
    net, _, pixels, _, x, k = pair
    x = x[:1]
    theirs, off = attr.IntegratedGradients(pixels).attribute(
        tensor(x), torch.from_numpy(baseline(net, x, "blur")), target=k, n_steps=4,
        method=method, return_convergence_delta=True,
    )  # fmt: skip
    ours = integrated_gradients(
        net, x, class_score(k), baselines="blur", steps=4, rule=rule, batch=3
    )
    same(ours.map, theirs)
    close = 1e-9 if net.dtype == "float64" else 1e-3
    np.testing.assert_allclose(ours.residual, off.numpy(), atol=close * abs(ours.gain).max())


def test_smoothgrad_its_square_and_variance_fed_the_same_noise(pair, monkeypatch):
    net, _, pixels, _, x, k = pair
    x = x[:1]
    (rng,) = np.random.default_rng(9).spawn(1)
    sigma = 0.1 * float(x.max() - x.min())
    noise = torch.from_numpy(sigma * rng.standard_normal((3, *x.shape[1:]), x.dtype))
    monkeypatch.setattr(torch, "normal", lambda mean, std: noise)
    ours = smooth_gradient(
        net, x, class_score(k), rng=np.random.default_rng(9), samples=3, noise=0.1
    )
    names = {"mean": "smoothgrad", "square": "smoothgrad_sq", "variance": "vargrad"}
    for kind, named in names.items():
        theirs = attr.NoiseTunnel(attr.Saliency(pixels)).attribute(
            tensor(x), named, nt_samples=3, stdevs=sigma, target=k, abs=False
        )
        same(getattr(ours, kind), theirs)


def test_grad_cam_at_any_layer_before_and_after_it_is_enlarged(pair):
    net, _, pixels, modules, x, k = pair
    for layer in LAYERS[net.name]:
        theirs = attr.LayerGradCam(pixels, modules[layer]).attribute(
            tensor(x), target=k, relu_attributions=True
        )
        A, g = at_layer(net, x, class_score(k), layer, None)
        same(coarse(A, mean_gradient(A, g)), theirs[:, 0])
        large = attr.LayerAttribution.interpolate(theirs, (EDGE, EDGE), "bilinear")
        same(grad_cam(net, x, class_score(k), layer=layer), large[:, 0])


def test_guided_grad_cam(pair):
    net, _, pixels, modules, x, k = pair
    for layer in LAYERS[net.name][:1]:
        theirs = attr.GuidedGradCam(pixels, modules[layer]).attribute(
            tensor(x), target=k, interpolate_mode="bilinear"
        )
        same(guided_grad_cam(net, x, class_score(k), layer=layer), theirs)
