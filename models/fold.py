r"""Fold batch normalisation into the layer before it: once the statistics are constants.

    bn(conv(x)) = γ · (W∗x + b − μ) / √(σ² + ε) + β  =  (s W)∗x + (b − μ) s + β,   s = γ / √(σ² + ε)

and likewise for a fully connected layer, W x in place of W∗x.  Two layers become one with the same
function, half the work, and nothing left to go wrong.

Read before: minigrad/ops/norm.py, minivgg.py.  Read next: alexnet.py.
"""

from collections.abc import Mapping

from minigrad.backend import array_module
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
