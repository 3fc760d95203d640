"""A step of training: downhill in the weights, and uphill in the photos."""

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
        params, outcome = training.step(net, params, x, labels, sgd, 0.01, drop)
        losses.append(outcome.loss)
    assert losses[-1] < losses[0]
    assert all(np.array_equal(net.params[name], a) for name, a in before.items())
    assert all(a.dtype == np.float32 for a in params.values())


@pytest.fixture
def batches(rng):
    return [(rng.uniform(0, 255, (4, 3, 32, 32)).astype("f4"), np.arange(4) % 3) for _ in range(4)]


def test_training_is_one_step_for_each_batch(batches):
    net, sgd = models.build("minivgg_bn", classes=3), SGD(momentum=0.9)
    params, drop = dict(net.params), np.random.default_rng(0)
    for x, labels in batches:
        params, outcome = training.step(net, params, x, labels, sgd, 0.01, drop)
    *_, last = training.train(net, batches)
    assert last.step == 4 and last.outcome == outcome
    assert all(np.array_equal(params[name], a) for name, a in last.params.items())


def test_a_step_that_is_broken_off_was_not_taken(batches, monkeypatch):
    """Begun again at the third step, with what there was then, it is the run nobody stopped."""
    net, sgd, learn = models.build("minivgg", classes=3), SGD(momentum=0.9), training.learn
    by_step = {"lr": lambda i: 0.01 / (i + 1), "rng": lambda i: np.random.default_rng(i)}
    *_, whole = training.train(net, batches, **by_step)

    def stopped(*args):
        learn(*args)  # the momentum has moved
        raise KeyboardInterrupt

    run = training.train(net, batches, optimiser=sgd, **by_step)
    now = [next(run), next(run)][-1]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training, "learn", stopped)
        next(run)
    *_, resumed = training.train(
        net, batches[2:], params=now.params, optimiser=sgd, begin=now.step, **by_step
    )
    assert resumed.step == 4
    assert all(np.array_equal(whole.params[name], a) for name, a in resumed.params.items())


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

    (plain, _), (twice, outcome) = step(0.0), step(30.0)
    assert len(losses) == 3 and outcome.loss == losses[1] == losses[0] < losses[2]
    assert any(not np.array_equal(plain[name], twice[name]) for name in plain)


def test_a_running_statistic_goes_a_tenth_of_the_way_to_the_batchs():
    old, new = {"bn/running_mean": np.ones(2)}, {"bn/running_mean": np.zeros(2)}
    assert np.allclose(training.follow(old, new)["bn/running_mean"], 0.9)


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


def test_the_outcome_of_a_step_is_the_loss_before_it_and_the_share_that_was_right(rng):
    net = models.build("minivgg", classes=3)
    x, labels = rng.uniform(0, 255, (6, 3, 32, 32)).astype("f4"), np.arange(6) % 3
    drop = np.random.default_rng(5)
    _, outcome = training.step(net, net.params, x, labels.tolist(), SGD(), 0.1, drop)
    scores = net(x, training=np.random.default_rng(5)).scores
    assert outcome.loss == pytest.approx(float(ops.cross_entropy(scores, labels)), rel=1e-5)
    assert outcome.right == pytest.approx((scores.argmax(axis=1) == labels).mean())
    assert type(outcome.loss) is type(outcome.right) is float


def test_every_learned_parameter_is_learned_and_the_statistics_follow(rng):
    net = models.build("minivgg_bn", classes=3)
    x, labels = rng.uniform(0, 255, (6, 3, 32, 32)).astype("f4"), np.arange(6) % 3
    met = net.batch_statistics(net(x, training=np.random.default_rng(0)))
    params, _ = training.step(net, net.params, x, labels, SGD(), 0.1, np.random.default_rng(0))
    for name, before in net.params.items():
        if name in net.learned:
            assert not np.array_equal(params[name], before) or name.endswith("/bias"), name
        else:
            np.testing.assert_allclose(params[name], 0.9 * before + 0.1 * met[name], rtol=1e-5)


@pytest.mark.parametrize("adversary", [0.0, 1.0])
def test_a_loss_that_is_no_number_is_said_and_no_parameter_changes(adversary, rng):
    net = models.build("minivgg", classes=3)
    before = {name: a.copy() for name, a in net.params.items()}
    x, labels = rng.uniform(0, 255, (2, 3, 32, 32)).astype("f4"), np.arange(2)
    broken = net.params | {"fc8/bias": np.full(3, np.nan, "f4")}
    with pytest.raises(ValueError, match="loss has become nan: take a smaller lr than 0.1"):
        training.step(
            net, broken, x, labels, SGD(), 0.1, np.random.default_rng(0), adversary=adversary
        )
    assert all(np.array_equal(net.params[name], a) for name, a in before.items())
