"""A score is shared out, and nothing of it is lost unseen."""

import itertools

import numpy as np
import pytest

import models
from minigrad import Tensor, grad
from minigrad.activations import Activations
from minigrad.techniques import (
    Rule,
    channel,
    class_score,
    composite,
    cross_entropy,
    each,
    energy,
    input_times_gradient,
    relevance,
    strongest_unit,
    unit,
)
from models.fold import fold_batch_norm, plain_name
from models.layers import Relu

UNIFORM = {
    "zero": Rule("zero"), "epsilon": Rule("epsilon", 0.1), "gamma": Rule("gamma", 0.1),
    "composite": None,
}


def made(name, biases=True, **options):
    """A random network in double precision, whose biases say something."""
    net = models.build(name, dtype="float64", **options)
    rng = np.random.default_rng(1)
    for parameter, array in net.params.items():
        if parameter.endswith("/bias"):
            drawn = rng.normal(size=array.shape, scale=0.3)
            net.params[parameter] = drawn if biases else np.zeros_like(array)
        elif parameter.endswith(("/running_mean", "/running_var")):
            net.params[parameter] = rng.uniform(0.1, 2, size=array.shape)
    return net


@pytest.fixture(scope="module")
def net():
    return made("minivgg", classes=4)


def photos(count=1, edge=48, dtype="float64"):
    return np.random.default_rng(2).uniform(0, 255, (count, 3, edge, edge)).astype(dtype)


def parts(found):
    return found.total + sum(found.absorbed.values())


@pytest.mark.parametrize(("name", "rules"), [
    *itertools.product(["minivgg", "squeezenet1_1"], UNIFORM.values()),
    ("googlenet", None), ("minivgg_bn", Rule("gamma", 0.1)),
], ids=str)
def test_score_is_what_arrives_and_what_the_layers_kept(name, rules):
    net = made(name, classes=4)
    x = photos(edge=64)
    found = relevance(net, x, class_score(1), rules=rules)
    assert np.allclose(found.score, net.scores(x)[:, 1], rtol=1e-9)
    assert np.allclose(parts(found), found.score, rtol=1e-9)
    assert np.allclose(found.map.sum(axis=(1, 2, 3)), found.total)


def test_what_a_layer_kept_is_its_biases_share(net):
    """With LRP-0 that is Σ b · ∂S/∂b."""
    x = photos()
    found = relevance(net, x, class_score(1), rules=Rule("zero"))
    biases = {n: Tensor(a) for n, a in net.params.items() if n.endswith("/bias")}
    S = net.scores(x, params=biases)[:, 1].sum()
    for (name, b), g in zip(biases.items(), grad(S, list(biases.values())), strict=True):
        assert np.isclose(found.absorbed[name.removesuffix("/bias")], (b.data * g).sum()), name


@pytest.mark.parametrize("rules", [Rule("zero"), Rule("gamma", 0.3)])
def test_without_biases_all_arrives_at_the_pixels(rules):
    net = made("minivgg", biases=False, classes=4)
    found = relevance(net, photos(2), class_score(3), rules=rules)
    assert np.allclose(found.total, found.score, rtol=1e-9)


@pytest.mark.parametrize("name", ["minivgg", "squeezenet1_0_caffe"])
def test_lrp_0_is_input_times_gradient_relative_to_the_mean_colour(name):
    """Colours in the network's own order included: Caffe's are BGR."""
    net, x = made(name, classes=4), photos(edge=64)
    one = strongest_unit(net, x)
    R = relevance(net, x, one, rules=Rule("zero")).map
    wanted = input_times_gradient(net, x, one)
    assert wanted.any() and abs(R - wanted).max() < 1e-6 * abs(wanted).max()  # a float32 mean


def test_the_zero_rule_is_epsilon_0_and_gamma_0(net):
    x = photos()
    zero, ε, γ = (relevance(net, x, class_score(0), rules=Rule(name, 0.0)).map
                  for name in ("zero", "epsilon", "gamma"))
    assert np.allclose(zero, ε, rtol=1e-9, atol=1e-15) and np.allclose(zero, γ, atol=1e-12)


def test_epsilon_is_in_units_of_the_layers_own_size(net):
    """All weights and biases of a layer times 7 and of the next over 7: the same map."""
    x, other = photos(), made("minivgg", classes=4)
    for layer, factor in [("conv2_1", 7.0), ("fc6", 7.0)]:
        for short in ("weight", "bias"):
            other.params[f"{layer}/{short}"] = factor * other.params[f"{layer}/{short}"]
    for layer in ("conv2_2", "fc7"):
        other.params[f"{layer}/weight"] = other.params[f"{layer}/weight"] / 7.0
    R, S = (relevance(n, x, class_score(1), rules=Rule("epsilon")).map for n in (net, other))
    assert np.allclose(R, S, rtol=1e-9, atol=1e-12 * abs(R).max())


@pytest.mark.parametrize("rules", UNIFORM.values(), ids=UNIFORM)
def test_batch_norm_counts_as_part_of_the_layer_before(rules):
    """The same as in the network into which it is folded (models/fold.py)."""
    norm = made("minivgg_bn", classes=4)
    plain = models.build(plain_name(norm.name), classes=4, dtype="float64")
    plain.params = fold_batch_norm(norm)
    R, S = (relevance(n, photos(), class_score(2), rules=rules).map for n in (norm, plain))
    assert np.allclose(R, S, rtol=1e-9, atol=1e-12 * abs(R).max())


def test_each_image_of_a_batch_has_its_own_answer(net):
    x = photos(2)
    together = relevance(net, x, class_score(1))
    for n in range(2):
        alone = relevance(net, x[n : n + 1], class_score(1))
        assert np.allclose(together.map[n], alone.map[0], atol=1e-12 * abs(alone.map).max())
        assert np.isclose(together.absorbed["fc6"][n], alone.absorbed["fc6"][0])
    asked = relevance(net, x, each([class_score(1), class_score(2)]))
    assert np.allclose(asked.score, net.scores(x)[[0, 1], [1, 2]])
    assert np.allclose(asked.map[0], together.map[0])


@pytest.mark.parametrize("objective", [
    unit("relu3_1", 5, 3, 4), unit("conv4_2", 5, 3, 3), unit("fc7", 7), channel("relu4_2", 3),
    2 * class_score(1) - class_score(2), -class_score(0),
], ids=lambda objective: objective.name)
def test_any_weighted_sum_of_activations_can_be_shared_out(net, objective):
    x = photos()
    found = relevance(net, x, objective)
    assert np.allclose(found.score, float(objective(net(x))))
    assert np.allclose(parts(found), found.score)


def test_a_unit_has_relevance_only_where_it_looks(net):
    x = photos()
    one = strongest_unit(net, x, "relu2_2")
    R = relevance(net, x, one).map[0]
    _, row, column = one.place
    top, left, bottom, right = net.receptive_field("relu2_2").box(row, column, (48, 48))
    outside = R.copy()
    outside[:, top:bottom, left:right] = 0
    assert abs(outside).max() < 1e-12 * abs(R).max()            # Winograd's rounding


def test_pixels_all_have_relevance_of_one_sign_at_the_box_rule(net):
    """From one positive unit of the first layer; and only by zᴮ has the mean colour any."""
    x = np.broadcast_to(np.array([123.675, 116.28, 103.53])[:, None, None], (1, 3, 48, 48))
    a = net(x)["conv1_1"][0, :, 9, 9]
    one = unit("conv1_1", int(a.argmax()), 9, 9)
    R = relevance(net, x, one, rules={"conv1_1": Rule("box")}).map
    assert (R >= 0).all() and R.any()
    assert abs(relevance(net, x, one, rules=Rule("zero")).map).max() < 1e-6 * R.max()


def test_a_score_of_0_has_no_relevance_and_no_nan():
    net = made("squeezenet1_1", classes=4)
    net.params["conv10/bias"] = np.full(4, -1e6)                # relu after it: 0 everywhere
    found = relevance(net, photos(edge=64), class_score(1))
    assert not found.score.any() and not found.map.any()


def test_blank_photos_make_no_nan(net):
    mean = np.array(net.mean_colour, "float64")[:, None, None]
    for colour in (0.0, 255.0, mean):
        x = np.broadcast_to(colour, (1, 3, 48, 48))
        assert np.isfinite(relevance(net, x, class_score(1)).map).all()
        assert np.isfinite(relevance(net, x, class_score(1), rules=Rule("epsilon", 0)).map).all()


def test_float32_stays_float32(net):
    single = models.build("minivgg", classes=4)
    for rules in (Rule("zero"), None):
        found = relevance(single, photos(dtype="float32"), class_score(1), rules=rules)
        assert found.map.dtype == "float32" and np.allclose(parts(found), found.score, rtol=1e-3)


# ── The table ───────────────────────────────────────────────────────────────────────────────────


def test_the_table_of_vgg16_is_montavons():
    """2019: zᴮ, then γ as far as pool3, ε as far as pool5, and LRP-0 for the last three."""
    table = composite(models.table("vgg16"), top=Rule("zero"))
    names = {rule: [layer for layer in table if table[layer].name == rule] for rule in
             ("box", "gamma", "epsilon", "zero")}
    assert names["box"] == ["conv1_1"]
    assert names["gamma"] == ["conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3"]
    assert [n[:5] for n in names["epsilon"]] == ["conv4"] * 3 + ["conv5"] * 3
    assert names["zero"] == ["fc6", "fc7", "fc8"]


@pytest.mark.parametrize("name", models.names())
def test_every_layer_with_weights_has_a_rule_and_the_last_is_the_top(name):
    net = models.table(name)
    table = composite(net, top=Rule("zero"))
    *_, last = table
    assert set(table) == {p.removesuffix("/weight") for p, s in net.shapes.items()
                          if p.endswith("/weight") and len(s) > 1}
    assert table[last].name == "zero" and next(iter(table.values())).name == "box"


def test_a_layers_rule_can_be_changed_and_a_layer_without_one_has_lrp_0(net):
    x, usual = photos(), composite(net)
    R = relevance(net, x, class_score(1)).map
    changed = relevance(net, x, class_score(1), rules=usual | {"fc7": Rule("zero")}).map
    left_out = {layer: rule for layer, rule in usual.items() if layer != "fc7"}
    assert not np.allclose(R, changed)
    assert np.allclose(changed, relevance(net, x, class_score(1), rules=left_out).map)
    assert str(usual["conv1_2"]) == "LRP-γ 0.25" and str(usual["conv1_1"]) == "zᴮ"


# ── Bad input ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("make", "sentence"), [
    (lambda: Rule("gama"), "there is no rule 'gama'; did you mean gamma"),
    (lambda: Rule("epsilon", -0.1), "the setting of LRP-ε is -0.1: give a number, 0 or more"),
    (lambda: Rule("gamma", -1), "the setting of LRP-γ is -1"),
    (lambda: Rule("gamma", float("nan")), "the setting of LRP-γ is nan"),
])
def test_a_rule_that_makes_no_sense_is_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence.replace("?", r"\?")):
        make()


@pytest.mark.parametrize(("rules", "sentence"), [
    ({"conv1_3": Rule("zero")}, "no layer 'conv1_3' with weights; did you mean conv1_"),
    ({"relu1_1": Rule("zero")}, "no layer 'relu1_1' with weights"),
    ({"conv2_1": Rule("box")}, "conv2_1 reads pool1"),
    (Rule("box"), "zᴮ is for the layer that reads the image"),
    ("gamma", "one for all, as Rule"),
    ({"conv1_1": "gamma"}, "one for all, as Rule"),
])
def test_a_table_that_makes_no_sense_is_refused(net, rules, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        relevance(net, photos(), class_score(1), rules=rules)


@pytest.mark.parametrize(
    "objective", [cross_entropy(1), energy("relu3_1")], ids=lambda objective: objective.name
)
def test_what_is_no_weighted_sum_of_activations_is_refused(net, objective):
    with pytest.raises(ValueError, match="no weighted sum of activations"):
        relevance(net, photos(), objective)


class NoLayer:
    """A score without a layer: the mean of the pixels."""

    name, score_layer = "none", "scores"
    layers = {"scores": Relu("scores")}

    def __call__(self, x, only=None):
        return Activations({"scores": x.mean(axis=(2, 3))}, "scores")


def test_a_score_that_no_layer_made_is_refused():
    with pytest.raises(ValueError, match="no conv2d and no linear lies between"):
        relevance(NoLayer(), photos(), class_score(1), rules={})
