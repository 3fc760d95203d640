"""JPEG in ops is Pillow's; a defence hides a gradient, and who knows it comes through."""

import io

import numpy as np
import pytest
from PIL import Image

import models
from demos.shared.command import PHOTOS
from minigrad import Tensor, grad, ops
from minigrad.check import numerical_gradient
from minigrad.techniques import DEFENCES, defence_accuracy, fgsm, pgd
from minigrad.techniques.fool import jpeg as jpegs
from minigrad.techniques.fool.defences import Defence, defended, few_levels, smoothing
from minigrad.techniques.fool.jpeg import BPDA, CHROMINANCE, LUMINANCE, jpeg, rounded, table, waves
from minigrad.techniques.fool.record import surprise

SIZE = 64


@pytest.fixture(scope="module")
def net():
    return models.load("minivgg")


@pytest.fixture(scope="module")
def photos(net):
    """Eight photos that the network is right about at a small size."""
    found = []
    for k, name in enumerate(net.classes):
        for file in sorted((PHOTOS / "caltech101" / name).glob("*.jpg"))[:1]:
            x = net.pixels(file, size=SIZE)
            if net.scores(x)[0].argmax() == k:
                found.append((x, k))
        if len(found) == 8:
            break
    return np.concatenate([x for x, _ in found]), np.array([k for _, k in found])


# ── JPEG ────────────────────────────────────────────────────────────────────────────────────────


def test_the_waves_have_length_one_and_stand_at_right_angles():
    np.testing.assert_allclose(waves() @ waves().T, np.eye(8), atol=1e-12)


def test_quality_50_has_the_tables_of_the_standard_and_100_rounds_to_whole_numbers():
    assert (table(LUMINANCE, 50) == LUMINANCE).all()
    assert (table(CHROMINANCE, 100) == 1).all() and (table(LUMINANCE, 1) == 255).all()


@pytest.mark.parametrize("quality", [90, 75, 50, 10])
@pytest.mark.parametrize("size", [(128, 128), (97, 150)])
def test_it_is_pillows_jpeg_within_a_few_grey_levels(quality, size):
    photo = Image.open(PHOTOS / "astronaut.jpg").convert("RGB").resize(size)
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality)
    theirs, x = (np.asarray(image, np.float32).transpose(2, 0, 1)[None]
                 for image in (Image.open(file), photo))
    ours = jpeg(x, quality)
    assert ours.shape == x.shape and ours.dtype == np.float32
    apart = abs(ours - theirs)
    assert apart.mean() < 1.1 and np.percentile(apart, 99) <= 10
    assert apart.mean() < 0.4 * abs(x - theirs).mean()     # nearer to theirs than the photo is


def test_the_gradient_is_zero_and_bpda_gives_that_of_jpeg_without_rounding(rng, monkeypatch):
    x, seed = rng.uniform(60, 190, (1, 3, 16, 24)), rng.normal(size=(1, 3, 16, 24))
    X = Tensor(x)
    y = jpeg(X, 60)
    assert not grad(y, [X], seed=seed)[0].any()
    through, = grad(y, [X], seed=seed, rules=BPDA)
    monkeypatch.setattr(jpegs, "rounded", lambda x: x)
    # linear in between: one difference in a random direction is exact
    v = rng.normal(size=x.shape)
    np.testing.assert_allclose((through * v).sum(),
                               ((jpeg(x + v, 60) - jpeg(x - v, 60)) / 2 * seed).sum(), rtol=1e-9)


@pytest.mark.parametrize("quality", [0, 101, float("nan")])
def test_a_quality_that_is_none_is_said(quality):
    with pytest.raises(ValueError, match="the quality of a JPEG"):
        jpeg(np.zeros((1, 3, 8, 8)), quality)


# ── Behind a defence ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", DEFENCES)
def test_a_defended_network_is_a_network_to_an_attack(name, net, photos):
    tough = defended(net, DEFENCES[name])
    x, _ = photos
    assert tough.layers is net.layers and tough.score_layer == net.score_layer
    assert tough.scores(x).shape == (8, net.class_count)
    assert set(tough(x, only=["relu2_1"])) == {"relu2_1"}
    record = fgsm(tough, x[:2], epsilon=2, rules=tough.defence.rules or None)
    assert record.moved.all() and (record.linf <= 2 + 1e-4).all()


def test_a_photo_that_a_defence_does_not_change_is_answered_as_before(net, photos):
    x, _ = photos
    same = defended(net, Defence(lambda x, rngs: x))
    np.testing.assert_array_equal(same.scores(x), net.scores(x))


def test_a_smooth_defence_is_differentiated(rng):
    x, seed = rng.normal(size=(1, 3, 5, 6)), rng.normal(size=(1, 3, 5, 6))
    blur, X = smoothing(1.5).transform, Tensor(x)
    ours, = grad(blur(X, None), [X], seed=seed)
    np.testing.assert_allclose(ours, numerical_gradient(lambda x: (blur(x, None) * seed).sum(), x),
                               atol=1e-6)


def test_few_levels_are_as_many_as_was_said(rng):
    x = rng.uniform(0, 255, (1, 3, 20, 20))
    assert len(np.unique(few_levels(8).transform(x, None).round(6))) == 8


def test_where_a_defence_rounds_an_attack_that_does_not_know_it_stands_still(net, photos):
    x, _ = photos
    tough = defended(net, few_levels(8))
    assert not pgd(tough, x[:2], epsilon=4, steps=2, random_start=False).moved.any()
    assert pgd(tough, x[:2], epsilon=4, steps=2, random_start=False, rules=BPDA).moved.all()


def test_a_random_defence_draws_anew_and_a_seed_repeats_it(net, photos):
    x, _ = photos
    noisy = [defended(net, DEFENCES["noise σ 8"], np.random.default_rng(3)) for _ in range(2)]
    first, second = (tough.scores(x[:1]) for tough in noisy)
    np.testing.assert_array_equal(first, second)
    assert (noisy[0].scores(x[:1]) != first).any()


def losses(net, photos, name):
    """− log p of the labels behind a defence, on photos that both networks are right about.

    Of the photos, of what was made for the bare network, of what was made for the defended one.
    """
    tough, settings = defended(net, DEFENCES[name]), {"epsilon": 3, "alpha": 1.5, "steps": 4}
    right = tough.scores(photos[0]).argmax(axis=1) == photos[1]
    x, y = photos[0][right][:4], photos[1][right][:4]
    bare = pgd(net, x, **settings)
    own = pgd(tough, x, rules=tough.defence.rules or None, **settings)
    seen = x, bare.adversarial, own.adversarial
    return [surprise(tough.scores(pixels), y).mean() for pixels in seen]


def test_an_attack_that_knows_a_blur_raises_the_loss_more_than_what_is_carried_over(net, photos):
    untouched, carried, knowing = losses(net, photos, "blur σ 1")
    assert untouched < carried < knowing - 0.1


@pytest.mark.parametrize("name", ["JPEG 50", "8 levels"])
def test_an_attack_walks_straight_through_a_rounding_step(name, net, photos):
    untouched, _, knowing = losses(net, photos, name)
    assert knowing > untouched + 0.3


def test_each_defence_has_its_accuracies_and_the_bare_network_comes_first(net, photos):
    x, y = photos[0][:3], photos[1][:3]
    few = {name: DEFENCES[name] for name in ("JPEG 50", "random size")}
    found = defence_accuracy(net, x, labels=y, defences=few, epsilon=4, steps=2)
    assert list(found) == ["no defence", *few] and found["no defence"]["photo"].all()
    for name, rows in found.items():
        for what, right in rows.items():
            assert not (right & ~rows["photo"]).any(), (name, what)  # wrong stays wrong
    np.testing.assert_array_equal(found["JPEG 50"]["as it is"], found["JPEG 50"]["photo"])
    assert "as it is" not in found["random size"]


def test_rounding_has_no_gradient_of_its_own():
    x = Tensor(np.array([0.4, 1.6, -2.7]))
    np.testing.assert_array_equal(rounded(x).data, [0, 2, -3])
    assert grad(ops.sum(rounded(x)), [x])[0].tolist() == [0, 0, 0]
    assert grad(ops.sum(rounded(x)), [x], rules=BPDA)[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(("make", "sentence"), [
    (lambda: few_levels(1), "levels is 1"), (lambda: smoothing(0), "σ of blur"),
])
def test_a_defence_that_is_none_is_said(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
