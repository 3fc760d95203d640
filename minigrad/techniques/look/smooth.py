r"""The gradient among neighbours of a photo: SmoothGrad, its square, and how much it varies.

From one photo to another that looks the same the gradient jumps, for a network of relus is made of
millions of flat pieces.  So ask at n photos with a little noise on them, ε_k from N(0, σ²), and let
w_k = ∂S/∂x at x + ε_k:

    mean        M = 1/n Σ_k w_k             SmoothGrad (Smilkov et al. 2017, section 2)
    square      Q = 1/n Σ_k w_k²            SmoothGrad squared (Hooker et al. 2019)
    variance    V = 1/n Σ_k (w_k − M)²      VarGrad (Adebayo et al. 2018);  V = Q − M²

What is noise in the gradient leaves the mean as 1/√n.  Square and variance have lost the sign: they
show where the gradient is large, and where it depends on the noise.

σ is a share of the photo's own range, 10 to 20 % in the paper.  With more of it the picture gets
calmer and is about photos that look less and less like the one that was given.

Read before: gradient.py.  Read next: integrated.py.
"""

from typing import Any, NamedTuple

from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.loop import generators
from minigrad.techniques.objectives import Objective

BATCH = 8  # noisy photos in one pass: more take memory and are no faster


class Smooth(NamedTuple):
    """The gradient at photos with noise on them, each (N, 3, H, W)."""

    mean: Any      # in score per grey level
    square: Any    # in the square of that, 0 or more
    variance: Any  # likewise


def smooth_gradient(
    net, pixels, objective: Objective, *, rules=None, rng=None, samples: int = 25,
    noise: float = 0.1,
) -> Smooth:  # fmt: skip
    r"""M, Q and V of the gradient at n photos with noise on them.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S, the same for every image.
        rules: {op or Tensor: rule}, in place of their own gradients.
        rng: a numpy Generator, or one for each image; None draws the same every time.
        samples: n.
        noise: σ as a share of each photo's range, its highest value minus its lowest.

    Returns:
        Smooth: mean, square and variance.

    Raises:
        TypeError, ValueError: no number of samples, or a negative noise.
    """
    samples = whole("samples", samples, at_least=1)
    noise = number("the noise, a share of the photo's range,", noise, at_least=0)
    xp = array_module(pixels)
    of_images = []
    for x, own in zip(pixels, generators(rng, len(pixels)), strict=True):       # (3, H, W)
        sigma = noise * float(x.max() - x.min())
        mean = variance = xp.zeros_like(x)
        for k, w in enumerate(_among(net, x, sigma, samples, own, objective, rules), start=1):
            # M_k = M_{k−1} + (w_k − M_{k−1}) / k
            before, mean = mean, mean + (w - mean) / k
            # V_k = V_{k−1} + ((w_k − M_{k−1}) (w_k − M_k) − V_{k−1}) / k         (Welford 1962)
            variance = variance + ((w - before) * (w - mean) - variance) / k
        of_images.append((mean, variance + mean * mean, variance))
    return Smooth(*(xp.stack(maps) for maps in zip(*of_images, strict=True)))


def _among(net, x, sigma, samples, rng, objective, rules):
    """Yield w_k at x + ε_k for each of the samples, (3, H, W) each."""
    xp = array_module(x)
    for done in range(0, samples, BATCH):
        count = min(BATCH, samples - done)
        noise = xp.asarray(rng.standard_normal((count, *x.shape), x.dtype))     # (count, 3, H, W)
        yield from gradient(net, x + sigma * noise, objective, rules=rules)
