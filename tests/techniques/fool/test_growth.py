"""How a move grows layer by layer, in closed form and in networks of every kind."""

import numpy as np
import pytest
from halves import Halves

import models
from demos.shared.command import FACE
from minigrad.techniques import fgsm, growth
from minigrad.techniques.fool.growth import trunk


def test_in_a_linear_network_it_is_the_change_of_the_score_over_the_score():
    net = Halves((3, 4, 4))
    x, adversarial = net.beside(10.0)
    grown = growth(net, x, adversarial)
    before, after = (net.scores(one)[0, 1] for one in (x, adversarial))
    assert list(grown) == ["pixels", "scores"]
    assert grown["scores"].attack[0] == pytest.approx(abs(after - before) / before, rel=1e-9)
    at_pixels = np.linalg.norm(adversarial - x) / np.linalg.norm(x)
    assert grown["pixels"].attack[0] == pytest.approx(at_pixels, rel=1e-9)


def test_noise_is_as_long_at_the_pixels_and_a_root_of_n_shorter_at_the_score():
    net = Halves((3, 16, 16))                                               # n = 768
    grown = growth(net, *net.beside(10.0), samples=400)
    pixels, scores = grown.values()
    assert pixels.random[0] == pytest.approx(pixels.attack[0], rel=1e-9)
    # E |⟨u, w⟩| / ‖w‖ = √(2 / π n)
    share = scores.random[0] / scores.attack[0]
    assert share == pytest.approx(np.sqrt(2 / np.pi / 768), rel=0.15)


def test_minivggs_attack_grows_to_the_scores_and_noise_does_not():
    net = models.load("minivgg")
    x = net.pixels(FACE, size=96)
    grown = growth(net, x, fgsm(net, x).adversarial, samples=2)
    assert list(grown) == ["pixels", *net.layers]
    pixels, scores = grown["pixels"], grown[net.score_layer]
    assert scores.attack[0] > 5 * pixels.attack[0] and scores.random[0] < pixels.random[0]


@pytest.mark.parametrize("name", ["squeezenet1_1", "googlenet"])
def test_networks_with_branches_are_followed_along_their_trunk(name):
    net = models.build(name, classes=5)
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 64, 64)).astype("float32")
    grown = growth(net, x, (x + 3).clip(0, 255), samples=1)
    assert list(grown) == ["pixels", *trunk(net)]
    values = np.array(list(grown.values()))                                 # (L, 2, N)
    assert values.shape == (len(grown), 2, 2) and np.isfinite(values).all()


@pytest.mark.parametrize("name", models.names())
def test_every_trunk_begins_with_the_first_layer_and_ends_with_the_scores(name):
    net = models.table(name)
    layers = trunk(net)
    assert layers[0] == next(iter(net.layers)) and layers[-1] == net.score_layer


def test_a_trunk_leaves_out_what_a_branch_passes_by():
    class Branched:
        layers = dict.fromkeys(["stem", "left", "right", "both", "scores"])
        inputs = {"stem": (), "left": ("stem",), "right": ("stem",), "both": ("left", "right"),
                  "scores": ("both",)}

    assert trunk(Branched()) == ["stem", "both", "scores"]


def test_a_layer_that_says_nothing_of_the_photo_has_no_ratio():
    net = Halves((3, 4, 4))
    net.w *= 0
    x = np.full((1, 3, 4, 4), 100.0)
    assert np.isnan(growth(net, x, x + 1)["scores"].attack[0])


def test_nonsense_is_a_sentence():
    net = models.load("minivgg")
    x = np.full((1, 3, 64, 64), 100.0, "float32")
    with pytest.raises(ValueError, match="was not moved"):
        growth(net, x, x)
    with pytest.raises(ValueError, match="samples is 0"):
        growth(net, x, x + 1, samples=0)
    with pytest.raises(ValueError, match="conv9"):
        growth(net, x, x + 1, layers=["conv9"])
