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
    transforms      T, another one at every step: an image must not depend on single pixels
    rule            how a gradient becomes a step                        (minigrad/optim.py)
    box             the grey levels that a pixel may have, [0, 255]

A transform is made of ops, so its gradient brings the step back to where the pixels really are:
jitter is undone by differentiation.

Read before: objectives.py, regularizers.py, minigrad/optim.py.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_device
from minigrad.optim import LBFGS
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, grad


class Progress(NamedTuple):
    """Where the loop is: steps done, pixels (N, 3, H, W), the objective there, summed over N."""

    step: int
    pixels: Any
    value: float


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
    rng: np.random.Generator | None = None,
) -> Iterator[Progress]:
    r"""Make E(x) small, and yield every step of the way; N images at once, each its own.

    Args:
        net: a network.
        objective: what is made small; for more of it, its negative.
        start: x₀, (N, 3, H, W), RGB, 0–255.
        rule: `descend(Adam(), rate)` or `quasi_newton()`.
        steps: at most so many.
        penalties: functions of u = x − mean colour, a Tensor, to one number; they carry their λ.
        corrections: functions (u, gradient of E) → u, after each step, in order.
        transforms: functions (x, rng) → x, of Tensors, before the network sees the image.
        box: lowest and highest value, numbers or arrays that broadcast with x.
        rng: what the transforms draw from.

    Raises:
        ValueError: the start is not a batch of images, steps is below 1, or E does not depend on x.
    """
    if getattr(start, "ndim", 0) != 4 or start.shape[1] != 3:
        raise ValueError("an image to start from has the shape (N, 3, H, W)")
    if steps < 1:
        raise ValueError(f"{steps} steps are none: give 1 or more")
    mean = mean_colour(net, start)
    rng = rng if rng is not None else np.random.default_rng(0)
    seen = {}

    def E(x):
        X = Tensor(x)
        inside = ops.clip(X, *box)
        shown = functools.reduce(lambda x, transform: transform(x, rng), transforms, inside)
        value = objective(activations(net, shown, objective))
        seen["value"] = float(value.data)
        total = sum((R(inside - mean) for R in penalties), value)
        return float(total.data), grad(total, [X])[0]

    def settle(x, g):
        u = functools.reduce(lambda u, correct: correct(u, g), corrections, x - mean)
        return (mean + u).clip(*box)

    walk = rule(E, start.clip(*box), settle)
    for step, x in enumerate(itertools.islice(walk, steps), 1):
        yield Progress(step, x, seen["value"])


# ── Where to start ──────────────────────────────────────────────────────────────────────────────


def mean_colour(net, like):
    """The colour that the network sees as zero, (3, 1, 1), as an array of the kind of `like`."""
    colour = np.asarray(net.mean_colour, like.dtype).reshape(3, 1, 1)
    return array_module(like).asarray(colour)


def zero(net, size: int, copies: int = 1):
    """x₀ = the mean colour everywhere: (copies, 3, size, size), on the network's device."""
    colour = np.asarray(net.mean_colour, net.dtype).reshape(3, 1, 1)
    return to_device(colour + np.zeros((copies, 3, size, size), net.dtype), net.device)


def noise(net, size: int, copies: int, sigma: float, rng: np.random.Generator):
    """x₀ = the mean colour + N(0, σ²) at every pixel, σ in grey levels, within [0, 255]."""
    x = np.asarray(net.mean_colour).reshape(3, 1, 1)
    x = x + sigma * rng.standard_normal((copies, 3, size, size))
    return to_device(x.clip(0, 255).astype(net.dtype), net.device)


def resized(x, size: int):
    """The same images with another edge, bilinearly: (N, 3, H, W) → (N, 3, size, size).

    Large shapes are found in a small image, details in a large one: a picture may begin small.
    """
    rows, columns = (
        _bilinear(x, (np.arange(size) + 0.5) * n / size - 0.5, n) for n in x.shape[2:]
    )
    return rows @ x @ columns.T                                             # (size, H), (size, W)


# ── How to step: (E, x₀, settle) → x₁, x₂, … ────────────────────────────────────────────────────


def descend(optimiser, rate: Callable[[int], float], shape: Callable = lambda g: g):
    """SGD or Adam of minigrad/optim.py, the step in grey levels.

    Args:
        optimiser: `step(params, gradients, lr)`.
        rate: lr by step, counted from 0.
        shape: what the gradient goes through first, say `like_photos(0.75)`.
    """

    def walk(E, x, settle):
        for i in itertools.count():
            _, g = E(x)
            x = optimiser.step({"pixels": x}, {"pixels": shape(g)}, rate(i))["pixels"]
            x = settle(x, g)
            yield x

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

    def shape(g):
        xp = array_module(g)
        H, W = g.shape[2:]
        f = xp.hypot(xp.fft.fftfreq(H)[:, None], xp.fft.rfftfreq(W))            # (H, W/2 + 1)
        f[0, 0] = xp.inf
        together = xp.tensordot(xp.asarray(COLOURS, g.dtype), g, (1, 1)).swapaxes(0, 1)
        waves = xp.fft.rfft2(together) * f**-max(power, 1e-9)
        step = xp.fft.irfft2(waves, s=(H, W))                                   # (N, 3, H, W)
        size = abs(step).mean(axis=(1, 2, 3), keepdims=True)
        return (step / xp.maximum(size, 1e-30)).astype(g.dtype)

    return shape


def quasi_newton(history: int = 10):
    """L-BFGS; E must be the same at every call, so there are no transforms and no corrections."""

    def walk(E, start, settle):
        for x, _ in LBFGS(history).minimise(E, start):
            yield settle(x, None)

    return walk


# ── Transforms: (x, rng) → x; each image of the batch gets its own ──────────────────────────────


def jitter(pixels: int):
    """Roll each image by up to so many pixels down and to the right, or up and to the left."""

    def transform(x, rng):
        shifts = rng.integers(-pixels, pixels, (x.shape[0], 2), endpoint=True).tolist()
        rolled = [ops.roll(x[n : n + 1], shift, (2, 3)) for n, shift in enumerate(shifts)]
        return ops.concatenate(rolled)

    return transform


def zoom(low: float, high: float):
    """Enlarge each image around its centre by a factor between low and high, bilinearly.

    Two small matrices do it, A x Aᵀ; beyond the border the border goes on.
    """

    def transform(x, rng):
        factors = rng.uniform(low, high, x.shape[0])
        rows, columns = (_resampling(x, n, factors) for n in x.shape[2:])       # (N, 1, n, n)
        return ops.matmul(ops.matmul(rows, x), columns.swapaxes(2, 3))

    return transform


def grain(sigma: float):
    """Add N(0, σ²) to every pixel, σ in grey levels: what noise can undo is not worth drawing."""

    def transform(x, rng):
        noise = sigma * rng.standard_normal(x.shape)
        return x + array_module(x.data).asarray(noise, x.dtype)

    return transform


def _resampling(x, n: int, factors):
    """The pixels that an image shows when enlarged around its centre: (N, 1, n, n)."""
    place = (np.arange(n) - (n - 1) / 2) / factors[:, None] + (n - 1) / 2        # (N, n)
    return _bilinear(x.data, place, n)[:, None]


def _bilinear(like, place, n: int):
    """A[…, i, j], how much of pixel j of n lies at place[…, i]; each row sums to 1."""
    A = np.maximum(0, 1 - abs(place.clip(0, n - 1)[..., None] - np.arange(n)))
    return array_module(like).asarray(A, like.dtype)
