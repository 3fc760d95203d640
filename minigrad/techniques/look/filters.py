r"""What a network looks for before anything else: the filters of its first layer.

A unit of the first layer is linear in the pixels that it sees,

    a[o, i, j] = b[o] + ⟨w[o], pixels around (i, j)⟩

so its gradient at the image *is* its filter, w[o], the same for every photo.  No weights are read,
and therefore w is in RGB and in score per grey level whatever the network's preprocessing.

Of all inputs of length one, w/‖w‖ is the one that excites the unit most (Cauchy–Schwarz
inequality).

Read before: gradient.py.  Read next: make/loop.py.
"""

import numpy as np

from minigrad.backend import to_device
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
