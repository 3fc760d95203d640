"""Does a perturbation look like something: power in long waves, and the photo's edges."""

import numpy as np
import pytest

import models
from demos.shared.command import FACE
from minigrad.techniques import along_edges, class_score, gradient, low_frequencies


def waves(length):
    """Stripes of this wavelength, (1, 3, 64, 64)."""
    row = np.cos(2 * np.pi * np.arange(64) / length)
    return np.tile(row, (1, 3, 64, 1))


def test_a_long_wave_is_all_low_and_a_short_one_is_not_at_all():
    assert low_frequencies(waves(16))[0] == pytest.approx(1)
    assert low_frequencies(waves(4))[0] == pytest.approx(0, abs=1e-12)
    assert low_frequencies(waves(4), wave=4)[0] == pytest.approx(1)


def test_two_waves_share_by_their_power():
    assert low_frequencies(3 * waves(16) + waves(4))[0] == pytest.approx(0.9)


def test_white_noise_has_the_share_of_a_disc(rng):
    noise = rng.normal(size=(2, 3, 128, 128))
    np.testing.assert_allclose(low_frequencies(noise), np.pi / 64, rtol=0.05)


def test_a_picture_of_the_edges_follows_the_edges_and_noise_does_not(rng):
    photo = rng.uniform(0, 255, (1, 3, 64, 64))
    down, right = np.gradient(photo.mean(axis=1), axis=(1, 2))
    edges = np.hypot(down, right)[:, None].repeat(3, axis=1)
    assert along_edges(edges**3, photo)[0] == pytest.approx(1)
    assert along_edges(-edges, photo)[0] == pytest.approx(1)  # the sign does not matter
    assert abs(along_edges(rng.normal(size=photo.shape), photo)[0]) < 0.06
    assert along_edges(1 / (1 + edges), photo)[0] == pytest.approx(-1)


def test_equal_values_share_a_rank():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    photo, eta = rng.integers(0, 4, (1, 3, 16, 16)), rng.integers(-2, 3, (1, 3, 16, 16))
    down, right = np.gradient(photo.mean(axis=1), axis=(1, 2))
    expected = stats.spearmanr(abs(eta).max(axis=1).ravel(), np.hypot(down, right).ravel())
    assert along_edges(eta, photo)[0] == pytest.approx(expected.statistic, abs=1e-9)


def test_the_gradient_of_the_network_that_ships_is_no_noise():
    net = models.load("minivgg")
    x = net.pixels(FACE)
    g = gradient(net, x, class_score(int(net.scores(x)[0].argmax())))
    assert low_frequencies(g)[0] > 0.2 and along_edges(g, x)[0] > 0.3


def test_nonsense_is_a_sentence():
    with pytest.raises(ValueError, match="0 everywhere"):
        low_frequencies(np.zeros((1, 3, 8, 8)))
    with pytest.raises(ValueError, match="wave is 1"):
        low_frequencies(waves(4), wave=1)
