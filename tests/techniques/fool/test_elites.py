"""Evolution: a niche never gets worse, a child competes in all of them, a seed repeats."""

import json
from itertools import pairwise

import numpy as np
import pytest

import models
from minigrad import ops
from minigrad.techniques import CPPN, DIRECT, evolve
from minigrad.techniques.fool import cppn
from minigrad.techniques.fool.elites import compete, niches

SMALL = {"generations": 5, "children": 6, "size": 32}


@pytest.fixture(scope="module")
def net():
    return models.load("minivgg")


def says(net, pixels):
    return ops.softmax(net.scores(pixels))


@pytest.mark.parametrize("encoding", [CPPN, DIRECT])
def test_a_niche_never_gets_worse_and_some_get_better(net, encoding):
    steps = list(evolve(net, encoding=encoding, **SMALL))
    assert [now.step for now in steps] == [1, 2, 3, 4, 5]
    gains = [after.probabilities - before.probabilities for before, after in pairwise(steps)]
    assert min(gain.min() for gain in gains) >= 0 and max(gain.max() for gain in gains) > 0
    assert [now.value for now in steps] == sorted(now.value for now in steps)


@pytest.mark.parametrize("encoding", [CPPN, DIRECT])
def test_the_probabilities_are_those_of_the_champions_pictures(net, encoding):
    *_, now = evolve(net, encoding=encoding, **SMALL)
    p = says(net, now.pixels)                                               # (K, K)
    assert np.allclose(np.diag(p), now.probabilities, atol=1e-5)
    assert (now.picture(7) == now.pixels[7:8]).all()


def test_a_picture_drawn_again_from_its_record_scores_the_same(net):
    *_, now = evolve(net, **SMALL)
    for k in (0, 49, 109):
        again = cppn.genome(json.loads(json.dumps(cppn.record(now.genomes[k]))))
        x = cppn.drawn([again], 32)
        assert (x == now.picture(k)).all()
        assert says(net, x)[0, k] == pytest.approx(now.probabilities[k], rel=1e-4)


def test_a_seed_repeats_exactly_and_another_does_not(net):
    def run(seed):
        *_, now = evolve(net, rng=np.random.default_rng(seed), **SMALL)
        return now

    first, again, other = run(3), run(3), run(4)
    assert first.genomes == again.genomes and first.genomes != other.genomes
    assert (first.probabilities == again.probabilities).all()
    *_, usual = evolve(net, **SMALL)
    assert usual.genomes == run(0).genomes


def test_every_child_competes_in_every_niche_and_loses_a_draw():
    champions, best = ["a", "b", "c"], np.array([0.3, 0.5, 0.2])
    p = np.array([[0.4, 0.5, 0.1], [0.6, 0.1, 0.3]])
    after, now = compete(champions, best, ["d", "e"], p)
    assert after == ["e", "b", "e"] and now.tolist() == [0.6, 0.5, 0.3]
    assert champions == ["a", "b", "c"]


def test_the_champions_are_the_best_of_all_that_were_ever_seen(net, monkeypatch):
    seen = []

    def draw(genomes, size):
        seen.append(CPPN.draw(genomes, size))
        return seen[-1]

    *_, now = evolve(net, encoding=CPPN._replace(draw=draw), **SMALL)
    every = np.concatenate([says(net, pixels) for pixels in seen])          # (generations · N, K)
    assert np.allclose(now.probabilities, every.max(axis=0))


def test_half_of_the_parents_are_of_the_wanted_niches(rng):
    drawn = niches(100, [3, 5], 4000, rng)
    assert np.isin(drawn, [3, 5]).mean() == pytest.approx(0.51, abs=0.03)
    assert len(set(niches(100, None, 4000, rng))) == 100


def test_breeding_finds_a_class_at_99_percent(net):
    """From formulas drawn by lot, without a gradient; small pictures, to be quick."""
    sure = next(now for now in evolve(net, children=32, size=64) if now.value)
    k = int(sure.probabilities.argmax())
    assert says(net, sure.picture(k))[0, k] >= 0.99


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"generations": 0}, "generations is 0: give a whole number, 1 or more"),
    ({"children": 0}, "children is 0"),
    ({"size": 0}, "the edge of a picture is 0"),
    ({"wanted": []}, "wanted names no class"),
    ({"wanted": [110]}, "minivgg has classes 0 … 109, not 110"),
])
def test_nonsense_is_refused_before_the_first_generation(net, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        evolve(net, **wrong)


def test_a_network_that_says_nan_is_refused(net):
    class Broken:
        name, class_count, input_size, dtype, device = "broken", 3, 8, "float32", "cpu"

        def scores(self, x):
            return np.full((len(x), 3), np.nan, np.float32)

    with pytest.raises(ValueError, match="broken gives NaN"):
        next(evolve(Broken()))
