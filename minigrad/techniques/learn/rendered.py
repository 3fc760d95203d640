r"""An object of boxes, seen from all sides: rays, slabs, and light, in NumPy alone.

A ray o + t d meets a box low ≤ x ≤ high where it is inside of three slabs at once (Kay and Kajiya
1986).  Of each axis k

    t = (low_k − o_k) / d_k  and  (high_k − o_k) / d_k

are where it enters and leaves the slab.  It enters the box with the last that it enters, and
leaves it with the first that it leaves; if that is earlier it has missed it.  The face is the one
of the slab that came last.  A face is as bright as it is turned towards the light (Lambert 1760):

    brightness = ambient + (1 − ambient) · max(0, normal · light)

Used by: cylinder.py, for images whose every cause is known.

Read before: embedding.py.  Read next: cylinder.py.
"""

import math
from typing import NamedTuple

import numpy as np

from minigrad.checked import whole

AMBIENT, FINE, REACH = 0.25, 2, 1.25  # REACH: half of the picture's edge, in units of the boxes


class Box(NamedTuple):
    """Two corners: x ahead, y to the left, z up."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


AIRPLANE = (
    Box((-1.0, -0.14, -0.14), (1.05, 0.14, 0.14)),      # the body
    Box((0.45, -0.11, 0.14), (0.80, 0.11, 0.26)),       # the cockpit
    Box((-0.25, -1.05, -0.05), (0.25, 1.05, 0.03)),     # the wings
    Box((-0.05, -0.62, -0.22), (0.35, -0.42, -0.05)),   # an engine below each
    Box((-0.05, 0.42, -0.22), (0.35, 0.62, -0.05)),
    Box((-1.0, -0.45, 0.02), (-0.72, 0.45, 0.09)),      # the tail
    Box((-1.0, -0.05, 0.14), (-0.68, 0.05, 0.50)),      # the fin
)


def render(boxes, azimuth: float, elevation: float, lights, size: int = 32) -> np.ndarray:
    """Look at boxes from far away, without perspective, in one light after another.

    Args:
        boxes: of them the one in front is seen.
        azimuth: where the camera stands around the object, in degrees; 0 is ahead of it.
        elevation: how high above the horizon, in degrees.
        lights: directions to lights as the camera sees them, (L, 3): right, up, towards it.
        size: pixels of the picture's edge.

    Returns:
        (L, size, size) float32, 0–255; where nothing is it is black.
    """
    right, up, towards = camera(math.radians(azimuth), math.radians(elevation))
    n = FINE * whole("size", size, at_least=1)
    at = REACH * (2 * (np.arange(n) + 0.5) / n - 1)
    start = 10 * towards + at[:, None] * right - at[:, None, None] * up     # (n, n, 3)
    low, high = (np.array([box[i] for box in boxes]) for i in (0, 1))       # (B, 3)

    d = np.where(abs(towards) < 1e-9, 1e-9, -towards)
    ends = np.stack([(side - start[:, :, None]) / d for side in (low, high)])   # (2, n, n, B, 3)
    enter, leave = ends.min(axis=0), ends.max(axis=0).min(axis=-1)
    met = enter.max(axis=-1) < leave                                        # (n, n, B)
    t = np.where(met, enter.max(axis=-1), np.inf)
    first = t.argmin(axis=-1)[..., None]                                    # the box in front
    face = np.take_along_axis(enter.argmax(axis=-1), first, -1)[..., 0]     # its axis, (n, n)

    normals = np.diag(np.sign(towards))                                     # of the faces it sees
    toward = unit(lights) @ np.stack([right, up, towards])                  # (L, 3), like the boxes
    bright = AMBIENT + (1 - AMBIENT) * (toward @ normals).clip(0)                # (L, 3) by axis
    picture = np.where(met.any(axis=-1), 255 * bright[:, face], 0)          # (L, n, n)
    small = picture.reshape(len(toward), size, FINE, size, FINE).mean(axis=(2, 4))
    return small.astype(np.float32)


def camera(azimuth: float, elevation: float):
    """Three unit vectors of a camera that looks at the middle: right, up, and towards it."""
    a, e = azimuth, elevation
    towards = np.array([math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)])
    right = np.array([-math.sin(a), math.cos(a), 0.0])
    return right, np.cross(towards, right), towards


def unit(v) -> np.ndarray:
    """The same directions (…, 3), of length 1."""
    v = np.asarray(v, float)
    return v / np.linalg.norm(v, axis=-1, keepdims=True)
