"""DeepFool and Carlini-Wagner on MiniVGG's weights: what foolbox 3.3.4 finds (Rauber et al. 2020).

DeepFool is the same to the last step.  Carlini and Wagner's is so at a constant rate and one c;
by itself foolbox halves c as the paper does, √ is taken here, and the rate here falls.
"""

import sys

import numpy as np
import pytest

import models
from demos.shared.command import PHOTOS
from minigrad.optim import constant
from minigrad.techniques import carlini_wagner, deepfool

torch = pytest.importorskip("torch")
fb = pytest.importorskip("foolbox")
F = torch.nn.functional

EDGE = 32  # pixels, for speed


class MiniVGG(torch.nn.Module):
    """The scores of pixels of 0–1, by PyTorch's own ops."""

    def __init__(self, net):
        super().__init__()
        self.p, self.layers = net.preprocessing, list(net.layers)
        self.params = {name: torch.from_numpy(a.copy()) for name, a in net.params.items()}

    def forward(self, x):
        mean, std = (torch.tensor(v, dtype=x.dtype)[:, None, None]
                     for v in (self.p.mean, self.p.std))
        x = (x * 255 * self.p.scale - mean) / std
        for name in self.layers:
            weight, bias = (self.params.get(f"{name}/{part}") for part in ("weight", "bias"))
            if name.startswith("conv"):
                x = F.conv2d(x, weight, bias, padding=1)
            elif name.startswith("relu"):
                x = F.relu(x)
            elif name.startswith("pool"):
                x = F.max_pool2d(x, 2)
            elif name.startswith("fc"):
                x = F.adaptive_avg_pool2d(x, 4).flatten(1) if x.ndim == 4 else x
                x = F.linear(x, weight, bias)
        return x


@pytest.fixture(scope="module")
def both():
    """MiniVGG in both libraries, and two photos."""
    net = models.load("minivgg", dtype="float64")
    names = "chelsea", "astronaut"
    x = np.concatenate([net.pixels(PHOTOS / f"{name}.jpg", size=EDGE) for name in names])
    theirs = fb.PyTorchModel(MiniVGG(net).eval(), bounds=(0, 1), device="cpu")
    scores = theirs(torch.from_numpy(x / 255)).numpy()
    np.testing.assert_allclose(scores, net.scores(x), rtol=1e-9, atol=1e-9)
    return net, theirs, x


def attacked(attack, both):
    """Foolbox's result, as pixels of 0–255."""
    net, theirs, x = both
    labels = torch.from_numpy(net.scores(x).argmax(axis=1))
    raw, _, success = attack(theirs, torch.from_numpy(x / 255), labels, epsilons=None)
    assert success.all()
    return 255 * raw.numpy()


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_deepfool_is_foolboxs(both, norm, monkeypatch):
    """Their 1e-4 on top of each step is of pixels of 0–1."""
    net, _, x = both
    monkeypatch.setattr(sys.modules[deepfool.__module__], "BEYOND", 1e-4 * 255)
    attacks = {"l2": fb.attacks.L2DeepFoolAttack, "linf": fb.attacks.LinfDeepFoolAttack}
    other = attacked(attacks[norm](candidates=4), both)
    ours = deepfool(net, x, norm=norm, candidates=4)
    assert ours.success.all()
    np.testing.assert_allclose(ours.adversarial, other, atol=1e-4)
    np.testing.assert_allclose(getattr(ours, norm), of(other - x, norm), rtol=1e-5)


def test_carlini_and_wagners_steps_are_foolboxs(both, monkeypatch):
    net, _, x = both
    ours = sys.modules[carlini_wagner.__module__]
    monkeypatch.setattr(ours, "cosine", lambda rate, steps: constant(rate))
    theirs = fb.attacks.L2CarliniWagnerAttack(
        binary_search_steps=1, steps=12, initial_const=10.0, abort_early=False
    )
    other = attacked(theirs, both)
    ours = carlini_wagner(net, x, c=10.0, searches=1, steps=11)
    np.testing.assert_allclose(ours.l2, of(other - x, "l2"), rtol=1e-5)


def test_carlini_and_wagners_result_is_no_further_than_foolboxs(both):
    """With as many looks at the network."""
    net, _, x = both
    theirs = fb.attacks.L2CarliniWagnerAttack(
        binary_search_steps=4, steps=16, initial_const=10.0, abort_early=False
    )
    other = of(attacked(theirs, both) - x, "l2")
    ours = carlini_wagner(net, x, c=10.0, searches=4, steps=15)
    assert ours.success.all() and ours.l2.mean() <= 1.05 * other.mean()


def of(eta, norm):
    """‖η‖ of each photo."""
    flat = abs(eta).reshape(len(eta), -1)
    return flat.max(axis=1) if norm == "linf" else np.sqrt((flat**2).sum(axis=1))
