"""A patch: how it is put into a photo, and that it works in photos that it has not seen."""

import numpy as np
import pytest
from attackable import Linear, Small, photos

from minigrad import ops
from minigrad.activations import Activations
from minigrad.check import numerical_gradient
from minigrad.techniques import adversarial_patch, patched, with_patch
from minigrad.techniques.fool.sticker import Place, disc, somewhere, turned
from minigrad.tensor import Tensor, grad


def test_only_what_the_disc_covers_changes(rng):
    x, patch = photos(rng, 2, 20), np.full((1, 3, 8, 8), 250.0)
    y = with_patch(x, patch, places=[Place(3, 5, 8), Place(12, 0, 8)])
    for n, (top, left) in enumerate([(3, 5), (12, 0)]):
        there = np.zeros((20, 20), bool)
        there[top : top + 8, left : left + 8] = disc(8)
        assert (y[n][:, there] == 250).all()
        assert np.array_equal(y[n][:, ~there], x[n][:, ~there])


def test_the_disc_is_round():
    assert abs(disc(101).sum() - np.pi * 50.5**2) < 30 and not disc(9)[0, 0]
    assert np.array_equal(disc(8), disc(8).T) and np.array_equal(disc(8), disc(8)[::-1])


def test_turned_by_a_right_angle_it_is_numpys(rng):
    patch = rng.uniform(0, 255, (1, 3, 9, 9))
    np.testing.assert_allclose(turned(patch, 9, 0.0), patch, atol=1e-9)
    np.testing.assert_allclose(turned(patch, 9, 90.0), np.rot90(patch, -1, (2, 3)), atol=1e-9)
    np.testing.assert_allclose(turned(patch, 9, 180.0), patch[..., ::-1, ::-1], atol=1e-9)


def test_a_straight_slope_is_one_at_every_size(rng):
    """Between four pixels a linear picture is read off exactly."""
    slope = np.broadcast_to(np.arange(12.0), (1, 3, 12, 12)).copy()
    larger = turned(slope, 24, 0.0)
    expected = ((np.arange(24) + 0.5) / 2 - 0.5).clip(0, 11)
    np.testing.assert_allclose(larger[0, 0, 5], expected, atol=1e-12)


def test_the_gradient_comes_back_to_the_patch(rng):
    x, patch = photos(rng, 2, 9), rng.uniform(0, 255, (1, 3, 4, 4))
    seed = rng.normal(size=x.shape)
    places = [Place(1, 2, 5, 17.0), Place(4, 4, 4, -9.0)]
    p = Tensor(patch)
    g, = grad(with_patch(x, p, places=places), [p], seed=seed)
    expected = numerical_gradient(
        lambda p: float((with_patch(x, p, places=places) * seed).sum()), patch
    )
    np.testing.assert_allclose(g, expected, atol=1e-5)


def test_places_are_everywhere_and_inside(rng):
    drawn = [somewhere(rng, 10, (30, 40)) for _ in range(300)]
    assert {place.edge for place in drawn} == {8, 9, 10, 11, 12}
    assert all(0 <= p.top <= 30 - p.edge and 0 <= p.left <= 40 - p.edge for p in drawn)
    assert min(p.top for p in drawn) == 0 and max(p.left + p.edge for p in drawn) == 40
    assert max(p.degrees for p in drawn) > 15 and min(p.degrees for p in drawn) < -15


class Colours(Small):
    """Scores that are the mean of red, green and blue, in units of 8 grey levels."""

    def __call__(self, x, only=None):
        return Activations({"scores": ops.mean(x, axis=(2, 3)) * 0.125}, self.score_layer)


def test_where_the_network_looks_at_colours_alone_the_patch_is_of_the_targets_colour(rng):
    """log p of red grows with red and falls with the others, wherever they are."""
    green = photos(rng, 12, 16) * np.array([0.8, 1, 0.8]).reshape(3, 1, 1)
    seen, unseen = green[:6], green[6:]
    *_, last = adversarial_patch(Colours(), seen, target=0, size=8, steps=40, rate=20.0)
    inside = last.pixels[0][:, disc(8)]
    np.testing.assert_allclose(inside.mean(axis=1), [255, 0, 0], atol=3)
    chance = rng.uniform(0, 255, (1, 3, 8, 8))
    assert patched(Colours(), unseen, patch=last.pixels, target=0).success.all()
    assert not patched(Colours(), unseen, patch=chance, target=0).success.any()


def test_a_run_that_is_resumed_is_the_same(rng):
    net, x = Small(), photos(rng, 4, 12)
    whole = list(adversarial_patch(net, x, target=1, size=5, steps=6))
    rest = list(adversarial_patch(net, x, target=1, size=5, steps=6, resume=whole[2]))
    np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)


def test_what_does_not_fit_is_one_sentence(rng):
    x, patch = photos(rng, 1), np.ones((1, 3, 4, 4))
    with pytest.raises(ValueError, match="does not lie in a photo of 6×6"):
        with_patch(x, patch, places=[Place(3, 0, 4)])
    with pytest.raises(ValueError, match="2 places do not fit 1 photos"):
        with_patch(x, patch, places=[Place(0, 0, 4)] * 2)
    with pytest.raises(ValueError, match=r"\(1, 3, size, size\)"):
        with_patch(x, np.ones((3, 4, 4)))
    with pytest.raises(ValueError, match="does not fit into photos of 6×6"):
        adversarial_patch(Linear(), x, target=0, size=6)
    with pytest.raises(ValueError, match="size of a patch is 2"):
        adversarial_patch(Linear(), x, target=0, size=2)
    with pytest.raises(ValueError, match="together is 0"):
        adversarial_patch(Linear(), x, target=0, size=4, together=0)
