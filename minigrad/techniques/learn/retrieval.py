r"""Retrieval: how good are distances, of codes, of pixels, or of an embedding?

    recall_at           of an image's k nearest, is one of its class?         among images alone
    nearest_accuracy    what the k nearest of known class say of it           against a reference

Neither knows what the network was trained on: they can be asked of classes that it never saw.  What
an embedding is held against needs no training: the pixels, `as_rows`, and their `principal`
components.

Read before: metric.py, and look/codes.py.
"""

from collections.abc import Callable

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques.look.codes import ROWS, pca, squared_distances, to_others


def recall_at(codes, labels, k: int = 1) -> float:
    """The share of images that have one of their own class among the k nearest others.

    Args:
        codes: (N, D).
        labels: whole numbers (N,); each class has two images or more.
        k: how many neighbours.

    Raises:
        ValueError: not a label for each code, a class of one image, or N is not above k.
    """
    labels, k = to_numpy(labels), whole("k, the number of neighbours,", k, at_least=1)
    if labels.shape != codes.shape[:1] or k >= len(codes):
        raise ValueError(f"recall takes a label for each of {len(codes)} codes, {k + 1} or more, "
                         f"and these labels have the shape {labels.shape}")
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        raise ValueError(f"class {classes[counts.argmin()]} has one image, which nothing can be "
                         "found for: leave it out")
    found = []
    for rows, D in to_others(codes):
        near = to_numpy(array_module(D).argpartition(D, k - 1, axis=1)[:, :k])          # (n, k)
        found.append((labels[near] == labels[rows, None]).any(axis=1))
    return float(np.concatenate(found).mean())


def nearest_accuracy(known, known_labels, codes, labels, k: int = 5) -> float:
    """The share of images whose class is the one that most of their k nearest known ones have.

    Where two classes have as many, the one whose members are nearer counts.

    Args:
        known: codes of known class (M, D).
        known_labels: class numbers (M,).
        codes: (N, D), of those that are asked for.
        labels: class numbers (N,).
        k: how many neighbours vote.

    Raises:
        ValueError: a code without a label, or fewer known ones than k.
    """
    k = whole("k, the number of neighbours,", k, at_least=1)
    known_labels, labels = to_numpy(known_labels), to_numpy(labels)
    for those, of_them in ((known, known_labels), (codes, labels)):
        if len(those) != len(of_them):
            raise ValueError(f"{len(of_them)} labels do not fit {len(those)} codes")
    if len(known) < k:
        raise ValueError(f"{len(known)} images of known class are fewer than {k} neighbours")
    right, xp = [], array_module(codes)
    for start in range(0, len(codes), ROWS):
        D = squared_distances(codes[start : start + ROWS], known)                       # (n, M)
        near = xp.argpartition(D, k - 1, axis=1)[:, :k]
        D, near = (to_numpy(one) for one in (xp.take_along_axis(D, near, 1), near))
        said = vote(known_labels[near], D)
        right.append(said == labels[start : start + ROWS])
    return float(np.concatenate(right).mean())


def vote(classes, distances):
    """The class with most votes in each row; of those with as many, the nearer one: (n, k) → (n,).

    A vote counts 1, and a little more the nearer it is, less than another vote in sum.
    """
    k = classes.shape[1]
    rank = distances.argsort(axis=1).argsort(axis=1)                    # 0 the nearest
    votes = np.zeros((len(classes), int(classes.max()) + 1))
    np.add.at(votes, (np.arange(len(classes))[:, None], classes), 1 + (k - rank) / (k + 1) ** 2)
    return votes.argmax(axis=1)


# ── What needs no training ──────────────────────────────────────────────────────────────────────


def as_rows(images):
    """The pixels of each image as a row: (N, …) → (N, D) float32."""
    return images.reshape(len(images), -1).astype(np.float32)


def principal(images, count: int) -> Callable:
    """The principal components of some images, as a function that any others are put through.

    y_k = v_k · (x − x̄): the directions are v_k = Σ_n y[n, k] (x_n − x̄) / Σ_n y[n, k]², of the
    places y[n, k] that `pca` gives to the images themselves.
    """
    x = as_rows(images)
    middle, y = x.mean(axis=0), pca(x, count).places                    # (D,), (N, count)
    v = (x - middle).T @ (y / (y * y).sum(axis=0))                      # (D, count)
    return lambda others: (as_rows(others) - middle) @ v
