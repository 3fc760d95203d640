r"""Waves for coordinates: a picture as a sum of cosines whose colours do not depend on each other.

    x = mean colour + A z,      A z = Dᵀ (s · L z) D,      s(f) ∝ 1/|f|^power,      L Lᵀ = COLOURS

z holds, for each of three colours and every wave (k, l), how much of it there is; D is the
orthonormal cosine transform,

    D[k, i] = √(2/n) cos(π k (2i + 1) / 2n),   √(1/n) for k = 0,      f = (k/2H, l/2W) waves a pixel

that is, Fourier's coefficients of the picture beside its mirror images, so that no edge is where
the borders meet.  The optimiser steps in z: the gradient there is Aᵀ ∂E/∂x, which the engine
finds, as A is made of ops.  A unit step in z is a strong slow wave or a weak fast one, and a step
in one of the three colours moves red, green and blue together as photos do: noise in z is a cloudy
picture, and not snow (Olah et al. 2017, "Preconditioning and parameterization").

It is the same idea as steps.like_photos, which weights the gradient at the pixels and lets Adam
divide by its size pixel by pixel; here Adam divides wave by wave, after which all waves of z count
alike, however small their gradient.

Compared on minivgg with the preset's regularizers, rate and number of steps, on six classes:
neither is better for all.  Waves give a rounder golf ball, a finer dalmatian and a springer in more
natural light; like_photos gives a church with its windows and a horn with its bell, larger shapes,
and stays the preset.  Both want the same rate: at a quarter of it, waves have not found the
dalmatian after 80 steps.  Neither does without regularizers: waves alone leave grain.

Read before: steps.py.  Read next: presets.py.
"""

import functools
from collections.abc import Callable

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import number
from minigrad.techniques.make.steps import COLOURS, uphill
from minigrad.tensor import Tensor, data_of, grad


def ascend_waves(optimiser, rate: Callable[[int], float], power: float = 1.0):
    """SGD or Adam uphill in z, the step in grey levels: all waves together move x by about so much.

    Args:
        optimiser: `step(params, gradients, lr)`; each run steps with a copy of it.
        rate: lr by step, counted from 0.
        power: of 1/|f|.
    """
    power = number("the power of 1/|f|", power, at_least=0)

    def move(step, task, x, g, i):
        Z = Tensor(waves_of(x - task.mean, power))
        (g_z,) = grad((picture_of(Z, power) * g).sum(), [Z])    # Aᵀ ∂E/∂x
        z = step({"waves": Z.data}, {"waves": -g_z}, rate(i))["waves"]
        return task.mean + picture_of(z, power)

    return uphill(optimiser, move)


def picture_of(z, power: float = 1.0):
    """u = A z, a picture around 0: waves (N, 3, H, W) → pixels (N, 3, H, W)."""
    rows, columns, s, L = _parts(data_of(z), power)
    return ops.matmul(ops.matmul(rows.T, _coloured(L, z) * s), columns)


def waves_of(u, power: float = 1.0):
    """z = A⁻¹ u, the waves of which a picture around 0 is the sum: (N, 3, H, W) → (N, 3, H, W)."""
    rows, columns, s, L = _parts(data_of(u), power)
    inverse = array_module(L).linalg.inv(L).astype(L.dtype, copy=False)
    return _coloured(inverse, ops.matmul(ops.matmul(rows, u), columns.T) / s)


def _coloured(L, z):
    """L times the three colours at every wave."""
    N, C, H, W = z.shape
    return ops.reshape(ops.matmul(L, ops.reshape(z, (N, C, H * W))), (N, C, H, W))


def _parts(like, power: float):
    """The two cosine transforms, the strengths s (H, W), and L (3, 3), as arrays like these."""
    xp, (H, W) = array_module(like), like.shape[2:]
    parts = (_cosines(H), _cosines(W), _strengths(H, W, power), np.linalg.cholesky(COLOURS))
    return [xp.asarray(part, like.dtype) for part in parts]


@functools.lru_cache(maxsize=16)
def _cosines(n: int):
    """D, whose rows are orthonormal cosines: (n, n)."""
    k, i = np.arange(n)[:, None], np.arange(n)
    D = np.sqrt(2 / n) * np.cos(np.pi * k * (2 * i + 1) / (2 * n))
    D[0] /= np.sqrt(2)
    return D


@functools.lru_cache(maxsize=16)
def _strengths(H: int, W: int, power: float):
    """s(f), whose mean square is 1; the mean of the picture, f = 0, counts as the slowest wave."""
    f = np.hypot(np.arange(H)[:, None] / (2 * H), np.arange(W) / (2 * W))
    s = np.maximum(f, 1 / (2 * max(H, W))) ** -power
    return s / np.sqrt((s * s).mean())
