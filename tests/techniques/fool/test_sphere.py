"""Random points twice as far away as an attack: in closed form where the border is a plane."""

import numpy as np
import pytest
from halves import Halves
from numpy.testing import assert_allclose

from minigrad.techniques import sphere
from minigrad.techniques.fool.balls import length
from minigrad.techniques.fool.sphere import on_sphere


def rngs(count, seed=0):
    return np.random.default_rng(seed).spawn(count)


def test_points_lie_on_the_sphere_in_every_direction():
    x = np.full((1, 3, 2, 2), 100.0)
    points = on_sphere(x, 7.0, rngs(2000))
    np.testing.assert_allclose(length(points - x), 7, rtol=1e-12)
    np.testing.assert_allclose((points - x).mean(axis=0), 0, atol=0.25)
    np.testing.assert_allclose(((points - x) ** 2).mean(axis=0), 49 / 12, rtol=0.15)


def points_on_sphere(count=200, radius=7.0, centre=(100.0, 50, 10), seed=0):
    """Points of a photo of one pixel, seen from the centre: (count, 3)."""
    x = np.reshape(centre, (1, 3, 1, 1))
    return (on_sphere(x, radius, rngs(count, seed)) - x)[:, :, 0, 0]


def test_every_point_is_radius_away_from_the_photo():
    assert_allclose(np.linalg.norm(points_on_sphere(10), axis=1), 7)


def test_every_generator_draws_a_point_of_its_own():
    assert len({point.tobytes() for point in points_on_sphere(20).round(9)}) == 20
    assert_allclose(points_on_sphere(20)[7:], points_on_sphere(20)[7:])


def test_the_points_lie_around_the_photo_and_not_to_one_side():
    assert_allclose(points_on_sphere().mean(axis=0), 0, atol=0.7)


def test_in_three_dimensions_every_height_of_a_sphere_is_equally_likely():
    """Archimedes: slices of equal thickness have equal areas, so each coordinate is uniform."""
    points = on_sphere(np.zeros((1, 3, 1, 1)), 7.0, [np.random.default_rng(0)] * 5000)
    heights = np.sort(points.reshape(5000, 3), axis=0)
    evenly = np.linspace(-7, 7, 5000)[:, None].repeat(3, axis=1)
    assert_allclose(heights, evenly, rtol=0, atol=0.42)


def test_a_radius_and_a_photo_for_each_point():
    x = np.reshape([0.0, 0, 0, 100, 100, 100], (2, 3, 1, 1))
    away = on_sphere(x, np.array([1.0, 20]), rngs(2)) - x
    assert_allclose(length(away), [1, 20])


def test_points_of_a_float32_photo_are_float32():
    x = np.full((1, 3, 2, 2), 100, np.float32)
    assert on_sphere(x, np.float32(7), rngs(2)).dtype == np.float32


def test_the_shift_over_the_margin_has_the_standard_deviation_two_over_the_root_of_n():
    net = Halves((1, 28, 28))                                               # n = 784
    x, _ = net.beside(5.0)
    points = on_sphere(x, 10.0, rngs(1000))
    shift = (net.distance(points) - 5.0) / 5.0
    assert shift.std() == pytest.approx(2 / np.sqrt(784), rel=0.08)
    assert abs(shift.mean()) < 4 * shift.std() / np.sqrt(1000)


def test_in_784_dimensions_none_of_200_points_twice_as_far_away_flips():
    net = Halves((1, 28, 28))
    x, adversarial = net.beside(5.0)
    assert net.scores(x).argmax() == 1 and net.scores(adversarial).argmax() == 0
    around = sphere(net, x, adversarial, points=200)
    assert around.flips[0] == 0 and around.answers.tolist() == [[0, 200]]
    assert around.wanted[0] == pytest.approx(2 * 5.0005) and around.radius[0] == around.wanted[0]


def test_in_three_dimensions_a_quarter_flips():
    """The cap of a sphere of radius 2 d beyond a plane d away is a quarter of it (Archimedes)."""
    net = Halves((3, 1, 1))
    x, adversarial = net.beside(5.0)
    around = sphere(net, x, adversarial, points=4000)
    assert around.flips[0] == pytest.approx(1000, abs=4 * np.sqrt(4000 * 0.25 * 0.75))


def test_closer_than_the_border_nothing_flips():
    net = Halves((3, 1, 1))
    x, adversarial = net.beside(5.0)
    assert sphere(net, x, adversarial, points=300, ratio=0.99).flips[0] == 0


def test_clipping_shortens_the_radius_and_it_is_said():
    net = Halves((1, 28, 28))
    black = np.zeros((1, 1, 28, 28))
    around = sphere(net, black, black + 1.0, points=100)
    assert around.wanted[0] == pytest.approx(2 * 28)
    # half of the numbers are clipped away, and with them half of the square
    assert around.radius[0] == pytest.approx(2 * 28 / np.sqrt(2), rel=0.02)
    assert around.example.min() == 0


def test_the_answers_are_counted():
    net = Halves((3, 1, 1))
    x, adversarial = net.beside(2.0)
    around = sphere(net, x, adversarial, points=77)
    assert around.answers.sum() == 77 and around.before[0] == 1
    assert around.flips[0] == around.answers[0, 0] > 0


def test_the_first_point_is_the_example():
    net = Halves((1, 28, 28))
    x, adversarial = net.beside(5.0)
    around = sphere(net, x, adversarial, points=3)
    assert length(around.example - x)[0] == pytest.approx(around.wanted[0])


def test_a_batch_equals_one_by_one_whatever_is_asked_at_once():
    net = Halves((3, 1, 1))
    pairs = [net.beside(2.0, seed=s) for s in (1, 2)]
    x, adversarial = (np.concatenate(several) for several in zip(*pairs, strict=True))
    both = sphere(net, x, adversarial, points=50, batch=7)
    for n, rng in enumerate(rngs(2)):
        alone = sphere(net, x[n : n + 1], adversarial[n : n + 1], points=50, rng=[rng])
        assert alone.flips[0] == both.flips[n]
        assert alone.radius[0] == pytest.approx(both.radius[n])
    first, second = both.example - x
    assert not np.allclose(first, second)  # each photo has points of its own


def test_the_bar_counts_batches():
    net, seen = Halves((3, 1, 1)), []
    x, adversarial = net.beside(2.0)

    def progress(work):
        seen.append(len(work))
        return work

    sphere(net, x, adversarial, points=50, batch=20, progress=progress)
    assert seen == [3]


@pytest.mark.parametrize(("change", "said"), [
    (lambda x, a: (x, x), "photo 0 was not moved"),
    (lambda x, a: (x, a[..., 1:]), "same shape"),
])
def test_nonsense_is_a_sentence(change, said):
    net = Halves((1, 28, 28))
    with pytest.raises(ValueError, match=said):
        sphere(net, *change(*net.beside(5.0)))


def test_no_points_and_no_radius_are_refused():
    net = Halves((1, 28, 28))
    with pytest.raises(ValueError, match="points is 0"):
        sphere(net, *net.beside(5.0), points=0)
    with pytest.raises(ValueError, match="ratio is 0"):
        sphere(net, *net.beside(5.0), ratio=0)
