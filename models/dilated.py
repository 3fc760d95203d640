r"""Dilated convolutions: see far, and lose no pixel on the way.

Yu and Koltun 2016, "Multi-scale context aggregation by dilated convolutions".  The taps of a filter
stand d pixels apart (equation 1 and 2):

    y[p] = Σ_k w[k] · x[p + d·k]

The front end (section 4) is VGG without its last two poolings.  What came behind one of them sees
as far as before if its taps stand twice as far apart, behind two of them four times: so scores come
every 8 pixels in place of every 32, from the weights that there were.

The context module (table 1) then looks around.  Its layers keep rows, columns and channels, and
their dilation doubles, so the field grows with the power of their number:

    layer       1     2     3     4      5      6      7      8
    filter     3×3   3×3   3×3   3×3    3×3    3×3    3×3    1×1
    dilation    1     1     2     4      8     16      1      1
    sees        3     5     9    17     33     65     67     67

It begins as the identity (equation 4): every filter hands its own channel on, so that at first the
module says what the front end has learned, scores below zero aside, which its relus cut off.

`context` is the module alone, on the photo itself, and `context_plain` the same with all taps side
by side: as many weights, and a field of 15 pixels in place of 67.

Read before: unet_vgg.py.  Read next: deconvnet.py.
"""

import dataclasses
from functools import partial

from models.design import Design
from models.fcn import BASES, convolutional
from models.layers import Conv, MaxPool, Relu
from models.layers_up import Upsample
from models.preprocess import TORCHVISION

DILATIONS = (1, 1, 2, 4, 8, 16, 1)


def context(channels, dilations=DILATIONS):
    """Write out table 1's "basic" module, which begins as the identity."""
    layers = []
    for i, d in enumerate(dilations, start=1):
        layers += [
            Conv(f"context{i}", channels, channels, 3, padding=d, dilation=d, identity=True),
            Relu(f"relu_context{i}"),
        ]
    last = len(dilations) + 1
    return [*layers, Conv(f"context{last}", channels, channels, 1, identity=True)]


def front_end(base: Design):
    """Write out VGG's convolutions without pool4 and pool5, dilated from there on."""
    layers, channels = convolutional(base)
    kept, dilation = [], 1
    for layer in layers:
        match layer:
            case MaxPool(name="pool4" | "pool5"):
                dilation *= 2
                continue
            case Conv():
                padding = dilation * (layer.kernel_size - 1) // 2
                layer = dataclasses.replace(layer, padding=padding, dilation=dilation)
        kept.append(layer)
    return kept, channels


def table(classes, base):
    """Write out front end, context module and bilinear upsampling by 8."""
    layers, channels = front_end(base)
    return [
        *layers,
        Conv("score_fc7", channels["relu7"], classes, 1),
        *context(classes),
        Upsample("score", 8, after=(f"context{len(DILATIONS) + 1}", layers[0].name)),
    ]


def alone(classes, width=16, dilations=DILATIONS):
    """Write out the context module on the photo, between convolutions of 1×1."""
    return [
        Conv("in", 3, width, 1),
        *context(width, dilations),
        Conv("score", width, classes, 1),
    ]


NETWORKS = {
    f"dilated_{name}": Design(
        table=partial(table, base=base),
        default_layer="relu4_2",
        preprocessing=base.preprocessing,
        classes=21,
    )
    for name, base in BASES.items()
} | {
    name: Design(
        table=partial(alone, dilations=dilations),
        default_layer="relu_context7",
        preprocessing=TORCHVISION._replace(resize=128, crop=128),
        classes=4,
        settings={"width": 16},
    )
    for name, dilations in {"context": DILATIONS, "context_plain": (1,) * 7}.items()
}
