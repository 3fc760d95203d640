"""The multi-scale network, its scores and the gradients of all weights are PyTorch's."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops

torch = pytest.importorskip("torch")
F = torch.nn.functional


def normal(x):
    """Over 15 × 15 pixels, without the padding."""
    def mean(x):
        return F.avg_pool2d(x, 15, 1, 7, count_include_pad=False)

    return (x - mean(x)) / torch.sqrt(mean(x * x) - mean(x) ** 2 + 0.01)


def up(x, scale):
    return F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False)


def scores(p, x):
    """Preprocessed pixels (N, 3, H, W) → (N, K, H, W), in one function."""
    (H, W), features = x.shape[2:], []
    for s in (1, 2, 4):
        a = normal(x)
        for i in (1, 2, 3):
            a = F.relu(F.conv2d(a, p[f"s1/conv{i}/weight"], p[f"s1/conv{i}/bias"], padding=3))
            a = F.max_pool2d(a, 2, ceil_mode=True) if i < 3 else a
        features.append(up(a, s)[:, :, : -(-H // 4), : -(-W // 4)])
        x = F.avg_pool2d(x, 2, ceil_mode=True)
    a = F.relu(F.conv2d(torch.cat(features, 1), p["classify/weight"], p["classify/bias"]))
    return up(F.conv2d(a, p["score_classify/weight"], p["score_classify/bias"]), 4)[:, :, :H, :W]


@pytest.mark.parametrize("image", [(32, 24), (21, 30)])
def test_scores_and_gradients_of_all_weights_are_pytorchs(image):
    """In float64; the gradient of a shared weight is what autograd sums up."""
    net = models.build("multiscale", classes=5, dtype="float64", attributes={"width": 3})
    rng = np.random.default_rng(0)
    pixels, labels = rng.uniform(0, 255, (2, 3, *image)), rng.integers(0, 5, (2, *image))
    weights = {n: Tensor(net.params[n]) for n in net.learned}
    mine = net.scores(pixels, params=weights)
    gradients = grad(ops.cross_entropy(mine, labels), list(weights.values()))

    params = {n: torch.from_numpy(a.copy()).requires_grad_() for n, a in net.params.items()}
    theirs = scores(params, torch.from_numpy(net.preprocessing(pixels)))
    np.testing.assert_allclose(mine.data, theirs.detach().numpy(), atol=1e-9)
    loss = F.cross_entropy(theirs, torch.from_numpy(labels))
    wanted = [params[n] for n in weights]
    for g, their_g in zip(gradients, torch.autograd.grad(loss, wanted), strict=True):
        np.testing.assert_allclose(g, their_g.numpy(), atol=1e-9)
