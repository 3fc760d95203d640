r"""How far may one believe a map?  Numbers for it, beside those of maps that know nothing.

    deletion          area below p while the map's first pixels go                  low is good
    insertion         area below p while they come                                  high
    random weights    |ρ| with the map of a network half of whose layers forgot     low
    unexplained       share of what squares are worth that the map does not know    low
    sensitivity       how far the map moves when each pixel does by 5 grey levels   low
    pointing          is the largest evidence on the right one of two photos?       high; chance ½
    mass              share of the evidence that lies there                         high; chance ½

None of them is the truth.  Each asks for one virtue, and a map can have it without being right: the
centred Gaussian is perfectly calm, and knows nothing.  So a number counts by what it is above the
controls', and by how sure that is.  Over n photos the mean has an interval by the bootstrap (Efron
1979): draw n of the n with replacement, take the mean, do it often; 95 % of those means lie in it.
Two maps are compared photo by photo, by the mean of the differences: some photos are hard for all.

Read before: maps.py.  Read next: make/loop.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from minigrad.checked import nearest, number, whole
from minigrad.techniques.look.curves import deletion, insertion
from minigrad.techniques.look.maps import MAPS, USUAL, Effort, Way
from minigrad.techniques.look.masks import always_the_same
from minigrad.techniques.look.randomise import forgetful, spearman, weighted_layers
from minigrad.techniques.look.scenes import Scene, pointing_game, relevance_mass
from minigrad.techniques.look.sensitivity import Worth, max_sensitivity, unexplained, worth
from minigrad.techniques.objectives import Objective, class_probability, class_score


@dataclass
class Asked:
    """Photos, what is asked for, and how much effort each number may cost.

    What is the same for several numbers is computed once: the maps of the scene, what squares of
    the photos are worth, and the network that forgot half.

    Attributes:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S.
        effort: of the maps.
        steps: of the curves of deletion and insertion.
        samples: δ of the sensitivity.
        seed: of everything that is drawn.
        scene: where the pointing game is played.
    """

    net: Any
    pixels: Any
    objective: Objective
    effort: Effort = USUAL
    steps: int = 8
    samples: int = 2
    seed: int = 0
    scene: Scene | None = None

    def __post_init__(self):
        self._of_scene = {}

    @cached_property
    def worth(self) -> Worth:
        """What squares of the photos are worth: the same for every map."""
        return worth(self.net, self.pixels, self.objective, rng=self.rng)

    @cached_property
    def half_random(self):
        """The network with random weights in the upper half of its layers."""
        layers = weighted_layers(self.net, self.objective)
        half = layers[len(layers) // 2]
        _, net = next(forgetful(self.net, self.objective, [half], self.rng))
        return net

    @property
    def rng(self) -> np.random.Generator:
        """A new generator, the same every time."""
        return np.random.default_rng(self.seed)

    def look(self, way: Way) -> Callable:
        """look(net, pixels, objective) of a way to a map, with this effort and seed."""
        return partial(way.map, effort=self.effort, seed=self.seed)

    def map(self, way: Way):
        """The map of the photos, (N, H, W)."""
        return self.look(way)(self.net, self.pixels, self.objective)

    def map_of_scene(self, way: Way):
        """The map of the scene, (1, H, 2 W)."""
        if way.name not in self._of_scene:
            wanted = class_score(self.scene.k)
            self._of_scene[way.name] = self.look(way)(self.net, self.scene.pixels, wanted)
        return self._of_scene[way.name]


# ── The measures: (asked, way, M) → (N,) ────────────────────────────────────────────────────────


def _area(curve: Callable, asked: Asked, way: Way, M):
    """The area below the curve, of the probability where a class is asked for."""
    k = asked.objective.k
    f = asked.objective if k is None else class_probability(k)
    settings = {"evidence": M, "steps": asked.steps, "rng": asked.rng}
    return curve(asked.net, asked.pixels, f, **settings).area


def _random_weights(asked: Asked, way: Way, M):
    """|ρ| with the map of a network whose upper half of layers is random."""
    return abs(spearman(M, asked.look(way)(asked.half_random, asked.pixels, asked.objective)))


def _sensitivity(asked: Asked, way: Way, M):
    settings = {"look": asked.look(way), "samples": asked.samples, "rng": asked.rng}
    return max_sensitivity(asked.net, asked.pixels, asked.objective, **settings)


def _in_scene(found: Callable, asked: Asked, way: Way, M):
    """How much of the map of the scene lies in the right half."""
    return found(asked.map_of_scene(way), asked.scene.mask)


class Measure(NamedTuple):
    """One number about a map.

    Attributes:
        of: how it is found.
        more_is_better: or less.
        to_beat: whether the controls' number is one to beat.  A map that ignores the network has
            |ρ| = 1 and no sensitivity, whatever it shows.
    """

    of: Callable
    more_is_better: bool
    to_beat: bool = True


MEASURES = {
    "deletion": Measure(partial(_area, deletion), False),
    "insertion": Measure(partial(_area, insertion), True),
    "random weights": Measure(_random_weights, False, to_beat=False),
    "unexplained": Measure(lambda asked, way, M: unexplained(M, asked.worth), False),
    "sensitivity": Measure(_sensitivity, False, to_beat=False),
    "pointing": Measure(partial(_in_scene, pointing_game), True),
    "mass": Measure(partial(_in_scene, relevance_mass), True),
}
OF_A_PHOTO = tuple(name for name in MEASURES if name not in ("pointing", "mass"))


def believe(
    net, pixels, objective: Objective, *, way: Way = MAPS[0],
    measures: Sequence[str] = OF_A_PHOTO, **settings,
) -> dict[str, Any]:  # fmt: skip
    """The numbers of one map.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S.
        way: one of `MAPS` or `CONTROLS`.
        measures: names of `MEASURES`; "pointing" and "mass" take a scene.
        settings: effort, steps, samples, seed and scene, as in `Asked`.

    Returns:
        {measure: (N,)}

    Raises:
        ValueError: there is no such measure, or no scene for one that takes it.
    """
    asked = Asked(net, pixels, objective, **settings)
    for name in measures:
        if name not in MEASURES:
            raise ValueError(f"there is no measure {name!r}; {nearest(name, MEASURES)}")
        if name not in OF_A_PHOTO and asked.scene is None:
            raise ValueError(f"{name} is played on a scene: compose one with scene_of")
    M = asked.map(way)
    return {name: MEASURES[name].of(asked, way, M) for name in measures}


def flat(evidence):
    """Which maps say nothing, being the same everywhere: (N, H, W) → (N,) of bools."""
    return evidence.max(axis=(1, 2)) == evidence.min(axis=(1, 2))


# ── Over many photos ────────────────────────────────────────────────────────────────────────────


class Interval(NamedTuple):
    """A mean, and between which means most draws of as many photos lie."""

    mean: float
    low: float
    high: float


def bootstrap(values, *, level: float = 0.95, draws: int = 2000, rng=None) -> Interval:
    """The mean of some numbers, one a photo, and its interval by the percentile bootstrap.

    Args:
        values: (n,), on the CPU.
        level: the share of the drawn means that lies in the interval.
        draws: how many means.
        rng: a numpy Generator; None draws the same every time.

    Raises:
        ValueError: there are fewer than two numbers, or one is infinite or NaN.
    """
    level = number("the level of an interval", level, above=0, at_most=1)
    values, n = np.asarray(values, float), len(values)
    if n < 2 or not np.isfinite(values).all():
        raise ValueError(f"an interval takes the numbers of two photos or more, all finite: these "
                         f"are {values}")
    drawn = always_the_same(rng).integers(n, size=(whole("draws", draws, at_least=1), n))
    means = values[drawn].mean(axis=1)                                      # (draws,)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values.mean()), float(low), float(high))


def wilson(right: int, of: int, *, level: float = 0.95) -> Interval:
    r"""A share and its interval by Wilson (1927), which stays within [0, 1] and has a width at 0.

        (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n),      p = right / n

    Args:
        right: of how many the answer was right.
        of: n.
        level: how often the interval is to hold the true share.

    Raises:
        TypeError, ValueError: there are none, or more right than there are.
    """
    n, right = whole("the number of answers", of, at_least=1), whole("the right answers", right)
    if right > n:
        raise ValueError(f"of {n} answers no more than {n} are right: these are {right}")
    level = number("the level of an interval", level, above=0, at_most=1 - 1e-9)
    p, z = right / n, NormalDist().inv_cdf((1 + level) / 2)
    half = z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    low, high = ((p + z * z / (2 * n) + side) / (1 + z * z / n) for side in (-half, half))
    return Interval(p, max(low, 0.0), min(high, 1.0))


def compared(name: str, values, others) -> int:
    """Say whether a map is better by a measure than another on the same photos, surely.

    Returns:
        1 better, −1 worse, 0 where the interval of the mean difference holds zero, and for a
        measure by which the controls are none to beat.
    """
    if not MEASURES[name].to_beat:
        return 0
    difference = np.asarray(values, float) - np.asarray(others, float)
    _, low, high = bootstrap(difference)
    better = 1 if MEASURES[name].more_is_better else -1
    return better * (int(low > 0) - int(high < 0))


class Row(NamedTuple):
    """One map over many photos."""

    name: str
    means: dict[str, Interval]  # by measure
    verdicts: dict[str, int]    # the same: 1 surely better than the centred Gaussian, −1 worse


def summary(values: Mapping[str, Mapping[str, Any]], against: str = "centred Gaussian"):
    """The mean of every measure for every map, with its interval, the best map first.

    Args:
        values: {map: {measure: (n,)}}; a measure has the same photos for every map, and photos for
            which there is none are NaN.
        against: the map that all are compared with.

    Returns:
        A list of Row, sorted by the first measure.

    Raises:
        ValueError: a measure has fewer than two photos.
    """
    def of(name, measure):
        found = np.asarray(values[name][measure], float)
        return found[np.isfinite(found)]

    measures = list(values[against])
    rows = [
        Row(name,
            {m: bootstrap(of(name, m)) for m in measures},
            {m: compared(m, of(name, m), of(against, m)) for m in measures})
        for name in values
    ]
    best = 1 if MEASURES[measures[0]].more_is_better else -1
    return sorted(rows, key=lambda row: -best * row.means[measures[0]].mean)
