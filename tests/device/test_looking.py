"""Maps made of gradients: on the device they are those of the CPU."""

import pytest
from alike import image, on_both
from networks import small

from minigrad.techniques import (
    class_score,
    grad_cam,
    grad_cam_plus_plus,
    guided_grad_cam,
    input_times_gradient,
    integrated_gradients,
    smooth_gradient,
)
from minigrad.techniques.baselines import BASELINES

MAPS = {
    "input × gradient": lambda *asked: [input_times_gradient(*asked)],
    "SmoothGrad": lambda *asked: list(smooth_gradient(*asked, samples=2)),
    "Grad-CAM": lambda *asked: [grad_cam(*asked, layer="relu2_2")],
    "Grad-CAM++": lambda *asked: [grad_cam_plus_plus(*asked, layer="relu2_2")],
    "guided Grad-CAM": lambda *asked: [guided_grad_cam(*asked, layer="relu2_2")],
    "integrated gradients": lambda *asked: list(
        integrated_gradients(*asked, baselines=list(BASELINES), steps=3, batch=2)
    ),
}


@pytest.mark.parametrize("name", MAPS)
def test_a_map_is_that_of_the_cpu(name):
    on_both(lambda to, device: MAPS[name](small(device), to(image(32)), class_score(3)))
