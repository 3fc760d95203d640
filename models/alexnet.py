"""AlexNet: five convolutions, three fully connected layers, and the field changed.

Krizhevsky, Sutskever and Hinton 2012, in the form that fits on one GPU (Krizhevsky 2014, "One weird
trick for parallelizing convolutional neural networks", without the response normalisation), which
is torchvision's.  Large windows with large strides first: conv1 looks at 11×11 pixels, and its
filters can be looked at (python -m demos filters).  VGG replaced them by many of 3×3.

Read before: fold.py.  Read next: squeezenet.py.
"""

from models.design import Design
from models.layers import AdaptiveAvgPool, Conv, Dropout, Linear, MaxPool, Relu
from models.preprocess import TORCHVISION


def table(classes):
    """Write out the network: for each layer channels in and out, window, stride and padding."""
    return [
        Conv("conv1", 3, 64, 11, stride=4, padding=2),
        Relu("relu1"),
        MaxPool("pool1", 3, stride=2),
        Conv("conv2", 64, 192, 5, padding=2),
        Relu("relu2"),
        MaxPool("pool2", 3, stride=2),
        Conv("conv3", 192, 384, 3, padding=1),
        Relu("relu3"),
        Conv("conv4", 384, 256, 3, padding=1),
        Relu("relu4"),
        Conv("conv5", 256, 256, 3, padding=1),
        Relu("relu5"),
        MaxPool("pool5", 3, stride=2),
        AdaptiveAvgPool("avgpool", 6),
        Dropout("drop6", 0.5),
        Linear("fc6", 256 * 6 * 6, 4096),
        Relu("relu6"),
        Dropout("drop7", 0.5),
        Linear("fc7", 4096, 4096),
        Relu("relu7"),
        Linear("fc8", 4096, classes),
    ]


NETWORKS = {"alexnet": Design(table, default_layer="relu5", preprocessing=TORCHVISION)}
