r"""What stands for nothing: the image that a photo is compared with.

"How much do these pixels matter?" means "compared with what?", and no image is nothing:

    "mean"      the mean colour, which the network sees as zero
    "black", "white"        a photo's black parts are then nothing, or its white ones
    "blur"      the photo itself, without what is smaller than a tenth of it

Each hides something: against black, a black cat cannot matter.  So look at several, or average them
(Sturmfels, Lundberg and Lee 2020, "Visualizing the impact of feature attribution baselines").

Read before: objectives.py.  Read next: look/integrated.py.
"""

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, is_array
from minigrad.checked import nearest
from minigrad.tensor import data_of

BLUR = 0.1  # σ of "blur", as a share of the shorter edge

BASELINES = {
    "mean": lambda net, x: mean_colour(net, x) + 0 * x,
    "black": lambda net, x: 0 * x,
    "white": lambda net, x: 0 * x + 255,
    "blur": lambda net, x: blurred(x, BLUR * min(x.shape[2:])),
}


def baseline(net, pixels, which="mean"):
    """Return one image to compare with for each photo.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        which: a name of `BASELINES`, or an array that broadcasts to the pixels.

    Returns:
        (N, 3, H, W), of the pixels' kind.

    Raises:
        TypeError: it is neither a name nor an array.
        ValueError: there is no such name, or the array does not fit.
    """
    if isinstance(which, str):
        if which not in BASELINES:
            raise ValueError(f"there is no baseline {which!r}; {nearest(which, BASELINES)}")
        return BASELINES[which](net, pixels)
    if not is_array(which):
        raise TypeError(f"a baseline is an array or one of {', '.join(BASELINES)}, not a "
                        f"{type(which).__name__}")
    xp = array_module(pixels)
    try:
        return xp.broadcast_to(xp.asarray(which, pixels.dtype), pixels.shape)
    except ValueError:
        raise ValueError(f"a baseline of shape {which.shape} does not fit pixels of shape "
                         f"{pixels.shape}") from None


def mean_colour(net, like):
    """The colour that the network sees as zero, (3, 1, 1), as an array of the kind of `like`."""
    colour = np.asarray(net.mean_colour, like.dtype).reshape(3, 1, 1)
    return array_module(like).asarray(colour)


def blurred(x, sigma: float):
    """G_σ ∗ x, σ in pixels: (N, C, H, W) → the same shape.

    A Gaussian is a row pass and a column pass, B x Bᵀ; each row of B holds the Gaussian around one
    pixel, normalised over what lies in the image, so that a constant stays what it is.
    """
    rows, columns = (_gaussian(data_of(x), n, sigma) for n in x.shape[2:])
    return ops.matmul(ops.matmul(rows, x), columns.T)                       # (N, C, H, W)


def _gaussian(x, n: int, sigma: float):
    """B[i, j] ∝ exp(−(i − j)² / 2σ²), rows that sum to 1: (n, n); the identity where σ is small."""
    xp = array_module(x)
    i = xp.arange(n, dtype=x.dtype)
    sigma = max(sigma, 0.01)  # at which exp(−1 / 2σ²), the next pixel's share, is 0 already
    B = xp.exp(-((i[:, None] - i) ** 2) / (2 * sigma**2))
    return B / B.sum(axis=1, keepdims=True)
