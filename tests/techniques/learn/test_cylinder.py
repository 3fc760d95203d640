"""An object of boxes is rendered as it should be, and a cylinder is known as one."""

import numpy as np
import pytest

from minigrad.techniques.learn.cylinder import (
    AZIMUTHS,
    ELEVATIONS,
    as_cylinder,
    light_moves,
    nearest_is_a_neighbour,
    neighbour_loss,
    neighbours_of,
    views,
)
from minigrad.techniques.learn.rendered import AIRPLANE, AMBIENT, REACH, Box, camera, render

CUBE = [Box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))]
AHEAD = [(0, 0, 1)]     # light from where the camera is


# ── Rays ────────────────────────────────────────────────────────────────────────────────────────


def test_a_cube_from_the_front_is_a_square_of_full_brightness():
    (picture,) = render(CUBE, 0, 0, AHEAD, size=50)
    assert np.array_equal(picture, picture[::-1]) and set(np.unique(picture)) == {0, 255}
    assert (picture > 0).mean() == pytest.approx((0.5 / REACH) ** 2, abs=0.01)


def test_a_face_is_as_bright_as_it_is_turned_towards_the_light():
    """From 45° two faces of a cube are seen, both at 45° to the light."""
    (picture,) = render(CUBE, 45, 0, AHEAD, size=60)
    wanted = 255 * (AMBIENT + (1 - AMBIENT) * np.sqrt(0.5))
    assert np.allclose(picture[30, 20:40], wanted)
    assert (picture[30] > 0).mean() == pytest.approx(np.sqrt(0.5) / REACH, abs=0.03)


def test_light_from_the_right_lights_the_right_face_alone():
    left, right = render(CUBE, 45, 0, [(-1, 0, 0), (1, 0, 0)], size=60)
    assert right[30, 40] > right[30, 20] and np.array_equal(left[:, ::-1], right)
    assert right[30, 20] == pytest.approx(255 * AMBIENT)


def test_of_two_boxes_the_one_in_front_is_seen():
    small = Box((1.0, -0.1, -0.1), (1.1, 0.1, 0.1))
    in_front, behind = (render([*CUBE, small], a, 0, [(1, 0, 0.2)], 40)[0] for a in (0, 180))
    alone = render(CUBE, 0, 0, [(1, 0, 0.2)], 40)[0]
    assert np.array_equal(behind, alone)
    assert np.array_equal(in_front, alone)                  # the same side, in the same light
    assert not np.array_equal(render([small], 0, 0, AHEAD, 40)[0], alone)


def test_the_camera_has_three_unit_vectors_at_right_angles():
    axes = np.stack(camera(0.7, 0.4))
    assert np.allclose(axes @ axes.T, np.eye(3)) and np.linalg.det(axes) == pytest.approx(1)


def test_the_airplane_is_its_own_mirror_image_from_the_other_side():
    one, other = (render(AIRPLANE, a, 30, [(0, 1, 1)], 32)[0] for a in (70, -70))
    assert np.allclose(one, other[:, ::-1], atol=1e-3)


# ── Views ───────────────────────────────────────────────────────────────────────────────────────


def test_every_view_is_there_once():
    every = views(CUBE, size=4)
    assert every.images.shape == (972, 4, 4) and len(np.unique(every.pose)) == 162
    assert len({*zip(*(one.tolist() for one in every[1:]), strict=True)}) == 972


def test_neighbours_are_one_step_away_and_the_first_side_is_the_last_one_s():
    at = lambda a, e: a * ELEVATIONS + e  # noqa: E731
    poses = [at(0, 0), at(0, 0), at(17, 0), at(1, 1), at(0, 1), at(9, 8), at(0, 8)]
    alike, unlike = neighbours_of(np.array(poses))
    assert np.flatnonzero(alike[0]).tolist() == [1, 2, 4]       # the same, next side, next height
    assert np.flatnonzero(unlike[0]).tolist() == [3, 5, 6]
    assert not alike.diagonal().any() and np.array_equal(alike, alike.T)
    x = np.random.default_rng(0).normal(size=(7, 3))
    assert np.isfinite(neighbour_loss(x, np.array(poses)))


# ── Cylinders ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def tube(rng):
    """A cylinder that lies askew, clockwise: places, azimuth, elevation."""
    a, e = (one.ravel() for one in np.indices((AZIMUTHS, ELEVATIONS)))
    φ = -2 * np.pi * a / AZIMUTHS + 0.3
    upright = np.stack([np.cos(φ), np.sin(φ), 0.2 * e], axis=1)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return upright @ turn.T + 5, a, e


def test_a_cylinder_is_round_and_straight_however_it_lies(tube):
    found = as_cylinder(*tube)
    assert found.roundness == pytest.approx(1) and found.height == pytest.approx(1)
    assert np.allclose(np.linalg.norm(found.places[:, :2], axis=1), 1)
    turn = np.unwrap(np.arctan2(*found.places[tube[2] == 0, 1::-1].T))
    assert np.allclose(np.diff(turn), 2 * np.pi / AZIMUTHS)     # counterclockwise now
    assert np.corrcoef(found.places[:, 2], tube[2])[0, 1] == pytest.approx(1)


def test_what_is_no_cylinder_is_none(tube, rng):
    found = as_cylinder(rng.normal(size=(162, 3)), *tube[1:])
    assert found.roundness < 0.3 and found.height < 0.2


def test_the_nearest_seen_view_is_a_neighbour_or_is_none():
    y, seen = np.array([[0.0], [1], [2]]), np.array([0, 5, 10]) * ELEVATIONS
    unseen = np.array([17, 5, 2]) * ELEVATIONS
    assert nearest_is_a_neighbour(y, seen, y + 0.1, unseen) == pytest.approx(2 / 3)


def test_light_moves_a_place_by_so_many_steps_of_the_view():
    every = views(CUBE, size=2)
    a, e, k = every.azimuth, every.elevation, every.light
    turn = 2 * np.pi * a / AZIMUTHS
    step = 2 * np.sin(np.pi / AZIMUTHS)
    y = np.stack([np.cos(turn), np.sin(turn), step * e, 0.4 * step * (k % 2)], axis=1)
    # of the five other lights three move it by 0.4 steps
    assert light_moves(y, every) == pytest.approx(0.4 * 3 / 5)
