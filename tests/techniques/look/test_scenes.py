"""Scenes whose answer is known, and what points at it."""

import numpy as np
import pytest

from minigrad.activations import Activations
from minigrad.techniques.look.scenes import beside, pointing_game, relevance_mass, scene_of

MASK = np.zeros((1, 4, 6), bool)
MASK[:, :, :3] = True


@pytest.mark.parametrize("found", [pointing_game, relevance_mass])
def test_the_mask_itself_is_the_perfect_map_and_its_opposite_the_worst(found):
    assert found(MASK.astype(float), MASK)[0] == 1
    assert found((~MASK).astype(float), MASK)[0] == 0


@pytest.mark.parametrize("found", [pointing_game, relevance_mass])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_map_that_is_the_same_everywhere_has_the_share_of_the_mask(found, value):
    assert found(np.full((1, 4, 6), value), MASK)[0] == 0.5


def test_only_the_largest_pixel_points():
    M = np.ones((2, 4, 6))
    M[0, 1, 2], M[1, 1, 3] = 2, 2
    both = np.repeat(MASK, 2, axis=0)
    assert pointing_game(M, both).tolist() == [1, 0]


def test_mass_is_the_share_of_the_positive_evidence():
    M = np.zeros((1, 4, 6))
    M[0, 0, 0], M[0, 0, 5], M[0, 3, 1] = 3, 1, -50
    assert relevance_mass(M, MASK)[0] == 0.75


def test_a_map_of_another_size_is_said():
    with pytest.raises(ValueError, match="shape"):
        pointing_game(np.zeros((1, 4, 5)), MASK)


class Seer:
    """Class k scores as much as there are pixels of grey level 10 k, from columns that it sees."""

    def __init__(self, blind=()):
        self.blind = blind

    def scores(self, x):
        counts = [0 if k in self.blind else (x == 10 * k).sum() for k in range(8)]
        return Activations({"s": np.array([counts], float)}, "s").scores


def photos_of(classes):
    return np.stack([np.full((3, 4, 5), 10.0 * k) for k in classes])


def test_a_scene_is_two_photos_side_by_side_and_the_mask_where_one_stands(rng):
    labels = np.array([1, 2, 2, 3])
    sides = set()
    for _ in range(20):
        scene = scene_of(Seer(), photos_of(labels), labels, 1, rng=rng, among=2)
        assert scene.pixels.shape == (1, 3, 4, 10) and scene.mask.shape == (1, 4, 10)
        assert scene.k == 2 and labels[scene.other] != 2
        assert (scene.pixels[0, 0][scene.mask[0]] == 20).all()
        assert (scene.pixels[0, 0][~scene.mask[0]] == 10 * labels[scene.other]).all()
        sides.add(bool(scene.mask[0, 0, 0]))
    assert sides == {True, False}


def test_a_thing_that_the_network_does_not_see_is_nobodys_partner(rng):
    labels = np.array([1, 2, 3])
    for _ in range(10):
        assert scene_of(Seer(blind=[3]), photos_of(labels), labels, 0, rng=rng, among=2).other == 1


def test_a_thing_that_is_never_seen_has_no_scene():
    labels = np.array([1, 2, 3])
    assert scene_of(Seer(blind=[1]), photos_of(labels), labels, 0, among=2) is None


def test_photos_of_one_class_make_no_scene():
    with pytest.raises(ValueError, match="two classes"):
        scene_of(Seer(), photos_of([1, 1]), np.array([1, 1]), 0)


def test_beside_keeps_every_pixel(rng):
    a, b = rng.random((2, 3, 4, 5))
    both = beside(a, b)
    assert np.array_equal(both[:, :, :5], a) and np.array_equal(both[:, :, 5:], b)
