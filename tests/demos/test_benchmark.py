"""The benchmark says what was measured, and how it compares."""

import numpy as np
import pytest

import models
from demos import benchmark, contenders


def test_ratios_are_to_pytorch_and_of_medians():
    results = {
        "minigrad": {"seconds": [0.1, 0.2, 9.0], "peak": 10 * 2**20, "kept": 5 * 2**20},
        "PyTorch": {"seconds": [0.4, 0.1, 8.0], "peak": 20 * 2**20, "kept": 0},
    }
    ours, theirs = benchmark.table(results)
    assert ours.split() == "minigrad 200 ms 100 ms 0.50 10 MB 5 MB".split()
    assert theirs.split() == "PyTorch 400 ms 100 ms 1.00 20 MB".split()


def test_without_peers_there_is_no_ratio():
    (line,) = benchmark.table({"minigrad": {"seconds": [1.0], "peak": 0, "kept": 0}})
    assert line.split() == "minigrad 1000 ms 1000 ms 0 MB".split()


def test_a_task_has_layers_pixels_and_labels():
    _, layers, pixels, labels = contenders.arrays("training")
    assert pixels.shape == (64, 3, 64, 64)
    assert len(pixels) == len(labels)
    assert layers[-1].name == "fc8"


def test_minigrad_trains_every_parameter():
    gradients = contenders.minigrad("training")()
    net = models.build("minivgg_bn")
    assert len(gradients) == sum("/running_" not in name for name in net.params)
    assert all(np.isfinite(g).all() for g in gradients)


def test_fewer_than_one_turn_is_refused():
    with pytest.raises(ValueError, match="1 or more"):
        benchmark.main(["--repeats", "0"])
