"""Where a picture begins: the mean colour, which the network sees as zero, or noise around it.

    zero(net, size)                         x₀ = mean colour
    noise(net, size, copies, sigma, rng)    x₀ = mean colour + N(0, σ²)

A photo is the third way to begin: `net.pixels(photo)`.

Read before: baselines.py.  Read next: transforms.py.
"""

import numpy as np

from minigrad.backend import array_module, to_device
from minigrad.checked import number, whole
from minigrad.techniques.baselines import mean_colour


def zero(net, size: int, copies: int = 1):
    """x₀ = the mean colour everywhere: (copies, 3, size, size), on the network's device."""
    size, copies = whole("the edge of an image", size, 1), whole("copies", copies, 1)
    blank = np.zeros((copies, 3, size, size), net.dtype)
    return to_device(mean_colour(net, blank) + blank, net.device)


def noise(net, size, copies: int, sigma: float, rng: np.random.Generator):
    """x₀ = the mean colour + N(0, σ²) at every pixel, σ in grey levels, within [0, 255].

    The size is an edge in pixels, or (height, width).
    """
    sigma = number("σ of the noise", sigma, at_least=0)
    edges = size if isinstance(size, tuple | list) else (size, size)
    H, W = (whole("the edge of an image", edge, 1) for edge in edges)
    drawn = sigma * rng.standard_normal((whole("copies", copies, 1), 3, H, W), net.dtype)
    return to_device((mean_colour(net, drawn) + drawn).clip(0, 255), net.device)


def within(box: tuple[int, int, int, int], x, beyond):
    """x in a box (top, left, bottom, right), and something else outside: (N, 3, H, W)."""
    top, left, bottom, right = box
    mixed = array_module(x).broadcast_to(beyond, x.shape).copy()
    mixed[:, :, top:bottom, left:right] = x[:, :, top:bottom, left:right]
    return mixed
