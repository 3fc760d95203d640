"""Where a picture begins: the mean colour, which the network sees as zero, or noise around it.

    zero(net, size)                         x₀ = mean colour
    noise(net, size, copies, sigma, rng)    x₀ = mean colour + N(0, σ²)

A photo is the third way to begin: `net.pixels(photo)`.

Read before: objectives.py.  Read next: transforms.py.
"""

import numpy as np

from minigrad.backend import array_module, to_device
from minigrad.checked import number, whole


def mean_colour(net, like):
    """The colour that the network sees as zero, (3, 1, 1), as an array of the kind of `like`."""
    colour = np.asarray(net.mean_colour, like.dtype).reshape(3, 1, 1)
    return array_module(like).asarray(colour)


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
