r"""JPEG in ops: what it throws away, and how to walk back through it.

A photo is written in blocks of 8×8 pixels, as waves (ITU-T T.81, annex A.3.3), and each wave's
strength B̂ in steps of its own, the coarser the less the eye sees it:

    B̂ = D B Dᵀ,    D[k, i] = c_k cos((2i + 1) k π / 16),   c₀ = √(1/8),  c_k = ½
    B ← Dᵀ (T · round(B̂ / T)) D

T is the standard's table (annex K.1), one for the brightness and one for the colours, which are
also kept at half the size.  A quality q from 1 to 100 scales both, as the common library does it:

    T_q = ⌊(s T + 50) / 100⌋,   s = 5000/q below 50, else 200 − 2q,   from 1 to 255

Rounding is a staircase: its gradient is 0, and an attack through JPEG sees none.  Backward Pass
Differentiable Approximation (Athalye, Carlini and Wagner 2018, section 4.1) goes down the stairs
and comes back as if they had been a ramp.  Here that is a rule: grad(y, [x], rules=BPDA).

Read before: minigrad/rules.py, robustness.py.  Read next: defences.py.
"""

import numpy as np

from minigrad import ops
from minigrad.backend import Array, array_module
from minigrad.checked import number
from minigrad.tensor import data_of, op

BLOCK = 8
LUMINANCE = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
])
CHROMINANCE = np.full((BLOCK, BLOCK), 99)
CHROMINANCE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]

# Y, Cb and Cr of red, green and blue (JFIF 1.02); Cb and Cr lie around 128
TO_YCC = np.array([
    [0.299, 0.587, 0.114],
    [-0.299 / 1.772, -0.587 / 1.772, 0.5],
    [0.5, -0.587 / 1.402, -0.114 / 1.402],
])


@op
def rounded(x: Array):
    """The nearest whole number          ∂L/∂x = 0, for a small move changes nothing"""
    xp = array_module(x)
    return xp.rint(x), lambda g: xp.zeros_like(g)


def straight_through(g, x):
    """Return g, as if nothing had been rounded."""
    return g


BPDA = {rounded: straight_through}


def jpeg(x, quality: float = 75):
    """What is left of photos that were written as JPEG and read again, colours at half the size.

    Args:
        x: a Tensor or an array (N, 3, H, W), RGB, 0–255.
        quality: q, from 1 to 100.

    Returns:
        the same shape, 0–255, not rounded to bytes.

    Raises:
        ValueError: there is no such quality.
    """
    quality = number("the quality of a JPEG", quality, at_least=1, at_most=100)
    like, (H, W) = data_of(x), x.shape[2:]
    x = to_multiples(x, 2 * BLOCK)
    ycc = rounded(mixed(x, TO_YCC)) - constant(like, [128, 0, 0])
    Y, colours = ycc[:, :1], ops.avg_pool2d(ycc[:, 1:], 2)
    Y = by_blocks(Y, table(LUMINANCE, quality))
    colours = by_blocks(colours, table(CHROMINANCE, quality))
    colours = ops.upsample_bilinear(colours, tuple(x.shape[2:]))
    ycc = ops.concatenate([Y + 128, colours], axis=1)
    return ops.clip(mixed(ycc, np.linalg.inv(TO_YCC))[:, :, :H, :W], 0, 255)


def table(standard, quality: float) -> np.ndarray:
    """T_q = ⌊(s T + 50) / 100⌋: a table (8, 8) of the standard at a quality."""
    s = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.floor((s * standard + 50) / 100).clip(1, 255)


def by_blocks(x, T):
    """Every 8×8 block as waves, in steps of T: (N, C, H, W) → the same shape; 8 divides H and W."""
    like, (N, C, H, W) = data_of(x), x.shape
    D, T = constant(like, waves()), constant(like, T)
    B = ops.reshape(x, (N, C, H // BLOCK, BLOCK, W // BLOCK, BLOCK))
    B = ops.transpose(B, (0, 1, 2, 4, 3, 5))                # (N, C, H/8, W/8, 8, 8)
    # B̂ = D B Dᵀ
    strength = ops.matmul(ops.matmul(D, B), D.T)
    # B ← Dᵀ (T · round(B̂ / T)) D
    B = ops.matmul(ops.matmul(D.T, rounded(strength / T) * T), D)
    return ops.reshape(ops.transpose(B, (0, 1, 2, 4, 3, 5)), (N, C, H, W))


def waves() -> np.ndarray:
    """D, (8, 8): its rows are waves over eight pixels, of length 1 and at right angles."""
    i = np.arange(BLOCK)
    # D[k, i] = c_k cos((2i + 1) k π / 16)
    D = 0.5 * np.cos((2 * i + 1) * i[:, None] * np.pi / 16)
    D[0] = np.sqrt(1 / 8)
    return D


def mixed(x, M):
    """Each pixel's three numbers times a matrix: (N, 3, H, W) → the same shape."""
    N, _, H, W = x.shape
    flat = ops.reshape(x, (N, 3, H * W))
    return ops.reshape(ops.matmul(constant(data_of(x), M), flat), (N, 3, H, W))


def to_multiples(x, n: int):
    """Repeat the last row and column until n divides both edges: (N, C, H, W) → (N, C, H', W')."""
    for axis in (2, 3):
        size = x.shape[axis]
        if missing := -size % n:
            last = x[:, :, -1:] if axis == 2 else x[:, :, :, -1:]
            x = ops.concatenate([x, *[last] * missing], axis=axis)
    return x


def constant(like, numbers):
    """Numbers as an array of the kind of `like`; three of them, one for each colour."""
    array = array_module(like).asarray(np.asarray(numbers, like.dtype))
    return array.reshape(3, 1, 1) if array.shape == (3,) else array
