"""The image loop, where the best image can be worked out by hand."""

import numpy as np
import pytest
from small import SmallNet

from minigrad import ops
from minigrad.optim import SGD, Adam, constant
from minigrad.techniques import optimize as loop
from minigrad.techniques.objectives import SCORES, Objective, channel, class_score, each
from minigrad.techniques.optimize import (
    descend,
    grain,
    jitter,
    like_photos,
    optimize,
    quasi_newton,
    zoom,
)
from minigrad.techniques.regularizers import blur, clip_small_norm, l2
from minigrad.tensor import Tensor, grad


class Linear:
    """One score, S = Σ w · (x − mean colour)."""

    name, dtype, device = "linear", "float64", "cpu"
    layers = {"score": None}
    mean_colour = np.array([120.0, 110.0, 100.0])

    def __init__(self, rng):
        self.w = 4 * rng.normal(size=(3, 6, 5))

    def __call__(self, x, only=None):
        u = x - self.mean_colour[:, None, None]
        return {"score": ops.reshape((u * self.w).sum(axis=(1, 2, 3)), (x.shape[0], 1))}


class Small(SmallNet):
    dtype, device = "float64", "cpu"
    mean_colour = np.array([120.0, 110.0, 100.0])


@pytest.fixture
def linear(rng):
    return Linear(rng)


def mean_image(net, copies=1):
    return np.zeros((copies, 3, 6, 5)) + net.mean_colour[:, None, None]


def last(*args, **options):
    *_, progress = optimize(*args, **options)
    return progress.pixels


@pytest.mark.parametrize(
    ("rule", "steps"), [(descend(SGD(), constant(0.4)), 100), (quasi_newton(), 100)]
)
def test_the_best_image_for_a_linear_score_with_l2_is_w_over_2_lambda(linear, rule, steps):
    """Max w·u − λ‖u‖², Simonyan et al. 2014, equation 2: u* = w / 2λ."""
    x = last(linear, -class_score(0), mean_image(linear), rule, steps, [lambda u: 0.5 * l2(u)])
    u = x - linear.mean_colour[:, None, None]
    np.testing.assert_allclose(u[0], linear.w / (2 * 0.5), atol=1e-6)


def test_the_value_is_the_objective_at_the_image_before_the_step(linear):
    rule = descend(SGD(), constant(1.0))
    first, second = optimize(linear, -class_score(0), mean_image(linear), rule, 2)
    assert (first.step, second.step) == (1, 2)
    assert first.value == 0
    assert second.value == pytest.approx(-(linear.w**2).sum())


@pytest.mark.parametrize("rule", [descend(Adam(), constant(50.0)), quasi_newton()])
@pytest.mark.parametrize("box", [(0.0, 255.0), (100.0, 125.0)])
def test_every_image_on_the_way_lies_in_the_box(linear, rule, box):
    for progress in optimize(linear, -class_score(0), mean_image(linear), rule, 20, box=box):
        assert progress.pixels.min() >= box[0] and progress.pixels.max() <= box[1]


def test_the_box_may_be_around_a_photo_as_an_attack_wants_it(linear, rng):
    photo = rng.uniform(0, 255, (1, 3, 6, 5))
    x = last(linear, -class_score(0), photo, descend(SGD(), constant(9.0)), 30,
             box=(photo - 2, photo + 2))
    np.testing.assert_allclose(x - photo, 2 * np.sign(linear.w)[None], atol=1e-9)


def test_without_a_transform_a_step_is_the_gradient_and_with_jitter_it_is_rolled_back(linear, rng):
    """Wherever the image was shown, its pixel moves by what the network said of it there."""
    start = mean_image(linear)
    x = last(linear, -class_score(0), start, descend(SGD(), constant(1.0)), 1,
             transforms=[jitter(3)], rng=np.random.default_rng(5))
    down, right = np.random.default_rng(5).integers(-3, 3, (1, 2), endpoint=True)[0]
    assert (down, right) != (0, 0)
    np.testing.assert_allclose((x - start)[0], np.roll(linear.w, (-down, -right), (1, 2)))


def test_jitter_and_its_gradient_are_the_identity(rng):
    x = Tensor(rng.normal(size=(3, 3, 8, 9)))
    shown = jitter(4)(x, np.random.default_rng(1))
    assert not np.array_equal(shown.data, x.data)
    (back,) = grad(shown, [x], seed=shown.data)
    np.testing.assert_array_equal(back, x.data)


def test_each_copy_is_jittered_in_its_own_way():
    x = Tensor(np.tile(np.arange(64.0).reshape(1, 1, 8, 8), (4, 3, 1, 1)))
    shown = jitter(3)(x, np.random.default_rng(0)).data
    assert len({image.tobytes() for image in shown}) == 4


def test_grain_adds_noise_of_that_deviation_and_its_gradient_is_the_identity():
    x = Tensor(np.full((2, 3, 50, 50), 100, np.float32))
    shown = grain(8)(x, np.random.default_rng(0))
    assert shown.dtype == np.float32
    assert shown.data.mean() == pytest.approx(100, abs=0.3)
    assert shown.data.std() == pytest.approx(8, rel=0.03)
    assert (grad(shown.sum(), [x])[0] == 1).all()


def test_zoom_by_one_changes_nothing_and_a_ramp_stays_a_ramp():
    ramp = np.broadcast_to(np.arange(15.0), (2, 3, 15, 15))
    np.testing.assert_allclose(zoom(1, 1)(Tensor(ramp), np.random.default_rng(0)).data, ramp)
    twice = zoom(2, 2)(Tensor(ramp), np.random.default_rng(0)).data
    np.testing.assert_allclose(twice, 7 + (ramp - 7) / 2)


def test_zoom_of_a_constant_is_that_constant_though_it_is_made_smaller():
    x = np.full((2, 3, 9, 9), 7.0)
    np.testing.assert_allclose(zoom(0.5, 1.5)(Tensor(x), np.random.default_rng(0)).data, x)


def test_a_resized_ramp_is_a_ramp_and_a_constant_that_constant():
    ramp = np.broadcast_to(np.arange(8.0), (2, 3, 8, 8))
    larger = loop.resized(ramp, 16)
    assert larger.shape == (2, 3, 16, 16)
    np.testing.assert_allclose(larger[0, 0, 3, 1:-1], np.arange(14) / 2 + 0.25)
    np.testing.assert_allclose(loop.resized(np.full((1, 3, 8, 8), 9.0), 11), 9.0)
    np.testing.assert_array_equal(loop.resized(ramp, 8), ramp)


def test_the_same_seed_gives_the_same_picture_and_another_another():
    net = Small()

    def picture(seed):
        rng = np.random.default_rng(seed)
        start = loop.noise(net, 16, 2, 3.0, rng)
        return last(net, -class_score(2), start, descend(Adam(), constant(2.0)), 4,
                    transforms=[jitter(2), zoom(0.9, 1.1)], rng=rng)

    np.testing.assert_array_equal(picture(1), picture(1))
    assert abs(picture(1) - picture(2)).max() > 1


def test_copies_do_not_know_of_each_other():
    net = Small()
    start = loop.noise(net, 16, 3, 5.0, np.random.default_rng(0))
    corrections = [blur(0.5), clip_small_norm(20)]

    def run(start):
        return last(net, -class_score(1), start, descend(Adam(), constant(2.0)), 5,
                    [lambda u: 1e-3 * l2(u)], corrections)

    together = run(start)
    for n in range(3):
        np.testing.assert_allclose(together[n : n + 1], run(start[n : n + 1]), atol=1e-9)


@pytest.mark.parametrize("power", [0.0, 0.75, 1.0])
def test_a_step_like_photos_still_goes_uphill_and_leaves_the_mean_colour(power, rng):
    """Slow waves and common colours are scaled up, none changes its sign."""
    g = rng.normal(size=(3, 3, 12, 9))
    step = like_photos(power)(g)
    assert ((step * (g - g.mean(axis=(2, 3), keepdims=True))).sum(axis=(1, 2, 3)) > 0).all()
    np.testing.assert_allclose(step.mean(axis=(2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(abs(step).mean(axis=(1, 2, 3)), 1)
    assert like_photos(power)(g.astype(np.float32)).dtype == np.float32


def test_a_step_like_photos_makes_a_wave_of_half_the_frequency_twice_as_large():
    slow, fast = (np.cos(2 * np.pi * n * np.arange(32) / 32) for n in (2, 4))
    g = np.broadcast_to(slow + fast, (1, 3, 32, 32))
    row = like_photos(1.0)(g)[0, 0, 0]
    assert (row @ slow) / (row @ fast) == pytest.approx(2)


def test_where_there_is_no_gradient_there_is_no_step():
    assert (like_photos(0.75)(np.zeros((1, 3, 8, 8))) == 0).all()


def test_each_image_of_a_batch_may_have_an_objective_of_its_own():
    net = Small()
    start = loop.noise(net, 16, 3, 5.0, np.random.default_rng(0))
    goals = [class_score(4), channel("relu2", 1), class_score(0)]
    rule = descend(SGD(), constant(1.0))
    together = last(net, -each(goals), start, rule, 3)
    for n, goal in enumerate(goals):
        alone = last(net, -goal, start[n : n + 1], rule, 3)
        np.testing.assert_allclose(together[n : n + 1], alone, atol=1e-9)


def test_objectives_add_up_and_a_weight_is_a_factor():
    net = Small()
    acts = net(loop.noise(net, 16, 2, 5.0, np.random.default_rng(0)))
    a, b = channel("relu1", 0), channel("relu2", 1)
    both = a + 3.0 * b
    assert both(acts) == pytest.approx(a(acts) + 3 * b(acts))
    assert both.layers == ("relu1", "relu2") and (a + class_score(0)).layers == ("relu1", SCORES)
    assert (-both)(acts) == pytest.approx(-both(acts))


def test_a_pass_stops_at_the_layer_that_the_objective_needs():
    net = Small()
    last(net, -channel("relu1", 0), loop.zero(net, 8), descend(SGD(), constant(1.0)), 1)
    assert "pool1" not in net.computed


def test_corrections_see_the_image_around_the_mean_colour(linear):
    """Everything clipped: what is left is the mean colour, not black."""
    x = last(linear, -class_score(0), mean_image(linear), descend(SGD(), constant(1.0)), 2,
             corrections=[clip_small_norm(100)])
    np.testing.assert_allclose(x, mean_image(linear))


def test_the_starts_are_the_mean_colour_and_noise_around_it(rng):
    net = Small()
    assert (loop.zero(net, 8, 2) == np.reshape([120, 110, 100], (3, 1, 1))).all()
    noisy = loop.noise(net, 64, 2, 10.0, rng)
    np.testing.assert_allclose(noisy.mean(axis=(0, 2, 3)), [120, 110, 100], atol=0.5)
    assert noisy.std(axis=(0, 2, 3)) == pytest.approx([10, 10, 10], rel=0.05)


def test_quasi_newton_reaches_in_few_steps_what_gradient_descent_does_not(rng):
    """A valley a hundred times longer than wide."""
    net = Linear(rng)
    target = mean_image(net) + 20 * rng.normal(size=(1, 3, 6, 5))
    weight = rng.uniform(0.01, 1, size=(1, 3, 6, 5))

    class Itself(Linear):
        def __call__(self, x, only=None):
            return {"score": x}

    valley = Objective("valley", (), lambda a: (weight * (a["score"] - target) ** 2).sum())
    start = mean_image(net)
    slow = last(Itself(rng), valley, start, descend(SGD(), constant(0.9)), 40)
    fast = last(Itself(rng), valley, start, quasi_newton(), 40)
    assert abs(fast - target).max() < 0.01 * abs(slow - target).max()


@pytest.mark.parametrize(
    ("shape", "steps", "sentence"),
    [((3, 8, 8), 1, r"\(N, 3, H, W\)"), ((1, 1, 8, 8), 1, "shape"), ((1, 3, 8, 8), 0, "0 steps")],
)
def test_what_is_no_batch_of_images_and_no_steps_are_refused(shape, steps, sentence):
    with pytest.raises(ValueError, match=sentence):
        next(optimize(Small(), class_score(0), np.zeros(shape), descend(SGD(), constant(1)), steps))
