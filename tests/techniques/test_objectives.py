"""An objective is one number that knows its layers."""

import operator

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small import SmallNet

import models
from minigrad.activations import Activations
from minigrad.techniques import objectives
from minigrad.techniques.distance import relative_distance
from minigrad.techniques.objectives import activations
from minigrad.tensor import Tensor, grad


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, 8, 8))


def test_a_pass_stops_at_the_deepest_layer_that_the_objective_needs(x):
    net = SmallNet()
    activations(net, x, objectives.unit("relu1", 0, 1, 1))
    assert net.computed == ["conv1", "relu1"]


def test_a_class_score_takes_the_whole_pass_and_sums_over_the_batch(x):
    acts = activations(SmallNet(), x, objectives.class_score(3))
    assert objectives.class_score(3)(acts) == acts["scores"][:, 3].sum()


def test_a_unit_is_one_activation_per_image(x):
    acts = SmallNet()(x)
    assert objectives.unit("relu1", 2, 4, 5)(acts) == acts["relu1"][:, 2, 4, 5].sum()
    assert objectives.unit("scores", 1)(acts) == acts["scores"][:, 1].sum()


def test_strongest_is_the_largest_activation(x):
    a = SmallNet()(x[:1])["relu1"]
    assert objectives.strongest(a) == a.max()
    assert objectives.strongest(Tensor(a)).shape == ()
    assert a[(0, *objectives.place_of_strongest(a))] == a.max()


def test_strongest_may_be_sought_among_some_rows_and_columns(x):
    a = SmallNet()(x[:1])["relu1"]
    c, row, column = objectives.place_of_strongest(a, slice(2, 5), slice(3, 7))
    assert 2 <= row < 5 and 3 <= column < 7
    assert a[0, c, row, column] == a[0, :, 2:5, 3:7].max()


def test_the_strongest_unit_is_the_one_that_fires_most_on_the_photo(rng):
    net, x = models.build("minivgg"), rng.uniform(0, 255, (1, 3, 64, 64)).astype("float32")
    for layer in ("relu1_1", "pool2", "relu7"):
        acts = net(x, only=[layer])
        strongest = objectives.strongest_unit(net, x, layer)
        assert strongest.layers == (layer,)
        assert strongest(acts) == acts[layer][(0, *strongest.place)]
        field = net.receptive_field(layer)
        if field.size:  # the others may be larger, but see padding
            free = field.inside(64, acts[layer].shape[2])
            assert strongest(acts) == acts[layer][:, :, free, free].max()
        else:
            assert strongest(acts) == acts[layer].max()
    assert objectives.strongest_unit(net, x).layers == (net.default_layer,)


def test_a_unit_that_fires_most_at_the_padding_is_not_chosen():
    """On a white image all units of a channel see the same, but for the padding."""
    net, x = models.build("minivgg"), np.full((1, 3, 32, 32), 255, "float32")
    field = net.receptive_field("relu2_1")

    def sees_padding(place):
        return field.box(*place[1:]) != field.box(*place[1:], (32, 32))

    assert sees_padding(objectives.place_of_strongest(net(x, only=["relu2_1"])["relu2_1"]))
    assert not sees_padding(objectives.strongest_unit(net, x, "relu2_1").place)


def test_the_strongest_unit_is_asked_of_one_photo_and_a_layer_that_is_there(x):
    net = models.build("minivgg")
    with pytest.raises(ValueError, match="one image's"):
        objectives.strongest_unit(net, np.zeros((2, 3, 32, 32), "float32") + 99, "relu1_1")
    with pytest.raises(ValueError, match="no layer 'relu9_1'"):
        objectives.strongest_unit(net, np.zeros((1, 3, 32, 32), "float32") + 99, "relu9_1")


def test_the_place_of_a_unit_can_be_read_and_a_sum_has_none(x):
    one = objectives.unit("relu1", 2, 4, 5)
    assert one.place == (2, 4, 5) and objectives.unit("scores", 1).place == (1,)
    assert objectives.class_score(1).place is None and (one + one).place is None
    assert (2 * one).place is None and (one - one).place is None


def test_a_channel_is_the_sum_of_its_units(x):
    acts = SmallNet()(x)
    assert objectives.channel("conv2", 4)(acts) == pytest.approx(acts["conv2"][:, 4].sum())


def of_layer(objective, *numbers):
    """An objective of the layer `a`, and its gradient there."""
    a = Tensor(np.array(numbers))
    value = objective({"a": a})
    return value.data, grad(value, [a])[0]


def test_the_energy_of_1_2_and_minus_3_is_7():
    assert_allclose(of_layer(objectives.energy("a"), [1.0, 2, -3])[0], 7)


def test_what_goes_back_from_an_energy_is_the_activation():
    assert_allclose(of_layer(objectives.energy("a"), [1.0, 2, -3])[1], [[1, 2, -3]])


def test_the_energies_of_two_images_are_added():
    value, back = of_layer(objectives.energy("a"), [1.0, 2, -3], [0, 4, 0])
    assert_allclose(value, 15)
    assert_allclose(back, [[1, 2, -3], [0, 4, 0]])


def test_an_energy_names_its_layer_and_may_be_asked_in_parts():
    energy = objectives.energy("relu7")
    assert energy.layers == ("relu7",) and "relu7" in energy.name and energy.in_parts


def test_a_distance_is_divided_by_the_size_of_the_target():
    """(3, 4) has the size 25; from (1, 0) to it 4 + 16."""
    assert_allclose(relative_distance(np.array([[1.0, 0]]), np.array([[3.0, 4]])), 20 / 25)


def test_of_two_images_each_is_divided_by_its_own_target():
    a, t = np.array([[1.0, 0], [0, 0]]), np.array([[3.0, 4], [0.1, 0]])
    assert_allclose(relative_distance(a, t), 20 / 25 + 1)


def test_one_target_may_be_that_of_all_images():
    a, t = np.array([[1.0, 0], [0, 0], [3, 4]]), np.array([[3.0, 4]])
    assert_allclose(relative_distance(a, t), 20 / 25 + 1 + 0)


def test_a_distance_of_feature_maps_sums_over_all_their_places():
    a, t = np.zeros((1, 2, 1, 2)), np.array([[[[3.0, 4]], [[0, 12]]]])
    assert_allclose(relative_distance(a + 1, t), (4 + 9 + 1 + 121) / 169)


def test_the_gradient_of_a_distance_leads_away_from_the_target():
    """2 (a − t) / ‖t‖²"""
    a = Tensor(np.array([[1.0, 0]]))
    assert_allclose(grad(relative_distance(a, np.array([[3.0, 4]])), [a])[0], [[-4 / 25, -8 / 25]])


def test_the_gradient_of_the_energy_is_the_activation(rng):
    a = Tensor(rng.normal(size=(1, 2, 3, 3)))
    assert np.allclose(grad(objectives.energy("a")({"a": a}), [a])[0], a.data)


def test_a_code_is_at_distance_one_from_nothing_and_zero_from_itself(rng):
    target = rng.normal(size=(1, 2, 3, 3))
    objective = objectives.code("a", target)
    assert objective({"a": target * 0}) == pytest.approx(1)
    assert objective({"a": target}) == 0


def test_the_probability_of_a_class_is_that_of_the_softmax(rng):
    scores = rng.normal(size=(3, 4))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    acts = Activations({"fc": scores}, "fc")
    assert objectives.class_probability(2)(acts) == pytest.approx(p[:, 2].sum())
    assert np.allclose(objectives.class_probability(2).of_each(acts), p[:, 2])


def test_the_class_of_a_score_and_of_a_probability_can_be_read_and_a_sum_has_none():
    score, p = objectives.class_score(1), objectives.class_probability(2)
    assert (score.k, p.k) == (1, 2)
    assert {one.k for one in (score + p, 2 * score, score - p, -p)} == {None}
    assert objectives.channel("conv1", 3).k is None


@pytest.mark.parametrize("objective", [
    objectives.class_score(1), objectives.unit("relu1", 2, 4, 5), objectives.energy("conv2"),
    objectives.class_score(1) - 0.5 * objectives.channel("relu2", 3), -objectives.cross_entropy(2),
])
def test_what_each_image_is_worth_alone_adds_up_to_the_batch(rng, objective):
    x = rng.normal(size=(3, 3, 8, 8))
    acts = SmallNet()(x)
    found = objective.of_each(acts)
    assert np.allclose(found, [objective(SmallNet()(x[n : n + 1])) for n in range(3)])
    assert found.sum() == pytest.approx(objective(acts))


def test_cross_entropy_is_minus_the_log_probability_summed_over_the_batch(rng):
    scores = rng.normal(size=(3, 4))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    acts = Activations({"fc": scores}, "fc")
    assert objectives.cross_entropy(2)(acts) == pytest.approx(-np.log(p[:, 2]).sum())


def test_an_unknown_layer_and_a_unit_outside_are_said(x):
    with pytest.raises(ValueError, match="small has no layer 'conv9'"):
        activations(SmallNet(), x, objectives.channel("conv9", 0))
    with pytest.raises(ValueError, match=r"conv1 has units \(0–3, 0–7, 0–7\), but \(4, 0, 0\)"):
        activations_of = SmallNet()(x)
        objectives.unit("conv1", 4, 0, 0)(activations_of)
    with pytest.raises(ValueError, match="zero everywhere"):
        objectives.code("conv1", np.zeros((1, 4, 8, 8)))


# ── What is not there is never another number ────────────────────────────────────────────────────


@pytest.mark.parametrize("ask", [objectives.class_score, objectives.cross_entropy])
def test_the_score_of_a_pass_that_ended_before_the_scores_is_no_other_layers_number(x, ask):
    for acts in (SmallNet()(x, only=["relu2"]), {"relu2": x}):
        with pytest.raises(ValueError, match="scores"):
            ask(3)(acts)


def test_the_scores_are_found_wherever_they_stand(x):
    acts = SmallNet()(x)
    turned = Activations(reversed(acts.items()), "scores")
    assert objectives.class_score(3)(turned) == acts["scores"][:, 3].sum()


@pytest.mark.parametrize("ask", [objectives.class_score, objectives.cross_entropy])
def test_a_class_is_a_whole_number_of_those_there_are(x, ask):
    with pytest.raises(ValueError, match="class is -1: give a whole number, 0 or more"):
        ask(-1)
    for nonsense in (True, 2.0, "3", None):
        with pytest.raises(TypeError, match="give a whole number"):
            ask(nonsense)
    for many in (5, 9999):
        with pytest.raises(ValueError, match=f"classes 0–4, and {many} is none of them"):
            ask(many)(SmallNet()(x))
    assert np.isfinite(ask(np.int64(4))(SmallNet()(x)))


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (("scores", 3, 7, 7), r"a unit of scores has 1 indices, \(0–4\), not \(3, 7, 7\)"),
        (("relu1", 3), r"a unit of relu1 has 3 indices, \(0–3, 0–7, 0–7\), not \(3\)"),
        (("relu1", 3, 1), "has 3 indices"),
        (("relu1", 3, 1, 8), "is none"),
        (("relu1", 4, 1, 1), "is none"),
    ],
)
def test_a_unit_has_as_many_indices_as_its_layer_has_axes(x, where, sentence):
    with pytest.raises(ValueError, match=sentence):
        objectives.unit(*where)(SmallNet()(x))


@pytest.mark.parametrize("index", [-1, True, 1.0, "1"])
def test_an_index_is_a_whole_number_from_0(index):
    for place in range(3):
        where = [1, 1, 1]
        where[place] = index
        with pytest.raises((ValueError, TypeError), match="give a whole number, 0 or more"):
            objectives.unit("relu1", *where)
    with pytest.raises((ValueError, TypeError), match="give a whole number, 0 or more"):
        objectives.channel("relu1", index)


def test_a_channel_that_is_not_there_is_said(x):
    with pytest.raises(ValueError, match="conv1 has channels 0–3, and 4 is none of them"):
        objectives.channel("conv1", 4)(SmallNet()(x))


def test_each_takes_an_objective_for_every_image(x):
    one = objectives.class_score(1)
    for count in (1, 3):
        with pytest.raises(ValueError, match=f"{count} objectives.* a batch of 2"):
            objectives.each([one] * count)(SmallNet()(x))
    with pytest.raises(ValueError, match="there is none"):
        objectives.each([])
    acts = SmallNet()(x)
    both = objectives.each([one, objectives.unit("relu1", 2, 4, 5)])(acts)
    assert both == pytest.approx(acts["scores"][0, 1] + acts["relu1"][1, 2, 4, 5])


def test_the_strongest_unit_of_several_images_is_no_question(x):
    a = SmallNet()(x)["relu1"]
    for several in (a, a[:0], SmallNet()(x)["scores"]):
        with pytest.raises(ValueError, match=r"one image's.*take a\[n : n \+ 1\]"):
            objectives.strongest(several)
    with pytest.raises(ValueError, match="no unit among these rows"):
        objectives.place_of_strongest(a[:1], slice(3, 3))


def test_the_strongest_among_the_last_rows_is_where_it_is(x):
    a = SmallNet()(x[:1])["relu1"]
    c, row, column = objectives.place_of_strongest(a, slice(-3, None), slice(-4, -1))
    assert a[0, c, row, column] == a[0, :, -3:, -4:-1].max()


def test_the_code_of_a_batch_is_the_sum_of_its_images_whatever_their_sizes(rng):
    target = rng.normal(size=(3, 2, 4, 4)) * np.reshape([1, 100, 0.01], (3, 1, 1, 1))
    a = rng.normal(size=target.shape)
    alone = [objectives.code("a", target[n : n + 1])({"a": a[n : n + 1]}) for n in range(3)]
    assert objectives.code("a", target)({"a": a}) == pytest.approx(sum(alone))
    assert objectives.code("a", target)({"a": 0 * a}) == pytest.approx(3)


def test_one_code_for_a_batch_is_every_images(rng):
    target, a = rng.normal(size=(1, 5)), rng.normal(size=(4, 5))
    alone = [objectives.code("fc", target)({"fc": a[n : n + 1]}) for n in range(4)]
    assert objectives.code("fc", target)({"fc": a}) == pytest.approx(sum(alone))


def test_a_code_of_another_shape_or_without_a_size_is_said(rng):
    a = rng.normal(size=(2, 3, 4, 4))
    for shape in [(3, 3, 4, 4), (2, 3, 4, 5), (3, 4, 4), (2, 1, 4, 4)]:
        with pytest.raises(ValueError, match="has codes"):
            objectives.code("a", rng.normal(size=shape))({"a": a})
    one_is_zero = a * np.reshape([0, 1], (2, 1, 1, 1))
    for target in (one_is_zero, a * np.nan, a + np.inf):
        with pytest.raises(ValueError, match="zero everywhere, or no number"):
            objectives.code("a", target)
    with pytest.raises(TypeError, match="take a Tensor's .data"):
        objectives.code("a", Tensor(a))


def test_a_code_in_float64_leaves_a_float32_network_at_float32(rng):
    a = Tensor(rng.normal(size=(1, 3, 4, 4)).astype(np.float32))
    assert objectives.code("a", rng.normal(size=(1, 3, 4, 4)))({"a": a}).dtype == np.float32


def test_objectives_add_subtract_and_take_weights_on_either_side(x):
    a, b, acts = objectives.class_score(1), objectives.unit("relu1", 0, 1, 1), SmallNet()(x)
    A, B = a(acts), b(acts)
    assert (a - b)(acts) == A - B and (a + b)(acts) == A + B and (-a)(acts) == -A
    assert (2 * a)(acts) == (a * 2)(acts) == (np.float32(2) * a)(acts) == 2 * A
    assert (a - 2 * b).layers == (a - b).layers == ("the scores", "relu1")
    assert (a - 2 * b).name == "score of class 1 − (2 · (unit (0, 1, 1) of relu1))"
    for call, nonsense in (("add", 3), ("sub", 3), ("mul", b), ("mul", "2"), ("mul", True)):
        with pytest.raises(TypeError):
            getattr(operator, call)(a, nonsense)
    for weight in (np.nan, np.inf):
        with pytest.raises(ValueError, match="the weight of score of class 1"):
            a * weight
