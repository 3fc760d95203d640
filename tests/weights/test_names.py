"""Publishers' names and layouts become ours."""

import numpy as np
import pytest

import models
from weights import names

CONVOLUTIONS = {  # where torchvision's convolutions stand in `features`
    "vgg11": (0, 3, 6, 8, 11, 13, 16, 18),
    "vgg13": (0, 2, 5, 7, 10, 12, 15, 17, 20, 22),
    "vgg16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    "vgg19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
    "vgg11_bn": (0, 4, 8, 11, 15, 18, 22, 25),
    "vgg13_bn": (0, 3, 7, 10, 14, 17, 21, 24, 28, 31),
    "vgg16_bn": (0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40),
    "vgg19_bn": (0, 3, 7, 10, 14, 17, 20, 23, 27, 30, 33, 36, 40, 43, 46, 49),
    "alexnet": (0, 3, 6, 8, 10),
}


def torch_names(name):
    net = models.table(name)
    weighted = [layer.name for layer in net.layers.values() if layer.shapes]
    return {layer: names.torch_layer(net, layer) for layer in weighted}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_chains_table_tells_torchvisions_numbers(name):
    found = torch_names(name)
    places = [theirs for ours, theirs in found.items() if ours.startswith("conv")]
    assert places == [f"features.{i}" for i in CONVOLUTIONS[name]]
    norms = [theirs for ours, theirs in found.items() if ours.startswith("bn")]
    assert norms == [f"features.{i + 1}" for i in CONVOLUTIONS[name]] * name.endswith("_bn")
    heads = [theirs for ours, theirs in found.items() if ours.startswith("fc")]
    places = (1, 4, 6) if name == "alexnet" else (0, 3, 6)
    assert heads == [f"classifier.{i}" for i in places]


@pytest.mark.parametrize(
    ("name", "fires"),
    [
        ("squeezenet1_0", (3, 4, 5, 7, 8, 9, 10, 12)),
        ("squeezenet1_1", (3, 4, 6, 7, 9, 10, 11, 12)),
    ],
)
def test_a_fire_counts_as_one(name, fires):
    found = torch_names(name)
    assert found["conv1"] == "features.0" and found["conv10"] == "classifier.1"
    squeezes = [found[f"fire{n}/squeeze1x1"] for n in range(2, 10)]
    assert squeezes == [f"features.{i}.squeeze" for i in fires]
    assert found["fire9/expand3x3"] == "features.12.expand3x3"


def test_googlenets_branches():
    found = torch_names("googlenet")
    assert found["conv1"] == "conv1.conv" and found["bn3"] == "conv3.bn" and found["fc"] == "fc"
    assert found["inception4c/1x1"] == "inception4c.branch1.conv"
    assert found["inception4c/bn_3x3_reduce"] == "inception4c.branch2.0.bn"
    assert found["inception4c/5x5"] == "inception4c.branch3.1.conv"
    assert found["inception4c/bn_pool_proj"] == "inception4c.branch4.1.bn"


class Chain:
    """One convolution and two fully connected layers, in the manner of VGG."""

    name = "chain"

    def __init__(self):
        table = models.table("vgg11").layers
        self.layers = {name: table[name] for name in ("conv1_1", "avgpool", "fc6", "fc7")}
        self.shapes = {"conv1_1/weight": (2, 3, 3, 3), "conv1_1/bias": (2,)}
        self.shapes |= {"fc6/weight": (5, 2 * 49), "fc6/bias": (5,)}
        self.shapes |= {"fc7/weight": (4, 5), "fc7/bias": (4,)}


@pytest.fixture
def ours(rng):
    return {name: rng.normal(size=shape) for name, shape in Chain().shapes.items()}


def check(found, ours):
    assert list(found) == list(ours)
    assert all(np.array_equal(found[name], ours[name]) for name in ours)


def test_keras_reads_fc6_position_by_position(ours):
    keras = {}
    for (name, a), letter in zip(ours.items(), "aabbcc", strict=True):
        keras[f"{letter}/{int(name.endswith('bias'))}"] = a.T if a.ndim == 2 else a
    keras["a/0"] = ours["conv1_1/weight"].transpose(2, 3, 1, 0)
    by_channel = ours["fc6/weight"].reshape(5, 2, 7, 7)
    keras["b/0"] = by_channel.transpose(2, 3, 1, 0).reshape(98, 5)
    check(names.from_keras(keras, Chain()), ours)


def test_caffe_may_write_a_matrix_with_axes_of_one(ours):
    caffe = {}
    for (name, a), letter in zip(ours.items(), "aabbcc", strict=True):
        a = a if a.ndim == 4 else a.reshape((1,) * (4 - a.ndim) + a.shape)
        caffe[f"{letter}/{int(name.endswith('bias'))}"] = a
    check(names.from_caffe(caffe, Chain()), ours)


def test_matconvnet_writes_matrices_as_convolutions(ours):
    mat = {}
    for (name, a), letter in zip(ours.items(), "aabbcc", strict=True):
        mat[f"{letter}/{int(name.endswith('bias'))}"] = a.T if a.ndim == 2 else a
    mat["a/0"] = ours["conv1_1/weight"].transpose(2, 3, 1, 0)
    mat["b/0"] = ours["fc6/weight"].reshape(5, 2, 7, 7).transpose(2, 3, 1, 0)
    check(names.from_matconvnet(mat, Chain()), ours)


def test_timm_calls_the_classifier_otherwise():
    net = models.table("vgg16")
    arrays = {
        "features.28.weight": np.empty((512, 512, 3, 3)),
        "pre_logits.fc1.weight": np.broadcast_to(np.float16(0), (4096, 512, 7, 7)),
        "pre_logits.fc2.bias": np.empty(4096),
        "head.fc.weight": np.empty((1000, 4096)),
    }
    found = names.from_torch(arrays, net)
    assert list(found) == ["conv5_3/weight", "fc6/weight", "fc7/bias", "fc8/weight"]


def test_what_only_training_needs_is_left_out():
    arrays = {"aux1.conv.weight": 0, "conv1.bn.num_batches_tracked": 0, "fc.bias": np.empty(1000)}
    assert list(names.from_torch(arrays, models.table("googlenet"))) == ["fc/bias"]
