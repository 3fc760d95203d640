r"""Fold batch normalisation into the convolution before it: once the statistics are constants.

    bn(conv(x)) = γ · (W∗x + b − μ) / √(σ² + ε) + β  =  (s W)∗x + (b − μ) s + β,   s = γ / √(σ² + ε)

Two layers become one with the same function, half the work, and nothing left to go wrong.

Read before: minigrad/ops/norm.py, minivgg.py.
"""

from collections.abc import Mapping

from minigrad.backend import array_module
from models.layers import BatchNorm, Conv


def fold_batch_norm(net, params: Mapping | None = None) -> dict:
    """Return parameters for the same network without its batch norms.

    Args:
        net: a network with norms behind its convolutions, say minivgg_bn.
        params: to fold in place of net.params, under the same names.

    Returns:
        New arrays by name, those of minivgg for minivgg_bn; a convolution that had no bias has one.

    Raises:
        ValueError: a batch norm reads something other than a convolution.
    """
    params = {**net.params, **(params or {})}
    for layer in net.layers.values():
        if not isinstance(layer, BatchNorm):
            continue
        (conv,) = net.inputs[layer.name]
        if not isinstance(net.layers[conv], Conv):
            raise ValueError(f"{layer.name} follows {conv}, which is no convolution to fold into")
        xp = array_module(params[f"{conv}/weight"])
        γ, β, μ, σ2 = (params.pop(f"{layer.name}/{name}") for name in layer.shapes)
        s = γ / xp.sqrt(σ2 + layer.eps)
        b = params.get(f"{conv}/bias", 0)
        params[f"{conv}/weight"] = params[f"{conv}/weight"] * s[:, None, None, None]
        params[f"{conv}/bias"] = (b - μ) * s + β
    return params
