r"""DeepLIFT: what the difference between a photo and a baseline comes from.

    S(x) − S(x₀) = Σ_pixels R,   R = (x − x₀) · m               (Shrikumar et al. 2017, eq. 1)

A gradient is blind where a unit is saturated: relu at x < 0 passes nothing on, though the baseline
may lie on its other side.  So each relu compares with the baseline's pass: the slope of the line
between both, m = Δy / Δx, takes the gradient's place (the rescale rule, section 3.5), and goes back
through the layers with weights as a gradient does.

Two passes forward, one back.  Nothing is lost to biases, which both passes share; but the baseline
is a choice, and another one gives another map.

Read before: relevance.py.  Read next: grabcut.py.
"""

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, device_of, is_array, to_device
from minigrad.relevance import rescale, rescale_pool
from minigrad.techniques.look.relevance import (
    Relevance,
    conserved,
    handed_out,
    per_image,
    steps_to,
)
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, grad


def deeplift(net, pixels, objective: Objective, *, baseline=None) -> Relevance:
    """Share S(x) − S(x₀) out among the pixels, by DeepLIFT's rescale rule.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        objective: S, as for `relevance`.
        baseline: x₀, an image (N, 3, H, W) or (1, 3, H, W), or a colour (3,); by default the mean
            colour of the network's training photos.

    Returns:
        The map, (N, 3, H, W), and S(x₀) as what is absorbed.

    Raises:
        ValueError: a baseline of another shape, or as for `relevance`.
    """
    x, x0 = Tensor(pixels), Tensor(_baseline(net, pixels, baseline))
    acts, acts0 = (activations(net, image, objective) for image in (x, x0))
    S, S0 = objective(acts), objective(acts0)
    made = {ops.relu: rescale, ops.max_pool2d: rescale_pool}
    walk = {
        tensor: made[tensor.step.op](tensor.step.op, other.step.arrays[0])
        for tensor, other in zip(steps_to(S), steps_to(S0), strict=True)
        if tensor.step.op in made
    }
    m, = grad(S, [x], rules=walk)
    R = m * (x.data - x0.data)
    score, left = handed_out(acts, objective), handed_out(acts0, objective)
    return conserved(Relevance(R, score, per_image(R), {"the baseline": left}), objective)


def _baseline(net, pixels, baseline):
    """x₀ as an image for each of the pixels'."""
    x0 = net.mean_colour if baseline is None else baseline
    x0 = to_device(x0 if is_array(x0) else np.asarray(x0), device_of(pixels))
    x0 = x0[:, None, None] if x0.ndim == 1 else x0                      # a colour, (3, 1, 1)
    try:
        x0 = array_module(pixels).broadcast_to(x0, pixels.shape)
    except ValueError:
        raise ValueError(f"the baseline has shape {x0.shape}: give an image like the photo's "
                         f"{pixels.shape}, or a colour (3,)") from None
    return x0.astype(pixels.dtype)
