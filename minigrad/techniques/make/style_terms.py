r"""The terms of neural style's loss: what is asked of a picture, at which layer, how strongly.

    content     ‖a_l − a_l(photo)‖² / ‖a_l(photo)‖²         the same things at the same places
    style       ‖G_l − G_l(painting)‖² / ‖G_l(painting)‖²   the same textures, anywhere

(Gatys et al. 2016, equations 1 and 4, each divided by its own size.)  A term is an objective with a
weight; the photo and the paintings are looked at once at every size, and the terms then hold what
was seen there.

Read before: gram.py, palette.py, style_presets.py.  Read next: style.py.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minigrad.backend import is_array, to_device
from minigrad.checked import number
from minigrad.techniques.make import palette
from minigrad.techniques.make.gram import gram, style_of
from minigrad.techniques.make.transforms import to_size
from minigrad.techniques.objectives import Objective, code

COLOURS = (None, "luminance", "histogram")


class Term(NamedTuple):
    """One of the terms of the loss: "content" or "style" at a layer, with its weight."""

    kind: str
    layer: str
    weight: float
    loss: Objective


def terms_at(
    net, photo, paintings, preset, blend, masks, style_scale, original_colours
) -> Callable:
    """Check what is given, and return the function that lists the terms at a size (H, W)."""
    _check_layers(net, preset)
    paintings = [paintings] if is_array(paintings) else list(paintings)
    paintings = [images("a painting", painting, one=True) for painting in paintings]
    blend = _blend(blend, len(paintings))
    masks = _masks(masks, len(paintings), net)
    style_scale = number("style_scale", style_scale, above=0)
    if original_colours not in COLOURS:
        raise ValueError(f"original_colours is {original_colours!r}: give luminance or histogram")
    if original_colours == "histogram":
        paintings = [palette.recoloured(painting, photo) for painting in paintings]

    def terms(size) -> list[Term]:
        found = content_terms(net, to_size(photo, size), preset)
        for painting, part, mask in zip(paintings, blend, masks, strict=True):
            edges = painting.shape[2:]
            by = style_scale * max(size) / max(edges)
            hung = to_size(painting, [max(1, round(n * by)) for n in edges])
            found += style_terms(net, hung, preset, part, mask)
        return found

    return terms


def content_terms(net, photo, preset) -> list[Term]:
    """What a photo (N, 3, H, W) asks for."""
    layers = preset.shares("content") if preset.content_weight else {}
    acts = net(photo, only=list(layers)) if layers else {}
    return [
        Term("content", layer, preset.content_weight * share, code(layer, acts[layer]))
        for layer, share in layers.items()
    ]


def style_terms(net, painting, preset, part: float, mask) -> list[Term]:
    """What a painting (1, 3, H, W) asks for, whose part of the blend is given."""
    layers = preset.shares("style") if preset.style_weight * part else {}
    acts = net(painting, only=list(layers)) if layers else {}
    return [
        Term("style", layer, preset.style_weight * share * part,
             style_of(layer, gram(acts[layer]), mask))
        for layer, share in layers.items()
    ]


def _check_layers(net, preset) -> None:
    for layer in preset.shares("content"):
        net.receptive_field(layer)  # complains where there is no such layer
    for layer in preset.shares("style"):
        if net.receptive_field(layer).size is None:
            raise ValueError(f"{layer} has no places, so there is no style in it: name feature "
                             "maps")


def asked(terms: list[Term]) -> Objective:
    """− Σ weight · loss, what one wants more of."""
    layers = tuple(dict.fromkeys(term.layer for term in terms))
    return Objective(
        "content and style", layers,
        lambda acts: -sum(term.weight * term.loss(acts) for term in terms),
    )  # fmt: skip


# ── What is given ───────────────────────────────────────────────────────────────────────────────


def images(what: str, x, one: bool = False):
    """Return x, pixels (N, 3, H, W) or of one image; ValueError: it is called so and is none."""
    shape = getattr(x, "shape", ())
    if len(shape) != 4 or shape[1] != 3 or 0 in shape or (one and shape[0] != 1):
        wanted = "(1, 3, H, W)" if one else "(N, 3, H, W)"
        raise ValueError(f"{what} has the shape {wanted}, RGB, 0–255, not {shape}")
    return x


def _blend(weights, count: int) -> list[float]:
    """Shares that sum to 1."""
    if not count:
        raise ValueError("there is no painting to take the style from: give one or more")
    weights = [1.0] * count if weights is None else list(weights)
    if len(weights) != count:
        raise ValueError(f"{len(weights)} weights do not blend {count} paintings: one for each")
    weights = [number("the weight of a painting", w, at_least=0) for w in weights]
    if not any(weights):
        raise ValueError("all paintings are blended with weight 0: give one of them more")
    return [w / sum(weights) for w in weights]


def _masks(masks, count: int, net) -> list:
    """None or (1, 1, H, W) for each painting."""
    masks = [masks] * count if masks is None or is_array(masks) else list(masks)
    if len(masks) != count:
        raise ValueError(f"{len(masks)} masks do not fit {count} paintings: one, or None, for each")
    found = []
    for mask in masks:
        if mask is not None:
            m = np.asarray(mask, net.dtype) if not is_array(mask) else mask.astype(net.dtype)
            if m.ndim != 2 or not m.size or not bool((m >= 0).all() and (m <= 1).all()):
                raise ValueError("a mask has the shape (H, W) and numbers from 0 to 1")
            if not bool(m.any()):
                raise ValueError("a mask is 0 everywhere: the style would be nowhere; leave the "
                                 "painting out")
            mask = to_device(m, net.device)[None, None]                     # (1, 1, H, W)
        found.append(mask)
    return found
