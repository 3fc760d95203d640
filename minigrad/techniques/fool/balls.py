r"""How far is far: three ways to measure a move, and the best move of a given length.

A perturbation η changes the loss by about ⟨η, g⟩, g = ∂J/∂x.  Among all η of length ε, which gains
most?  The length decides (Goodfellow et al. 2015, section 4; in general it is the dual norm):

    "linf"  ‖η‖∞ = max |ηᵢ|        η = ε sign g                       gains ε ‖g‖₁
    "l2"    ‖η‖₂ = √(Σ ηᵢ²)        η = ε g / ‖g‖₂                     gains ε ‖g‖₂
    "l1"    ‖η‖₁ = Σ |ηᵢ|          η = ε sign gᵢ at i = argmax |gᵢ|   gains ε max |g|

All pixels a little, all as much as they matter, or one pixel alone.  Lengths are in grey levels of
255, of a whole image: of n numbers moved by 1 each, ‖η‖₂ is √n.

Read before: look/gradient.py.  Read next: aims.py.
"""

from collections.abc import Sequence

import numpy as np

from minigrad.backend import array_module
from minigrad.checked import nearest

NORMS = ("linf", "l2", "l1")
PIXELS = (1, 2, 3)  # the axes of (N, 3, H, W) that are of one image


def length(eta, norm: str = "l2"):
    """‖η‖ of each image: (N, 3, H, W) → (N,), in grey levels."""
    size = abs(eta)
    if checked_norm(norm) == "linf":
        return size.max(axis=PIXELS)
    if norm == "l1":
        return size.sum(axis=PIXELS)
    largest = _or_one(size.max(axis=PIXELS, keepdims=True))  # else (1e-30)² would be 0
    return (largest * array_module(eta).sqrt(((eta / largest) ** 2).sum(axis=PIXELS, keepdims=True))
            )[:, 0, 0, 0]


def steepest(g, epsilon, norm: str = "linf"):
    r"""η = argmax ⟨η, g⟩ over ‖η‖ ≤ ε: (N, 3, H, W) → the same shape; 0 where g is 0 everywhere.

    Args:
        g: (N, 3, H, W).
        epsilon: ε, in grey levels.
        norm: one of `NORMS`.
    """
    xp = array_module(g)
    if checked_norm(norm) == "linf":
        return epsilon * xp.sign(g)
    if norm == "l2":
        return epsilon * g / _or_one(length(g).reshape(-1, 1, 1, 1))
    flat = g.reshape(len(g), -1)                                            # (N, 3·H·W)
    n, i = xp.arange(len(g)), abs(flat).argmax(axis=1)
    eta = xp.zeros_like(flat)
    eta[n, i] = epsilon * xp.sign(flat[n, i])
    return eta.reshape(g.shape)


def steepest_within(g, x, epsilon, norm: str = "linf"):
    """The steepest η for pixels x, all (N, 3, H, W): in L1 a pixel that the box lets go there.

    The one pixel of L1 is lost where it is white and shall be lighter; in the other norms clipping
    costs only that pixel's part.
    """
    if norm == "l1":
        stuck = (x >= 255) & (g > 0) | (x <= 0) & (g < 0)
        g = g * ~stuck
    return steepest(g, epsilon, norm)


def into_ball(eta, epsilon: float, norm: str = "linf"):
    r"""The nearest point of ‖η‖ ≤ ε in Euclid's sense: (N, 3, H, W) → the same shape."""
    xp = array_module(eta)
    if checked_norm(norm) == "linf":
        return eta.clip(-epsilon, epsilon)
    if norm == "l2":
        shrunk = (epsilon / _or_one(length(eta))).clip(0, 1)                # (N,)
        return eta * shrunk.reshape(-1, 1, 1, 1)
    # every |ηᵢ| loses the same θ, and stops at 0 (Duchi et al. 2008, figure 1)
    size = abs(eta).reshape(len(eta), -1)                                   # (N, n)
    falling = -xp.sort(-size.astype(np.float64), axis=1)
    rank = xp.arange(1, size.shape[1] + 1)
    thetas = (xp.cumsum(falling, axis=1) - epsilon) / rank
    last = xp.maximum((falling > thetas).sum(axis=1) - 1, 0)
    theta = xp.maximum(thetas[xp.arange(len(eta)), last], 0).astype(eta.dtype)
    return xp.sign(eta) * xp.maximum(abs(eta) - theta.reshape(-1, 1, 1, 1), 0)


def anywhere(like, epsilon: float, norm: str, rngs: Sequence[np.random.Generator]):
    """A random point of each image's ball ‖η‖ ≤ ε, all equally likely: of the shape of `like`.

    Args:
        like: (N, 3, H, W).
        epsilon: ε, in grey levels.
        norm: one of `NORMS`.
        rngs: a generator for each image.
    """
    xp, shape = array_module(like), like.shape[1:]
    if checked_norm(norm) == "linf":
        drawn = [rng.uniform(-1, 1, shape) for rng in rngs]
    else:  # a direction, and a radius that rⁿ of the volume lies within
        draw = np.random.Generator.laplace if norm == "l1" else np.random.Generator.normal
        drawn = [draw(rng, size=shape) for rng in rngs]
        each = np.abs(drawn).sum(axis=PIXELS) if norm == "l1" else length(np.stack(drawn))
        radii = [rng.uniform() ** (1 / drawn[0].size) for rng in rngs]
        drawn = [r * eta / size for r, eta, size in zip(radii, drawn, each, strict=True)]
    return xp.asarray(epsilon * np.stack(drawn), like.dtype)


def checked_norm(norm: str) -> str:
    """Return the norm's name.

    Raises:
        ValueError: it is none of `NORMS`.
    """
    if norm not in NORMS:
        raise ValueError(f"there is no norm {norm!r} for a perturbation; {nearest(norm, NORMS)}")
    return norm


def _or_one(size):
    """The sizes, to divide by: where one is 0, so is what is divided."""
    return array_module(size).where(size > 0, size, 1)
