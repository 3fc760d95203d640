r"""Robustness as a curve: what share of photos is still right when each pixel may move by ε?

    accuracy(ε) = 1/N Σ_n [ the network says y_n, wherever the attack went in ‖x − x_n‖∞ ≤ ε ]

The truth would be the worst point of the ball.  An attack finds a bad one, so its curve is an upper
bound, and the lowest of several curves is the one to believe (Carlini et al. 2019, "On evaluating
adversarial robustness").  Three are drawn as a rule:

    random      a random corner of the ball, x + ε·(±1, ±1, …): the control, as far and aimless
    fgsm        the corner that the gradient at the photo names     (gradient_sign.py)
    pgd         many small steps, each with a gradient of its own

A photo that is wrong as it is needs no attack and counts as wrong at every ε.  FGSM's gradient does
not depend on ε and is computed once.  Its curve need not fall: a longer step along one straight
line may lead out of the wrong class again.

PGD's curve falls by construction.  A ball holds all smaller ones, so what is right wherever one
went in a large ball is right in the smaller: each photo begins in the largest, walks until it is
fooled, is pulled into the next smaller ball and walks on from there, until a ball holds it.  So
most of the steps are taken where they decide, in the first ball that holds.

Read before: gradient_sign.py, look/believe.py.  Read next: jpeg.py, masking.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.fool.aims import check_photos, cross_entropies
from minigrad.techniques.fool.balls import anywhere, steepest
from minigrad.techniques.look.believe import Interval, bootstrap
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.loop import generators
from minigrad.techniques.objectives import activations
from minigrad.tensor import Tensor, grad

EPSILONS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # grey levels

# (net, pixels, labels, ε's, a generator for each photo) → right (N,) at each ε
Curve = Callable[..., Iterator[np.ndarray]]


def robust_accuracy(
    net, pixels, *, labels, attacks: Mapping[str, Curve] | None = None,
    epsilons: Sequence[float] = EPSILONS, rng=None,
) -> dict[str, np.ndarray]:
    """Which photos are still right, for each attack and ε; photos that are wrong are not attacked.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        labels: (N,), what is on the photos.
        attacks: curves by name, by default those of `ATTACKS`.
        epsilons: how far each pixel may move, in grey levels, rising; 0 is the photo itself.
        rng: a numpy Generator, or one for each photo; None is the same every time.

    Returns:
        {attack: (E, N) bool}; its mean over photos is the curve.

    Raises:
        TypeError, ValueError: the pixels are no photos, a label is no class or there are not as
            many, or the ε's do not rise.
    """
    check_photos(pixels)
    attacks = ATTACKS if attacks is None else attacks
    epsilons, rngs = rising(epsilons), generators(rng, len(pixels))
    scores = to_numpy(net.scores(pixels))                                   # (N, K)
    labels = checked_labels(labels, scores)
    clean = scores.argmax(axis=1) == labels
    at = np.flatnonzero(clean)
    curves, beyond = {}, [epsilon for epsilon in epsilons if epsilon]
    for name, attack in attacks.items():
        right = np.zeros((len(epsilons), len(labels)), bool)
        right[: len(epsilons) - len(beyond)] = clean                        # ε = 0
        if len(at):
            rows = attack(net, pixels[at.tolist()], labels[at], beyond, [rngs[n] for n in at])
            for row, still in zip(right[len(epsilons) - len(beyond) :], rows, strict=True):
                row[at] = still
        curves[name] = right
    return curves


def intervals(right, level: float = 0.95) -> list[Interval]:
    """The accuracy at each ε with its interval over photos: (E, N) bool → E of (mean, low, high).

    Where all photos are wrong, or all are right, all draws are alike and the interval has no width;
    of N photos up to 3/N could still be otherwise (the "rule of three").
    """
    return [bootstrap(row, level=level) for row in np.asarray(right, float)]


# ── Attacks, as curves ──────────────────────────────────────────────────────────────────────────


def by_random_signs(net, pixels, labels, epsilons, rngs) -> Iterator[np.ndarray]:
    """x + ε·s, s a random corner (±1, ±1, …), the same one at every ε."""
    xp = array_module(pixels)
    s = xp.asarray(np.stack([rng.choice([-1, 1], pixels.shape[1:]) for rng in rngs]), pixels.dtype)
    return along_a_line(net, pixels, labels, epsilons, s)


def by_fgsm(net, pixels, labels, epsilons, rngs) -> Iterator[np.ndarray]:
    """x + ε·sign ∇ₓJ, with one gradient for all ε."""
    s = steepest(gradient(net, pixels, cross_entropies(labels)), 1)
    return along_a_line(net, pixels, labels, epsilons, s)


def along_a_line(net, pixels, labels, epsilons, s) -> Iterator[np.ndarray]:
    """Which photos are right at clip(x + ε·s), for each ε."""
    for epsilon in epsilons:
        yield right_at(net, (pixels + epsilon * s).clip(0, 255), labels)


def by_pgd(steps: int = 10, rules: Mapping | None = None) -> Curve:
    """PGD in balls that shrink: at most so many steps in each, from where the larger one was left.

    `rules`, {op: rule}, replace some ops' gradients (jpeg.py).
    """
    steps = whole("steps", steps, at_least=1)

    def curve(net, pixels, labels, epsilons, rngs):
        fooled, walking = [], np.ones(len(labels), bool)
        x = pixels + anywhere(pixels, epsilons[0], "linf", rngs) if epsilons else pixels
        for epsilon in epsilons[::-1]:
            x, walking = until_fooled(net, pixels, x, labels, epsilon, steps, rules, walking)
            fooled.append(walking)
        yield from (~now for now in fooled[::-1])

    return curve


def at_each(attack: Callable, **settings) -> Curve:
    """The curve of any attack of this room, made anew at each ε: at_each(momentum_attack)."""

    def curve(net, pixels, labels, epsilons, rngs):
        for epsilon in epsilons:
            yield attack(net, pixels, epsilon=epsilon, **settings).after == labels

    return curve


ATTACKS: dict[str, Curve] = {"random": by_random_signs, "fgsm": by_fgsm, "pgd": by_pgd()}


def until_fooled(net, pixels, x, labels, epsilon, steps: int, rules=None, which=None):
    """Walk up −log p_y in the ball, each photo only until it is fooled.

    Args:
        net: a network.
        pixels: x₀, (N, 3, H, W), the middles of the balls.
        x: (N, 3, H, W), where to begin.
        labels: y, (N,).
        epsilon: ε, in grey levels; a step is 2.5 ε / steps (Madry et al. 2018).
        steps: at most so many.
        rules: {op: rule}, in place of some ops' gradients.
        which: (N,) bool, the photos that walk, by default all.

    Returns:
        (x (N, 3, H, W), fooled (N,) bool).
    """
    alpha, xp = 2.5 * epsilon / steps, array_module(pixels)
    low, high = (pixels - epsilon).clip(0, 255), (pixels + epsilon).clip(0, 255)
    x, fooled = x.clip(low, high), np.zeros(len(labels), bool)
    walking = np.ones(len(labels), bool) if which is None else which.copy()
    for step in range(steps + 1):
        at = np.flatnonzero(walking)
        if not len(at):
            break
        right, back = looked_at(net, x[at.tolist()], labels[at], rules)
        fooled[at] = ~right
        walking[at] = right
        if step < steps and right.any():
            here = xp.asarray(at[right])
            # x ← clip(x + α sign ∇ₓJ)
            stepped = x[here] + steepest(back()[xp.asarray(np.flatnonzero(right))], alpha)
            x[here] = stepped.clip(low[here], high[here])
    return x, fooled


def looked_at(net, x, labels, rules=None):
    """One pass: which photos are right, (N,) bool, and a function that walks back to ∇ₓJ."""
    X, J = Tensor(x), cross_entropies(labels)
    acts = activations(net, X, J)
    right = to_numpy(acts.scores.data).argmax(axis=1) == labels
    return right, lambda: grad(J(acts), [X], rules=rules)[0]


def right_at(net, x, labels) -> np.ndarray:
    """Which photos the network is right about: (N, 3, H, W), (N,) → (N,) bool."""
    return to_numpy(net.scores(x)).argmax(axis=1) == labels


# ── What is given ───────────────────────────────────────────────────────────────────────────────


def rising(epsilons: Sequence[float]) -> list[float]:
    """The ε's, checked: numbers from 0 on, one at least, each larger than the one before."""
    numbers = [number("an ε", epsilon, at_least=0) for epsilon in epsilons]
    if not numbers or any(b <= a for a, b in zip(numbers, numbers[1:], strict=False)):
        said = ", ".join(f"{epsilon:g}" for epsilon in numbers)
        raise ValueError(f"the ε's of a curve rise, and there is one at least: not ({said})")
    return numbers


def checked_labels(labels, scores) -> np.ndarray:
    """Labels (N,) that fit scores (N, K)."""
    labels, (N, K) = to_numpy(labels), scores.shape
    if labels.shape != (N,) or labels.dtype.kind not in "iu":
        raise ValueError(f"{N} photos take {N} labels, whole numbers, not {labels.dtype} of shape "
                         f"{labels.shape}")
    if ((labels < 0) | (labels >= K)).any():
        raise ValueError(f"labels are classes 0 … {K - 1}, not {labels.min()} … {labels.max()}")
    return labels
