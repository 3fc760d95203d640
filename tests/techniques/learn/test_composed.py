"""Composed scenes: every pixel has the label of the object that is seen there."""

import numpy as np
import pytest

from minigrad.techniques.learn import outlines
from minigrad.techniques.learn.composed import CLASSES, VOID, compose, laid_on

PHOTOS = [np.full((70, 90, 3), 40), np.full((100, 80, 3), 200)]


def test_the_same_seed_makes_the_same_scenes_and_another_one_others():
    one, same, other = (compose(PHOTOS, 3, rng=np.random.default_rng(s)) for s in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one[:2], same[:2], strict=True))
    assert not np.array_equal(one.labels, other.labels)


def test_scenes_are_pixels_with_a_class_or_void_each():
    scenes = compose(PHOTOS, 12, size=48)
    assert scenes.pixels.shape == (12, 3, 48, 48) and scenes.pixels.dtype == np.float32
    assert scenes.pixels.min() >= 0 and scenes.pixels.max() <= 255
    assert set(np.unique(scenes.labels)) == {*range(len(CLASSES)), VOID}


def test_masks_say_who_is_seen_where_and_boxes_hold_them_tightly():
    for seed in range(5):
        scene = laid_on(np.zeros((3, 60, 70)), (6, 6), rng=np.random.default_rng(seed))
        masks, boxes, classes = scene.instances
        assert (masks.sum(axis=0) <= 1).all()               # the upper one hides the lower
        known = np.zeros((60, 70), int)
        for mask, (top, left, bottom, right), k in zip(masks, boxes, classes, strict=True):
            known[mask] = k
            inside = mask[top:bottom, left:right]
            assert inside.sum() == mask.sum() > 0
            assert inside[[0, -1]].any(axis=1).all() and inside[:, [0, -1]].any(axis=0).all()
        counted = scene.labels != VOID
        assert np.array_equal(known[counted], scene.labels[counted])
        assert not masks[:, ~counted].any()


def test_void_is_where_an_outline_passes_and_nowhere_else():
    """Beside each void pixel there are two of unlike owners; inside an object there is none."""
    labels = laid_on(np.zeros((3, 80, 80)), (1, 1), rng=np.random.default_rng(3)).labels
    rows, columns = np.nonzero(labels == VOID)
    assert 10 < len(rows) < 400
    for i, j in zip(rows, columns, strict=True):
        near = labels[max(0, i - 2) : i + 3, max(0, j - 2) : j + 3]
        assert len(set(near[near != VOID])) == 2


def test_without_objects_the_photo_is_left_as_it_is(rng):
    photo = rng.uniform(0, 255, (3, 20, 30)).astype("f4")
    scene = laid_on(photo, (0, 0))
    assert np.array_equal(scene.pixels, photo) and not scene.labels.any()
    assert scene.instances.masks.shape == (0, 20, 30) and scene.instances.boxes.shape == (0, 4)


def test_the_outlines_are_signed_distances():
    u, v = np.array([0.0, 2, 0, 0.3]), np.array([0.0, 0, 1, 0.4])

    class Kind:
        def __init__(self, kind):
            self.kind = kind

        def integers(self, _):
            return self.kind

    np.testing.assert_allclose(outlines.shape(u, v, Kind(0)), [-1, 1, 0, -0.5])    # a disc
    np.testing.assert_allclose(outlines.shape(u, v, Kind(1)), [0.5, 1, 0, 0])      # a ring
    square = outlines.shape(u, v, Kind(3))
    np.testing.assert_allclose(square, np.array([0, 2, 1, 0.4]) - np.cos(np.pi / 4))
    line = np.array([(-1, 0), (1, 0)])
    np.testing.assert_allclose(outlines.stroke(u, v, line), [0, 1, 1, 0.4])


def test_the_ten_digits_are_ten():
    v, u = np.mgrid[-1.2:1.2:24j, -1:1:20j]
    drawn = [outlines.digit(u, v, np.random.default_rng(0), which) < 0 for which in range(10)]
    apart = [(a != b).mean() for i, a in enumerate(drawn) for b in drawn[:i]]
    assert min(apart) > 0.02


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: compose([]), "needs a background"),
        (lambda: compose([np.zeros((40, 40))]), "a background is a photo"),
        (lambda: compose(PHOTOS, size=8), "size is 8"),
        (lambda: laid_on(np.zeros((3, 40, 40)), (5, 2)), "the fewest and the most"),
        (lambda: laid_on(np.zeros((3, 9, 40))), "16 pixels a side"),
    ],
)
def test_what_makes_no_scene_is_said(call, says):
    with pytest.raises(ValueError, match=says):
        call()
