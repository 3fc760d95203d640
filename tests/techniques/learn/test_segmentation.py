"""Segmentation: weights of classes, intersection over union, and looking more than once."""

import numpy as np
import pytest

import models
from minigrad import ops
from minigrad.optim import SGD
from minigrad.techniques.learn import segmentation, training


def test_a_class_weighs_the_root_of_the_median_over_its_pixels():
    w = segmentation.class_weights([400, 100, 25, 0])
    np.testing.assert_allclose(w, [0.5, 1, 2, 1])
    assert segmentation.class_weights([10**8, 10**4, 1])[2] == 10       # none above the most
    with pytest.raises(ValueError, match="number of pixels of each class"):
        segmentation.class_weights([0, 0])


def test_iou_is_what_both_agree_on_of_what_either_says():
    labels = np.array([[[0, 0, 1, 1], [0, 0, 1, 7]]])
    said = np.array([[[0, 1, 1, 1], [0, 0, 0, 1]]])
    table = segmentation.pixel_confusion(said, labels, 3, void=7)
    assert table.sum() == 7
    ious = segmentation.class_ious(table)
    np.testing.assert_allclose(ious, [3 / 5, 2 / 4, np.nan])
    assert segmentation.mean_iou(table) == pytest.approx((3 / 5 + 2 / 4) / 2)


def test_answers_that_do_not_fit_and_labels_that_are_no_class_are_said():
    with pytest.raises(ValueError, match="do not fit labels"):
        segmentation.pixel_confusion(np.zeros((1, 2, 2), int), np.zeros((1, 2, 3), int), 2)
    with pytest.raises(ValueError, match="0 … 1, got"):
        segmentation.pixel_confusion(np.zeros((1, 2, 2), int), np.full((1, 2, 2), 9), 2)
    with pytest.raises(ValueError, match="no pixel with a label"):
        segmentation.mean_iou(np.zeros((3, 3), int))


class ByColour:
    """Scores of a pixel from its own colour, and from the pixel to its left."""

    name, class_count, device = "by colour", 3, "cpu"

    def scores(self, x, params=None):
        return ops.conv2d(x, self.weight, padding=(0, 1))

    def __init__(self, left):
        self.weight = np.zeros((3, 3, 1, 3))
        self.weight[:, :, 0, 1] = np.eye(3)
        self.weight[:, :, 0, 0] = left * np.eye(3)[::-1]


def test_looks_that_change_nothing_give_the_same_answer(rng):
    """A network that sees one pixel says the same of it, however the photo is turned."""
    x = rng.normal(size=(2, 3, 6, 9))
    once = segmentation.pixel_probabilities(ByColour(0), x)
    np.testing.assert_allclose(once.sum(axis=1), 1)
    often = segmentation.pixel_probabilities(ByColour(0), x, flips=True, turns=4)
    np.testing.assert_allclose(often, once, atol=1e-12)


def test_a_flip_is_the_mean_of_two_looks_turned_back(rng):
    x, net = rng.normal(size=(1, 3, 5, 7)), ByColour(0.8)
    mirrored = ops.softmax(net.scores(x[..., ::-1]), axis=1)[..., ::-1]
    mean = (ops.softmax(net.scores(x), axis=1) + mirrored) / 2
    np.testing.assert_allclose(segmentation.pixel_probabilities(net, x, flips=True), mean)
    assert abs(mirrored - mean).max() > 0.01


def test_averaged_answers_of_the_mirrored_photo_are_the_mirrored_answers(rng):
    x, net = rng.normal(size=(1, 3, 6, 6)), ByColour(0.8)
    p = segmentation.pixel_probabilities(net, x, flips=True, turns=4)
    other = segmentation.pixel_probabilities(net, x[..., ::-1], flips=True, turns=4)
    np.testing.assert_allclose(other, p[..., ::-1], atol=1e-12)


def test_other_scales_come_back_at_the_size_of_the_photo(rng):
    x = rng.normal(size=(1, 3, 11, 14))
    p = segmentation.pixel_probabilities(ByColour(0), x, scales=(0.5, 1, 1.7))
    assert p.shape == (1, 3, 11, 14)
    np.testing.assert_allclose(p.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("looks", "says"),
    [({"turns": 3}, "1, 2 or 4"), ({"scales": ()}, "scales is empty"), ({"scales": (0,)}, "above")],
)
def test_looks_that_there_are_not_are_said(looks, says):
    with pytest.raises(ValueError, match=says):
        segmentation.pixel_probabilities(ByColour(0), np.zeros((1, 3, 4, 4)), **looks)


def test_a_classifier_is_no_segmenter():
    with pytest.raises(ValueError, match="not where: a segmenter is wanted"):
        segmentation.pixel_probabilities(models.build("minivgg"), np.ones((1, 3, 32, 32), "f4"))


def test_unsure_is_1_where_all_classes_are_alike_and_0_where_one_is_certain():
    p = np.zeros((1, 4, 1, 2))
    p[0, :, 0, 0], p[0, 2, 0, 1] = 0.25, 1
    np.testing.assert_allclose(segmentation.uncertainty(p), [[[1, 0]]], atol=1e-9)


# ── Training ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def learned(rng):
    """A U-Net after some steps on a square that is bright, and its photo and labels."""
    net = models.build("unet", classes=2, attributes={"width": 4, "levels": 2})
    x = rng.uniform(0, 100, (2, 3, 12, 16)).astype("f4")
    labels = np.zeros((2, 12, 16), int)
    labels[:, 3:8, 4:9] = 1
    x[:, :, 3:8, 4:9] += 120
    labels[:, 0] = 255
    return net, x, labels


def test_a_step_learns_a_label_for_every_pixel(learned):
    net, x, labels = learned
    batches = [(x, labels)] * 60
    *_, last = training.train(net, batches, lr=0.05, weight=np.array([1, 2.0], "f4"), void=255)
    table = segmentation.segmented(net, [(x, labels)], void=255, params=last.params)
    assert table.sum() == 2 * 11 * 16 and segmentation.mean_iou(table) > 0.9


def test_void_pixels_and_weights_go_into_the_loss_and_void_not_into_what_is_right(learned):
    net, x, labels = learned
    w, rng = np.array([1, 3.0], "f4"), np.random.default_rng(0)
    _, outcome = training.step(
        net, net.params, x, labels, SGD(), 0.1, rng, weight=w, void=255
    )
    scores = net(x, training=rng).scores
    counted = labels != 255
    loss = ops.cross_entropy(scores, labels, ignore_index=255, weight=w)
    assert outcome.loss == pytest.approx(float(loss), rel=1e-5)
    right = (scores.argmax(axis=1) == labels)[counted].mean()
    assert outcome.right == pytest.approx(float(right))
