r"""How a picture has children: each way to change a genome a little, and the two ways together.

A CPPN (cppn.py) grows as in NEAT (Stanley and Miikkulainen 2002): it begins without hidden nodes,
every input tied to every output, and its children may gain or lose nodes and connections.

    add_node            a connection is split in two by a node halfway between its ends
    add_connection      between two nodes that have none
    remove_node         with all that leads there and away
    remove_connection
    redirect            the end of a connection moves to another node
    change_weights      each with chance 0.1, by polynomial mutation
    change_functions    each with chance 0.1

A picture of pixels, the direct encoding, has but one: each number, with chance 0.1 that is halved
every 1000 generations, by the same polynomial mutation (Nguyen et al. 2015, section 2.2).

*Polynomial mutation* (Deb 2001) moves a number by δ times its range, δ in (−1, 1) with
the density (η + 1)/2 · (1 − |δ|)^η.  With η = 15, as there, half of the moves are below 4.3 %.

The chances are those of the authors' published code, where the paper does not tell them.

Read before: cppn.py.  Read next: elites.py.
"""

import numpy as np

from minigrad.backend import to_numpy
from minigrad.techniques.fool.cppn import (
    FIRST_HIDDEN,
    FUNCTIONS,
    INPUTS,
    OUTPUTS,
    Connection,
    Genome,
    Node,
)

LARGEST = 10.0  # weights lie in [−10, 10]
SPREAD = 3.0    # the standard deviation of a new weight
ETA = 15        # η: the larger, the smaller the moves
RATE = 0.1      # the chance of a weight, a function or a pixel to change
HALVED = 1000   # generations after which a pixel's chance is half as large
CHANCES = {"add_node": 0.5, "remove_node": 0.2, "add_connection": 0.5, "remove_connection": 0.3,
           "redirect": 0.5}


def polynomial(values, low: float, high: float, rng: np.random.Generator):
    """Move each number by polynomial mutation, within its range.

    δ = (2u)^{1/(η+1)} − 1 for u < ½, 1 − (2 − 2u)^{1/(η+1)} else; u uniform in [0, 1)
    """
    u = rng.random(np.shape(values), np.float32)
    far = np.minimum(2 * u, 2 - 2 * u) ** np.float32(1 / (ETA + 1)) - 1     # −1 … 0
    return (values + (high - low) * np.where(u < 0.5, far, -far)).clip(low, high)


# ── A CPPN ──────────────────────────────────────────────────────────────────────────────────────


def simplest(rng: np.random.Generator) -> Genome:
    """A genome without hidden nodes, every input tied to every output."""
    inputs = [Node(kind, 0.0) for kind in INPUTS]
    outs = [Node(some_function(rng), 1.0) for _ in OUTPUTS]
    ties = [
        Connection(source, len(INPUTS) + target, some_weight(rng))
        for source in range(len(inputs)) for target in range(len(outs))
    ]
    return Genome((*inputs, *outs), tuple(ties))


def child(parent: Genome, rng: np.random.Generator) -> Genome:
    """A genome that differs a little: each way with its chance, one after another."""
    for way, chance in WAYS:
        if rng.random() < chance:
            parent = way(parent, rng)
    return change_functions(change_weights(parent, rng), rng)


def add_node(g: Genome, rng: np.random.Generator) -> Genome:
    """Split a connection in two by a node halfway between its ends."""
    if not g.connections:
        return g
    i = rng.integers(len(g.connections))
    source, target, weight = g.connections[i]
    new = len(g.nodes)
    depth = (g.nodes[source].depth + g.nodes[target].depth) / 2
    halves = Connection(source, new, weight), Connection(new, target, some_weight(rng))
    nodes = (*g.nodes, Node(some_function(rng), depth))
    return Genome(nodes, (*without(g.connections, i), *halves))


def add_connection(g: Genome, rng: np.random.Generator) -> Genome:
    """Tie two nodes; nothing changes if they are tied already, or if it would lead backwards."""
    ends = int(rng.integers(len(g.nodes))), int(rng.integers(len(INPUTS), len(g.nodes)))
    if not fits(g, *ends):
        return g
    return g._replace(connections=(*g.connections, Connection(*ends, some_weight(rng))))


def remove_node(g: Genome, rng: np.random.Generator) -> Genome:
    """Take a hidden node away, with all that leads there and away."""
    if len(g.nodes) == FIRST_HIDDEN:
        return g
    gone = int(rng.integers(FIRST_HIDDEN, len(g.nodes)))
    kept = [
        Connection(source - (source > gone), target - (target > gone), weight)  # the later move up
        for source, target, weight in g.connections if gone not in (source, target)
    ]
    return Genome(without(g.nodes, gone), tuple(kept))


def remove_connection(g: Genome, rng: np.random.Generator) -> Genome:
    """Take a connection away."""
    if not g.connections:
        return g
    return g._replace(connections=without(g.connections, rng.integers(len(g.connections))))


def redirect(g: Genome, rng: np.random.Generator) -> Genome:
    """Let a connection end at another node, or leave it where it cannot."""
    if not g.connections:
        return g
    i = rng.integers(len(g.connections))
    source, _, weight = g.connections[i]
    target = int(rng.integers(len(INPUTS), len(g.nodes)))
    if not fits(g, source, target):
        return g
    moved = Connection(source, target, weight)
    return g._replace(connections=(*without(g.connections, i), moved))


def change_weights(g: Genome, rng: np.random.Generator) -> Genome:
    """Move each weight with chance 0.1."""
    weights = np.array([c.weight for c in g.connections])
    chosen = rng.random(len(weights)) < RATE
    moved = np.where(chosen, polynomial(weights, -LARGEST, LARGEST, rng), weights)
    ties = zip(g.connections, moved, strict=True)
    return g._replace(connections=tuple(c._replace(weight=float(w)) for c, w in ties))


def change_functions(g: Genome, rng: np.random.Generator) -> Genome:
    """Give each node that has a function another one with chance 0.1."""
    nodes = [
        node._replace(kind=some_function(rng)) if node.depth and rng.random() < RATE else node
        for node in g.nodes
    ]
    return g._replace(nodes=tuple(nodes))


WAYS = [
    (add_node, CHANCES["add_node"]), (add_connection, CHANCES["add_connection"]),
    (remove_node, CHANCES["remove_node"]), (remove_connection, CHANCES["remove_connection"]),
    (redirect, CHANCES["redirect"]),
]


def some_function(rng: np.random.Generator) -> str:
    """Draw the name of a function."""
    return list(FUNCTIONS)[rng.integers(len(FUNCTIONS))]


def some_weight(rng: np.random.Generator) -> float:
    """Draw a weight."""
    return float(np.clip(SPREAD * rng.standard_normal(), -LARGEST, LARGEST))


def fits(g: Genome, source: int, target: int) -> bool:
    """May a connection lead there?  To a deeper node, and there is none yet."""
    deeper = g.nodes[source].depth < g.nodes[target].depth
    return deeper and not any(c[:2] == (source, target) for c in g.connections)


def without(items: tuple, i: int) -> tuple:
    """The same items but the one at i."""
    return items[:i] + items[i + 1 :]


# ── Pixels ──────────────────────────────────────────────────────────────────────────────────────


def static(size: int, rng: np.random.Generator):
    """A picture whose every number is drawn from 0–255: (3, size, size) bytes."""
    return rng.integers(0, 256, (3, size, size), np.uint8)


def speckled(parent, rng: np.random.Generator, generation: int):
    """A picture some of whose numbers moved: (3, H, W) bytes → (3, H, W) bytes."""
    # chance 0.1, halved every 1000 generations
    chance = RATE / 2 ** (generation // HALVED)
    child = to_numpy(parent).copy()
    chosen = rng.random(child.shape, np.float32) < chance
    child[chosen] = np.rint(polynomial(child[chosen].astype(np.float32), 0, 255, rng))
    return child
