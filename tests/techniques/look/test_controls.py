"""The two maps that know nothing."""

import numpy as np
import pytest

from minigrad.techniques.look.controls import centred_gaussian, random_map


@pytest.fixture
def x():
    return np.zeros((2, 3, 8, 12), np.float32)


def test_chance_is_uniform_and_the_same_every_time_unless_asked(x):
    large = np.zeros((1, 3, 200, 200), np.float32)
    M = random_map(None, large, None)
    assert M.shape == (1, 200, 200) and M.dtype == np.float32
    assert 0 <= M.min() and M.max() < 1 and abs(M.mean() - 0.5) < 0.01
    assert np.array_equal(M, random_map(None, large, None))
    assert not np.array_equal(M, random_map(None, large, None, rng=np.random.default_rng(5)))
    one, other = random_map(None, x, None)
    assert not np.array_equal(one, other)


def test_the_gaussian_is_one_in_the_middle_and_falls_by_its_equation(x):
    M = centred_gaussian(None, x, None, sigma=0.5)
    assert M.shape == (2, 8, 12) and M.dtype == np.float32
    r2 = (0.5 / 8) ** 2 + (3.5 / 12) ** 2       # half a row and three and a half columns away
    assert np.isclose(M[0, 4, 9], np.exp(-r2 / (2 * 0.5**2)))
    for turned in (M[:, ::-1], M[:, :, ::-1]):
        assert np.allclose(M, turned)
    assert M[0].argmax() in (3 * 12 + 5, 3 * 12 + 6, 4 * 12 + 5, 4 * 12 + 6)


def test_a_gaussian_without_width_is_said(x):
    with pytest.raises(ValueError, match="σ of the centred Gaussian"):
        centred_gaussian(None, x, None, sigma=0)
