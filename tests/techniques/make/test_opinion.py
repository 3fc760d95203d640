"""A judge's opinion of a picture: the place of a class in its order."""

import numpy as np
import pytest

from minigrad.techniques.make.opinion import opinion


class Judge:
    """Its scores are those that it was made with."""

    name = "judge"

    def __init__(self, scores):
        self.answer = np.array(scores, np.float32)

    def scores(self, pixels):
        return self.answer


def test_the_first_place_is_1_and_the_last_the_number_of_classes():
    judge = Judge([[3, 9, -1, 5], [9, 3, 5, -1]])
    rank, first = opinion(judge, None, 1)
    assert rank.tolist() == [1, 3] and first.tolist() == [1, 0]
    assert opinion(judge, None, 2).rank.tolist() == [4, 2]


def test_what_is_no_class_or_no_number_has_no_place():
    with pytest.raises(ValueError, match="judge has classes 0 … 3, not 4"):
        opinion(Judge([[3, 9, -1, 5]]), None, 4)
    with pytest.raises(ValueError, match="judge gives NaN"):
        opinion(Judge([[3, np.nan, -1, 5]]), None, 0)
