r"""The cylinder: what an embedding makes of an object that turns (Hadsell et al. 2006, 3.4).

An airplane is seen from 18 sides, from 9 heights, in 6 lights.  The loss is told one thing: two
images are alike when their views are the same or next to each other, whatever the light.

    alike       azimuth or elevation one step apart, or the same view        Y = 0
    unlike      all others                                                   Y = 1

Nobody speaks of angles.  Yet the azimuth comes back to where it began and the elevation does not,
so the only surface on which all neighbours are neighbours is a cylinder; and light, which the pairs
do not respect, is forgotten.

How much of a cylinder it is: the axis is the direction in which the elevation is read off best, by
least squares, and around it the angle θ of a place should turn with the azimuth φ,

    roundness = | mean e^{i (θ − φ)} |          1 where every angle is right, but for where 0 lies

Read before: rendered.py, metric.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import to_numpy
from minigrad.techniques.learn.metric import Pairs, contrastive
from minigrad.techniques.learn.rendered import AIRPLANE, render
from minigrad.techniques.look.codes import squared_distances

AZIMUTHS, ELEVATIONS = 18, 9
TURNS = 2 * np.pi * np.arange(6) / 6
LIGHTS = np.stack([np.cos(TURNS), np.sin(TURNS), 0.5 * np.ones(6)], axis=1)  # around the camera


class Views(NamedTuple):
    """Images (M, S, S) of an object and what made each, (M,): steps of three kinds."""

    images: Any
    azimuth: Any        # 0 … AZIMUTHS − 1, 20° each
    elevation: Any      # 0 … ELEVATIONS − 1, from 30° to 70°
    light: Any

    @property
    def pose(self):
        """The view as one number, which two images share that differ in light alone: (M,)."""
        return self.azimuth * ELEVATIONS + self.elevation

    def of(self, rows) -> "Views":
        """Some of them."""
        return Views(*(of_all[rows] for of_all in self))


def views(boxes=AIRPLANE, size: int = 32, progress=iter) -> Views:
    """See boxes from all sides, in all lights."""
    a, e, k = (one.ravel() for one in np.indices((AZIMUTHS, ELEVATIONS, len(LIGHTS))))
    poses = list(np.ndindex(AZIMUTHS, ELEVATIONS))
    seen = [render(boxes, *degrees(*pose), LIGHTS, size) for pose in progress(poses)]
    return Views(np.concatenate(seen), a, e, k)


def degrees(azimuth: int, elevation: int) -> tuple[float, float]:
    """Where the camera stands at a step of each."""
    return 360 * azimuth / AZIMUTHS, 30 + 40 * elevation / (ELEVATIONS - 1)


def neighbours_of(pose) -> Pairs:
    """Which views are the same or next to each other: steps (N,) → Pairs."""
    a, e = np.divmod(to_numpy(pose), ELEVATIONS)
    apart = abs(a[:, None] - a)
    steps = np.minimum(apart, AZIMUTHS - apart) + abs(e[:, None] - e)   # 17 and 0 are neighbours
    return Pairs((steps <= 1) & ~np.eye(len(steps), dtype=bool), steps > 1)


def neighbour_loss(x, pose):
    """The contrastive loss of views: x (N, K), poses (N,)."""
    return contrastive(x, neighbours_of(pose))


# ── How much of a cylinder it is ────────────────────────────────────────────────────────────────


class Cylinder(NamedTuple):
    """Places turned so that the axis points up, (M, 3), how round they are, and how straight."""

    places: Any
    roundness: float    # of the azimuth, 0 … 1
    height: float       # R² of the elevation, as a linear function of the place


def as_cylinder(places, azimuth, elevation) -> Cylinder:
    """Turn places (M, 3) so that elevation, steps (M,), goes up; compare angles with azimuths."""
    y = to_numpy(places).astype(float)
    y, h = y - y.mean(axis=0), elevation - elevation.mean()
    slope = np.linalg.lstsq(y, h, rcond=None)[0]                        # (3,)
    left = h - y @ slope
    _, _, V = np.linalg.svd(slope[None])                                # the axis, and what is left
    axis, *plane = V
    y = y @ np.stack([*plane, axis * np.sign(axis @ slope)]).T
    φ = 2 * np.pi * azimuth / AZIMUTHS
    θ = np.arctan2(y[:, 1], y[:, 0])
    same, other = (abs(np.exp(1j * (θ - way * φ)).mean()) for way in (1, -1))
    if other > same:                                                    # seen in a mirror
        y = y * (1, -1, 1)
    return Cylinder(y, float(max(same, other)), float(1 - left @ left / (h @ h)))


def nearest_is_a_neighbour(seen, seen_pose, unseen, unseen_pose) -> float:
    """The share of unseen images whose nearest seen one has the same view, or one a step away.

    Places (M, K) and (N, K), and the views (M,) and (N,) as `Views.pose` counts them.
    """
    near = to_numpy(squared_distances(unseen, seen).argmin(axis=1))     # (N,)
    N = len(near)
    alike, _ = neighbours_of(np.concatenate([unseen_pose, seen_pose[near]]))
    return float(alike[np.arange(N), N + np.arange(N)].mean())


def light_moves(places, views: Views) -> float:
    """How far another light moves a place, as a share of how far a step of the view does:

    mean ‖y − y′‖ of two images of one view / of two in one light, with views a step apart.
    """
    D = np.sqrt(to_numpy(squared_distances(places, places)).clip(0))
    same_view = (views.pose[:, None] == views.pose) & ~np.eye(len(D), dtype=bool)
    same_light = views.light[:, None] == views.light
    alike, _ = neighbours_of(views.pose)
    return float(D[same_view].mean() / D[alike & ~same_view & same_light].mean())
