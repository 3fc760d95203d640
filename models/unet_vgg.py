"""U-Net on a VGG: the way down has learned to see already, only the way up begins at random.

Iglovikov and Shvets 2018, "TernausNet: U-Net with VGG11 encoder pre-trained on ImageNet for image
segmentation", figure 1.  A few hundred labelled photos are too few to learn what a wheel looks
like, and enough to learn where it ends.  So VGG's five stages are the way down, with the weights
that they have (`transplanted` of fcn.py), and the way up is U-Net's:

    conv1_1 ─ conv1_2 ───────────────────────────────→ concat1 ─ merge1_1 ─ merge1_2 ─ score
                 └ pool1 ─ conv2_1 ─ … ─ conv5_2 ─ up4 ─ … ─ up1 ─┘

VGG's convolutions have a bias and no norm; the ones on the way up have a batch norm, as U-Net's.

Read before: fcn.py.  Read next: dilated.py.
"""

from functools import partial

from models.design import Design
from models.fcn import BASES, convolutional
from models.layers import BatchNorm, Concat, Conv, MaxPool, Relu
from models.layers_up import ConvTranspose


def table(classes, base, width=16):
    """Write out the network.

    Args:
        classes: how many, the number of scores of a pixel.
        base: the design of the VGG below.
        width: channels of the way up where it is as large as the photo; twice as many a level
            below.
    """
    layers, channels = convolutional(base)
    names = [layer.name for layer in layers]
    pools = [i for i, layer in enumerate(layers) if isinstance(layer, MaxPool)]
    layers = layers[: pools[-1]]                                  # pool5 and fc6 … are left out
    bridges = [names[i - 1] for i in pools[:-1]]                  # relu1_2, relu2_2, …
    channels_in = channels[layers[-1].name]
    for level in range(len(bridges), 0, -1):
        bridge, wide = bridges[level - 1], width * 2 ** (level - 1)
        above = layers[-1].name
        layers += [
            ConvTranspose(f"up{level}", channels_in, wide, 2, 2, after=(above, bridge)),
            Concat(f"concat{level}", after=(bridge, f"up{level}")),
            *merged(f"{level}_1", channels[bridge] + wide, wide),
            *merged(f"{level}_2", wide, wide),
        ]
        channels_in = wide
    return [*layers, Conv("score", width, classes, 1)]


def merged(number, channels_in, channels):
    """Write out convolution, batch norm and relu of the way up."""
    return [
        Conv(f"merge{number}", channels_in, channels, 3, padding=1, bias=False),
        BatchNorm(f"bn{number}", channels),
        Relu(f"relu_merge{number}"),
    ]


NETWORKS = {
    f"unet_{name}": Design(
        table=partial(table, base=base),
        default_layer="relu4_2",
        preprocessing=base.preprocessing,
        classes=21,
        settings={"width": 16},
    )
    for name, base in BASES.items()
}
