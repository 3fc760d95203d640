"""What an attack wants: more of which number, and of which photos."""

import numpy as np
import pytest
from attackable import Linear, photos
from numpy.testing import assert_allclose

from minigrad.activations import Activations
from minigrad.techniques import cross_entropy, fgsm, margin
from minigrad.techniques.fool.aims import aim_at, cross_entropies
from minigrad.tensor import Tensor, grad


def of_scores(objective, scores):
    """An objective of scores (N, K), and its gradient at them."""
    S = Tensor(scores)
    value = objective(Activations({"s": S}, "s"))
    return float(value), grad(value, [S])[0]


HALVES = np.array([[0.0, np.log(3)], [0, np.log(3)]])  # p = ¼, ¾ for both photos


def test_away_from_a_label_its_surprise_is_what_there_shall_be_more_of():
    value, g = of_scores(cross_entropies([0, 1]), HALVES)
    assert_allclose(value, -np.log(1 / 4) - np.log(3 / 4))
    assert_allclose(g, [[-0.75, 0.75], [0.25, -0.25]])


def test_towards_a_target_its_surprise_is_what_there_shall_be_less_of():
    value, g = of_scores(cross_entropies([0, 1], [0, 1]), HALVES)
    assert_allclose(value, np.log(1 / 4) + np.log(3 / 4))
    assert_allclose(g, [[0.75, -0.75], [-0.25, 0.25]])


def test_labels_come_as_an_array_and_class_0_is_a_target():
    assert_allclose(of_scores(cross_entropies(np.array([1]), np.array([0])), HALVES[:1])[0],
                    np.log(3 / 4))


def test_the_margin_is_the_best_other_score_minus_the_own(rng):
    scores = rng.normal(-50, 5, (3, 7))  # all negative: a maximum with 0 would be wrong
    value, g = of_scores(margin(2), scores)
    others = np.delete(scores, 2, axis=1)
    assert value == pytest.approx((others.max(axis=1) - scores[:, 2]).sum(), rel=1e-12)
    assert (g[:, 2] == -1).all() and (g.sum(axis=1) == 0).all()


def test_the_margin_has_a_gradient_where_the_cross_entropy_has_none():
    sure = np.array([[200.0, 0, -3]], np.float32)
    assert not of_scores(cross_entropy(0), sure)[1].any()
    _, g = of_scores(margin(0), sure)
    np.testing.assert_array_equal(g, [[-1, 1, 0]])
    assert g.dtype == np.float32


def test_untargeted_it_asks_away_from_the_networks_own_answer(rng):
    net, x = Linear(), photos(rng, 3)
    aim = aim_at(net, x, None, None)
    y = net.scores(x).argmax(axis=1)
    value = float(aim.objective(net(x)))
    S = net.scores(x)
    log_sum = np.log(np.exp(S).sum(axis=1))
    assert value == pytest.approx((log_sum - S[np.arange(3), y]).sum(), rel=1e-9)
    t = (y + 1) % 5
    targeted = float(aim_at(net, x, None, t).objective(net(x)))
    assert targeted == pytest.approx(-(log_sum - S[np.arange(3), t]).sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: (x - 120) / 60, r"the pixels go from -\S+ to \S+, but a photo's are 0–255"),
        (lambda x: x + 100, "but a photo's are 0–255"),
        (lambda x: x / 255, "but a photo's are 0–255: multiply by 255"),
        (lambda x: x * np.nan, "nan"),
        (lambda x: x[:, :2], r"photos have the shape \(N, 3, H, W\), not \(2, 2, 6, 6\)"),
        (lambda x: x[:0], "photos have the shape"),
    ],
)
def test_what_is_no_photo_in_grey_levels_is_refused(rng, change, sentence):
    with pytest.raises(ValueError, match=sentence):
        fgsm(Linear(), change(photos(rng, 2)))


def test_a_list_is_no_array(rng):
    with pytest.raises(TypeError, match="an attack takes an array of photos, not a list"):
        fgsm(Linear(), photos(rng, 1).tolist())


def test_a_pixel_that_rounding_left_outside_is_white():
    x = np.full((1, 3, 6, 6), 255.0005)
    assert fgsm(Linear(), x).adversarial.max() <= 255


def test_targets_that_cannot_be_are_refused(rng):
    net, x = Linear(), photos(rng, 2)
    own = net.scores(x).argmax(axis=1)
    for target, sentence in [
        (int(own[0]), f"the target of photo 0 is class {own[0]}, which is what linear says"),
        (7, "linear has classes 0 … 4, not 7"),
        ([1, 2, 3], "3 targets do not fit 2 photos"),
        (-1, "give a whole number, 0 or more"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            fgsm(net, x, target=target)
    with pytest.raises(TypeError, match="'cup': give a whole number"):
        fgsm(net, x, target="cup")


def test_scores_that_are_nan_have_no_answer_to_change(rng):
    net = Linear()
    net.b = net.b * np.nan
    with pytest.raises(ValueError, match="linear gives NaN as a score"):
        fgsm(net, photos(rng, 1))


def test_probabilities_as_scores_are_warned_of(rng):
    net = Linear()
    net.scores = lambda x: np.full((len(x), 5), 0.2)
    with pytest.warns(UserWarning, match="the scores of linear are probabilities"):
        fgsm(net, photos(rng, 1))
