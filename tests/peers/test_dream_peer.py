"""The dream equals PyTorch's: the energy's gradient, the step, and a whole dream over octaves."""

import numpy as np
import pytest

import models
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.dream import dream
from minigrad.techniques.make.dream_objectives import guided_by
from minigrad.techniques.make.dream_presets import DreamPreset, octave_sizes
from minigrad.techniques.objectives import energy

torch = pytest.importorskip("torch")
F = torch.nn.functional

LAYER = "relu3_1"
PRESET = DreamPreset(LAYER, octaves=3, scale=1.4, steps=3, rate=1.5, jitter=6)


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4, dtype="float64")


@pytest.fixture
def photo(rng):
    return rng.uniform(0, 255, (1, 3, 32, 44))


def their_layer(net, x):
    """relu3_1 by PyTorch's own ops: x (1, 3, H, W)."""
    p = net.preprocessing
    mean, std = (torch.tensor(v, dtype=x.dtype)[:, None, None] for v in (p.mean, p.std))
    x = (x * p.scale - mean) / std
    for name in ("conv1_1", "conv1_2", "pool", "conv2_1", "conv2_2", "pool", "conv3_1"):
        if name == "pool":
            x = F.max_pool2d(x, 2)
            continue
        weight, bias = (torch.from_numpy(net.params[f"{name}/{short}"].copy())
                        for short in ("weight", "bias"))
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
    return x


def their_energy(a):
    return (a**2).sum() / 2


def their_gradient(net, x, asked=their_energy):
    x = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(asked(their_layer(net, x)), x)
    return g


def resized(x, size):
    return F.interpolate(x, size=size, mode="bilinear", antialias=True)


def their_dream(net, photo, asked=their_energy):
    """Mordvintsev's loop: roll, step along g / mean|g|, clip, roll back; then the next octave."""
    (rng,) = np.random.default_rng(0).spawn(1)
    photo, detail, made = torch.from_numpy(photo), None, []
    for size in octave_sizes(net, photo.shape[2:], LAYER, PRESET.octaves, PRESET.scale):
        base = resized(photo, size)
        x = base if detail is None else base + resized(detail, size)
        x = x.clamp(0, 255)
        for _ in range(PRESET.steps):
            shift = rng.integers(-PRESET.jitter, PRESET.jitter, 2, endpoint=True).tolist()
            rolled = torch.roll(x, shift, (2, 3))
            g = their_gradient(net, rolled, asked)
            rolled = (rolled + PRESET.rate * g / g.abs().mean()).clamp(0, 255)
            x = torch.roll(rolled, [-n for n in shift], (2, 3))
            made.append(x)
        # the loop looks at an image once more after the last step: the value that it tells
        rng.integers(-PRESET.jitter, PRESET.jitter, 2, endpoint=True)
        detail = x - base
    return made


def test_the_energys_gradient_equals_pytorchs(net, photo):
    theirs = their_gradient(net, torch.from_numpy(photo))
    np.testing.assert_allclose(gradient(net, photo, energy(LAYER)), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tile", [None, 12])
def test_a_whole_dream_equals_pytorchs(net, photo, tile):
    """Every step of three octaves, in one piece and by tiles: to 1e-9 of 255 grey levels."""
    made = list(dream(net, photo, preset=PRESET, tile=tile))
    theirs = their_dream(net, photo)
    assert len(made) == len(theirs) == 9
    for now, x in zip(made, theirs, strict=True):
        np.testing.assert_allclose(now.pixels, x, rtol=0, atol=255e-9)


def test_a_guided_dream_equals_pytorchs(net, photo, rng):
    guide = rng.uniform(0, 255, (1, 3, 28, 20))
    g = their_layer(net, torch.from_numpy(guide))[0].flatten(1)                 # (C, J)

    def asked(a):
        return (a[0].flatten(1).T @ g).max(dim=1).values.sum()

    objective = guided_by(LAYER, net(guide, only=[LAYER])[LAYER])
    for now, x in zip(dream(net, photo, objective, preset=PRESET), their_dream(net, photo, asked),
                      strict=True):  # fmt: skip
        np.testing.assert_allclose(now.pixels, x, rtol=0, atol=255e-9)
