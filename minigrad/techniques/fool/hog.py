r"""HOG, histograms of oriented gradients, as a network of fixed weights that one can differentiate.

Before networks were trained, photos were described by features that somebody had thought out.  The
best known tells which way the edges run, cell by cell of 8×8 pixels (Dalal and Triggs 2005,
"Histograms of oriented gradients for human detection"; the sections are theirs):

    grey        0.299 R + 0.587 G + 0.114 B
    gradient    (∂x, ∂y) by the filter [−1, 0, 1]                                   section 6.2
    votes       ‖∂‖, shared between the two nearest of 9 orientations of 0°–180°    section 6.3
    cells       the votes of 8×8 pixels, shared between the four nearest cells      section 6.3
    hog         blocks of 2×2 cells, each v/√(‖v‖² + ε²), cut at 0.2, and again     section 6.4

Every line is an op, so the gradient at the pixels comes for nothing; the only one that minigrad
lacked is the angle of a vector, and it stands here (an op is a function and its derivatives).
That HOG is a small convolutional network was seen by Mahendran and Vedaldi 2015, "Understanding
deep image representations by inverting them", section 4.

`HOG()` is a network to every technique that asks for layers alone, and the one image loop serves it
as it stands: `invert(HOG(), photo, preset=NOISE)` makes from noise a picture with a photo's HOG,
and `hog_twin(photo, like=other)` one that looks like this photo and has the HOG of that one.

Dalal and Triggs take the colour with the longest gradient at each pixel, and weigh a block's pixels
by a Gaussian; neither is done here.  As a block is normalised twice, faint edges count as much as
strong ones (down to some 0.001 grey levels, ε and the second ε together).  HOG is blind to contrast
and to colour, and that is what a twin lives on.

Read before: twins.py.
"""

import math
from collections.abc import Iterator

from minigrad import ops
from minigrad.activations import Activations
from minigrad.backend import Array, array_module
from minigrad.checked import nearest, number, whole
from minigrad.techniques.fool.twins import twin
from minigrad.techniques.make.invert_presets import InvertPreset
from minigrad.techniques.make.loop import Progress
from minigrad.tensor import data_of, op

AGAIN = 1e-3  # ε of the second normalisation, a share of 1
NOISE = InvertPreset(tv=0.5, l6=0.0, steps=150)


@op
def angle(y: Array, x: Array):
    """θ = atan2(y, x)          ∂L/∂y = g · x / (x² + y²), ∂L/∂x = −g · y / (x² + y²)

    Both are 0 where x = y = 0, which has no angle.
    """
    xp, squared = array_module(x), x * x + y * y
    squared = xp.where(squared > 0, squared, xp.inf)
    return xp.arctan2(y, x), lambda g: g * (x / squared), lambda g: g * (-y / squared)


def grey(x):
    """Y = 0.299 R + 0.587 G + 0.114 B: (N, 3, H, W) → (N, 1, H, W)."""
    xp, dtype = array_module(data_of(x)), x.dtype
    weights = xp.asarray([0.299, 0.587, 0.114], dtype).reshape(1, 3, 1, 1)
    return (x * weights).sum(axis=1, keepdims=True)


def differences(x):
    """∂x = x[i, j+1] − x[i, j−1], ∂y likewise, 0 at the border: (N, 1, H, W) → (N, 2, H, W)."""
    across = ops.pad(x[:, :, :, 2:] - x[:, :, :, :-2], [(0, 0), (0, 0), (0, 0), (1, 1)])
    down = ops.pad(x[:, :, 2:] - x[:, :, :-2], [(0, 0), (0, 0), (1, 1), (0, 0)])
    return ops.concatenate([across, down], axis=1)


def votes(gradient, bins: int):
    """‖∂‖ · max(0, 1 − |t − k|), t = θ · bins / π − ½, k and k + bins being one orientation.

    Orientation k is the middle of its bin, (k + ½) · 180° / bins; a gradient and its opposite are
    one.  (N, 2, H, W) → (N, bins, H, W).
    """
    gx, gy = gradient[:, 0:1], gradient[:, 1:2]                             # (N, 1, H, W)
    xp, dtype, squared = array_module(data_of(gx)), gx.dtype, gx * gx + gy * gy
    flat = (data_of(squared) == 0).astype(dtype)  # √ has no slope at 0; there it is √1 − 1
    length = ops.sqrt(squared + flat) - flat
    k = xp.arange(bins, dtype=dtype).reshape(1, bins, 1, 1)
    apart = angle(gy, gx) * (bins / math.pi) - (k + 0.5)                    # (N, bins, H, W)
    # the way round that is shorter: once round is `bins`
    apart = apart - bins * xp.rint(data_of(apart) / bins)
    return length * ops.relu(1 - ops.abs(apart))


def pooled(votes, cell: int):
    """The mean of the votes by cell, each shared between the nearest cells: bilinear.

    A pixel's share falls linearly, from 1 at the middle of a cell to 0 at the next cell's: a
    convolution with a triangle, cell pixels apart.  (N, bins, H, W) → (N, bins, H/cell, W/cell).
    """
    N, bins, H, W = votes.shape
    xp, dtype = array_module(data_of(votes)), votes.dtype
    # the middles of the 2 · cell pixels around a cell's middle are ½, 3/2, … from it
    share = 1 - abs(xp.arange(2 * cell, dtype=dtype) - (cell - 0.5)) / cell  # (2 · cell,)
    rows, columns = share.reshape(1, 1, -1, 1), share.reshape(1, 1, 1, -1) / cell**2
    half = cell // 2
    flat = ops.reshape(votes, (N * bins, 1, H, W))
    flat = ops.conv2d(flat, rows, stride=(cell, 1), padding=(half, 0))
    flat = ops.conv2d(flat, columns, stride=(1, cell), padding=(0, half))
    return ops.reshape(flat, (N, bins, *flat.shape[2:]))


def blocks(cells, clip: float, eps: float):
    """v/√(‖v‖² + ε²) of 2×2 cells, cut at `clip`, and again: "L2-hys".

    (N, bins, h, w) → (N, 4 · bins, h − 1, w − 1): upper left, upper right, lower left, lower right.
    """
    up, down = cells[:, :, :-1], cells[:, :, 1:]
    v = ops.concatenate([up[..., :-1], up[..., 1:], down[..., :-1], down[..., 1:]], axis=1)
    v = v / ops.sqrt((v * v).sum(axis=1, keepdims=True) + eps**2)
    v = ops.minimum(v, clip)
    return v / ops.sqrt((v * v).sum(axis=1, keepdims=True) + AGAIN**2)


def uncut(g, v, clip):
    """A rule for ops.minimum: g goes on where v was cut, too.

    What is far above the cut has no gradient: moved a little, it is still cut.  So a strong edge
    that has to go would stay for ever.  With this rule, a step heads as if nothing were cut, and a
    twin's HOG comes twice as near after as many steps.
    """
    return g


LET_THROUGH = {ops.minimum: uncut}


class HOG:
    """HOG as a network: activations by layer of pixels (N, 3, H, W), RGB, 0–255.

    Args:
        bins: orientations.
        cell: its edge, an even number of pixels.
        clip: the most that a number of a normalised block may be.
        eps: ε, in grey levels.
        device: where the pixels are, "cpu" or "cuda"; noise is made there.
    """

    name = "hog"
    score_layer = default_layer = "hog"
    mean_colour = (127.5, 127.5, 127.5)
    dtype = "float32"

    def __init__(
        self, bins: int = 9, cell: int = 8, clip: float = 0.2, eps: float = 1.0, device: str = "cpu"
    ):  # fmt: skip
        bins, cell = whole("bins", bins, at_least=2), whole("cell", cell, at_least=2)
        clip, eps = number("clip", clip, above=0), number("eps", eps, above=0)
        if cell % 2:
            raise ValueError(f"a cell has an even number of pixels, and {cell} is odd")
        self.bins, self.cell, self.device = bins, cell, device
        self.layers = {
            "grey": grey,
            "gradient": differences,
            "votes": lambda a: votes(a, bins),
            "cells": lambda a: pooled(a, cell),
            "hog": lambda a: blocks(a, clip, eps),
        }

    def __call__(self, x, only=None) -> Activations:
        """Pass pixels down; `only` the layers to return."""
        if x.ndim != 4 or x.shape[1] != 3 or min(x.shape[2:]) < 2 * self.cell:
            raise ValueError(f"HOG is of pixels (N, 3, H, W), {2 * self.cell} or more a side, not "
                             f"of {x.shape}")
        for name in only or ():
            if name not in self.layers:
                raise ValueError(f"HOG has no layer {name!r}; {nearest(name, self.layers)}")
        acts = {}
        for name, layer in self.layers.items():
            x = acts[name] = layer(x)
            if only and set(only) <= set(acts):
                break
        return Activations({name: acts[name] for name in only or acts}, self.score_layer)


def hog(pixels, **settings):
    """HOG of pixels (N, 3, H, W): (N, 36, H/8 − 1, W/8 − 1), a block's 4 cells of 9 orientations.

    Args:
        pixels: RGB, 0–255, a Tensor or an array.
        settings: of `HOG`.
    """
    return HOG(**settings)(pixels, only=["hog"])["hog"]


def hog_twin(
    pixels, *, like=None, steps: int = 400, rules=None, **settings
) -> Iterator[Progress]:  # fmt: skip
    """Make a picture that looks like one photo and has the HOG of another (twins.py).

    HOG sees no colours, so none is changed: all three move alike.

    Args:
        pixels: the photo to look like, (N, 3, H, W), RGB, 0–255, as are the other arguments
            those of `twin`.
        like: the photo whose HOG to have.
        steps: of Adam.
        rules: in place of LET_THROUGH's, or beside them.
        settings: of `twin`.
    """

    def in_grey(g):
        return g.mean(axis=1, keepdims=True) + 0 * g

    rules = LET_THROUGH | dict(rules or {})
    return twin(HOG(), pixels, like=like, steps=steps, shape=in_grey, rules=rules, **settings)


def by_cell(codes):
    """What the blocks say of each cell, the mean over those it is in: for a picture of HOG.

    (N, 4 · bins, h − 1, w − 1) → (N, bins, h, w).
    """
    xp, (N, channels, rows, columns) = array_module(codes), codes.shape
    total = xp.zeros_like(codes, shape=(N, channels // 4, rows + 1, columns + 1))
    count = xp.zeros_like(codes, shape=(rows + 1, columns + 1))
    places = [(y, x) for y in (0, 1) for x in (0, 1)]
    for (y, x), quarter in zip(places, xp.split(codes, 4, axis=1), strict=True):
        total[:, :, y : y + rows, x : x + columns] += quarter
        count[y : y + rows, x : x + columns] += 1
    return total / count
