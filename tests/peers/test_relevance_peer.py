"""Relevance and DeepLIFT equal Captum's and zennit's, on networks with random weights.

Captum 0.7's LRP is asked for its ε rule alone: its γ runs on weights that it has changed for the
activations, too.  γ and zᴮ are zennit's (Anders et al. 2021).  zennit imports torchvision for what
is not needed here; where that is missing, an empty module stands in.
"""

import importlib.util
import itertools
import sys
import types
from unittest import mock

import numpy as np
import pytest

import models
from minigrad.techniques import Rule, class_score, composite, deeplift, relevance
from models.layers import MaxPool

torch = pytest.importorskip("torch")
attr = pytest.importorskip("captum.attr")
from captum.attr._utils.lrp_rules import EpsilonRule  # noqa: E402
from torch_networks import by_our_names, lend, nn, squeezenet  # noqa: E402

EXACT = 1e-30  # a denominator is kept from 0 by so much, in float32, too


@pytest.fixture(scope="module")
def zennit():
    """zennit's core and rules."""
    if importlib.util.find_spec("zennit") is None:
        pytest.skip("zennit is not installed")
    stand_ins = {}
    if importlib.util.find_spec("torchvision") is None:
        resnet = types.ModuleType("torchvision.models.resnet")
        resnet.Bottleneck = resnet.BasicBlock = type("Absent", (), {})
        stand_ins = {"torchvision": types.ModuleType("torchvision"),
                     "torchvision.models": types.ModuleType("torchvision.models"),
                     "torchvision.models.resnet": resnet}
    with mock.patch.dict(sys.modules, stand_ins):
        try:
            return importlib.import_module("zennit.composites"), importlib.import_module(
                "zennit.rules"
            )
        except ImportError as error:
            pytest.skip(f"zennit cannot be imported: {error}")


# ── The same network in PyTorch ─────────────────────────────────────────────────────────────────


def one_behind_the_other(net):
    """A table without branches as modules by our names."""
    made = {}
    for name, layer in net.layers.items():
        kind = type(layer).__name__
        if kind == "Conv":
            made[name] = nn.Conv2d(layer.channels_in, layer.channels, layer.kernel_size,
                                   layer.stride, layer.padding)
        elif kind == "Linear":
            first = not any(isinstance(m, nn.Linear) for m in made.values())
            made |= {"flatten": nn.Flatten()} if first else {}
            made[name] = nn.Linear(layer.numbers_in, layer.units)
        elif kind == "Relu":
            made[name] = nn.ReLU()
        elif kind == "MaxPool":
            made[name] = nn.MaxPool2d(layer.kernel_size, layer.stride)
        elif kind == "AdaptiveAvgPool":
            made[name] = nn.AdaptiveAvgPool2d(layer.size)
    return made


def squeezenet1_1():
    return squeezenet(nn.Conv2d(3, 64, 3, 2), (3, 5))


def without_pooling(net):
    """Take max pooling out of a table; its sizes fit all the same."""
    above = {n: net.inputs[n] for n, layer in net.layers.items() if isinstance(layer, MaxPool)}
    net.layers = {n: layer for n, layer in net.layers.items() if n not in above}
    net.inputs = {n: sum((above.get(i, (i,)) for i in net.inputs[n]), ()) for n in net.layers}


def twins(name, dtype="float64", pooling=True):
    """Ours with biases that say something, theirs with the same arrays, and their modules."""
    net = models.build(name, dtype=dtype)
    if not pooling:
        without_pooling(net)
    rng = np.random.default_rng(0)
    for parameter, array in net.params.items():
        if parameter.endswith("/bias"):
            net.params[parameter] = rng.normal(size=array.shape, scale=0.2).astype(dtype)
    with torch.device("meta"):
        layers = squeezenet1_1() if "squeeze" in name else one_behind_the_other(net)
    modules = by_our_names(layers)
    lend(net, {n: m for n, m in modules.items() if n in net.layers})
    return net, nn.Sequential(*layers.values()).eval(), modules


def image(net, edge=64, seed=1):
    x = np.random.default_rng(seed).uniform(0, 255, (1, 3, edge, edge)).astype(net.dtype)
    return x, torch.from_numpy(net.preprocessing(x)).requires_grad_()


def likeliest(net, x):
    return int(net.scores(x)[0].argmax())


def close(net, ours, theirs):
    theirs = theirs.detach().numpy()
    tolerance = 1e-9 if net.dtype == "float64" else 1e-4
    assert theirs.any() and abs(ours - theirs).max() < tolerance * abs(theirs).max()


# ── zennit ──────────────────────────────────────────────────────────────────────────────────────


def by_zennit(zennit, theirs, modules, z, k, rule_of):
    """R of z: a hook for each module by rule_of(name, module)."""
    composites, rules = zennit

    def hook(ctx, name, module):
        if isinstance(module, nn.ReLU):
            return rules.Pass()
        if isinstance(module, nn.AdaptiveAvgPool2d):
            return rules.Norm(stabilizer=EXACT)
        return rule_of(names.get(module), module)

    names = {module: name for name, module in modules.items()}
    composite_ = composites.Composite(module_map=hook)
    with composite_.context(theirs) as hooked:
        y = hooked(z)[0, k]
        R, = torch.autograd.grad(y, z, y.detach())
    return R


def absolute(net, x, table):
    """ε of each layer, in the units of its own z."""
    acts = net(x)
    return {layer: rule.setting * float((acts[layer] ** 2).mean()) ** 0.5
            for layer, rule in table.items() if rule.name == "epsilon"}


@pytest.mark.parametrize(("which", "name", "dtype"), [
    *itertools.product(["epsilon", "gamma"], ["minivgg", "squeezenet1_1"], ["float64"]),
    *itertools.product(["composite"], ["minivgg", "squeezenet1_1"], ["float64", "float32"]),
])
def test_zennit_gives_the_same_relevance(zennit, name, which, dtype):
    """γ at the pixels, too, which have both signs; zᴮ in the composite."""
    net, theirs, modules = twins(name, dtype)
    x, z = image(net)
    k = likeliest(net, x)
    table = composite(net)
    if which != "composite":
        table = dict.fromkeys(table, Rule(which, 0.1))
    check_with_zennit(zennit, net, theirs, modules, x, z, k, table)


def check_with_zennit(zennit, net, theirs, modules, x, z, k, table):
    _, rules = zennit
    ε = absolute(net, x, table)
    low, high = (torch.from_numpy(net.preprocessing(np.full_like(x, level))) for level in (0, 255))

    def rule_of(layer, module):
        rule = table.get(layer)
        if rule is None:
            return None
        if rule.name == "epsilon":
            return rules.Epsilon(epsilon=ε[layer])
        if rule.name == "gamma":
            return rules.Gamma(gamma=rule.setting, stabilizer=EXACT)
        return rules.ZBox(low=low, high=high, stabilizer=EXACT)

    R = by_zennit(zennit, theirs, modules, z, k, rule_of)
    close(net, relevance(net, x, class_score(k), rules=table).map, R)


# ── Captum ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_captums_lrp_gives_the_same_relevance(dtype):
    net, theirs, modules = twins("minivgg", dtype)
    x, z = image(net)
    k = likeliest(net, x)
    table = dict.fromkeys(composite(net), Rule("epsilon", 0.1))
    ε = absolute(net, x, table)
    for layer, module in modules.items():
        if not isinstance(module, nn.ReLU):
            module.rule = EpsilonRule(ε.get(layer, 1e-30))
    R = attr.LRP(theirs).attribute(z, target=k)
    close(net, relevance(net, x, class_score(k), rules=table).map, R)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_captums_deeplift_gives_the_same_map(dtype):
    """Without max pooling, by which Captum's own map does not add up to the difference in score."""
    net, theirs, _ = twins("minivgg", dtype, pooling=False)
    x, z = image(net, edge=16)
    k = likeliest(net, x)
    other, z0 = image(net, edge=16, seed=2)
    R = attr.DeepLift(theirs, eps=1e-30).attribute(z, z0.detach(), target=k)
    close(net, deeplift(net, x, class_score(k), baseline=other).map, R)


def test_zennit_gives_the_same_relevance_of_a_vgg(zennit):
    net, theirs, modules = twins("vgg11", "float32")
    x, z = image(net)
    check_with_zennit(zennit, net, theirs, modules, x, z, likeliest(net, x), composite(net))
