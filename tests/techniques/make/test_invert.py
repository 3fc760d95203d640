"""Inverting a code, on networks with random weights and on one that can be inverted by hand."""

import itertools

import numpy as np
import pytest

import models
from minigrad import ops
from minigrad.activations import Activations
from minigrad.techniques.make import invert as module
from minigrad.techniques.make.invert import (
    apart,
    code_of,
    inversion_errors,
    invert,
    only_strongest,
)
from minigrad.techniques.make.invert_presets import (
    InvertPreset,
    invert_preset_for,
    landmarks,
)
from minigrad.techniques.make.loop import Diverged
from minigrad.techniques.make.regularizers import l6, total_variation

SMALL = InvertPreset(tv=0.5, steps=6)
BARE = InvertPreset(tv=0.0, l6=0.0, waves=None)


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4, dtype="float64")


@pytest.fixture
def photo(rng):
    return rng.uniform(40, 200, (1, 3, 20, 26))


def last(*args, **settings):
    *_, progress = invert(*args, **settings)
    return progress


class Linear:
    """One layer, Φ(x) = A x, where A is a 48×48 matrix that can be inverted."""

    name, layers, score_layer, default_layer = "linear", {"code": None}, "code", "code"
    mean_colour, dtype, device = np.full(3, 120.0), "float64", "cpu"

    def __init__(self, rng):
        rotation, _ = np.linalg.qr(rng.normal(size=(48, 48)))
        self.A = rotation * np.linspace(1, 2, 48)

    def __call__(self, x, only=None):
        flat = ops.reshape(x, (x.shape[0], 48))
        return Activations({"code": ops.matmul(flat, self.A.T)}, "code")


# ── The energy ───────────────────────────────────────────────────────────────────────────────────


def test_through_a_linear_layer_that_can_be_inverted_the_photo_comes_back(rng):
    photo = rng.uniform(60, 180, (1, 3, 4, 4))
    now = last(Linear(rng), photo, preset=BARE, steps=400)
    np.testing.assert_allclose(now.pixels, photo, atol=1e-3)
    assert 0 <= -now.value < 1e-9


def test_of_two_linear_codes_each_image_finds_its_own(rng):
    photos, net = rng.uniform(60, 180, (2, 3, 4, 4)), Linear(rng)
    now = last(net, photos, preset=BARE, steps=400, copies=2)
    np.testing.assert_allclose(now.pixels, photos[[0, 0, 1, 1]], atol=1e-3)


def test_the_errors_are_0_at_the_photo_itself(net, photo):
    assert inversion_errors(net, photo, photo, "relu2_2") == (0.0, 0.0)


def test_the_error_of_a_code_of_nothing_is_1(rng):
    photo = rng.uniform(60, 180, (1, 3, 4, 4))
    found = inversion_errors(Linear(rng), 0 * photo, photo)
    assert found.code == pytest.approx(1) and found.pixels == pytest.approx((photo**2).mean()**0.5)


def test_the_value_is_the_negative_error_summed_over_the_images(net, photo):
    now = last(net, photo, "relu2_2", preset=SMALL, copies=3)
    found = inversion_errors(net, now.pixels, photo, "relu2_2")
    assert found.code.shape == (3,) and -now.value == pytest.approx(found.code.sum())


def test_balanced_penalties_are_means_in_shares_of_255(rng):
    u, wanted = rng.normal(0, 50, (2, 3, 5, 7)), np.ones((2, 4))
    R6, RTV = module.penalties(InvertPreset(tv=3.0, beta=2.0, l6=2.0), wanted, u)
    assert R6(u) == pytest.approx(2 * l6(u / 255) / (3 * 5 * 7))
    assert RTV(u) == pytest.approx(3 * total_variation(u / 255) / (3 * 5 * 7))


def test_the_lectures_penalty_is_a_sum_over_the_size_of_each_code(rng):
    """‖Φ − Φ₀‖² + λ Σ (u/255)⁶, all of it divided by ‖Φ₀‖²."""
    u, wanted = rng.normal(0, 50, (2, 3, 5, 7)), np.array([[3.0, 4.0], [1.0, 0.0]])
    (R6,) = module.penalties(InvertPreset(tv=0.0, l6=2.0, balanced=False), wanted, u)
    assert R6(u) == pytest.approx(2 * l6(u[:1] / 255) / 25 + 2 * l6(u[1:] / 255))


def test_more_smoothness_is_a_smoother_image(net, photo):
    rough, smooth = (last(net, photo, "relu2_2", preset=SMALL, tv=tv, steps=20).pixels
                     for tv in (0.0, 300.0))
    assert total_variation(smooth) < 0.5 * total_variation(rough)


# ── Codes ────────────────────────────────────────────────────────────────────────────────────────


def test_the_strongest_are_those_furthest_from_0_of_each_code():
    a = np.array([[[1.0, -5.0], [3.0, 2.0]], [[0.5, 0.1], [0.2, 0.4]]])
    kept = only_strongest(a, 2)
    np.testing.assert_array_equal(kept, [[[0, -5], [3, 0]], [[0.5, 0], [0, 0.4]]])


def test_a_code_with_all_its_strongest_is_the_code(net, photo):
    a = net(photo, only=["relu3_1"])["relu3_1"]
    np.testing.assert_array_equal(code_of(net, photo, "relu3_1", strongest=a.size), a)


def test_a_code_of_its_strongest_is_what_is_asked_for(net, photo):
    now = last(net, photo, "relu3_1", preset=SMALL, strongest=9)
    a = net(now.pixels, only=["relu3_1"])["relu3_1"]
    wanted = code_of(net, photo, "relu3_1", strongest=9)
    assert np.count_nonzero(wanted) == 9
    assert -now.value == pytest.approx(((a - wanted) ** 2).sum() / (wanted**2).sum())


def test_a_given_code_takes_the_place_of_the_photos(net, photo, rng):
    other = rng.uniform(40, 200, photo.shape)
    target = net(photo, only=["relu2_2"])["relu2_2"]
    given = last(net, other, "relu2_2", preset=SMALL, target=target)
    np.testing.assert_array_equal(given.pixels, last(net, photo, "relu2_2", preset=SMALL).pixels)


def test_copies_part_with_depth_and_their_codes_agree():
    """With the shipped weights: the scores leave more open than the first layer."""
    net = models.load("minivgg")
    photo = np.random.default_rng(0).uniform(0, 255, (1, 3, 4, 4)).astype(np.float32)
    photo = photo.repeat(8, axis=2).repeat(8, axis=3)
    distance = {}
    for layer in ("relu1_1", "relu3_2", "fc8"):
        now = last(net, photo, layer, copies=2, steps=30)
        assert inversion_errors(net, now.pixels, photo, layer).code.max() < 0.15
        distance[layer] = apart(now.pixels).mean()
    assert 2 * distance["relu1_1"] < distance["relu3_2"] < distance["fc8"] / 1.5


def test_apart_is_the_root_of_the_mean_square_between_every_two():
    x = np.zeros((3, 3, 2, 2))
    x[1], x[2, 0] = 5, 3                                    # x₂ is 3 in one of the three colours
    distances = [[0, 25, 3], [25, 0, 18], [3, 18, 0]]       # (4 + 25 + 25) / 3 = 18
    np.testing.assert_allclose(apart(x), np.sqrt(distances))


# ── The run ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("more", [{}, {"copies": 2}, {"strongest": 50}, {"waves": None}])
@pytest.mark.parametrize("stopped", [1, 4])
def test_a_run_that_is_resumed_is_the_run_that_was_never_stopped(net, photo, more, stopped):
    given, settings = (net, photo, "relu2_2"), {"preset": SMALL, **more}
    whole = list(invert(*given, **settings))
    rest = list(invert(*given, **settings, resume=whole[stopped - 1]))
    assert [now.step for now in rest] == list(range(stopped + 1, 7))
    np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)
    assert rest[-1].value == whole[-1].value


def test_another_generator_gives_another_image(net, photo):
    def image(rng):
        return last(net, photo, "relu2_2", preset=SMALL, rng=rng).pixels

    np.testing.assert_array_equal(image(None), image(None))
    assert (image(None) != image(np.random.default_rng(1))).any()


def test_photos_of_a_batch_do_not_know_of_each_other(net, rng):
    photos = rng.uniform(40, 200, (2, 3, 20, 26))

    def images(*which):
        rngs = [np.random.default_rng(n) for n in which]
        return last(net, photos[list(which)], "relu2_2", preset=SMALL, rng=rngs).pixels

    both = images(0, 1)
    for n in range(2):
        np.testing.assert_allclose(both[n : n + 1], images(n), atol=1e-6)


def test_float32_stays_float32(photo):
    net = models.build("minivgg", classes=4)
    for more in ({}, {"preset": invert_preset_for(net, "relu2_2", "lecture")}, {"strongest": 9}):
        now = last(net, photo.astype(np.float32), "relu2_2", steps=2, **more)
        assert now.pixels.dtype == np.float32


def test_a_grey_photo_gives_numbers(net, photo):
    now = last(net, np.repeat(photo[:, :1], 3, axis=1), "relu2_2", preset=SMALL)
    assert np.isfinite(now.value)


def test_a_loop_that_meets_nan_ends_with_the_last_good_image(net, photo, monkeypatch):
    calls = itertools.count()
    monkeypatch.setattr(module, "l6", lambda u: (u * (np.nan if next(calls) >= 3 else 1.0)).sum())
    walk = invert(net, photo, "relu2_2", preset=SMALL)
    good = list(itertools.islice(walk, 2))
    with pytest.raises(Diverged, match="after step 3 the image .* is NaN") as error:
        next(walk)
    assert error.value.last.step == 2 and error.value.last.pixels is good[-1].pixels


# ── Every network ────────────────────────────────────────────────────────────────────────────────


def test_the_way_through_vgg_goes_by_the_last_relu_and_the_pool_of_each_resolution():
    assert landmarks(models.table("vgg16")) == [
        "conv1_1", "relu1_2", "pool1", "relu2_2", "pool2", "relu3_3", "pool3", "relu4_3", "pool4",
        "relu5_3", "pool5", "relu6", "relu7", "fc8",
    ]  # fmt: skip


def test_of_branches_the_way_takes_the_layers_where_they_meet():
    assert landmarks(models.table("googlenet")) == [
        "conv1", "relu1", "pool1", "relu3", "pool2", "inception3b/concat", "pool3",
        "inception4e/concat", "pool4", "inception5a/concat", "inception5b/concat", "fc",
    ]  # fmt: skip


def test_the_deeper_the_layer_the_more_smoothness():
    for name in models.names():
        net = models.table(name)
        weights = [invert_preset_for(net, layer).tv for layer in landmarks(net)]
        assert weights == sorted(weights) and weights[0] < weights[-1] and len(weights) <= 15


@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_0"])
def test_a_network_of_another_kind_takes_a_step(name, rng):
    net = models.build(name, classes=4)
    photo = rng.uniform(0, 255, (1, 3, 64, 72)).astype(np.float32)
    assert np.isfinite(last(net, photo, steps=1).value)


# ── What makes no sense ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"layer": "relu9_1"}, "no layer 'relu9_1'"),
        ({"tv": -1.0}, "tv is -1.0: give a number, 0 or more"),
        ({"l6": np.nan}, "l6 is nan"), ({"beta": 0}, "beta is 0: give a number above 0"),
        ({"steps": 0}, "steps is 0"), ({"rate": 0.0}, "rate is 0.0"),
        ({"waves": -1.0}, "waves is -1.0"), ({"sigma": -1.0}, "sigma is -1.0"),
        ({"copies": 0}, "copies is 0"), ({"copies": 2.5}, "copies is 2.5"),
        ({"strongest": 0}, "strongest is 0"),
        ({"strongest": 10**9}, "strongest is 1000000000, and the code has 8320 numbers"),
        ({"target": np.ones((1, 64, 4, 4))},
         r"the code has the shape \(1, 64, 4, 4\), and relu2_2 of minivgg has \(1, 64, 10, 13\) "
         "for 1 images of 20×26 pixels"),
        ({"target": np.ones((1, 9, 10, 13))}, "the code has the shape"),
        ({"target": [1.0]}, "a code is an array, not a list"),
        ({"target": np.zeros((1, 64, 10, 13))}, "relu2_2 says nothing of the photo"),
        ({"target": np.full((1, 64, 10, 13), np.nan)}, "the code of relu2_2 is NaN or infinite"),
        ({"copies": 2, "rng": [np.random.default_rng(0)]}, "1 random generators do not fit 2"),
        ({"brushes": 3}, "no setting 'brushes'"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_one_sentence(net, photo, settings, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        next(invert(net, photo, **{"layer": "relu2_2", **settings}))


def test_a_layer_that_is_dead_is_one_sentence(photo):
    net = models.build("minivgg", classes=4, dtype="float64")
    net.params["conv2_1/bias"] = np.full_like(net.params["conv2_1/bias"], -1e6)
    with pytest.raises(ValueError, match="relu2_1 says nothing of the photo, all of its code is 0"):
        next(invert(net, photo, "relu2_1"))


def test_an_image_that_is_none_or_too_small_is_one_sentence(net):
    with pytest.raises(ValueError, match=r"the photo has the shape \(N, 3, H, W\)"):
        next(invert(net, np.ones((3, 20, 20))))
    with pytest.raises(ValueError, match="1×1 pixels are too few for minivgg"):
        next(invert(net, np.full((1, 3, 1, 1), 9.0)))


def test_there_is_no_other_preset(net):
    with pytest.raises(ValueError, match="there is no preset 'lectures'; did you mean lecture"):
        invert_preset_for(net, "relu2_2", "lectures")
