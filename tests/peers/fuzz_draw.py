"""What a case of the fuzz is made of: shapes, numbers, their order in memory, blocks and threads.

Everything is drawn from one generator that the case's name seeds, so a name is enough to make the
same case again.

Read next: fuzz_sides.py.
"""

import contextlib
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.ops.fast import blocks, threads, winograd


class Case(NamedTuple):
    """An op called with arrays, by us and by PyTorch.

    ours and theirs take the arrays in the same order, Tensors or plain; `pointwise` says that each
    number of the result depends on one number of each array, so that each must be right by itself.
    `gradients` are the places of the arrays that have one; by default all that hold floats.
    `chooses` says that the gradient is not compared where the result is NaN: the op chooses among
    numbers, and how is a convention.  `depth` is how many ops round one after the other.
    """

    ours: Callable
    theirs: Callable
    arrays: Sequence[Any]
    settings: str = ""
    pointwise: bool = False
    gradients: Sequence[int] | None = None
    chooses: bool = False
    depth: int = 1


class Draw:
    """Random choices for one case."""

    def __init__(self, name: str, seed: int, number: int):
        self.rng = np.random.default_rng([zlib.crc32(name.encode()), seed, number])
        self.dtype = self.one_of(np.float32, np.float64)
        self.hard = self.chance(0.25)  # infinities, NaN, subnormal and huge numbers among the usual

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def int(self, low: int, high: int) -> int:
        """A whole number of low … high."""
        return int(self.rng.integers(low, high + 1))

    def one_of(self, *things):
        return things[self.int(0, len(things) - 1)]

    def either(self, low: int, high: int):
        """One number for rows and columns, or one of each."""
        a, b = self.int(low, high), self.int(low, high)
        return self.one_of(a, (a, b))

    def shape(self, low: int = 0, high: int = 4, longest: int = 6) -> tuple[int, ...]:
        """A shape of low … high axes, sometimes with an axis of 1 or without any number."""
        sizes = [self.int(1, longest) for _ in range(self.int(low, high))]
        if sizes and self.chance(0.05):
            sizes[self.int(0, len(sizes) - 1)] = 0
        return tuple(sizes)

    def images(self, channels: int, smallest: int = 1, largest: int = 14) -> tuple[int, ...]:
        """(N, C, H, W), with a batch of none to five."""
        batch = self.one_of(0, 1, 1, 2, 3, 5)
        return (batch, channels, self.int(smallest, largest), self.int(smallest, largest))

    def broadcastable(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that can be repeated to `shape`."""
        some = tuple(1 if self.chance(0.3) else n for n in shape)
        return some[self.int(0, len(some)) if self.chance(0.4) else 0 :]

    def axis(self, ndim: int) -> int:
        return self.int(-ndim, ndim - 1)

    def axes(self, ndim: int):
        """None, one axis, or several, counted from the front or the back."""
        if ndim == 0 or self.chance(0.3):
            return None
        if self.chance(0.6):
            return self.axis(ndim)
        chosen = self.rng.permutation(ndim)[: self.int(1, ndim)]
        return tuple(int(a) - ndim * self.chance(0.3) for a in chosen)

    # ── Numbers ─────────────────────────────────────────────────────────────────────────────────

    def array(self, shape: Sequence[int], kind: str = "any") -> np.ndarray:
        """Numbers of a kind: "any" may hold ties, zeros and, in a hard case, anything."""
        x = np.asarray(getattr(self, f"_{kind}")(tuple(shape)))
        with np.errstate(all="ignore"):  # 1e-40 and 700 are no number of each dtype's
            return self.laid_out(np.asarray(x.astype(self.dtype)))

    def _any(self, shape):
        x = self._ties(shape) if self.chance(0.3) else self._usual(shape)
        return self._spoiled(x) if self.hard else x

    def _usual(self, shape):
        return self.rng.normal(size=shape) * self.one_of(1, 1, 1, 1e-3, 100, 1e-22)

    def _ties(self, shape):
        return self.rng.integers(-2, 3, shape).astype(float)

    def _positive(self, shape):
        x = np.exp(self.rng.normal(size=shape))
        return self._spoiled(x, [0.0, np.inf, 1e-40, 1e-30, 1e30]) if self.hard else x

    def _endless(self, shape):  # where 1e±30 would not survive the way, by luck
        x = self.rng.normal(size=shape) * self.one_of(1, 1, 100)
        return self._spoiled(x, [0.0, np.inf, -np.inf, np.nan]) if self.hard else x

    def _unit(self, shape):  # of size one, for long computations
        return self.rng.normal(size=shape)

    def _weight(self, shape):  # filters that keep the size of what they see
        return self.rng.normal(size=shape) / np.sqrt(max(1, np.prod(shape[1:])))

    HARD = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 1e-25, -1e-25, 1e30, -1e30,
            -17.0, 15.0, -40.0, 89.0, -104.0, 700.0, -750.0]

    def _spoiled(self, x, with_what=HARD):
        x = np.array(x)
        chosen = self.rng.random(x.shape) < self.one_of(0.1, 0.5)
        some = self.rng.permutation(with_what)[: self.int(1, 8)]
        x[chosen] = self.rng.choice(some, size=int(chosen.sum()))
        return x

    # ── The order of the numbers in memory ──────────────────────────────────────────────────────

    def laid_out(self, x: np.ndarray) -> np.ndarray:
        """The same numbers as a view of memory in another order, or read-only."""
        if x.ndim:
            x = self.one_of(_as_it_is, _as_it_is, _turned, _reversed, _strided, _channels_last)(x)
        if self.chance(0.2):
            x.setflags(write=False)
        return x

    # ── Blocks and threads ──────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def seams(self):
        """Blocks of any size and one to eight threads: work is cut in pieces, whatever its size."""
        sizes = [  # (where, its name, the values it may take)
            (blocks, "CACHE", (2**21, 2**14, 2**10, 2**6)),
            (threads, "PART", (2**18, 8)),
            (threads, "PRODUCT", (2**23, 50)),
            (winograd, "TILES", (96, 2)),
        ]
        before = [getattr(module, name) for module, name, _ in sizes]
        for module, name, values in sizes:
            setattr(module, name, self.one_of(*values))
        threads.use(self.one_of(1, 2, 3, 8))
        try:
            yield
        finally:
            for (module, name, _), value in zip(sizes, before, strict=True):
                setattr(module, name, value)
            threads.use(None)


def _as_it_is(x):
    return x


def _turned(x):
    return x.T.copy().T


def _reversed(x):
    every = (slice(None, None, -1),) * x.ndim
    return x[every].copy()[every]


def _strided(x):
    wide = np.repeat(x, 2, axis=-1)
    return wide[..., ::2]


def _channels_last(x):
    return np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1) if x.ndim > 1 else x
