r"""A photo behind a mask: what a map needs that asks no gradient, but looks what hiding does.

A mask m says how much of each pixel is shown, and v what stands where it is hidden:

    x ∘ m = m · x + (1 − m) · v        1 shows a pixel, 0 hides it

v is the mean colour, which the network sees as zero, where a technique says nothing else.

A map needs hundreds of such versions of one photo.  They are made in batches, all in one array that
the next batch overwrites.

Read before: techniques/objectives.py.  Read next: occlusion.py.
"""

import numpy as np

from minigrad.backend import array_module
from minigrad.checked import whole
from minigrad.tensor import Tensor


def behind(photo, m, v, out=None):
    """x ∘ m of one photo behind several masks, written to `out` if it is given.

    photo (3, H, W), m (n, H, W), v broadcast to (3, H, W) → (n, 3, H, W).
    """
    # m · x + (1 − m) · v = v + m · (x − v)
    out = array_module(photo).multiply(m[:, None], photo - v, out=out)
    out += v
    return out


def photos(pixels):
    """Return pixels that are photos, (N, 3, H, W), in floating point.

    Raises:
        TypeError: they are whole numbers.
        ValueError: they have another shape, or there are none.
    """
    pixels = Tensor(pixels).data
    if pixels.ndim != 4 or pixels.shape[1] != 3 or 0 in pixels.shape:
        raise ValueError(f"there are no photos (N, 3, H, W) in an array of shape {pixels.shape}")
    return pixels


def parts(count: int, batch: int) -> list[slice]:
    """Divide so many versions into batches, the last of which may be smaller."""
    batch = whole("batch", batch, at_least=1)
    return [slice(i, min(i + batch, count)) for i in range(0, count, batch)]


def room_for(pixels, count: int, batch: int):
    """The one array in which every batch is made: (batch, 3, H, W)."""
    images = min(count, whole("batch", batch, at_least=1))
    return array_module(pixels).empty((images, *pixels.shape[1:]), pixels.dtype)


def always_the_same(rng) -> np.random.Generator:
    """The caller's generator, or a new one that begins with the same seed every time."""
    return np.random.default_rng(0) if rng is None else rng
