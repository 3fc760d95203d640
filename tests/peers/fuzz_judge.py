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

Read before: fuzz_draw.py.  Read next: fuzz_ops.py.
"""

import itertools
import warnings

import numpy as np
import pytest
from fuzz_conventions import differs
from fuzz_draw import Case, Draw

from minigrad import Tensor, grad

torch = pytest.importorskip("torch")

WORSE = 20  # times PyTorch's own error
ULPS, ULPS_OF_SUMS = 16, {np.dtype("float32"): 64, np.dtype("float64"): 4096}
REFUSALS = ValueError, TypeError


class Mismatch(AssertionError):
    """What is wrong with a case, in one sentence."""


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
                raise Mismatch(f"answers {_shape(ours.y)} where PyTorch says: {_line(theirs)}")
        elif isinstance(ours, Exception):
            raise Mismatch(f"refuses what PyTorch answers: {_line(ours)}")
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


class Ours:
    """Our value, and our gradients once there is a g."""

    def __init__(self, case, wanted, draw):
        self.draw = draw
        arrays = [Tensor(a) if i in wanted else a for i, a in enumerate(case.arrays)]
        self.wrapped = [arrays[i] for i in wanted]
        try:
            with draw.seams():
                self.tensor = case.ours(*arrays)
                plain = case.ours(*case.arrays) if draw.chance(0.2) else None
        except REFUSALS:
            raise
        except Exception as error:
            raise Mismatch(f"ends in {type(error).__name__}: {_line(error)}") from error
        self.y = self.tensor.data if isinstance(self.tensor, Tensor) else self.tensor
        if wanted and not isinstance(self.tensor, Tensor):
            raise Mismatch(f"gives a {type(self.tensor).__name__} for Tensors")
        if plain is not None:
            self._check_plain(plain)

    def _check_plain(self, plain):
        """Plain arrays must give the same, plain."""
        if isinstance(plain, Tensor):
            raise Mismatch("gives a Tensor for plain arrays")
        if getattr(plain, "dtype", type(plain)) != self.y.dtype:
            kind = getattr(plain, "dtype", type(plain).__name__)
            raise Mismatch(f"gives {kind} for plain arrays, {self.y.dtype} for Tensors")
        if not np.allclose(plain, self.y, 1e-5, 1e-5 * _largest(self.y), equal_nan=True):
            raise Mismatch("gives other numbers for plain arrays than for Tensors")

    def gradients(self, g):
        """∂(Σ g · y), for the arrays that were wrapped."""
        before = g.copy()
        try:
            with self.draw.seams():
                found = grad(self.tensor, self.wrapped, seed=g)
        except Exception as error:
            message = f"its gradient ends in {type(error).__name__}: {_line(error)}"
            raise Mismatch(message) from error
        if not np.array_equal(g, before, equal_nan=True):
            raise Mismatch("its gradient writes g")
        if any(_one_memory(a, b) for a, b in itertools.combinations([g, *found], 2)):
            raise Mismatch("two gradients, or one and g, are one array: to write one changes both")
        return found


class PyTorch:
    """PyTorch's value, and its gradients once there is a g."""

    def __init__(self, case, arrays, wanted, dtype):
        self.tensors = [_tensor(a, dtype) for a in arrays]
        self.wrapped = [self.tensors[i].requires_grad_() for i in wanted]
        self.tensor = case.theirs(*self.tensors)
        self.y = self.tensor.detach().numpy()

    def gradients(self, g):
        """∂(Σ g · y), for the arrays that were wrapped; zeros where they have no part in y."""
        if not self.wrapped:
            return []
        if not self.tensor.requires_grad:
            return [np.zeros(x.shape, self.y.dtype) for x in self.wrapped]
        found = torch.autograd.grad(
            self.tensor, self.wrapped, _tensor(g, self.y.dtype), allow_unused=True
        )
        return [
            (torch.zeros_like(x) if d is None else d).numpy()
            for d, x in zip(found, self.wrapped, strict=True)
        ]


def _tensor(a, dtype):
    a = np.array(a, copy=True, order="C")  # PyTorch knows neither negative strides nor read-only
    return torch.from_numpy(a.astype(dtype) if a.dtype.kind == "f" else a)


def _compare(case, draw, ours, theirs, wanted):
    if ours.y.shape != theirs.y.shape:
        raise Mismatch(f"has the shape {ours.y.shape}, PyTorch's has {theirs.y.shape}")
    if ours.y.dtype != theirs.y.dtype and theirs.y.dtype.kind == "f":
        raise Mismatch(f"is {ours.y.dtype}, PyTorch's is {theirs.y.dtype}")
    if ours.y.dtype.kind != "f":
        if not np.array_equal(ours.y, theirs.y):
            raise Mismatch("other whole numbers than PyTorch's")
        return
    g = draw.array(ours.y.shape, "any" if case.pointwise else "unit")
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
        limit = WORSE * own + number.eps * (ULPS * size + 4 * floor) + tiny
    else:
        added = 1e-12 if found.dtype == np.float64 else 4 * number.eps
        ulps = ULPS_OF_SUMS[found.dtype] * number.eps * _largest(size)
        limit = np.full(e.shape, WORSE * _largest(own) + ulps + added * floor + tiny)
    if (e <= limit).all():
        return None
    return e, limit, _where(e > limit, found, truth)


def _forgiven(case, draw, wanted, g, k, e, limit, pointwise):
    """Whether the last bits of the arguments change the result by as much."""
    spread = np.zeros(e.shape)
    still = PyTorch(case, case.arrays, wanted, np.float64)
    still = [still.y, *still.gradients(g)][k]
    for _ in range(8):
        moved = PyTorch(case, _moved(case, draw), wanted, np.float64)
        moved = [moved.y, *moved.gradients(g)][k]
        difference = abs(moved - still)
        spread = np.maximum(spread, np.where(np.isfinite(difference), difference, 0))
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


def _one_memory(a, b):
    try:
        return np.shares_memory(a, b, max_work=10_000)
    except np.exceptions.TooHardError:
        return False


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


def _line(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
