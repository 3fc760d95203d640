r"""The one image loop: change the pixels until the network says what you asked for.

    x* = argmin_x  E(x),      E(x) = objective(net(T(x))) + Σ R(x − mean colour),      x in a box

Exciting a class is −class_score(k) from a blank image (Simonyan et al. 2014, section 2; Yosinski et
al. 2015); inverting a code is code(layer, target) (Mahendran and Vedaldi 2014), a dream
−energy(layer) from a photo, an attack −cross_entropy(label) in a box of a few grey levels.
Training does the same to the weights; here they stay, and the gradient goes on to the image.

    start           zero (the mean colour), noise around it, a photo
    objective       to be made small: `-objective` asks for more of it   (objectives.py)
    penalties       R, numbers added to E                                (regularizers.py)
    corrections     what is done to the image after each step            (regularizers.py)
    transforms      T, another one at every step                         (transforms.py)
    rule            how a gradient becomes a step                        (minigrad/optim.py)
    box             the grey levels that a pixel may have, [0, 255]

Nothing is carried from one run to the next: a run has its own copy of the optimiser, counts its own
steps, and every image draws from a random generator of its own.

Read before: objectives.py, regularizers.py, transforms.py, minigrad/optim.py.
"""

import copy
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, is_array, to_device, to_numpy
from minigrad.checked import number, whole
from minigrad.optim import LBFGS
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, grad


class Progress(NamedTuple):
    """Where the loop is: steps done, pixels (N, 3, H, W), the objective there, summed over N.

    With transforms the value is that of the pixels as the network was shown them.
    """

    step: int
    pixels: Any
    value: float


class Diverged(ValueError):
    """E, its gradient or the image is NaN or infinite; `last` is the Progress before, or None."""

    def __init__(self, step: int, last: Progress | None):
        what = f"after step {step} the image" if step else "the image to start from"
        super().__init__(
            f"{what} or what the network says of it is NaN or infinite: "
            "take a smaller rate or weaker penalties" + " from here on" * (last is not None)
        )
        self.last = last


def optimize(
    net,
    objective: Objective,
    start,
    rule: Callable,
    steps: int,
    penalties: Sequence[Callable] = (),
    corrections: Sequence[Callable] = (),
    transforms: Sequence[Callable] = (),
    box=(0.0, 255.0),
    rng: np.random.Generator | Sequence[np.random.Generator] | None = None,
) -> Iterator[Progress]:
    r"""Make E(x) small, and yield every step of the way; N images at once, each its own.

    Args:
        net: a network.
        objective: what is made small; for more of it, its negative.
        start: x₀, (N, 3, H, W), RGB, 0–255.
        rule: `descend(Adam(), rate)` or `quasi_newton()`.
        steps: at most so many.
        penalties: functions of u = x − mean colour, a Tensor, to one number; they carry their λ.
        corrections: functions (u, gradient of the objective, number of the step) → u, after each
            step, in order.
        transforms: functions (x, rngs) → x, of Tensors, before the network sees the image.
        box: lowest and highest value, numbers or arrays that broadcast with x.
        rng: what the transforms draw from: a generator for each image, or one that has such
            children.

    Raises:
        ValueError: the start is not a batch of images, steps is below 1, the box holds nothing,
            the generators are not as many as the images, or E does not depend on x.
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    if getattr(start, "ndim", 0) != 4 or start.shape[1] != 3 or start.size == 0:
        raise ValueError("an image to start from has the shape (N, 3, H, W), none of them 0")
    steps, box = whole("steps", steps, at_least=1), _checked(box, start)
    task = Task(
        net, objective, tuple(penalties), tuple(corrections), tuple(transforms), box,
        generators(rng, start.shape[0]), mean_colour(net, start),
    )
    return _run(rule(task, start.clip(*box)), steps)


def _run(walk, steps: int) -> Iterator[Progress]:
    last = None
    for step, (x, here) in enumerate(itertools.islice(walk, steps + 1)):
        if not here.finite:
            raise Diverged(step, last)
        if step:  # where it begins is known
            last = Progress(step, x, here.value)
            yield last


class Here(NamedTuple):
    """What is found at an image: E and ∂E/∂x, and the objective's share of both."""

    total: float
    gradient: Any
    value: float
    of_objective: Any
    finite: bool


@dataclass(frozen=True)
class Task:
    """What a rule may ask: E at an image, and where the image that it proposes comes to rest."""

    net: Any
    objective: Objective
    penalties: tuple[Callable, ...]
    corrections: tuple[Callable, ...]
    transforms: tuple[Callable, ...]
    box: tuple[Any, Any]
    rngs: list[np.random.Generator]
    mean: Any

    def E(self, x) -> Here:
        """E(x) = objective(net(T(x))) + Σ R(x − mean colour), and its gradient."""
        X = Tensor(x)
        inside = ops.clip(X, *self.box)
        shown = functools.reduce(lambda x, T: T(x, self.rngs), self.transforms, inside)
        value = self.objective(activations(self.net, shown, self.objective))
        (of_objective,) = grad(value, [X])
        total, gradient = value, of_objective
        if self.penalties:  # apart, for a correction asks for the objective's gradient alone
            u = inside - self.mean
            penalty = sum((R(u) for R in self.penalties), u[:0].sum())  # 0, and made of u
            total, gradient = value + penalty, of_objective + grad(penalty, [X])[0]
        found = [value.data, total.data, abs(gradient).max(), x.max()]
        numbers = to_numpy(array_module(x).stack(found))  # once, as we wait for the GPU here
        finite = bool(np.isfinite(numbers).all())
        return Here(float(numbers[1]), gradient, float(numbers[0]), of_objective, finite)

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


def _checked(box, start):
    """Bring the box to the image's dtype; low above high, or a NaN, is no box."""
    xp = array_module(start)
    low, high = (float(b) if np.ndim(b) == 0 else xp.asarray(b, start.dtype) for b in box)
    fits = low <= high
    if not (fits.all() if is_array(fits) else fits):
        raise ValueError("no pixel fits into the box: its lowest value is above its highest")
    return low, high


# ── Where to start ──────────────────────────────────────────────────────────────────────────────


def mean_colour(net, like):
    """The colour that the network sees as zero, (3, 1, 1), as an array of the kind of `like`."""
    colour = np.asarray(net.mean_colour, like.dtype).reshape(3, 1, 1)
    return array_module(like).asarray(colour)


def zero(net, size: int, copies: int = 1):
    """x₀ = the mean colour everywhere: (copies, 3, size, size), on the network's device."""
    size, copies = whole("the edge of an image", size, 1), whole("copies", copies, 1)
    colour = np.asarray(net.mean_colour, net.dtype).reshape(3, 1, 1)
    return to_device(colour + np.zeros((copies, 3, size, size), net.dtype), net.device)


def noise(net, size: int, copies: int, sigma: float, rng: np.random.Generator):
    """x₀ = the mean colour + N(0, σ²) at every pixel, σ in grey levels, within [0, 255]."""
    sigma = number("σ of the noise", sigma, at_least=0)
    size, copies = whole("the edge of an image", size, 1), whole("copies", copies, 1)
    drawn = sigma * rng.standard_normal((copies, 3, size, size), net.dtype)
    colour = np.asarray(net.mean_colour, net.dtype).reshape(3, 1, 1)
    return to_device((colour + drawn).clip(0, 255), net.device)


# ── How to step: (task, x₀) → (x₀, E there), (x₁, E there), … ───────────────────────────────────


def descend(optimiser, rate: Callable[[int], float], shape: Callable = lambda g: g):
    """SGD or Adam of minigrad/optim.py, the step in grey levels.

    Args:
        optimiser: `step(params, gradients, lr)`; each run steps with a copy of it.
        rate: lr by step, counted from 0.
        shape: what the gradient goes through first, say `like_photos(0.75)`.
    """

    def walk(task: Task, x):
        own = copy.deepcopy(optimiser)
        yield x, (here := task.E(x))
        for i in itertools.count():
            x = own.step({"pixels": x}, {"pixels": shape(here.gradient)}, rate(i))["pixels"]
            x = task.settle(x, here.of_objective, i + 1)
            yield x, (here := task.E(x))

    return walk


def quasi_newton(history: int = 10):
    """L-BFGS, which tells the curvature by comparing gradients: E must be one and the same."""
    history = whole("history", history, at_least=1)

    def walk(task: Task, start):
        if task.transforms or task.corrections:
            raise ValueError(
                "L-BFGS compares the gradients of one function E, which transforms and corrections "
                "change at every step: leave them out, or take descend(Adam(), rate)"
            )
        here = task.E(start)
        yield start, here

        def f(x):
            nonlocal here
            here = task.E(x)
            return here.total, here.gradient

        for x, _ in LBFGS(history).minimise(f, start):
            yield x.clip(*task.box), here

    return walk


COLOURS = [[1.07, 0.85, 0.79], [0.85, 1.05, 0.93], [0.79, 0.93, 1.18]]  # of 254 photos, + 0.1 · 1


def like_photos(power: float):
    r"""g ← F⁻¹[ |f|^−power · F[Σ g] ] / mean|…|: the step that a photo would take.

    At a raw gradient's steps every pixel and every colour goes its own way.  In photos slow waves
    are stronger than fast ones, about as 1/|f| (Field 1987), and the colours rise and fall
    together, Σ being the covariance of red, green and blue.  This is steepest descent where waves
    and principal colours are the coordinates, each on the scale that it has in photos (Olah et al.
    2017, "Preconditioning").  The mean of the image stays as it is: f = 0 is left out.

    Args:
        power: of 1/|f|, f in waves per pixel; 0 leaves the waves alone.
    """
    power = number("the power of 1/|f|", power, at_least=0)

    def shape(g):
        xp = array_module(g)
        H, W = g.shape[2:]
        f = xp.hypot(xp.fft.fftfreq(H)[:, None], xp.fft.rfftfreq(W))            # (H, W/2 + 1)
        f[0, 0] = xp.inf
        weight = (f**-max(power, 1e-9)).astype(g.dtype)
        each = {"axis": (1, 2, 3), "keepdims": True}
        largest = abs(g).max(**each)
        g = g / xp.where(largest > 0, largest, 1)  # squares and sums of it stay in range
        flat = g.reshape(*g.shape[:2], H * W)                                   # (N, 3, H·W)
        together = ops.matmul(xp.asarray(COLOURS, g.dtype), flat).reshape(g.shape)
        step = xp.fft.irfft2(xp.fft.rfft2(together) * weight, s=(H, W))         # (N, 3, H, W)
        size = abs(step).mean(**each)
        there = size > 1e-6 * abs(together).mean(**each)  # less is what rounding leaves of f = 0
        return (step / xp.where(there, size, xp.inf)).astype(g.dtype, copy=False)

    return shape
