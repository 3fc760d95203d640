"""How good distances are: recall and votes by hand, and what must not be answered."""

import numpy as np
import pytest

from minigrad.techniques.learn.retrieval import nearest_accuracy, principal, recall_at, vote
from minigrad.techniques.look.codes import pca, purity

LINE = np.array([[0.0], [1], [2.5], [4.5], [7], [10]])


def test_recall_asks_for_one_like_image_among_the_nearest():
    labels = np.array([0, 0, 1, 0, 1, 1])
    # nearest others: 1, 0, 1, 2, 3, 4
    assert recall_at(LINE, labels) == pytest.approx(3 / 6)
    # and the second nearest: 2, 2, 3, 4, 5, 3
    assert recall_at(LINE, labels, 2) == pytest.approx(4 / 6)
    assert recall_at(LINE, labels, 5) == 1


def test_recall_at_1_is_the_purity_of_one_neighbour(rng):
    y, labels = rng.normal(size=(700, 3)), rng.integers(0, 4, 700)
    assert recall_at(y, labels) == pytest.approx(purity(y, labels, 1).share)


def test_the_nearest_of_known_class_vote():
    known, of_known = np.array([[0.0], [1], [2], [10], [11]]), np.array([0, 0, 1, 1, 1])
    asked = np.array([[0.4], [10.4]])
    assert nearest_accuracy(known, of_known, asked, np.array([0, 1]), k=3) == 1
    assert nearest_accuracy(known, of_known, asked, np.array([1, 1]), k=3) == 0.5


def test_of_as_many_votes_the_nearer_ones_count():
    assert vote(np.array([[0, 1, 1, 0]]), np.array([[1.0, 2, 3, 4]])).tolist() == [0]
    assert vote(np.array([[0, 1, 1, 0]]), np.array([[4.0, 2, 3, 1.5]])).tolist() == [0]
    assert vote(np.array([[0, 1, 1, 0]]), np.array([[4.0, 2, 1, 3]])).tolist() == [1]
    assert vote(np.array([[0, 1, 1]]), np.array([[0.0, 8, 9]])).tolist() == [1]     # two are more


def test_principal_components_of_the_images_themselves_are_pca_s(rng):
    images = rng.uniform(0, 255, (30, 4, 4)).astype(np.float32)
    y = pca(images.reshape(30, 16), 3).places
    assert np.allclose(principal(images, 3)(images), y, atol=1e-2)
    assert np.allclose(principal(images, 3)(images[:2]), y[:2], atol=1e-2)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: recall_at(LINE, np.zeros(5, int)), "a label for each of 6 codes"),
    (lambda: recall_at(LINE, np.zeros(6, int), 6), "6 codes, 7 or more"),
    (lambda: recall_at(LINE, np.array([0, 0, 0, 0, 0, 3])), "class 3 has one image"),
    (lambda: nearest_accuracy(LINE, np.zeros(5, int), LINE, np.zeros(6, int)), "5 labels do not"),
    (lambda: nearest_accuracy(LINE[:2], np.zeros(2, int), LINE, np.zeros(6, int)), "2 images of"),
])
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
