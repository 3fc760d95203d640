r"""Metric learning: a network that is asked for distances in place of classes.

The network gives each image a place x in a space of a few dimensions, its embedding.  Nobody says
where; a loss only says of a batch who belongs together and who does not:

    contrastive     pairs       like ones at distance 0, unlike ones at least m apart
                                (Hadsell, Chopra and LeCun 2006)
    triplet         threes      the like one nearer than the unlike one, by α at least
                                (Schroff, Kalenichenko and Philbin 2015)
    lifted          a pair      nearer than all the unlike ones of its two members
                                (Song, Xiang, Jegelka and Savarese 2016)
    n_pair          a pair      chosen by a softmax among the pairs of all classes
                                (Sohn 2016)

So there is a place, too, for an image of a class that was never shown, for which there is no score.

All but the last are made of distances D.  √ has an infinite slope at 0, and two images at one place
would have the gradient ∞ · 0 = NaN.  `distances` has 0 there: no direction leads away from itself.

Read before: training.py.  Read next: retrieval.py.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import Array, array_module, to_numpy
from minigrad.checked import nearest, number
from minigrad.tensor import data_of, op


@op
def distances(a: Array, b: Array):
    r"""D_ij = ‖a_i − b_j‖          ∂L/∂a_i = Σ_j g_ij (a_i − b_j) / D_ij,  0 where D_ij = 0

    a (N, K), b (M, K) → D (N, M).  From the differences themselves, N · M · K numbers, and not from
    ‖a‖² + ‖b‖² − 2 a·b, which rounds away what lies close together.
    """
    xp = array_module(a, b)
    apart = a[:, None] - b                                              # (N, M, K)
    D = xp.sqrt((apart * apart).sum(axis=2))                            # (N, M)

    def pull(g):  # g_ij along the unit vector from b_j to a_i
        share = xp.where(D > 0, g, 0) / xp.where(D > 0, D, 1)
        return apart * share[..., None]                                 # (N, M, K)

    return D, lambda g: pull(g).sum(axis=1), lambda g: -pull(g).sum(axis=0)


class Pairs(NamedTuple):
    """Who is alike in a batch: two tables of bools (N, N); nobody is paired with itself."""

    alike: Any
    unlike: Any


def pairs_of(labels) -> Pairs:
    """Pairs with the same label, whole numbers (N,), and pairs with two; Pairs stay as they are.

    Raises:
        ValueError: no two images are alike, or none are unlike.
    """
    if not isinstance(labels, Pairs):
        labels = to_numpy(labels)
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise ValueError(f"labels are whole numbers (N,), not {labels.dtype} {labels.shape}")
        same = labels[:, None] == labels
        labels = Pairs(same & ~np.eye(len(same), dtype=bool), ~same)
    N = len(labels.alike)
    if not labels.alike.any():
        raise ValueError(f"no two of these {N} images are alike, so that nothing is brought "
                         "together: put two of a class or more into a batch")
    if not labels.unlike.any():
        raise ValueError(f"these {N} images are all alike, so that nothing is kept apart: put two "
                         "classes or more into a batch")
    return labels


# ── Pairs ───────────────────────────────────────────────────────────────────────────────────────


@op
def contrastive_loss(D: Array, Y, weight=1.0, margin=1.0):
    r"""L = Σ w · [(1 − Y) ½ D² + Y ½ max(0, m − D)²] / Σ w     (Hadsell et al. 2006, equation 4)

    ∂L/∂D = w · ((1 − Y) D − Y max(0, m − D)) / Σ w: between like ones, Y = 0, a spring that is at
    rest at distance 0; between unlike ones, Y = 1, one that pushes, and is at rest from m on.

    D distances of any shape, Y of the same, 0 or 1, w how much each pair counts; → one number.
    """
    xp = array_module(D)
    Y, w = (xp.broadcast_to(xp.asarray(one, D.dtype), D.shape) for one in (Y, weight))
    w = w / w.sum()
    short = xp.maximum(margin - D, 0)
    y = (w * ((1 - Y) * D * D + Y * short * short)).sum() / 2
    return y, lambda g: g * w * ((1 - Y) * D - Y * short), None, None


def contrastive(x, labels, margin: float = 1.0):
    r"""The contrastive loss of all pairs of a batch, half of it of like ones, half of unlike ones.

    Of ten classes a batch has nine times as many unlike pairs, which would leave little for the
    others.

    Args:
        x: embeddings (N, K).
        labels: whole numbers (N,), or Pairs.
        margin: m, from where on unlike ones are left alone.

    Raises:
        ValueError: see `pairs_of`.
    """
    D, (alike, unlike) = _distances_and_pairs(x, labels)
    weight = alike / alike.sum() + unlike / unlike.sum()
    return contrastive_loss(D, unlike, weight.astype(D.dtype), number("margin", margin, above=0))


# ── Triplets ────────────────────────────────────────────────────────────────────────────────────

MINING = ("all", "semi-hard", "hardest")


@op
def triplet_loss(D: Array, chosen, margin=0.2):
    r"""L = mean of max(0, D_ap − D_an + α) over the chosen (a, p, n)   (Schroff et al. 2015, eq. 2)

    ∂L/∂D_ap = how many n still make a loss with it / count, and ∂L/∂D_an = −how many p

    D (N, N), chosen bools (N, N, N) by [a, p, n]; → one number, 0 where none is chosen.
    """
    xp = array_module(D)
    loss = D[:, :, None] - D[:, None, :] + margin                       # (N, N, N)
    active = xp.asarray(chosen) & (loss > 0)
    count = xp.maximum(xp.asarray(chosen).sum(), 1).astype(D.dtype)

    def back(g):
        return (active.sum(axis=2) - active.sum(axis=1)).astype(D.dtype) * (g / count)

    return xp.where(active, loss, 0).sum() / count, back, None


def triplet(x, labels, margin: float = 0.2, mining: str = "semi-hard", squared: bool = False):
    r"""max(0, ‖a − p‖ − ‖a − n‖ + α) of the triplets of a batch that teach most.

        semi-hard       D_ap < D_an < D_ap + α: right, but not by enough (equation 4)
        hardest         of each a the farthest p and the nearest n (Hermans, Beyer and Leibe 2017).
                        Early on it may bring all images to one place, where D_ap − D_an + α = α,
                        less than any mistake costs, and stay there
        all             every one, of which most have long been right

    Args:
        x: embeddings (N, K).
        labels: whole numbers (N,), or Pairs.
        margin: α.
        mining: one of these.
        squared: take ‖·‖², as FaceNet does, in place of ‖·‖.

    Raises:
        ValueError: see `pairs_of`; or there is no such mining.
    """
    margin = number("margin", margin, above=0)
    D, pairs = _distances_and_pairs(x, labels)
    D = D * D if squared else D
    return triplet_loss(D, mined(data_of(D), pairs, margin, mining), margin)


def mined(D, pairs: Pairs, margin: float, mining: str):
    """Choose triplets by their distances (N, N): bools (N, N, N) by [a, p, n]."""
    if mining not in MINING:
        raise ValueError(f"there is no mining {mining!r}; {nearest(mining, MINING)}")
    xp, (alike, unlike) = array_module(D), pairs
    every = alike[:, :, None] & unlike[:, None, :]
    near, far = D[:, :, None], D[:, None, :]                            # to p, to n
    if mining == "semi-hard":
        return every & (near < far) & (far < near + margin)
    if mining == "hardest":
        p = xp.where(alike, D, -xp.inf).argmax(axis=1)                  # (N,)
        n = xp.where(unlike, D, xp.inf).argmin(axis=1)
        at = xp.arange(len(D))
        return every & (at == p[:, None])[:, :, None] & (at == n[:, None])[:, None, :]
    return every


# ── Batches ─────────────────────────────────────────────────────────────────────────────────────


@op
def lifted_loss(D: Array, alike, unlike, margin=1.0):
    r"""L = 1 / 2|P| · Σ_{ij ∈ P} max(0, J_ij)²                    (Song et al. 2016, equation 4)

    J_ij = log( Σ_k e^{α − D_ik} + Σ_l e^{α − D_jl} ) + D_ij        k, l unlike i, j

    The logarithm is a smooth maximum: nearly α less the distance of the nearest unlike one.  So its
    gradient is a softmax: ∂J_ij/∂D_ij = 1, ∂J_ij/∂D_ik = −e^{α − D_ik} / both sums.

    D (N, N), alike and unlike bools (N, N); → one number.
    """
    xp = array_module(D)
    alike, unlike = xp.asarray(alike), xp.asarray(unlike)
    s = xp.where(unlike, margin - D, -xp.inf)                           # (N, N)
    top = xp.where(unlike.any(axis=1), s.max(axis=1), 0)            # (N,), so that no e overflows
    e = xp.exp(s - top[:, None])
    tops = xp.maximum(top[:, None], top)                                # (N, N) by [i, j]
    own = e.sum(axis=1)[:, None] * xp.exp(top[:, None] - tops)          # Σ_k, in units of e^tops
    both = xp.where(alike, own + own.T, 1)
    J = xp.where(alike, xp.maximum(xp.log(both) + tops + D, 0), 0)
    P = alike.sum().astype(D.dtype)

    def back(g):
        G = J * (g / P)                                                 # ∂L/∂J
        of_e = ((G + G.T) * xp.exp(top[:, None] - tops) / both).sum(axis=1, keepdims=True)
        return G - e * of_e

    return (J * J).sum() / (2 * P), back, None, None


def lifted(x, labels, margin: float = 1.0):
    r"""The lifted structure loss of a batch; arguments and errors are those of `contrastive`."""
    D, (alike, unlike) = _distances_and_pairs(x, labels)
    return lifted_loss(D, alike, unlike, number("margin", margin, above=0))


def n_pair(x, labels, norm: float = 0.002):
    r"""L = mean_i log(1 + Σ_{j ≠ i} e^{a_i·p_j − a_i·p_i}) + λ mean ‖x‖²    (Sohn 2016, equation 6)

    a_i, p_i a pair of class i.  The logarithm is the cross entropy of the products A Pᵀ, whose
    right answers stand on the diagonal: a classifier whose classes are the pairs of the batch.
    Where a class has 4, 6, … images they make a second, third, … set of pairs, and all sets count
    alike.  Products can grow without bound, and the second term holds them back.

    Args:
        x: embeddings (N, K).
        labels: whole numbers (N,).
        norm: λ.

    Raises:
        ValueError: there are not two classes with two images each.
    """
    norm, sets = number("norm", norm, at_least=0), pair_sets(labels)
    xp = array_module(data_of(x))
    total = norm * (x * x).sum(axis=1).mean()
    for a, p in sets:
        products = x[xp.asarray(a)] @ x[xp.asarray(p)].T                # A Pᵀ, (classes, classes)
        total = total + ops.cross_entropy(products, np.arange(len(a))) / float(len(sets))
    return total


def pair_sets(labels) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sets of pairs (a (P,), p (P,)), numbers of images, in each one pair of every class, P ≥ 2."""
    alike, _ = pairs_of(labels)
    labels = to_numpy(labels)
    members = [np.flatnonzero(labels == k) for k in np.unique(labels)]
    sets = []
    for n in range(0, int(alike.sum(axis=1).max()), 2):
        pairs = [own[n : n + 2] for own in members if len(own) > n + 1]
        if len(pairs) > 1:
            sets.append(tuple(np.stack(pairs, axis=1)))
    if not sets:
        raise ValueError("n_pair compares pairs of several classes, and only one class has two "
                         "images in this batch: put two of a class or more into it")
    return sets


LOSSES = {"contrastive": contrastive, "triplet": triplet, "lifted": lifted, "n-pair": n_pair}


def _distances_and_pairs(x, labels):
    """D (N, N) of embeddings with each other, and who is alike, where they are."""
    pairs, xp = pairs_of(labels), array_module(data_of(x))
    if x.ndim != 2 or len(x) != len(pairs.alike):
        raise ValueError(f"embeddings of shape {x.shape} do not fit {len(pairs.alike)} labels: "
                         "give (N, K) and (N,)")
    return distances(x, x), Pairs(*map(xp.asarray, pairs))
