"""Instances on the device: a step of training, and what is found."""

import numpy as np
import pytest
from alike import image, on_both

import models
from minigrad.optim import SGD
from minigrad.techniques import detect
from minigrad.techniques.learn.instances import Objects, step

BOXES = np.array([[2.0, 3, 14, 17], [12, 10, 30, 31]])
MASKS = np.zeros((2, 32, 32), bool)
MASKS[0, 4:16, 3:13], MASKS[1, 12:31, 13:29] = True, True
OBJECTS = Objects(BOXES, np.array([1, 3]), MASKS)


def network(name, device):
    return models.build(name, classes=4, device=device, dtype="float64", attributes={"width": 2})


@pytest.mark.parametrize("name", models.detectors())
def test_a_step_of_training_is_that_of_the_cpu(name):
    def trained(to, device):
        net = network(name, device)
        params, outcome = step(net, net.params, to(image(32, 2)), [OBJECTS] * 2, SGD(), 0.01,
                               np.random.default_rng(0))
        return [dict(params), list(outcome)]

    on_both(trained, 1e-6)


@pytest.mark.parametrize("name", models.detectors())
def test_what_is_found_is_that_of_the_cpu_and_on_the_host(name):
    def found(to, device):
        (one,) = detect(network(name, device), to(image(32)), least=0.01)
        assert all(isinstance(part, np.ndarray) for part in one)
        return [one.boxes.round(6).tolist(), one.scores.round(6).tolist(), one.masks.tolist()]

    on_both(found)
