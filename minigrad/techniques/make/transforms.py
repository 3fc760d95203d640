r"""What the network is shown in place of the image: moved, enlarged, or with noise on top.

    jitter      rolled by some pixels
    zoom        enlarged around the centre
    grain       with noise

A picture that excites the network only where it stands, to the pixel, is an accident; one that
does so under all of these is a shape.  A transform T(x, rngs) is made of ops, so ∂E/∂x leads
through it and brings the step back to where the pixels really are: jitter is undone by
differentiation.  Image n draws from the generator rngs[n] alone, so that no image depends on those
that stand beside it.

Read before: ops/resample.py, starts.py.  Read next: regularizers.py.
"""

from collections.abc import Sequence

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.tensor import data_of


def jitter(reach: int):
    """Roll each image by up to `reach` rows and columns, either way."""
    reach = whole("the reach of jitter", reach)

    def transform(x, rngs):
        shifts = [rng.integers(-reach, reach, 2, endpoint=True).tolist() for rng in rngs]
        rolled = [ops.roll(x[n : n + 1], shift, axis=(2, 3)) for n, shift in enumerate(shifts)]
        return ops.concatenate(rolled)

    return transform


def zoom(low: float, high: float):
    """Enlarge each image around its centre by a factor between low and high, bilinearly.

    Two small matrices do it, A x Aᵀ; beyond the border the border goes on.
    """
    low = number("the lowest factor of zoom", low, above=0)
    high = number("the highest factor of zoom", high, at_least=low)

    def transform(x, rngs):
        factors = np.array([rng.uniform(low, high) for rng in rngs])
        rows, columns = (_enlarging(x, n, factors) for n in x.shape[2:])        # (N, 1, n, n)
        return ops.matmul(ops.matmul(rows, x), columns.swapaxes(2, 3))

    return transform


def grain(sigma: float):
    """Add N(0, σ²) to every pixel, σ in grey levels: what noise can undo is not worth drawing."""
    sigma = number("σ of grain", sigma, at_least=0)

    def transform(x, rngs):
        noise = np.stack([rng.standard_normal(x.shape[1:], x.dtype) for rng in rngs])
        return x + array_module(data_of(x)).asarray(sigma * noise)

    return transform


def resized(x, size: int):
    """The same images with another shorter edge, bilinearly: (N, 3, H, W) → (N, 3, H', W').

    Large shapes are found in a small image, details in a large one: a picture may begin small.
    """
    return to_size(x, proportional(x.shape, size))


def proportional(shape, shorter: int) -> list[int]:
    """[H', W'] in the proportions of an array (…, H, W), of which the shorter one is given."""
    shorter = whole("the edge of an image", shorter, at_least=1)
    return [round(n * shorter / min(shape[-2:])) for n in shape[-2:]]


def to_size(x, size: Sequence[int]):
    """The same images with other edges, bilinearly: (N, C, H, W) → (N, C, *size).

    Where it shrinks, a pixel is the mean of all that it stands for, what is nearer counting more.
    """
    if tuple(x.shape[2:]) == tuple(size):
        return x
    rows, columns = (
        _bilinear(data_of(x), (np.arange(m) + 0.5) * n / m - 0.5, n, max(1, n / m))     # (m, n)
        for n, m in zip(x.shape[2:], size, strict=True)
    )
    return ops.matmul(ops.matmul(rows, x), columns.T)


def _enlarging(x, n: int, factors):
    """The pixels that an image shows when enlarged around its centre: (N, 1, n, n)."""
    at = (np.arange(n) - (n - 1) / 2) / factors[:, None] + (n - 1) / 2          # (N, n)
    return _bilinear(data_of(x), at, n)[:, None]


def _bilinear(like, at, n: int, reach: float = 1):
    """A[…, i, j], how much of pixel j of n there is at the point at[…, i]; each row sums to 1.

    What lies so many pixels away counts nothing; more than 1 where an image shrinks.
    """
    A = np.maximum(0, 1 - abs(at.clip(0, n - 1)[..., None] - np.arange(n)) / reach)
    A = A / A.sum(axis=-1, keepdims=True) if reach > 1 else A
    return array_module(like).asarray(A, like.dtype)
