"""HOG, step by step against its definition, and pictures that it takes for others."""

import itertools
import math

import numpy as np
import pytest

import models
from minigrad.check import check_adjoint, check_gradients, slope_along
from minigrad.techniques import code, hog, hog_twin, invert, twin
from minigrad.techniques.fool import hog as module
from minigrad.techniques.fool.hog import HOG, NOISE, angle, blocks, by_cell, differences, pooled
from minigrad.techniques.make.loop import Diverged
from minigrad.tensor import Tensor, grad


@pytest.fixture
def photo(rng):
    """Waves and some noise, float64, (1, 3, 40, 32)."""
    return photo_of(rng)


def photo_of(rng, H=40, W=32, turn=0.7):
    i, j = np.mgrid[:H, :W]
    waves = 127 + 70 * np.sin(turn * i + 0.3 * j) + 30 * np.cos(0.2 * i - j * turn)
    return (waves + rng.normal(0, 5, (1, 3, H, W))).clip(0, 255)


def ramp(degrees, H=40, W=48):
    """Grey levels that rise evenly along one direction: the same gradient everywhere."""
    i, j = np.mgrid[:H, :W]
    t = math.radians(degrees)
    return (127 + 2 * (math.cos(t) * j + math.sin(t) * i))[None, None].repeat(3, axis=1)


def last(walk):
    *_, progress = walk
    return progress


# ── Every step ──────────────────────────────────────────────────────────────────────────────────


def test_the_gradient_is_the_difference_of_the_two_neighbours_and_zero_at_the_border(rng):
    x = rng.uniform(0, 255, (1, 1, 6, 7))
    d = differences(x)[0]
    np.testing.assert_allclose(d[0, :, 1:-1], x[0, 0, :, 2:] - x[0, 0, :, :-2])
    np.testing.assert_allclose(d[1, 1:-1], x[0, 0, 2:] - x[0, 0, :-2])
    assert not d[0, :, [0, -1]].any() and not d[1, [0, -1]].any()
    check_adjoint(differences, x)


def test_a_vote_is_shared_between_the_two_nearest_orientations():
    """0° lies between the middles of the last bin, −10°, and the first, 10°; 25° a quarter on."""
    def votes(degrees):
        t = math.radians(degrees)
        return module.votes(np.array([math.cos(t), math.sin(t)]).reshape(1, 2, 1, 1), 9).ravel()

    share = dict(enumerate(votes(0)))
    assert share[0] == pytest.approx(0.5) and share[8] == pytest.approx(0.5)
    assert votes(25)[[0, 1, 2]] == pytest.approx([0.25, 0.75, 0])
    assert votes(30) == pytest.approx(np.eye(9)[1], abs=1e-9)
    for degrees in (3, 77, 179.9, -120):
        np.testing.assert_allclose(votes(degrees), votes(degrees + 180), atol=1e-9)
        assert votes(degrees).sum() == pytest.approx(1) and (votes(degrees) > 1e-9).sum() <= 2


def test_a_cell_is_the_mean_of_its_votes_shared_with_its_neighbours(rng):
    """Pixel by pixel: max(0, 1 − |distance to a cell's middle| / 8) in both directions."""
    votes = rng.uniform(0, 9, (2, 3, 24, 32))
    expected = np.zeros((2, 3, 3, 4))
    for i, j, row, column in itertools.product(range(24), range(32), range(3), range(4)):
        down, across = abs(i + 0.5 - 8 * (row + 0.5)), abs(j + 0.5 - 8 * (column + 0.5))
        share = max(0, 1 - down / 8) * max(0, 1 - across / 8)
        expected[:, :, row, column] += share * votes[:, :, i, j] / 64
    np.testing.assert_allclose(pooled(votes, 8), expected, rtol=1e-12)
    check_adjoint(pooled, votes, cell=8)


def test_no_vote_is_lost_but_beyond_the_border():
    """Within the middles of the outer cells, a pixel's shares sum to 1."""
    votes = np.zeros((1, 1, 32, 32))
    votes[0, 0, 13, 18] = 64.0
    assert pooled(votes, 8).sum() == pytest.approx(1)


def test_a_block_is_normalised_cut_at_a_fifth_and_normalised_again(rng):
    cells = rng.uniform(0, 30, (1, 9, 4, 3))
    cells[0, 4] *= 20
    v = cells[:, :, 1:3, 0:2].transpose(0, 2, 3, 1).ravel()  # upper left, upper right, lower …
    v = np.minimum(v / math.sqrt((v * v).sum() + 1), 0.2)  # ε = 1 grey level
    found = blocks(cells, 0.2, 1.0)
    assert found.shape == (1, 36, 3, 2) and (v == 0.2).any()
    np.testing.assert_allclose(found[0, :, 1, 0], v / math.sqrt(v @ v + 1e-6), rtol=1e-9)


def test_hog_of_a_ramp_tells_its_direction_and_nothing_of_its_brightness():
    for k in (0, 4, 7):
        found = by_cell(hog(ramp(10 + 20 * k), eps=1e-6))[0, :, 2, 2]
        assert found.argmax() == k and found[np.arange(9) != k].max() < 1e-6
    np.testing.assert_allclose(hog(ramp(33), eps=1e-6), hog(2 * ramp(33) - 90, eps=1e-6), atol=1e-9)


def test_what_is_flat_has_a_hog_of_zero_and_a_gradient_that_is_a_number():
    x = Tensor(np.full((1, 3, 24, 24), 99.0))
    y = HOG()(x)["hog"]
    (g,) = grad((y * y).sum(), [x])
    assert not y.data.any() and not g.any()


def test_what_blocks_say_of_a_cell_is_the_mean_over_those_it_is_in():
    codes = np.zeros((1, 4, 2, 2))
    codes[0, :, 0, 0] = 1, 2, 3, 4  # of one orientation: the first block's cells
    np.testing.assert_allclose(
        by_cell(codes)[0, 0], [[1, 2 / 2, 0], [3 / 2, 4 / 4, 0], [0, 0, 0]])


# ── The gradient ────────────────────────────────────────────────────────────────────────────────


def test_the_gradient_of_an_angle_is_that_of_differences_and_zero_where_there_is_none(rng):
    check_gradients(angle, rng.normal(size=9), rng.normal(size=9))
    y, x = Tensor(np.zeros(1)), Tensor(np.zeros(1))
    assert [float(g[0]) for g in grad(angle(y, x).sum(), [y, x])] == [0, 0]


def test_the_gradient_of_hog_is_that_of_differences_pixel_by_pixel(rng):
    check_gradients(hog, photo_of(rng, 16, 16), rtol=1e-5)


def test_the_gradient_of_the_distance_is_its_slope(photo, rng):
    net, other = HOG(), photo_of(rng, turn=0.4)
    asked = -code("hog", net(other)["hog"])
    x, d = Tensor(photo), rng.normal(size=photo.shape)
    (g,) = grad(asked(net(x)), [x])
    assert slope_along(lambda x: asked(net(x)), photo, d) == pytest.approx((g * d).sum(), rel=1e-5)


def test_float32_stays_float32_and_a_batch_is_one_by_one(photo, rng):
    both = np.concatenate([photo, photo_of(rng, turn=0.4)]).astype(np.float32)
    found = hog(both)
    assert found.dtype == np.float32 and found.shape == (2, 36, 4, 3)
    for n in range(2):
        np.testing.assert_allclose(found[n : n + 1], hog(both[n : n + 1]), atol=1e-6)
    assert np.allclose(hog(photo.astype(np.float32)), hog(photo), atol=1e-4)


def test_a_pass_goes_as_far_as_it_is_asked_to(photo):
    acts = HOG()(photo, only=["votes"])
    assert list(acts) == ["votes"] and acts["votes"].shape == (1, 9, 40, 32)
    assert list(HOG()(photo)) == ["grey", "gradient", "votes", "cells", "hog"]


# ── Twins ───────────────────────────────────────────────────────────────────────────────────────


def apart(x, other):
    a, b = hog(x), hog(other)
    return np.linalg.norm(a - b) / np.linalg.norm(b)


def test_a_twin_looks_like_one_photo_and_has_the_hog_of_another(photo, rng):
    other = photo_of(rng, turn=0.3)
    x = last(hog_twin(photo, like=other, steps=200)).pixels
    assert apart(photo, other) > 0.5 and apart(x, other) < 0.15
    def distance(a, b):
        return ((a - b) ** 2).mean() ** 0.5
    assert distance(x, photo) < 0.6 * distance(x, other)
    assert x.min() >= 0 and x.max() <= 255 and not np.array_equal(x, photo)


def test_let_through_the_cut_a_twins_hog_comes_nearer(photo, rng):
    """Without the rule, what is far above the cut has no gradient."""
    other = photo_of(rng, turn=0.3)
    through, cut = (
        last(twin(HOG(), photo, like=other, steps=100, rules=rules)).value
        for rules in (module.LET_THROUGH, None)
    )
    assert through > 0.8 * cut


def test_the_nearer_it_stays_the_less_it_has_of_the_other_hog(photo, rng):
    other = photo_of(rng, turn=0.3)
    found = [last(hog_twin(photo, like=other, steps=60, near=near)) for near in (0, 30, 1000)]
    moved = [((now.pixels - photo) ** 2).mean() for now in found]
    assert moved[0] > moved[1] > moved[2]
    assert found[0].value > found[1].value > found[2].value


def test_a_twin_keeps_the_colours_of_its_photo(photo, rng):
    """Only where the box cuts do the three move apart."""
    x = last(hog_twin(photo / 2 + 60, like=photo_of(rng, turn=0.3), steps=10)).pixels
    change = x - (photo / 2 + 60)
    assert np.ptp(change, axis=1).max() < 1e-9 < abs(change).max()


def test_a_twin_of_a_batch_is_that_of_each_alone_and_one_other_serves_all(photo, rng):
    both = np.concatenate([photo, photo_of(rng, turn=0.5)])
    other = photo_of(rng, turn=0.3)
    together = last(hog_twin(both, like=other, steps=5)).pixels
    for n in range(2):
        alone = last(hog_twin(both[n : n + 1], like=other, steps=5)).pixels
        np.testing.assert_allclose(together[n : n + 1], alone, atol=1e-6)


def test_a_twin_goes_on_where_it_was_stopped_to_the_last_bit(photo):
    whole = list(hog_twin(photo, steps=8))
    rest = list(hog_twin(photo, steps=8, resume=whole[4]))
    assert np.array_equal(whole[-1].pixels, rest[-1].pixels) and len(rest) == 3


def test_layers_that_have_learned_have_twins_too(photo):
    """Sabour et al. 2016; the same function."""
    net = models.build("minivgg", classes=4, dtype="float64")
    x = last(twin(net, photo, "relu2_1", steps=40, near=0.1))
    begin = float(code("relu2_1", net(photo[..., ::-1])["relu2_1"])(net(photo)))
    assert -x.value < 0.3 * begin


def test_from_noise_comes_a_picture_with_a_photos_hog(photo):
    """By `invert`, which knows nothing of HOG."""
    now = last(invert(HOG(), photo.astype(np.float32), preset=NOISE, steps=100))
    assert apart(now.pixels, photo) < 0.25 and -now.value < 0.06


# ── Nonsense ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda x: hog(x[..., :15]), r"16 or more a side, not of \(1, 3, 40, 15\)"),
    (lambda x: hog(x[:, :1]), "HOG is of pixels"),
    (lambda x: HOG(cell=7), "a cell has an even number of pixels, and 7 is odd"),
    (lambda x: HOG(bins=1), "bins is 1"),
    (lambda x: HOG(eps=0), "eps is 0"),
    (lambda x: hog_twin(x, like=x[..., :-8]), "bring them to one size"),
    (lambda x: hog_twin(x, near=-1), "near is -1"),
    (lambda x: hog_twin(x, steps=0), "steps is 0"),
    (lambda x: twin(HOG(), x, "blocks"), "HOG has no layer 'blocks'; there are grey, gradient"),
    (lambda x: hog_twin(x, like=0 * x), "all of its code is 0"),
])
def test_nonsense_is_one_sentence(photo, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(photo)


def test_a_photo_of_nan_is_said_before_a_step(photo):
    with pytest.raises((Diverged, ValueError), match="NaN"):
        last(hog_twin(photo * np.nan, like=photo))
