"""The difference to a baseline is shared out, all of it."""

import numpy as np
import pytest

import models
from minigrad.techniques import (
    class_score,
    cross_entropy,
    deeplift,
    each,
    gradient,
    unit,
)


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", dtype="float64", classes=4)


def photos(count=1, edge=48):
    return np.random.default_rng(2).uniform(0, 255, (count, 3, edge, edge))


@pytest.mark.parametrize(("name", "baseline"), [
    ("minivgg", "mean"), ("minivgg", "black"), ("squeezenet1_1", "blur"), ("googlenet", "mean"),
])
def test_the_parts_add_up_to_the_difference_in_score(name, baseline):
    """Pooling with overlapping windows, branches and batch norm included."""
    net, x = models.build(name, dtype="float64", classes=4), photos(edge=64)
    k = int(net.scores(x)[0].argmax())
    found = deeplift(net, x, class_score(k), baseline=baseline)
    (left,) = found.absorbed.values()
    assert np.isclose(found.score[0], net.scores(x)[0, k])
    assert np.allclose(found.total, found.score - left, rtol=1e-9) and found.map.any()


def test_of_a_linear_unit_it_is_weight_times_difference(net):
    x, other = photos(2)[:, None]
    one = unit("conv1_1", 3, 9, 9)
    R = deeplift(net, x, one, baseline=other).map
    assert np.allclose(R, (x - other) * gradient(net, x, one))


def test_near_its_baseline_a_photo_has_input_times_gradient(net):
    x = photos()
    other = x + 1e-6 * np.random.default_rng(3).normal(size=x.shape)
    R = deeplift(net, x, class_score(1), baseline=other).map
    wanted = (x - other) * gradient(net, x, class_score(1))
    assert abs(R - wanted).max() < 1e-3 * abs(wanted).max()


def test_a_saturated_unit_has_multipliers_where_its_gradient_is_zero(net):
    """Off at the photo and on at the baseline: the fall is somebody's."""
    x, other = photos(2)[:, None]
    a, b = (net(image, only=["relu2_2"])["relu2_2"][0] for image in (x, other))
    one = unit("relu2_2", *map(int, np.argwhere((a == 0) & (b > 0))[0]))
    found = deeplift(net, x, one, baseline=other)
    assert not gradient(net, x, one).any()
    assert found.score == 0 and found.total < 0


def test_a_photo_that_is_its_baseline_has_nothing_to_share_out(net):
    x = photos()
    found = deeplift(net, x, class_score(1), baseline=x)
    assert not found.map.any() and found.total == 0


def test_each_image_of_a_batch_has_its_own_answer(net):
    x = photos(2)
    together = deeplift(net, x, each([class_score(1), class_score(2)]))
    for n, k in enumerate([1, 2]):
        alone = deeplift(net, x[n : n + 1], class_score(k))
        assert np.allclose(together.map[n], alone.map[0], atol=1e-12)
        assert np.isclose(together.score[n], alone.score[0])


def test_float32_stays_float32():
    net = models.build("minivgg", classes=4)
    assert deeplift(net, photos().astype("float32"), class_score(1)).map.dtype == "float32"


@pytest.mark.parametrize(("objective", "baseline", "sentence"), [
    (class_score(1), "grey", "there is no baseline 'grey'"),
    (class_score(1), np.zeros((2, 3, 48, 48)), "does not fit pixels"),
    (cross_entropy(1), "mean", "no weighted sum of activations"),
])
def test_what_makes_no_sense_is_refused(net, objective, baseline, sentence):
    with pytest.raises(ValueError, match=sentence):
        deeplift(net, photos(), objective, baseline=baseline)
