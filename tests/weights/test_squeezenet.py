"""Real weights on real photos: what ImageNet's classes are called, and how often it is right."""

import numpy as np
import pytest

import models
from weights.convert import convert


@pytest.fixture(scope="module")
def net(shared_data, tmp_path_factory):
    target = tmp_path_factory.mktemp("weights") / "squeezenet.h5"
    source = shared_data / "squeezenet" / "compressed_SqueezeNet.net"
    convert(source, target, "squeezenet1_0_caffe")
    return models.load("squeezenet1_0_caffe", target)


@pytest.fixture(scope="module")
def photos(shared_data):
    return sorted((shared_data / "imagenet_sample").glob("*.jpg"))


def share_right(net, photos, first):
    right = 0
    for start in range(0, len(photos), 20):
        files = photos[start : start + 20]
        x = np.concatenate([net.pixels(file) for file in files])
        best = net(x)["pool10"].argsort(axis=1)[:, ::-1][:, :first]        # (20, first)
        labels = [int(file.name[:3]) for file in files]
        right += sum(label in row for label, row in zip(labels, best, strict=True))
    return right / len(photos)


def test_the_class_is_first_on_58_and_among_five_on_75_of_100_photos(net, photos):
    assert share_right(net, photos, 1) >= 0.58
    assert share_right(net, photos, 5) >= 0.75


def test_with_the_colours_in_the_other_order_it_is_often_wrong(net, photos):
    right = share_right(net, photos[::4], 1)
    net.preprocessing = net.preprocessing._replace(channel_order="RGB", mean=(123.0, 117.0, 104.0))
    assert share_right(net, photos[::4], 1) < right - 0.1
