r"""Does a perturbation look like something?  Two numbers for what the eye sees at once.

Of a plain network the gradient at the image looks like noise, and so does every attack; of one that
was trained on attacks both show what is in the photo (Tsipras et al. 2019, "Robustness may be at
odds with accuracy").  A network that must not be misled by a grey level here and
there cannot live on single pixels: what still moves it is as large as the things themselves.

    low frequencies     the share of η's power in waves of 8 pixels and longer; of white noise it is
                        π/64 = 4.9 %, for each frequency has the same power and they fill a disc
    along edges         the rank correlation of the size of η with the size of the photo's own
                        gradient, from −1 over 0, nothing in common, to 1

Read before: gradient_sign.py.  Read next: learn/training.py.
"""

import numpy as np

from minigrad.backend import to_numpy
from minigrad.checked import number

WAVE = 8.0  # pixels


def low_frequencies(eta, *, wave: float = WAVE) -> np.ndarray:
    r"""Σ_{|f| ≤ 1/wave} |F(η)|² / Σ |F(η)|²: (N, 3, H, W) → (N,), 0 to 1.

    Args:
        eta: a perturbation or a gradient.
        wave: the shortest wave that counts, in pixels; from 2 on, the shortest there is.

    Raises:
        ValueError: the wave is too short, or η is 0 everywhere.
    """
    wave, eta = number("wave", wave, at_least=2), _somewhere(eta)
    power = np.abs(np.fft.fft2(eta)) ** 2                                   # (N, 3, H, W)
    down, right = (np.fft.fftfreq(edge) for edge in eta.shape[2:])          # waves per pixel
    low = np.hypot(down[:, None], right[None]) <= 1 / wave                  # (H, W)
    return (power * low).sum(axis=(1, 2, 3)) / power.sum(axis=(1, 2, 3))


def along_edges(eta, pixels) -> np.ndarray:
    r"""The rank correlation of max_c |η_c| with |∇(grey photo)|, over pixels: → (N,), −1 to 1.

    Args:
        eta: a perturbation or a gradient, (N, 3, H, W).
        pixels: the photos, (N, 3, H, W).

    Raises:
        ValueError: η is 0 everywhere.
    """
    size = np.abs(_somewhere(eta)).max(axis=1)                              # (N, H, W)
    down, right = np.gradient(to_numpy(pixels).astype(np.float64).mean(axis=1), axis=(1, 2))
    edges = np.hypot(down, right)                                           # (N, H, W)
    pairs = zip(size, edges, strict=True)
    return np.array([np.corrcoef(_ranks(a), _ranks(b))[0, 1] for a, b in pairs])


def _somewhere(eta) -> np.ndarray:
    eta = to_numpy(eta).astype(np.float64)
    if not eta.reshape(len(eta), -1).any(axis=1).all():
        raise ValueError("a perturbation is 0 everywhere: it does not look like anything")
    return eta


def _ranks(values) -> np.ndarray:
    """The rank of each value; equal ones share the mean of theirs (Spearman)."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    return (last - (counts - 1) / 2)[which.ravel()]
