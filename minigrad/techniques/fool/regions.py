r"""Why a network is sure of what it has never seen: its answers all over the plane.

    near = regions(net, 1.5)                    near.answers, near.confidences: (cells, cells)
    far  = regions(net, 50)

A classifier of relus is linear between the lines w_i · x = −b_i, and so it is along every ray
x → αx behind the last line that the ray crosses, at α₀:

    S(αx) = S(α₀x) + (α − α₀) s,          s = V max(0, W x)          for α ≥ α₀

So the differences of the scores grow for ever, and the probability of the class with the largest s
goes to 1, in (almost) every direction, wherever the points were that it learned from (Hein,
Andriushchenko and Bitterwolf 2019, "Why ReLU networks yield high-confidence predictions far away
from the training data and how to mitigate the problem", theorem 3.1).  With bumps h(αx) goes to 0
and the answer to softmax(c): it says that it knows nothing.  A class "nothing" (plane.py) is no
cure: relus are as sure of it, and that it is the one that wins far out is learned, not certain.

In the plane one can also try every direction and find how far it is to another answer
(`smallest_moves`).  A photo has too many for that, and an attack asks the gradient, which takes the
classifier for linear: the distance is then min_l (S_y − S_l) / ‖∇S_y − ∇S_l‖ (Moosavi-Dezfooli et
al. 2016, "DeepFool").  Here stand both, side by side.

Read before: plane.py.
"""

import math
from typing import Any, NamedTuple

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.tensor import Tensor, grad

BISECTIONS = 20  # halvings of the interval in which the answer changes
AT_ONCE = 50_000  # points of the plane that pass through the classifier together


class Regions(NamedTuple):
    """What is said of a square of the plane.

    Attributes:
        reach: half of its edge; its middle is 0.
        answers: the class of each cell's middle, (cells, cells), the top row first.
        confidences: its probability, the same shape.
    """

    reach: float
    answers: Any
    confidences: Any


def regions(classifier, reach: float = 1.5, *, cells: int = 240) -> Regions:
    """Ask a classifier of the plane at the middle of every cell of a square.

    Args:
        classifier: of points (N, 2), with `scores`.
        reach: half of the square's edge.
        cells: of an edge.

    Raises:
        ValueError: reach or cells are no such numbers.
    """
    reach, cells = number("reach", reach, above=0), whole("cells", cells, at_least=1)
    like = classifier.params["scores/bias"]
    xp = array_module(like)
    at = reach * ((2 * xp.arange(cells, dtype=like.dtype) + 1) / cells - 1)     # (cells,)
    x, y = xp.meshgrid(at, at[::-1])                                            # the top first
    p = probabilities(classifier, xp.stack([x, y], axis=-1).reshape(-1, 2))
    square = (cells, cells)
    return Regions(reach, p.argmax(axis=1).reshape(square), p.max(axis=1).reshape(square))


def probabilities(classifier, x):
    """softmax(S) of points (N, 2), some of them at a time: (N, K)."""
    parts = [ops.softmax(classifier.scores(x[i : i + AT_ONCE])) for i in range(0, len(x), AT_ONCE)]
    return array_module(x).concatenate(parts)


# ── Far away ────────────────────────────────────────────────────────────────────────────────────


def along(classifier, x, factors):
    """The probabilities on the way from 0 through x and on: x (N, 2), α (A,) → (N, A, K)."""
    xp = array_module(x)
    factors = xp.asarray(factors, x.dtype)
    points = factors[:, None] * x[:, None]                                  # (N, A, 2)
    p = probabilities(classifier, points.reshape(-1, 2))
    return p.reshape(len(x), len(factors), -1)


class Ray(NamedTuple):
    """How the scores grow behind the last line: α₀ (N,), and s by class, (N, K), per unit of α."""

    begin: Any
    slopes: Any


def towards_infinity(classifier, x) -> Ray:
    """Say how the scores of a classifier of relus go on along the rays αx.

    Args:
        classifier: of planes.
        x: (N, 2), none of them 0.

    Raises:
        ValueError: it has other units than relus.
    """
    if classifier.name != "planes":
        raise ValueError(f"the scores of {classifier.name} do not grow along a ray: take planes")
    w, b = (classifier.params[f"hidden/{name}"] for name in ("weight", "bias"))
    xp, slope = array_module(x), ops.matmul(x, w.T)                         # (N, H)
    # the line of unit i is crossed where w_i · αx = −b_i
    crossed = -b / xp.where(slope == 0, xp.inf, slope)                      # (N, H)
    # s = V max(0, W x)
    slopes = ops.matmul(xp.maximum(slope, 0), classifier.params["scores/weight"].T)
    return Ray(xp.maximum(crossed, 0).max(axis=1), slopes)


# ── The way to the nearest boundary ─────────────────────────────────────────────────────────────


class Moves(NamedTuple):
    """How far it is from points to another answer.

    Attributes:
        moves: from each point to the nearest place where the answer is another, (N, 2); NaN where
            there is none within reach.
        distances: their lengths, (N,); infinite where there is none.
        guesses: the distances, if the classifier were linear, (N,).
        margins: S_y − max of the other scores, (N,).
    """

    moves: Any
    distances: Any
    guesses: Any
    margins: Any


def smallest_moves(
    classifier, x, *, reach: float = 1.0, directions: int = 180, steps: int = 100
) -> Moves:
    """Go from each point in all directions at once until the answer changes.

    Args:
        classifier: of points of the plane.
        x: (N, 2).
        reach: how far to go.
        directions: how many, evenly about the circle.
        steps: circles between 0 and reach; a region that is thinner than their distance may be
            stepped over.

    Raises:
        ValueError: a setting is no such number.
    """
    reach = number("reach", reach, above=0)
    directions = whole("directions", directions, at_least=2)
    steps = whole("steps", steps, at_least=1)
    xp = array_module(x)
    answers = classifier.scores(x).argmax(axis=1)                           # (N,)
    turn = 2 * math.pi / directions * xp.arange(directions, dtype=x.dtype)
    ways = xp.stack([xp.cos(turn), xp.sin(turn)], axis=1)                   # (D, 2)

    def other(way, radius):
        """Is the answer at x + radius · way another one?  way (N, M, 2), radius (N, M) → (N, M)."""
        there = x[:, None] + radius[..., None] * way
        said = probabilities(classifier, there.reshape(-1, 2)).argmax(axis=1)
        return said.reshape(radius.shape) != answers[:, None]

    all_ways = xp.broadcast_to(ways, (len(x), directions, 2))
    first = xp.full((len(x), directions), xp.inf, x.dtype)                  # (N, D)
    for step in range(1, steps + 1):
        radius = xp.full_like(first, reach * step / steps)
        first = xp.where(other(all_ways, radius), xp.minimum(first, radius), first)
    high = xp.minimum(first, 2 * reach)
    low = xp.maximum(high - reach / steps, 0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        flipped = other(all_ways, middle)
        low, high = xp.where(flipped, low, middle), xp.where(flipped, middle, high)
    high = xp.where(xp.isfinite(first), high, xp.inf)
    best = high.argmin(axis=1)                                              # (N,)
    distances = high.min(axis=1)
    found = xp.where(xp.isfinite(distances), distances, xp.nan)
    return Moves(found[:, None] * ways[best], distances, *linear_guess(classifier, x))


def linear_guess(classifier, x):
    """min_l (S_y − S_l) / ‖∇S_y − ∇S_l‖ over all l ≠ y, and min_l S_y − S_l: (N,) each."""
    xp, X = array_module(x), Tensor(x)
    S = classifier.scores(X)                                                # (N, K)
    slopes = xp.stack([grad(S[:, k].sum(), [X])[0] for k in range(S.shape[1])], axis=1)
    rows, y = xp.arange(len(x)), S.data.argmax(axis=1)
    margin = S.data[rows, y][:, None] - S.data                              # (N, K), 0 for y
    slope = xp.sqrt(((slopes[rows, y][:, None] - slopes) ** 2).sum(axis=2))
    is_y = xp.arange(S.shape[1]) == y[:, None]
    distance = xp.where(is_y, xp.inf, margin / xp.where(slope > 0, slope, xp.nan))
    distance = xp.where(xp.isnan(distance), xp.inf, distance)
    return distance.min(axis=1), xp.where(is_y, xp.inf, margin).min(axis=1)
