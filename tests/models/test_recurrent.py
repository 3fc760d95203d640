"""Recurrent refinement: one set of weights, several answers, a loss at each."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops
from minigrad.optim import SGD, Adam
from minigrad.techniques.learn import training


@pytest.fixture
def net():
    return models.build("recurrent", classes=3, dtype="float64", attributes={"width": 4})


def test_every_turn_is_the_first_with_the_last_answer_beside_the_photo(net, rng):
    acts = net(rng.uniform(0, 255, (1, 3, 7, 9)))
    assert not acts["p0"].any()
    for t in (2, 3):
        a = np.concatenate([acts["image"], ops.softmax(acts[f"t{t - 1}/score"], axis=1)], axis=1)
        for i, d in enumerate((1, 2, 4, 8), start=1):
            weight, bias = net.params[f"t1/conv{i}/weight"], net.params[f"t1/conv{i}/bias"]
            a = ops.relu(ops.conv2d(a, weight, bias, padding=d, dilation=d))
        a = ops.conv2d(a, net.params["t1/score/weight"], net.params["t1/score/bias"])
        np.testing.assert_allclose(acts[f"t{t}/score"], a, atol=1e-12)


def test_more_turns_have_no_weight_more_and_see_further():
    once, thrice = (models.table("recurrent", attributes={"turns": n}) for n in (1, 3))
    assert once.shapes == thrice.shapes
    seen = [thrice.receptive_field(f"t{t}/score").size for t in (1, 2, 3)]
    assert seen == [31, 61, 91]


def test_the_gradient_of_a_shared_weight_is_the_sum_over_the_turns(net, rng):
    x, labels = rng.uniform(0, 255, (1, 3, 5, 6)), rng.integers(0, 3, (1, 5, 6))
    name, ε = "t1/conv2/weight", 1e-6

    def loss(w):
        acts = net(x, params={name: w})
        terms = [ops.cross_entropy(acts[layer], labels) for layer in net.score_layers]
        return (terms[0] + terms[1] + terms[2]) * (1 / 3)

    w = net.params[name]
    (g,) = grad(loss(weight := Tensor(w)), [weight])
    for place in [(0, 0, 1, 1), (2, 3, 0, 2)]:
        step = np.zeros_like(w)
        step[place] = ε
        numerical = (float(loss(w + step)) - float(loss(w - step))) / (2 * ε)
        assert g[place] == pytest.approx(numerical, rel=1e-5, abs=1e-9)


def test_training_asks_every_turn_and_an_ordinary_network_once(net, rng):
    x, labels = rng.uniform(0, 255, (2, 3, 6, 6)), rng.integers(0, 3, (2, 6, 6))
    assert net.score_layers == ["t1/score", "t2/score", "t3/score"]
    assert models.table("minivgg").score_layers == ["fc8"]
    _, outcome = training.step(net, net.params, x, labels, SGD(), 0.1, np.random.default_rng(0))
    acts = net(x)
    losses = [float(ops.cross_entropy(acts[layer], labels)) for layer in net.score_layers]
    assert outcome.loss == pytest.approx(np.mean(losses), rel=1e-6)


def test_it_learns(rng):
    net = models.build("recurrent", classes=2, attributes={"width": 8, "turns": 2})
    x = rng.uniform(0, 255, (2, 3, 12, 12)).astype("f4")
    labels = (x[:, 0] > 128).astype(int)
    steps = list(training.train(net, [(x, labels)] * 60, optimiser=Adam(), lr=0.02))
    assert steps[-1].outcome.right > 0.9 > steps[0].outcome.right
