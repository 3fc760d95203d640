"""Infidelity and sensitivity are Captum's, and the rank correlation SciPy's, on equal numbers."""

import numpy as np
import pytest

from minigrad import ops
from minigrad.activations import Activations
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.look.randomise import spearman
from minigrad.techniques.look.sensitivity import infidelity, max_sensitivity
from minigrad.techniques.objectives import class_score

torch = pytest.importorskip("torch")
metrics = pytest.importorskip("captum.metrics")
spearmanr = pytest.importorskip("scipy.stats").spearmanr
F = torch.nn.functional

K = 2


class Twin:
    """A network of ours, two convolutions with a relu, and the same function in PyTorch."""

    name, layers, score_layer = "twin", {"scores": None}, "scores"

    def __init__(self, rng):
        self.w1, self.w2 = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=(5, 4, 3, 3))

    def __call__(self, x, only=None):
        a = ops.relu(ops.conv2d(x, self.w1))
        return Activations({"scores": ops.mean(ops.conv2d(a, self.w2), axis=(2, 3))}, "scores")

    def theirs(self, x):
        a = F.relu(F.conv2d(x, torch.from_numpy(self.w1)))
        return F.conv2d(a, torch.from_numpy(self.w2)).mean(dim=(2, 3))[:, K]


@pytest.fixture
def net(rng):
    return Twin(rng)


@pytest.fixture
def x(rng):
    return rng.normal(size=(2, 3, 8, 8))


def in_their_order(changes):
    """Captum repeats each image P times: (P, N, …) → (N · P, …)."""
    return torch.from_numpy(np.concatenate(list(changes.swapaxes(0, 1))))


def test_infidelity_is_captums(net, x, rng):
    changes, Φ = rng.normal(size=(7, *x.shape)), gradient(net, x, class_score(K))

    def perturb(inputs):
        change = in_their_order(changes)
        return change, inputs - change

    theirs = metrics.infidelity(net.theirs, perturb, torch.from_numpy(x), torch.from_numpy(Φ),
                                n_perturb_samples=7)
    ours = infidelity(net, x, class_score(K), attribution=Φ, changes=changes)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9)


def test_max_sensitivity_is_captums(net, x, rng):
    changes = rng.uniform(-0.1, 0.1, (6, *x.shape))

    @torch.enable_grad()
    def explain(inputs):
        image = (inputs[0] if isinstance(inputs, tuple) else inputs).detach().requires_grad_()
        return torch.autograd.grad(net.theirs(image).sum(), image)

    theirs = metrics.sensitivity_max(explain, torch.from_numpy(x), n_perturb_samples=6,
                                     perturb_func=lambda inputs: inputs + in_their_order(changes))
    ours = max_sensitivity(net, x, class_score(K), look=gradient, changes=changes)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9)


def test_the_rank_correlation_is_scipys_with_ties_too(rng):
    a, b = rng.integers(0, 6, (2, 4, 9, 9)).astype(float)
    theirs = [spearmanr(r.ravel(), s.ravel()).statistic for r, s in zip(a, b, strict=True)]
    np.testing.assert_allclose(spearman(a, b), theirs, rtol=1e-9)
