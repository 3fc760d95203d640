"""Neural style equals PyTorch's: the Gram matrix, every loss, and the way of a whole run."""

import numpy as np
import pytest

import models
from minigrad.techniques.make.gram import gram, masked_gram, style_of
from minigrad.techniques.make.regularizers import total_variation
from minigrad.techniques.make.style import style
from minigrad.techniques.make.style_presets import StylePreset
from minigrad.techniques.make.transforms import to_size
from minigrad.tensor import Tensor, grad

torch = pytest.importorskip("torch")
F = torch.nn.functional

CONTENT, STYLE = "relu3_2", ("relu1_1", "relu2_1", "relu3_1")
ALPHA, BETA, GAMMA = 2.0, 30.0, 0.5


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4, dtype="float64")


@pytest.fixture
def photo(rng):
    return rng.uniform(30, 220, (1, 3, 24, 36))


@pytest.fixture
def painting(rng):
    return rng.uniform(30, 220, (1, 3, 30, 36))


def their_acts(net, x):
    """relu1_1 … relu3_2, by PyTorch's own ops: x (1, 3, H, W)."""
    p = net.preprocessing
    mean, std = (torch.tensor(v, dtype=x.dtype)[:, None, None] for v in (p.mean, p.std))
    x, acts = (x * p.scale - mean) / std, {}
    for stage in (1, 2, 3):
        for n in (1, 2):
            weight, bias = (torch.from_numpy(net.params[f"conv{stage}_{n}/{short}"].copy())
                            for short in ("weight", "bias"))
            x = acts[f"relu{stage}_{n}"] = F.relu(F.conv2d(x, weight, bias, padding=1))
        x = F.max_pool2d(x, 2)
    return acts


def their_gram(a):
    return torch.einsum("ncyx,ndyx->ncd", a, a) / (a.shape[2] * a.shape[3])


def their_tv(x):
    x = F.pad(x, (0, 1, 0, 1), mode="replicate")
    dx, dy = x[:, :, :-1, 1:] - x[:, :, :-1, :-1], x[:, :, 1:, :-1] - x[:, :, :-1, :-1]
    return (dx**2 + dy**2).sum()


def their_loss(net, photo, painting):
    """α L_content + β mean L_style + γ TV, as a function of the pixels."""
    with torch.no_grad():
        content = their_acts(net, torch.from_numpy(photo))[CONTENT]
        acts = their_acts(net, torch.from_numpy(painting))
        wanted = {layer: their_gram(acts[layer]) for layer in STYLE}

    def loss(x):
        inside = x.clamp(0, 255)
        acts = their_acts(net, inside)
        L = ALPHA * ((acts[CONTENT] - content) ** 2).sum() / (content**2).sum()
        for layer, G in wanted.items():
            distance = ((their_gram(acts[layer]) - G) ** 2).sum() / (G**2).sum()
            L = L + BETA / len(STYLE) * distance
        return L, L + GAMMA * their_tv(inside) / (x.numel() * 255**2)

    return loss


def test_gram_and_its_gradient_equal_pytorchs(rng):
    a, seed = rng.normal(size=(2, 6, 5, 7)), rng.normal(size=(2, 6, 6))
    x, theirs = Tensor(a), torch.from_numpy(a).requires_grad_()
    y = their_gram(theirs)
    np.testing.assert_allclose(gram(a), y.detach(), rtol=1e-9)
    (g,) = torch.autograd.grad(y, theirs, torch.from_numpy(seed))
    np.testing.assert_allclose(grad(gram(x), [x], seed=seed)[0], g, rtol=1e-9, atol=1e-12)


def test_the_style_loss_and_its_gradient_equal_pytorchs(rng):
    a, T = rng.normal(size=(1, 6, 5, 7)), rng.normal(size=(1, 6, 6))
    x, theirs = Tensor(a), torch.from_numpy(a).requires_grad_()
    y = ((their_gram(theirs) - torch.from_numpy(T)) ** 2).sum() / (T**2).sum()
    ours = style_of("relu", T)({"relu": x})
    assert ours.item() == pytest.approx(y.item(), rel=1e-9)
    (g,) = torch.autograd.grad(y, theirs)
    np.testing.assert_allclose(grad(ours, [x])[0], g, rtol=1e-9, atol=1e-12)


def test_a_mask_equals_a_weighted_mean_of_pytorchs(rng):
    a, mask = rng.normal(size=(1, 4, 6, 8)), rng.uniform(size=(1, 1, 6, 8))
    weighted = torch.einsum("ncyx,ndyx,nyx->ncd", *map(torch.from_numpy, (a, a, mask[:, 0])))
    np.testing.assert_allclose(masked_gram(a, mask), weighted / mask.sum(), rtol=1e-9)


def test_total_variation_and_its_gradient_equal_pytorchs(rng):
    x = rng.uniform(0, 255, (2, 3, 9, 7))
    ours, theirs = Tensor(x), torch.from_numpy(x).requires_grad_()
    y = total_variation(ours)
    assert y.item() == pytest.approx(their_tv(theirs).item(), rel=1e-9)
    (g,) = torch.autograd.grad(their_tv(theirs), theirs)
    np.testing.assert_allclose(grad(y, [ours])[0], g, rtol=1e-9, atol=1e-9)


def preset(**changes):
    return StylePreset((CONTENT,), STYLE, ALPHA, BETA, GAMMA, scales=(1.0,), **changes)


def their_run(net, photo, painting, optimiser, **options):
    """What PyTorch's optimiser needs: the pixels, the loss, itself, and the loss for its steps."""
    loss, x = their_loss(net, photo, painting), torch.from_numpy(photo.copy()).requires_grad_()
    theirs = optimiser([x], **options)

    def total():
        theirs.zero_grad()
        value = loss(x)[1]
        value.backward()
        return value

    return x, loss, theirs, total


def test_a_whole_run_of_adam_equals_pytorchs(net, photo, painting):
    """The losses on the way to 1e-9, the pixels to a millionth of a grey level."""
    made = list(style(net, photo, painting, preset=preset(steps=4, optimiser="adam", rate=3.0)))
    x, loss, theirs, total = their_run(net, photo, painting, torch.optim.Adam, lr=3.0)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, 4)
    for now in made:
        asked = loss(torch.from_numpy(now.pixels))[0].item()
        assert -now.value == pytest.approx(asked, rel=1e-9)
        theirs.step(total)
        with torch.no_grad():
            x.clamp_(0, 255)
        rate.step()
        np.testing.assert_allclose(now.pixels, x.detach(), atol=1e-6)


def test_lbfgs_gets_as_far_as_pytorchs_in_as_many_steps(net, photo, painting):
    """Both search by strong Wolfe conditions, but by other cubics: the steps are not the same."""
    *_, now = style(net, photo, painting, preset=preset(steps=15))
    x, loss, theirs, total = their_run(
        net, photo, painting, torch.optim.LBFGS, lr=1.0, max_iter=15, history_size=10,
        tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe",
    )  # fmt: skip
    begin = loss(x)[1].item()
    theirs.step(total)
    reached, ours = loss(x)[1].item(), loss(torch.from_numpy(now.pixels))[1].item()
    assert begin - ours > 0.95 * (begin - reached) > 0


def test_shrinking_equals_pytorchs_bilinear_with_antialias(rng):
    x = rng.uniform(0, 255, (2, 3, 12, 20))
    for size in ((6, 10), (5, 7), (24, 3)):
        theirs = F.interpolate(torch.from_numpy(x), size=size, mode="bilinear", antialias=True)
        np.testing.assert_allclose(to_size(x, size), theirs, rtol=1e-9)
