"""The colours of one image and the brightness or the strokes of another."""

import numpy as np
import pytest

from minigrad.techniques.make.palette import luminance, recoloured, with_luminance

YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


@pytest.fixture
def photo(rng):
    return rng.uniform(60, 190, (1, 3, 7, 9))


def test_with_luminance_keeps_the_photos_i_and_q_and_takes_the_others_y(photo, rng):
    x = (photo + rng.uniform(-50, 50, photo.shape)).clip(60, 190)
    made = with_luminance(photo, x)
    assert 0 < made.min() and made.max() < 255      # nothing was cut off
    yiq, of_photo, of_x = (np.einsum("kc,ncyx->nkyx", YIQ, image) for image in (made, photo, x))
    np.testing.assert_allclose(yiq[:, 1:], of_photo[:, 1:], atol=1e-9)
    np.testing.assert_allclose(yiq[:, :1], of_x[:, :1], atol=1e-9)


def test_a_photo_with_its_own_luminance_is_itself(photo):
    np.testing.assert_allclose(with_luminance(photo, photo), photo)
    grey = np.full((1, 3, 4, 4), 80.0)
    np.testing.assert_allclose(luminance(grey), 80)


def test_a_recoloured_painting_has_the_photos_mean_and_covariance(rng):
    mixed = rng.normal(size=(3, 3)) @ rng.normal(size=(3, 400))
    photo = (128 + 9 * mixed).reshape(1, 3, 20, 20)
    painting = (100 + 20 * rng.normal(size=(1, 3, 15, 30))).clip(0, 255)
    made = recoloured(painting, photo).reshape(3, -1)
    np.testing.assert_allclose(made.mean(axis=1), photo.reshape(3, -1).mean(axis=1))
    np.testing.assert_allclose(np.cov(made, bias=True), np.cov(photo.reshape(3, -1), bias=True))


def test_a_painting_in_its_own_colours_is_itself(photo):
    np.testing.assert_allclose(recoloured(photo, photo), photo)


def test_a_grey_photo_makes_a_grey_painting_and_no_nan(photo, rng):
    grey = np.repeat(rng.uniform(0, 255, (1, 1, 9, 9)), 3, axis=1).astype(np.float32)
    made = recoloured(photo.astype(np.float32), grey)
    assert made.dtype == np.float32 and np.isfinite(made).all()
    assert abs(made - made.mean(axis=1, keepdims=True)).max() < 0.01


@pytest.mark.parametrize("level", [0.0, 90.0])
def test_a_flat_or_grey_painting_gives_numbers(level, photo):
    flat = np.full((1, 3, 6, 6), level)
    made = recoloured(flat, photo)
    np.testing.assert_allclose(made[0, :, 0, 0], photo.mean(axis=(0, 2, 3)))
    grey = np.repeat(photo[:, :1], 3, axis=1)
    assert np.isfinite(recoloured(grey, photo)).all()
    np.testing.assert_allclose(recoloured(photo, flat), level, atol=1e-9)
