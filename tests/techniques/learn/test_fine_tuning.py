"""Fine-tuning: what is kept, what is made anew, and how far each moves."""

import numpy as np
import pytest

import models
from minigrad.optim import SGD
from minigrad.techniques.learn import fine_tuning, training


def test_the_head_is_the_last_layer_with_parameters():
    heads = {name: fine_tuning.head(models.table(name)) for name in models.names()}
    assert heads["minivgg"] == "fc8" and heads["googlenet"] == "fc"
    assert heads["squeezenet1_1"] == "conv10"


@pytest.mark.parametrize("name", ["minivgg", "squeezenet1_1"])
def test_the_body_comes_along_and_the_head_is_new_for_new_classes(name):
    source = models.build(name, 1, classes=["cat", "dog", "cow"])
    net = models.build(name, 2, classes=["oak", "elm"])
    params = fine_tuning.transferred(net, source)
    assert {n: a.shape for n, a in params.items()} == net.shapes
    for param in params:
        new = param.startswith(fine_tuning.head(net))
        assert params[param] is (net if new else source).params[param]


def test_the_head_comes_along_too_for_the_same_classes_in_the_same_order():
    source = models.build("minivgg", 1, classes=["cat", "dog"])
    for classes, kept in [(["cat", "dog"], True), (["dog", "cat"], False), (["a", "b"], False)]:
        net = models.build("minivgg", 2, classes=classes)
        params = fine_tuning.transferred(net, source)
        assert (params["fc8/weight"] is source.params["fc8/weight"]) == kept


@pytest.mark.parametrize("name", ["minivgg", "vgg11_bn", "squeezenet1_0"])
def test_freezing_conv_leaves_what_is_fully_connected_and_the_head(name):
    net = models.table(name)
    frozen = {n.split("/")[0] for n, r in fine_tuning.rates(net, "conv").items() if r == 0}
    if name == "squeezenet1_0":
        assert "conv1" in frozen and "conv10" not in frozen
    else:
        assert {"conv1_1", "conv5_2"} <= frozen and frozen.isdisjoint({"fc6", "fc7", "fc8"})
        assert ("bn1_1" in frozen) == (name == "vgg11_bn")


def test_the_body_is_all_but_the_head():
    net = models.table("minivgg")
    rates = fine_tuning.rates(net, body_rate=0.1)
    assert set(net.shapes) - set(rates) == {"fc8/weight", "fc8/bias"}
    assert set(rates.values()) == {0.1}
    assert set(fine_tuning.rates(net, "body", 0.1).values()) == {0.0}
    assert fine_tuning.rates(net) == {}
    with pytest.raises(ValueError, match="give conv or body"):
        fine_tuning.rates(net, "fc")


def test_a_share_is_a_share_of_the_step_and_what_is_frozen_stays(rng):
    net = models.build("minivgg", classes=3)
    x, labels = rng.uniform(0, 255, (4, 3, 32, 32)).astype("f4"), np.arange(4) % 3

    def moved(rates, adversary=0.0):
        drop = np.random.default_rng(0)
        params, _ = training.step(
            net, net.params, x, labels, SGD(), 0.1, drop, adversary=adversary, rates=rates
        )
        return {name: params[name] - net.params[name] for name in params}

    whole = moved(None)
    some = moved({"conv2_1/weight": 0.25, "conv1_1/weight": 0.0, "fc6/bias": 0.0})
    scale = abs(whole["conv2_1/weight"]).max()
    assert scale > 0 and some["conv2_1/weight"].dtype == np.float32
    np.testing.assert_allclose(
        some["conv2_1/weight"], whole["conv2_1/weight"] / 4, atol=1e-3 * scale
    )
    assert not some["conv1_1/weight"].any() and not some["fc6/bias"].any()
    assert np.array_equal(some["fc8/weight"], whole["fc8/weight"])
    assert not moved({"conv1_1/weight": 0.0}, adversary=1.0)["conv1_1/weight"].any()
