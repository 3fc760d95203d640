r"""What a network finds alike: the code of a photo, its neighbours, and maps of many.

The code of a photo is what the classifier reads of it: 4096 numbers of VGG's relu7, 512 of
MiniVGG's.  Photos with codes close to each other are alike to the network, whatever their pixels
(Krizhevsky et al. 2012, section 6.1).

A map puts each code at a place in the plane:

    pca      the plane in which the codes are spread most: straight, in closed form, shows large
             distances
    tsne     neighbours stay neighbours, and large distances mean little: tsne.py

`purity` says how much of the neighbourhoods is left, in the codes and in any map of them, and
`grid` moves the photos of a map into rows and columns, where each can be seen (Karpathy 2014).

Read before: techniques/objectives.py.  Read next: tsne.py.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.extras import extra

ROWS = 500  # of a table of distances that are in memory at a time


def codes(net, pixels, layer: str | None = None):
    """The code of each image: a layer's activation, of a layer with space its mean over space.

    The mean and not all numbers, because a code should say what there is and not where.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        layer: by default `net.code_layer`, which the classifier reads.

    Returns:
        (N, D), D the units or channels of the layer.
    """
    layer = layer or net.code_layer
    a = net(pixels, only=[layer])[layer]                                # (N, D) or (N, D, H', W')
    return a if a.ndim == 2 else a.mean(axis=(2, 3))


# ── Distances ───────────────────────────────────────────────────────────────────────────────────


def squared_distances(a, b):
    """‖a_i − b_j‖² = ‖a_i‖² + ‖b_j‖² − 2 ⟨a_i, b_j⟩

    a (N, D), b (M, D), arrays or Tensors → (N, M).  One product of matrices, in place of a table
    of N · M · D differences; rounding may leave a distance of 0 a little off, on either side.
    """
    of_a, of_b = ((x * x).sum(axis=1, keepdims=True) for x in (a, b))   # (N, 1), (M, 1)
    return of_a + of_b.T + (-2 * a) @ b.T


def neighbours(codes, code, count: int = 8):
    """The codes nearest to one, the nearest first: among them itself, if it is one of them.

    Args:
        codes: (N, D).
        code: (D,).
        count: how many; all, if there are fewer.

    Returns:
        (their numbers, their distances), both (count,).
    """
    distances = ((codes - code) ** 2).sum(axis=1) ** 0.5                # (N,)
    nearest = distances.argsort(kind="stable")[: whole("the number of neighbours", count, 1)]
    return nearest, distances[nearest]


class Purity(NamedTuple):
    """How pure neighbourhoods are, what would be the best, and what if photos lay at random."""

    share: float
    best: float
    chance: float


def purity(codes, labels, k: int = 5) -> Purity:
    """Of the k photos nearest to a photo, the share with its label: the mean of all photos.

    Where a class has k photos or fewer not all neighbours can be of it, and the best is below 1.

    Args:
        codes: (N, D), of a network, of pixels, or places on a map.
        labels: (N,), whole numbers; −1 for a photo without, which is a neighbour and is not asked.
        k: how many neighbours.

    Raises:
        ValueError: not a label for each code, none that is no −1, or N is not above k.
    """
    xp, labels = array_module(codes), to_numpy(labels)
    k = whole("the number of neighbours", k, at_least=1)
    if labels.shape != codes.shape[:1] or not (labels >= 0).any() or k >= len(codes):
        raise ValueError(f"purity takes a label for each of {len(codes)} codes, {k + 1} or more, "
                         f"and these labels have the shape {labels.shape}")
    same = []
    for rows, distances in to_others(codes):
        near = to_numpy(xp.argpartition(distances, k - 1, axis=1)[:, :k])       # (n, k)
        same.append((labels[near] == labels[rows, None]).mean(axis=1))
    others = np.bincount(labels[labels >= 0])[labels] - 1               # of each photo's class
    asked, best = labels >= 0, np.minimum(others, k) / k
    means = (np.concatenate(same), best, others / (len(labels) - 1))
    return Purity(*(float(each[asked].mean()) for each in means))


def to_others(codes):
    """Yield (rows, squared distances (n, N)) of some codes at a time; to itself each has ∞."""
    xp = array_module(codes)
    for start in range(0, len(codes), ROWS):
        rows = slice(start, start + ROWS)
        distances = squared_distances(codes[rows], codes)
        n = xp.arange(len(distances))
        distances[n, start + n] = xp.inf
        yield rows, distances


# ── Maps ────────────────────────────────────────────────────────────────────────────────────────


class Plane(NamedTuple):
    """Where each code lies along the directions of the largest variance, and its share of all."""

    places: Any     # (N, count)
    shares: Any     # (count,)


def pca(codes, count: int = 2) -> Plane:
    r"""Principal components:  x_n − x̄ = Σ_k y[n, k] v_k,  v_k with the largest Σ_n y[n, k]²

    By singular values (Eckart and Young 1936): X − x̄ = U S Vᵀ, y = U S.  The share of component k
    in the variance is S_k² / Σ S².  A v_k may as well point the other way: here the largest |y| of
    each is positive.

    Args:
        codes: (N, D), with N and D at least `count`.
        count: how many components.

    Raises:
        ValueError: fewer codes or numbers in them than components, or all codes are equal.
    """
    xp = array_module(codes)
    if codes.ndim != 2 or min(codes.shape) < whole("the number of components", count, 1):
        raise ValueError(f"{count} components need as many codes and numbers in them, and these "
                         f"are {codes.shape}")
    refuse_equal(codes)
    U, S, _ = xp.linalg.svd(codes - codes.mean(axis=0), full_matrices=False)
    y = U[:, :count] * S[:count]                                        # (N, count)
    largest = abs(y).argmax(axis=0)
    y = y * xp.sign(y[largest, xp.arange(count)])
    return Plane(y, S[:count] ** 2 / (S**2).sum())


def refuse_equal(codes) -> None:
    """Raise a ValueError where there is nothing to lay out."""
    if bool((codes == codes[:1]).all()):
        raise ValueError(f"all {len(codes)} codes are equal: no map can tell these photos apart")


def grid_shape(count: int) -> tuple[int, int]:
    """Rows and columns, nearly as many, of a grid with a cell for each photo and few left over."""
    columns = math.ceil(math.sqrt(count))
    return math.ceil(count / columns), columns


def grid(places, rows: int, columns: int) -> np.ndarray:
    """Give each place on a map a cell of its own, as near as can be to where it lies:

        cell = argmin Σ_n ‖y_n − place of cell[n]‖²      over all ways to give no cell twice

    the assignment problem (Kuhn 1955), after the map was stretched to the size of the grid.

    Args:
        places: y, (N, 2), to the right and down.
        rows: of the grid.
        columns: of the grid; N cells or more in all.

    Returns:
        (N,), the number of each one's cell, counted row by row.

    Raises:
        ValueError: there are too few cells, or SciPy is not installed.
    """
    y = to_numpy(places).astype(np.float64)
    if len(y) > rows * columns:
        raise ValueError(f"{rows}×{columns} cells are too few for {len(y)} photos")
    assignment = extra("scipy.optimize", "codes", "the grid of photos").linear_sum_assignment
    _, cell = assignment(squared_distances(on_grid(y, rows, columns), cells(rows, columns)))
    return cell


def on_grid(y, rows: int, columns: int):
    """Stretch a map so that it reaches from the first row and column to the last."""
    extent = y.max(axis=0) - y.min(axis=0)
    return (y - y.min(axis=0)) / np.where(extent > 0, extent, 1) * (columns - 1, rows - 1)


def cells(rows: int, columns: int) -> np.ndarray:
    """The place (column, row) of each cell, row by row: (rows · columns, 2)."""
    row, column = np.divmod(np.arange(rows * columns, dtype=np.float64), columns)
    return np.stack([column, row], axis=1)
