r"""Relevance propagation as rules: how a score is shared out among what it was computed from.

Every unit has a relevance R, its part in the score.  The score's relevance is the score itself, and
each layer hands the relevance of its outputs i down to its inputs j, by what each contributed:

    z_i = Σ_j x_j w_ij + b_i          R_j = Σ_i (x_j w_ij / z_i) · R_i          (Bach et al. 2015)

Write relevance as activation times gradient, R = x · g.  Then this is g_j = Σ_i w_ij g_i: the
layer's own gradient.  So it is with relu, with max pooling (the winner gets it all), with means,
reshaping and concatenation.  LRP-0 is backpropagation, its map is input times gradient, and every
other form of relevance propagation is a rule at the layers with weights, for one call of `grad`:

    LRP-0   R_j = Σ_i  x_j w_ij / z_i · R_i                            what a layer does anyhow
    LRP-ε   R_j = Σ_i  x_j w_ij / (z_i + ε sign z_i) · R_i             weak evidence fades
    LRP-γ   R_j = Σ_i  x_j (w_ij + γ w_ij⁺) / z_i(γ) · R_i             what speaks for z counts more
    zᴮ      R_j = Σ_i  ((x_j − l_j) w_ij⁺ + (x_j − h_j) w_ij⁻) / z_i(B) · R_i     for l ≤ x ≤ h

where z_i(γ) and z_i(B) are the sums over j of what stands above them, the bias (likewise b + γ b⁺)
included in z_i(γ).  The first three are as in Montavon et al. 2019, "Layer-wise relevance
propagation: an overview"; zᴮ is for pixels, which have bounds (Montavon et al. 2017).

No rule adds relevance: what is not handed down was the bias's share, or ε took it.

DeepLIFT (Shrikumar et al. 2017) compares with the pass of a second image, the baseline.  Δ is the
difference between both, R = Δ · m, and the multiplier m goes back as a gradient does.  Layers with
weights have their own, and relu gets the rescale rule, m = Δy / Δx.

Each function takes the op that it makes a rule for, and returns the rule:

    grad(score, [x], rules={conv2d: epsilon(conv2d, 0.1), linear: epsilon(linear, 0.1)})

Read before: rules.py, ops/conv.py.  Read next: techniques/look/relevance.py.
"""

from minigrad.backend import array_module
from minigrad.tensor import Tensor, grad


def epsilon(op, ε):
    """LRP-ε, and for ε = 0 LRP-0:  g_j = Σ_i w_ij · g_i z_i / (z_i + ε sign z_i).

    Returns rule(g, x, weight, bias=None, **geometry), which op has the arguments of.
    """

    def rule(g, x, weight, bias=None, **geometry):
        x = Tensor(x)
        z = op(x, weight, bias, **geometry)
        size = abs(z.data)                          # z / (z + ε sign z) = |z| / (|z| + ε)
        return grad(z, [x], seed=g * over(size, size + ε))[0]

    return rule


def gamma(op, γ):
    """LRP-γ:  g_j = Σ_i (w_ij + γ w_ij⁺) · g_i z_i / z_i(γ), of x_j ≥ 0 and z_i > 0.

    In general those contributions count 1 + γ times that have the sign of z_i, which comes to the
    same behind a relu.  Then |z_i(γ)| ≥ |z_i|, so that no unit hands down more than it has.
    """

    def rule(g, x, weight, bias=None, **geometry):
        xp, z = array_module(x), op(x, weight, bias, **geometry)
        total = xp.zeros_like(x)
        for sign in (1, -1):                        # z_i > 0, and then z_i < 0 as −z_i > 0
            R = xp.where(sign * z > 0, g * z, 0)
            if R.any():
                w, b = sign * weight, None if bias is None else sign * bias
                total += _by_what_speaks_for_it(op, γ, R, abs(z), x, w, b, geometry)
        return total

    return rule


def _by_what_speaks_for_it(op, γ, R, least, x, weight, bias, geometry):
    """Hand R of units z > 0 down: contributions above zero count 1 + γ times."""
    xp = array_module(x)
    above, below = Tensor(xp.maximum(x, 0)), Tensor(xp.minimum(x, 0))
    z = op(above, weight + γ * xp.maximum(weight, 0),
           None if bias is None else bias + γ * xp.maximum(bias, 0), **geometry)
    z = z + op(below, weight + γ * xp.minimum(weight, 0), **geometry)
    given = over(R, xp.maximum(z.data, least))      # z(γ) ≥ z, but for rounding
    return xp.where(x > 0, *grad(z, [above, below], seed=given))


def box(op, low, high):
    """zᴮ, for the layer that reads the image, each of whose numbers lies within [low, high].

    By this rule a pixel has relevance where x is 0, too, and R / x would lose it: what is handed
    down is R itself, and no gradient.

    Args:
        op: conv2d or linear.
        low: l, an array that broadcasts with x.
        high: h, likewise.
    """

    def rule(g, x, weight, bias=None, **geometry):
        xp, z = array_module(x), op(x, weight, bias, **geometry)
        above, below = Tensor(x - low), Tensor(x - high)                # ≥ 0, ≤ 0
        zB = op(above, xp.maximum(weight, 0), **geometry)               # ≥ 0
        zB = zB + op(below, xp.minimum(weight, 0), **geometry)          # ≥ 0
        up, down = grad(zB, [above, below], seed=over(g * z, zB.data))
        return above.data * up + below.data * down

    return rule


def rescale(op, baseline):
    """DeepLIFT at relu:  m_x = m_y · Δy / Δx, and where Δx is 0 relu's gradient.

    Args:
        op: relu, or another function of each number alone.
        baseline: x in the baseline's pass.
    """

    def rule(g, x):
        Δx, Δy = x - baseline, op(x) - op(baseline)
        x = Tensor(x)
        own = grad(op(x), [x], seed=g)[0]
        return array_module(Δx).where(Δx == 0, own, g * over(Δy, Δx))

    return rule


def rescale_pool(op, baseline):
    """DeepLIFT at max pooling: a rise is the photo's winner's, a fall the baseline's winner's.

    Δy = (max(y, y₀) − y₀) + (y − max(y, y₀)); by whichever winner, |its Δx| ≥ |Δy|.  Handing all of
    m to the photo's winner, as pooling's own gradient does, would not add up to Δy.

    Args:
        op: max_pool2d.
        baseline: x in the baseline's pass.
    """

    def rule(g, x, **window):
        xp, Δx = array_module(x), x - baseline
        x, x0 = Tensor(x), Tensor(baseline)
        y, y0 = op(x, **window), op(x0, **window)
        top = xp.maximum(y.data, y0.data)
        rise, = grad(y, [x], seed=g * (top - y0.data))
        fall, = grad(y0, [x0], seed=g * (y.data - top))
        return over(rise + fall, Δx)

    return rule


def over(a, b):
    """a / b, and 0 where b is 0: no unit hands down what it has not got."""
    xp = array_module(b)
    nothing = b == 0
    return xp.where(nothing, 0, a / xp.where(nothing, 1, b))
