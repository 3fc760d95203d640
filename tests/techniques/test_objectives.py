"""An objective is one number that knows its layers."""

import numpy as np
import pytest
from small import SmallNet

from minigrad.techniques import objectives
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


def test_a_channel_is_the_sum_of_its_units(x):
    acts = SmallNet()(x)
    assert objectives.channel("conv2", 4)(acts) == pytest.approx(acts["conv2"][:, 4].sum())


def test_the_gradient_of_the_energy_is_the_activation(rng):
    a = Tensor(rng.normal(size=(1, 2, 3, 3)))
    assert np.allclose(grad(objectives.energy("a")({"a": a}), [a])[0], a.data)


def test_a_code_is_at_distance_one_from_nothing_and_zero_from_itself(rng):
    target = rng.normal(size=(1, 2, 3, 3))
    objective = objectives.code("a", target)
    assert objective({"a": target * 0}) == pytest.approx(1)
    assert objective({"a": target}) == 0


def test_cross_entropy_is_minus_the_log_probability_summed_over_the_batch(rng):
    scores = rng.normal(size=(3, 4))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert objectives.cross_entropy(2)({"fc": scores}) == pytest.approx(-np.log(p[:, 2]).sum())


def test_an_unknown_layer_and_a_unit_outside_are_said(x):
    with pytest.raises(ValueError, match="small has no layer 'conv9'"):
        activations(SmallNet(), x, objectives.channel("conv9", 0))
    with pytest.raises(ValueError, match=r"conv1 has units \(0–3, 0–7, 0–7\), but \(4, 0, 0\)"):
        activations_of = SmallNet()(x)
        objectives.unit("conv1", 4, 0, 0)(activations_of)
    with pytest.raises(ValueError, match="zero everywhere"):
        objectives.code("conv1", np.zeros((1, 4, 8, 8)))
