"""What a photo is compared with."""

import numpy as np
import pytest
from small import LinearNet

from minigrad.techniques.baselines import BASELINES, baseline, blurred


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("which", BASELINES)
def test_each_is_an_image_of_its_own_for_every_photo(which, dtype, rng):
    x = rng.uniform(0, 255, (2, 3, 8, 6)).astype(dtype)
    before = x.copy()
    start = baseline(LinearNet(), x, which)
    assert start.shape == x.shape and start.dtype == dtype and np.array_equal(x, before)
    assert 0 <= start.min() and start.max() <= 255


def test_they_are_what_their_names_say(rng):
    x = rng.uniform(0, 255, (2, 3, 8, 6))
    assert not baseline(LinearNet(), x, "black").any()
    assert (baseline(LinearNet(), x, "white") == 255).all()
    assert (baseline(LinearNet(), x, "mean") == LinearNet.mean_colour[:, None, None]).all()
    blur = baseline(LinearNet(), x, "blur")
    assert np.allclose(blur, blurred(x, 0.6)) and blur.std() < x.std()


def test_an_array_is_repeated_for_every_photo(rng):
    x, colour = rng.uniform(0, 255, (2, 3, 8, 6)), np.array([1.0, 2.0, 3.0])[:, None, None]
    assert (baseline(LinearNet(), x, colour) == colour).all()
    assert baseline(LinearNet(), x.astype(np.float32), colour).dtype == np.float32
