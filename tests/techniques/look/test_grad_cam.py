"""Which part of the photo speaks for a class: Grad-CAM in closed form, and at which layer."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small import SmallNet

import models
from minigrad import ops
from minigrad.rules import guided
from minigrad.techniques import (
    channel,
    class_score,
    grad_cam,
    grad_cam_plus_plus,
    gradient,
    guided_grad_cam,
    objectives,
)
from minigrad.techniques.look.grad_cam import (
    at_layer,
    cam_layer,
    cam_layers,
    coarse,
    enlarged,
    mean_gradient,
    weighted_gradient,
)
from minigrad.tensor import UnusedRule
from models.design import Design
from models.initialise import initial
from models.layers import Conv, GlobalAvgPool, Linear, Relu
from models.network import Network
from models.preprocess import TORCHVISION

SCORE = class_score(2)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, 12, 10))


@pytest.fixture(scope="module")
def pooled():
    """Zhou's kind of network: convolution, relu, the mean of each map, a linear layer."""

    def table(classes):
        return [
            Conv("conv", 3, 6, 3, padding=1), Relu("relu"), GlobalAvgPool("mean"),
            Linear("fc", 6, classes),
        ]  # fmt: skip

    net = Network("pooled", Design(table, "relu", TORCHVISION, 4), TORCHVISION, 4)
    net.params = {n: a.astype("float64") for n, a in initial(net.shapes, 0).items()}
    net.dtype = "float64"
    return net


A = np.array([[[[1.0, 2]], [[3.0, 1]], [[1.0, 1]]]])                        # (1, 3, 1, 2)


def test_a_channel_counts_by_the_mean_of_its_gradients():
    g = np.array([[[[1.0, 3]], [[-2.0, -4]], [[5.0, -5]]]])
    assert_allclose(mean_gradient(A, g), [[[[2]], [[-3]], [[0]]]])


def test_rows_and_columns_count_alike_and_each_image_for_itself(rng):
    g = np.array([[[[1.0, 3], [5, 7]]], [[[0.0, 0], [0, 8]]]])
    assert_allclose(mean_gradient(0 * g, g), [[[[4]]], [[[2]]]])


def test_the_map_is_what_all_channels_say_together_where_that_is_above_zero():
    """2·1 − 2·3 + 1·1 = −3, and 2·2 − 2·1 + 1·1 = 3."""
    weights = np.reshape([2.0, -2, 1], (1, 3, 1, 1))
    assert_allclose(coarse(A, weights), [[[0, 3]]])


def test_of_two_images_each_has_its_own_map():
    weights = np.reshape([2.0, -2, 1, 1, 0, 10], (2, 3, 1, 1))
    assert_allclose(coarse(np.concatenate([A, A]), weights), [[[0, 3]], [[11, 12]]])


def test_with_a_global_mean_it_is_the_class_activation_map(pooled, x):
    """Zhou et al. 2016, eq. 2: Σ_k w_k A^k, here over h·w and rectified."""
    A, w = pooled(x)["relu"], pooled.params["fc/weight"][2]
    cam = np.einsum("k,nkij->nij", w, A)
    assert (cam > 0).any() and (cam < 0).any()
    np.testing.assert_allclose(grad_cam(pooled, x, SCORE), np.maximum(cam, 0) / 120, rtol=1e-9)


def test_its_parts_are_the_papers_equations(x):
    net = SmallNet()
    A, g = at_layer(net, x, SCORE, "relu1", None)
    assert np.array_equal(A, net(x)["relu1"])
    alpha = g.sum(axis=(2, 3)) / (12 * 10)
    L = np.maximum(np.einsum("nk,nkij->nij", alpha, A), 0)
    np.testing.assert_allclose(coarse(A, mean_gradient(A, g)), L, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(grad_cam(net, x, SCORE, layer="relu1"), L, rtol=1e-9, atol=1e-15)


def test_the_gradient_at_the_layer_is_a_slope(x):
    """Nudge one activation of pool1: the score follows."""
    net = SmallNet()
    A, g = at_layer(net, x[:1], SCORE, "pool1", None)

    def score(a):
        return ops.mean(ops.relu(ops.conv2d(a, net.w2, padding=1)), axis=(2, 3))[0, 2]

    place = np.unravel_index(abs(g).argmax(), g.shape)
    nudge = np.zeros_like(A)
    nudge[place] = 1e-4
    slope = (score(A + nudge) - score(A - nudge)) / 2e-4
    assert slope == pytest.approx(g[place], rel=1e-6)


def test_the_weights_of_plus_plus_are_the_papers(rng):
    """Chattopadhay et al. 2018, eq. 19 and 10, written out; where g is 0, α is 0 / 0 and unused."""
    A, g = np.maximum(rng.normal(size=(2, 3, 4, 5)), 0), rng.normal(size=(2, 3, 4, 5))
    total = A.sum(axis=(2, 3), keepdims=True)
    alpha = g**2 / (2 * g**2 + total * g**3)
    w = (alpha * np.maximum(g, 0)).sum(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(weighted_gradient(A, g), w, rtol=1e-12)
    assert not weighted_gradient(A, 0 * g).any()


def test_plus_plus_gives_each_object_the_same_weight():
    """Two channels, one that is on at one place and one at four: both count alike, place by place.

    With S = Σ_k y_k and y_k on wherever g_k = 1, Grad-CAM's α_k grows with the area.
    """
    A, g = np.zeros((1, 2, 4, 4)), np.zeros((1, 2, 4, 4))
    A[0, 0, 0, 0] = A[0, 1, 2:, 2:] = 1
    g[A > 0] = 1
    one, four = mean_gradient(A, g).ravel()
    assert four == 4 * one
    one, four = weighted_gradient(A, g).ravel()
    assert four / one == pytest.approx((4 / 6) / (1 / 3))


def test_plus_plus_wants_a_relu(x):
    with pytest.raises(ValueError, match="0 or more.*give a relu's"):
        grad_cam_plus_plus(SmallNet(), x, SCORE, layer="conv2")
    found = grad_cam_plus_plus(SmallNet(), x, SCORE, layer="pool1")
    A, g = at_layer(SmallNet(), x, SCORE, "pool1", None)
    small = coarse(A, weighted_gradient(A, g))
    np.testing.assert_allclose(found, enlarged(small, (12, 10)))


def test_guided_grad_cam_is_the_product_of_both(x):
    both = guided_grad_cam(SmallNet(), x, SCORE, layer="relu1")
    fine = gradient(SmallNet(), x, SCORE, rules={ops.relu: guided})
    where = grad_cam(SmallNet(), x, SCORE, layer="relu1")
    assert fine.any() and where.any()
    assert np.array_equal(both, fine * where[:, None])


def test_a_map_is_enlarged_in_straight_lines():
    np.testing.assert_allclose(enlarged(np.array([[[0.0, 4.0]]]), (1, 4)), [[[0, 1, 3, 4]]])


def test_an_image_gets_the_same_map_alone_and_among_others(x):
    among = grad_cam(SmallNet(), x, SCORE, layer="relu1")
    alone = grad_cam(SmallNet(), x[1:], SCORE, layer="relu1")
    np.testing.assert_allclose(alone[0], among[1], rtol=1e-12, atol=1e-15)


def test_a_rule_holds_between_the_score_and_the_layer(x):
    twice = {ops.relu: lambda g, x: 2 * g * (x > 0)}    # only relu2 lies above relu1
    once = grad_cam(SmallNet(), x, SCORE, layer="relu1")
    assert np.array_equal(grad_cam(SmallNet(), x, SCORE, layer="relu1", rules=twice), 2 * once)
    with pytest.raises(UnusedRule):
        grad_cam(SmallNet(), x, SCORE, layer="relu2", rules={ops.relu: guided})


# ── Which layer ─────────────────────────────────────────────────────────────────────────────────

LAST = {
    "minivgg": "relu5_2", "minivgg_bn": "relu5_2", "vgg16": "relu5_3", "vgg16_bn": "relu5_3",
    "alexnet": "relu5", "squeezenet1_1": "relu_conv10", "googlenet": "inception5b/concat",
}  # fmt: skip


@pytest.mark.parametrize("name", LAST)
def test_for_a_class_it_is_the_last_map_before_pooling(name):
    assert cam_layer(models.table(name), SCORE) == LAST[name]


@pytest.mark.parametrize(
    ("name", "asked", "layer"),
    [
        ("vgg16", "relu4_2", "relu4_1"), ("vgg16", "conv4_2", "relu4_1"),
        ("vgg16_bn", "relu4_2", "relu4_1"), ("vgg16", "pool4", "relu4_3"),
        ("vgg16", "fc6", "relu5_3"), ("vgg16", "conv4_1", "relu3_3"),
        ("googlenet", "inception4c/concat", "inception4b/concat"),
        ("squeezenet1_1", "fire5/concat", "fire5/relu_squeeze1x1"),
    ],
)
def test_for_what_is_inside_it_is_a_layer_that_all_of_it_is_made_of(name, asked, layer):
    assert cam_layer(models.table(name), channel(asked, 0)) == layer


def test_the_layers_are_the_last_of_each_resolution():
    layers = cam_layers(models.table("vgg16"), SCORE)
    assert layers == ["relu5_3", "relu4_3", "relu3_3", "relu2_2", "relu1_2"]
    layers = cam_layers(models.table("squeezenet1_0_caffe"), SCORE)     # no drop9
    assert layers[:3] == ["relu_conv10", "fire9/concat", "fire8/concat"]
    assert cam_layers(models.table("minivgg"), SCORE, (32, 32))[0] == "relu5_2"
    assert cam_layers(models.table("minivgg"), channel("relu5_2", 0), (16, 16))[0] == "relu4_2"


def test_below_the_first_convolution_there_is_none():
    with pytest.raises(ValueError, match="below channel 0 of relu1_1 there is no layer with rows"):
        cam_layer(models.table("vgg16"), channel("relu1_1", 0))


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4)


@pytest.mark.parametrize(
    ("objective", "layer", "sentence"),
    [
        (SCORE, "fc6", "unit of fc6 sees the whole photo and has no place in it"),
        (SCORE, "fc9", "no layer 'fc9'; did you mean"),
        (objectives.unit("relu3_1", 0, 2, 2), "relu4_1", "does not depend on relu4_1"),
    ],
)
def test_a_layer_that_cannot_answer_is_one_sentence(net, objective, layer, sentence, rng):
    pixels = rng.uniform(0, 255, (1, 3, 64, 64)).astype(np.float32)
    for technique in (grad_cam, grad_cam_plus_plus, guided_grad_cam):
        with pytest.raises(ValueError, match=sentence):
            technique(net, pixels, objective, layer=layer)


def test_a_map_of_one_place_is_refused(net, rng):
    """At 32 pixels pool5 is one unit for the whole photo."""
    pixels = rng.uniform(0, 255, (1, 3, 32, 32)).astype(np.float32)
    with pytest.raises(ValueError, match="unit of pool5 sees the whole photo"):
        grad_cam(net, pixels, SCORE, layer="pool5")


def test_float32_stays_float32_at_the_photos_size(net, rng):
    pixels = rng.uniform(0, 255, (2, 3, 64, 48)).astype(np.float32)
    for technique in (grad_cam, grad_cam_plus_plus):
        found = technique(net, pixels, SCORE)
        assert found.shape == (2, 64, 48) and found.dtype == np.float32 and found.min() >= 0
