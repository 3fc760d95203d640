"""Genomes of pictures: what each part draws, what each mutation does, and the record of both."""

import json

import numpy as np
import pytest

from minigrad.techniques.fool import cppn, mutations
from minigrad.techniques.fool.cppn import Connection, Genome, Node, drawn, genome, record

INPUTS = tuple(Node(kind, 0.0) for kind in cppn.INPUTS)
SIDE = 33  # odd, so that one pixel is in the middle


def formula(brightness, *, kind="linear", saturation=0.0, hue=0.0):
    """A genome whose brightness is kind(Σ weight · input), by the inputs' names."""
    outs = (Node("linear", 1.0), Node("linear", 1.0), Node(kind, 1.0))
    ties = [Connection(cppn.INPUTS.index(name), 6, w) for name, w in brightness.items()]
    flat = [Connection(3, 4, hue), Connection(3, 5, saturation)]
    return Genome(INPUTS + outs, (*ties, *flat))


def grown(seed, children=15):
    """A genome with some generations behind it."""
    rng = np.random.default_rng(seed)
    one = mutations.simplest(rng)
    for _ in range(children):
        one = mutations.child(one, rng)
    return one


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "f"), [
    ("sine", np.sin), ("gaussian", lambda a: np.exp(-(a**2))), ("linear", lambda a: a),
    ("sigmoid", lambda a: 2 / (1 + np.exp(-2 * a)) - 1),
])
def test_a_node_is_its_function_of_the_weighted_sum(kind, f):
    picture = drawn([formula({"x": 2.0, "one": 0.5}, kind=kind)], SIDE)[0]
    x = (2 * np.arange(SIDE) + 1) / SIDE - 1
    expected = np.rint(255 * np.abs(f(2 * x + 0.5)).clip(0, 1))
    assert np.abs(picture - expected).max() <= 1            # float32 may round a half otherwise
    assert (picture[0] == picture[1]).all()                 # without saturation all is grey


def test_x_leads_right_y_leads_down_and_the_radius_outwards():
    right, down, out = drawn([formula({name: 0.5}) for name in ("x", "y", "radius")], SIDE)[:, 0]
    middle = SIDE // 2
    assert (right == right[0]).all() and (down == down[:, :1]).all()
    assert right[0, middle] == down[middle, 0] == out[middle, middle] == 0
    assert (out == out.T).all() and (out == out[::-1]).all() and out[0, 0] > out[0, middle] > 0


@pytest.mark.parametrize(("hue", "colour"), [
    ((0 - cppn.HUE) / cppn.TURN, (255, 0, 0)), ((1 / 3 - cppn.HUE) / cppn.TURN, (0, 255, 0)),
    ((2 / 3 - cppn.HUE) / cppn.TURN, (0, 0, 255)), ((7 / 6 - cppn.HUE) / cppn.TURN, (255, 255, 0)),
])
def test_the_hue_goes_round_the_circle_of_colours(hue, colour):
    picture = drawn([formula({"one": 1.0}, saturation=1.0, hue=hue)], 2)
    assert np.abs(picture[0, :, 0, 0] - colour).max() <= 1


def test_a_picture_is_whole_grey_levels_in_the_box():
    pictures = drawn([grown(seed) for seed in range(12)], 24)
    assert pictures.dtype == np.float32 and (pictures == pictures.round()).all()
    assert pictures.min() >= 0 and pictures.max() <= 255 and pictures.std(axis=(1, 2, 3)).max() > 30


def test_a_picture_is_the_same_alone_and_among_others():
    some = [grown(seed) for seed in range(5)]
    assert (drawn(some, 40) == np.concatenate([drawn([one], 40) for one in some])).all()


def test_a_formula_has_no_size():
    """Where pixels' middles coincide, as at three times the size, the colours are the same."""
    one = grown(3)
    small, large = drawn([one], 21), drawn([one], 63)
    assert np.abs(small - large[:, :, 1::3, 1::3]).max() <= 1


def test_a_chain_of_linear_nodes_stays_finite():
    nodes = [*INPUTS, *(Node("linear", 1.0),) * 3, *(Node("linear", n / 200) for n in range(1, 99))]
    ties = [Connection(n, n + 1, 10.0) for n in range(7, len(nodes) - 1)]
    chain = Genome(tuple(nodes), (Connection(0, 7, 10.0), *ties, Connection(len(nodes) - 1, 6, 9)))
    assert np.isfinite(drawn([chain], 8)).all()


# ── Records ─────────────────────────────────────────────────────────────────────────────────────


def test_a_genome_comes_back_from_json_as_it_was():
    one = grown(1)
    assert genome(json.loads(json.dumps(record(one)))) == one


def changed(**changes):
    return {**record(formula({"x": 1.0})), **changes}


NODES = record(formula({}))["nodes"]


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({}, "a genome has nodes, each a kind and a depth"),
    ([], "a genome has nodes, each a kind and a depth"),
    (changed(nodes=[[1]]), "a genome has nodes, each a kind and a depth"),
    (changed(nodes=NODES[:6]), "has 7 nodes or more, not 6"),
    (changed(nodes=[*NODES, ["sinus", 0.5]]), "node 7 is 'sinus'; did you mean sine?"),
    (changed(nodes=[*NODES, ["sine", 1.5]]), "the depth of node 7 is 1.5"),
    (changed(nodes=[*NODES, ["sine", 1.0]]), "node 7 is 'sine' at depth 1: the inputs"),
    (changed(nodes=NODES[::-1]), "node 0 is 'linear' at depth 1: the inputs x, y"),
    (changed(connections=[[0, 9, 1.0]]), "leads from 0 to 9: the nodes are 0–6"),
    (changed(connections=[[4, 5, 1.0]]), "from 4 to 5 leads to no deeper node"),
    (changed(connections=[[0, 4, float("nan")]]), "the weight from 0 to 4 is nan"),
])
def test_what_is_no_genome_is_one_sentence(wrong, sentence):
    with pytest.raises(ValueError, match="(?s).*") as error:
        genome(wrong)
    assert sentence in str(error.value) and "\n" not in str(error.value)


# ── Mutations ───────────────────────────────────────────────────────────────────────────────────


def test_the_simplest_genome_ties_every_input_to_every_output(rng):
    one = mutations.simplest(rng)
    assert {c[:2] for c in one.connections} == {(s, t) for s in range(4) for t in (4, 5, 6)}
    assert len(one.nodes) == 7 and genome(record(one)) == one


def test_a_new_node_splits_a_connection_halfway(rng):
    before = mutations.simplest(rng)
    after = mutations.add_node(before, rng)
    (gone,) = set(before.connections) - set(after.connections)
    first, second = set(after.connections) - set(before.connections)
    if first.source == 7:
        first, second = second, first
    assert (first.source, first.target, first.weight) == (gone.source, 7, gone.weight)
    assert (second.source, second.target) == (7, gone.target)
    assert after.nodes[:7] == before.nodes and after.nodes[7].depth == 0.5


def test_a_new_connection_leads_deeper_and_is_not_there_twice(rng):
    one = mutations.add_node(mutations.simplest(rng), rng)
    for _ in range(200):
        one = mutations.add_connection(one, rng)
    ends = [c[:2] for c in one.connections]
    depth = [node.depth for node in one.nodes]
    everywhere = {(s, t) for s in range(8) for t in range(4, 8) if depth[s] < depth[t]}
    assert len(ends) == len(set(ends)) and set(ends) == everywhere


def test_a_node_goes_with_all_that_leads_there_and_the_later_ones_move_up(rng):
    one = mutations.simplest(rng)
    for _ in range(4):
        one = mutations.add_node(one, rng)
    after = mutations.remove_node(one, np.random.default_rng(3))
    gone = int(np.random.default_rng(3).integers(7, 11))
    assert after.nodes == mutations.without(one.nodes, gone)
    kept = [c for c in one.connections if gone not in c[:2]]
    assert [c.weight for c in after.connections] == [c.weight for c in kept]
    assert genome(record(after)) == after
    assert mutations.remove_node(mutations.simplest(rng), rng).nodes[4:].__len__() == 3


def test_a_connection_goes_and_an_empty_genome_stays_as_it_is(rng):
    one = mutations.simplest(rng)
    after = mutations.remove_connection(one, rng)
    assert len(set(one.connections) - set(after.connections)) == 1
    empty = one._replace(connections=())
    for way in (mutations.remove_connection, mutations.add_node, mutations.redirect):
        assert way(empty, rng) == empty
    assert (drawn([empty], 4) >= 0).all()


def test_a_redirected_connection_keeps_its_source_and_its_weight(rng):
    one = mutations.remove_connection(mutations.simplest(rng), rng)
    after = next(g for g in (mutations.redirect(one, rng) for _ in range(100)) if g != one)
    (before,), (moved,) = (set(a.connections) - set(b.connections)
                           for a, b in ((one, after), (after, one)))
    assert (moved.source, moved.weight) == (before.source, before.weight)
    assert moved.target != before.target


def test_a_tenth_of_the_weights_and_of_the_functions_change(rng):
    one = mutations.simplest(rng)
    weights = [mutations.change_weights(one, rng) for _ in range(500)]
    moved = [a != b for g in weights for a, b in zip(g.connections, one.connections, strict=True)]
    assert np.mean(moved) == pytest.approx(0.1, abs=0.02)
    kinds = [mutations.change_functions(one, rng) for _ in range(1000)]
    other = [a != b for g in kinds for a, b in zip(g.nodes[4:], one.nodes[4:], strict=True)]
    assert np.mean(other) == pytest.approx(0.1 * 3 / 4, abs=0.02)   # one draw in four is the same
    assert all(g.nodes[:4] == one.nodes[:4] for g in kinds)


def test_polynomial_mutation_has_its_density(rng):
    """P(|δ| < d) = 1 − (1 − d)^{η+1}, on both sides alike."""
    delta = mutations.polynomial(np.zeros(40_000), -0.5, 0.5, rng)
    for d in (0.02, 0.0424, 0.1):
        assert (abs(delta) < d).mean() == pytest.approx(1 - (1 - d) ** 16, abs=0.01)
    assert (delta > 0).mean() == pytest.approx(0.5, abs=0.01)
    at_the_edge = mutations.polynomial(np.full(100, 10.0), -10, 10, rng)
    assert at_the_edge.max() == 10 and at_the_edge.min() < 10


def test_a_childs_genome_is_whole_after_many_generations():
    one = grown(0, children=150)
    assert genome(record(one)) == one and all(abs(c.weight) <= 10 for c in one.connections)


def test_a_tenth_of_the_pixels_move_and_half_as_many_after_1000_generations(rng):
    parent = mutations.static(64, rng)
    for generation, share in ((1, 0.1), (999, 0.1), (1000, 0.05), (2500, 0.025)):
        child = mutations.speckled(parent, rng, generation)
        assert child.dtype == np.uint8
        # some that are chosen are rounded back to where they were
        assert 0.85 * share < (child != parent).mean() < 1.02 * share
