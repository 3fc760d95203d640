"""Segmentation on the device: every segmenter, a step of training, averaged looks."""

import numpy as np
import pytest
from alike import image, on_both

import models
from minigrad.optim import Adam
from minigrad.techniques import pixel_probabilities, segmented, train, uncertainty

SMALL = {"width": 4, "levels": 3}
LABELS = np.random.default_rng(1).integers(0, 3, (2, 19, 19))


def network(name, device):
    return models.build(name, classes=3, device=device, dtype="float64", attributes=SMALL)


@pytest.mark.parametrize("name", ["unet", "deconvnet", "recurrent", "multiscale"])
def test_a_step_of_training_is_that_of_the_cpu(name):
    """With weights of the classes and a label that counts for nothing, on host or device."""
    labels = np.where(LABELS == 2, 255, LABELS)

    def trained(to, device):
        batches = [(to(image(19, 2)), labels)] * 2
        steps = list(train(network(name, device), batches, optimiser=Adam(), lr=0.01,
                           weight=np.array([1, 2.0, 1]), void=255))
        return [dict(steps[0].params), list(steps[0].outcome)]

    on_both(trained, 1e-6)


@pytest.mark.parametrize("name", ["fcn8s_minivgg", "dilated_minivgg", "unet_minivgg"])
def test_scores_of_every_pixel_are_those_of_the_cpu(name):
    on_both(lambda to, device: network(name, device).scores(to(image(40))))


def test_averaged_looks_and_what_is_unsure_are_those_of_the_cpu():
    def looked(to, device):
        net, x = network("unet", device), to(image(19, 2))
        p = pixel_probabilities(net, x, flips=True, turns=4, scales=(0.7, 1))
        return [p, uncertainty(p)]

    on_both(looked)


def test_confusions_are_counted_on_the_host():
    def counted(to, device):
        return segmented(network("unet", device), [(image(19, 2), LABELS)], flips=True).tolist()

    on_both(counted)
