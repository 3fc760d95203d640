"""Rank correlation, and networks that forget from the top down."""

import pathlib
from functools import partial

import numpy as np
import pytest

import models
from minigrad import ops
from minigrad.rules import guided
from minigrad.techniques.look.gradient import saliency
from minigrad.techniques.look.randomise import (
    randomisation,
    randomised,
    ranks,
    spearman,
    weighted_layers,
)
from minigrad.techniques.objectives import class_score, unit

SCORE = class_score(1)
PHOTOS = pathlib.Path(__file__).parents[3] / "demos" / "photos"


def test_equal_maps_correlate_with_one_and_reversed_ones_with_minus_one(rng):
    M = rng.normal(size=(3, 5, 7))
    assert np.allclose(spearman(M, M), 1) and np.allclose(spearman(M, -M), -1)


def test_only_ranks_count(rng):
    M = rng.normal(size=(1, 6, 6))
    assert np.allclose(spearman(M, np.exp(3 * M)), 1)


def test_equal_numbers_share_the_mean_of_their_ranks():
    assert ranks(np.array([[5.0, 1, 3], [3, 3, 9]])).tolist() == [5, 1, 3, 3, 3, 6]


def test_rho_of_four_pixels_by_hand():
    """Ranks 1, 2, 3, 4 and 2, 1, 4, 3: ρ = 1 − 6 Σ d² / (n (n² − 1)) = 1 − 24 / 60."""
    a, b = np.array([[[1.0, 2], [3, 4]]]), np.array([[[20.0, 10], [40, 30]]])
    assert np.isclose(spearman(a, b)[0], 0.6)


def test_a_map_that_is_the_same_everywhere_says_nothing_of_another(rng):
    assert spearman(rng.normal(size=(1, 4, 4)), np.ones((1, 4, 4)))[0] == 0


def test_unrelated_maps_hardly_correlate(rng):
    assert abs(spearman(rng.normal(size=(1, 99, 99)), rng.normal(size=(1, 99, 99)))[0]) < 0.05


def test_randomising_nothing_changes_nothing(untrained, noise, rng):
    same = randomised(untrained, [], rng)
    assert np.array_equal(saliency(same, noise, SCORE), saliency(untrained, noise, SCORE))
    assert randomisation(untrained, noise, SCORE, at=[]) == {}


def test_the_network_that_is_given_stays_as_it_is(untrained, noise):
    before = {name: array.copy() for name, array in untrained.params.items()}
    randomisation(untrained, noise, SCORE, at=["conv1_1"])
    assert all(np.array_equal(array, untrained.params[name]) for name, array in before.items())


def test_only_the_layers_that_are_named_forget(untrained, rng):
    other = randomised(untrained, ["fc7", "conv3_1"], rng)
    changed = {name for name in untrained.params
               if not np.array_equal(untrained.params[name], other.params[name])}
    assert {name.split("/")[0] for name in changed} == {"fc7", "conv3_1"}


def test_new_weights_have_the_size_that_activations_keep(rng):
    """N(0, 2 / fan_in), and no bias."""
    net = models.load("minivgg")
    other = randomised(net, ["conv4_1"], rng)
    w = other.params["conv4_1/weight"]                                      # (256, 128, 3, 3)
    assert w.dtype == np.float32 and abs(w.mean()) < 1e-3
    assert np.isclose(w.var(), 2 / (128 * 9), rtol=0.01)
    assert net.params["conv4_1/bias"].any() and not other.params["conv4_1/bias"].any()


def test_batch_norm_becomes_the_identity_on_its_statistics(rng):
    net = models.build("minivgg_bn", classes=4)
    norm = next(name for name in net.params if name.endswith("running_mean")).split("/")[0]
    net.params[f"{norm}/running_mean"] = net.params[f"{norm}/running_mean"] + 3
    other = randomised(net, [norm], rng)
    assert (other.params[f"{norm}/weight"] == 1).all() and not other.params[f"{norm}/bias"].any()
    assert (other.params[f"{norm}/running_mean"] == 3).all()


def test_layers_forget_from_the_score_down_each_on_top_of_those_before(untrained, noise):
    seen = []

    def look(net, pixels, objective):
        seen.append(net)
        return saliency(net, pixels, objective)

    left = randomisation(untrained, noise, SCORE, look=look, at=["fc6", "fc8"])
    assert list(left) == ["fc8", "fc6"] and len(seen) == 3
    _, top, deeper = seen
    for name in ("fc8/weight", "fc7/weight", "fc6/weight"):
        forgot = [not np.array_equal(n.params[name], untrained.params[name]) for n in (top, deeper)]
        assert forgot == ([True, True] if name == "fc8/weight" else [False, True])
    assert np.array_equal(top.params["fc8/weight"], deeper.params["fc8/weight"])
    assert deeper.params["conv5_2/weight"] is untrained.params["conv5_2/weight"]


def test_a_map_of_the_photo_alone_stays_as_it_is(untrained, noise):
    left = randomisation(untrained, noise, SCORE, look=lambda _, x, objective: x[:, 0])
    assert list(left) == weighted_layers(untrained, SCORE) and all(r[0] == 1 for r in left.values())


def test_what_lies_above_a_unit_has_no_part_in_it(untrained):
    layers = weighted_layers(untrained, unit("relu3_1", 0, 2, 2))
    assert layers == ["conv3_1", "conv2_2", "conv2_1", "conv1_2", "conv1_1"]


@pytest.mark.parametrize("photo", ["face.jpg", "cup.jpg"])
def test_guided_backpropagation_hardly_minds_random_weights_and_the_gradient_does(photo):
    """Adebayo et al. 2018: above the layer that forgot, guided backpropagation shows edges."""
    net = models.load("minivgg")
    x = net.pixels(PHOTOS / photo)
    objective = class_score(int(net.scores(x)[0].argmax()))
    settings = {"at": ["fc6", "conv4_1"]}
    plain = randomisation(net, x, objective, **settings)
    edges = partial(saliency, rules={ops.relu: guided})
    guided_ones = randomisation(net, x, objective, look=edges, **settings)
    assert guided_ones["fc6"][0] > 0.95 and guided_ones["conv4_1"][0] > 0.85
    assert plain["fc6"][0] < 0.7 and plain["conv4_1"][0] < 0.6


@pytest.mark.parametrize("layer", ["relu1_1", "nowhere"])
def test_a_layer_without_weights_cannot_forget(untrained, noise, layer):
    with pytest.raises(ValueError, match=f"'{layer}' is no layer with weights"):
        randomisation(untrained, noise, SCORE, at=[layer])
