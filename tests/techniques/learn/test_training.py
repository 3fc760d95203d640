"""A step of training, and how good a network has become."""

import numpy as np
import pytest

import models
from minigrad import ops
from minigrad.optim import SGD
from minigrad.techniques.learn import training
from minigrad.tensor import Tensor, grad


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


def test_an_adversary_moves_each_photo_so_far_and_the_loss_rises(rng):
    net = models.build("minivgg", classes=3)
    x, labels = rng.uniform(20, 235, (4, 3, 32, 32)).astype("f4"), np.arange(4) % 3

    def loss_and_gradient(pixels):
        pixels = Tensor(pixels)
        loss = ops.cross_entropy(net(pixels)["fc8"], labels)
        return float(loss), grad(loss, [pixels])[0]

    loss, g = loss_and_gradient(x)
    harder = training.uphill(x, g, 2.0)
    assert np.allclose(np.sqrt(((harder - x) ** 2).mean((1, 2, 3))), 2, rtol=1e-4)
    moved, g = (harder - x).reshape(4, -1), g.reshape(4, -1)
    cosine = (moved * g).sum(1) / np.linalg.norm(moved, axis=1) / np.linalg.norm(g, axis=1)
    assert np.allclose(cosine, 1, atol=1e-5)
    assert loss_and_gradient(harder)[0] > loss


def test_an_adversary_stays_in_the_box_and_leaves_a_photo_without_gradient():
    x, g = np.full((2, 3, 4, 4), 254.0), np.ones((2, 3, 4, 4))
    g[1] = 0
    harder = training.uphill(x, g, 5.0)
    assert (harder[0] == 255).all() and (harder[1] == 254).all()


def test_with_an_adversary_a_batch_takes_two_steps_the_second_on_harder_photos(rng, monkeypatch):
    net = models.build("minivgg_bn", classes=3)
    x, labels = rng.uniform(0, 255, (6, 3, 32, 32)).astype("f4"), np.arange(6) % 3
    losses, learn = [], training.learn

    def spy(*args):
        params, shown, g = learn(*args)
        losses.append(float(shown[0]))
        return params, shown, g

    monkeypatch.setattr(training, "learn", spy)

    def step(adversary):
        drop = np.random.default_rng(0)
        return training.step(net, net.params, x, labels, SGD(), 1e-6, drop, adversary=adversary)

    (plain, _), (twice, progress) = step(0.0), step(30.0)
    assert len(losses) == 3 and progress.loss == losses[1] == losses[0] < losses[2]
    assert any(not np.array_equal(plain[name], twice[name]) for name in plain)


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


@pytest.mark.parametrize("scale", [1e-44, 1e-30, 1e-20, 1e-3, 1e20, 1e37])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_adversary_moves_as_far_however_small_the_gradient(scale, dtype, rng):
    x, g = np.full((2, 3, 5, 4), 100, dtype), rng.uniform(0.5, 1, (2, 3, 5, 4))
    g = (g * np.reshape([scale, 0], (2, 1, 1, 1))).astype(dtype)
    moved = training.uphill(x, g, 3.0) - x
    assert moved.dtype == dtype
    assert np.sqrt((moved[0] ** 2).mean()) == pytest.approx(3, rel=1e-5) and (moved[1] == 0).all()


@pytest.mark.parametrize("distance", [-1, np.nan, np.inf])
def test_an_adversary_goes_a_distance(distance):
    with pytest.raises(ValueError, match="distance uphill"):
        training.uphill(np.zeros((1, 3, 2, 2)), np.ones((1, 3, 2, 2)), distance)


def test_the_progress_of_a_step_is_the_loss_before_it_and_the_share_that_was_right(rng):
    net = models.build("minivgg", classes=3)
    x, labels = rng.uniform(0, 255, (6, 3, 32, 32)).astype("f4"), np.arange(6) % 3
    drop = np.random.default_rng(5)
    _, progress = training.step(net, net.params, x, labels.tolist(), SGD(), 0.1, drop)
    scores = net(x, training=np.random.default_rng(5)).scores
    assert progress.loss == pytest.approx(float(ops.cross_entropy(scores, labels)), rel=1e-5)
    assert progress.right == pytest.approx((scores.argmax(axis=1) == labels).mean())
    assert type(progress.loss) is type(progress.right) is float


def test_confusion_takes_labels_in_bytes_and_no_photos():
    many = np.array([199, 5, 199], np.uint8)
    table = training.confusion(many, many, 200)
    assert table[199, 199] == 2 and table[5, 5] == 1 and table.sum() == 3
    assert not training.confusion(np.zeros(0, int), np.zeros(0, int), 2).any()


@pytest.mark.parametrize(
    ("predicted", "labels"),
    [([0, -1], [0, 1]), ([0, 1], [0, 2]), ([0.0, 1.0], [0, 1]), ([0, 1, 1], [0, 1]), ([0], [[0]])],
)
def test_confusion_of_what_is_no_class_is_said(predicted, labels):
    with pytest.raises(ValueError):
        training.confusion(np.array(predicted), np.array(labels), 2)


@pytest.mark.parametrize("measure", [training.calibration_error, training.temperature])
def test_scores_that_are_no_numbers_or_do_not_fit_have_no_measure(measure, rng):
    scores, labels = rng.normal(size=(4, 3)), np.arange(4) % 3
    for bad in (np.nan, np.inf):
        broken = scores.copy()
        broken[2, 1] = bad
        with pytest.raises(ValueError, match="scores are finite numbers"):
            measure(broken, labels)
    with pytest.raises(ValueError, match="one photo or more"):
        measure(scores[:0], labels[:0])
    with pytest.raises(ValueError, match="3 labels do not fit the scores of 4"):
        measure(scores, labels[:3])
    for outside in (-1, 3):
        with pytest.raises(ValueError, match="labels lie in 0 … 2"):
            measure(scores, np.where(labels == 2, outside, labels))
