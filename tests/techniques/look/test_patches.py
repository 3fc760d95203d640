"""The strongest places of each channel, their patches, and which channels are worth a look."""

import numpy as np
import pytest
from small import SmallNet

import models
from minigrad import ops
from minigrad.ops.fast.ways import force
from minigrad.rules import guided
from minigrad.techniques import gradient, guided_gradient, strongest_places, unit
from minigrad.techniques.look.patches import (
    Places,
    Usual,
    cut_out,
    merged,
    nothing_yet,
    selectivity,
    unit_at,
)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (3, 3, 8, 12))


def places(rng, photos, channels, steps=1000):
    """Random places of so many photos; with few steps, many values are equal."""
    value = rng.integers(0, steps, (photos, channels)).astype(np.float32)
    return Places(value, *rng.integers(0, 9, (2, photos, channels)))


# ── Where a channel fires most ──────────────────────────────────────────────────────────────────


def test_the_value_is_the_largest_of_the_map_and_stands_at_its_place(x):
    a = SmallNet()(x)["relu2"]
    value, row, column = strongest_places(SmallNet(), x, "relu2")
    assert np.array_equal(value, a.max(axis=(2, 3)))
    n, c = np.indices(value.shape)
    assert np.array_equal(a[n, c, row, column], value)


def test_of_equal_places_it_is_the_leftmost_then_the_upper():
    value, row, column = strongest_places(SmallNet(), np.zeros((1, 3, 8, 8)), "conv1")
    assert not value.any() and not row.any() and not column.any()


def test_a_layer_without_space_has_its_units_at_row_and_column_zero(x):
    value, row, column = strongest_places(SmallNet(), x, "scores")
    assert np.array_equal(value, SmallNet()(x)["scores"]) and not row.any() and not column.any()


def test_every_photo_of_a_batch_has_its_own_answer(x):
    together = strongest_places(SmallNet(), x, "relu2")
    alone = [strongest_places(SmallNet(), x[n : n + 1], "relu2") for n in range(len(x))]
    for part, parts in zip(together, zip(*alone, strict=True), strict=True):
        assert np.allclose(part, np.concatenate(parts))


def test_no_further_than_the_layer(x):
    net = SmallNet()
    strongest_places(net, x, "relu1")
    assert net.computed == ["conv1", "relu1"]


# ── The strongest of all photos ─────────────────────────────────────────────────────────────────


def sorted_at_once(found: Places, count):
    """Per channel the photos by falling value, equal ones by number."""
    order = np.argsort(-found.value, axis=0, kind="stable")[:count].T           # (C, count)
    return order, np.take_along_axis(found.value.T, order, axis=1)


@pytest.mark.parametrize("steps", [1000, 3])
def test_lists_that_are_merged_equal_one_that_is_sorted_at_once(rng, steps):
    """In whatever parts and order the photos come, and though many values are equal."""
    found = places(rng, 100, 7, steps)
    order, value = sorted_at_once(found, 9)
    for _ in range(3):
        top = nothing_yet(7, 9)
        for part in np.array_split(rng.permutation(100), [1, 3, 40, 41, 90]):
            top = merged(top, Places(*(a[part] for a in found)), part)
        assert np.array_equal(top.photo, order) and np.array_equal(top.value, value)
        assert np.array_equal(top.row, np.take_along_axis(found.row.T, order, axis=1))
        assert np.array_equal(top.column, np.take_along_axis(found.column.T, order, axis=1))


def test_a_photo_gives_one_patch_to_a_channel(rng):
    top = nothing_yet(4, 6)
    for start in range(0, 20, 5):
        top = merged(top, places(rng, 5, 4, 3), range(start, start + 5))
    assert all(len(set(photos)) == 6 for photos in top.photo.tolist())


def test_where_there_are_fewer_photos_the_rest_is_empty(rng):
    top = merged(nothing_yet(4, 6), places(rng, 2, 4), [0, 1])
    assert (top.photo[:, 2:] == -1).all() and np.isneginf(top.value[:, 2:]).all()
    assert (top.photo[:, :2] >= 0).all()


# ── Which channels are worth a look ─────────────────────────────────────────────────────────────


def judged(value, count=3):
    """z of the channels of some photos, (N, C)."""
    value = np.array(value, np.float32)
    found = Places(value, np.zeros(value.shape, int), np.zeros(value.shape, int))
    zero = np.zeros(value.shape[1])
    usual = Usual(0, zero, zero).and_of(value[:4]).and_of(value[4:])
    return selectivity(merged(nothing_yet(len(zero), 16), found, range(len(value))), usual, count)


def test_z_is_how_many_deviations_the_last_patch_stands_above_the_mean(rng):
    v = rng.uniform(0, 10, (20, 5))
    expected = (np.sort(v, axis=0)[-3] - v.mean(axis=0)) / v.std(axis=0)
    assert np.allclose(judged(v), expected, rtol=1e-4)


def test_a_channel_that_fires_on_some_photos_goes_before_those_of_all_of_one_and_of_none():
    some, every, one, never = [9, 9, 9] + [1] * 17, [9, 8] * 10, [99] + [1] * 19, [0] * 20
    z = judged(np.transpose([some, every, one, never]))
    assert z[0] > max(z[1:]) and z[3] == 0


def test_a_scale_of_the_activations_changes_nothing(rng):
    v = rng.uniform(0, 10, (20, 5))
    assert np.allclose(judged(v), judged(1000 * v), rtol=1e-4)


def test_one_photo_prefers_no_channel():
    assert not judged([[3, 1, 2]]).any()


# ── From a place to its patch ───────────────────────────────────────────────────────────────────


def test_a_patch_keeps_its_place_on_a_canvas_of_the_boxs_size():
    picture = np.arange(3 * 4 * 5.0).reshape(3, 4, 5)
    assert np.array_equal(cut_out(picture, (1, 2, 3, 5), 0), picture[:, 1:3, 2:5])
    corner = cut_out(picture, (-1, -2, 2, 1), 7)
    assert corner.shape == (3, 3, 3)
    assert np.array_equal(corner[:, 1:, 2:], picture[:, :2, :1])
    assert (corner[:, 0] == 7).all() and (corner[:, :, :2] == 7).all()
    other = cut_out(picture, (3, 4, 6, 8), (1, 2, 3))
    assert np.array_equal(other[:, 0, 0], picture[:, 3, 4])
    assert np.array_equal(other[:, 2, 3], [1, 2, 3])
    around = cut_out(picture, (-1, -1, 5, 6), 0)
    assert around.shape == (3, 6, 7) and np.array_equal(around[:, 1:5, 1:6], picture)


def test_what_lies_outside_of_the_patch_changes_the_unit_by_exactly_nothing(rng):
    """By the plain product: Winograd's rounding mixes the pixels of a tile."""
    net, layer = models.build("minivgg", dtype="float64"), "relu2_2"
    x, other = rng.uniform(0, 255, (2, 1, 3, 64, 80))
    with force("columns"):
        value, row, column = (part[0, 5] for part in strongest_places(net, x, layer))
        top, left, bottom, right = net.receptive_field(layer).box(row, column, x.shape[2:])
        other[:, :, top:bottom, left:right] = x[:, :, top:bottom, left:right]
        assert net(other, only=[layer])[layer][0, 5, row, column] == value
        g = gradient(net, x, unit_at(net, layer, 5, row, column))
    assert g[:, :, top:bottom, left:right].any()
    g[:, :, top:bottom, left:right] = 0
    assert not g.any()


def test_the_guided_gradient_is_the_product_of_both_masks(x):
    S = unit("relu2", 1, 1, 2)
    both = gradient(SmallNet(), x, S, rules={ops.relu: guided})
    assert np.array_equal(guided_gradient(SmallNet(), x, S), both)


def test_a_unit_is_named_as_its_layer_needs_it():
    net = models.table("minivgg")
    assert unit_at(net, "pool5", 3, 1, 2).place == (3, 1, 2)
    assert unit_at(net, "avgpool", 3, 1, 2).place == (3, 1, 2)
    assert unit_at(net, "fc6", 3, 0, 0).place == (3,)
