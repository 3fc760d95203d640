"""Neural style: a photo's content in a painting's style, on a network with random weights."""

import itertools

import numpy as np
import pytest

import models
from minigrad.techniques.make import style as module
from minigrad.techniques.make.loop import Diverged
from minigrad.techniques.make.palette import luminance
from minigrad.techniques.make.style import grams, style, style_losses
from minigrad.techniques.make.style_presets import StylePreset, style_preset_for

SMALL = StylePreset(("relu2_2",), ("relu1_1", "relu2_1"), tv=0.0, scales=(0.5, 1.0), steps=3)


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4, dtype="float64")


@pytest.fixture
def photo(rng):
    return rng.uniform(40, 200, (1, 3, 20, 26))


@pytest.fixture
def painting(rng):
    return rng.uniform(0, 255, (1, 3, 24, 18))


def last(*args, **settings):
    *_, progress = style(*args, **settings)
    return progress


# ── The loss ─────────────────────────────────────────────────────────────────────────────────────


def test_the_loss_is_0_where_the_photo_is_its_own_painting(net, photo):
    found = style_losses(net, photo, photo, photo, preset=SMALL)
    assert found["content"] == {"relu2_2": 0.0} and max(found["style"].values()) < 1e-25
    assert list(style(net, photo, photo, preset=SMALL, scales=(1.0,))) == []  # it is there


def test_the_loss_falls_and_the_value_is_its_negative(net, photo, painting):
    given = net, photo, painting
    *_, now = style(*given, preset=SMALL, scales=(1.0,))
    found = style_losses(net, now.pixels, photo, painting, preset=SMALL)
    asked = found["content"]["relu2_2"] + 100 / 2 * sum(found["style"].values())
    assert -now.value == pytest.approx(asked)
    before = style_losses(net, photo, photo, painting, preset=SMALL)
    assert before["content"] == {"relu2_2": 0.0}
    assert -now.value < 0.7 * 100 / 2 * sum(before["style"].values())


def test_a_layers_loss_is_the_distance_of_gram_matrices_by_the_size_of_the_paintings(
    net, photo, painting
):
    found = style_losses(net, photo, photo, painting, preset=SMALL, style_scale=24 / 26)  # as it is
    G, T = (grams(net, x, layers=["relu2_1"])["relu2_1"] for x in (photo, painting))
    assert found["style"]["relu2_1"] == pytest.approx(((G - T) ** 2).sum() / (T**2).sum())


def test_shares_say_which_layer_counts_how_much(net, photo, painting):
    settings = {"preset": SMALL, "steps": 1, "scales": (1.0,), "content_weight": 0.0}
    layers = {"relu1_1": 3.0, "relu2_1": 1.0}
    now = last(net, photo, painting, **settings, style_layers=layers)
    found = style_losses(net, now.pixels, photo, painting, **settings)["style"]
    asked = 100 * (0.75 * found["relu1_1"] + 0.25 * found["relu2_1"])
    assert -now.value == pytest.approx(asked)


def test_a_painting_blended_with_weight_0_is_not_there(net, photo, painting, rng):
    other = rng.uniform(0, 255, (1, 3, 30, 30))
    one = last(net, photo, painting, preset=SMALL)
    both = last(net, photo, [painting, other], preset=SMALL, blend=[2.0, 0.0])
    np.testing.assert_array_equal(both.pixels, one.pixels)
    half = last(net, photo, [painting, other], preset=SMALL)
    assert abs(half.pixels - one.pixels).max() > 1


def test_style_comes_only_where_the_mask_says(net, rng):
    """Far enough from the border of the mask no pixel is asked to change."""
    photo, painting = rng.uniform(0, 255, (2, 1, 3, 24, 60))
    mask = np.zeros((12, 30))
    mask[:, :12] = 1
    settings = {"preset": SMALL, "steps": 1, "scales": (1.0,)}
    x = last(net, photo, painting, masks=[mask], optimiser="adam", **settings).pixels
    moved = abs(x - photo).max(axis=(0, 1, 2)) > 1e-9
    assert moved[:20].all() and not moved[40:].any()


# ── The run ──────────────────────────────────────────────────────────────────────────────────────


def test_it_grows_through_the_scales_and_counts_its_steps_through(net, photo, painting):
    made = list(style(net, photo, painting, preset=SMALL))
    assert [now.step for now in made] == [1, 2, 3, 4, 5, 6]
    assert [now.pixels.shape[2:] for now in made] == [(10, 13)] * 3 + [(20, 26)] * 3


def test_a_scale_at_which_nothing_is_left_for_the_network_is_passed_over(net, photo, painting):
    made = list(style(net, photo, painting, preset=SMALL, scales=(0.05, 0.5, 1.0), steps=1))
    assert [now.pixels.shape[2:] for now in made] == [(10, 13), (20, 26)]


@pytest.mark.parametrize("more", [
    {}, {"optimiser": "adam"}, {"original_colours": "luminance"}, {"start": "noise"},
    {"original_colours": "luminance", "optimiser": "adam"},
])  # fmt: skip
@pytest.mark.parametrize("stopped", [1, 3, 5])
def test_a_run_that_is_resumed_is_the_run_that_was_never_stopped(
    net, photo, painting, more, stopped
):
    given, settings = (net, photo, painting), {"preset": SMALL, **more}
    whole = list(style(*given, **settings))
    rest = list(style(*given, **settings, resume=whole[stopped - 1]))
    assert [now.step for now in rest] == list(range(stopped + 1, 7))
    np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)
    assert rest[-1].value == whole[-1].value


def test_from_noise_another_generator_gives_another_picture(net, photo, painting):
    def picture(rng):
        return last(net, photo, painting, preset=SMALL, start="noise", rng=rng).pixels

    np.testing.assert_array_equal(picture(None), picture(None))
    assert (picture(None) != picture(np.random.default_rng(1))).any()


def test_with_luminance_every_step_keeps_the_photos_colours(net, painting, rng):
    photo = rng.uniform(110, 140, (1, 3, 20, 26))
    now = last(net, photo, painting, preset=SMALL, steps=1, scales=(1.0,), optimiser="adam",
               original_colours="luminance")
    assert abs(now.pixels - photo).max() > 1
    np.testing.assert_allclose(now.pixels - luminance(now.pixels), photo - luminance(photo))


@pytest.mark.parametrize("colours", [None, "luminance", "histogram"])
def test_a_grey_photo_and_a_grey_painting_give_numbers(net, photo, painting, colours):
    grey = np.repeat(photo[:, :1], 3, axis=1)
    for given in [(grey, painting), (photo, np.repeat(painting[:, :1], 3, axis=1))]:
        now = last(net, *given, preset=SMALL, original_colours=colours)
        assert np.isfinite(now.pixels).all() and np.isfinite(now.value)


def test_float32_stays_float32(painting, photo):
    net = models.build("minivgg", classes=4)
    given = photo.astype(np.float32), painting.astype(np.float32)
    for more in ({}, {"original_colours": "luminance", "masks": [np.eye(9)]}):
        assert last(net, *given, preset=SMALL, **more).pixels.dtype == np.float32


def test_photos_of_a_batch_do_not_know_of_each_other(net, painting, rng):
    photos = rng.uniform(40, 200, (2, 3, 20, 26))
    settings = {"preset": SMALL, "optimiser": "adam"}
    both = last(net, photos, painting, **settings).pixels
    for n in range(2):
        alone = last(net, photos[n : n + 1], painting, **settings).pixels
        np.testing.assert_allclose(both[n : n + 1], alone, atol=1e-6)


def test_a_loop_that_meets_nan_ends_with_the_last_good_image(net, photo, painting, monkeypatch):
    calls = itertools.count()

    def smoothness(gamma):
        return lambda u: (u * 0).sum() * (np.nan if next(calls) >= 3 else 1.0)

    monkeypatch.setattr(module, "_smoothness", smoothness)
    walk = style(net, photo, painting, preset=SMALL, tv=1.0, optimiser="adam")
    good = list(itertools.islice(walk, 2))
    with pytest.raises(Diverged, match="after step 3 the image .* is NaN") as error:
        next(walk)
    assert error.value.last.step == 2 and error.value.last.pixels is good[-1].pixels


# ── Every network ────────────────────────────────────────────────────────────────────────────────

LAYERS = {
    "vgg19": ("relu4_2", "relu1_1 relu2_1 relu3_1 relu4_1 relu5_1"),
    "minivgg": ("relu4_2", "relu1_1 relu2_1 relu3_1 relu4_1 relu5_1"),
    "minivgg_bn": ("relu4_2", "relu1_1 relu2_1 relu3_1 relu4_1 relu5_1"),
    "alexnet": ("relu2", "relu1 relu2 relu3"),
    "squeezenet1_0": ("fire6/concat", "relu_conv1 fire2/concat fire5/concat fire9/concat"),
    "squeezenet1_1": ("fire5/concat", "relu_conv1 fire2/concat fire4/concat fire6/concat"),
    "googlenet": ("inception3b/concat",
                  "relu1 relu2 inception3a/concat inception4a/concat inception5a/concat"),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_the_layers_follow_from_the_table(name):
    content, textures = LAYERS[name]
    preset = style_preset_for(models.table(name))
    assert preset.content_layers == (content,)
    assert preset.style_layers == tuple(textures.split())


def test_every_network_has_layers_for_it():
    for name in models.names():
        assert style_preset_for(models.table(name)).style_layers


@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_0"])
def test_a_network_of_another_kind_takes_a_step(name, rng):
    net = models.build(name, classes=4)
    photo, painting = rng.uniform(0, 255, (2, 1, 3, 64, 72)).astype(np.float32)
    now = last(net, photo, painting, steps=1, scales=(1.0,))
    assert np.isfinite(now.value)


# ── What makes no sense ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"style_layers": ("relu9_1",)}, "no layer 'relu9_1'"),
        ({"content_layers": ("relu9_1",)}, "no layer 'relu9_1'"),
        ({"style_layers": ("fc6",)}, "fc6 has no places"),
        ({"style_layers": "relu1_1"}, r"give a tuple of names, \('relu1_1',\)"),
        ({"content_weight": 0.0, "style_weight": 0.0}, "all weights are zero"),
        ({"content_weight": 0.0, "style_layers": ()}, "all weights are zero"),
        ({"content_weight": 0.0, "style_layers": {"relu1_1": 0.0}}, "all weights are zero"),
        ({"style_weight": -1.0}, "style_weight is -1.0: give a number, 0 or more"),
        ({"style_weight": np.nan}, "style_weight is nan"),
        ({"blend": [1.0, 1.0]}, "2 weights do not blend 1 paintings"),
        ({"blend": [0.0]}, "all paintings are blended with weight 0"),
        ({"masks": [None, None]}, "2 masks do not fit 1 paintings"),
        ({"masks": [np.zeros((4, 4))]}, "a mask is 0 everywhere"),
        ({"masks": [np.full((4, 4), 2.0)]}, "numbers from 0 to 1"),
        ({"masks": [np.full((4, 4), np.nan)]}, "numbers from 0 to 1"),
        ({"style_scale": 0}, "style_scale is 0: give a number above 0"),
        ({"original_colours": "red"}, "give luminance or histogram"),
        ({"optimiser": "sgd"}, "optimiser is 'sgd': give lbfgs or adam"),
        ({"start": "zero"}, "start is 'zero': give photo or noise"),
        ({"scales": ()}, "scales is"), ({"scales": (0.0,)}, "a size in scales is 0.0"),
        ({"steps": 0}, "steps is 0"), ({"brushes": 3}, "no setting 'brushes'"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_one_sentence(net, photo, painting, settings, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        next(style(net, photo, painting, preset=SMALL, **settings))


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        (((3, 20, 20), (1, 3, 20, 20)), r"the photo has the shape \(N, 3, H, W\).*not \(3, 20, 20"),
        (((1, 3, 20, 20), (2, 3, 20, 20)), r"a painting has the shape \(1, 3, H, W\).*not \(2, 3"),
        (((1, 3, 1, 1), (1, 3, 20, 20)), "1×1 pixels are too few for minivgg"),
        (((1, 3, 20, 20), (1, 3, 1, 600)), "pixels are too few for minivgg"),
    ],
)
def test_an_image_that_is_none_or_too_small_is_one_sentence(net, shapes, sentence):
    photo, painting = (np.full(shape, 9.0) for shape in shapes)
    with pytest.raises(ValueError, match=sentence):
        next(style(net, photo, painting, preset=SMALL))


def test_no_painting_is_one_sentence(net, photo):
    with pytest.raises(ValueError, match="no painting to take the style from"):
        next(style(net, photo, [], preset=SMALL))
