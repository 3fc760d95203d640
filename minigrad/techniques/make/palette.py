r"""The colours of one image and the strokes of another (Gatys et al. 2016, arXiv:1606.05897).

    with_luminance(photo, x)    the photo's colours, the brightness of x: after the painting
    recoloured(painting, photo) the painting in the photo's colours: before it

Y = 0.299 R + 0.587 G + 0.114 B is the brightness; I and Q, or Cb and Cr, are the colour.  All four
are differences in which grey counts nothing, so what is added to red, green and blue alike changes
Y alone:

    x' = photo + (Y(x) − Y(photo))

And a linear map of the colours gives the painting the photo's mean μ and covariance Σ:

    x' = A (x − μ_p) + μ,       A = Σ^½ Σ_p^−½,     so that A Σ_p Aᵀ = Σ

Read before: starts.py.  Read next: style_terms.py.
"""

from minigrad.backend import array_module

BRIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
SMALLEST = 0.01  # grey levels²: a painting that has less of a colour has none that could be scaled


def luminance(x):
    """Y = 0.299 R + 0.587 G + 0.114 B: (N, 3, H, W) → (N, 1, H, W)."""
    weights = array_module(x).asarray(BRIGHTNESS, x.dtype)
    return (weights[:, None, None] * x).sum(axis=1, keepdims=True)


def with_luminance(photo, x):
    """x' = photo + (Y(x) − Y(photo)), within [0, 255]; both (N, 3, H, W) of one size."""
    return (photo + (luminance(x) - luminance(photo))).clip(0, 255)


def recoloured(painting, photo):
    """x' = A (x − μ_p) + μ, within [0, 255]: the painting with the photo's mean and covariance.

    Args:
        painting: (1, 3, H, W).
        photo: (N, 3, H', W'); of several the colours of all.

    Returns:
        (1, 3, H, W).  A colour that the painting has not got cannot be made from nothing; a grey
        photo makes it grey.
    """
    mean, covariance = _colours(photo)
    own, spread = _colours(painting)
    A = _power(covariance, 0.5) @ _power(spread, -0.5)                      # (3, 3)
    A, mean, own = (a.astype(painting.dtype) for a in (A, mean, own))
    flat = painting.reshape(3, -1)                                          # (3, H·W)
    return (A @ (flat - own) + mean).reshape(painting.shape).clip(0, 255)


def _colours(x):
    """μ (3, 1) and Σ (3, 3), in float64, for there are many pixels to sum."""
    flat = x.swapaxes(0, 1).reshape(3, -1).astype("float64")                # (3, N·H·W)
    mean = flat.mean(axis=1, keepdims=True)
    return mean, (flat - mean) @ (flat - mean).T / flat.shape[1]


def _power(covariance, power: float):
    """Σ^power by its eigenvalues; where one is as good as 0, 0."""
    xp = array_module(covariance)
    values, vectors = xp.linalg.eigh(covariance)
    there = values > SMALLEST
    scaled = xp.where(there, xp.where(there, values, 1) ** power, 0)
    return (vectors * scaled) @ vectors.T
