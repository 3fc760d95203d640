"""Inverting a code equals PyTorch's: L6, total variation, the whole energy, and a run's way."""

import numpy as np
import pytest

import models
from minigrad.techniques.make.invert import code_of, invert, penalties
from minigrad.techniques.make.invert_presets import InvertPreset
from minigrad.techniques.make.loop import Task
from minigrad.techniques.make.regularizers import SMOOTH, l6, total_variation
from minigrad.techniques.make.starts import mean_colour, noise
from minigrad.techniques.objectives import code
from minigrad.tensor import Tensor, grad

torch = pytest.importorskip("torch")
F = torch.nn.functional

LAYER = "relu2_2"
BALANCED = InvertPreset(tv=3.0, beta=1.5, l6=20.0, waves=None)
SUMS = InvertPreset(tv=5.0, beta=2.0, l6=40.0, balanced=False, waves=None)


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4, dtype="float64")


def their_code(net, x):
    """relu2_2, by PyTorch's own ops: x (N, 3, H, W)."""
    p = net.preprocessing
    mean, std = (torch.tensor(v, dtype=x.dtype)[:, None, None] for v in (p.mean, p.std))
    x = (x * p.scale - mean) / std
    for name in ("conv1_1", "conv1_2", "pool", "conv2_1", "conv2_2"):
        if name == "pool":
            x = F.max_pool2d(x, 2)
            continue
        weight, bias = (torch.from_numpy(net.params[f"{name}/{short}"].copy())
                        for short in ("weight", "bias"))
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
    return x


def their_tv(u, beta):
    u = F.pad(u, (0, 1, 0, 1), mode="replicate")
    dx, dy = u[..., :-1, 1:] - u[..., :-1, :-1], u[..., 1:, :-1] - u[..., :-1, :-1]
    slope = dx**2 + dy**2
    if beta == 2:
        return slope.sum(dim=(1, 2, 3))
    return ((slope + SMOOTH) ** (beta / 2) - SMOOTH ** (beta / 2)).sum(dim=(1, 2, 3))


def their_energy(net, photo, preset):
    """E of each image, a function of the pixels (N, 3, H, W)."""
    wanted = their_code(net, torch.from_numpy(photo))
    mean = torch.tensor(net.mean_colour, dtype=torch.float64)[:, None, None]
    size = (wanted**2).sum(dim=(1, 2, 3))

    def energy(x):
        u = x - mean
        error = ((their_code(net, x) - wanted) ** 2).sum(dim=(1, 2, 3)) / size
        R6 = preset.l6 * ((u / 255) ** 6).sum(dim=(1, 2, 3))
        RTV = preset.tv / 255**preset.beta * their_tv(u, preset.beta)
        return error + (R6 + RTV) / (u[0].numel() if preset.balanced else size)

    return energy


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0])
def test_total_variation_and_its_gradient_equal_pytorchs(rng, beta):
    u = rng.normal(0, 40, (2, 3, 9, 7))
    x, theirs = Tensor(u), torch.from_numpy(u).requires_grad_()
    R, T = total_variation(x, beta), their_tv(theirs, beta).sum()
    assert float(R) == pytest.approx(float(T.detach()), rel=1e-9)
    (g,) = torch.autograd.grad(T, theirs)
    np.testing.assert_allclose(grad(R, [x])[0], g, rtol=1e-9, atol=1e-9 * float(abs(g).max()))


def test_l6_and_its_gradient_equal_pytorchs(rng):
    u = rng.normal(0, 40, (2, 3, 9, 7))
    x, theirs = Tensor(u), torch.from_numpy(u).requires_grad_()
    R, T = l6(x), (theirs**6).sum()
    assert float(R) == pytest.approx(float(T.detach()), rel=1e-9)
    np.testing.assert_allclose(grad(R, [x])[0], torch.autograd.grad(T, theirs)[0], rtol=1e-9)


@pytest.mark.parametrize("preset", [BALANCED, SUMS], ids=["balanced", "sums"])
def test_the_energy_and_its_gradient_equal_pytorchs(net, rng, preset):
    photo, x = rng.uniform(20, 230, (2, 2, 3, 14, 18))
    wanted = code_of(net, photo, LAYER)
    task = Task(net, -code(LAYER, wanted), tuple(penalties(preset, wanted, photo)), (), (),
                (0.0, 255.0), None, [], mean_colour(net, x))
    here, theirs = task.E(x), torch.from_numpy(x).requires_grad_()
    E = their_energy(net, photo, preset)(theirs).sum()
    assert here.total == pytest.approx(-float(E.detach()), rel=1e-9)
    (g,) = torch.autograd.grad(E, theirs)
    np.testing.assert_allclose(here.gradient, -g, rtol=1e-9, atol=1e-9 * float(abs(g).max()))


@pytest.mark.parametrize("preset", [BALANCED, SUMS], ids=["balanced", "sums"])
def test_ten_steps_end_where_pytorchs_adam_ends(net, rng, preset):
    photo, steps = rng.uniform(20, 230, (1, 3, 14, 18)), 10
    *_, now = invert(net, photo, LAYER, preset=preset, steps=steps, rng=[np.random.default_rng(7)])
    energy = their_energy(net, photo, preset)
    start = noise(net, photo.shape[2:], 1, preset.sigma, np.random.default_rng(7))
    x = torch.from_numpy(start).requires_grad_()
    adam = torch.optim.Adam([x], lr=preset.rate)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        adam.zero_grad()
        energy(x).sum().backward()
        adam.step()
        cosine.step()
        with torch.no_grad():
            x.clamp_(0, 255)
    np.testing.assert_allclose(now.pixels, x.detach(), atol=1e-6)
