"""U-Net: down to see what is there, and up again to say where, with a bridge at every level.

Ronneberger, Fischer and Brox 2015, "U-Net: convolutional networks for biomedical image
segmentation", figure 1.  On the left it is VGG: two convolutions of 3×3, a pooling, twice the
channels.  On the right a transposed convolution doubles rows and columns and halves the channels;
what was there at this size on the way down is laid beside it, and two convolutions read both:

    conv1_1 ─ conv1_2 ──────────────────────────────→ concat1 ─ conv1_3 ─ conv1_4 ─ score
                 └ pool1 ─ conv2_1 ─ conv2_2 ─ … ─ up1 ─┘

The deep layers know that there is a car, but only to sixteen pixels; the bridges know where its
edge is.  A score for each class stands at every pixel.

Two things differ from the paper: the convolutions are padded, so that nothing is cut off the
borders, and batch norm stands behind each of them.  Width (64 in the paper) and levels are
arguments.

Read before: layers_up.py.  Read next: fcn.py.
"""

from models.design import Design
from models.layers import BatchNorm, Concat, Conv, MaxPool, Relu
from models.layers_up import ConvTranspose
from models.preprocess import TORCHVISION


def table(classes, width=16, levels=4):
    """Write out figure 1, on the way down and up again.

    Args:
        classes: how many, the number of scores of a pixel.
        width: channels of the first level; every level has twice as many as the one above.
        levels: how many there are; the lowest one's pixels are 2^(levels − 1) of the image's.
    """
    layers, channels_in = [], 3
    for level in range(1, levels + 1):
        channels = width * 2 ** (level - 1)
        layers += block(f"{level}_1", channels_in, channels)
        layers += block(f"{level}_2", channels, channels)
        if level < levels:
            layers.append(MaxPool(f"pool{level}", 2, stride=2, ceil_mode=True))
        channels_in = channels
    *bridges, below = [(f"relu{n}_2", width * 2 ** (n - 1)) for n in range(1, levels + 1)]
    return [*layers, *way_up(below, bridges, width), Conv("score", width, classes, 1)]


def way_up(below, bridges, width, mark=""):
    """Write out the way up: at every level larger, laid beside its bridge, and both read.

    Args:
        below: name and channels of the layer that it begins at.
        bridges: the same of each bridge, the photo's own size first.
        width: channels of the first level; every level has twice as many as the one above.
        mark: begins the names of its convolutions, norms and relus.
    """
    (above, channels_in), layers = below, []
    for level in range(len(bridges), 0, -1):
        (bridge, beside), channels = bridges[level - 1], width * 2 ** (level - 1)
        layers += [
            ConvTranspose(f"up{level}", channels_in, channels, 2, 2, after=(above, bridge)),
            Concat(f"concat{level}", after=(bridge, f"up{level}")),
            *block(f"{level}_3", beside + channels, channels, mark),
            *block(f"{level}_4", channels, channels, mark),
        ]
        above, channels_in = layers[-1].name, channels
    return layers


def block(number, channels_in, channels, mark=""):
    """Write out convolution, batch norm and relu.

    The norm takes a bias away again, so the convolution has none.
    """
    return [
        Conv(f"{mark}conv{number}", channels_in, channels, 3, padding=1, bias=False),
        BatchNorm(f"{mark}bn{number}", channels),
        Relu(f"{mark}relu{number}"),
    ]


NETWORKS = {
    "unet": Design(
        table,
        default_layer="relu1_4",
        preprocessing=TORCHVISION._replace(resize=128, crop=128),
        classes=4,
        settings={"width": 16, "levels": 4},
    )
}
