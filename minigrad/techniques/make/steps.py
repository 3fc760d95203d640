r"""How a gradient becomes a step: a walk (task, x₀) → (x₀, E there, memory), (x₁, …), …

    ascend(optimiser, rate, shape)      x ← x + rate · the optimiser's step along shape(∂E/∂x)
    uphill(optimiser, move)             the same, for a move of one's own (waves.py)
    quasi_newton(history)               L-BFGS: the step to where ∂E/∂x would be zero

    by_mean                             a shape: g / mean|g|
    like_photos(power)                  a shape: the gradient, as photos would have it

minigrad/optim.py makes numbers small, as training wants it; to make E large it is given −∂E/∂x.
What a walk remembers between two steps comes with each of them, arrays and numbers by name: handed
to a new walk beside x, it goes on from there.

Read before: loop.py, minigrad/optim.py.  Read next: waves.py.
"""

import copy
import itertools
from collections.abc import Callable

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.optim import LBFGS
from minigrad.techniques.make.loop import Task


def ascend(optimiser, rate: Callable[[int], float], shape: Callable = lambda g: g):
    """SGD or Adam of minigrad/optim.py uphill, the step in grey levels.

    Args:
        optimiser: `step(params, gradients, lr)`; each run steps with a copy of it.
        rate: lr by step, counted from 0.
        shape: what the gradient goes through first, say `like_photos(0.75)`.
    """

    def move(step, task, x, g, i):
        return step({"pixels": x}, {"pixels": -shape(g)}, rate(i))["pixels"]

    return uphill(optimiser, move)


def uphill(optimiser, move: Callable):
    """A walk with an optimiser of its own: move(its step, task, x, ∂E/∂x, i) → the next x."""

    def walk(task: Task, x, memory):
        own = copy.deepcopy(optimiser)
        own.state |= {name: memory[name] for name in memory if name != "step"}
        yield x, (here := task.E(x)), memory
        for i in itertools.count(memory.get("step", 0)):
            x = move(own.step, task, x, here.gradient, i)
            x = task.settle(x, here.of_objective, i + 1)
            yield x, (here := task.E(x)), {"step": i + 1, **own.state}

    return walk


def quasi_newton(history: int = 10):
    """L-BFGS, which tells the curvature by comparing gradients: E must be one and the same."""
    history = whole("history", history, at_least=1)

    def walk(task: Task, start, memory):
        if task.transforms or task.corrections:
            raise ValueError(
                "L-BFGS compares the gradients of one function E, which transforms and corrections "
                "change at every step: leave them out, or take ascend(Adam(), rate)"
            )
        looked = []  # at these points of a search: (x, E there)

        def f(x):  # −E, as L-BFGS goes down
            looked.append((x, here := task.E(x)))
            return -here.total, -here.gradient

        begin = memory.get("x", start)
        yield start, task.E(begin), memory
        for x, _, pairs in LBFGS(history).minimise(f, begin, _pairs(memory)):
            here = next(here for point, here in looked if point is x)
            looked.clear()
            yield x.clip(*task.box), here, {"x": x, **_named(pairs)}

    return walk


def _named(pairs) -> dict:
    """The pairs (s, y) of L-BFGS as arrays by name, oldest first."""
    s_and_y = [{f"s{i}": s, f"y{i}": y} for i, (s, y) in enumerate(pairs)]
    return {name: array for pair in s_and_y for name, array in pair.items()}


def _pairs(memory) -> list:
    count = sum(name.startswith("s") for name in memory)
    return [(memory[f"s{i}"], memory[f"y{i}"]) for i in range(count)]


def by_mean(g):
    """g ← g / mean|g|, for each image: a step of 1.5 moves its pixels by 1.5 on average.

    (N, 3, H, W) → the same shape; an image whose g is 0 everywhere keeps it.
    """
    each = {"axis": (1, 2, 3), "keepdims": True}
    size = abs(g).mean(**each)
    return g / array_module(g).where(size > 0, size, 1)  # 0 stays 0


# the covariance of red, green and blue in 254 photos, scaled, + 0.1 · 1
COLOURS = [[1.07, 0.85, 0.79], [0.85, 1.05, 0.93], [0.79, 0.93, 1.18]]


def like_photos(power: float, mean: bool = False):
    r"""g ← P g / mean|P g|,     P g = F⁻¹[ |f|^−power · F[Σ g] ]: a preconditioner.

    At a raw gradient's steps every pixel and every colour goes its own way.  In photos slow waves
    are stronger than fast ones, their amplitudes about as 1/|f| (Field 1987), and the colours rise
    and fall together, with the covariance Σ.  P weights the gradient's waves and colours in this
    way.  It is symmetric and none of its eigenvalues is negative, so P g still leads uphill; only
    the mean of the image stays as it is, for f = 0 is left out, unless `mean` says otherwise.

    It is what Olah et al. 2017 ("Preconditioning") do by changing coordinates: a gradient step in
    z, where x = A z, is a step of A Aᵀ g in x.  If A gives each wave the amplitude that it has in
    photos, that is power 2; a smaller power leans less towards slow waves.

    Args:
        power: of 1/|f|, f in waves per pixel; 0 leaves the waves alone.
        mean: move the mean of the image as well, as if it were a wave of the image's length.
    """
    power = number("the power of 1/|f|", power, at_least=0)

    def shape(g):
        xp = array_module(g)
        H, W = g.shape[2:]
        f = xp.hypot(xp.fft.fftfreq(H)[:, None], xp.fft.rfftfreq(W))            # (H, W/2 + 1)
        f[0, 0] = 1 / max(H, W) if mean else xp.inf
        weight = (f**-max(power, 1e-9)).astype(g.dtype)
        each = {"axis": (1, 2, 3), "keepdims": True}
        largest = abs(g).max(**each)
        g = g / xp.where(largest > 0, largest, 1)  # squares and sums of it stay in range
        flat = g.reshape(*g.shape[:2], H * W)                                   # (N, 3, H·W)
        together = ops.matmul(xp.asarray(COLOURS, g.dtype), flat).reshape(g.shape)
        Pg = xp.fft.irfft2(xp.fft.rfft2(together) * weight, s=(H, W))           # (N, 3, H, W)
        size = abs(Pg).mean(**each)
        there = size > 1e-6 * abs(together).mean(**each)  # less is what rounding leaves of f = 0
        return (Pg / xp.where(there, size, xp.inf)).astype(g.dtype, copy=False)

    return shape
