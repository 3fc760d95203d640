r"""What a network looks for before anything else: the filters of its first layer.

A unit of the first layer is linear in the pixels that it sees,

    a[o, i, j] = b[o] + ⟨w[o], pixels around (i, j)⟩

so its gradient at the image *is* its filter, w[o], the same for every photo.  No weights are read,
and therefore w is in RGB and in score per grey level whatever the network's preprocessing.

Of all inputs of length one, w/‖w‖ is the one that excites the unit most (Cauchy–Schwarz
inequality).

A filter of a layer further up is no picture: it reads the channels of the layer before it, and has
a small map of weights for each of them, which `layer_weights` gives as they are,

    a[o, i, j] = b[o] + Σ_c ⟨w[o, c], channel c around (i, j)⟩

Where w[o, c] is bright, channel c there speaks for channel o; where it is dark, against it.

Read before: gradient.py.  Read next: codes.py.
"""

import numpy as np

from minigrad.backend import to_device
from minigrad.checked import nearest
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.objectives import each, unit


def filters(net):
    """w[o] = ∂a[o, i, j]/∂pixels at a unit (i, j) that sees no border, for each channel o.

    Returns:
        (O, 3, k, k), in score per grey level.
    """
    layer = next(iter(net.layers))
    field = net.receptive_field(layer)
    edge = 3 * field.size
    channels, rows, _ = net.output_shapes((edge, edge), until=layer)[layer]
    i = rows // 2
    top, left, bottom, right = field.box(i, i, (edge, edge))
    blank = to_device(np.zeros((channels, 3, edge, edge), net.dtype), net.device)
    of_each = each([unit(layer, o, i, i) for o in range(channels)])
    return gradient(net, blank, of_each)[:, :, top:bottom, left:right]       # (O, 3, k, k)


def layer_weights(net, layer: str):
    """w, the filters of a convolution of any layer, as they are.

    Returns:
        (O, I, k, k): a map of weights for each channel out and each channel in.

    Raises:
        ValueError: there is no such layer, or it has no filters.
    """
    have = [name for name, shape in net.shapes.items() if len(shape) == 4]
    if f"{layer}/weight" not in have:
        layers = [name.removesuffix("/weight") for name in have]
        why = f"{layer} has no filters" if layer in net.layers else f"there is no layer {layer!r}"
        raise ValueError(f"{net.name}: {why}; {nearest(layer, layers)}")
    return net.params[f"{layer}/weight"]
