r"""A picture as a formula that can be bred: a network from a place to its colour, a CPPN.

    (x, y, r, 1)  →  hidden nodes  →  (hue, saturation, brightness) of the pixel at (x, y)

In a compositional pattern producing network (Stanley 2007) every node has a function of its own,

    value = f( Σ weight · value of the source ),     f one of sine, sigmoid, gaussian, linear

and what the functions are good at shows in the picture: a sine repeats, a gaussian is the same on
both sides, r, the distance from the middle, makes rings.  One weight bears on the whole picture, so
a small change of the formula gives another regular picture and not a speck (Nguyen, Yosinski and
Clune 2015, "Deep neural networks are easily fooled", section 2.2: the indirect encoding).

A genome is the formula, a plain record: `record` makes lists and numbers of it that JSON can hold,
and `genome` reads them.  It has no size: it is drawn with as many pixels as one likes.

    nodes           a kind and a depth: inputs at 0, outputs at 1, hidden ones between
    connections     from node, to node, weight; always to a deeper one, so nothing runs in a circle

Read before: minigrad/ops/activation.py.  Read next: mutations.py.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minigrad.checked import nearest, number, whole
from minigrad.ops.fast import threads

INPUTS = "x", "y", "radius", "one"          # nodes 0 … 3
OUTPUTS = "hue", "saturation", "brightness"  # nodes 4 … 6
FIRST_HIDDEN = len(INPUTS) + len(OUTPUTS)

FUNCTIONS = {
    "sine": np.sin,
    "sigmoid": np.tanh,                     # 2 σ(2a) − 1, so that it has both signs
    "gaussian": lambda a: np.exp(-a * a),
    "linear": lambda a: a.clip(-10, 10),    # or a chain of them would leave a float's range
}
HUE, TURN = 0.08, 0.5  # hue = 0.08 + h/2: orange where h is 0, blue where it is −1 or 1


class Node(NamedTuple):
    """One node: its function's name, or the input that it is, and its depth, 0–1."""

    kind: str
    depth: float


class Connection(NamedTuple):
    """What one node hands to a deeper one; nodes are known by their numbers."""

    source: int
    target: int
    weight: float


class Genome(NamedTuple):
    """A formula for a picture: the nodes, and the connections between them."""

    nodes: tuple[Node, ...]
    connections: tuple[Connection, ...]


# ── From a genome to a picture ──────────────────────────────────────────────────────────────────


def drawn(genomes: Sequence[Genome], size: int):
    """The pictures of genomes: (N, 3, size, size) float32, RGB, whole grey levels of 0–255.

    Whole, as a file holds them: what is said of the picture is said of the file.  Each is computed
    by itself, so a genome's picture is the same, bit for bit, alone and among others.
    """
    size = whole("the edge of a picture", size, at_least=1)
    pixels = np.empty((len(genomes), 3, size, size), np.float32)
    places = coordinates(size)

    def work(parts):
        for n in parts:
            pixels[n] = rgb(*outputs(genomes[n], places)).reshape(3, size, size)

    threads.spread(work, range(len(genomes)), pixels)
    return np.rint(255 * pixels)


def coordinates(size: int):
    """The inputs at each pixel's middle: x and y from −1 to 1, r = √(x² + y²), 1: (4, size²)."""
    t = (2 * np.arange(size, dtype=np.float32) + 1) / size - 1
    y, x = np.meshgrid(t, t, indexing="ij")                                 # (size, size)
    return np.stack([x, y, np.hypot(x, y), np.ones_like(x)]).reshape(len(INPUTS), -1)


def outputs(genome: Genome, places):
    """h, s and v at each place: (4, P) → (3, P).  Nodes come in the order of their depth."""
    nodes = genome.nodes
    values = np.empty((len(nodes), places.shape[1]), np.float32)
    values[: len(INPUTS)] = places
    for n in sorted(range(len(INPUTS), len(nodes)), key=lambda n: nodes[n].depth):
        into = [c for c in genome.connections if c.target == n]
        weights = np.array([c.weight for c in into], np.float32)
        # value = f( Σ weight · value of the source )
        values[n] = FUNCTIONS[nodes[n].kind](weights @ values[[c.source for c in into]])
    return values[len(INPUTS) : FIRST_HIDDEN]


def rgb(h, s, v):
    """The outputs as a colour, 0–1: each (P,) → (3, P).

    The hue is a place on the circle of colours, the others are sizes, and so without their signs.
    """
    s, v = abs(s).clip(0, 1), abs(v).clip(0, 1)
    sixths = 6 * ((HUE + TURN * h) % 1)                                     # red 0, yellow 1, …
    k = (np.array([[5], [3], [1]], np.float32) + sixths) % 6                # (3, P)
    # v − v · s · clip(min(k, 4 − k)): 0 where the colour is full, 1 where there is none of it
    return v - v * s * np.minimum(k, 4 - k).clip(0, 1)


# ── From a genome to a record, and back ─────────────────────────────────────────────────────────


def record(genome: Genome) -> dict:
    """The genome as lists, strings and numbers, for JSON."""
    return {name: [list(item) for item in items] for name, items in genome._asdict().items()}


def genome(record: Mapping) -> Genome:
    """Read a record.

    Raises:
        ValueError: it is no genome; the sentence says where.
    """
    try:
        nodes = [Node(*item) for item in record["nodes"]]
        connections = [Connection(*item) for item in record["connections"]]
    except (KeyError, TypeError):
        raise ValueError("a genome has nodes, each a kind and a depth, and connections, each from, "
                         "to and a weight") from None
    for n, node in enumerate(nodes):
        _check_node(n, node)
    if len(nodes) < FIRST_HIDDEN:
        raise ValueError(f"a genome has {FIRST_HIDDEN} nodes or more, not {len(nodes)}: "
                         f"{', '.join(INPUTS + OUTPUTS)} and what is hidden")
    for connection in connections:
        _check_connection(connection, nodes)
    return Genome(tuple(nodes), tuple(connections))


def _check_node(n: int, node: Node) -> None:
    depth = number(f"the depth of node {n}", node.depth, at_least=0, at_most=1)
    if n < len(INPUTS):
        fits = (node.kind, depth) == (INPUTS[n], 0)
    else:
        fits = depth == 1 if n < FIRST_HIDDEN else 0 < depth < 1
        if node.kind not in FUNCTIONS:
            raise ValueError(f"node {n} is {node.kind!r}; {nearest(node.kind, FUNCTIONS)}")
    if not fits:
        raise ValueError(f"node {n} is {node.kind!r} at depth {depth:g}: the inputs "
                         f"{', '.join(INPUTS)} come first, at 0, then three outputs, at 1, then "
                         "what is hidden, between")


def _check_connection(connection: Connection, nodes) -> None:
    source, target, weight = connection
    last = len(nodes) - 1
    if max(whole("a node", source), whole("a node", target)) > last:
        raise ValueError(f"a connection leads from {source} to {target}: the nodes are 0–{last}")
    if not nodes[source].depth < nodes[target].depth:
        raise ValueError(f"the connection from {source} to {target} leads to no deeper node")
    number(f"the weight from {source} to {target}", weight)
