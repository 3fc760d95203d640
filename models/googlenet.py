"""GoogLeNet: look through windows of several sizes at once, and let the next layer choose.

Szegedy et al. 2015, "Going deeper with convolutions".  The Inception module (figure 2b) has four
branches, two of which first reduce the channels by 1×1 convolutions:

    x ─┬─ 1x1 ──────────────────┐
       ├─ 3x3_reduce ─ 3x3 ─────┤
       ├─ 5x5_reduce ─ 5x5 ─────┼─ concat            every convolution with batch norm and relu
       └─ pool ─ pool_proj ─────┘

This is torchvision's network, converted from TensorFlow: with batch normalisation (ε = 10⁻³), no
bias, ceil-mode pooling, and a "5x5" that is 3×3 in truth, a mistake that its published weights have
made permanent.  The two auxiliary classifiers, which serve training alone, are left out.  Its
`transform_input` turns pixels that were normalised by ImageNet's mean and deviation into
x/127.5 − 1; here the preprocessing does that at once.

Read before: squeezenet.py.  Read next: description.py.
"""

from models.design import Design
from models.layers import BatchNorm, Concat, Conv, Dropout, GlobalAvgPool, Linear, MaxPool, Relu
from models.preprocess import TORCHVISION


def conv(names, channels_in, channels, kernel_size, stride=1, padding=0, after=()):
    """Write out convolution, batch norm and relu, under these three names."""
    name, norm, relu = names
    return [
        Conv(name, channels_in, channels, kernel_size, stride, padding, bias=False, after=after),
        BatchNorm(norm, channels, eps=1e-3),
        Relu(relu),
    ]


def inception(module, x, channels_in, n1x1, reduce3x3, n3x3, reduce5x5, n5x5, proj):
    """Write out a module that reads layer x; the sizes are a line of the paper's table 1."""

    def branch(name, channels_in, channels, kernel_size, after=()):
        names = f"{module}/{name}", f"{module}/bn_{name}", f"{module}/relu_{name}"
        return conv(names, channels_in, channels, kernel_size, 1, kernel_size // 2, after)

    ends = "relu_1x1", "relu_3x3", "relu_5x5", "relu_pool_proj"
    return [
        *branch("1x1", channels_in, n1x1, 1, after=(x,)),
        *branch("3x3_reduce", channels_in, reduce3x3, 1, after=(x,)),
        *branch("3x3", reduce3x3, n3x3, 3),
        *branch("5x5_reduce", channels_in, reduce5x5, 1, after=(x,)),
        *branch("5x5", reduce5x5, n5x5, 3),
        MaxPool(f"{module}/pool", 3, stride=1, padding=1, ceil_mode=True, after=(x,)),
        *branch("pool_proj", channels_in, proj, 1),
        Concat(f"{module}/concat", after=tuple(f"{module}/{end}" for end in ends)),
    ]


def table(classes):
    """Write out table 1 of the paper."""
    return [
        *conv(("conv1", "bn1", "relu1"), 3, 64, 7, stride=2, padding=3),
        MaxPool("pool1", 3, stride=2, ceil_mode=True),
        *conv(("conv2", "bn2", "relu2"), 64, 64, 1),
        *conv(("conv3", "bn3", "relu3"), 64, 192, 3, padding=1),
        MaxPool("pool2", 3, stride=2, ceil_mode=True),
        #           module         reads                   in  1x1 3x3r  3x3 5x5r 5x5 proj
        *inception("inception3a", "pool2",              192,  64,  96, 128,  16,  32,  32),
        *inception("inception3b", "inception3a/concat", 256, 128, 128, 192,  32,  96,  64),
        MaxPool("pool3", 3, stride=2, ceil_mode=True),
        *inception("inception4a", "pool3",              480, 192,  96, 208,  16,  48,  64),
        *inception("inception4b", "inception4a/concat", 512, 160, 112, 224,  24,  64,  64),
        *inception("inception4c", "inception4b/concat", 512, 128, 128, 256,  24,  64,  64),
        *inception("inception4d", "inception4c/concat", 512, 112, 144, 288,  32,  64,  64),
        *inception("inception4e", "inception4d/concat", 528, 256, 160, 320,  32, 128, 128),
        MaxPool("pool4", 2, stride=2, ceil_mode=True),
        *inception("inception5a", "pool4",              832, 256, 160, 320,  32, 128, 128),
        *inception("inception5b", "inception5a/concat", 832, 384, 192, 384,  48, 128, 128),
        GlobalAvgPool("avgpool"),
        Dropout("drop", 0.2),
        Linear("fc", 1024, classes),
    ]


NETWORKS = {
    "googlenet": Design(
        table,
        default_layer="inception4c/concat",
        preprocessing=TORCHVISION._replace(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    )
}
