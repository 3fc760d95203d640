"""A channel counts as much as the score of what it shows: against the paper's steps in a loop."""

import numpy as np
import pytest
from small import SmallNet

import models
from minigrad import ops
from minigrad.techniques import score_cam
from minigrad.techniques.look.grad_cam import cam_layer
from minigrad.techniques.look.score_cam import shown_by, weights
from minigrad.techniques.objectives import class_score, unit

SCORE = class_score(2)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, 8, 10))


def by_hand(net, photo, layer):
    """One photo, one channel after the other, as in the paper's algorithm."""
    A, v = net(photo).get(layer), net.mean_colour[:, None, None]
    kept, increase = [], []
    for a in A[0]:
        U = ops.upsample_bilinear(a[None, None], photo.shape[2:])
        if U.max() == U.min():
            continue
        H = (U - U.min()) / (U.max() - U.min())
        kept.append(a)
        increase.append(SCORE(net(v + H * (photo - v))) - SCORE(net(0 * photo + v)))
    alpha = np.exp(increase) / np.exp(increase).sum()
    L = np.maximum(sum(weight * a for weight, a in zip(alpha, kept, strict=True)), 0)
    return ops.upsample_bilinear(L[None, None], photo.shape[2:])[0, 0]


@pytest.mark.parametrize("layer", ["relu1", "pool1", "relu2"])
def test_the_map_is_the_papers(x, layer):
    net = SmallNet()
    found = score_cam(net, x, SCORE, layer=layer, batch=3)
    for n in range(2):
        expected = by_hand(net, x[n : n + 1], layer)
        assert expected.any() and np.allclose(found[n], expected, rtol=1e-9)


def test_a_channel_that_is_flat_has_no_part(x):
    """A dead channel shows nothing; were it weighed all the same, the others would weigh less."""
    net = SmallNet()
    net.w1[2] = 0
    assert np.allclose(score_cam(net, x[:1], SCORE, layer="relu1")[0],
                       by_hand(net, x[:1], "relu1"))


def test_the_weights_sum_to_one_and_no_large_score_overflows(rng):
    A = rng.normal(size=(2, 4, 3, 3))
    A[0, 1] = 7
    alpha = weights(A, np.array([[1e4, 5e4, 1e4, -1e4], [0, 1, 2, 3.0]]))[:, :, 0, 0]
    assert np.allclose(alpha.sum(axis=1), 1) and np.allclose(alpha[0], [0.5, 0, 0.5, 0])


def test_what_a_channel_shows_reaches_from_nothing_to_all(rng):
    A = rng.normal(size=(1, 3, 4, 5))
    A[0, 2] = 3
    H = shown_by(A, (12, 15))
    assert H.shape == (1, 3, 12, 15)
    assert np.allclose(H.min(axis=(2, 3)), 0) and np.allclose(H.max(axis=(2, 3)), [1, 1, 0])


def test_without_a_layer_it_is_the_one_of_grad_cam():
    net, one = models.build("minivgg", classes=4), unit("relu2_2", 3, 5, 5)
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, 32, 32)).astype("float32")
    map = score_cam(net, x, one)
    assert map.shape == (1, 32, 32) and map.dtype == "float32" and map.min() >= 0
    assert np.array_equal(map, score_cam(net, x, one, layer=cam_layer(net, one)))


@pytest.mark.parametrize(("layer", "sentence"), [
    ("relu9_1", "minivgg has no layer 'relu9_1'"),
    ("fc6", "a unit of fc6 sees the whole photo, and shows no part of it"),
])
def test_a_layer_that_shows_no_part_says_why(layer, sentence):
    net = models.build("minivgg", classes=4)
    with pytest.raises(ValueError, match=sentence):
        score_cam(net, np.full((1, 3, 32, 32), 99, "float32"), SCORE, layer=layer)


def test_a_layer_above_the_objective_is_said(x):
    with pytest.raises(ValueError, match="does not depend on conv2: give a layer that lies below"):
        score_cam(SmallNet(), x, unit("pool1", 2, 1, 1), layer="conv2")


def test_a_layer_with_nothing_to_show_is_said(x):
    net = SmallNet()
    net.w1[:] = 0
    with pytest.raises(ValueError, match="the same everywhere in a photo"):
        score_cam(net, x, SCORE, layer="relu1")
