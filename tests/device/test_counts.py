"""How often the host waits for the device in a step, and how much it sends.

Launches are counted in tests/ops/fast/test_launches.py.
"""

import cupy
import numpy as np
import pytest
from alike import REAL, image
from networks import network, small

from minigrad import optim
from minigrad.techniques import objectives
from minigrad.techniques.learn import training
from minigrad.techniques.make import loop, regularizers, steps, transforms

if REAL:
    pytest.skip("CuPy does not count", allow_module_level=True)

from strict_cupy import counts  # noqa: E402

SCORE = objectives.class_score(1)


def counted(step):
    """Launches, waits and sends of a step that was taken once before."""
    step()
    for counter in counts.values():
        counter.clear()
    step()
    return {kind: counter.total() for kind, counter in counts.items()}


def places(kind):
    """Where they came from, for the failure's message."""
    return "\n".join(f"{n} × {place}" for place, n in counts[kind].most_common(20))


def test_a_step_of_the_image_loop_waits_once():
    net, x = small("cuda"), cupy.asarray(image(32))

    def run(many):
        shape = steps.like_photos(0.75)
        walk = loop.optimize(
            net, x, SCORE, steps=many, rng=np.random.default_rng(0),
            step=steps.ascend(optim.Adam(), optim.constant(3.0), shape=shape),
            penalties=[regularizers.total_variation],
            corrections=[regularizers.centre(0.1), regularizers.blur(0.5)],
            transforms=[transforms.jitter(8), transforms.zoom(0.9, 1.1), transforms.grain(8.0)],
        )  # fmt: skip
        return list(walk)

    one, two = (counted(lambda n=n: run(n)) for n in (1, 2))
    assert two["wait"] - one["wait"] <= 1, places("wait")
    assert two["send"] - one["send"] <= 12, places("send")


def test_a_step_of_training_waits_twice_for_its_labels_and_for_its_loss():
    net = network("minivgg_bn", "cuda", "float32", 3)
    pixels, labels = cupy.asarray(image(32, 6, dtype="float32")), cupy.asarray(np.arange(6) % 3)
    optimiser = optim.SGD(0.9, True, 5e-4)

    def step():
        rng = np.random.default_rng(0)
        training.step(net, dict(net.params), pixels, labels, optimiser, 0.01, rng, 0.1)

    found = counted(step)
    assert found["wait"] <= 2, places("wait")
    assert found["send"] <= 12, places("send")
