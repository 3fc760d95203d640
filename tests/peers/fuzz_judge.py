"""Are two results the same?  The truth is PyTorch's in float64, the measure is PyTorch's own error.

A number is right if it is at most 20 times as far from the truth as what PyTorch computes in the
same dtype, or a few units in the last place.  "In the last place" of what: where each number of a
result depends on one number of each array (pointwise), of that number itself, so that a sigmoid
of 10⁻⁸ must be right in its leading digits; else of the largest number, as sums round.

A case beyond that is not wrong yet: a long computation may be so sensitive that the last bit of an
argument changes the first digits of the result, and a relu's gradient jumps at 0.  So the arrays
are moved by their own last bits, and what that changes is forgiven.  Equal numbers are moved
alike, and whole and half numbers not at all: who wins among equals is a question of convention, and
never forgiven.

Infinities and NaN must stand where PyTorch has them, and be the same.

Read before: fuzz_sides.py.  Read next: fuzz_ops.py.
"""

import warnings

import numpy as np
from fuzz_conventions import differs
from fuzz_draw import Case, Draw
from fuzz_sides import Mismatch, Ours, PyTorch, line

WORSE = 20  # times PyTorch's own error
ULPS, ULPS_OF_SUMS = 16, {np.dtype("float32"): 64, np.dtype("float64"): 4096}


def check(case: Case, draw: Draw) -> None:
    """Compare value and gradients of a case with PyTorch's.

    Raises:
        Mismatch: says what differs, where and by how much.
    """
    wanted = _differentiated(case, draw)
    before = [np.array(a, copy=True) for a in case.arrays]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        theirs = _refusal(lambda: PyTorch(case, case.arrays, wanted, draw.dtype))
        ours = _refusal(lambda: Ours(case, wanted, draw))
        if isinstance(theirs, Exception):
            if not isinstance(ours, Exception):
                raise Mismatch(f"answers {_shape(ours.y)} where PyTorch says: {line(theirs)}")
        elif isinstance(ours, Exception):
            raise Mismatch(f"refuses what PyTorch answers: {line(ours)}")
        else:
            _compare(case, draw, ours, theirs, wanted)
    for i, (a, b) in enumerate(zip(case.arrays, before, strict=True)):
        if not np.array_equal(a, b, equal_nan=b.dtype.kind == "f"):
            raise Mismatch(f"array {i} was written")


def _differentiated(case, draw):
    """The places of the arrays that are wrapped: mostly all that can be, sometimes only some."""
    possible = case.gradients
    if possible is None:
        possible = [i for i, a in enumerate(case.arrays) if a.dtype.kind == "f"]
    some = [i for i in possible if draw.chance(0.5)]
    return some if some and draw.chance(0.3) else list(possible)


def _refusal(run):
    """What run gives, or the exception that it raises."""
    try:
        return run()
    except Mismatch:
        raise
    except Exception as error:
        return error


def _compare(case, draw, ours, theirs, wanted):
    if ours.y.shape != theirs.y.shape:
        raise Mismatch(f"has the shape {ours.y.shape}, PyTorch's has {theirs.y.shape}")
    if ours.y.dtype != theirs.y.dtype and theirs.y.dtype.kind == "f":
        raise Mismatch(f"is {ours.y.dtype}, PyTorch's is {theirs.y.dtype}")
    if ours.y.dtype.kind != "f":
        if not np.array_equal(ours.y, theirs.y):
            raise Mismatch("other whole numbers than PyTorch's")
        return
    g = draw.array(ours.y.shape, "endless" if case.pointwise else "unit")
    truth = theirs if draw.dtype is np.float64 else PyTorch(case, case.arrays, wanted, np.float64)
    found = [ours.y, *ours.gradients(g)] if wanted else [ours.y]
    near = [theirs.y, *theirs.gradients(g)]
    true = near if truth is theirs else [truth.y, *truth.gradients(g)]
    scale = max((_largest(a) for a in case.arrays if a.dtype.kind == "f"), default=0.0)
    if case.chooses and np.isnan(theirs.y).any():
        found, near, true = _without_nan(found, near, true)
    for k, (f, n, t) in enumerate(zip(found, near, true, strict=True)):
        pointwise = case.pointwise and f.shape == ours.y.shape
        added = _size(g) if pointwise else _largest(g)
        floor = case.depth * (added if k else 0 if pointwise else scale)
        wrong = apart(f, n, t, pointwise, floor)
        if wrong is None:
            continue
        e, limit, sentence = wrong
        if e is None or not _forgiven(case, draw, wanted, g, k, e, limit, pointwise):
            what = "the value" if k == 0 else f"the gradient of array {wanted[k - 1]}"
            raise Mismatch(f"{what} {sentence}")


def _without_nan(found, near, true):
    """Leave out gradients where the value is NaN, and those that were summed over such places."""
    differs("a choice at NaN")
    nan = np.isnan(true[0])
    return (
        [y, *(np.where(nan, 0, d) if d.shape == nan.shape else np.zeros_like(d) for d in gradients)]
        for y, *gradients in (found, near, true)
    )


def apart(found, near, truth, pointwise, floor):
    """Say where a result is wrong: None, or (errors, their limits, a sentence).

    Args:
        found: ours.
        near: PyTorch's in the same dtype.
        truth: PyTorch's in float64.
        pointwise: each number must be right by itself.
        floor: how large the numbers were that were added up; the error of that is forgiven.
    """
    if found.shape != truth.shape or found.dtype != near.dtype:
        return None, None, f"is {found.dtype} {found.shape}, PyTorch's {near.dtype} {near.shape}"
    number = np.finfo(found.dtype)
    clear = np.isfinite(truth) & (abs(truth) < number.max / 8)  # else overflow is a matter of luck
    missed = clear & np.isfinite(near) & ~np.isfinite(found)
    same = _equal(found, near) | _equal(found, truth)
    invented = ~np.isfinite(near) & ~np.isfinite(truth) & ~same
    if (missed | invented).any():
        return None, None, _where(missed | invented, found, near)

    e = np.where(clear & np.isfinite(found), abs(found - truth), 0)
    own = np.where(clear & np.isfinite(near), abs(near - truth), 0)
    size = np.where(clear, abs(truth), 0)
    tiny = number.tiny / 1000  # below it digits are lost on the way
    if pointwise:
        limit = WORSE * own + number.eps * (ULPS * size + 4 * floor) + tiny * (1 + floor)
    else:
        added = 1e-12 if found.dtype == np.float64 else 4 * number.eps
        ulps = ULPS_OF_SUMS[found.dtype] * number.eps * _largest(size)
        limit = np.full(e.shape, WORSE * _largest(own) + ulps + added * floor + tiny)
    if (e <= limit).all():
        return None
    return e, limit, _where(e > limit, found, truth)


def _forgiven(case, draw, wanted, g, k, e, limit, pointwise):
    """Whether the last bits of the arguments change the result, or PyTorch's error, by as much."""

    def theirs(arrays, dtype):
        side = PyTorch(case, arrays, wanted, dtype)
        return [side.y, *side.gradients(g)][k]

    spread, still = np.zeros(e.shape), theirs(case.arrays, np.float64)
    for _ in range(8):
        arrays = _moved(case, draw)
        moved = theirs(arrays, np.float64)
        arrays = [a.astype(draw.dtype) if a.dtype.kind == "f" else a for a in arrays]
        own = theirs(arrays, draw.dtype) - theirs(arrays, np.float64)
        spread = np.maximum.reduce([spread, _size(moved - still), _size(own)])
    if case.pointwise and k and not pointwise:
        spread = spread + 4 * np.finfo(draw.dtype).eps * _added_up(case, wanted, g, k)
    return bool((e <= limit + 8 * (spread if pointwise else _largest(spread))).all())


def _added_up(case, wanted, g, k):
    """Σ |what was summed|, for the gradient of an array that was repeated."""
    try:
        repeated = [np.broadcast_to(a, g.shape) for a in case.arrays]
    except ValueError:  # it was not repeated
        return 0.0
    terms = PyTorch(case, repeated, wanted, np.float64).gradients(g)[k - 1]
    return float(_size(terms).sum())


def _moved(case, draw):
    """The arrays moved by their last bits, equal numbers alike, whole and half ones not at all."""
    floats = [a for a in case.arrays if a.dtype.kind == "f"]
    every = np.unique(np.concatenate([[0.0], *(np.ravel(a) for a in floats)]))
    with np.errstate(all="ignore"):
        bits = 2 * case.depth * np.finfo(draw.dtype).eps * draw.rng.uniform(-1, 1, every.shape)
        new = np.where(2 * every == np.round(2 * every), every, every * (1 + bits))

    def move(a):
        return new[np.searchsorted(every, a)].reshape(a.shape) if a.dtype.kind == "f" else a

    return [move(a) for a in case.arrays]


# ── Words ───────────────────────────────────────────────────────────────────────────────────────


def _equal(a, b):
    return (a == b) | (np.isnan(a) & np.isnan(b))


def _size(a):
    return np.abs(np.where(np.isfinite(a), a, 0))


def _largest(a) -> float:
    return float(_size(a).max(initial=0))


def _where(wrong, found, expected):
    place = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(wrong)))
    here = place if found.ndim else ()
    return (
        f"is {found[here]:.9g} in place of {expected[here]:.9g} at {list(place)}"
        f" ({int(wrong.sum())} of {wrong.size} numbers are wrong)"
    )


def _shape(y):
    return f"{y.dtype} {y.shape}" if isinstance(y, np.ndarray) else repr(y)[:60]
