r"""Fully convolutional networks: a classifier slid over the whole photo at once, and up again.

Long, Shelhamer and Darrell 2015, "Fully convolutional networks for semantic segmentation".  A fully
connected layer that reads a map of k × k places is a convolution with filters of k × k:

    fc6  (U, C·k·k)  →  (U, C, k, k)        fc7, fc8  (V, U)  →  (V, U, 1, 1)

with the very numbers that it had, so whatever VGG has learned is kept (`transplanted`).  On a photo
of any size it now gives a map of scores, a place every 32 pixels.  Bilinear upsampling, by weights
that nobody learns, makes it as large as the photo: FCN-32s.  As the edges are coarse so, scores of
finer layers are added on the way up, section 4.2:

    FCN-32s    fc7 ─ score ───────────── up 32
    FCN-16s    fc7 ─ score ─ up 2 ─ + ── up 16
                       pool4 ─ score ┘
    FCN-8s     … and once more with pool3 ─ up 8

The scores of pool4 and pool3 begin at zero, so that each network begins as the one before it.

In place of the paper's 100 pixels of padding around the photo fc6 itself is padded, by half its
size; poolings count their windows with ceil_mode.  MiniVGG's fc6 is 4 × 4, which has no middle: its
map lies half a place up and to the left, 16 pixels, of which the finer scores make up for most.

Read before: unet.py.  Read next: unet_vgg.py.
"""

from functools import partial

from minigrad.backend import array_module
from models import minivgg, vgg
from models.design import Design
from models.layers import Add, Conv, Dropout, Linear, MaxPool, Relu
from models.layers_up import Upsample

BASES = {"minivgg": minivgg.NETWORKS["minivgg"], "vgg16": vgg.NETWORKS["vgg16"]}


def convolutional(base: Design):
    """Write out a VGG's table down to relu7, its fully connected layers as convolutions.

    Returns:
        (layers, channels by the name of a layer).
    """
    channels, layers = {}, []
    for layer in base.table(2):
        if layer.name == "fc8":
            break
        match layer:
            case Conv():
                channels_in = layer.channels
            case MaxPool():
                layer = MaxPool(layer.name, 2, 2, ceil_mode=True)
            case Linear():
                size = round((layer.numbers_in / channels_in) ** 0.5)
                layer = Conv(layer.name, channels_in, layer.units, size, padding=size // 2)
                channels_in = layer.channels
            case Relu() | Dropout():
                pass
            case _:  # the average pooling, which gave fc6 a map of one size
                continue
        layers.append(layer)
        channels[layer.name] = channels_in
    return layers, channels


def table(classes, base, finest):
    """Write out FCN-32s, FCN-16s or FCN-8s.

    Args:
        classes: how many, the number of scores of a pixel.
        base: the design of the VGG below.
        finest: 32, 16 or 8: how many pixels lie between two places of the finest scores.
    """
    layers, channels = convolutional(base)
    whole = layers[0].name
    layers.append(Conv("score_fc7", channels["relu7"], classes, 1))
    scale, above = 32, "score_fc7"
    for pool in ("pool4", "pool3")[: {32: 0, 16: 1, 8: 2}[finest]]:
        scale //= 2
        layers += [
            Upsample(f"up_{pool}", 2, after=(above, pool)),
            Conv(f"score_{pool}", channels[pool], classes, 1, after=(pool,)),
            Add(f"add_{pool}", after=(f"up_{pool}", f"score_{pool}")),
        ]
        above = f"add_{pool}"
    return [*layers, Upsample("score", scale, after=(above, whole))]


def transplanted(net, source) -> dict:
    """Parameters for a network of this file, what it has in common with a VGG from there.

    The fully connected layers take another shape; fc8 becomes the score where both have the same
    classes, and else stays as it is in `net`.

    Raises:
        ValueError: the source has not the layers that are wanted.
    """
    params, same = dict(net.params), bool(net.classes) and net.classes == source.classes
    for name, array in net.params.items():
        layer, short = name.split("/")
        if layer in ("score_pool3", "score_pool4"):
            params[name] = array_module(array).zeros_like(array)
        elif layer.startswith(("conv", "fc")) or (layer == "score_fc7" and same):
            there = f"{'fc8' if layer == 'score_fc7' else layer}/{short}"
            given = source.params.get(there)
            if given is None or given.size != array.size:
                raise ValueError(f"{source.name} has no {there} that {net.name} could take: give "
                                 "the weights of the network that it is made of")
            params[name] = given.reshape(array.shape)                   # (U, C·k·k) → (U, C, k, k)
    return params


NETWORKS = {
    f"fcn{finest}s_{name}": Design(
        table=partial(table, base=base, finest=finest),
        default_layer="relu4_2",
        preprocessing=base.preprocessing,
        classes=21,
    )
    for name, base in BASES.items()
    for finest in (32, 16, 8)
}
