"""A case computed by us and by PyTorch, and what is wrong with ours whatever PyTorch says.

Ours may refuse with a ValueError or a TypeError and end in no other error; plain arrays give what
Tensors give, plain; nothing that was handed in is written; gradients are arrays of their own.

Read before: fuzz_draw.py.  Read next: fuzz_judge.py.
"""

import itertools

import numpy as np
import pytest

from minigrad import Tensor, grad

torch = pytest.importorskip("torch")

REFUSALS = ValueError, TypeError


class Mismatch(AssertionError):
    """What is wrong with a case, in one sentence."""


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
            raise Mismatch(f"ends in {type(error).__name__}: {line(error)}") from error
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
        if not np.allclose(plain, self.y, 1e-5, 1e-5 * _size(self.y), equal_nan=True):
            raise Mismatch("gives other numbers for plain arrays than for Tensors")

    def gradients(self, g):
        """∂(Σ g · y), for the arrays that were wrapped."""
        before = g.copy()
        try:
            with self.draw.seams():
                found = grad(self.tensor, self.wrapped, seed=g)
        except Exception as error:
            message = f"its gradient ends in {type(error).__name__}: {line(error)}"
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


def _one_memory(a, b):
    try:
        return np.shares_memory(a, b, max_work=10_000)
    except np.exceptions.TooHardError:
        return False


def _size(a):
    return np.abs(a[np.isfinite(a)]).max(initial=0)


def line(error) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
