"""An object of one colour on another is cut out whole, from a few seeds."""

import sys

import numpy as np
import pytest

from minigrad.techniques.look.grabcut import NEITHER, grabcut, overlap

needs_opencv = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("cv2") is None, reason="needs OpenCV: .[segment]"
)
BOX = 12, 20, 44, 60  # top, left, bottom, right


def scene(seed=0):
    """A reddish box on a greenish ground, both with noise, and a map with a spot in the box."""
    noise = np.random.default_rng(seed).normal(0, 6, (3, 64, 80))
    pixels = np.array([40.0, 140, 60])[:, None, None] + noise
    top, left, bottom, right = BOX
    pixels[:, top:bottom, left:right] += np.array([150.0, -90, 20])[:, None, None]
    rows, columns = np.ogrid[:64, :80]
    spot = np.exp(-((rows - 28) ** 2 + (columns - 40) ** 2) / (2 * 8.0**2))
    return pixels[None].astype("float32"), spot[None].astype("float32")


@needs_opencv
def test_the_whole_box_is_cut_out_and_boxed():
    pixels, spot = scene()
    cut = grabcut(pixels, spot)
    truth = np.zeros((1, 64, 80), bool)
    top, left, bottom, right = BOX
    truth[:, top:bottom, left:right] = True
    assert overlap(cut.mask, truth)[0] > 0.95
    assert abs(cut.box[0] - BOX).max() <= 2


@needs_opencv
def test_the_seeds_are_the_quantiles_of_the_map():
    pixels, spot = scene()
    seeds = grabcut(pixels, spot, blur=0).seeds[0]
    assert seeds.shape == (64, 80)
    assert np.isclose((seeds == 1).mean(), 0.05, atol=0.01)
    assert np.isclose((seeds == 0).mean(), 0.30, atol=0.01)
    assert spot[0][seeds == 1].min() > spot[0][seeds == NEITHER].max()
    assert spot[0][seeds == 0].max() < spot[0][seeds == NEITHER].min()


@needs_opencv
def test_only_the_largest_piece_is_the_object():
    pixels, spot = scene()
    pixels[:, :, 50:60, 2:10] = pixels[:, :, 20:30, 30:38]      # a small piece of the same colour
    mask = grabcut(pixels, spot).mask[0]
    assert mask[28, 40] and not mask[50:60, 2:10].any()


@needs_opencv
def test_the_same_photo_is_cut_the_same_way_and_each_of_a_batch_by_itself():
    (a, spot), (b, _) = scene(0), scene(1)
    pixels = np.concatenate([a, b[:, ::-1]])
    both = grabcut(pixels, np.concatenate([spot, spot]))
    for n in range(2):
        alone = grabcut(pixels[n : n + 1], spot)
        assert (both.mask[n] == alone.mask[0]).all() and (both.box[n] == alone.box[0]).all()


@needs_opencv
def test_a_map_with_a_few_numbers_above_zero_has_these_as_seeds():
    pixels, _ = scene()
    sparse = np.zeros((1, 64, 80), "float32")
    sparse[:, 24:34, 30:34] = 1                                 # fewer than 5 %
    seeds = grabcut(pixels, sparse, blur=0).seeds[0]
    assert ((seeds == 1) == (sparse[0] == 1)).all()


def test_overlap_is_intersection_over_union():
    a, b = np.zeros((3, 4, 4), bool), np.zeros((3, 4, 4), bool)
    a[0, :2], b[0, 1:3] = True, True        # 4 of 12
    a[1, 0] = b[1, 0] = True
    assert np.allclose(overlap(a, b), [1 / 3, 1, 1])


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"maps": np.ones((1, 64, 80))}, "the same everywhere"),
    ({"maps": np.full((1, 64, 80), np.nan)}, "the same everywhere, or no number"),
    ({"maps": np.ones((1, 32, 32))}, "do not fit images"),
    ({"foreground": 1.5}, "foreground is 1.5: give a number from 0 to 1"),
    ({"background": 0.97}, "background is 0.97: give a number from 0 to 0.95"),
    ({"foreground": 1.0}, "seeds of the object"),
    ({"blur": -1}, "blur is -1"),
    ({"rounds": 0}, "rounds is 0"),
])
def test_bad_input_is_one_sentence(settings, sentence):
    pixels, spot = scene()
    with pytest.raises(ValueError, match=sentence):
        grabcut(pixels, **{"maps": spot, **settings})


def test_without_opencv_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ValueError, match=r"pip install -e '\.\[segment\]'"):
        grabcut(*scene())
