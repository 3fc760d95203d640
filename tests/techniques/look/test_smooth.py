"""The gradient among neighbours of a photo: mean, square and variance."""

import numpy as np
import pytest
from small import LinearNet, SmallNet, generators

from minigrad import ops
from minigrad.rules import guided
from minigrad.techniques import class_score, gradient, smooth_gradient
from minigrad.techniques.look import smooth

SCORE = class_score(2)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, 6, 6))


def by_hand(net, x, seed, samples, share, rules=None):
    """One noisy photo after another, and NumPy's mean, mean square and variance."""
    maps = []
    for image, rng in zip(x, generators(seed, len(x)), strict=True):
        sigma = share * (image.max() - image.min())
        noisy = [image + sigma * rng.standard_normal(image.shape) for _ in range(samples)]
        w = np.stack([gradient(net, one[None], SCORE, rules=rules)[0] for one in noisy])
        maps.append((w.mean(axis=0), (w * w).mean(axis=0), w.var(axis=0)))
    return [np.stack(kind) for kind in zip(*maps, strict=True)]


@pytest.mark.parametrize("samples", [1, 3, 20])     # of one batch, and of several
def test_the_three_maps_are_the_moments_of_the_gradient_at_noisy_photos(x, samples):
    rng = np.random.default_rng(7)
    found = smooth_gradient(SmallNet(), x, SCORE, rng=rng, samples=samples, noise=0.2)
    for ours, theirs in zip(found, by_hand(SmallNet(), x, 7, samples, 0.2), strict=True):
        assert ours.any() or samples == 1
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_of_a_linear_score_the_mean_is_its_gradient_and_nothing_varies(x):
    net = LinearNet()
    found = smooth_gradient(net, x, SCORE, noise=0.5)
    assert np.array_equal(found.mean, gradient(net, x, SCORE))
    assert not found.variance.any()
    assert np.array_equal(found.square, found.mean**2)


def test_without_noise_it_is_the_gradient(x):
    found = smooth_gradient(SmallNet(), x, SCORE, noise=0, samples=4)
    assert np.array_equal(found.mean, gradient(SmallNet(), x, SCORE))
    assert not found.variance.any()


def test_the_square_is_the_variance_and_the_squared_mean(x):
    found = smooth_gradient(SmallNet(), x, SCORE)
    assert found.variance.min() >= 0 and found.variance.any()
    np.testing.assert_allclose(found.square, found.variance + found.mean**2)


def test_the_noise_is_a_share_of_each_photos_own_range(x):
    """A photo of half the contrast gets half the noise."""
    asked = []

    def score(net, noisy, objective, rules):
        asked.append(noisy)
        return noisy

    x[1] = x[0] / 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smooth, "gradient", score)
        smooth_gradient(SmallNet(), x, SCORE, rng=generators(0, 1) * 2, samples=8, noise=0.1)
    first, second = asked[0] - x[0], asked[1] - x[1]
    assert first.std() == pytest.approx(0.1 * np.ptp(x[0]), rel=0.1)
    assert second.std() == pytest.approx(0.1 * np.ptp(x[1]), rel=0.1)


def test_an_image_gets_the_same_map_alone_and_among_others(x):
    alone = smooth_gradient(SmallNet(), x[1:], SCORE, rng=generators(3, 2)[1:])
    among = smooth_gradient(SmallNet(), x, SCORE, rng=generators(3, 2))
    assert np.array_equal(alone.mean[0], among.mean[1])


def test_no_generator_is_always_the_same_noise(x):
    first, second = (smooth_gradient(SmallNet(), x, SCORE) for _ in range(2))
    assert np.array_equal(first.mean, second.mean)
    other = smooth_gradient(SmallNet(), x, SCORE, rng=np.random.default_rng(1))
    assert not np.array_equal(first.mean, other.mean)


def test_a_rule_holds_at_every_noisy_photo(x):
    rules = {ops.relu: guided}
    rng = np.random.default_rng(7)
    found = smooth_gradient(SmallNet(), x, SCORE, rules=rules, rng=rng, samples=3, noise=0.2)
    mean, _, _ = by_hand(SmallNet(), x, 7, 3, 0.2, rules)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-9, atol=1e-12)


def test_float32_stays_float32(x):
    found = smooth_gradient(LinearNet(), x.astype(np.float32), SCORE, samples=2)
    assert all(map.dtype == np.float32 for map in found)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [({"samples": 0}, "samples is 0"), ({"samples": 2.5}, "samples is 2.5"),
     ({"noise": -1}, "the noise, a share"), ({"noise": np.nan}, "the noise, a share")],
)
def test_bad_settings_are_one_sentence(x, setting, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        smooth_gradient(SmallNet(), x, SCORE, **setting)
