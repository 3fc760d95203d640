"""Occlusion is Captum's, to the last window; where Captum does it otherwise, the test says how.

Captum 0.7 (Kokhlikar et al. 2020) puts a window at each multiple of the stride and cuts the last of
a row off at the border, as here.  It divides by the coverage in float32, whatever the network's
dtype; where float64 is compared it is made to divide in float64.
"""

import numpy as np
import pytest

from minigrad.techniques import class_score, occlusion
from minigrad.techniques.look.occlusion import filling

torch = pytest.importorskip("torch")
attr = pytest.importorskip("captum.attr")
from test_maps_peer import EDGE, LAYERS, networks  # noqa: E402

EVEN = "mean", (20, 20), (14, 14)       # 3 windows reach from 0 to 48
UNEVEN = "noise", (22, 15), (19, 14)    # the last windows are cut off at the border


def captums(theirs, k, x, v, window, stride):
    """The drop per pixel, (H, W), of one photo."""
    x, v = (torch.from_numpy(np.array(a)) for a in (x, v))
    drop = attr.Occlusion(theirs).attribute(
        x, (3, *window), (3, *stride), baselines=v, target=k, perturbations_per_eval=8
    )
    assert torch.equal(drop[0, 0], drop[0, 2])  # a window hides all three colours
    return drop[0, 0].detach().numpy()


@pytest.mark.parametrize(("fill", "window", "stride"), [EVEN, UNEVEN])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LAYERS)
def test_occlusion_is_captums(name, dtype, fill, window, stride, monkeypatch):
    net, _, theirs, _ = networks(name, dtype)
    monkeypatch.setattr(torch.Tensor, "float", lambda a: a.to(getattr(torch, dtype)))
    x = np.random.default_rng(5).uniform(0, 255, (1, 3, EDGE, EDGE)).astype(dtype)
    k = int(net.scores(x)[0].argmax())
    ours = occlusion(net, x, class_score(k), window=window, stride=stride, fill=fill, batch=8)
    other = captums(theirs, k, x, filling(net, x, fill, window), window, stride)
    relative = abs(ours.drop[0] - other).max() / abs(other).max()
    assert relative < {"float64": 1e-9, "float32": 1e-4}[dtype]


def test_without_overlap_it_is_captums_feature_ablation():
    net, _, theirs, _ = networks("minivgg", "float64")
    x = np.random.default_rng(1).uniform(0, 255, (1, 3, EDGE, EDGE))
    squares = np.arange(9).reshape(1, 1, 3, 3).repeat(16, axis=2).repeat(16, axis=3)
    drop = attr.FeatureAblation(theirs).attribute(
        torch.from_numpy(x), 127.5, target=3, feature_mask=torch.from_numpy(squares)
    )[0, 0].numpy()
    ours = occlusion(net, x, class_score(3), window=16, stride=16, fill="grey").drop[0]
    assert abs(ours - drop).max() < 1e-9 * abs(drop).max()
