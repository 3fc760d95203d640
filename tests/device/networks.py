"""The networks that the tests of this folder share, made once for each device."""

import functools

import models


@functools.cache
def network(name, device, dtype="float64", classes=4):
    """A network with random weights."""
    return models.build(name, classes=classes, device=device, dtype=dtype)


@functools.cache
def shipped(device, dtype="float32"):
    """MiniVGG with the weights of the clone."""
    return models.load("minivgg", device=device, dtype=dtype)


def small(device):
    return network("minivgg", device, "float64", 5)
