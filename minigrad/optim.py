r"""Optimisers: what to do with a gradient, as steps on arrays.

Each takes parameters x and gradients g, dictionaries of arrays by name, and returns new parameters;
arrays are never changed.  What it remembers between two steps is in `state`, plain arrays again, so
that a run can be saved and resumed exactly.  An image is optimised as {"pixels": x}.

    SGD      v ← m v + g                    x ← x − lr · v
    Adam     m ← mean of g, v ← mean of g²  x ← x − lr · m / √v
    LBFGS    x ← x − t · H g                H, curvature from the last few steps; t by search

Learning rates are functions of the step: constant, cosine, falling.

Read before: tensor.py, line_search.py.  Read next: activations.py, and models/layers.py.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module
from minigrad.checked import number, whole
from minigrad.line_search import dot, strong_wolfe

Arrays = Mapping[str, Any]
BELOW_1 = math.nextafter(1, 0)  # a mean that forgets nothing would stay where it began


class SGD:
    r"""Gradient descent with momentum (Polyak 1964; Sutskever et al. 2013), as PyTorch defines it.

    Args:
        momentum: m.
        nesterov: look ahead, to where the momentum will have led.
        weight_decay: λ, for parameters of more than one axis: filters and matrices, not biases.
    """

    def __init__(self, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0):
        self.momentum = number("momentum", momentum, at_least=0, at_most=1)
        self.weight_decay = number("weight_decay", weight_decay, at_least=0)
        self.nesterov = nesterov
        self.state: dict[str, Any] = {}

    def step(self, params: Arrays, gradients: Arrays, lr: float) -> dict[str, Any]:
        """Return the parameters after a step of lr."""
        stepped = {}
        for name, x in params.items():
            g = gradients[name]
            if self.weight_decay and x.ndim > 1:
                g = g + self.weight_decay * x
            if self.momentum:
                # v ← m v + g
                v = self.momentum * self.state[name] + g if name in self.state else g
                self.state[name] = v
                # Nesterov: g + m v, the gradient and the next step's momentum
                g = g + self.momentum * v if self.nesterov else v
            stepped[name] = x - float(lr) * g
        return stepped


class Adam:
    r"""Adam (Kingma and Ba 2015, algorithm 1): every number has a step size of its own.

    Args:
        beta1: of m, the mean of g.
        beta2: of v, the mean of g².
        eps: ε.
        weight_decay: λ, decoupled from the gradient (Loshchilov and Hutter 2019, algorithm 2).
    """

    def __init__(self, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
        self.beta1 = number("beta1", beta1, at_least=0, at_most=BELOW_1)
        self.beta2 = number("beta2", beta2, at_least=0, at_most=BELOW_1)
        self.eps = number("eps", eps, above=0)
        self.weight_decay = number("weight_decay", weight_decay, at_least=0)
        self.state: dict[str, Any] = {"t": 0}

    def step(self, params: Arrays, gradients: Arrays, lr: float) -> dict[str, Any]:
        """Return the parameters after a step of lr."""
        lr = float(lr)
        t = self.state["t"] = self.state["t"] + 1
        stepped = {}
        for name, x in params.items():
            g = gradients[name]
            xp = array_module(g)
            m = self.state.get(f"m/{name}", xp.zeros_like(x))
            v = self.state.get(f"v/{name}", xp.zeros_like(x))
            # m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
            m = self.beta1 * m + (1 - self.beta1) * g
            v = self.beta2 * v + (1 - self.beta2) * g * g
            self.state[f"m/{name}"], self.state[f"v/{name}"] = m, v
            # both began at 0, and are that much too small
            m_hat, v_hat = m / (1 - self.beta1**t), v / (1 - self.beta2**t)
            decayed = x * (1 - lr * self.weight_decay) if self.weight_decay else x
            stepped[name] = decayed - lr * m_hat / (xp.sqrt(v_hat) + self.eps)
        return stepped


class Reached(NamedTuple):
    """Where L-BFGS stands: x, f(x), and the pairs (s, y), all that it needs to go on."""

    x: Any
    value: float
    pairs: Sequence[tuple[Any, Any]]


class LBFGS:
    r"""L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5): Newton's step from gradients.

    The last `history` pairs s = x' − x, y = g' − g tell how the gradient changes with x, hence the
    inverse Hessian H; its product with g takes two loops over the pairs.  The step's length is
    found by a search with the strong Wolfe conditions (line_search.py).  The pairs belong to one
    run of `minimise`.

    Args:
        history: how many pairs are kept.
    """

    def __init__(self, history: int = 10):
        self.history = whole("history", history, at_least=1)

    def minimise(
        self, f: Callable, x, pairs: Sequence[tuple[Any, Any]] = ()
    ) -> Iterator[Reached]:
        """Yield where it stands after each step, until no step goes down any more.

        Args:
            f: array → (value, gradient).
            x: where to start, an array.
            pairs: what an earlier run, which came to x, had learned of the curvature.

        Raises:
            ValueError: f is NaN or infinite at the start.
        """
        value, g = f(x)
        if not math.isfinite(value):
            raise ValueError(f"L-BFGS begins where f is {float(value)}: no step could be compared")
        while True:
            d = -times_inverse_hessian(g, pairs)
            if dot(g, d) >= 0:
                return
            # the first step knows nothing of scales: it begins with a hundredth of what x is
            t = 1.0 if pairs else 0.01 * max(1.0, float(abs(x).max())) / float(abs(g).max())
            there = strong_wolfe(f, x, d, float(value), g, t)
            if there is None:
                return
            s, y = there.x - x, there.gradient - g
            if dot(s, y) > 1e-10 * dot(y, y):  # otherwise H would not be positive
                pairs = [*pairs, (s, y)][-self.history :]
            x, value, g = there.x, there.value, there.gradient
            yield Reached(x, value, pairs)


def times_inverse_hessian(g, pairs: Sequence[tuple[Any, Any]]):
    """H g from the pairs (s, y), oldest first, by the two loops of algorithm 7.4."""
    q, alphas = g, []
    for s, y in reversed(pairs):
        alpha = dot(s, q) / dot(y, s)
        q = q - alpha * y
        alphas.append(alpha)
    if pairs:  # H₀ = γ I, equation 7.20
        s, y = pairs[-1]
        q = q * (dot(s, y) / dot(y, y))
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        q = q + s * (alpha - dot(y, q) / dot(y, s))
    return q


# ── Learning rates as functions of the step ──────────────────────────────────────────────────────


def constant(lr: float) -> Callable[[int], float]:
    """Return lr at every step."""
    lr = number("lr", lr, at_least=0)
    return lambda step: lr


def cosine(peak: float, steps: int, warmup: int = 0) -> Callable[[int], float]:
    r"""peak · ½ (1 + cos π step/steps), after a linear rise  (Loshchilov and Hutter 2017, eq. 5).

    Args:
        peak: the highest rate.
        steps: of the whole run; the last one's rate is almost 0.
        warmup: over how many steps the rate rises at the beginning.
    """
    peak = number("the peak of the rate", peak, at_least=0)
    steps, warmup = whole("steps", steps, at_least=1), whole("warmup", warmup)

    def rate(step: int) -> float:
        rise = min(1.0, (step + 1) / warmup) if warmup else 1.0
        return peak * rise * 0.5 * (1 + math.cos(math.pi * min(step, steps) / steps))

    return rate


def falling(lr: float, at: Sequence[int], factor: float = 0.1) -> Callable[[int], float]:
    """Return lr · factor^(how many of the steps `at` are reached)."""
    lr, factor = number("lr", lr, at_least=0), number("factor", factor, at_least=0)
    return lambda step: lr * factor ** int(np.searchsorted(at, step, side="right"))
