r"""Two maps that know nothing of the network, and that every other must beat.

    random_map          M[i, j] ~ U(0, 1)
    centred_gaussian    M[i, j] = exp(−r² / 2σ²),   r from the middle of the photo, in edges

People put what they photograph into the middle.  A map that says "the middle" whatever the network
and the photo is therefore right more often than chance, and most papers do not show it.  A map that
does no better has explained nothing, however plausible it looks.

Read before: gradient.py.  Read next: curves.py.
"""

import numpy as np

from minigrad.backend import array_module
from minigrad.checked import number
from minigrad.techniques.look.masks import always_the_same, photos
from minigrad.techniques.objectives import Objective


def random_map(net, pixels, objective: Objective, *, rng=None):
    """Evidence by chance: pixels (N, 3, H, W) → (N, H, W), uniform in [0, 1).

    rng is a numpy Generator; None draws the same map every time.
    """
    pixels = photos(pixels)
    N, _, H, W = pixels.shape
    drawn = always_the_same(rng).random((N, H, W))
    return array_module(pixels).asarray(drawn, pixels.dtype)


def centred_gaussian(net, pixels, objective: Objective, *, sigma: float = 0.25):
    """exp(−r² / 2σ²), r from the middle: pixels (N, 3, H, W) → (N, H, W), the same for each photo.

    σ is in edges of the photo, and so are r's two parts, each in its own edge.
    """
    pixels, sigma = photos(pixels), number("σ of the centred Gaussian", sigma, above=0)
    y, x = (((np.arange(n) + 0.5) / n - 0.5) ** 2 for n in pixels.shape[2:])
    M = np.exp(-(y[:, None] + x) / (2 * sigma**2))                          # (H, W)
    xp = array_module(pixels)
    return xp.broadcast_to(xp.asarray(M, pixels.dtype), (len(pixels), *M.shape))
