r"""t-SNE: a map on which neighbours stay neighbours (van der Maaten and Hinton 2008).

How near photo j is to photo i, as a probability: the chance that i would pick j, if it picked by a
bell curve around itself,

    p_{j|i} ∝ exp(− ‖x_i − x_j‖² / 2σ_i²),      p_ij = (p_{j|i} + p_{i|j}) / 2N

with σ_i so wide that i has about `perplexity` neighbours: −Σ_j p_{j|i} log p_{j|i} is its
logarithm.  On the map the same, by a curve with a long tail, Student's t (equation 4),

    q_ij = w_ij / Z,      w_ij = 1 / (1 + ‖y_i − y_j‖²),      Z = Σ_{i≠j} w_ij

so that what does not fit in two dimensions may move away.  The places y are moved to make Q like P:

    KL(P‖Q) = Σ p_ij log p_ij  +  Σ p_ij log(1 + ‖y_i − y_j‖²)  +  log Z
              a constant          pulls neighbours together        pushes all apart

The paper derives ∂KL/∂y_i = 4 Σ_j (p_ij − q_ij) w_ij (y_i − y_j), its equation 5 and appendix A.
Nobody has to write it down: `grad` of the two terms is that, and a test compares them.

What the map does not say: how large a group is, and how far two groups are from each other.

Read before: codes.py and minigrad/tensor.py.  Read next: grabcut.py.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.extras import extra
from minigrad.techniques.look.codes import ROWS, pca, refuse_equal, squared_distances
from minigrad.tensor import Tensor, grad

MOST = 5000         # codes whose N × N tables fit in memory; more go to openTSNE
EXAGGERATION = 4.0  # of the pull, in the first quarter of the steps, as in the paper
BISECTIONS = 40
TOGETHER = 50       # steps of openTSNE between two looks at the map


class Placed(NamedTuple):
    """A map after some steps."""

    step: int
    places: Any     # y, (N, 2)
    value: float    # KL(P‖Q) there, in nats


def tsne(
    codes, *, perplexity: float | None = None, steps: int = 1000, rng=None
) -> Iterator[Placed]:
    """Lay out codes on a map, step by step.

    Up to 5,000 codes all pairs are counted; with more openTSNE (Poličar et al. 2024) lays them out,
    which counts near pairs and estimates the rest, and yields after every 50 steps.

    Args:
        codes: (N, D), floats, N at least 4.
        perplexity: about how many neighbours to keep near; by default 30, or (N − 1)/3 if less.
        steps: how often the places are moved.
        rng: where to begin: at random places by this generator, or None for the plane of PCA.

    Yields:
        Placed after each step.

    Raises:
        ValueError: too few codes, equal ones only, one that is no number, a perplexity above
            (N − 1)/3, or openTSNE is needed and not installed; at once, before the first step.
    """
    perplexity = _perplexity(codes, perplexity)
    steps = whole("steps", steps, at_least=1)
    # both axes as small as the paper's start, or the push apart would have nothing to begin with
    y = _random(codes, rng) if rng is not None else pca(codes).places
    y = (1e-4 / y[:, 0].std() * y).astype(codes.dtype)
    if len(codes) > MOST:
        return _by_opentsne(to_numpy(codes), to_numpy(y), perplexity, steps)
    return _exactly(codes, y, perplexity, steps)


def _exactly(codes, y, perplexity: float, steps: int) -> Iterator[Placed]:
    """Descend along the gradient, with momentum and a rate of its own for each number.

    As in the paper's section 3.4: momentum 0.5 first and 0.8 later; the rate of a number grows by
    0.2 while its gradient keeps its direction and shrinks by a fifth where it turns (Jacobs 1988).
    The pull is exaggerated in the first quarter, while places can still pass each other.
    """
    xp, N = array_module(codes), len(codes)
    P = affinities(codes, perplexity)
    rate = rate_for(N)
    velocity, gain = xp.zeros_like(y), xp.ones_like(y)
    _, g = kl_and_gradient(P, y, EXAGGERATION)
    for step in range(1, steps + 1):
        early = step <= steps // 4
        gain = xp.where((g > 0) != (velocity > 0), gain + 0.2, gain * 0.8).clip(0.01)
        velocity = (0.5 if early else 0.8) * velocity - rate * gain * g
        y = y + velocity
        y = y - y.mean(axis=0)
        value, g = kl_and_gradient(P, y, EXAGGERATION if step < steps // 4 else 1.0)
        if not math.isfinite(value):
            raise ValueError(f"step {step} of t-SNE left the range of {y.dtype}: give other codes, "
                             "or these as float64")
        yield Placed(step, y, value)


def rate_for(N: int) -> float:
    """How far to go along the gradient, whose numbers are the smaller the more places there are.

    N/12 of a gradient without its 4 (Belkina et al. 2019), which is slow for a few hundred: 50
    then, and N/8 for fewer than 400, which 50 would tear apart.
    """
    return max(N / 48, min(N / 8, 50.0))


def kl_and_gradient(P, y, exaggeration: float = 1.0):
    r"""KL(P‖Q), and its gradient at y, the pull so many times as strong.

    KL = Σ p_ij log(p_ij / q_ij),    ∂/∂y_i = 4 Σ_j (exaggeration · p_ij − q_ij) w_ij (y_i − y_j)

    with q_ij = w_ij / Σ_{i≠j} w_ij and w_ij = 1 / (1 + ‖y_i − y_j‖²), and w_ii = 0.

    P (N, N), y (N, 2) → a number, and (N, 2).
    """
    places = Tensor(y)
    pull, push = pull_and_push(P, places)
    g, = grad(exaggeration * pull + push, [places])
    return negative_entropy(P) + float(pull) + float(push), g


def pull_and_push(P, y):
    """Σ p_ij log(1 + ‖y_i − y_j‖²)  and  log Σ_{i≠j} 1 / (1 + ‖y_i − y_j‖²)

    P (N, N), y (N, 2), an array or a Tensor → two numbers.
    """
    others = 1 - array_module(P).eye(len(P), dtype=P.dtype)             # [i ≠ j]
    t = 1 + squared_distances(y, y)                                     # (N, N)
    return (P * ops.log(t)).sum(), ops.log((others / t).sum())


def negative_entropy(P) -> float:
    """Σ p_ij log p_ij, with 0 log 0 = 0."""
    xp = array_module(P)
    return float((P * xp.log(xp.where(P > 0, P, 1))).sum())


# ── How near the codes are ──────────────────────────────────────────────────────────────────────


def affinities(codes, perplexity: float):
    """p_ij = (p_{j|i} + p_{i|j}) / 2N

    codes (N, D) → (N, N), symmetric, with the sum 1 and p_ii = 0.
    """
    xp, N = array_module(codes), len(codes)
    codes = codes - codes.mean(axis=0)  # smaller numbers, and the same distances
    P = xp.empty((N, N), codes.dtype)
    for start in range(0, N, ROWS):
        rows = slice(start, start + ROWS)
        P[rows] = conditional(squared_distances(codes[rows], codes), start, perplexity)
    return (P + P.T) / (2 * N)


def conditional(distances, first: int, perplexity: float):
    """p_{j|i} of some rows of the table, with −Σ_j p log p = log(perplexity) in each.

    The narrower the curve, the smaller the entropy; so β = 1/2σ² is found by halving the interval
    of log β in which it must lie, for all rows at a time.

    Args:
        distances: ‖x_i − x_j‖², (n, N).
        first: the number of the first row's code, its own neighbour, which does not count.
        perplexity: of each row.

    Returns:
        (n, N) float64, each row with the sum 1.
    """
    xp, n = array_module(distances), len(distances)
    d, own = distances.astype("float64"), (xp.arange(n), first + xp.arange(n))
    d[own] = xp.inf
    d = d - d.min(axis=1, keepdims=True)    # changes no p, and the largest exp is exp(0)
    d[own] = 0
    scale = d.mean(axis=1, keepdims=True)
    low = -10 - xp.log(xp.where(scale > 0, scale, 1))                   # (n, 1), of log β
    high = low + 50
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        p, entropy = _bell(d, xp.exp(middle), own)
        wide = entropy > math.log(perplexity)
        low, high = xp.where(wide, middle, low), xp.where(wide, high, middle)
    return p


def _bell(d, beta, own):
    """p ∝ exp(−β d), and its entropy −Σ p log p = log Σ exp(−β d) + β Σ p d."""
    xp = array_module(d)
    p = xp.exp(-beta * d)
    p[own] = 0
    total = p.sum(axis=1, keepdims=True)
    p /= total
    return p, xp.log(total) + beta * (p * d).sum(axis=1, keepdims=True)


def _perplexity(codes, perplexity) -> float:
    """Check what a map is asked of, and return the perplexity."""
    N = len(codes)
    if codes.ndim != 2 or codes.dtype.kind != "f" or N < 4:
        raise ValueError(f"t-SNE lays out 4 codes or more, (N, D) of floats, not {codes.dtype} of "
                         f"shape {codes.shape}")
    if not bool(array_module(codes).isfinite(codes).all()):
        raise ValueError("a code holds NaN or infinity, which is near to nothing")
    refuse_equal(codes)
    if perplexity is None:
        return min(30.0, (N - 1) / 3)
    perplexity = number("perplexity", perplexity, at_least=1)
    if 3 * perplexity > N - 1:
        raise ValueError(f"perplexity {perplexity:g} asks for {3 * perplexity + 1:.0f} photos or "
                         f"more, and there are {N}: give {(N - 1) / 3:.4g} at most")
    return perplexity


def _random(codes, rng):
    """Draw places, as the paper begins."""
    return array_module(codes).asarray(rng.normal(size=(len(codes), 2)))


def _by_opentsne(codes, y, perplexity: float, steps: int) -> Iterator[Placed]:
    """Run the same descent with openTSNE's estimate of the gradient."""
    what = f"t-SNE of more than {MOST:,} codes"
    affinity, openTSNE = (extra(name, "tsne", what) for name in ("openTSNE.affinity", "openTSNE"))

    def run():
        P = affinity.PerplexityBasedNN(codes, perplexity, n_jobs=-1, random_state=0)
        embedding = openTSNE.TSNEEmbedding(y, P, n_jobs=-1, random_state=0)
        for done in range(0, steps, TOGETHER):
            early = done < steps // 4
            embedding = embedding.optimize(
                min(TOGETHER, steps - done), exaggeration=12 if early else None,
                momentum=0.5 if early else 0.8,
            )  # fmt: skip
            value = float(embedding.kl_divergence)
            yield Placed(min(done + TOGETHER, steps), embedding.view(type(y)).copy(), value)

    return run()
