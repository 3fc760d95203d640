"""Square attack: no gradient, so never better than one with it."""

import numpy as np
import pytest
from attackable import Linear, Small, photos

from minigrad.techniques import pgd, square
from minigrad.techniques.fool.square import HALVED_AT, a_square, p_at

EPSILON = 4.0


def test_it_begins_with_vertical_stripes(rng):
    record = square(Linear(), photos(rng, 2), epsilon=EPSILON, queries=1)
    eta = record.perturbation
    np.testing.assert_allclose(abs(eta), EPSILON)
    np.testing.assert_allclose(eta, eta[:, :, :1] + 0 * eta)
    assert len(np.unique(eta[:, :, 0])) > 1


def test_every_pixel_is_at_the_edge_of_the_ball(rng):
    eta = square(Linear(), photos(rng, 2), epsilon=EPSILON, queries=40).perturbation
    np.testing.assert_allclose(abs(eta), EPSILON)


def test_more_queries_never_lead_back(rng):
    """Only what leads further is kept."""
    net, x = Linear(), photos(rng, 1)
    record = [square(net, x, epsilon=0.5, queries=1, p=0.1)]
    assert not record[0].success
    leads = []
    for queries in (1, 10, 100, 400):
        after = square(net, x, epsilon=0.5, queries=queries, p=0.1).scores_after[0]
        y = record[0].before[0]
        leads.append(np.delete(after, y).max() - after[y])
    assert leads[0] <= leads[1] and leads[0] < leads[-1]


def test_on_a_linear_network_it_finds_nearly_the_best_corner(rng):
    """The best gain of the ball is ε ‖w‖₁, of FGSM."""
    net, x = Linear(4), photos(rng, 1, 4)
    first, second = net.scores(x)[0].argsort()[:-3:-1]
    w, epsilon = net.w[second] - net.w[first], 0.1
    gain = square(net, x, epsilon=epsilon, queries=2000, target=int(second)).perturbation[0]
    assert (gain * w).sum() >= 0.9 * epsilon * abs(w).sum()


def test_it_never_beats_an_attack_with_the_gradient(rng):
    net, x = Small(), photos(rng, 8, 8)
    for epsilon in (4.0, 8.0):
        black, white = square(net, x, epsilon=epsilon, queries=100), pgd(net, x, epsilon=epsilon)
        assert black.success.mean() <= white.success.mean()
    assert 0 < black.success.mean()


def test_queries_are_counted_and_end_where_the_photo_is_fooled(rng):
    asked = []

    class Counting(Linear):
        def scores(self, x):
            asked.append(len(x))
            return super().scores(x)

    record = square(Counting(), photos(rng, 4), epsilon=8.0, queries=30)
    assert sum(asked) == 4 + record.queries.sum() + 4  # the photos, the attack, what came of it
    assert (record.queries[~record.success] == 30).all()
    assert record.queries.max() <= 30 and record.queries.min() < 30


def test_a_photo_does_not_depend_on_those_beside_it(rng):
    net, x = Small(), photos(rng, 3, 8)
    rngs = [np.random.default_rng(n) for n in range(3)]
    together = square(net, x, epsilon=2.0, queries=20, rng=rngs).adversarial
    alone = [square(net, x[n : n + 1], epsilon=2.0, queries=20, rng=[np.random.default_rng(n)])
             for n in range(3)]
    np.testing.assert_array_equal(together, np.concatenate([one.adversarial for one in alone]))


def test_the_same_generator_gives_the_same_and_the_photos_stay(rng):
    x = photos(rng, 2)
    before = x.copy()
    one, other = (square(Linear(), x, queries=20).adversarial for _ in range(2))
    assert np.array_equal(one, other) and np.array_equal(x, before)


def test_the_squares_shrink_as_in_the_paper():
    """p is halved nine times, of 10,000 queries at 10, 50, 200, …"""
    assert [p_at(0.8, at + 1, 10_000) / p_at(0.8, at, 10_000) for at in HALVED_AT] == [0.5] * 9
    assert p_at(0.8, 6, 100) == pytest.approx(0.8 / 2**4)


def test_a_square_has_its_side_and_stays_inside(rng):
    for _ in range(50):
        mask, signs = a_square(rng, 9, 7, 3)
        assert mask.sum() == 9 and mask.any(axis=(0, 1)).sum() == 3 and signs.shape == (3, 1, 1)
    assert a_square(rng, 9, 7, 8)[0].sum() == 8 * 7


def test_no_epsilon_is_the_identity(rng):
    x = photos(rng, 2)
    assert np.array_equal(square(Linear(), x, epsilon=0.0, queries=5).adversarial, x)


def test_nonsense_is_one_sentence(rng):
    for settings, sentence in [({"epsilon": -1}, "ε is -1"), ({"queries": 0}, "queries is 0"),
                               ({"p": 0}, "p is 0"), ({"p": 2}, "p is 2")]:
        with pytest.raises(ValueError, match=sentence):
            square(Linear(), photos(rng, 1), **settings)
