"""Handwritten digits, grey: those that come with scikit-learn, or a file of MNIST's kind.

    digits = read(None)                 1,797 of 8×8 (Alpaydin and Kaynak 1998), enlarged
    digits = read("mnist_test.npz")     X (N, 784) or (N, 28, 28), Y (N,)

Used by: ../embed.py.
"""

import pathlib
import zipfile
from typing import NamedTuple

import numpy as np
from PIL import Image

from minigrad.extras import extra

EDGE, INNER = 28, 20  # MNIST's digits fill 20 × 20 of 28 × 28
FEWEST = 10  # of a class, so that both parts have some of it


class Digits(NamedTuple):
    """Images (N, 28, 28) uint8, white on black, and what they show (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def of(self, rows) -> "Digits":
        """Some of them."""
        return Digits(self.images[rows], self.labels[rows])

    def split(self, share: float, rng: np.random.Generator) -> tuple["Digits", "Digits"]:
        """Two parts at random, the first with this share of each class."""
        order = rng.permutation(len(self.labels))
        first = np.zeros(len(order), bool)
        for k in np.unique(self.labels):
            own = order[self.labels[order] == k]
            first[own[: round(share * len(own))]] = True
        return self.of(order[first[order]]), self.of(order[~first[order]])


def read(file: pathlib.Path | None) -> Digits:
    """Read a file of digits, or take scikit-learn's.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no digits X with their labels Y, or few of a class; or scikit-learn is
            not installed.
    """
    if file is None:
        found = extra("sklearn.datasets", "digits", "a run without --data").load_digits()
        return Digits(np.stack([enlarged(one) for one in found.images]), found.target.astype(int))
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    try:
        with np.load(file) as arrays:
            X, Y = arrays["X"], arrays["Y"]
        X = X.reshape(len(X), EDGE, EDGE)
        whole = Y.shape == (len(X),) and Y.dtype.kind in "iu"
        if not (whole and len(Y) and np.isfinite(X).all()):
            raise ValueError
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise ValueError(f"{file} holds no digits: give a .npz with X (N, {EDGE * EDGE}) and whole "
                         "numbers Y (N,)") from None
    classes, counts = np.unique(Y, return_counts=True)
    if len(classes) < 2 or counts.min() < FEWEST:
        raise ValueError(f"{file} has {counts.min()} digits of class {classes[counts.argmin()]}: "
                         f"give two classes or more, and {FEWEST} of each")
    grey = X * (255 if X.max() <= 1 else 1)
    return Digits(np.rint(grey).clip(0, 255).astype(np.uint8), Y.astype(int))


def enlarged(digit) -> np.ndarray:
    """A digit of 8×8, 0–16, as MNIST has them: in the middle of black, 0–255."""
    small = Image.fromarray(np.rint(digit * 255 / 16).astype(np.uint8))
    page = Image.new("L", (EDGE, EDGE))
    page.paste(small.resize((INNER, INNER), Image.Resampling.BICUBIC), ((EDGE - INNER) // 2,) * 2)
    return np.asarray(page)
