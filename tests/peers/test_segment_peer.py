"""U-Net, its loss and its gradients are PyTorch's."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops

torch = pytest.importorskip("torch")

from demos.shared.segment_tasks import torch_walk  # noqa: E402


def test_scores_and_gradients_of_all_weights_are_pytorchs():
    """In float64, batch norm by the batch, weighted classes, a void label, sizes that are odd."""
    net = models.build("unet", classes=5, dtype="float64", attributes={"width": 4, "levels": 4})
    rng = np.random.default_rng(0)
    pixels, labels = rng.uniform(0, 255, (2, 3, 21, 30)), rng.integers(0, 5, (2, 21, 30))
    labels[:, 3:6], w = 255, rng.uniform(0.5, 2, 5)
    weights = {n: Tensor(net.params[n]) for n in net.learned}
    scores = net(pixels, params=net.params | weights, training=rng).scores
    loss = ops.cross_entropy(scores, labels, ignore_index=255, weight=w)
    gradients = grad(loss, list(weights.values()))

    params = {name: torch.from_numpy(a.copy()) for name, a in net.params.items()}
    wanted = [params[n].requires_grad_() for n in net.learned]
    theirs = torch_walk(net, params, torch.from_numpy(net.preprocessing(pixels)))
    np.testing.assert_allclose(scores.data, theirs.detach().numpy(), atol=1e-9)
    their_loss = torch.nn.functional.cross_entropy(
        theirs, torch.from_numpy(labels), ignore_index=255, weight=torch.from_numpy(w)
    )
    assert float(loss.data) == pytest.approx(their_loss.item(), abs=1e-12)
    for g, their_g in zip(gradients, torch.autograd.grad(their_loss, wanted), strict=True):
        np.testing.assert_allclose(g, their_g.numpy(), atol=1e-9)
