r"""DeepLIFT: what the difference between a photo and a baseline comes from.

    S(x) − S(x₀) = Σ_pixels R,   R = (x − x₀) · m               (Shrikumar et al. 2017, eq. 1)

A gradient is blind where a unit is saturated: relu at x < 0 passes nothing on, though the baseline
may lie on its other side.  So each relu compares with the baseline's pass: the slope of the line
between both, m = Δy / Δx, takes the gradient's place (the rescale rule, section 3.5), and goes back
through the layers with weights as a gradient does.

Two passes forward, one back.  Nothing is lost to biases, which both passes share; but the baseline
is a choice, and another one gives another map.

Read before: relevance.py, baselines.py.  Read next: patches.py.
"""

from minigrad import ops
from minigrad.relevance import rescale, rescale_pool
from minigrad.techniques.baselines import baseline as baseline_of
from minigrad.techniques.look.relevance import (
    Relevance,
    conserved,
    handed_out,
    per_image,
    steps_to,
)
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, grad


def deeplift(net, pixels, objective: Objective, *, baseline="mean") -> Relevance:
    """Share S(x) − S(x₀) out among the pixels, by DeepLIFT's rescale rule.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        objective: S, as for `relevance`.
        baseline: x₀, "mean" for the mean colour, another name of `BASELINES`, or an array that
            broadcasts to the pixels.

    Returns:
        The map, (N, 3, H, W), and S(x₀) as what is absorbed.

    Raises:
        TypeError, ValueError: no such baseline, or as for `relevance`.
    """
    x, x0 = Tensor(pixels), Tensor(baseline_of(net, pixels, baseline))
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
