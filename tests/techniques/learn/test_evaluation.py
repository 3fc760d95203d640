"""How good a network has become, and whether its probabilities can be believed."""

import numpy as np
import pytest

import models
from minigrad.techniques.learn import evaluation


def test_the_scores_of_batches_are_those_of_all_photos_at_once(rng):
    net, x = models.build("minivgg", classes=3), rng.uniform(0, 255, (5, 3, 32, 32)).astype("f4")
    batches = [(x[:2], [0, 1]), (x[2:5], [2, 0, 1])]
    scores, labels = evaluation.scores_of(net, batches)
    np.testing.assert_allclose(scores, net.scores(x), rtol=1e-3, atol=1e-4)
    assert labels.tolist() == [0, 1, 2, 0, 1]
    other = {"fc8/bias": net.params["fc8/bias"] + 7}
    np.testing.assert_allclose(evaluation.scores_of(net, batches, other)[0], scores + 7, rtol=1e-3)
    with pytest.raises(ValueError, match="no photos"):
        evaluation.scores_of(net, [])


def test_the_accuracy_of_a_class_without_photos_is_no_number():
    table = np.array([[3, 1, 0], [0, 0, 0], [2, 2, 0]])
    assert str(evaluation.class_accuracies(table).tolist()) == "[0.75, nan, 0.0]"


def test_the_worst_confusions_come_first_and_what_is_right_is_none():
    table = np.array([[90, 1, 0], [0, 50, 4], [2, 0, 70]])
    assert evaluation.most_confused(table) == [(1, 2, 4), (2, 0, 2), (0, 1, 1)]
    assert evaluation.most_confused(table, most=1) == [(1, 2, 4)]
    assert evaluation.most_confused(np.eye(3, dtype=int)) == []


@pytest.mark.parametrize("factor", [3.0, 1 / 3])
def test_calibration_makes_the_probabilities_right_where_they_were_not(factor, rng):
    scores = rng.normal(size=(4000, 4))
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    labels = np.array([rng.choice(4, p=row) for row in p])
    found = evaluation.calibration(factor * scores, labels)
    assert found.temperature == pytest.approx(factor, rel=0.1)
    assert found.after < 0.03 < found.before
    assert found.before == evaluation.calibration_error(factor * scores, labels)
    after = evaluation.calibration_error(factor * scores / found.temperature, labels)
    assert found.after == after


def test_calibration_leaves_scores_alone_that_no_temperature_makes_better():
    """Of what is said with 61 %, 66 % are right, and the reverse: in one bin that is even."""
    p = np.repeat([0.61, 0.66], 100)
    labels = np.repeat([0, 1, 0, 1], [66, 34, 61, 39])
    scores = np.log(np.stack([p, 1 - p], axis=1))                          # (200, 2)
    T = evaluation.temperature(scores, labels)
    before = evaluation.calibration_error(scores, labels)
    assert before < 1e-9 < 0.005 < evaluation.calibration_error(scores / T, labels)
    assert evaluation.calibration(scores, labels) == (1.0, before, before)


def test_confusion_counts_what_was_said_of_what():
    table = evaluation.confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    assert table.tolist() == [[1, 1], [0, 1]]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    scores = np.log(np.array([[0.8, 0.2]] * 10))
    labels = np.array([0] * 8 + [1] * 2)
    assert evaluation.calibration_error(scores, labels) == pytest.approx(0, abs=1e-9)
    assert evaluation.calibration_error(scores, np.zeros(10, int)) == pytest.approx(0.2)


def test_the_temperature_undoes_an_exaggeration(rng):
    labels = rng.integers(0, 4, 4000)
    scores = rng.normal(size=(4000, 4))
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    labels = np.array([rng.choice(4, p=row) for row in p])
    assert evaluation.temperature(3 * scores, labels) == pytest.approx(3, rel=0.1)
    assert evaluation.calibration_error(scores, labels) < 0.03


def test_confusion_takes_labels_in_bytes_and_no_photos():
    many = np.array([199, 5, 199], np.uint8)
    table = evaluation.confusion(many, many, 200)
    assert table[199, 199] == 2 and table[5, 5] == 1 and table.sum() == 3
    assert not evaluation.confusion(np.zeros(0, int), np.zeros(0, int), 2).any()


@pytest.mark.parametrize(
    ("predicted", "labels"),
    [([0, -1], [0, 1]), ([0, 1], [0, 2]), ([0.0, 1.0], [0, 1]), ([0, 1, 1], [0, 1]), ([0], [[0]])],
)
def test_confusion_of_what_is_no_class_is_said(predicted, labels):
    with pytest.raises(ValueError):
        evaluation.confusion(np.array(predicted), np.array(labels), 2)


@pytest.mark.parametrize("measure", [
    evaluation.calibration_error, evaluation.temperature, evaluation.calibration,
])  # fmt: skip
def test_scores_that_are_no_numbers_or_do_not_fit_have_no_measure(measure, rng):
    scores, labels = rng.normal(size=(4, 3)), np.arange(4) % 3
    for bad in (np.nan, np.inf):
        broken = scores.copy()
        broken[2, 1] = bad
        with pytest.raises(ValueError, match="scores are finite numbers"):
            measure(broken, labels)
    with pytest.raises(ValueError, match="one photo or more"):
        measure(scores[:0], labels[:0])
    with pytest.raises(ValueError, match="3 labels do not fit the scores of 4"):
        measure(scores, labels[:3])
    for outside in (-1, 3):
        with pytest.raises(ValueError, match="labels lie in 0 … 2"):
            measure(scores, np.where(labels == 2, outside, labels))
