"""An embedding learns which images belong together, from batches of several of each class."""

import itertools

import numpy as np
import pytest

import models
from minigrad.optim import Adam
from minigrad.techniques.learn.embedding import batch, embedding, moved, places, with_turned
from minigrad.techniques.learn.metric import LOSSES
from minigrad.techniques.learn.retrieval import recall_at

SETTINGS = {"classes": 3, "each": 3}


@pytest.fixture
def net():
    return models.build("lenet", classes=2)


@pytest.fixture
def strokes(rng):
    """Strokes in four directions, grey (40, 28, 28), and which."""
    images = rng.uniform(0, 120, (40, 28, 28))
    labels = np.arange(40) % 4
    for image, k in zip(images, labels, strict=True):
        at = rng.integers(10, 18)
        rows, columns = np.mgrid[:28, :28]
        line = [rows - at, columns - at, rows - columns, rows + columns - 27][k]
        image[abs(line) < 2] += 130
    return images.astype(np.uint8), labels


def last(*args, **settings):
    *_, trained = embedding(*args, **settings)
    return trained


@pytest.mark.parametrize("loss", LOSSES)
def test_like_images_come_together(loss, net, strokes):
    images, labels = strokes
    before = recall_at(places(net, images), labels)
    now = last(net, images, labels, loss=loss, steps=30, each=4)
    y = places(net, images, now.params)
    assert y.shape == (40, 2) and recall_at(y, labels) > max(0.7, before)
    assert now.outcome.right > 0.6


def test_a_run_that_goes_on_is_the_run_that_was_never_stopped(net, strokes):
    settings = SETTINGS | {"steps": 4, "shift": 2, "random_seed": 3}
    whole = last(net, *strokes, **settings)
    optimiser = Adam()
    first = list(itertools.islice(embedding(net, *strokes, optimiser=optimiser, **settings), 2))[-1]
    after = last(net, *strokes, optimiser=optimiser, params=first.params, begin=2, **settings)
    assert after.step == whole.step == 4
    assert all(np.array_equal(after.params[n], whole.params[n]) for n in whole.params)


def test_a_batch_has_several_images_of_each_of_some_classes(strokes, rng):
    pixels, labels = batch(*strokes, 3, 5, 0, rng)
    assert pixels.shape == (15, 3, 28, 28) and pixels.dtype == np.float32
    assert sorted(np.unique(labels, return_counts=True)[1]) == [5, 5, 5]
    assert np.array_equal(pixels[:, 0], pixels[:, 2]) and pixels.max() > 200
    assert len(batch(*strokes, 9, 99, 0, rng)[1]) == 40     # all there are


def test_moved_by_a_pixel_and_back_is_the_image_but_for_its_border(rng):
    x = rng.uniform(1, 255, (2, 3, 5, 6))
    there = moved(x, 1)
    assert np.array_equal(there[..., 1:], x[..., :-1]) and not there[..., 0].any()
    assert np.array_equal(moved(there, -1)[..., :-1], x[..., :-1])
    each = moved(x, np.array([0, -2]))
    assert np.array_equal(each[0], x[0]) and np.array_equal(each[1, ..., :4], x[1, ..., 2:])
    assert not moved(x[:, 0], 6).any()


def test_a_class_on_its_side_or_in_a_mirror_is_a_further_class():
    images = np.arange(2 * 9).reshape(2, 3, 3)
    turned, labels = with_turned(images, np.array([0, 4]), but=[0])
    assert labels.tolist() == [0, 4, 9, 14, 19, 24, 29, 34, 39]
    assert np.array_equal(turned[:2], images)
    assert len({one.tobytes() for one in turned[1:]}) == 8     # all ways, each once


def test_any_function_of_places_and_labels_is_a_loss(net, strokes):
    def nearer_to_zero(x, labels):
        return (x * x).mean()

    now = last(net, *strokes, loss=nearer_to_zero, steps=10, **SETTINGS)
    assert abs(places(net, strokes[0], now.params)).mean() < abs(places(net, strokes[0])).mean()


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"loss": "triplets"}, "no loss 'triplets'; did you mean triplet"),
    ({"steps": 0}, "steps is 0"), ({"shift": -1}, "shift is -1"), ({"lr": 0}, "lr is 0"),
    ({"each": 1}, "no two of these 4 images are alike"),
    ({"classes": 1}, "are all alike"),
])
def test_bad_input_is_one_sentence(settings, sentence, net, strokes):
    with pytest.raises(ValueError, match=sentence):
        next(embedding(net, *strokes, **settings))
