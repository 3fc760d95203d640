"""A step of training, and how good a network has become."""

import numpy as np
import pytest

import models
from minigrad.optim import SGD
from minigrad.techniques import training


def test_a_step_goes_down_and_changes_nothing_in_place(rng):
    net = models.build("minivgg_bn", classes=3)
    params = dict(net.params)
    before = {name: a.copy() for name, a in params.items()}
    x, labels = rng.uniform(0, 255, (6, 3, 32, 32)).astype("f4"), np.arange(6) % 3
    sgd, losses = SGD(momentum=0.9), []
    for _ in range(6):
        drop = np.random.default_rng(0)
        params, progress = training.step(net, params, x, labels, sgd, 0.01, drop)
        losses.append(progress.loss)
    assert losses[-1] < losses[0]
    assert all(np.array_equal(net.params[name], a) for name, a in before.items())
    assert all(a.dtype == np.float32 for a in params.values())


def test_running_statistics_follow_the_batch_and_get_no_gradient(rng):
    old, new = {"bn/running_mean": np.ones(2)}, {"bn/running_mean": np.zeros(2)}
    assert np.allclose(training.follow(old, new)["bn/running_mean"], 0.9)
    assert training.is_statistic("bn1_1/running_var") and not training.is_statistic("bn1_1/weight")


def test_confusion_counts_what_was_said_of_what():
    table = training.confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    assert table.tolist() == [[1, 1], [0, 1]]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    scores = np.log(np.array([[0.8, 0.2]] * 10))
    labels = np.array([0] * 8 + [1] * 2)
    assert training.calibration_error(scores, labels) == pytest.approx(0, abs=1e-9)
    assert training.calibration_error(scores, np.zeros(10, int)) == pytest.approx(0.2)


def test_the_temperature_undoes_an_exaggeration(rng):
    labels = rng.integers(0, 4, 4000)
    scores = rng.normal(size=(4000, 4))
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    labels = np.array([rng.choice(4, p=row) for row in p])
    assert training.temperature(3 * scores, labels) == pytest.approx(3, rel=0.1)
    assert training.calibration_error(scores, labels) < 0.03
