"""Where weights are published, with the hashes that their publishers give.

Accuracies are the publishers' own, on the 50,000 validation images of ILSVRC 2012, in per cent.

Read before: names.py.  Read next: convert.py.
"""

from typing import NamedTuple


class Published(NamedTuple):
    """A file that somebody offers, and what is known of it."""

    model: str
    address: str
    hash: str | None  # "sha256:…" (all digits or the first), "md5:…"; None: none is published
    top1: float | None
    top5: float | None
    licence: str

    def is_hash(self, found: str) -> bool:
        """Compare "sha256:…" or "md5:…" of a file, all digits, with what is published."""
        return self.hash is not None and found.startswith(self.hash)


def _torchvision(model, digits, top1, top5, stem=None):
    file = f"{stem or model}-{digits}.pth"
    address = f"https://download.pytorch.org/models/{file}"
    return Published(model, address, f"sha256:{digits}", top1, top5, "BSD-3-Clause")


def _keras(depth, md5):
    address = (
        "https://github.com/fchollet/deep-learning-models/releases/download/v0.1/"
        f"vgg{depth}_weights_tf_dim_ordering_tf_kernels.h5"
    )
    return Published(f"vgg{depth}", address, f"md5:{md5}", None, None, "CC BY 4.0")


def _caffe(depth):
    address = (
        "https://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/"
        f"VGG_ILSVRC_{depth}_layers.caffemodel"
    )
    return Published(f"vgg{depth}", address, None, None, None, "CC BY 4.0")


PUBLISHED = {
    "vgg11": _torchvision("vgg11", "8a719046", 69.020, 88.628),
    "vgg13": _torchvision("vgg13", "19584684", 69.928, 89.246),
    "vgg16": _torchvision("vgg16", "397923af", 71.592, 90.382),
    "vgg19": _torchvision("vgg19", "dcbb9e9d", 72.376, 90.876),
    "vgg11_bn": _torchvision("vgg11_bn", "6002323d", 70.370, 89.810),
    "vgg13_bn": _torchvision("vgg13_bn", "abd245e5", 71.586, 90.374),
    "vgg16_bn": _torchvision("vgg16_bn", "6c64b313", 73.360, 91.516),
    "vgg19_bn": _torchvision("vgg19_bn", "c79401a0", 74.218, 91.842),
    "alexnet": _torchvision("alexnet", "7be5be79", 56.522, 79.066, "alexnet-owt"),
    "squeezenet1_0": _torchvision("squeezenet1_0", "b66bff10", 58.092, 80.420),
    "squeezenet1_1": _torchvision("squeezenet1_1", "b8a52dc0", 58.178, 80.624),
    "googlenet": _torchvision("googlenet", "1378be20", 69.778, 89.530),
    "vgg16_keras": _keras(16, "64373286793e3c8b2b4e3219cbf3544b"),
    "vgg19_keras": _keras(19, "cbe5617147190e668d6c5d5026f83318"),
    "vgg16_caffe": _caffe(16),
    "vgg19_caffe": _caffe(19),
    "squeezenet1_0_caffe": Published(
        "squeezenet1_0_caffe",
        "https://github.com/songhan/SqueezeNet-Deep-Compression/raw/master/"
        "compressed_SqueezeNet.net",
        "sha256:e4ab6960ae8cd81505e1c2136921201507e930966c53deaf15862a395b3a3261",
        None, None, "BSD-2-Clause",
    ),
}
