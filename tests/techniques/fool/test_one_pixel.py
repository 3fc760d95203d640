"""One pixel: found without a gradient, and no other is touched."""

import numpy as np
import pytest
from attackable import Linear, photos

from minigrad.techniques import one_pixel
from minigrad.techniques.fool.one_pixel import evolved, first, painted


class OnePixelMatters(Linear):
    """Class 1 wins as soon as the red of one pixel is above 200."""

    place = 3, 4

    def __init__(self):
        super().__init__()
        self.w, self.b = 0 * self.w, np.array([0.0, -200, -1e3, -1e3, -1e3])
        self.w[1, 0, self.place[0], self.place[1]] = 1.0


def changed(record):
    """How many pixels moved: (N,)."""
    return (record.perturbation != 0).any(axis=1).sum(axis=(1, 2))


def test_it_finds_the_pixel_that_matters(rng):
    x = photos(rng, 1).clip(60, 190)
    record = one_pixel(OnePixelMatters(), x, population=100, generations=30)
    assert record.success.all()
    assert record.perturbation[0, 0, 3, 4] > 0 and changed(record) == [1]


@pytest.mark.parametrize("d", [1, 3])
def test_no_more_pixels_change_than_it_may(rng, d):
    record = one_pixel(Linear(), photos(rng, 4), pixels_changed=d, generations=4)
    assert (changed(record) <= d).all() and changed(record).max() > 0
    moved = record.adversarial[record.perturbation != 0]
    assert np.array_equal(moved, np.rint(moved))  # so it is the same when written as bytes


def test_more_pixels_fool_more_photos(rng):
    net, x = Linear(), photos(rng, 12)
    one, five = (one_pixel(net, x, pixels_changed=d).success.mean() for d in (1, 5))
    assert one < five


def test_evolution_finds_the_maximum_of_a_hill(rng):
    """−‖candidate − m‖² has no local maxima; no generation is worse than the one before."""
    m, best = np.array([[0.2, 0.7, 0.5, 0.1, 0.9]]), []

    def lead(candidates):
        leads = -((candidates - m) ** 2).sum(axis=(1, 2))
        best.append(leads.max())
        return leads

    found = evolved(lead, first(rng, 40, 1), 60, rng)
    np.testing.assert_allclose(found, m, atol=0.02)


def test_a_candidate_is_painted_where_it_says():
    x = np.zeros((1, 3, 10, 20))
    candidates = np.array([[[0.35, 0.55, 1.0, 0.0, 0.2]], [[1.0, 1.0, 0.0, 1.0, 0.0]]])
    y = painted(x, candidates)
    assert y.shape == (2, 3, 10, 20) and not x.any()
    assert y[0, :, 3, 11].tolist() == [255, 0, 51] and y[1, :, 9, 19].tolist() == [0, 255, 0]
    assert (y != 0).any(axis=1).sum() == 2


def test_a_photo_does_not_depend_on_those_beside_it(rng):
    net, x = Linear(), photos(rng, 2)
    together = one_pixel(net, x, generations=3, rng=np.random.default_rng(5).spawn(2))
    alone = one_pixel(net, x[1:], generations=3, rng=np.random.default_rng(5).spawn(2)[1:])
    np.testing.assert_array_equal(together.adversarial[1:], alone.adversarial)


def test_where_it_fails_the_photo_itself_comes_back(rng):
    x = photos(rng, 3)
    net = Linear()
    net.b[:] = [50, 0, 0, 0, 0]
    record = one_pixel(net, x, generations=2)
    assert not record.success.any() and np.array_equal(record.adversarial, x)


def test_nonsense_is_one_sentence(rng):
    for settings, sentence in [({"pixels_changed": 0}, "pixels_changed is 0"),
                               ({"population": 3}, "population is 3"),
                               ({"generations": 0}, "generations is 0")]:
        with pytest.raises(ValueError, match=sentence):
            one_pixel(Linear(), photos(rng, 1), **settings)
