"""Where training starts: random weights of just the right size.

Read before: storage.py.  Read next: minivgg.py.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def identities(layers: Mapping[str, Any]) -> dict[str, Any]:
    r"""Filters that hand their own channel on, w[o, c, a, b] = 1 in the middle for o = c, else 0.

    For the layers of a table that are to begin so (Yu and Koltun 2016, equation 4).

    Returns:
        float32 arrays by name.
    """
    params = {}
    for name, layer in layers.items():
        if getattr(layer, "identity", False):
            w = np.zeros(layer.shapes["weight"], np.float32)
            middle = layer.kernel_size // 2
            w[range(len(w)), range(len(w)), middle, middle] = 1
            params[f"{name}/weight"] = w
    return params


def initial(shapes: Mapping[str, tuple[int, ...]], random_seed: int) -> dict[str, Any]:
    r"""Draw the parameters that training starts from (He et al. 2015, equation 10).

        convolution        weight ~ N(0, 2 / fan_in)          bias = 0
        fully connected    weight ~ N(0, 1 / (3 fan_in))      bias = 0
        batch norm         the identity

    fan_in is how many numbers a unit reads; the 2 makes up for the half that relu sets to zero, so
    that activations neither grow nor fade from layer to layer.  The few fully connected layers
    begin smaller, so that all scores begin near zero and the loss near log(classes): with 2,
    MiniVGG's first loss was 7.2 in place of log 110 = 4.7.

    Returns:
        float32 arrays by name; the same seed gives the same ones.
    """
    rng = np.random.default_rng(random_seed)
    params = {}
    for name, shape in shapes.items():
        if len(shape) > 1:
            variance = (2 if len(shape) == 4 else 1 / 3) / math.prod(shape[1:])
            deviation = math.sqrt(variance)
            params[name] = rng.standard_normal(shape, np.float32) * np.float32(deviation)
        else:
            one = name.endswith(("/weight", "/running_var"))
            params[name] = (np.ones if one else np.zeros)(shape, np.float32)
    return params
