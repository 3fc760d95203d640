"""Each number tells the wrong lines from the right ones, and the right ones are right."""

import pathlib

import numpy as np
import pytest

import models
from demos.shared.shown import with_batch_norm
from minigrad.techniques import by_rule, class_score, gradient, integrated_gradients, saliency
from minigrad.techniques.make.gram import gram
from minigrad.techniques.mistakes import MISTAKES, Shown, attacking, looking, making, painting
from models.fold import fold_batch_norm

PHOTOS = pathlib.Path(__file__).parents[3] / "demos" / "photos"
EDGE = 64
EXPECTED = {  # what is said of the numbers, (wrong, right)
    "hooks_on_modules": lambda wrong, right: (wrong, right) == (10, 0),     # of twelve
    "hooks_in_the_features": lambda wrong, right: (wrong, right) == (2, 0),
    "signed_maximum": lambda wrong, right: wrong < 0 and right > 0.999,
    "sum_of_colours": lambda wrong, right: wrong > 1.2 and abs(right - 1) < 0.1,
    "without_relu": lambda wrong, right: wrong > 0.8 and right < 0.1,
    "own_scale": lambda wrong, right: wrong == 1 and right < 0.05,
    "path_from_black": lambda wrong, right: wrong > 5 * right and right < 0.1,
    "training_mode": lambda wrong, right: wrong > 0.1 and right < 1e-3,
    "blue_first": lambda wrong, right: wrong < right,
    "padded_with_zeros": lambda wrong, right: wrong > 0.3 and right == 0,
    "softmax_instead": lambda wrong, right: wrong < right - 1,
    "dead_relu": lambda wrong, right: wrong == 0 and right > 5,
    "rewarded_for_size": lambda wrong, right: wrong > 2 * right,
    "jitter_kept": lambda wrong, right: wrong > 3 and right < 2,
    "octaves_of_one_size": lambda wrong, right: wrong < 1.5 and right > 2,
    "channels_mixed": lambda wrong, right: wrong > 0.1 and right < 1e-3,
    "gram_of_sums": lambda wrong, right: wrong > 2.5 and right < 0.3,
    "gradient_without_its_loss": lambda wrong, right: wrong < right == painting.PAINTED,
    "bounds_of_raw_pixels": lambda wrong, right: wrong > 50 and right <= 4.001,
    "ball_of_the_last_step": lambda wrong, right: wrong > 15 and right <= 4.001,
    "gradient_of_the_photo": lambda wrong, right: wrong < right,
    "too_sure": lambda wrong, right: wrong < 0.01 and right > 0.9,
    "negative_scores": lambda wrong, right: wrong == 0 and right > 0.9,
    "lost_as_bytes": lambda wrong, right: wrong < 0.05 and right > 0,
    "label_leaking": lambda wrong, right: wrong > 0.5 and right < 0.2,
}


@pytest.fixture(scope="module")
def shown():
    """A face at its own size, and all that is dreamt or painted at half of it."""
    net = models.load("minivgg")
    files = sorted(PHOTOS.glob("caltech101/*/*.jpg"))[::20]
    photos = np.concatenate([net.pixels(file) for file in files])
    names = [file.parent.name for file in files]
    labels = np.array([net.classes.index(n) if n in net.classes else -1 for n in names])
    known = labels >= 0
    x = net.pixels(PHOTOS / "face.jpg")
    return Shown(
        net, x, class_score(int(net.scores(x)[0].argmax())),
        large=net.pixels(PHOTOS / "face.jpg", size=160), photos=photos[known],
        painting=net.pixels(PHOTOS / "paintings" / "the_scream.jpg"), labels=labels[known],
        normed=with_batch_norm(net, photos[:8]),
    )


@pytest.fixture
def quick(monkeypatch):
    """Fewer steps than for a picture that one shows."""
    for room, name, steps in ((making, "DRAWN", 8), (making, "STEPS", 20),
                              (painting, "PAINTED", 12)):
        monkeypatch.setattr(room, name, steps)


def test_every_mistake_has_an_expectation():
    assert {mistake.name for mistake in MISTAKES} == set(EXPECTED) and len(EXPECTED) >= 15


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_number_tells_wrong_from_right(mistake, shown, quick):
    numbers = [mistake.check(shown, make(shown)) for make in (mistake.wrong, mistake.right)]
    assert np.isfinite(numbers).all() and EXPECTED[mistake.name](*numbers), numbers


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_says_what_is_wrong_and_where_it_was_discussed(mistake):
    title, why = mistake.wrong.__doc__.split("\n\n", 1)
    assert title.endswith(".") and len(why.split()) > 10 and mistake.right.__doc__
    assert all(address.startswith("https://github.com/") for address in mistake.found)


def test_right_guided_backpropagation_is_the_technique(shown):
    there = by_rule(shown.net, shown.x, shown.S)["guided backpropagation"]
    np.testing.assert_array_equal(looking.guided_everywhere(shown).picture, there)


def test_without_any_hook_it_is_the_plain_gradient(shown):
    plain = gradient(shown.net, shown.x, shown.S)
    np.testing.assert_array_equal(looking.guided_at(shown, lambda relu: False).picture, plain)


def test_right_maps_are_the_techniques(shown):
    M = saliency(shown.net, shown.x, shown.S)
    np.testing.assert_array_equal(looking.absolute_maximum(shown).of_score, M)
    A = integrated_gradients(shown.net, shown.x, shown.S, baselines="white", steps=looking.STEPS)
    np.testing.assert_array_equal(looking.path_from_baseline(shown), A.map)


def test_one_gradient_followed_often_ends_where_fgsm_ends(shown):
    many = attacking.gradient_of_the_photo(shown)
    np.testing.assert_allclose(many, attacking.bounds_of_its_own(shown), atol=1e-4)


def test_channels_in_rows_is_the_gram_matrix_of_the_room(shown, quick):
    assert painting.channels_in_rows(shown).gram is gram


def test_batch_norm_that_was_put_back_folds_to_the_same_network(shown):
    folded = fold_batch_norm(shown.normed)
    assert folded.keys() == shown.net.params.keys()
    for name, array in folded.items():
        np.testing.assert_allclose(array, shown.net.params[name], rtol=1e-3, atol=1e-5)
