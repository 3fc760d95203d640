"""U-Net on a VGG: the way down has learned to see already, only the way up begins at random.

Iglovikov and Shvets 2018, "TernausNet: U-Net with VGG11 encoder pre-trained on ImageNet for image
segmentation", figure 1.  A few hundred labelled photos are too few to learn what a wheel looks
like, and enough to learn where it ends.  So VGG's five stages are the way down, with the weights
that they have (`transplanted` of fcn.py), and the way up is U-Net's:

    conv1_1 ─ conv1_2 ──────────────────────────────→ concat1 ─ up_conv1_3 ─ up_conv1_4 ─ score
                 └ pool1 ─ conv2_1 ─ … ─ conv5_2 ─ up4 ─ … ─ up1 ─┘

VGG's convolutions have a bias and no norm; the ones on the way up have a batch norm, as U-Net's.

Read before: fcn.py.  Read next: dilated.py.
"""

from functools import partial
from itertools import pairwise

from models.design import Design
from models.fcn import BASES, convolutional
from models.layers import Conv, MaxPool
from models.unet import way_up


def table(classes, base, width=16):
    """Write out the network.

    Args:
        classes: how many, the number of scores of a pixel.
        base: the design of the VGG below.
        width: channels of the way up where it is as large as the photo; twice as many a level
            below.
    """
    layers, channels = convolutional(base)
    stages = [one.name for one, after in pairwise(layers) if isinstance(after, MaxPool)]
    *bridges, below = [(name, channels[name]) for name in stages]       # relu1_2, … relu5_2
    down = layers[: [layer.name for layer in layers].index(below[0]) + 1]
    return [*down, *way_up(below, bridges, width, "up_"), Conv("score", width, classes, 1)]


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
