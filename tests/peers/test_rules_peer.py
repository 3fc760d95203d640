"""Published weights, converted, and three backward passes: equal to PyTorch's and Captum's.

Captum 0.7 (Kokhlikar et al. 2020) replaces relu's gradient by hooks on modules; here it is an
argument of `grad`.
"""

import numpy as np
import pytest

import models
from minigrad.techniques import objectives
from minigrad.techniques.look.gradient import by_rule
from weights.convert import convert

torch = pytest.importorskip("torch")
attr = pytest.importorskip("captum.attr")
from torch_networks import D, by_our_names, googlenet, lend, nn, squeezenet, vgg  # noqa: E402

CLASS = 281


class TorchvisionVGG(nn.Module):
    """VGG16 with the names that torchvision gives its parts."""

    def __init__(self):
        super().__init__()
        layers = vgg(D, norm=False)
        split = next(i for i, m in enumerate(layers) if isinstance(m, nn.AdaptiveAvgPool2d))
        self.features = nn.Sequential(*layers[:split])
        self.avgpool = layers[split]
        self.classifier = nn.Sequential(*layers[split + 2 :])

    def forward(self, z):
        return self.classifier(torch.flatten(self.avgpool(self.features(z)), 1))


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory):
    """Random weights, saved by PyTorch in both containers and converted: (theirs, ours)."""
    folder = tmp_path_factory.mktemp("vgg16")
    torch.manual_seed(0)
    theirs = TorchvisionVGG().eval()
    loaded = {}
    for container in (True, False):
        source, target = folder / "vgg16.pth", folder / f"vgg16_{container}.h5"
        torch.save(theirs.state_dict(), source, _use_new_zipfile_serialization=container)
        convert(source, target, "vgg16")
        source.unlink()
        loaded[container] = models.load("vgg16", target)
        target.unlink()
    for name, array in loaded[True].params.items():
        assert np.array_equal(array, loaded[False].params[name])
    return theirs, loaded[True]


def in_precision(theirs, ours, dtype):
    """Bring both networks to a dtype."""
    double = models.table(ours.name)
    double.params = {n: a.astype(dtype) for n, a in ours.params.items()}
    double.dtype = dtype
    return theirs.to(getattr(torch, dtype)), double


def relative(a, b):
    return np.abs(a - b).max() / np.abs(b).max()


def cosine(a, b):
    return (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)


def per_grey_level(net, theirs):
    """Their gradient is at the preprocessed image; the chain rule brings it to the pixels."""
    p = net.preprocessing
    return theirs.detach().numpy() * (p.scale / np.array(p.std))[:, None, None]


def image(net, seed=0):
    x = np.random.default_rng(seed).uniform(0, 255, (1, 3, 224, 224)).astype(net.dtype)
    return x, torch.from_numpy(net.preprocessing(x)).requires_grad_()


def class_gradients(net, theirs):
    """∂S/∂x of a class under the three rules: ours, theirs."""
    x, z = image(net)
    ours = by_rule(net, x, objectives.class_score(CLASS)).values()
    plain = attr.Saliency(theirs).attribute(z, target=CLASS, abs=False)
    others = [attr.Deconvolution(theirs), attr.GuidedBackprop(theirs)]
    return ours, [plain, *(method.attribute(z, target=CLASS) for method in others)]


def unit_gradients(net, theirs, layer, module, where):
    """∂a/∂x of a unit under the three rules: ours, theirs."""
    x, z = image(net)
    ours = by_rule(net, x, objectives.unit(layer, *where)).values()
    methods = attr.NeuronGradient, attr.NeuronDeconvolution, attr.NeuronGuidedBackprop
    return ours, [method(theirs, module).attribute(z, where) for method in methods]


def check(net, ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        b = per_grey_level(net, b)
        if not b.any():  # a deconvnet may let nothing through; then neither may ours
            assert not a.any()
        elif net.dtype == "float64":
            assert relative(a, b) < 1e-9
        else:  # a mask near zero may flip
            assert cosine(a, b) >= 0.999


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vgg16_from_both_containers_equals_pytorch_and_captum(vgg16, dtype):
    theirs, net = in_precision(*vgg16, dtype)
    seen = {}
    modules = [m for m in theirs.modules() if not list(m.children())]
    hooks = [
        module.register_forward_hook(lambda _, __, y, name=name: seen.update({name: y.detach()}))
        for name, module in zip(net.layers, modules, strict=True)
    ]
    x, z = image(net)
    theirs(z)
    for hook in hooks:
        hook.remove()
    for name, a in net(x).items():
        assert relative(a, seen[name].numpy()) < (1e-9 if dtype == "float64" else 1e-4), name

    check(net, *class_gradients(net, theirs))
    relu4_2 = theirs.features[20]
    where = objectives.place_of_strongest(net(x, until="relu4_2")["relu4_2"])
    check(net, *unit_gradients(net, theirs, "relu4_2", relu4_2, where))


BRANCHED = {
    "squeezenet1_0": (lambda: squeezenet(nn.Conv2d(3, 96, 7, 2), (4, 8)), "fire3/concat"),
    "googlenet": (googlenet, "inception4a/concat"),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BRANCHED)
def test_branched_networks_equal_pytorch_and_captum(name, dtype):
    make, layer = BRANCHED[name]
    net = models.build(name, dtype=dtype)
    with torch.device("meta"):
        layers = make()
    modules = by_our_names(layers)
    lend(net, modules)
    theirs = nn.Sequential(*layers.values()).eval()
    where = objectives.place_of_strongest(net(image(net)[0], until=layer)[layer])
    ours, other = unit_gradients(net, theirs, layer, modules[layer], where)
    assert all(g.any() for g in ours)
    check(net, ours, other)
    check(net, *class_gradients(net, theirs))
