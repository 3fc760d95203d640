"""A classifier at every place: what is equal to sliding it, what is not, and where a place lies."""

import numpy as np
import pytest

import models
from minigrad import ops, techniques
from minigrad.techniques.look.dense import likeliest, over_photo, place_probabilities, sliding


@pytest.fixture(scope="module")
def both():
    net = models.load("minivgg", dtype="float64")
    return net, models.fully_convolutional(net)


@pytest.fixture(scope="module")
def photo():
    return np.random.default_rng(0).uniform(0, 255, (2, 3, 288, 320))


def test_at_the_windows_own_size_sliding_asks_once(both, photo):
    net, dense = both
    x = photo[:1, :, :128, :128]
    assert sliding(net, x).shape == (1, 110, 1, 1)
    assert np.abs(sliding(net, x)[..., 0, 0] - net.scores(x)).max() < 1e-12
    assert np.abs(sliding(net, x) - dense.scores(x)).max() < 1e-12


def test_a_window_with_its_surroundings_has_the_scores_of_its_place(both, photo):
    """What a place sees is all that its scores depend on: 62 pixels around the window."""
    _, dense = both
    x = photo[:1, :, :256]
    once, cut = dense.scores(x), sliding(dense, x, margin=64)
    assert once.shape[2:] == (5, 7) and cut.shape[2:] == (1, 3)
    assert np.abs(cut - once[:, :, 2:-2, 2:-2]).max() < 1e-12


def test_a_window_cut_out_alone_sees_a_border_and_differs(both, photo):
    net, dense = both
    x = photo[:1, :, :128, :160]
    apart = np.abs(sliding(net, x) - dense.scores(x)).max(axis=(0, 1, 2))
    assert (apart > 1e-3).all()


def test_windows_stand_in_rows_and_columns(both, photo):
    net, _ = both
    scores = sliding(net, photo[:, :, :144, :168], stride=16, batch=4)
    assert scores.shape == (2, 110, 2, 3)
    alone = net.scores(photo[1:, :, 16:144, 32:160])
    assert np.abs(scores[1, :, 1, 2] - alone).max() < 1e-12


def test_a_place_is_drawn_at_the_middle_of_its_window(both):
    """Linear interpolation keeps a line: pixel y lies at place (y + ½ − 64) / 32 of MiniVGG."""
    _, dense = both
    i, j = np.arange(6.0), np.arange(7.0)
    p = np.stack([np.broadcast_to(i[:, None], (6, 7)), np.broadcast_to(j, (6, 7))])[None]
    up = over_photo(dense, p, (288, 320))
    y, x = (np.arange(n) + 0.5 for n in (288, 320))
    assert np.allclose(up[0, 0], np.clip((y - 64) / 32, 0, 5)[:, None])
    assert np.allclose(up[0, 1], np.clip((x - 64) / 32, 0, 6))


def test_the_maps_are_probabilities(both, photo):
    _, dense = both
    x = photo[:1, :, :160, :200]
    maps = techniques.class_maps(dense, x)
    assert maps.shape == (1, 110, 160, 200)
    assert np.allclose(maps.sum(axis=1), 1) and maps.min() >= 0
    assert np.array_equal(techniques.class_maps(dense, x, classes=[40, 3]), maps[:, [40, 3]])
    assert np.allclose(place_probabilities(dense, x), ops.softmax(dense.scores(x), axis=1))


def test_the_likeliest_of_few_at_a_time_is_that_of_all(both, photo):
    _, dense = both
    p = place_probabilities(dense, photo[:, :, :160, :200])
    label, largest = likeliest(dense, p, (160, 200))
    maps = over_photo(dense, p, (160, 200))
    assert np.array_equal(label, maps.argmax(axis=1))
    assert np.array_equal(largest, maps.max(axis=1))


def test_a_batch_has_the_maps_of_each_photo(both, photo):
    _, dense = both
    x = photo[:, :, :128, :160]
    alone = techniques.class_maps(dense, x[1:], classes=[7])
    assert np.allclose(techniques.class_maps(dense, x, classes=[7])[1:], alone, atol=1e-14)


def test_float32_stays_float32():
    dense = models.fully_convolutional(models.build("minivgg", classes=4))
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, 128, 160)).astype(np.float32)
    assert techniques.class_maps(dense, x).dtype == sliding(dense, x).dtype == np.float32
    assert likeliest(dense, place_probabilities(dense, x), (128, 160))[1].dtype == np.float32


@pytest.mark.parametrize(("settings", "said"), [
    ({"margin": 16}, "margin is 16: give a multiple of 32"),
    ({"margin": 64}, "256 pixels fit into the photo, 192×192"),
    ({"margin": 32}, "one answer for window and margin together"),
    ({"stride": 0}, "stride is 0"),
])
def test_windows_that_cannot_be_are_refused(both, photo, settings, said):
    with pytest.raises(ValueError, match=said):
        sliding(both[0], photo[:1, :, :192, :192], **settings)


def test_maps_of_a_classifier_and_of_unknown_classes_are_refused(both, photo):
    net, dense = both
    with pytest.raises(ValueError, match="one answer for the whole photo: give models.fully"):
        techniques.class_maps(net, photo[:1, :, :128, :128])
    for classes in ([110], [-1], []):
        with pytest.raises(ValueError, match="minivgg has 0–109"):
            techniques.class_maps(dense, photo[:1, :, :128, :128], classes=classes)
