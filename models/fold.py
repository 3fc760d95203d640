r"""Fold what is constant after training, batch norm and a temperature, into the layers before it.

    bn(conv(x)) = γ · (W∗x + b − μ) / √(σ² + ε) + β  =  (s W)∗x + (b − μ) s + β,   s = γ / √(σ² + ε)

and likewise for a fully connected layer, W x in place of W∗x.  Two layers become one with the same
function, half the work, and nothing left to go wrong.  So it is with scores that are divided by a
temperature (techniques/learn/evaluation.py):

    (W x + b) / T  =  (W / T) x + b / T

Read before: minigrad/ops/norm.py, minivgg.py.  Read next: alexnet.py.
"""

from collections.abc import Mapping

from minigrad.backend import array_module
from minigrad.checked import number
from models.layers import BatchNorm, Conv, Linear


def fold_batch_norm(net, params: Mapping | None = None) -> dict:
    """Return parameters for the same network without its batch norms.

    Args:
        net: a network with norms behind its layers, say minivgg_bn.
        params: to fold in place of net.params, under the same names.

    Returns:
        New arrays by name, those of minivgg for minivgg_bn; a layer that had no bias has one.

    Raises:
        ValueError: a batch norm reads something that is neither a convolution nor fully connected.
    """
    params = {**net.params, **(params or {})}
    for layer in net.layers.values():
        if not isinstance(layer, BatchNorm):
            continue
        (before,) = net.inputs[layer.name]
        if not isinstance(net.layers[before], Conv | Linear):
            raise ValueError(f"{layer.name} follows {before}, which has no weights to fold into")
        xp = array_module(params[f"{before}/weight"])
        γ, β, μ, σ2 = (params.pop(f"{layer.name}/{name}") for name in layer.shapes)
        s = γ / xp.sqrt(σ2 + layer.eps)
        W, b = params[f"{before}/weight"], params.get(f"{before}/bias", 0)
        params[f"{before}/weight"] = W * s.reshape(-1, *[1] * (W.ndim - 1))     # (K, 1, …)
        params[f"{before}/bias"] = (b - μ) * s + β
    return params


def fold_temperature(net, params: Mapping, temperature: float) -> dict:
    """Return parameters that make all scores `temperature` times smaller.

    Args:
        net: a network whose last layer has weights.
        params: its parameters by name.
        temperature: T, a number above 0.

    Raises:
        ValueError: the last layer has no weights, or T is not above 0.
    """
    T, last = number("a temperature", temperature, above=0), net.score_layer
    own = [f"{last}/{short}" for short in net.layers[last].shapes]
    if not own:
        raise ValueError(f"{last} makes the scores of {net.name}, and has no weights to fold into")
    return {**params, **{name: params[name] / T for name in own}}
