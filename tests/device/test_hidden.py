"""Maps that are made by hiding: occlusion, RISE and Score-CAM."""

import cupy
import numpy as np
import pytest
from alike import image, on_both
from networks import small

from minigrad.techniques import class_probability, class_score, occlusion, rise, score_cam, unit


@pytest.mark.parametrize("fill", ["mean", "grey", "blur", "noise", (255, 0, 9)])
def test_occlusion_is_that_of_the_cpu_with_each_fill(fill):
    def looked(to, device):
        net, x = small(device), to(image(32, 2))
        return list(occlusion(net, x, class_score(2), window=20, fill=fill))

    on_both(looked)


def test_occlusion_of_a_unit_is_that_of_the_cpu():
    def looked(to, device):
        found = occlusion(small(device), to(image(32)), unit("relu2_1", 3, 4, 5), window=20)
        return list(found[:2])

    on_both(looked)


def test_rise_is_that_of_the_cpu_with_drawn_and_with_given_masks():
    given = np.random.default_rng(0).uniform(0, 1, (5, 32, 32))

    def looked(to, device):
        net, x = small(device), to(image(32, 2))
        return [rise(net, x, class_probability(2), masks=masks) for masks in (40, to(given))]

    on_both(looked)


def test_score_cam_is_that_of_the_cpu():
    on_both(lambda to, device: score_cam(small(device), to(image(32, 2)), class_score(1),
                                         layer="relu2_2"))


def test_masks_of_the_other_device_are_taken():
    x, masks = cupy.asarray(image(32)), np.ones((3, 32, 32))
    assert isinstance(rise(small("cuda"), x, class_score(1), masks=masks), cupy.ndarray)
