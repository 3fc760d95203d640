"""The record of an attack: what follows from pixels and scores before and after."""

import numpy as np

from minigrad.techniques import Attacked, quantised
from minigrad.techniques.fool.record import better_of, input_where_failed


def record(after, target=None, before=((5.0, 1, 0),), moved=1.0):
    """Scores after, of one network's answer 0 to photos of grey 100."""
    after = np.array(after, float)
    before = np.repeat(np.array(before, float), len(after), axis=0)
    x = np.full((len(after), 3, 2, 2), 100.0)
    return Attacked(x, x + moved, before, after, target)


def test_success_is_another_answer_or_the_target():
    after = [[5, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert record(after).success.tolist() == [False, True, True]
    assert record(after, np.array([2, 2, 2])).success.tolist() == [False, False, True]


def test_lengths_are_in_grey_levels_of_the_whole_image():
    one = record([[0, 1, 0]], moved=-3.0)
    assert one.linf == 3 and one.l2 == 3 * 12**0.5 and one.l1 == 36 and one.moved.all()
    still = record([[5, 1, 0]], moved=0.0)
    assert still.l2 == 0 and not still.moved.any()


def test_losses_are_the_surprise_at_the_first_answer_or_at_the_target():
    after = np.array([[0.0, 1, 2]])
    surprise = np.log(np.exp(after).sum()) - after[0]
    np.testing.assert_allclose(record(after).losses[0, 1], surprise[0], rtol=1e-12)
    np.testing.assert_allclose(record(after, np.array([2])).losses[0, 1], surprise[2], rtol=1e-12)


def test_a_score_that_leads_by_far_is_no_overflow():
    assert np.isfinite(record([[1e4, -1e4, 0]]).losses).all()


def test_better_is_what_succeeded_and_among_equals_what_got_further():
    one = record([[5, 1, 0], [0, 1, 0], [3, 0, 0], [0, 2, 0]], moved=1.0)
    other = record([[0, 1, 0], [5, 1, 0], [1, 0, 0], [0, 1, 0]], moved=2.0)
    best = better_of(one, other)
    assert best.perturbation[:, 0, 0, 0].tolist() == [2, 1, 2, 1]
    np.testing.assert_array_equal(best.scores_after[2], [1, 0, 0])


def test_better_with_a_target_is_nearer_to_it():
    t = np.array([2])
    best = better_of(record([[5, 0, 1]], t, moved=1.0), record([[5, 0, 3]], t, moved=2.0))
    assert best.perturbation[0, 0, 0, 0] == 2


def test_where_it_failed_the_photo_comes_back():
    back = input_where_failed(record([[5, 1, 0], [0, 1, 0]]))
    assert back.moved.tolist() == [False, True]
    np.testing.assert_array_equal(back.scores_after[0], back.scores_before[0])


def test_quantised_pixels_are_bytes():
    x = np.array([-0.4, 0.6, 127.4, 255.3], np.float32)
    np.testing.assert_array_equal(quantised(x), [0, 1, 127, 255])
    assert quantised(x).dtype == np.float32


def test_a_record_says_in_words_what_came_of_each_photo():
    said = str(record([[0, 1, 0], [5, 1, 0]]))
    assert said.splitlines()[0] == "photo 0: 0 → 1, success, ‖η‖₂ 3.5, ‖η‖∞ 1.00 grey levels"
    assert "failure" in said.splitlines()[1]
