"""On a line and in a plane: where the border is a plane, the log-odds are linear."""

import numpy as np
import pytest
from halves import Halves

from minigrad.techniques import in_plane, on_line
from minigrad.techniques.fool.balls import length
from minigrad.techniques.fool.directions import across, aside


@pytest.fixture
def net():
    return Halves((3, 8, 8))


def log_odds(p):
    return np.log(p[..., 1] / p[..., 0])


def test_the_log_odds_of_a_linear_network_fall_in_a_straight_line(net):
    x, adversarial = net.beside(0.5)
    line = on_line(net, x, adversarial)
    s0, s1 = (net.scores(one)[0, 1] for one in (x, adversarial))
    assert line.t[0] == -1 and line.t[-1] == 2 and line.probabilities.shape == (1, 61, 2)
    np.testing.assert_allclose(log_odds(line.probabilities)[0], s0 + line.t * (s1 - s0), atol=1e-9)


def test_the_loss_is_that_of_the_photos_answer(net):
    line = on_line(net, *net.beside(0.5))
    np.testing.assert_allclose(line.losses, -np.log(line.probabilities[..., 1]), rtol=1e-9)
    assert (np.diff(line.losses[0]) > 0).all()  # also backwards: surer and surer


def test_the_photo_is_at_0_and_the_attack_at_1(net):
    x, adversarial = net.beside(0.5)
    line = on_line(net, x, adversarial, t=[0, 1])
    both = net.scores(np.concatenate([x, adversarial]))
    np.testing.assert_allclose(log_odds(line.probabilities)[0], both[:, 1], rtol=1e-9)


def test_a_batch_equals_one_by_one(net):
    pairs = [net.beside(0.5, seed=s) for s in (1, 2)]
    x, adversarial = (np.concatenate(several) for several in zip(*pairs, strict=True))
    both = on_line(net, x, adversarial, batch=7)
    for n, pair in enumerate(pairs):
        alone = on_line(net, *pair)
        np.testing.assert_allclose(alone.probabilities[0], both.probabilities[n], rtol=1e-9)
        np.testing.assert_allclose(alone.losses[0], both.losses[n], rtol=1e-9)


def test_what_is_across_is_orthogonal_and_as_long(net, rng):
    eta, other = rng.normal(size=(2, 2, 3, 8, 8))
    nu = across(other, eta)
    np.testing.assert_allclose((nu * eta).sum(axis=(1, 2, 3)), 0, atol=1e-9)
    np.testing.assert_allclose(length(nu), length(eta))


def test_the_random_point_is_as_far_away_as_the_attack(net):
    x, adversarial = net.beside(0.5)
    point = aside(x, adversarial)
    np.testing.assert_allclose(length(point - x), length(adversarial - x))
    assert abs(net.distance(point) - 0.5) < 0.3  # and hardly any nearer to the border


def test_the_planes_middle_row_is_the_line(net):
    x, adversarial = net.beside(0.5)
    t = [-1, 0, 0.5, 1]
    flat, line = in_plane(net, x, adversarial, t=t), on_line(net, x, adversarial, t=t)
    assert flat.probabilities.shape == (1, 4, 4, 2)
    np.testing.assert_allclose(flat.probabilities[:, 1], line.probabilities, rtol=1e-9)


def test_across_the_attack_nothing_changes_where_the_border_is_a_plane(net):
    """The attack goes straight at the border, so ν, orthogonal to it, runs along the border."""
    flat = in_plane(net, *net.beside(0.5))
    columns = log_odds(flat.probabilities)[0]
    np.testing.assert_allclose(columns, columns[:1].repeat(25, axis=0), atol=1e-9)


def test_a_second_attack_lies_where_the_plane_says(net, rng):
    x, adversarial = net.beside(0.5)
    second = x + rng.normal(size=x.shape)
    at, across_ = in_plane(net, x, adversarial, second=second, t=[0]).second[0]
    flat = in_plane(net, x, adversarial, second=second, t=[at, across_])
    found = log_odds(flat.probabilities)[0, 1, 0]                           # t[0] η + t[1] ν
    assert found == pytest.approx(net.scores(second)[0, 1], rel=1e-9)


def test_nonsense_is_a_sentence(net):
    x, adversarial = net.beside(0.5)
    with pytest.raises(ValueError, match="was not moved"):
        on_line(net, x, x)
    with pytest.raises(ValueError, match="finite numbers"):
        on_line(net, x, adversarial, t=[])
    with pytest.raises(ValueError, match="finite numbers"):
        on_line(net, x, adversarial, t=[0, np.nan])
    with pytest.raises(ValueError, match="go in one direction"):
        in_plane(net, x, adversarial, second=x - 3 * (adversarial - x))
    with pytest.raises(ValueError, match="same shape"):
        in_plane(net, x, adversarial[..., 1:])
