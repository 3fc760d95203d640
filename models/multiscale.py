r"""Multi-scale features: the same filters look at the photo at several sizes.

Farabet, Couprie, Najman and LeCun 2013, "Learning hierarchical features for scene labeling",
section 3.  What a pixel is tells a small piece around it, in detail, and a large one, coarsely.  So
the photo becomes a pyramid, each level half as large as the one above; one network f with one set
of weights reads every level; and the features of all levels come to the places of the finest:

    x_1 = photo        x_2s = x_s, halved        s = 1, 2, 4
    F_s = f(normal(x_s))
    F   = [F_1, up(F_2), up(F_4)]                score = up(W₂ · relu(W₁ · F))

f is three convolutions of 7×7, a pooling of 2×2 behind the first two, and sees 46 pixels: of the
photo that are 46, 92 and 184.  It has no weight more for that: its gradient is the sum over the
levels.  The last line is a classifier of single places, four pixels apart; all that it knows of the
others is in F.

Before, every level is normalised where it stands, so that a photo's shade is as good as its light:

    μ, σ = mean and deviation of the k × k pixels around        y = (x − μ) / √(σ² + ε)

Some things differ from the paper.  As in the other networks here relu stands for tanh, and channels
double from one convolution to the next (16, 64, 256 in the paper).  Its pyramid is a Laplacian one,
of the details that each level adds; here a level has them all, and the normalisation takes away
what is common to a neighbourhood.  The superpixels that it cleans its labels with are left out.

Read before: recurrent.py, which shares weights, too.  Read next: mask_rcnn.py.
"""

from dataclasses import dataclass
from typing import ClassVar

from minigrad import ops
from minigrad.backend import array_module
from minigrad.tensor import data_of
from models.design import Design
from models.layers import Concat, Conv, Image, Layer, MaxPool, Relu
from models.layers_up import Upsample
from models.preprocess import TORCHVISION


@dataclass(frozen=True)
class Halve(Layer):
    """Half as many rows and columns: the mean of 2 × 2 pixels, at an odd end of what there is."""

    window: ClassVar = (2, 2, 0)

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → (N, C, ⌈H/2⌉, ⌈W/2⌉)."""
        return ops.avg_pool2d(x, 2, ceil_mode=True)

    def output_shape(self, shape):
        """Rounded up."""
        return shape[0], *(-(-n // 2) for n in shape[1:])


@dataclass(frozen=True)
class LocalNorm(Layer):
    """Local contrast normalisation, of each channel, over size × size pixels around; size is odd.

    eps is ε, so large that the grain of a plain sky stays grain.
    """

    size: int = 15
    eps: float = 0.01

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → the same shape."""
        here = self.sums(array_module(data_of(x)).ones_like(data_of(x)[:1, :1]))
        μ, square = self.sums(x) / here, self.sums(x * x) / here
        # y = (x − μ) / √(σ² + ε)        σ² = mean of x² − μ²
        return (x - μ) / ops.sqrt(square - μ * μ + self.eps)

    def sums(self, x):
        """Sum over the pixels around that there are, divided by size²: columns, then rows."""
        k, p = self.size, self.size // 2
        return ops.avg_pool2d(ops.avg_pool2d(x, (k, 1), 1, (p, 0)), (1, k), 1, (0, p))

    @property
    def window(self):
        """The pixels around."""
        return self.size, 1, self.size // 2


def table(classes, width=16, scales=3):
    """Write out the levels below one another; those of s2, s4, … share the weights of s1.

    Args:
        classes: how many, the number of scores of a pixel.
        width: channels of the first convolution; each has twice as many as the one before.
        scales: how many levels the pyramid has.
    """
    layers, features, image = [Image("image")], [], "image"
    for s in (2**n for n in range(scales)):
        if s > 1:
            layers.append(Halve(f"s{s}/image", after=(image,)))
            image = f"s{s}/image"
        layers.append(LocalNorm(f"s{s}/normal"))
        layers += level(f"s{s}", width, "s1" if s > 1 else "")
        if s > 1:
            layers.append(Upsample(f"s{s}/up", s, after=(f"s{s}/relu3", "s1/relu3")))
        features.append(layers[-1].name)
    found = 4 * width * scales                                              # channels of F
    return [
        *layers,
        Concat("features", after=tuple(features)),
        Conv("classify", found, 4 * width, 1),
        Relu("relu_classify"),
        Conv("score_classify", 4 * width, classes, 1),
        Upsample("score", 4, after=("score_classify", "image")),
    ]


def level(name, width, shared):
    """Write out f: 7×7, pooling, 7×7, pooling, 7×7, with its own weights or those of `shared`."""
    layers, channels_in = [], 3
    for i, channels in enumerate((width, 2 * width, 4 * width), start=1):
        shares = f"{shared}/conv{i}" if shared else ""
        layers += [
            Conv(f"{name}/conv{i}", channels_in, channels, 7, padding=3, shares=shares),
            Relu(f"{name}/relu{i}"),
        ]
        if i < 3:
            layers.append(MaxPool(f"{name}/pool{i}", 2, stride=2, ceil_mode=True))
        channels_in = channels
    return layers


NETWORKS = {
    "multiscale": Design(
        table,
        default_layer="s1/relu3",
        preprocessing=TORCHVISION._replace(resize=128, crop=128),
        classes=4,
        settings={"width": 16, "scales": 3},
    )
}
