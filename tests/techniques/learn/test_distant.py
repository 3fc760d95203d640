"""The distant cue: who sees the square knows, who does not can only guess."""

import numpy as np
import pytest

import models
from minigrad.techniques.learn.distant import (
    CLASSES,
    COLOURS,
    GROUND,
    HALF,
    distant_cues,
    right_by_distance,
)


def test_the_class_of_all_pixels_is_the_colour_of_the_square(rng):
    made = distant_cues(20, size=24, rng=rng)
    assert made.pixels.shape == (20, 3, 24, 24) and made.pixels.dtype == np.float32
    for pixels, labels, d in zip(*made, strict=True):
        (k,) = np.unique(labels)
        assert (d == 0).sum() == (2 * HALF + 1) ** 2
        assert np.array_equal(pixels[:, d == 0], np.repeat(COLOURS[k][:, None], 25, axis=1))
        assert abs(pixels[:, d > 0].mean() - GROUND) < 2
    assert set(made.labels[:, 0, 0]) == {0, 1}


def test_the_distance_is_that_of_the_nearest_pixel_by_rows_or_columns(rng):
    d = distant_cues(1, size=20, rng=rng).distances[0]
    square = np.argwhere(d == 0)
    for place in [(0, 0), (19, 3), (7, 12)]:
        assert d[place] == abs(square - place).max(axis=1).min()


@pytest.mark.parametrize(("name", "reach"), [("context", 33), ("context_plain", 7)])
def test_beyond_its_reach_a_network_says_the_same_of_either_colour(name, reach, rng):
    net = models.build(name, classes=CLASSES, dtype="float64", attributes={"width": 3})
    assert net.receptive_field("score").size == 2 * reach + 1
    params = {n: w + rng.normal(0, 0.2, w.shape) for n, w in net.params.items()}
    made = distant_cues(1, size=80, rng=np.random.default_rng(1))
    both = np.concatenate([made.pixels, made.pixels]).astype(float)
    both[:, :, made.distances[0] == 0] = COLOURS[:, :, None]
    one, other = net.scores(both, params=params)
    same = (one == other).all(axis=0)                                       # (80, 80)
    assert same[made.distances[0] > reach].all()
    assert not same[made.distances[0] <= reach].all()


def test_shares_are_counted_between_the_edges():
    labels, said = np.zeros((1, 1, 6), int), np.array([[[0, 0, 1, 0, 1, 1]]])
    d = np.array([[[0, 1, 2, 3, 4, 5]]])
    shares = right_by_distance(said, labels, d, [0, 2, 4, 6, 8])
    np.testing.assert_allclose(shares, [1, 0.5, 0, np.nan])


def test_numbers_that_make_no_sense_are_said():
    with pytest.raises(ValueError, match="size is 12: give a whole number, 16 or more"):
        distant_cues(size=12)
    with pytest.raises(ValueError, match="count is 0"):
        distant_cues(0)
