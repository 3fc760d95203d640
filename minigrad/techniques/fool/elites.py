r"""Pictures bred until a network is sure of them: MAP-Elites, one niche for each class.

    for now in evolve(net):
        …                           # now.probabilities (K,), now.genomes, now.picture(k)

Every class is a niche, and holds the picture that the network thinks most of as this class, its
champion.  In each generation some champions have children, and *every child competes in every
niche*: it takes the place of each champion that it beats,

    champion_k ← argmax_{champion_k, children}  p_k

A child of the best church may become the best pyramid; a picture that was stuck in one class goes
on in another.  So no niche ever gets worse, and all classes are sought with one pass through the
network for each child (Mouret and Clune 2015; Nguyen, Yosinski and Clune 2015, section 2.2).

No gradient is asked for: only the answers, as anybody may ask of a network behind a door.

What a genome is says the encoding: CPPN, a formula whose pictures are regular, or DIRECT, the
pixels themselves, whose pictures stay static.

Read before: mutations.py.  Read next: fooling.py, which asks for the gradient.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import to_device, to_numpy
from minigrad.checked import whole
from minigrad.techniques.fool import cppn, mutations
from minigrad.techniques.fool.aims import class_numbers

SURE = 0.99  # the probability from which on a network is fooled


class Encoding(NamedTuple):
    """What a genome is.

    Attributes:
        name: of the encoding.
        begin: (edge of the pictures, rng) → a genome to begin with.
        child: (genome, rng, generation) → another one.
        draw: (N genomes, edge) → (N, 3, edge, edge), RGB, whole grey levels of 0–255.
    """

    name: str
    begin: Callable[[int, np.random.Generator], Any]
    child: Callable[[Any, np.random.Generator, int], Any]
    draw: Callable[[Sequence[Any], int], Any]


CPPN = Encoding(
    "cppn",
    begin=lambda size, rng: mutations.simplest(rng),
    child=lambda parent, rng, generation: mutations.child(parent, rng),
    draw=cppn.drawn,
)
DIRECT = Encoding(
    "direct",
    begin=mutations.static,
    child=mutations.speckled,
    draw=lambda genomes, size: np.stack(genomes).astype(np.float32),
)


class Elites(NamedTuple):
    """The champions after a generation.

    Attributes:
        step: the generation, from 1, the random one.
        genomes: the champion of each class, K of them.
        probabilities: what the network thinks of each as its class, (K,).
        encoding: what a genome is.
        size: the pictures' edge.
    """

    step: int
    genomes: tuple[Any, ...]
    probabilities: np.ndarray
    encoding: Encoding
    size: int

    @property
    def value(self) -> int:
        """For how many classes the network is sure, at 99 % or more."""
        return int((self.probabilities >= SURE).sum())

    @property
    def pixels(self):
        """All champions' pictures, (K, 3, size, size), drawn anew."""
        return self.encoding.draw(self.genomes, self.size)

    def picture(self, k: int):
        """The picture of class k's champion, (1, 3, size, size)."""
        return self.encoding.draw([self.genomes[k]], self.size)


def evolve(
    net, *, encoding: Encoding = CPPN, wanted: Sequence[int] | None = None, generations: int = 60,
    children: int = 64, size: int | None = None, rng: np.random.Generator | None = None,
) -> Iterator[Elites]:  # fmt: skip
    """Breed a picture of each class, and yield the champions of every generation.

    Args:
        net: a network.
        encoding: CPPN or DIRECT.
        wanted: classes that matter more: of two parents, one is drawn from these niches and one
            from all, whose champions may become theirs.  By default no class matters more.
        generations: at most; stop sooner by taking no more of them.
        children: in a generation; they go through the network together.
        size: the pictures' edge, by default the network's own.
        rng: the randomness; None is the same every time.

    Yields:
        Elites after each generation; the first one's children have no parents.

    Raises:
        TypeError, ValueError: a number makes no sense, there is no such class, or the network
            says NaN; the first three at once, before the first generation.
    """
    generations = whole("generations", generations, at_least=1)
    children = whole("children", children, at_least=1)
    size = net.input_size if size is None else whole("the edge of a picture", size, at_least=1)
    favoured = None if wanted is None else class_numbers(net, wanted, "wanted", net.class_count)
    rng = np.random.default_rng(0) if rng is None else rng
    return _run(net, encoding, favoured, generations, children, size, rng)


def _run(net, encoding, favoured, generations, children, size, rng) -> Iterator[Elites]:
    genomes = [encoding.begin(size, rng) for _ in range(children)]
    champions, best = [None] * net.class_count, np.full(net.class_count, -1.0)
    for step in itertools.count(1):
        p = _probabilities(net, encoding.draw(genomes, size))
        champions, best = compete(champions, best, genomes, p)
        yield Elites(step, tuple(champions), best, encoding, size)
        if step == generations:
            return
        parents = [champions[k] for k in niches(len(champions), favoured, children, rng)]
        genomes = [encoding.child(parent, rng, step) for parent in parents]


def _probabilities(net, pixels) -> np.ndarray:
    """What a network thinks of pictures: (N, 3, H, W) → (N, K).

    Raises:
        ValueError: it says NaN.
    """
    x = to_device(pixels.astype(net.dtype, copy=False), net.device)
    p = to_numpy(ops.softmax(net.scores(x)))
    if np.isnan(p).any():
        raise ValueError(f"{net.name} gives NaN as a score: nothing can compete for that")
    return p


def compete(champions: list, best, genomes: Sequence[Any], p):
    """Let each niche have the best of its champion and the children, who lose a draw.

    Args:
        champions: K genomes.
        best: the probability of each, (K,).
        genomes: N children.
        p: what the network thinks of them, (N, K).

    Returns:
        The new champions and their probabilities.
    """
    first = p.argmax(axis=0)                                                # (K,)
    # champion_k ← argmax p_k
    wins = p[first, np.arange(len(best))] > best
    after = [genomes[first[k]] if wins[k] else old for k, old in enumerate(champions)]
    return after, np.where(wins, p.max(axis=0), best)


def niches(count: int, favoured, children: int, rng: np.random.Generator):
    """Draw the parents' niches: (children,) numbers of 0 … count − 1; half of the favoured ones."""
    drawn = rng.integers(count, size=children)
    if favoured is None:
        return drawn
    return np.where(rng.random(children) < 0.5, rng.choice(favoured, children), drawn)
