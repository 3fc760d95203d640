r"""Which pixels a score comes from: the score shared out among them, so that the parts add up.

    S = Σ_pixels R + what biases and ε kept          layer-wise relevance propagation, LRP
    S(x) − S(x₀) = Σ_pixels R                        DeepLIFT, against a baseline x₀

A gradient says what would change the score; relevance says what it is made of.  Both walk the same
way back: with R = activation · gradient each form of relevance propagation is a rule at the layers
with weights, for one call of `grad` (minigrad/relevance.py).

No single rule is good everywhere (Montavon et al. 2019, section 10.3).  LRP-0 is faithful, and as
torn as the gradient; γ is smooth, and blurs what a class is told from others by.  So a composite
takes another one at each depth: zᴮ for the pixels, γ below, ε above, 0 at the top.  `composite`
makes that table, and one may print and change it:

    rules = composite(net) | {"conv5_2": Rule("epsilon", 0.1)}
    found = relevance(net, pixels, class_score(3), rules=rules)

The first layer reads the photo after preprocessing, whose zero is the mean colour: but for zᴮ,
relevance is about how a pixel differs from that.

Read before: gradient.py and minigrad/relevance.py.  Read next: grabcut.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad import relevance as lrp
from minigrad.activations import Activations
from minigrad.backend import array_module, device_of, to_device, to_numpy
from minigrad.checked import nearest, number
from minigrad.techniques.objectives import Objective, activations
from minigrad.tensor import Tensor, ancestors, grad

RULES = {"zero": "LRP-0", "epsilon": "LRP-ε", "gamma": "LRP-γ", "box": "zᴮ"}
TOLERANCE = 1e-3  # of all that is shared out: rounding in float32 stays well below


@dataclass(frozen=True)
class Rule:
    """How one layer hands relevance down: a name of `RULES`, and its setting.

    The setting of "gamma" is γ.  That of "epsilon" is ε in units of the root mean square of the
    layer's z at that photo, for the size of z is a network's own: MiniVGG's is about 1, and that of
    SqueezeNet from Caffe several hundred.

    Raises:
        TypeError, ValueError: no such rule, or a setting below 0.
    """

    name: str
    setting: float = 0.0

    def __post_init__(self):
        if self.name not in RULES:
            raise ValueError(f"there is no rule {self.name!r}; {nearest(self.name, RULES)}")
        number(f"the setting of {RULES[self.name]}", self.setting, at_least=0)

    def __str__(self):
        return RULES[self.name] + (f" {self.setting:g}" if self.name in ("epsilon", "gamma") else "")


class Relevance(NamedTuple):
    """A score shared out: score = total + Σ absorbed, for each image."""

    map: Any                    # R of each number of the image, (N, 3, H, W)
    score: Any                  # what there was to share out, (N,)
    total: Any                  # Σ R, (N,)
    absorbed: dict[str, Any]    # what each layer kept for its bias and ε, (N,) by layer


def relevance(net, pixels, objective: Objective, *, rules=None) -> Relevance:
    """Share a score out among the pixels, by a rule for each layer with weights.

    Batch norm behind a layer counts as a part of that layer.

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
    S, score = objective(acts), _handed_out(acts, objective)
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
    return _conserved(Relevance(R, score, _per_image(R), kept), objective)


def composite(net, *, epsilon: float = 0.25, gamma: float = 0.25) -> dict[str, Rule]:
    """The rule of each layer with weights: zᴮ at the pixels, γ below, ε above, 0 at the top.

    γ up to the middle of the convolutions, ε from there, and 0 where a layer's units see the whole
    image: the fully connected ones, and the last, whatever it is.  That is Montavon et al.'s choice
    for VGG-16 (2019, section 10.3), said so that it fits every network.
    """
    named = [n for n, layer in net.layers.items() if len(layer.shapes.get("weight", ())) > 1]
    convolutions = [n for n in named[:-1] if len(net.layers[n].shapes["weight"]) == 4]
    half = (len(convolutions) + 1) // 2
    table = dict.fromkeys(named, Rule("zero"))
    table |= dict.fromkeys(convolutions[:half], Rule("gamma", gamma))
    table |= dict.fromkeys(convolutions[half:], Rule("epsilon", epsilon))
    return table | {named[0]: Rule("box")}


def deeplift(net, pixels, objective: Objective, *, baseline=None) -> Relevance:
    """Share S(x) − S(x₀) out among the pixels, by DeepLIFT's rescale rule.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        objective: S, as for `relevance`.
        baseline: x₀, an image (N, 3, H, W) or (1, 3, H, W), or a colour (3,); by default the mean
            colour of the network's training photos.

    Returns:
        The map, (N, 3, H, W), and S(x₀) as what is absorbed.

    Raises:
        ValueError: a baseline of another shape, or as for `relevance`.
    """
    x, x0 = Tensor(pixels), Tensor(_baseline(net, pixels, baseline))
    acts, acts0 = (activations(net, image, objective) for image in (x, x0))
    S, S0 = objective(acts), objective(acts0)
    made = {ops.relu: lrp.rescale, ops.max_pool2d: lrp.rescale_pool}
    walk = {
        tensor: made[tensor.step.op](tensor.step.op, other.step.arrays[0])
        for tensor, other in zip(_steps(S), _steps(S0), strict=True)
        if tensor.step.op in made
    }
    m, = grad(S, [x], rules=walk)
    R = m * (x.data - x0.data)
    score, left = _handed_out(acts, objective), _handed_out(acts0, objective)
    return _conserved(Relevance(R, score, _per_image(R), {"the baseline": left}), objective)


# ── The table ───────────────────────────────────────────────────────────────────────────────────


def _table(net, rules) -> Mapping[str, Rule]:
    """{layer: Rule} from what a caller may give."""
    table = composite(net)
    if rules is None:
        return table
    if isinstance(rules, Rule):
        return dict.fromkeys(table, rules)
    unknown = [layer for layer in rules if layer not in table]
    if unknown:
        raise ValueError(f"{net.name} has no layer {unknown[0]!r} with weights; "
                         f"{nearest(unknown[0], table)}")
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
    steps = _steps(S)
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


def _steps(S) -> list[Tensor]:
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
        kept[layer.name] = _per_image(g * layer.z) - _per_image(R)
        return below

    return rule


def _made(net, rule: Rule, layer: _Layer) -> Callable:
    op, z = layer.made.step.op, layer.z
    if rule.name == "gamma":
        return lrp.gamma(op, rule.setting)
    if rule.name == "box":
        if net.inputs[layer.name]:
            raise ValueError(f"zᴮ is for the layer that reads the image, and {layer.name} reads "
                             f"{net.inputs[layer.name][0]}")
        xp = array_module(z)
        colours = (xp.full((1, 3, 1, 1), level, z.dtype) for level in (0, 255))
        return lrp.box(op, *map(net.preprocessing, colours))
    axes = tuple(range(1, z.ndim))
    return lrp.epsilon(op, rule.setting * (z * z).mean(axis=axes, keepdims=True) ** 0.5)


def _is_box(table, layer: _Layer) -> bool:
    return table.get(layer.name) == Rule("box")


# ── What is shared out, and whether it all arrived ──────────────────────────────────────────────


def _handed_out(acts, objective: Objective):
    """Σ a · ∂S/∂a over the activations that S is about: S itself, image by image, (N,)."""
    tops = {layer: Tensor(a.data) for layer, a in acts.items()}
    S = objective(Activations(tops, acts.score_layer))
    gradients = grad(S, list(tops.values()))
    score = sum(_per_image(a.data * g) for a, g in zip(tops.values(), gradients, strict=True))
    if not np.isclose(score.sum(), float(S), rtol=TOLERANCE, atol=1e-6 * abs(score).sum()):
        raise ValueError(f"{objective.name} is no weighted sum of activations, so its parts would "
                         "not add up to it: ask for a score, a unit or a channel")
    return score


def _conserved(found: Relevance, objective) -> Relevance:
    """Refuse a map whose parts do not add up to what was shared out."""
    parts = [found.total, *found.absorbed.values()]
    size = sum(map(abs, parts)) + _per_image(abs(found.map))
    if not (abs(found.score - sum(parts)) <= TOLERANCE * size).all():
        raise ValueError(
            f"the parts of {objective.name} do not add up to it ({sum(parts)}, not {found.score}): "
            "an op on the way neither is linear nor has a rule"
        )
    return found


def _per_image(array):
    """Σ over all but the first axis, in double precision, (N,) on the CPU."""
    return to_numpy(array.sum(axis=tuple(range(1, array.ndim)), dtype="float64"))


def _baseline(net, pixels, baseline):
    """x₀ like the pixels."""
    x0 = net.mean_colour if baseline is None else baseline
    x0 = to_device(np.asarray(x0) if isinstance(x0, list | tuple) else x0, device_of(pixels))
    x0 = x0[:, None, None] if x0.ndim == 1 else x0
    if x0.shape[-3] != 3 or x0.shape[-2:] not in ((1, 1), pixels.shape[-2:]):
        raise ValueError("bad")
    xp = array_module(pixels)
    return xp.broadcast_to(x0, pixels.shape).astype(pixels.dtype)
