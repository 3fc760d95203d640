"""The tables are the published networks: parameters, multiplications, shapes, names."""

import math
import subprocess
import sys

import pytest

import models
from models import description

PUBLISHED = {  # parameters, and billions of multiplications in convolutions and fc layers at 224
    "vgg11": (132_863_336, 7.61),
    "vgg13": (133_047_848, 11.31),
    "vgg16": (138_357_544, 15.47),
    "vgg19": (143_667_240, 19.63),
    "vgg11_bn": (132_868_840, 7.61),
    "vgg13_bn": (133_053_736, 11.31),
    "vgg16_bn": (138_365_992, 15.47),
    "vgg19_bn": (143_678_248, 19.63),
    "alexnet": (61_100_840, 0.71),
    "squeezenet1_0": (1_248_424, 0.82),
    "squeezenet1_1": (1_235_496, 0.35),
    "googlenet": (6_624_904, 1.50),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_and_multiplications_are_the_published_ones(name):
    net = models.table(name)
    rows = list(description.rows(net))
    parameters, billions = PUBLISHED[name]
    assert sum(row.parameters for row in rows) == parameters
    products = sum(
        row.multiplications for row in rows if type(net.layers[row.layer]).__name__ != "BatchNorm"
    )
    assert round(products / 1e9, 2) == billions


@pytest.mark.parametrize("name", models.names())
def test_the_last_layer_gives_a_score_per_class_and_the_default_layer_exists(name):
    net = models.table(name, classes=7)
    assert list(net.output_shapes().values())[-1] == (7,)
    assert net.class_count == 7 and net.classes == []
    assert net.default_layer in net.layers


@pytest.mark.parametrize(
    "name, layer, shape",
    [
        ("vgg16", "relu4_2", (512, 28, 28)),
        ("vgg16", "pool5", (512, 7, 7)),
        ("minivgg", "pool5", (256, 4, 4)),
        ("alexnet", "conv1", (64, 55, 55)),
        ("alexnet", "pool5", (256, 6, 6)),
        ("squeezenet1_0", "conv10", (1000, 13, 13)),
        ("squeezenet1_0_caffe", "conv10", (1000, 15, 15)),
        ("squeezenet1_1", "fire9/concat", (512, 13, 13)),
        ("googlenet", "inception3b/concat", (480, 28, 28)),
        ("googlenet", "inception5b/concat", (1024, 7, 7)),
    ],
)
def test_feature_maps_have_the_published_sizes(name, layer, shape):
    assert models.table(name).output_shapes()[layer] == shape


def test_vgg_names_are_the_fields():
    assert list(models.table("vgg11").layers) == [
        "conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1", "pool2",
        "conv3_1", "relu3_1", "conv3_2", "relu3_2", "pool3",
        "conv4_1", "relu4_1", "conv4_2", "relu4_2", "pool4",
        "conv5_1", "relu5_1", "conv5_2", "relu5_2", "pool5", "avgpool",
        "fc6", "relu6", "drop6", "fc7", "relu7", "drop7", "fc8",
    ]  # fmt: skip
    assert "bn3_2" in models.table("vgg11_bn").layers


def test_minivgg_fits_into_ten_megabytes_of_half_precision():
    assert 2 * sum(math.prod(shape) for shape in models.table("minivgg").shapes.values()) < 9.6e6


def test_a_table_makes_no_array():
    net = models.table("vgg19")
    assert net.shapes["fc6/weight"] == (4096, 25088) and net.params == {}


def test_imagenets_classes_come_with_its_networks():
    net = models.table("squeezenet1_1")
    assert len(net.classes) == 1000
    assert net.classes[0] == "tench" and net.classes[574] == "golf ball"


@pytest.mark.parametrize(
    "classes, says", [(1, "two classes at least"), (["cat"], "two classes"), ([], "two classes")]
)
def test_one_class_is_refused(classes, says):
    with pytest.raises(ValueError, match=says):
        models.table("minivgg", classes=classes)


def run(*arguments):
    command = [sys.executable, "-m", "models", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_prints_a_table():
    done = run("vgg16")
    assert done.returncode == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("conv4_2"))
    assert line.split() == ["conv4_2", "512×28×28", "2,359,808", "76×76", "1,849,688,064"]


def test_the_command_lists_every_network_with_what_it_sees():
    lines = [line.split() for line in run().stdout.splitlines()]
    sees = {words[0]: int(words[-1]) for words in lines if words and words[-1].isdecimal()}
    assert list(sees) == models.names() + models.segmenters() + models.detectors()
    # Yu and Koltun 2016, table 1: the context module's 67; vgg16's pool5 is known to see 212
    assert (sees["vgg16"], sees["context"], sees["context_plain"], sees["lenet"]) == (
        212, 67, 15, 16)


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["vgg61"], "models: there is no network 'vgg61'; did you mean vgg19 or vgg16?"),
        (["vgg16", "--size", "20"], "models: 20×20 pixels are too few for vgg16"),
        (["vgg16", "--size", "-3"], "models: -3×-3 pixels are too few for vgg16"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_sentence(arguments, says):
    done = run(*arguments)
    assert done.returncode == 2 and done.stderr.startswith(says)
    assert done.stderr.count("\n") == 1
