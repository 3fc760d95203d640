"""What a network is asked for, and the sentence that is said where it cannot be answered.

Read before: network.py.  Read next: walk.py.
"""

import numpy as np

from minigrad import Tensor
from minigrad.backend import device_of, is_array
from minigrad.checked import nearest
from minigrad.tensor import data_of
from models.preprocess import warn_if_scaled


def pixels_for(net, x):
    """Return images as the network takes them: a Tensor as it is, an array in its dtype.

    Raises:
        ValueError: not (N, 3, H, W), or of another dtype or on another device than the weights.
    """
    if not isinstance(x, Tensor):
        x = x if is_array(x) else np.asarray(x)
        x = x.astype(net.dtype, copy=False)
    data = data_of(x)
    if data.ndim != 4 or data.shape[1] != 3:
        raise ValueError(
            f"{net.name} takes pixels (N, 3, H, W), RGB, 0–255, not an array of shape "
            f"{data.shape}: net.pixels(photo) makes them"
        )
    if data.dtype != net.dtype or device_of(data) != net.device:
        raise ValueError(
            f"the pixels are {data.dtype} on {device_of(data)}, and {net.name} is "
            f"{net.dtype} on {net.device}: make them alike"
        )
    warn_if_scaled(data, net.name)
    return x


def check_layer(net, layer: str) -> None:
    """Raise ValueError where a network has no layer of this name."""
    if layer not in net.layers:
        raise ValueError(f"{net.name} has no layer {layer!r}; {nearest(layer, net.layers)}")


def params_for(net, params) -> dict:
    """Return the network's parameters, with those that are given in their places.

    Raises:
        ValueError: it has none of such a name, or some are missing.
    """
    unknown = set(params or ()) - set(net.shapes)
    if unknown:
        name = min(unknown)
        raise ValueError(f"{net.name} has no parameter {name!r}; {nearest(name, net.shapes)}")
    params = {**net.params, **(params or {})}
    if len(params) < len(net.shapes):
        raise ValueError(
            f"this {net.name} is a table without weights: models.build or models.load has them"
        )
    return params
