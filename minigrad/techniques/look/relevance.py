r"""Layer-wise relevance propagation: a score shared out among the pixels, so that parts add up.

    S = Σ_pixels R + what the layers kept for their biases and for ε

A gradient says what would change the score; relevance says what it is made of.  Both walk the same
way back: with R = activation · gradient each form of relevance propagation is a rule at the layers
with weights, for one call of `grad` (minigrad/relevance.py).

No single rule is good everywhere (Montavon et al. 2019).  LRP-0 is as torn as the gradient, γ is
smooth and tells classes less apart.  So another one is taken at each depth: zᴮ for the pixels, γ
below, ε above, and at the top LRP-0, or γ again.  `composite` makes that table, which one may print
and change:

    rules = composite(net) | {"conv5_2": Rule("epsilon", 0.1)}
    found = relevance(net, pixels, class_score(3), rules=rules)

A bias gets its share as every input does, and keeps it.  In MiniVGG, where batch norm is folded
into the biases, that of fc7 takes more than there is: 10.0 of a score of 9.6 on the face.  The
inputs together then speak against the class, and so does half of an LRP-0 map.  γ at the top asks
what speaks for it.

The first layer reads the photo after preprocessing, whose zero is the mean colour: but for zᴮ,
relevance is about how a pixel differs from that.

Read before: gradient.py and minigrad/relevance.py.  Read next: deeplift.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad import relevance as lrp
from minigrad.activations import Activations
from minigrad.backend import array_module, to_numpy
from minigrad.checked import nearest, number
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, ancestors, grad

RULES = {"zero": "LRP-0", "epsilon": "LRP-ε", "gamma": "LRP-γ", "box": "zᴮ"}
TOLERANCE = 1e-3  # of all that is shared out: rounding in float32 stays well below


@dataclass(frozen=True)
class Rule:
    """How one layer hands relevance down: a name of `RULES`, and its setting.

    The setting of "gamma" is γ.  That of "epsilon" is ε in units of the root mean square of the
    layer's z at that photo, for the size of z is a network's own: in MiniVGG about 1, in SqueezeNet
    from Caffe several hundred.  The others have none.

    Raises:
        TypeError, ValueError: no such rule, or a setting below 0.
    """

    name: str
    setting: float = 0.25

    def __post_init__(self):
        if self.name not in RULES:
            raise ValueError(f"there is no rule {self.name!r}; {nearest(self.name, RULES)}")
        number(f"the setting of {RULES[self.name]}", self.setting, at_least=0)

    def __str__(self):
        has_one = self.name in ("epsilon", "gamma")
        return RULES[self.name] + (f" {self.setting:g}" if has_one else "")


class Relevance(NamedTuple):
    """A score shared out: score = total + Σ absorbed, for each image."""

    map: Any                    # R of each number of the image, (N, 3, H, W)
    score: Any                  # what there was to share out, (N,)
    total: Any                  # Σ R, (N,)
    absorbed: dict[str, Any]    # what each layer kept for its bias and ε, (N,) by layer


def relevance(net, pixels, objective: Objective, *, rules=None) -> Relevance:
    """Share a score out among the pixels, by a rule for each layer with weights.

    Batch norm behind a layer counts as part of it, as if folded (models/fold.py).

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S, linear in the activations that it is about: a score, a unit, a channel.
        rules: {layer: Rule}, by default `composite(net)`; a layer without one has LRP-0.  Or one
            Rule for all layers.

    Returns:
        The map, (N, 3, H, W), in units of S, and where the rest of S went.

    Raises:
        ValueError: there is nothing to hand down, an unknown layer, zᴮ at a layer that does not
            read the image, or relevance that was not conserved.
    """
    table = _table(net, rules)
    x = Tensor(pixels)
    acts = activations(net, x, objective)
    S, score = objective(acts), handed_out(acts, objective)
    layers = _with_weights(S)
    if not layers:
        raise ValueError(f"no conv2d and no linear lies between {objective.name} and the image: "
                         "there is no layer to hand relevance down")
    kept = {}
    walk = {layer.norm: _as_it_is for layer in layers if layer.norm is not None}
    walk |= {layer.made: _rule(net, table, layer, kept) for layer in layers}
    seen = layers[0].made.step.parents[0]               # what the first layer reads
    g, = grad(S, [seen], rules=walk)
    R = g if _is_box(table, layers[0]) else seen.data * g
    R = R if net.preprocessing.channel_order == "RGB" else R[:, ::-1]
    return conserved(Relevance(R, score, per_image(R), kept), objective)


def composite(
    net, *, epsilon: float = 0.25, gamma: float = 0.25, top: Rule = Rule("gamma", 0.5)
) -> dict[str, Rule]:
    """The rule of each layer with weights: zᴮ at the pixels, γ below, ε above, `top` at the top.

    γ up to the middle of the convolutions, ε from there, and `top` where a layer's units see the
    whole image: the fully connected ones, and the last, whatever it is.  With top=Rule("zero") it
    is the choice of Montavon et al. 2019 for VGG-16.
    """
    named = _weighted(net)
    convolutions = [n for n in named[:-1] if len(net.layers[n].shapes["weight"]) == 4]
    half = (len(convolutions) + 1) // 2
    table = dict.fromkeys(named, top)
    table |= dict.fromkeys(convolutions[:half], Rule("gamma", gamma))
    table |= dict.fromkeys(convolutions[half:], Rule("epsilon", epsilon))
    return table | {named[0]: Rule("box")}


# ── The table ───────────────────────────────────────────────────────────────────────────────────


def _weighted(net) -> list[str]:
    """The layers with weights, as fully connected ones and convolutions have, by name."""
    return [n for n, layer in net.layers.items() if len(layer.shapes.get("weight", ())) > 1]


def _table(net, rules) -> Mapping[str, Rule]:
    """{layer: Rule} from what a caller may give."""
    if rules is None:
        return composite(net)
    known = _weighted(net)
    rules = dict.fromkeys(known, rules) if isinstance(rules, Rule) else rules
    if not isinstance(rules, Mapping) or not all(isinstance(r, Rule) for r in rules.values()):
        raise TypeError(f"rules is {rules!r}: give {{layer: Rule}}, as composite(net) does, or one "
                        "for all, as Rule('gamma', 0.25)")
    for layer, rule in rules.items():
        if layer not in known:
            raise ValueError(f"{net.name} has no layer {layer!r} with weights; "
                             f"{nearest(layer, known)}")
        if rule.name == "box" and net.inputs[layer]:
            raise ValueError(f"zᴮ is for the layer that reads the image, and {layer} reads "
                             f"{net.inputs[layer][0]}")
    return rules


class _Layer(NamedTuple):
    """A layer with weights as it stands on the tape, batch norm folded in."""

    name: str
    made: Tensor            # what its op made
    norm: Tensor | None     # what batch norm made of that
    weight: Any
    bias: Any

    @property
    def z(self):
        """Its outputs."""
        return (self.made if self.norm is None else self.norm).data


def _with_weights(S) -> list[_Layer]:
    """Every conv2d and linear that S came through, the first one first."""
    steps = steps_to(S)
    norms = {t.step.parents[0]: t for t in steps if t.step.op is ops.batch_norm}
    return [
        _Layer(t.name or t.step.op.__name__, t, norms.get(t), *_weights(t, norms.get(t)))
        for t in steps
        if t.step.op in (ops.conv2d, ops.linear)
    ]


def _weights(made: Tensor, norm: Tensor | None):
    """Weight and bias; with s = weight / √(σ² + ε) of a batch norm, s W and (b − μ) s + β."""
    _, W, b = made.step.arrays
    if norm is None:
        return W, b
    _, γ, β, μ, σ2 = norm.step.arrays
    s = γ / array_module(W).sqrt(σ2 + norm.step.options["eps"]).astype(W.dtype)
    return W * s.reshape(-1, *[1] * (W.ndim - 1)), ((0 if b is None else b) - μ) * s + β


def _as_it_is(g, *_, **__):
    """A batch norm's rule: its layer, below, does the work of both."""
    return g


def steps_to(S) -> list[Tensor]:
    """What was made on the way to S, the oldest first."""
    return sorted((t for t in ancestors(S) if t.step), key=lambda t: t.birth)


# ── One layer ───────────────────────────────────────────────────────────────────────────────────


def _rule(net, table, layer: _Layer, kept: dict) -> Callable:
    """The rule of `grad` for a layer, which also notes what relevance the layer kept."""
    hand_down = _made(net, table.get(layer.name, Rule("zero")), layer)
    boxed = _is_box(table, layer)

    def rule(g, x, *_, **geometry):
        below = hand_down(g, x, layer.weight, layer.bias, **geometry)
        R = below if boxed else x * below
        kept[layer.name] = per_image(g * layer.z) - per_image(R)
        return below

    return rule


def _made(net, rule: Rule, layer: _Layer) -> Callable:
    op, z = layer.made.step.op, layer.z
    if rule.name == "gamma":
        return lrp.gamma(op, rule.setting)
    if rule.name == "box":
        xp = array_module(z)
        colours = (xp.full((1, 3, 1, 1), level, z.dtype) for level in (0, 255))
        return lrp.box(op, *map(net.preprocessing, colours))
    axes, ε = tuple(range(1, z.ndim)), rule.setting if rule.name == "epsilon" else 0.0
    return lrp.epsilon(op, ε * (z * z).mean(axis=axes, keepdims=True) ** 0.5)


def _is_box(table, layer: _Layer) -> bool:
    return layer.name in table and table[layer.name].name == "box"


# ── What is shared out, and whether it all arrived ──────────────────────────────────────────────


def handed_out(acts, objective: Objective):
    """Σ a · ∂S/∂a over the activations that S is about: S itself, image by image, (N,)."""
    tops = {layer: Tensor(a.data) for layer, a in acts.items()}
    S = objective(Activations(tops, acts.score_layer))
    gradients = grad(S, list(tops.values()))
    score = sum(per_image(a.data * g) for a, g in zip(tops.values(), gradients, strict=True))
    if not np.isclose(score.sum(), float(S), rtol=TOLERANCE, atol=1e-6 * abs(score).sum()):
        raise ValueError(f"{objective.name} is no weighted sum of activations, so its parts would "
                         "not add up to it: ask for a score, a unit or a channel")
    return score


def conserved(found: Relevance, objective: Objective) -> Relevance:
    """Refuse a map whose parts do not add up to what was shared out."""
    parts = [found.total, *found.absorbed.values()]
    size = sum(map(abs, parts)) + per_image(abs(found.map))
    for score, total, room in zip(found.score, sum(parts), TOLERANCE * size, strict=True):
        if not abs(score - total) <= room:
            raise ValueError(f"{objective.name} is {score:.6g} and its parts add up to {total:.6g}:"
                             " an op on the way to it is not linear and has no rule")
    return found


def per_image(array):
    """Σ over all but the first axis, in double precision, (N,) on the CPU."""
    return to_numpy(array.sum(axis=tuple(range(1, array.ndim)), dtype="float64"))
