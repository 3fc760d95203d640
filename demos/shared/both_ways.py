"""A photo's windows one by one and at once: the same questions, timed, and how far answers differ.

Read next: minigrad/techniques/look/dense.py, which slides.  Used by: demos/heat.py.
"""

import time
from typing import Any, NamedTuple

from demos.shared.patience import batches
from minigrad.backend import to_numpy
from minigrad.techniques import sliding
from models import description

MOST = 300  # windows that are cut out one by one


class Ways(NamedTuple):
    """One photo by both ways.

    Attributes:
        one_by_one: scores of windows that were cut out, (1, K, rows, columns).
        at_once: scores of all places, (1, K, rows, columns).
        faster: so many times, window for window.
        note: seconds, windows, and how far both are apart.
    """

    one_by_one: Any
    at_once: Any
    faster: float
    note: dict[str, Any]


def both_ways(net, dense, x) -> Ways:
    """Slide the classifier, pass the photo at once, and compare them, also with surroundings."""
    field = dense.receptive_field(dense.score_layer)
    at_once, soon = timed(lambda: to_numpy(dense.scores(x)))
    rows = max(1, MOST // at_once.shape[3])         # of windows; enough to time and to compare
    part = x[:, :, : (rows - 1) * field.stride + net.input_size]
    cut, late = timed(lambda: to_numpy(sliding(net, part, progress=batches("windows"))))
    first = -(field.start // field.stride)          # of the places, the first that sees no border
    margin, note = first * field.stride, {}
    edge = net.input_size + 2 * margin
    if min(x.shape[2:]) >= edge:               # a row of windows is proof enough
        row = sliding(dense, x[:, :, :edge], margin=margin, progress=batches("windows"))
        note[f"scores differ with {margin} pixels around a window"] = apart(
            to_numpy(row), at_once[:, :, first : first + 1, first:])
    done, places = cut[0, 0].size, at_once[0, 0].size
    h, w = (min(a, b) for a, b in zip(cut.shape[2:], at_once.shape[2:], strict=True))
    same = cut[..., :h, :w].argmax(axis=1) == at_once[..., :h, :w].argmax(axis=1)
    return Ways(cut, at_once, late / done / (soon / places), {
        "seconds": {"one by one": late, "at once": soon},
        "windows one by one": done,
        "places at once": places,
        "multiplications for each window": products(net),
        "multiplications for each place": products(dense, tuple(x.shape[2:])) / places,
        "same likeliest class": float(same.mean()),
        "scores differ": apart(cut, at_once),
        **note,
    })


def apart(one, other) -> float:
    """The largest difference of two maps, as far as both reach."""
    h, w = (min(a, b) for a, b in zip(one.shape[2:], other.shape[2:], strict=True))
    return float(abs(one[..., :h, :w] - other[..., :h, :w]).max())


def products(net, size: tuple[int, int] | None = None) -> int:
    """How many multiplications a photo of this size takes."""
    return sum(row.multiplications for row in description.rows(net, size))


def timed(work):
    """What comes of some work, and how many seconds it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start
