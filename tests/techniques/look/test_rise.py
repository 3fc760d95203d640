"""Showing random parts: given masks make a formula, and for a linear score the map is known."""

import itertools

import numpy as np
import pytest
from small import LinearNet, SmallNet

import models
from minigrad.techniques import rise
from minigrad.techniques.look.rise import random_masks, rise_so_far
from minigrad.techniques.objectives import class_probability, class_score

SCORE = class_score(1)
SIZE = 7, 9


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, *SIZE))


@pytest.mark.parametrize("objective", [SCORE, class_probability(2)])
def test_given_masks_give_the_weighted_mean_of_the_objective(x, rng, objective):
    """S[i, j] = Σ_n f(x ∘ M_n) M_n[i, j] / Σ_n M_n[i, j]"""
    net, masks = SmallNet(), rng.uniform(0, 1, (13, *SIZE))
    v = net.mean_colour[:, None, None]
    found = rise(net, x, objective, masks=masks, batch=4)
    for photo, map in zip(x, found, strict=True):
        f = [objective(net((m * photo + (1 - m) * v)[None])) for m in masks]
        assert np.allclose(map, np.tensordot(f, masks, axes=1) / masks.sum(axis=0), rtol=1e-10)


def test_all_masks_of_four_pixels_give_a_linear_score_exactly(rng):
    """E[S(x ∘ M) | M = 1 here] = S(v) + ½ Σ w·(x − v) + ½ w·(x − v) here, masks of ½ each."""
    net, x = LinearNet(2), rng.uniform(0, 255, (1, 3, 2, 2))
    masks = np.array(list(itertools.product([0.0, 1.0], repeat=4))).reshape(16, 2, 2)
    v = net.mean_colour[:, None, None]
    share = (net.w[1] * (x[0] - v)).sum(axis=0)                                 # (H, W)
    expected = net(0 * x + v).scores[0, 1] + share.sum() / 2 + share / 2
    assert np.allclose(rise(net, x, SCORE, masks=masks)[0], expected)


def test_the_map_of_a_linear_score_comes_closer_with_every_mask(rng):
    """What is left is chance, and within three standard errors, which fall as 1/√N."""
    net, x = LinearNet(3), rng.uniform(0, 255, (1, 3, 3, 3))
    v = net.mean_colour[:, None, None]
    share = (net.w[1] * (x[0] - v)).sum(axis=0)
    limit = net(0 * x + v).scores[0, 1] + share.sum() / 2 + share / 2
    masks = (rng.random((20_000, 3, 3)) < 0.5).astype(float)
    steps = rise_so_far(net, x, SCORE, masks=masks, batch=2000)
    deviation = np.linalg.norm(share) / 2  # of f, a sum of shares of which each is in or not
    for step in steps:
        error = np.sqrt(((step.map[0] - limit) ** 2).mean())
        assert error < 3 * deviation / np.sqrt(step.masks / 2)  # half of the masks show a pixel
    assert step.masks == 20_000 and error < 0.05 * share.std()


def test_smooth_masks_show_a_linear_score_through_what_goes_with_a_pixel(rng):
    """S[i] → S(v) + Σ_j E[M_i M_j] / E[M_i] · w·(x − v) at j: the score, seen through the masks."""
    net, x = LinearNet(8), rng.uniform(0, 255, (1, 3, 8, 8))
    net.w = net.w.cumsum(axis=2).cumsum(axis=3)  # large shapes, which masks of 4 cells can tell
    v = net.mean_colour[:, None, None]
    share = (net.w[1] * (x[0] - v)).sum(axis=0).ravel()
    M = random_masks(np.random.default_rng(1), 8000, (8, 8), cells=4).reshape(8000, 64)
    limit = net(0 * x + v).scores[0, 1] + (M.T @ M / M.sum(axis=0)[:, None]) @ share
    found = rise(net, x, SCORE, masks=8000, cells=4, batch=1000).ravel()
    assert np.corrcoef(found, limit)[0, 1] > 0.99


def test_a_constant_score_gives_a_constant_map(x):
    """Divided by N · E[M], it would show the masks."""

    class Constant(LinearNet):
        """The same scores for every photo."""

        def __call__(self, seen, only=None):
            acts = super().__call__(seen)
            acts["scores"] = 0 * acts["scores"] + 5
            return acts

    assert np.allclose(rise(Constant(7), x[..., :7], SCORE, masks=20), 5)


def test_the_map_is_high_where_the_score_looks(rng):
    """A score of one corner's brightness."""
    net = LinearNet(28)
    net.w[:] = 0
    net.w[1, :, 3:9, 4:10] = 1
    map = rise(net, np.full((1, 3, 28, 28), 250.0), SCORE, masks=300)[0]
    row, column = np.unravel_index(map.argmax(), map.shape)
    assert 3 <= row < 9 and 4 <= column < 10


# ── The masks ───────────────────────────────────────────────────────────────────────────────────


def test_a_mask_shows_the_share_that_is_kept_everywhere(rng):
    masks = random_masks(rng, 3000, (20, 27), cells=5, keep=0.3)
    assert masks.shape == (3000, 20, 27) and masks.dtype == np.float32
    assert masks.min() >= 0 and masks.max() <= 1
    assert abs(masks.mean(axis=0) - 0.3).max() < 0.05


def test_a_mask_is_smooth(rng):
    """From one pixel to the next a mask changes by no more than one cell's width allows."""
    masks = random_masks(rng, 50, (56, 56), cells=7)
    # 7 cells become 8 · 8 = 64 pixels, so a step between two of them takes 64 / 7 pixels
    assert abs(np.diff(masks, axis=1)).max() <= 7 / 64 + 1e-6
    assert masks.std() > 0.2


def test_masks_are_moved_so_that_no_grid_is_left(rng):
    edges = abs(np.diff(random_masks(rng, 4000, (28, 28), cells=4), axis=1)).mean(axis=(0, 2))
    assert edges.max() < 1.3 * edges.mean()


def test_neither_the_batch_nor_the_other_photos_change_the_masks(x):
    net = SmallNet()
    together = rise(net, x, SCORE, masks=30, batch=7)
    for n in range(2):
        assert np.allclose(rise(net, x[n : n + 1], SCORE, masks=30, batch=30)[0], together[n])


def test_without_a_generator_the_map_is_always_the_same(x):
    one, same, other = (
        rise(SmallNet(), x, SCORE, masks=30, rng=rng)
        for rng in (None, np.random.default_rng(0), np.random.default_rng(1))
    )
    assert np.array_equal(one, same) and not np.allclose(one, other)


def test_the_map_so_far_is_the_map_of_the_masks_so_far(x, rng):
    net, masks = SmallNet(), rng.uniform(0, 1, (10, *SIZE))
    for step in rise_so_far(net, x, SCORE, masks=masks, batch=4):
        assert np.allclose(step.map, rise(net, x, SCORE, masks=masks[: step.masks]))
    assert step.masks == 10


def test_float32_stays_float32():
    net = models.build("minivgg", classes=4)
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, 32, 32)).astype("float32")
    assert rise(net, x, SCORE, masks=8).dtype == "float32"
    assert rise(net, x, SCORE, masks=np.eye(32)[None] + 0.0 + (1 - np.eye(32))).dtype == "float32"


# ── Nonsense ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"masks": np.ones((5, 9, 7))}, r"masks have shape \(5, 9, 7\): .* give \(masks, 7, 9\)"),
    ({"masks": np.ones(SIZE)}, "masks have shape"),
    ({"masks": np.ones((0, *SIZE))}, "masks have shape"),
    ({"masks": np.full((5, *SIZE), 1.5)}, "0 where a pixel is hidden"),
    ({"masks": np.full((5, *SIZE), np.nan)}, "0 where a pixel is hidden"),
    ({"masks": np.zeros((5, *SIZE))}, "shown by none of the masks"),
    ({"masks": 0}, "masks is 0"),
    ({"cells": 0}, "cells is 0"),
    ({"keep": 0}, "keep is 0"),
    ({"keep": 1.5}, "keep is 1.5"),
])
def test_nonsense_is_one_sentence(x, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        rise(SmallNet(), x, SCORE, **settings)
