r"""A part of a map, of any size, as a small map of one size: what is inside a box.

    RoIPool     the box to whole units, cut into bins of whole units, the maximum of each
    RoIAlign    the box where it is, four points (or more) in each bin, looked at between the units,
                and their mean

A detector finds a box and then asks what is in it, whatever its size (Girshick 2015, section 2.1).
RoIPool rounds twice, and a unit of a deep map is 16 or 32 pixels wide: a mask that is made from it
lies beside the object.  RoIAlign rounds nothing (He et al. 2017, "Mask R-CNN", section 3).

A value between the units is bilinear, a weight for rows times one for columns, and the mean over a
bin's points keeps that so.  RoIAlign is two small products for each box, as upsample_bilinear is:

    Y = R X Cᵀ          ∂L/∂X = Rᵀ G C,  R (rows of bins, H), C (columns of bins, W)

Boxes are (K, 5): the image's number in the batch, then x₀, y₀, x₁, y₁ in pixels of the photo, whose
first pixel reaches from 0 to 1; `scale` is map per photo, 1/16 say (torchvision's aligned=True).

Read before: ops/resample.py, ops/unpool.py.  Read next: ops/loss.py.
"""

import numpy as np

from minigrad.backend import Array, array_module, is_array, to_numpy
from minigrad.checked import number, whole
from minigrad.ops.sizes import check_images, pair
from minigrad.tensor import op


@op
def roi_align(x: Array, boxes, size, scale=1.0, samples=2):
    r"""Y[k] = R[k] X[image of k] C[k]ᵀ          ∂L/∂X[n] = Σ_{k of image n} R[k]ᵀ G[k] C[k]

    Args:
        x: (N, C, H, W).
        boxes: (K, 5), see above; K may be 0.
        size: how many bins, a number or (rows, columns).
        scale: units of the map per pixel of the photo.
        samples: points of a bin in each direction.

    Returns:
        (K, C, rows, columns).

    Raises:
        ValueError, TypeError: x is no batch of maps, a box is empty, of no image, NaN or beside the
            map, or a number makes no sense.
    """
    xp = array_module(x)
    image, edges = _checked("roi_align", x, boxes, scale)
    rows, columns = pair("roi_align: size", size, 1)
    samples = whole("roi_align: samples", samples, at_least=1)
    (H, W), dtype = x.shape[2:], x.dtype
    R = xp.asarray(_between(edges[:, 1], edges[:, 3], rows, samples, H), dtype)     # (K, rows, H)
    C = xp.asarray(_between(edges[:, 0], edges[:, 2], columns, samples, W), dtype)  # (K, cols, W)
    R, C = R[:, None], C[:, None]                                       # the same for all channels
    y = R @ x[image] @ C.swapaxes(2, 3)                                 # (K, C, rows, columns)

    def back(g):
        each, total = R.swapaxes(2, 3) @ g @ C, xp.zeros_like(x)        # (K, C, H, W)
        for k, n in enumerate(image.tolist()):
            total[n] += each[k]
        return total

    return y, back, None


@op
def roi_pool(x: Array, boxes, size, scale=1.0):
    r"""Y[k, c, i, j] = max over the units of bin (i, j) of box k          g goes to the maximum

    Both edges of a box are rounded to units, and so are its bins, which may share a unit.  Of equal
    units the first gets the gradient; a bin without units is 0.  Arguments, result and errors are
    those of `roi_align`.
    """
    xp = array_module(x)
    image, edges = _checked("roi_pool", x, boxes, scale)
    rows, columns = pair("roi_pool: size", size, 1)
    whole_edges = np.floor(edges + 0.5).astype(int)
    H, W = x.shape[2:]
    y = xp.zeros((len(image), x.shape[1], rows, columns), x.dtype)
    winner = xp.full(y.shape, -1)                                       # row · W + column, or none
    for k, (n, (x0, y0, x1, y1)) in enumerate(zip(image.tolist(), whole_edges, strict=True)):
        there = [(j, u) for j, u in enumerate(_bins(x0, x1, columns, W)) if u.start < u.stop]
        # of each row the largest in each bin's columns, and where, (bins, C, H); then of those rows
        column = xp.stack([x[n, :, :, u].argmax(axis=2) + u.start for _, u in there])
        largest = xp.take_along_axis(x[n][None], column[..., None], 3)[..., 0]
        across = [j for j, _ in there]
        for i, some in enumerate(_bins(y0, y1, rows, H)):
            if some.start < some.stop:
                row = largest[..., some].argmax(axis=2)[..., None] + some.start     # (bins, C, 1)
                y[k, :, i][:, across] = xp.take_along_axis(largest, row, 2)[..., 0].T
                at = row * W + xp.take_along_axis(column, row, 2)
                winner[k, :, i][:, across] = at[..., 0].T

    def back(g):
        total = xp.zeros((*x.shape[:2], x.shape[2] * x.shape[3]), x.dtype)
        n, c = xp.asarray(image)[:, None, None, None], xp.arange(x.shape[1])[:, None, None]
        xp.add.at(total, (n, c, xp.maximum(winner, 0)), xp.where(winner >= 0, g, 0))
        return total.reshape(x.shape)

    return y, back, None


def _between(low, high, bins: int, samples: int, n: int):
    """The mean of a bin's points as weights of the n units: edges (K,) → (K, bins, n).

    Unit i lies at i; beyond the map by more than one unit there is nothing.
    """
    step = (np.arange(bins * samples) + 0.5) / (bins * samples)
    at = low[:, None] + (high - low)[:, None] * step - 0.5              # (K, bins · samples)
    seen = (at >= -1) & (at <= n)
    A = np.maximum(0, 1 - abs(at.clip(0, n - 1)[..., None] - np.arange(n))) * seen[..., None]
    return A.reshape(len(low), bins, samples, n).mean(axis=2)


def _bins(low: int, high: int, bins: int, n: int):
    """The units of each bin between two whole edges, a slice within 0 … n."""
    width = max(high - low + 1, 1) / bins
    for i in range(bins):
        first, last = low + int(np.floor(i * width)), low + int(np.ceil((i + 1) * width))
        yield slice(min(max(first, 0), n), min(max(last, 0), n))


def _checked(name: str, x, boxes, scale):
    """The boxes' images (K,) and their edges in units of the map, (K, 4), in float64."""
    check_images(name, x.shape)
    scale = number(f"{name}: scale", scale, above=0)
    boxes = np.asarray(to_numpy(boxes) if is_array(boxes) else boxes, np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 5:
        raise ValueError(f"{name}: boxes have the shape (K, 5), an image's number and x₀, y₀, x₁, "
                         f"y₁, not {boxes.shape}")
    image, edges = boxes[:, 0], boxes[:, 1:] * scale
    for k, (n, box) in enumerate(zip(image, edges, strict=True)):
        x0, y0, x1, y1 = box
        if not (n in range(len(x)) and np.isfinite(box).all()):
            raise ValueError(f"{name}: box {k} is {boxes[k].tolist()}: give one of the images "
                             f"0–{len(x) - 1}, and finite edges")
        if not (x0 < x1 and y0 < y1):
            raise ValueError(f"{name}: box {k} is empty: {boxes[k, 1:].tolist()}")
        if x1 <= 0 or y1 <= 0 or x0 >= x.shape[3] or y0 >= x.shape[2]:
            raise ValueError(f"{name}: box {k} lies beside the image: {boxes[k, 1:].tolist()}")
    return image.astype(int), edges
