"""SGD and Adam take the steps that PyTorch's take."""

import numpy as np
import pytest

from minigrad.optim import SGD, Adam

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: SGD(), lambda p: torch.optim.SGD(p, 0.05)),
        (lambda: SGD(0.9), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
        (
            lambda: SGD(0.9, True, 0.01),
            lambda p: torch.optim.SGD(p, 0.05, 0.9, weight_decay=0.01, nesterov=True),
        ),
        (lambda: Adam(), lambda p: torch.optim.Adam(p, 0.05)),
        (lambda: Adam(weight_decay=0.1), lambda p: torch.optim.AdamW(p, 0.05, weight_decay=0.1)),
    ],
)
def test_twenty_steps_are_the_same(ours, theirs, rng):
    start = rng.normal(size=(3, 4))
    x, optimiser = {"x": start}, ours()
    p = torch.nn.Parameter(torch.from_numpy(start.copy()))
    other = theirs([p])
    for _ in range(20):
        g = rng.normal(size=start.shape)
        x = optimiser.step(x, {"x": g}, 0.05)
        p.grad = torch.from_numpy(g)
        other.step()
    assert np.abs(x["x"] - p.detach().numpy()).max() < 1e-12
