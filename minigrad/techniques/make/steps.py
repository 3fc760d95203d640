r"""How a gradient becomes a step: a walk (task, x₀) → (x₀, E there), (x₁, E there), …

    ascend(optimiser, rate, shape)      x ← x + rate · the optimiser's step along shape(∂E/∂x)
    quasi_newton(history)               L-BFGS: the step to where ∂E/∂x would be zero

    like_photos(power)                  a shape: the gradient, as photos would have it

minigrad/optim.py makes numbers small, as training wants it; to make E large it is given −∂E/∂x.

Read before: loop.py, minigrad/optim.py.  Read next: presets.py.
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

    def walk(task: Task, x):
        own = copy.deepcopy(optimiser)
        yield x, (here := task.E(x))
        for i in itertools.count():
            x = own.step({"pixels": x}, {"pixels": -shape(here.gradient)}, rate(i))["pixels"]
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
                "change at every step: leave them out, or take ascend(Adam(), rate)"
            )
        here = task.E(start)
        yield start, here

        def f(x):  # −E, as L-BFGS goes down
            nonlocal here
            here = task.E(x)
            return -here.total, -here.gradient

        for x, _ in LBFGS(history).minimise(f, start):
            yield x.clip(*task.box), here

    return walk


# the covariance of red, green and blue in 254 photos, scaled, + 0.1 · 1
COLOURS = [[1.07, 0.85, 0.79], [0.85, 1.05, 0.93], [0.79, 0.93, 1.18]]


def like_photos(power: float):
    r"""g ← P g / mean|P g|,     P g = F⁻¹[ |f|^−power · F[Σ g] ]: a preconditioner.

    At a raw gradient's steps every pixel and every colour goes its own way.  In photos slow waves
    are stronger than fast ones, their amplitudes about as 1/|f| (Field 1987), and the colours rise
    and fall together, with the covariance Σ.  P weights the gradient's waves and colours in this
    way.  It is symmetric and none of its eigenvalues is negative, so P g still leads uphill; only
    the mean of the image stays as it is, for f = 0 is left out.

    It is what Olah et al. 2017 ("Preconditioning") do by changing coordinates: a gradient step in
    z, where x = A z, is a step of A Aᵀ g in x.  If A gives each wave the amplitude that it has in
    photos, that is power 2; a smaller power leans less towards slow waves.

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
        Pg = xp.fft.irfft2(xp.fft.rfft2(together) * weight, s=(H, W))           # (N, 3, H, W)
        size = abs(Pg).mean(**each)
        there = size > 1e-6 * abs(together).mean(**each)  # less is what rounding leaves of f = 0
        return (Pg / xp.where(there, size, xp.inf)).astype(g.dtype, copy=False)

    return shape
