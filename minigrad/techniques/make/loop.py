r"""The one image loop: change the pixels until the network says what you asked for.

    x* = argmax_x  E(x),      E(x) = objective(net(T(x))) − Σ R(x − mean colour),      x in a box

Exciting a class is class_score(k) from a blank image (Simonyan et al. 2014, section 2; Yosinski et
al. 2015); inverting a code is −code(layer, target) (Mahendran and Vedaldi 2015), a dream is
energy(layer) from a photo (Mordvintsev et al. 2015), an attack cross_entropy(label) in a box of a
few grey levels (Szegedy et al. 2014).  Training does the same to the weights; here they stay, and
the gradient goes on to the image.

    pixels          where it begins: the mean colour, noise around it, a photo  (starts.py)
    objective       what one wants more of; less of it is −objective            (objectives.py)
    step            how a gradient becomes a step                               (steps.py)
    penalties       R, numbers that E is lowered by                             (regularizers.py)
    corrections     what is done to the image after each step                   (regularizers.py)
    transforms      T, another one at every step                                (transforms.py)
    box             the grey levels that a pixel may have, [0, 255]

Nothing is carried from one run to the next: a run has its own copy of the optimiser, counts its own
steps, and every image draws from a random generator of its own.

Read before: transforms.py, regularizers.py.  Read next: steps.py.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, is_array, to_numpy
from minigrad.checked import whole
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.make.tiles import by_tiles
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, grad


class Memory(NamedTuple):
    """What a run needs, beside the pixels, to go on as if nothing had happened.

    Attributes:
        arrays: the step's own, arrays and numbers by name (steps.py).
        rngs: where each image's random generator stood before it was looked at.
    """

    arrays: dict[str, Any]
    rngs: list[dict]


class Progress(NamedTuple):
    """Where the loop is: steps done, pixels (N, 3, H, W), the objective there, summed over N.

    With transforms the value is that of the pixels as the network was shown them.
    """

    step: int
    pixels: Any
    value: float
    memory: Memory | None = None


class Diverged(ValueError):
    """E, its gradient or the image is NaN or infinite; `last` is the Progress before, or None."""

    def __init__(self, step: int, last: Progress | None):
        what = f"after step {step} the image" if step else "the image to start from"
        super().__init__(
            f"{what} or what the network says of it is NaN or infinite: "
            "take a smaller rate or weaker penalties" + " from here on" * (last is not None)
        )
        self.step, self.last = step, last


def optimize(
    net,
    pixels,
    objective: Objective,
    *,
    step: Callable,
    steps: int,
    penalties: Sequence[Callable] = (),
    corrections: Sequence[Callable] = (),
    transforms: Sequence[Callable] = (),
    box=(0.0, 255.0),
    rules: Mapping | None = None,
    rng: np.random.Generator | Sequence[np.random.Generator] | None = None,
    resume: Progress | None = None,
    tile: int | None = None,
) -> Iterator[Progress]:
    r"""Make E(x) large, and yield every step of the way; N images at once, each its own.

    Args:
        net: a network.
        pixels: x₀, (N, 3, H, W), RGB, 0–255.
        objective: what one wants more of.
        step: `ascend(Adam(), rate)` or `quasi_newton()`.
        steps: at most so many.
        penalties: functions of u = x − mean colour, a Tensor, to one number; they carry their λ.
        corrections: functions (u, ∂objective/∂x, number of the step) → u, after each step, in
            order.
        transforms: functions (x, rngs) → x, of Tensors, before the network sees the image.
        box: lowest and highest value, numbers or arrays that broadcast with x.
        rules: {op or Tensor: rule}, in place of some ops' gradients of the objective.
        rng: what the transforms draw from: a generator for each image, or one that has such
            children.
        resume: a Progress of an earlier run of the same settings, to go on behind it, bit for bit;
            its pixels take the place of x₀.
        tile: the network is shown tiles of so many pixels, one after another (tiles.py), by default
            the whole image at once.

    Raises:
        ValueError: the pixels are no batch of images, steps is below 1, the box holds nothing,
            the generators are not as many as the images, or E does not depend on x.
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    pixels = resume.pixels if resume else pixels
    if getattr(pixels, "ndim", 0) != 4 or pixels.shape[1] != 3 or pixels.size == 0:
        raise ValueError("an image to start from has the shape (N, 3, H, W), none of them 0")
    steps, box = whole("steps", steps, at_least=1), _checked_box(box, pixels)
    task = Task(
        net, objective, tuple(penalties), tuple(corrections), tuple(transforms), box, rules,
        generators(rng, pixels.shape[0]), mean_colour(net, pixels), tile,
    )
    for rng, state in zip(task.rngs, resume.memory.rngs if resume else [], strict=False):
        rng.bit_generator.state = state
    walk = step(task, pixels.clip(*box), resume.memory.arrays if resume else {})
    return _run(walk, steps, resume)


def _run(walk, steps: int, last: Progress | None) -> Iterator[Progress]:
    begin = last.step if last else 0
    for done, (x, here, arrays) in zip(range(begin, steps + 1), walk, strict=False):
        if not here.finite:
            raise Diverged(done, last)
        if done > begin:  # where it begins is known
            last = Progress(done, x, here.value, Memory(arrays, here.rngs))
            yield last


class Here(NamedTuple):
    """What is found at an image: E and ∂E/∂x, and the objective's share of both.

    `rngs` says where the random generators stood before.
    """

    total: float
    gradient: Any
    value: float
    of_objective: Any
    finite: bool
    rngs: list[dict]


@dataclass(frozen=True)
class Task:
    """What a step may ask: E at an image, and where the image that it proposes comes to rest."""

    net: Any
    objective: Objective
    penalties: tuple[Callable, ...]
    corrections: tuple[Callable, ...]
    transforms: tuple[Callable, ...]
    box: tuple[Any, Any]
    rules: Mapping | None
    rngs: list[np.random.Generator]
    mean: Any
    tile: int | None = None

    def E(self, x) -> Here:
        """E(x) = objective(net(T(x))) − Σ R(x − mean colour), and its gradient."""
        X, rngs = Tensor(x), [rng.bit_generator.state for rng in self.rngs]
        inside = ops.clip(X, *self.box)
        shown = functools.reduce(lambda x, T: T(x, self.rngs), self.transforms, inside)
        value, of_objective = self.asked(X, shown)
        total, gradient = value, of_objective
        if self.penalties:  # apart, for a correction asks for the objective's gradient alone
            u = inside - self.mean
            penalty = sum((R(u) for R in self.penalties), u[:0].sum())  # 0, and made of u
            total, gradient = value - penalty.data, of_objective - grad(penalty, [X])[0]
        found = [value, total, abs(gradient).max(), x.max()]
        numbers = to_numpy(array_module(x).stack(found))  # once, as we wait for the GPU here
        finite = bool(np.isfinite(numbers).all())
        return Here(
            float(numbers[1]), gradient, float(numbers[0]), of_objective, finite, rngs
        )

    def asked(self, X, shown):
        """The objective of the image as it is shown, made of X, and its gradient at X."""
        if self.tile is None:
            value = self.objective(activations(self.net, shown, self.objective))
            return value.data, grad(value, [X], rules=self.rules)[0]
        value, at_shown = by_tiles(self.net, shown.data, self.objective, self.tile, self.rules)
        return value, grad(shown, [X], seed=at_shown)[0]

    def settle(self, x, of_objective, step: int):
        """Correct a stepped image, and bring it back into the box."""
        u = x - self.mean
        for correct in self.corrections:
            u = correct(u, of_objective, step)
        return (self.mean + u).clip(*self.box)


def generators(rng, images: int) -> list[np.random.Generator]:
    """Return a random generator for each image: those given, or the children of the one given."""
    rng = np.random.default_rng(0) if rng is None else rng
    rngs = rng.spawn(images) if isinstance(rng, np.random.Generator) else list(rng)
    if len(rngs) != images:
        raise ValueError(f"{len(rngs)} random generators do not fit {images} images: one for each")
    return rngs


def _checked_box(box, pixels):
    """Bring the box to the image's dtype; low above high, or a NaN, is no box."""
    xp = array_module(pixels)
    low, high = (float(b) if np.ndim(b) == 0 else xp.asarray(b, pixels.dtype) for b in box)
    fits = low <= high
    if not (fits.all() if is_array(fits) else fits):
        raise ValueError("no pixel fits into the box: its lowest value is above its highest")
    return low, high
