"""SqueezeNet: AlexNet's accuracy with a fiftieth of its weights.

Iandola et al. 2016.  Its building block is the Fire module (section 3.2): a 1×1 convolution
squeezes the channels to a few, and from these two convolutions, 1×1 and 3×3, expand again:

    x ─ squeeze1x1 ─ relu ─┬─ expand1x1 ─ relu ─┐
                           └─ expand3x3 ─ relu ─┴─ concat

There is no fully connected layer: conv10 makes a feature map per class, and its mean is the score.

    squeezenet1_0           the paper's table 1, as in torchvision
    squeezenet1_0_caffe     the authors' own, whose conv10 has a border of zeros around it
    squeezenet1_1           their later one: 3×3 in conv1 and earlier pooling, 2.4 times less work

Read before: alexnet.py.  Read next: googlenet.py.
"""

from functools import partial

from models.design import Design
from models.layers import Concat, Conv, Dropout, GlobalAvgPool, MaxPool, Relu
from models.preprocess import TORCHVISION, Preprocessing


def fire(name, channels_in, squeeze, expand):
    """Write out a Fire module, which gives 2 · expand channels."""
    return [
        Conv(f"{name}/squeeze1x1", channels_in, squeeze, 1),
        Relu(f"{name}/relu_squeeze1x1"),
        Conv(f"{name}/expand1x1", squeeze, expand, 1),
        Relu(f"{name}/relu_expand1x1"),
        Conv(
            f"{name}/expand3x3", squeeze, expand, 3, padding=1, after=(f"{name}/relu_squeeze1x1",)
        ),
        Relu(f"{name}/relu_expand3x3"),
        Concat(f"{name}/concat", after=(f"{name}/relu_expand1x1", f"{name}/relu_expand3x3")),
    ]


def pool(name):
    """3×3 with stride 2; a last row that fills no whole window is seen all the same."""
    return MaxPool(name, 3, stride=2, ceil_mode=True)


def version_1_0(classes, border=0):
    """Write out table 1 of the paper; `border` is the padding of conv10."""
    return [
        Conv("conv1", 3, 96, 7, stride=2),
        Relu("relu_conv1"),
        pool("pool1"),
        *fire("fire2", 96, 16, 64),
        *fire("fire3", 128, 16, 64),
        *fire("fire4", 128, 32, 128),
        pool("pool4"),
        *fire("fire5", 256, 32, 128),
        *fire("fire6", 256, 48, 192),
        *fire("fire7", 384, 48, 192),
        *fire("fire8", 384, 64, 256),
        pool("pool8"),
        *fire("fire9", 512, 64, 256),
        *classifier(classes, border),
    ]


def version_1_1(classes):
    """Write out the authors' second version."""
    return [
        Conv("conv1", 3, 64, 3, stride=2),
        Relu("relu_conv1"),
        pool("pool1"),
        *fire("fire2", 64, 16, 64),
        *fire("fire3", 128, 16, 64),
        pool("pool3"),
        *fire("fire4", 128, 32, 128),
        *fire("fire5", 256, 32, 128),
        pool("pool5"),
        *fire("fire6", 256, 48, 192),
        *fire("fire7", 384, 48, 192),
        *fire("fire8", 384, 64, 256),
        *fire("fire9", 512, 64, 256),
        *classifier(classes),
    ]


def classifier(classes, border=0):
    """A feature map for each class, and its mean as the score."""
    return [
        Dropout("drop9", 0.5),
        Conv("conv10", 512, classes, 1, padding=border),
        Relu("relu_conv10"),
        GlobalAvgPool("pool10"),
    ]


CAFFE = Preprocessing(
    channel_order="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), resize=256, crop=227
)
NETWORKS = {
    "squeezenet1_0": Design(version_1_0, "fire7/concat", TORCHVISION),
    "squeezenet1_0_caffe": Design(partial(version_1_0, border=1), "fire7/concat", CAFFE),
    "squeezenet1_1": Design(version_1_1, "fire7/concat", TORCHVISION),
}
