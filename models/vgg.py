"""VGG: nothing but 3×3 convolutions, stage by stage, and it grew deep.

Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image recognition".
Table 1, with the number of convolutions per stage:

    stage        1     2     3     4     5
    channels    64   128   256   512   512
    A  vgg11     1     1     2     2     2
    B  vgg13     2     2     2     2     2
    D  vgg16     2     2     3     3     3
    E  vgg19     2     2     4     4     4

Each convolution is followed by a relu, each stage by a 2×2 max pooling; then fc6, fc7 and fc8.
The variants `vgg16_bn` and so on put a batch normalisation between convolution and relu (Ioffe and
Szegedy 2015), which came after the paper.  Layer conv4_2 is the second convolution of stage 4.

Read before: design.py.  Read next: network.py.
"""

from functools import partial

from models.design import Design
from models.layers import AdaptiveAvgPool, BatchNorm, Conv, Dropout, Linear, MaxPool, Relu
from models.preprocess import TORCHVISION

CHANNELS = (64, 128, 256, 512, 512)
TABLE_1 = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg13": (2, 2, 2, 2, 2),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}


def table(
    classes, convolutions, channels=CHANNELS, batch_norm=False, fc_norm=False, pooled=7, fc=4096,
    drop=0.5,
):
    """Write out a column of Table 1.

    Args:
        classes: how many, the number of scores.
        convolutions: how many, for each stage.
        channels: of each stage.
        batch_norm: between each convolution and its relu.
        fc_norm: also between fc6, fc7 and their relus.
        pooled: rows and columns of the average pooling before fc6, which changes nothing at the
            native size (224 / 2⁵ = 7) and lets any other size in.
        fc: units of fc6 and fc7.
        drop: the share that is dropped behind each of these two while training.
    """
    layers = []
    channels_in = 3
    for stage, (depth, width) in enumerate(zip(convolutions, channels, strict=True), start=1):
        for i in range(1, depth + 1):
            layers.append(Conv(f"conv{stage}_{i}", channels_in, width, 3, padding=1))
            if batch_norm:
                layers.append(BatchNorm(f"bn{stage}_{i}", width))
            layers.append(Relu(f"relu{stage}_{i}"))
            channels_in = width
        layers.append(MaxPool(f"pool{stage}", 2, stride=2))
    layers.append(AdaptiveAvgPool("avgpool", pooled))
    units_in = channels_in * pooled * pooled
    for i in (6, 7):
        layers.append(Linear(f"fc{i}", units_in, fc))
        if fc_norm:
            layers.append(BatchNorm(f"bn{i}", fc))
        layers += [Relu(f"relu{i}"), Dropout(f"drop{i}", drop)]
        units_in = fc
    return [*layers, Linear("fc8", fc, classes)]


NETWORKS = {
    name + suffix: Design(
        table=partial(table, convolutions=convolutions, batch_norm=bool(suffix)),
        default_layer="relu4_2",
        preprocessing=TORCHVISION,
    )
    for suffix in ("", "_bn")
    for name, convolutions in TABLE_1.items()
}
