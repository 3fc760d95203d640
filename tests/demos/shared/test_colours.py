"""Colours of maps: even to the eye, matplotlib's, and a scale that says what they mean."""

import numpy as np
import pytest
from PIL import Image

from demos import rules
from demos.shared import colours, pictures
from demos.shared.command import FACE
from minigrad.command import run

EVERY = np.linspace(0, 1, 256)


def lightness(rgb):
    """CIE L* of sRGB 0–255 (…, 3): 116 (Y/Yₙ)^⅓ − 16."""
    c = rgb / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    Y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(Y > 0.008856, 116 * np.cbrt(Y) - 16, 903.3 * Y)


@pytest.mark.parametrize("name", colours.NAMES)
def test_equal_steps_are_equally_lighter(name):
    """Black, red, yellow, white would not do: from 0.02 to 1.9 of the mean step."""
    steps = np.diff(lightness(colours.coloured(np.linspace(0, 1, 17), name)))
    assert steps.min() > 0.5 * steps.mean() and steps.max() < 1.4 * steps.mean()


@pytest.mark.parametrize("name", [*colours.NAMES, colours.BOTH])
def test_the_colours_are_matplotlibs_to_two_levels(name):
    matplotlib = pytest.importorskip("matplotlib")
    theirs = matplotlib.colormaps[name](np.arange(256))[:, :3] * 255
    assert abs(colours.coloured(EVERY, name) - theirs).max() <= 2


def test_for_and_against_are_equally_far_from_grey():
    """Zero is grey, and v is as dark as −v."""
    rgb = colours.coloured(colours.share_of(np.linspace(-2, 2, 9), 2, colours.BOTH), colours.BOTH)
    light = lightness(rgb)
    np.testing.assert_allclose(light, light[::-1], atol=3)
    assert np.ptp(rgb[4]) < 5 and light.argmax() == 4
    assert rgb[0, 2] > rgb[0, 0] + 100 and rgb[-1, 0] > rgb[-1, 2] + 100      # blue, red


def test_a_map_with_two_signs_is_drawn_in_two_colours():
    """And is told on its scale: from −3 to 3."""
    values = np.zeros((1, 40, 60), np.float32)
    values[0, :, :30], values[0, :, 30:] = -3, 3
    left, right = (np.asarray(pictures.heat(values))[20, x].astype(int) for x in (5, 55))
    assert left[2] > left[0] and right[0] > right[2]
    assert pictures.heat(values, over=np.zeros((1, 3, 40, 60))).size == (60, 40 + 24)


def test_there_are_no_other_colours():
    with pytest.raises(ValueError, match="no colours 'jet': there are viridis, magma"):
        colours.coloured(EVERY, "jet")


@pytest.mark.parametrize("shape", [(40, 60), (64, 48)])
@pytest.mark.parametrize("name", colours.NAMES)
def test_the_map_lies_where_the_photo_is_and_the_scale_below_it(shape, name, rng):
    height, width = shape
    photo = rng.uniform(0, 255, (1, 3, *shape)).astype(np.float32)
    hot = np.zeros((1, *shape), np.float32)
    hot[0, 5:9, 20:30] = 7
    drawn = pictures.heat(hot, name, over=photo)
    assert drawn.size == (width, height + colours.BAR + colours.TEXT)
    page = np.asarray(drawn, float)
    first, last = colours.coloured(np.array([0.0, 1.0]), name)
    grey = np.tensordot([0.299, 0.587, 0.114], photo[0], axes=1)
    for y, x, colour in [(6, 25, last), (30, 3, first), (8, 20, last), (9, 20, first)]:
        np.testing.assert_allclose(page[y, x], 0.4 * grey[y, x] + 0.6 * colour, atol=0.6)
    strip = page[height + 2]
    np.testing.assert_allclose(strip[[0, -1]], [first, last], atol=0.6)
    text = page[height + colours.BAR :]
    assert (text[:, : width // 4] < 128).any() and (text[:, -width // 4 :] < 128).any()


def test_a_map_without_a_photo_is_a_picture_of_its_own_size():
    assert pictures.heat(np.eye(30)[None], "viridis").size == (30, 30)


def test_a_map_that_is_zero_everywhere_has_the_first_colour():
    drawn = pictures.heat(np.zeros((1, 20, 20)), "magma", over=np.zeros((1, 3, 20, 20)))
    first = colours.coloured(np.array(0.0), "magma")
    np.testing.assert_allclose(np.asarray(drawn, float)[:20], 0.6 * first + np.zeros((20, 20, 3)),
                               atol=0.6)


def test_rules_draw_saliency_over_the_photo_in_the_colours_asked_for(tmp_path):
    def picture(*argv):
        options = [str(FACE), "--size", "64", "--out", str(tmp_path), *argv]
        assert run(rules.main, options, "demos") == 0
        return np.asarray(Image.open(tmp_path / "face_rules_saliency_backpropagation.png"))

    plain, other = picture(), picture("--colours", "cividis")
    assert plain.shape == other.shape == (64, 64, 3) and (plain != other).any()
    over = picture("--over", "--colours", "cividis")
    assert over.shape == (64 + colours.BAR + colours.TEXT, 64, 3)
