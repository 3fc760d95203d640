"""The deconvolution network: up again through the switches of the way down.

Noh, Hong and Han 2015, "Learning deconvolution network for semantic segmentation", figure 2.  On
the way up it is the mirror image of the way down: where there was a pooling there is an unpooling,
which puts each number where the maximum had been; where there was a convolution there is another
one ("deconvolution" in the paper; at stride 1 a transposed convolution is a convolution), which
fills in what unpooling has left zero.

    conv1_1 ─ conv1_2 ─ pool1 ─ … ─ unpool2 ─ conv2_3 ─ conv2_4 ─ unpool1 ─ conv1_3 ─ score
                          └───────────────── switches ───────────────┘

It is U-Net with less in its bridges: of all that was there on the way down, only where the maxima
were.  Width and levels are arguments, as U-Net's, so that the two can be compared; the paper has
VGG16's, with two layers of 4,096 channels at the bottom.

Read before: dilated.py.  Read next: recurrent.py.
"""

from models.design import Design
from models.layers import Conv, MaxPool
from models.layers_up import Unpool
from models.preprocess import TORCHVISION
from models.unet import block


def table(classes, width=16, levels=4):
    """Write out the network; arguments as U-Net's."""
    widths = [width * 2**level for level in range(levels)]
    layers, channels_in = [], 3
    for level, channels in enumerate(widths, start=1):
        layers += block(f"{level}_1", channels_in, channels)
        if level < levels:
            layers += block(f"{level}_2", channels, channels)
            layers.append(MaxPool(f"pool{level}", 2, stride=2, ceil_mode=True))
        channels_in = channels
    below = f"{levels}_2"
    for level in range(levels - 1, 0, -1):
        channels = widths[level - 1]
        layers += [
            *block(below, channels_in, channels),
            Unpool(f"unpool{level}", after=(f"relu{below}", f"relu{level}_2")),
            *block(f"{level}_3", channels, channels),
        ]
        below, channels_in = f"{level}_4", channels
    return [*layers, Conv("score", width, classes, 1)]


NETWORKS = {
    "deconvnet": Design(
        table,
        default_layer="relu1_3",
        preprocessing=TORCHVISION._replace(resize=128, crop=128),
        classes=4,
        settings={"width": 16, "levels": 4},
    )
}
