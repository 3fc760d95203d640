r"""What keeps an optimised image a picture: penalties, and corrections after each step.

A network's score rises for any x that fools its filters, most easily by noise that no camera
takes.  Regularizers say what pictures are like.  They act on u, the image minus the network's mean
colour, in grey levels, so that u = 0 is that colour and not black.

A *penalty* R(u) is one number, taken off the objective, and its gradient comes from the tape:

    l2                  Σ u²                                    Simonyan et al. 2014, eq. 1
    l6                  Σ u⁶                                    Mahendran and Vedaldi 2015
    total_variation     Σ (∂u/∂x² + ∂u/∂y²)^(β/2)               Mahendran and Vedaldi 2015
    edge_energy         Σ over scales of ‖u − G ∗ u‖²           Fleuret, "Deep learning", part 9.4

(Mahendran and Vedaldi's two stand under "Regularisers"; where they invert a code, it is the loss
that is divided, by the code's ‖Φ₀‖², to balance it with these: objectives.code.)

A *correction* takes u after a step, the gradient of the objective that led there, without the
penalties', and the number of the step, from 1; it returns a new u and remembers nothing
(Yosinski et al. 2015, section 3; `centre`: Nguyen et al. 2016):

    decay, centre, blur, clip_small_norm, clip_small_contribution;  every(n, correction)

Read before: starts.py.  Read next: loop.py.
"""

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.techniques.baselines import blurred
from minigrad.tensor import data_of

SMOOTH = 1e-6  # grey levels²: total variation has no slope at 0 for β < 2, this rounds its corner


# ── Penalties: u (N, 3, H, W) → one number, summed over the images ──────────────────────────────


def l2(u):
    """R = Σ u²: the further from the mean colour, the more it costs."""
    return (u * u).sum()


def l6(u):
    """R = Σ u⁶: almost nothing up to a limit, and then a wall."""
    squared = u * u
    return (squared * squared * squared).sum()


def total_variation(u, beta: float = 2.0):
    """R = Σ (dx² + dy²)^(β/2), differences to the next pixel; 0 behind the last column and row.

    β = 2 likes smooth slopes; β = 1 flat areas and sharp edges between them.  For β < 2 the slope
    at dx = dy = 0 is rounded: (s + SMOOTH)^(β/2) − SMOOTH^(β/2) in place of s^(β/2).

    Raises:
        ValueError: β is not above 0.
    """
    beta = number("β of total variation", beta, above=0)
    dx = ops.pad(u[:, :, :, 1:] - u[:, :, :, :-1], [(0, 0), (0, 0), (0, 0), (0, 1)])
    dy = ops.pad(u[:, :, 1:] - u[:, :, :-1], [(0, 0), (0, 0), (0, 1), (0, 0)])
    slope = dx * dx + dy * dy                                               # (N, 3, H, W)
    if beta == 2:
        return slope.sum()
    return ((slope + SMOOTH) ** (beta / 2) - SMOOTH ** (beta / 2)).sum()


def edge_energy(u):
    """R = Σ_s ‖uₛ − G ∗ uₛ‖², where uₛ₊₁ is uₛ averaged over 2×2 pixels, while a side is over 5.

    What a blur takes away, at every scale; each colour is an image of its own.
    """
    N, C, H, W = u.shape
    u = ops.reshape(u, (N * C, 1, H, W))
    t = np.arange(-2, 3)
    G = np.exp(-(t[:, None] ** 2 + t**2) / 2)                               # (5, 5)
    data = data_of(u)
    G = array_module(data).asarray((G / G.sum())[None, None], data.dtype)   # (1, 1, 5, 5)
    R = 0.0
    while min(u.shape[2:]) > 5:
        edges = u - ops.conv2d(u, G, padding=2)
        R = R + (edges * edges).sum()
        u = ops.avg_pool2d(u, 2, padding=1)
    return R


# ── Corrections: u and the objective's gradient g, both (N, 3, H, W), and the step's number → u ──


def decay(rate: float):
    """Shrink: u ← (1 − rate) · u: what the objective does not renew fades to the mean colour."""
    rate = number("the rate of decay", rate, at_least=0, at_most=1)
    return lambda u, g, step: (1 - rate) * u


def centre(rate: float, sigma: float = 0.3):
    """Fade the border: u ← (1 − rate · (1 − exp(−r² / 2σ²))) · u, r from the middle, in edges.

    A score rises with every object that shows the class, so one image becomes a crowd of them;
    where only the middle lasts there is room for one (Nguyen et al. 2016, arXiv:1602.03616, draw
    in the middle first; here the border fades).
    """
    rate = number("the rate of centre", rate, at_least=0, at_most=1)
    sigma = number("σ of centre", sigma, above=0)

    def correction(u, g, step):
        y, x = (((np.arange(n) + 0.5) / n - 0.5) ** 2 for n in u.shape[2:])
        border = 1 - np.exp(-(y[:, None] + x) / (2 * sigma**2))             # (H, W)
        return u * array_module(u).asarray(1 - rate * border, u.dtype)

    return correction


def blur(sigma: float):
    """Blur: u ← G_σ ∗ u: fine noise is what scores most easily and means least.

    σ is in pixels; with 0 the image stays as it is.
    """
    sigma = number("σ of blur", sigma, at_least=0)
    return lambda u, g, step: blurred(u, sigma)


def clip_small_norm(percentile: float):
    """Clip: u ← 0 at the p % of pixels whose ‖u[:, i, j]‖ is smallest: what is hardly there."""
    percentile = number("the percentile of small norms", percentile, at_least=0, at_most=100)

    def correction(u, g, step):
        return u * _keep_largest((u * u).sum(axis=1), percentile)

    return correction


def clip_small_contribution(percentile: float):
    """Clip: u ← 0 at the p % of pixels where |Σ_c u · g| is smallest: what is hardly used."""
    percentile = number("the percentile of contributions", percentile, at_least=0, at_most=100)

    def correction(u, g, step):
        return u * _keep_largest(abs((u * g).sum(axis=1)), percentile)

    return correction


def every(n: int, correction):
    """Correct after each n-th step only."""
    n = whole("n of every n-th step", n, at_least=1)
    return lambda u, g, step: u if step % n else correction(u, g, step // n)


def _keep_largest(size, percentile: float):
    """1 for the pixels to keep and 0 for the p % smallest of each image: (N, H, W) → (N, 1, H, W).

    By rank, not by a threshold: among equals a threshold takes all or none.
    """
    xp = array_module(size)
    N, H, W = size.shape
    smallest = round(H * W * percentile / 100)
    order = size.reshape(N, H * W).argsort(axis=1)
    keep = xp.ones((N, H * W), size.dtype)
    xp.put_along_axis(keep, order[:, :smallest], 0, axis=1)
    return keep.reshape(N, 1, H, W)
