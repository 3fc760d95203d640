"""LeNet: two convolutions and two fully connected layers, for digits of 28×28 pixels.

LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition",
in the form that has been handed on since: relus in place of sigmoids, max pooling, 20 and 50
channels and 500 units.  Like all networks here it takes RGB, 0–255; a grey digit is three equal
channels, white on black, and black is zero.

With `classes` its last layer has a score for each.  As an embedding it has no classes: the same
layer gives the place of an image in a space of so many dimensions (Hadsell et al. 2006; see
techniques/learn/metric.py).  An average pooling lets larger images in, as MiniVGG's does.

Read before: googlenet.py.  Read next: description.py.
"""

from models.design import Design
from models.layers import AdaptiveAvgPool, Conv, Linear, MaxPool, Relu
from models.preprocess import Preprocessing


def table(classes):
    """Write out the network; `classes` is how many numbers come out, scores or dimensions."""
    return [
        Conv("conv1", 3, 20, 5),
        Relu("relu1"),
        MaxPool("pool1", 2, stride=2),
        Conv("conv2", 20, 50, 5),
        Relu("relu2"),
        MaxPool("pool2", 2, stride=2),
        AdaptiveAvgPool("avgpool", 4),
        Linear("fc3", 50 * 4 * 4, 500),
        Relu("relu3"),
        Linear("fc4", 500, classes),
    ]


NETWORKS = {
    "lenet": Design(
        table,
        default_layer="relu2",
        preprocessing=Preprocessing(std=(0.3,) * 3, resize=28, crop=28),
        classes=10,
    )
}
