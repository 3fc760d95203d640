r"""What fires a neuron: the patches of many photos to which each channel answers most.

A channel has the same filter at every place, so over a whole collection of photos one may ask where
it fires most, and look at what is there (Girshick et al. 2014, section 3.1; Zeiler and Fergus 2013,
section 4).  For each photo n and channel c of a layer

    v[n, c] = max_{i,j} a[n, c, i, j]      at the place (i, j), of equal ones the leftmost

and the patch is what this unit sees, its receptive field.  A channel keeps its strongest photos,
one patch of each.  A list that is merged from lists is the same as one that was sorted at once,
whatever was merged first: equal values stand in the order of the photos' numbers.

Beside each patch stands the gradient of its unit under guided backpropagation, which shows what
there made it fire (Springenberg et al. 2015).

Which channels are worth a look?  Say z tells how far the weakest of the patches that are shown lies
above what the channel does on a photo as a rule,

    z[c] = (v of the last patch − mean_n v[n, c]) / deviation_n v[n, c]

It is high where all of the patches stand out: where a channel fires strongly, on some photos and
not on all.  It is low where it fires on everything, and where it fires on one photo alone.

Read before: gradient.py.  Read next: filters.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.rules import guided
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.objectives import Objective, unit


class Places(NamedTuple):
    """Where each channel fires most on each photo; (N, C) each.  Without space, row and column 0.

    Attributes:
        value: v, the activation there.
        row: i, of the feature map.
        column: j.
    """

    value: Any
    row: Any
    column: Any


def strongest_places(net, pixels, layer: str | None = None) -> Places:
    """Where each channel of a layer fires most, on each photo of a batch.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        layer: by default `net.default_layer`.

    Raises:
        ValueError: there is no such layer.
    """
    layer = layer or net.default_layer
    return places_of(net(pixels, only=[layer])[layer])


def places_of(a) -> Places:
    """Where each channel fires most, from a layer's activations (N, C, H', W') or (N, C)."""
    xp = array_module(a)
    if a.ndim == 2:
        return Places(a, xp.zeros(a.shape, int), xp.zeros(a.shape, int))
    # the column, then the row in it: ten times as fast as an argmax over both
    column = a.max(axis=2).argmax(axis=2)                           # (N, C)
    line = xp.take_along_axis(a, column[..., None, None], axis=3)[..., 0]       # (N, C, H')
    row = line.argmax(axis=2)                                       # (N, C)
    return Places(xp.take_along_axis(line, row[..., None], axis=2)[..., 0], row, column)


# ── The strongest of all photos ─────────────────────────────────────────────────────────────────


class Top(NamedTuple):
    """The strongest photos of each channel, (C, count) each, from the strongest down.

    Attributes:
        value: of the patch; −∞ where there were fewer photos.
        photo: its number; −1 where there were fewer.
        row: of the unit.
        column: of the unit.
    """

    value: np.ndarray
    photo: np.ndarray
    row: np.ndarray
    column: np.ndarray


def nothing_yet(channels: int, count: int) -> Top:
    """The list before the first photo."""
    none = np.full((channels, count), -1)
    return Top(np.full((channels, count), -np.inf, np.float32), none, none, none)


def merged(top: Top, places: Places, photos) -> Top:
    """The strongest of what there was and of some new photos, as many as before.

    Args:
        top: what there was.
        places: of N photos, none of which was in it, as NumPy arrays (N, C).
        photos: their numbers, (N,).
    """
    value, row, column = (part.T for part in places)                # (C, N)
    number = np.broadcast_to(photos, value.shape)
    new = Top(value, number, row, column)
    both = Top(*(np.concatenate(pair, axis=1) for pair in zip(top, new, strict=True)))
    order = np.lexsort((both.photo, -both.value))[:, : top.value.shape[1]]
    return Top(*(np.take_along_axis(part, order, axis=1) for part in both))


class Usual(NamedTuple):
    """What the channels do as a rule: how many photos there were, Σ v and Σ v², (C,) each."""

    photos: int
    sum: Any
    squares: Any

    def and_of(self, value) -> "Usual":
        """With some photos more: value (N, C)."""
        v = value.astype(np.float64)
        return Usual(self.photos + len(v), self.sum + v.sum(axis=0), self.squares + (v * v).sum(0))

    @property
    def mean(self):
        """mean_n v[n, c], (C,)."""
        return self.sum / max(self.photos, 1)

    @property
    def deviation(self):
        """√(mean_n v² − (mean_n v)²), (C,)."""
        variance = self.squares / max(self.photos, 1) - self.mean**2
        return np.sqrt(np.maximum(variance, 0))


def selectivity(top: Top, usual: Usual, count: int):
    """z, (C,): how far the last of `count` patches, or of as many as there are, stands out.

    It is 0 for a channel that does the same on every photo.
    """
    last = max(min(count, usual.photos), 1) - 1
    above = np.where(top.photo[:, last] < 0, 0, top.value[:, last] - usual.mean)
    return above / np.where(usual.deviation > 0, usual.deviation, np.inf)


# ── From a place to its patch ───────────────────────────────────────────────────────────────────


def unit_at(net, layer: str, c: int, row: int, column: int) -> Objective:
    """The unit of a place: of a layer without space, the channel is one."""
    return unit(layer, c, row, column) if len(net.output_shapes()[layer]) == 3 else unit(layer, c)


def guided_gradient(net, pixels, objective: Objective):
    """The gradient with `guided` at relu: pixels (N, 3, H, W) → (N, 3, H, W).

    Raises:
        UnusedRule: no relu lies between the objective and the image (a ValueError).
    """
    return gradient(net, pixels, objective, rules={ops.relu: guided})


def cut_out(picture, box: tuple[int, int, int, int], beyond):
    """What lies in a box, on a canvas of the box's size: beyond the border, another colour.

    Args:
        picture: (3, H, W).
        box: (top, left, bottom, right) in pixels, half open; it may reach beyond the picture.
        beyond: a number, or a colour (3,).

    Returns:
        (3, bottom − top, right − left).
    """
    xp, (_, height, width) = array_module(picture), picture.shape
    top, left, bottom, right = box
    canvas = xp.empty((3, bottom - top, right - left), picture.dtype)
    canvas[:] = xp.asarray(beyond).reshape(-1, 1, 1)
    rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    inside = picture[:, rows, columns]
    y, x = rows.start - top, columns.start - left
    canvas[:, y : y + inside.shape[1], x : x + inside.shape[2]] = inside
    return canvas
