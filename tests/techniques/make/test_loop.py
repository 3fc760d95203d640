"""The image loop, where the best image can be worked out by hand."""

import numpy as np
import pytest
from small import SmallNet, generators

from minigrad import ops
from minigrad.activations import Activations
from minigrad.optim import SGD, Adam, constant
from minigrad.techniques.make import starts
from minigrad.techniques.make.loop import Diverged, optimize
from minigrad.techniques.make.regularizers import blur, clip_small_norm, every, l2
from minigrad.techniques.make.steps import ascend, like_photos, quasi_newton
from minigrad.techniques.make.transforms import grain, jitter, zoom
from minigrad.techniques.objectives import SCORES, Objective, channel, class_score, each
from minigrad.tensor import Tensor


class Linear:
    """One score, S = Σ w · (x − mean colour)."""

    name, dtype, device = "linear", "float64", "cpu"
    layers = {"score": None}
    score_layer = "score"
    mean_colour = np.array([120.0, 110.0, 100.0])

    def __init__(self, rng):
        self.w = 4 * rng.normal(size=(3, 6, 5))

    def __call__(self, x, only=None):
        u = x - self.mean_colour[:, None, None]
        score = ops.reshape((u * self.w).sum(axis=(1, 2, 3)), (x.shape[0], 1))
        return Activations({"score": score}, "score")


class Small(SmallNet):
    dtype, device = "float64", "cpu"
    mean_colour = np.array([120.0, 110.0, 100.0])


@pytest.fixture
def linear(rng):
    return Linear(rng)


def mean_image(net, copies=1):
    return np.zeros((copies, 3, 6, 5)) + net.mean_colour[:, None, None]


def last(*args, **settings):
    *_, progress = optimize(*args, **settings)
    return progress.pixels


@pytest.mark.parametrize(
    ("step", "steps"), [(ascend(SGD(), constant(0.4)), 100), (quasi_newton(), 100)]
)
def test_the_best_image_for_a_linear_score_with_l2_is_w_over_2_lambda(linear, step, steps):
    """Max w·u − λ‖u‖², Simonyan et al. 2014, equation 1: u* = w / 2λ."""
    x = last(linear, mean_image(linear), class_score(0), step=step, steps=steps,
             penalties=[lambda u: 0.5 * l2(u)])
    u = x - linear.mean_colour[:, None, None]
    np.testing.assert_allclose(u[0], linear.w / (2 * 0.5), atol=1e-6)


@pytest.mark.parametrize("step", [ascend(SGD(), constant(0.1)), quasi_newton()])
def test_the_value_is_the_objective_at_those_pixels_and_not_the_penalties(linear, step):
    goal, penalties = class_score(0), [lambda u: 0.5 * l2(u)]
    made = list(optimize(linear, mean_image(linear), goal, step=step, steps=3, penalties=penalties))
    assert [progress.step for progress in made] == [1, 2, 3][: len(made)]
    for progress in made:
        assert progress.value == pytest.approx(goal(linear(progress.pixels)))


def test_with_a_transform_the_value_is_that_of_the_image_as_it_was_shown(linear):
    """A step of 0 and a shift by one to the right: the score of the shifted image."""
    def right(x, rngs):
        return ops.roll(x, 1, axis=3)

    start = mean_image(linear) + np.arange(5.0)
    (made,) = optimize(linear, start, class_score(0), step=ascend(SGD(), constant(0)), steps=1,
                       transforms=[right])
    np.testing.assert_array_equal(made.pixels, start)
    assert made.value == pytest.approx(float(linear(np.roll(start, 1, axis=3))["score"][0, 0]))


@pytest.mark.parametrize("step", [ascend(Adam(), constant(50.0)), quasi_newton()])
@pytest.mark.parametrize("box", [(0.0, 255.0), (100.0, 125.0)])
def test_every_image_on_the_way_lies_in_the_box(linear, step, box):
    for progress in optimize(linear, mean_image(linear), class_score(0), step=step, steps=20,
                             box=box):
        assert progress.pixels.min() >= box[0] and progress.pixels.max() <= box[1]


def test_the_box_may_be_around_a_photo_as_an_attack_wants_it(linear, rng):
    photo = rng.uniform(0, 255, (1, 3, 6, 5))
    x = last(linear, photo, class_score(0), step=ascend(SGD(), constant(9.0)), steps=30,
             box=(photo - 2, photo + 2))
    np.testing.assert_allclose(x - photo, 2 * np.sign(linear.w)[None], atol=1e-9)


def test_without_a_transform_a_step_is_the_gradient_and_with_jitter_it_is_rolled_back(linear, rng):
    """Wherever the image was shown, its pixel moves by what the network said of it there."""
    start = mean_image(linear)
    x = last(linear, start, class_score(0), step=ascend(SGD(), constant(1.0)), steps=1,
             transforms=[jitter(3)], rng=np.random.default_rng(5))
    (child,) = np.random.default_rng(5).spawn(1)
    down, right = child.integers(-3, 3, 2, endpoint=True)
    assert (down, right) != (0, 0)
    np.testing.assert_allclose((x - start)[0], np.roll(linear.w, (-down, -right), (1, 2)))


def test_the_same_seed_gives_the_same_picture_and_another_another():
    net = Small()

    def picture(seed):
        rng = np.random.default_rng(seed)
        start = starts.noise(net, 16, 2, 3.0, rng)
        return last(net, start, class_score(2), step=ascend(Adam(), constant(2.0)), steps=4,
                    transforms=[jitter(2), zoom(0.9, 1.1)], rng=rng)

    np.testing.assert_array_equal(picture(1), picture(1))
    assert abs(picture(1) - picture(2)).max() > 1


def test_copies_do_not_know_of_each_other():
    net = Small()
    start = starts.noise(net, 16, 3, 5.0, np.random.default_rng(0))
    corrections = [blur(0.5), clip_small_norm(20)]

    def run(start):
        return last(net, start, class_score(1), step=ascend(Adam(), constant(2.0)), steps=5,
                    penalties=[lambda u: 1e-3 * l2(u)], corrections=corrections)

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
    start = starts.noise(net, 16, 3, 5.0, np.random.default_rng(0))
    goals = [class_score(4), channel("relu2", 1), class_score(0)]
    step = ascend(SGD(), constant(1.0))
    together = last(net, start, each(goals), step=step, steps=3)
    for n, goal in enumerate(goals):
        alone = last(net, start[n : n + 1], goal, step=step, steps=3)
        np.testing.assert_allclose(together[n : n + 1], alone, atol=1e-9)


def test_objectives_add_up_and_a_weight_is_a_factor():
    net = Small()
    acts = net(starts.noise(net, 16, 2, 5.0, np.random.default_rng(0)))
    a, b = channel("relu1", 0), channel("relu2", 1)
    both = a + 3.0 * b
    assert both(acts) == pytest.approx(a(acts) + 3 * b(acts))
    assert both.layers == ("relu1", "relu2") and (a + class_score(0)).layers == ("relu1", SCORES)
    assert (-both)(acts) == pytest.approx(-both(acts))


def test_a_pass_stops_at_the_layer_that_the_objective_needs():
    net = Small()
    last(net, starts.zero(net, 8), channel("relu1", 0), step=ascend(SGD(), constant(1.0)), steps=1)
    assert "pool1" not in net.computed


def test_corrections_see_the_image_around_the_mean_colour(linear):
    """Everything clipped: what is left is the mean colour, not black."""
    x = last(linear, mean_image(linear), class_score(0), step=ascend(SGD(), constant(1.0)), steps=2,
             corrections=[clip_small_norm(100)])
    np.testing.assert_allclose(x, mean_image(linear))


def test_the_starts_are_the_mean_colour_and_noise_around_it(rng):
    net = Small()
    assert (starts.zero(net, 8, 2) == np.reshape([120, 110, 100], (3, 1, 1))).all()
    noisy = starts.noise(net, 64, 2, 10.0, rng)
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
    slow = last(Itself(rng), start, -valley, step=ascend(SGD(), constant(0.9)), steps=40)
    fast = last(Itself(rng), start, -valley, step=quasi_newton(), steps=40)
    assert abs(fast - target).max() < 0.01 * abs(slow - target).max()


@pytest.mark.parametrize(
    ("shape", "steps", "sentence"),
    [
        ((3, 8, 8), 1, r"\(N, 3, H, W\)"),
        ((1, 1, 8, 8), 1, "shape"),
        ((0, 3, 8, 8), 1, "shape"),
        ((1, 3, 8, 8), 0, "steps is 0: give a whole number, 1 or more"),
    ],
)
def test_what_is_no_batch_of_images_and_no_steps_are_refused(shape, steps, sentence):
    with pytest.raises(ValueError, match=sentence):
        next(optimize(Small(), np.zeros(shape), class_score(0), step=ascend(SGD(), constant(1)),
                      steps=steps))


# ── A run leaves nothing behind, and an image knows of no other ──────────────────────────────────


@pytest.mark.parametrize("make", [lambda: SGD(0.9), lambda: Adam()])
def test_a_second_run_by_the_same_step_is_the_first_again(linear, make):
    optimiser, corrections = make(), [every(2, blur(0.8))]
    step = ascend(optimiser, constant(2.0))

    def run():
        return last(linear, mean_image(linear), class_score(0), step=step, steps=3,
                    corrections=corrections)

    first = run()
    np.testing.assert_array_equal(run(), first)
    assert optimiser.state == make().state


def test_two_runs_that_take_turns_do_not_mix(linear):
    step, start = ascend(SGD(0.9), constant(0.1)), mean_image(linear)
    turns = zip(*(optimize(linear, start, class_score(0), step=step,
                           steps=4) for _ in range(2)), strict=True)
    for one, other in turns:
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_an_image_of_one_seed_is_the_same_alone_and_in_company():
    net, step = Small(), ascend(SGD(), constant(1.0))
    start = starts.noise(net, 16, 3, 5.0, np.random.default_rng(0))

    def run(start, rng):
        transforms = [jitter(3), zoom(0.9, 1.1), grain(5.0)]
        return last(net, start, class_score(1), step=step, steps=3, transforms=transforms, rng=rng)

    together = run(start, np.random.default_rng(7))
    for n in range(3):
        alone = run(start[n : n + 1], generators(7, 3)[n : n + 1])
        np.testing.assert_allclose(alone, together[n : n + 1], atol=1e-9)


def test_as_many_generators_as_images(linear):
    step = ascend(SGD(), constant(1.0))
    with pytest.raises(ValueError, match="3 random generators do not fit 2 images"):
        optimize(linear, mean_image(linear, 2), class_score(0), step=step, steps=1,
                 rng=generators(0, 3))


def test_noise_of_a_float32_network_is_drawn_in_float32(rng):
    net = Small()
    net.dtype = "float32"
    assert starts.noise(net, 8, 2, 5.0, rng).dtype == np.float32


# ── What the corrections get, and what is refused ────────────────────────────────────────────────


def test_a_correction_gets_the_gradient_of_the_objective_alone_and_the_steps_number(linear):
    got = []

    def spy(u, g, step):
        got.append((g, step))
        return u

    step, penalties = ascend(SGD(), constant(0.1)), [lambda u: 3 * l2(u), lambda u: l2(u)]
    list(optimize(linear, mean_image(linear), class_score(0), step=step, steps=3,
                  penalties=penalties, corrections=[spy]))
    assert [step for _, step in got] == [1, 2, 3]
    for g, _ in got:
        np.testing.assert_allclose(g[0], linear.w)


def test_the_step_goes_along_the_gradient_of_objective_and_penalties(linear):
    start = mean_image(linear) + 7.0
    step = ascend(SGD(), constant(0.5))
    x = last(linear, start, class_score(0), step=step, steps=1,
             penalties=[lambda u: 0.5 * l2(u), lambda u: 0.0])
    np.testing.assert_allclose((x - start)[0], 0.5 * (linear.w - 7.0))


@pytest.mark.parametrize(
    ("step", "more"),
    [
        (ascend(Adam(), constant(2.0)), {"transforms": [jitter(3), grain(4.0)]}),
        (ascend(SGD(0.9), lambda step: 9 / (1 + step)), {"corrections": [every(2, blur(1))]}),
        (quasi_newton(3), {"penalties": [lambda u: 1e-3 * l2(u)]}),
    ],
)
def test_a_run_that_is_resumed_is_the_run_that_was_never_stopped(step, more):
    """From any step: its pixels and its memory are all that the rest depends on."""
    net = Small()
    start = starts.noise(net, 16, 2, 20.0, np.random.default_rng(3))
    given = net, start, class_score(2)
    settings = {"step": step, "steps": 8, **more}
    whole = list(optimize(*given, **settings, rng=np.random.default_rng(1)))
    for stopped in (whole[0], whole[4]):
        rest = list(optimize(*given, **settings, rng=np.random.default_rng(9), resume=stopped))
        assert [now.step for now in rest] == [now.step for now in whole[stopped.step :]]
        for one, other in zip(whole[stopped.step :], rest, strict=True):
            np.testing.assert_array_equal(one.pixels, other.pixels)
            assert one.value == other.value


def test_quasi_newton_refuses_a_function_that_changes(linear):
    for more in ({"transforms": [jitter(2)]}, {"corrections": [blur(0.5)]}):
        with pytest.raises(ValueError, match="L-BFGS compares.*leave them out, or take ascend"):
            last(linear, mean_image(linear), class_score(0), step=quasi_newton(), steps=2, **more)


class Explosive(Linear):
    """Its score is NaN when the mean of the image is above 130."""

    def __call__(self, x, only=None):
        scores = super().__call__(x)["score"]
        data = x.data if isinstance(x, Tensor) else x
        return Activations({"score": scores * (np.nan if data.mean() > 130 else 1.0)}, "score")


def test_a_loop_that_meets_nan_ends_with_the_last_good_image(rng):
    net = Explosive(rng)
    net.w = np.ones_like(net.w)         # each step makes every pixel brighter by 3
    good = []
    with pytest.raises(Diverged, match="after step 7 the image.*smaller rate") as error:
        goal, step = class_score(0), ascend(SGD(), constant(3.0))
        for progress in optimize(net, mean_image(net), goal, step=step, steps=20):
            good.append(progress)
    assert [progress.step for progress in good] == [1, 2, 3, 4, 5, 6]
    assert error.value.last is good[-1] and np.isfinite(good[-1].pixels).all()


@pytest.mark.parametrize("nan", [np.nan, np.inf, -np.inf])
def test_no_rate_penalty_or_correction_makes_nan_a_picture(linear, nan):
    start = mean_image(linear)
    step = ascend(SGD(), constant(1.0))
    for more in (
        {"penalties": [lambda u: nan * l2(u)]},
        {"corrections": [lambda u, g, step: u * np.nan]},
        {"step": ascend(SGD(), lambda step: np.nan)},
    ):
        with pytest.raises(Diverged):
            last(linear, start, class_score(0), **{"step": step, "steps": 3, **more})


@pytest.mark.parametrize("step", [ascend(SGD(), constant(1.0)), quasi_newton()])
def test_a_start_that_is_no_image_is_said(linear, step):
    start = mean_image(linear)
    start[0, 1, 2, 3] = np.nan
    with pytest.raises(Diverged, match="the image to start from") as error:
        last(linear, start, class_score(0), step=step, steps=3)
    assert error.value.last is None


@pytest.mark.parametrize("box", [(5, 4), (np.nan, 255), (0, np.full((1, 3, 6, 5), -1.0))])
def test_a_box_that_holds_nothing_is_refused(linear, box):
    with pytest.raises(ValueError, match="no pixel fits into the box"):
        step = ascend(SGD(), constant(1))
        optimize(linear, mean_image(linear), class_score(0), step=step, steps=1, box=box)


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda net: like_photos(-0.5), lambda net: like_photos(np.nan),
        lambda net: quasi_newton(0), lambda net: quasi_newton(1.5),
        lambda net: starts.zero(net, 0), lambda net: starts.zero(net, 8, 0),
        lambda net: starts.noise(net, 8, 1, np.nan, None),
        lambda net: starts.noise(net, 8, 1, -1, None),
    ],
)
def test_numbers_that_make_no_sense_are_refused_where_they_are_given(nonsense):
    with pytest.raises((ValueError, TypeError), match="give a (whole )?number"):
        nonsense(Small())


# ── Small numbers ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scale", [1e-35, 1e-30, 1e-10, 1e10, 1e35])
def test_a_step_like_photos_does_not_depend_on_the_scale_of_the_gradient(scale, rng):
    g = rng.normal(size=(2, 3, 12, 9)).astype(np.float32)
    step, scaled = like_photos(0.75)(g), like_photos(0.75)((scale * g).astype(np.float32))
    np.testing.assert_allclose(scaled, step, atol=1e-4)


def test_a_gradient_that_is_the_same_everywhere_is_no_wave(rng):
    g = np.full((1, 3, 17, 23), 0.1, np.float32) * (1 + 1e-7 * rng.normal(size=(1, 3, 17, 23)))
    assert (like_photos(0.75)(g.astype(np.float32)) == 0).all()
