"""Multi-scale features: one set of weights at several sizes, each normalised where it stands."""

import dataclasses

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops
from minigrad.check import numerical_gradient
from minigrad.optim import Adam
from minigrad.techniques.learn import training
from models.design import Design
from models.multiscale import Halve, LocalNorm
from models.network import Network


@pytest.fixture
def net():
    return models.build("multiscale", classes=3, dtype="float64", attributes={"width": 2})


def test_the_same_filters_see_46_92_and_184_pixels():
    """As in the paper; the normalisation before them adds 14 pixels of each level."""
    net = models.table("multiscale")
    seen = [net.receptive_field(f"s{s}/conv3").size for s in (1, 2, 4)]
    assert seen == [46 + 14, 92 + 28, 184 + 56]


@pytest.mark.parametrize("image", [(32, 32), (33, 47), (18, 9), (1, 1)])
def test_every_pixel_of_an_image_of_any_size_has_its_scores(net, image):
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, *image))
    acts = net(x)
    assert acts.scores.shape == (2, 3, *image)
    assert {n: a.shape[1:] for n, a in acts.items()} == net.output_shapes(image)


def test_more_levels_have_no_filter_more_and_only_the_classifier_reads_more():
    one, three = (models.table("multiscale", attributes={"scales": n}) for n in (1, 3))
    assert {n for n in one.shapes if one.shapes[n] != three.shapes[n]} == {"classify/weight"}
    assert one.shapes.keys() == three.shapes.keys()
    assert three.shapes["classify/weight"][1] == 3 * one.shapes["classify/weight"][1]


def test_a_level_is_the_first_at_a_photo_that_was_halved(net, rng):
    """The features of s2 are those of s1, asked of the means of 2 × 2 pixels."""
    x = rng.uniform(0, 255, (1, 3, 24, 20))
    halved = x.reshape(1, 3, 12, 2, 10, 2).mean(axis=(3, 5))
    np.testing.assert_allclose(net(x)["s2/relu3"], net(halved)["s1/relu3"], atol=1e-9)


def unshared(net):
    """The same network and numbers, with a set of weights for each level."""
    layers = [dataclasses.replace(layer, shares="") for layer in net.layers.values()]
    design = Design(lambda _: layers, "score", net.preprocessing)
    apart = Network("apart", design, net.preprocessing, net.class_count)
    owner = {name: layer.shares or name for name, layer in net.layers.items()}
    apart.params = {f"{name}/{short}": net.params[f"{owner[name]}/{short}"]
                    for name, short in (key.rsplit("/", 1) for key in apart.shapes)}
    apart.dtype = net.dtype
    return apart


def test_the_gradient_of_a_shared_weight_is_the_sum_over_the_levels(net, rng):
    """As central differences say, and three networks' worth of weights that happen to be equal."""
    x, labels = rng.uniform(0, 255, (1, 3, 17, 14)), rng.integers(0, 3, (1, 17, 14))
    name, ε = "s1/conv2/weight", 1e-6

    def loss(w):
        return ops.cross_entropy(net.scores(x, params={name: w}), labels)

    w = net.params[name]
    (g,) = grad(loss(weight := Tensor(w)), [weight])
    for place in [(0, 0, 1, 1), (2, 1, 3, 5), (3, 0, 6, 2)]:
        step = np.zeros_like(w)
        step[place] = ε
        numerical = (float(loss(w + step)) - float(loss(w - step))) / (2 * ε)
        assert g[place] == pytest.approx(numerical, rel=1e-5, abs=1e-9)

    apart = unshared(net)
    weights = [Tensor(apart.params[f"s{s}/conv2/weight"]) for s in (1, 2, 4)]
    named = {f"s{s}/conv2/weight": one for s, one in zip((1, 2, 4), weights, strict=True)}
    each = grad(ops.cross_entropy(apart.scores(x, params=named), labels), weights)
    assert all(abs(one).max() > 0 for one in each)
    np.testing.assert_allclose(g, sum(each), atol=1e-12)


def test_it_learns(rng):
    net = models.build("multiscale", classes=2, attributes={"width": 4, "scales": 2})
    x = np.zeros((1, 3, 24, 24), "f4")
    x[:, :, 6:18, 6:18] = rng.uniform(0, 255, (3, 12, 12))              # grain on black
    labels = (x[:, 0] > 0).astype(int)
    steps = list(training.train(net, [(x, labels)] * 40, optimiser=Adam(), lr=0.01))
    assert steps[-1].outcome.right > 0.9 > steps[0].outcome.right


# ── The pyramid and its normalisation ───────────────────────────────────────────────────────────


def normal(x, size=5, eps=1e-12):
    return LocalNorm("normal", size, eps)(x, params={}, training=None)


def test_what_is_normalised_has_the_mean_0_and_the_deviation_1_of_its_own_window(rng):
    """y = (x − μ) / √(σ² + ε), μ and σ² over the pixels around that there are."""
    x, ε = rng.normal(3, 2, (2, 3, 9, 8)), 0.1
    y = normal(x, 5, ε)
    for i, j in [(4, 4), (0, 0), (8, 3), (1, 7)]:
        around = x[:, :, max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3]
        μ, σ = around.mean(axis=(2, 3)), around.std(axis=(2, 3))
        np.testing.assert_allclose(y[:, :, i, j], (x[:, :, i, j] - μ) / np.sqrt(σ**2 + ε))


def test_light_and_contrast_do_not_matter(rng):
    x = rng.normal(size=(1, 1, 12, 12))
    np.testing.assert_allclose(normal(7 * x - 30), normal(x), atol=1e-8)


def test_one_bright_pixel_has_the_height_that_follows_from_the_window():
    """μ = h/n, σ² = h²/n − μ² of n = k² pixels: y = √(n − 1), whatever h."""
    x = np.zeros((1, 1, 11, 11))
    x[..., 5, 5] = 40
    y = normal(x, 5)
    assert y[0, 0, 5, 5] == pytest.approx(np.sqrt(25 - 1))
    assert y[0, 0, 5, 6] == pytest.approx(-1 / np.sqrt(25 - 1)) and y[0, 0, 0, 0] == 0


def test_a_plain_wall_is_zero_and_its_grain_stays_small(rng):
    assert not normal(np.full((1, 3, 6, 7), 0.5)).any()
    grain = LocalNorm("normal")(rng.normal(0, 0.01, (1, 1, 40, 40)), params={}, training=None)
    assert abs(grain).max() < 0.5


@pytest.mark.parametrize("layer", [LocalNorm("normal", 3, 0.1), Halve("half")])
def test_normalising_and_halving_have_gradients(layer, rng):
    x = rng.normal(size=(1, 2, 4, 5))
    v = rng.normal(size=layer(x, params={}, training=None).shape)
    (g,) = grad((layer(wrapped := Tensor(x), params={}, training=None) * v).sum(), [wrapped])
    numerical = numerical_gradient(lambda x: (layer(x, params={}, training=None) * v).sum(), x)
    np.testing.assert_allclose(g, numerical, atol=1e-8)


def test_an_odd_photo_is_halved_to_the_means_of_what_there_is():
    x = np.arange(15.0).reshape(1, 1, 3, 5)
    y = Halve("half")(x, params={}, training=None)
    assert y.tolist() == [[[[3, 5, 6.5], [10.5, 12.5, 14]]]]
