r"""The outlines and textures of composed scenes, as functions of the place.

Each outline is a signed distance in units of the object's radius, below zero inside, for arrays of
places u (to the right) and v (downwards); about right near the outline, which is all that is asked:

    disc          |p| − 1                                       p = (u, v)
    ring          | |p| − ¾ | − ¼
    polygon       max_k ⟨p, n_k⟩ − cos(π/n)                     n_k, the directions of its n sides
    stroke        the distance to a line of straight pieces, less half the pen's width
    blob          |p| − r(angle), r a few random waves

Read before: composed.py.
"""

import numpy as np

PEN = 0.24  # half the width of the pen that writes digits
A, B, C, D, E, F = (-0.45, -0.8), (0.45, -0.8), (-0.45, 0), (0.45, 0), (-0.45, 0.8), (0.45, 0.8)
TOP, BOTTOM = (0, -0.8), (0, 0.8)
DIGITS = (  # each a line, or two, through these places
    [[A, B, F, E, A]],
    [[(-0.3, -0.5), TOP, BOTTOM]],
    [[A, B, D, C, E, F]],
    [[A, B, D, F, E], [D, (-0.1, 0)]],
    [[A, C, D], [B, F]],
    [[B, A, C, D, F, E]],
    [[B, A, E, F, D, C]],
    [[A, B, (-0.1, 0.8)]],
    [[A, B, F, E, A], [C, D]],
    [[D, C, A, B, F, E]],
)


def shape(u, v, rng):
    """A disc, a ring, or a polygon of three to six sides."""
    kind = rng.integers(6)
    length = np.hypot(u, v)
    if kind == 0:
        return length - 1
    if kind == 1:
        return abs(length - 0.75) - 0.25
    n = int(kind) + 1
    sides = 2 * np.pi * np.arange(n) / n
    return np.max([np.cos(s) * u + np.sin(s) * v for s in sides], axis=0) - np.cos(np.pi / n)


def digit(u, v, rng, which: int | None = None):
    """One of 0 … 9, a random one if none is named, slanted a little."""
    which = rng.integers(10) if which is None else which
    u = u + rng.uniform(-0.2, 0.3) * v
    near = [stroke(u, v, np.array(line, np.float32)) for line in DIGITS[which]]
    return np.min(near, axis=0) - PEN


def stroke(u, v, line):
    r"""The distance to the nearest of the pieces from a to b: |p − a − t (b − a)|, t in [0, 1]."""
    distances = []
    for a, b in zip(line[:-1], line[1:], strict=True):
        along = b - a
        t = ((u - a[0]) * along[0] + (v - a[1]) * along[1]) / (along @ along)
        t = np.clip(t, 0, 1)
        distances.append(np.hypot(u - a[0] - t * along[0], v - a[1] - t * along[1]))
    return np.min(distances, axis=0)


def blob(u, v, rng):
    """A round thing with three random waves around it."""
    angle, r = np.arctan2(v, u), np.float32(0.85)
    for waves in (2, 3, 5):
        r = r + rng.uniform(0, 0.2) / waves * 2 * np.sin(waves * angle + rng.uniform(0, 2 * np.pi))
    return np.hypot(u, v) - r


def texture(x, y, rng):
    """A share of the first colour at each place, in pixels: stripes, checks, dots or grain."""
    kind, period = rng.integers(4), rng.uniform(4, 8)
    i, j = 2 * np.pi * x / period, 2 * np.pi * y / period
    if kind == 0:
        return _steep(np.sin(i))
    if kind == 1:
        return _steep(np.sin(i) * np.sin(j))
    if kind == 2:
        return _steep(np.cos(i) + np.cos(j) - 0.6)
    return rng.random(x.shape, np.float32)


def _steep(wave):
    """From a wave to two colours with a soft edge between them."""
    return np.clip(0.5 + 2 * wave, 0, 1)
