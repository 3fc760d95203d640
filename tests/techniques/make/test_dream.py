"""DeepDream on a network with random weights: octaves, detail, steps, guides, zoom."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

import models
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make import dream as module
from minigrad.techniques.make import loop
from minigrad.techniques.make.dream import dream, seeds, zoom_dream
from minigrad.techniques.make.dream_objectives import guided_by, region
from minigrad.techniques.make.dream_presets import DreamPreset, dream_preset_for, octave_sizes
from minigrad.techniques.make.loop import Diverged, Progress
from minigrad.techniques.make.steps import by_mean
from minigrad.techniques.make.transforms import to_size, zoom
from minigrad.techniques.objectives import channel, class_score, energy, unit
from minigrad.tensor import Tensor

LAYER = "relu2_2"
SMALL = DreamPreset(LAYER, octaves=2, scale=1.5, steps=3, rate=1.5, jitter=5)


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4, dtype="float64")


@pytest.fixture
def photo(rng):
    return rng.uniform(60, 190, (1, 3, 24, 36))


def last(*args, **settings):
    *_, progress = dream(*args, **settings)
    return progress


# ── The seed and the step ────────────────────────────────────────────────────────────────────────


def test_what_goes_back_for_an_energy_is_the_activation_itself(net, photo):
    (a, gradient), *more = seeds(net, photo, energy(LAYER)).values()
    np.testing.assert_array_equal(gradient, a)
    assert a.max() > 0 and not more
    np.testing.assert_array_equal(a, net(photo, only=[LAYER])[LAYER])


def test_what_goes_back_for_a_channel_is_1_in_it_and_0_elsewhere(net, photo):
    seed = seeds(net, photo, channel(LAYER, 3))[LAYER].gradient
    np.testing.assert_array_equal(seed, np.ones_like(seed) * (np.arange(64) == 3)[:, None, None])


def test_a_step_moves_the_pixels_by_the_rate_on_average(net, photo):
    """As long as no pixel is clipped."""
    now = last(net, photo, preset=SMALL, octaves=1, steps=1, rate=0.25)
    assert abs(now.pixels - photo).mean() == pytest.approx(0.25)


def test_a_step_goes_along_the_gradient_and_jitter_is_rolled_back(net, photo):
    """Far from where the rolled image has its seam, and without padding, jitter changes nothing."""
    step = last(net, photo, preset=SMALL, octaves=1, steps=1, jitter=0).pixels - photo
    g = gradient(net, photo, energy(LAYER))
    np.testing.assert_allclose(step, 1.5 * g / abs(g).mean(), rtol=1e-9, atol=1e-9)
    moved = photo * 0 + 100
    moved[:, :, 10:13, 16:19] = 180  # what is there must stay where it is
    for seed in range(3):
        rng = np.random.default_rng(seed)
        step = last(net, moved, preset=SMALL, octaves=1, steps=1, jitter=4, rng=rng).pixels - moved
        y, x = np.unravel_index(abs(step).sum(axis=(0, 1))[5:-5, 5:-5].argmax(), (14, 26))
        assert abs(y + 5 - 11) <= 7 and abs(x + 5 - 17) <= 7


def steps_by_mean(*images):
    """Of gradients of six numbers each, two places in three colours."""
    return by_mean(np.reshape(images, (len(images), 3, 1, 2)).astype(float)).reshape(-1, 6)


def test_a_gradient_is_divided_by_the_mean_of_its_sizes():
    assert_allclose(steps_by_mean([1, -5, 3, 0, 0, 3]), [[0.5, -2.5, 1.5, 0, 0, 1.5]])


def test_each_image_is_divided_by_its_own_mean():
    found = steps_by_mean([1, -5, 3, 0, 0, 3], [10, 20, 30, 10, 20, 30])
    assert_allclose(found, [[0.5, -2.5, 1.5, 0, 0, 1.5], [0.5, 1, 1.5, 0.5, 1, 1.5]])


def test_a_gradient_of_0_stays_0_beside_others():
    found = steps_by_mean([0, 0, 0, 0, 0, 0], [-1e-9, 0, 2e-9, -1e-9, 0, 2e-9])
    assert_allclose(found, [[0, 0, 0, 0, 0, 0], [-1, 0, 2, -1, 0, 2]])


def test_by_mean_is_for_each_image_and_leaves_zero_as_it_is(rng):
    g = rng.normal(size=(3, 3, 5, 4)) * np.array([1e-9, 4.0, 0.0])[:, None, None, None]
    shaped = by_mean(g)
    np.testing.assert_allclose(abs(shaped).mean(axis=(1, 2, 3)), [1, 1, 0])
    assert (shaped * g >= 0).all()


def test_the_pixels_stay_in_the_box(net, photo):
    now = last(net, photo, preset=SMALL, steps=5, rate=80.0)
    assert now.pixels.min() == 0 and now.pixels.max() == 255


def test_no_steps_are_the_identity(net, photo):
    (only,) = dream(net, photo, preset=SMALL, steps=0)
    assert only.step == 0
    np.testing.assert_array_equal(only.pixels, photo)


def test_steps_of_no_length_are_the_identity_through_all_octaves(net, photo):
    """The photo is taken anew at each octave: it comes out as sharp as it went in."""
    now = last(net, photo, preset=SMALL, octaves=3, rate=1e-12)
    np.testing.assert_allclose(now.pixels, photo, atol=1e-9)


# ── Octaves ──────────────────────────────────────────────────────────────────────────────────────


def test_octaves_are_a_geometric_row_that_ends_with_the_photo():
    net = models.table("minivgg")
    sizes = octave_sizes(net, (480, 640), "relu4_2", 4, 1.4)
    assert sizes == [(175, 233), (245, 327), (343, 457), (480, 640)]
    assert len(set(sizes)) == 4


def test_octaves_at_which_nothing_is_left_for_the_layer_are_left_out(net, photo):
    assert octave_sizes(net, (24, 36), "relu5_1", 5, 2.0) == [(24, 36)]
    assert octave_sizes(net, (24, 36), LAYER, 5, 2.0) == [(2, 2), (3, 4), (6, 9), (12, 18),
                                                          (24, 36)]  # fmt: skip
    made = list(dream(net, photo, preset=SMALL, octaves=9, scale=3.0, steps=1))
    assert [now.pixels.shape[2:] for now in made] == [(3, 4), (8, 12), (24, 36)]
    assert [now.step for now in made] == [1, 2, 3]


def test_the_detail_is_carried_on_and_holds_that_of_all_octaves_before(net, photo, monkeypatch):
    """A loop that adds 1, 10 and 100 grey levels at the three octaves: the dream has 111 more."""
    added = iter([1.0, 10.0, 100.0])

    def optimize(net, x, objective, **settings):
        yield Progress(1, x + next(added), 0.0)

    monkeypatch.setattr(module, "optimize", optimize)
    *_, now = dream(net, photo * 0.3, preset=SMALL, octaves=3, steps=1)
    np.testing.assert_allclose(now.pixels, photo * 0.3 + 111)


def test_an_octave_begins_with_its_own_photo_and_the_enlarged_detail(net, photo):
    first, second = dream(net, photo, preset=SMALL, steps=1)
    small = to_size(photo, (16, 24))
    begin = photo + to_size(first.pixels - small, (24, 36))
    begin = begin.clip(0, 255)
    assert 0 < abs(second.pixels - begin).mean() <= 1.5 + 1e-9
    assert abs(first.pixels - small).mean() == pytest.approx(1.5, rel=0.05)


# ── What to dream of ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("objective", [
    energy(LAYER), channel(LAYER, 3), class_score(1), unit("conv2_2", 3, 4, 5),
    region(energy(LAYER)),
], ids=lambda objective: objective.name)  # fmt: skip
def test_there_is_more_of_whatever_is_asked_for(net, rng, objective):
    photo = rng.uniform(60, 190, (1, 3, 32, 36))
    settings = {"preset": SMALL, "octaves": 1, "jitter": 0, "steps": 12, "rate": 0.5}
    before = next(dream(net, photo, objective, **settings | {"steps": 0})).value
    assert last(net, photo, objective, **settings).value > before


def test_a_guide_sends_back_the_best_match_of_each_place(net, photo, rng):
    """The seed at place i is the guide's vector g_j with the largest a_i · g_j, of any size."""
    g = net(rng.uniform(0, 255, (1, 3, 14, 40)), only=[LAYER])[LAYER]
    a, seed = seeds(net, photo, guided_by(LAYER, g))[LAYER]
    vectors = g.reshape(64, -1)
    products = np.einsum("ncyx,cj->nyxj", a, vectors)
    best = vectors[:, products.argmax(axis=3)].swapaxes(0, 1)
    np.testing.assert_array_equal(seed, best)
    value = guided_by(LAYER, g)({LAYER: Tensor(a)}).item()
    assert value == pytest.approx(products.max(axis=3).sum())


def test_a_region_is_dreamt_on_and_what_its_units_do_not_see_stays(net, rng):
    photo = rng.uniform(60, 190, (1, 3, 32, 96))
    left = region(energy(LAYER), 0, 0, 1, 0.25)
    now = last(net, photo, left, preset=SMALL, octaves=1, jitter=0)
    moved = abs(now.pixels - photo).max(axis=(0, 1, 2)) > 1e-9
    assert moved[:24].all() and not moved[24 + 14 :].any()


# ── The run ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stopped", [1, 3, 5])
def test_a_run_that_is_resumed_is_the_run_that_was_never_stopped(net, photo, stopped):
    whole = list(dream(net, photo, preset=SMALL))
    rest = list(dream(net, photo, preset=SMALL, resume=whole[stopped - 1]))
    assert [now.step for now in rest] == list(range(stopped + 1, 7))
    np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)
    assert rest[-1].value == whole[-1].value


def test_a_tiled_dream_is_the_dream(net, photo):
    whole = list(dream(net, photo, preset=SMALL))
    tiled = list(dream(net, photo, preset=SMALL, tile=8))
    for one, other in zip(whole, tiled, strict=True):
        np.testing.assert_allclose(other.pixels, one.pixels, atol=1e-9)
        assert other.value == pytest.approx(one.value, rel=1e-9)
    *_, one_tile = dream(net, photo, preset=SMALL, tile=64)
    np.testing.assert_array_equal(one_tile.pixels, whole[-1].pixels)


def test_a_large_photo_is_shown_in_tiles_by_itself(net, photo, monkeypatch):
    monkeypatch.setattr(module, "WHOLE", 500)
    monkeypatch.setattr(module, "TILE", 8)
    asked = []

    def by_tiles(net, x, objective, tile, rules):
        asked.append((x.shape[2:], tile))
        return original(net, x, objective, tile, rules)

    original = loop.by_tiles
    monkeypatch.setattr(loop, "by_tiles", by_tiles)
    list(dream(net, photo, preset=SMALL, steps=1))
    assert asked == 2 * [((16, 24), 8)] + 2 * [((24, 36), 8)]
    list(dream(net, photo[..., :18], preset=SMALL, steps=1))
    assert len(asked) == 4


def test_of_scores_the_jitter_moves_the_seams_of_tiles_over_a_whole_tile(net, photo):
    assert module._reach(net, class_score(1), 5, 16) == 8
    assert module._reach(net, class_score(1), 12, 16) == 12
    assert module._reach(net, energy(LAYER), 5, 16) == 5


def test_a_zoom_enlarges_each_frame_and_dreams_on(net, photo):
    made = list(zoom_dream(net, photo, frames=3, by=1.25, preset=SMALL))
    assert [now.step for now in made] == [1, 2, 3]
    np.testing.assert_array_equal(made[0].pixels, last(net, photo, preset=SMALL,
                                  rng=np.random.default_rng(0).spawn(1)).pixels)
    enlarged = zoom(1.25, 1.25)(Tensor(made[0].pixels), [np.random.default_rng(0)]).data
    assert abs(made[1].pixels - enlarged).mean() < abs(made[1].pixels - made[0].pixels).mean()


@pytest.mark.parametrize("stopped", [1, 2])
def test_a_zoom_that_is_resumed_is_the_one_that_was_never_stopped(net, photo, stopped):
    whole = list(zoom_dream(net, photo, frames=3, preset=SMALL))
    rest = list(zoom_dream(net, photo, frames=3, preset=SMALL, resume=whole[stopped - 1]))
    np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)


def test_photos_of_a_batch_do_not_know_of_each_other(net, rng):
    photos = rng.uniform(60, 190, (2, 3, 20, 26))
    both = last(net, photos, preset=SMALL, rng=[np.random.default_rng(n) for n in (0, 1)]).pixels
    for n in range(2):
        alone = last(net, photos[n : n + 1], preset=SMALL, rng=[np.random.default_rng(n)]).pixels
        np.testing.assert_allclose(both[n : n + 1], alone, atol=1e-6)


def test_float32_stays_float32(photo):
    net = models.build("minivgg", classes=4)
    for more in ({}, {"tile": 8}):
        assert last(net, photo.astype(np.float32), preset=SMALL, **more).pixels.dtype == np.float32
    *_, now = zoom_dream(net, photo.astype(np.float32), frames=2, preset=SMALL)
    assert now.pixels.dtype == np.float32


@pytest.mark.parametrize("tile", [None, 8])
def test_a_loop_that_meets_nan_ends_with_the_last_good_image(net, photo, monkeypatch, tile):
    calls = itertools.count()

    def broken(g):
        return by_mean(g) * (np.nan if next(calls) >= 4 else 1.0)

    monkeypatch.setattr(module, "by_mean", broken)
    walk = dream(net, photo, preset=SMALL, tile=tile)
    good = list(itertools.islice(walk, 4))
    with pytest.raises(Diverged, match="after step 5 the image .* is NaN") as error:
        next(walk)
    assert error.value.last.step == 4 and error.value.last.pixels is good[-1].pixels


def test_a_grey_photo_and_one_of_one_colour_give_numbers(net, photo):
    for x in (np.repeat(photo[:, :1], 3, axis=1), photo * 0 + 128):
        assert np.isfinite(last(net, x, preset=SMALL).pixels).all()


# ── Every network, and what makes no sense ───────────────────────────────────────────────────────


def test_every_network_has_a_layer_to_dream_of():
    for name in models.names():
        net = models.table(name)
        assert net.receptive_field(dream_preset_for(net).layer).size is not None


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"layer": "relu9_9"}, "no layer 'relu9_9'"), ({"octaves": 0}, "octaves is 0"),
        ({"scale": 1.0}, "scale is 1.0: give a number above 1"), ({"steps": -1}, "steps is -1"),
        ({"rate": 0.0}, "rate is 0.0"), ({"rate": np.nan}, "rate is nan"),
        ({"jitter": -1}, "jitter is -1"), ({"tile": 0}, "the edge of a tile is 0"),
        ({"dreams": 3}, "no setting 'dreams'"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_one_sentence(net, photo, settings, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        next(dream(net, photo, preset=SMALL, **settings))


def test_a_photo_that_is_none_or_too_small_is_one_sentence(net, photo):
    with pytest.raises(ValueError, match=r"the photo has the shape \(N, 3, H, W\)"):
        dream(net, photo[0])
    with pytest.raises(ValueError, match="1×1 pixels are too few for minivgg"):
        next(dream(net, photo[..., :1, :1]))
    with pytest.raises(ValueError, match="frames is 0"):
        next(zoom_dream(net, photo, frames=0))
    with pytest.raises(ValueError, match="the zoom is 0.5"):
        next(zoom_dream(net, photo, by=0.5))


def test_a_guide_that_is_none_is_one_sentence(net, photo):
    g = net(photo, only=["relu3_1"])["relu3_1"]
    with pytest.raises(ValueError, match="of another layer or network"):
        next(dream(net, photo, guided_by(LAYER, g)))
    with pytest.raises(ValueError, match="of one photo"):
        guided_by(LAYER, np.concatenate([g, g]))
    with pytest.raises(ValueError, match="says nothing of the guide"):
        guided_by(LAYER, 0 * g)
    with pytest.raises(ValueError, match="is empty"):
        region(energy(LAYER), 0.5, 0, 0.5, 1)
    with pytest.raises(ValueError, match="a region needs places"):
        next(dream(net, np.full((1, 3, 32, 32), 9.0), region(class_score(1)), steps=0))
