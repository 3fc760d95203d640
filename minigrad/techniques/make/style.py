r"""A photo as somebody would have painted it: what is in one image, in the style of another.

    for progress in style(net, photo, painting):
        …                                                   # progress.pixels: (1, 3, H, W)

    x* = argmin_x  α Σ_l v_l L_content,l + β Σ_l w_l L_style,l + γ TV(x)      Gatys et al. 2016, eq. 7

    L_content,l = ‖a_l − a_l(photo)‖² / ‖a_l(photo)‖²       the same things at the same places
    L_style,l   = ‖G_l − G_l(painting)‖² / ‖G_l(painting)‖² the same textures, anywhere (gram.py)
    TV          = Σ (dx² + dy²) / (3 H W · 255²)            no dots of single pixels

Every term is divided by its own size and the shares v and w sum to 1, so that α, β and γ mean the
same on every network, for every painting, at every size.  The paper has no TV; Johnson's
neural-style does.

It begins at half the size (grow.py): the units that know of strokes see a hundred pixels, and in a
small image these are long strokes.  L-BFGS, the paper's choice, gets further in a hundred steps
than Adam, and with less grain.

Read before: gram.py, palette.py, style_presets.py.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minigrad.backend import array_module, is_array, to_device
from minigrad.checked import number
from minigrad.optim import Adam, cosine
from minigrad.techniques.make import palette
from minigrad.techniques.make.gram import gram, style_of
from minigrad.techniques.make.grow import grown
from minigrad.techniques.make.loop import Memory, Progress, generators, optimize
from minigrad.techniques.make.presets import changed
from minigrad.techniques.make.regularizers import total_variation
from minigrad.techniques.make.starts import noise
from minigrad.techniques.make.steps import ascend, quasi_newton
from minigrad.techniques.make.style_presets import StylePreset, style_preset_for
from minigrad.techniques.make.transforms import to_size
from minigrad.techniques.objectives import Objective, activations, code

COLOURS = (None, "luminance", "histogram")


class Term(NamedTuple):
    """One of the terms of the loss: "content" or "style" at a layer, with its weight."""

    kind: str
    layer: str
    weight: float
    loss: Objective


def style(
    net, pixels, paintings, *, preset: StylePreset | None = None, blend=None, masks=None,
    style_scale: float = 1.0, original_colours: str | None = None, rules=None, rng=None,
    resume: Progress | None = None, **changes,
) -> Iterator[Progress]:  # fmt: skip
    """Paint photos in the style of one or several paintings, size by size.

    Args:
        net: a network.
        pixels: the photos, (N, 3, H, W), RGB, 0–255.  With L-BFGS several share one step's length:
            for the picture that a photo has alone, give it alone.
        paintings: (1, 3, H', W'), or a list of such, of any size.
        preset: by default the network's own, `style_preset_for(net)`.
        blend: a weight for each painting; by default all alike.
        masks: for each painting None or where its style shall be, an array (H, W) of 0–1, of any
            size, that is laid over the photo; elsewhere it asks for nothing.
        style_scale: the paintings' longer edge, as a share of the photo's: with 2 strokes are
            twice as large.
        original_colours: "luminance", the picture has the photo's colours and only its brightness
            is painted; "histogram", the paintings are given the photo's colours before.
        rules: {op or Tensor: rule}, as `grad` takes them.
        rng: a random generator for each photo, or one that has such children, for the noise to
            start from; None: always the same.
        resume: a Progress of an earlier run of the same settings, to go on behind it.
        changes: settings in place of the preset's, by the names of StylePreset's fields.

    Yields:
        Progress after each step, the steps counted through all sizes; its value is −loss, without
        the total variation, before the photo's colours are put back.

    Raises:
        TypeError, ValueError: a setting is unknown or makes no sense, or an image is too small.
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    preset = changed(preset or style_preset_for(net), changes)
    photo = _images("the photo", pixels)
    terms = _terms_at(net, photo, paintings, preset, blend, masks, style_scale, original_colours)
    sizes = _sizes(net, photo.shape[2:], preset)
    rngs = generators(rng, len(photo))

    def run(x, resume):
        return optimize(
            net, x, _asked(terms(x.shape[2:])), step=_step(preset), steps=preset.steps,
            penalties=[_smoothness(preset.tv)] if preset.tv else [],
            rules=rules, rng=rngs, resume=resume,
        )  # fmt: skip

    x = photo
    if preset.start == "noise":
        drawn = [noise(net, sizes[0], 1, preset.sigma, rng) for rng in rngs]
        x = array_module(*drawn).concatenate(drawn)
    if original_colours != "luminance":
        return grown(x, sizes, preset.steps, run, resume)
    return _with_photos_colours(
        grown(x, sizes, preset.steps, run, resume and _as_painted(resume)), photo
    )


def losses(
    net, picture, photo, paintings, *, preset: StylePreset | None = None, blend=None, masks=None,
    style_scale: float = 1.0, original_colours: str | None = None, **changes,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """How far a picture is from the photo's content and the paintings' style, layer by layer.

    Without any weight: 0 where they agree, 1 for a layer that says nothing.  Of several paintings
    it is the mean, as they are blended.

    Args:
        net: a network.
        picture: (1, 3, H, W), RGB, 0–255; the photo is brought to its size.
        photo: see `style`, as is everything else.

    Returns:
        {"content": {layer: loss}, "style": {layer: loss}}, without what has no weight.
    """
    preset = changed(preset or style_preset_for(net), changes)
    photo = _images("the photo", photo)
    terms = _terms_at(net, photo, paintings, preset, blend, masks, style_scale, original_colours)
    terms = terms(_images("the picture", picture).shape[2:])
    acts = activations(net, picture, _asked(terms))
    found: dict[str, dict[str, float]] = {"content": {}, "style": {}}
    for kind, layer, weight, loss in terms:
        whole = sum(t.weight for t in terms if (t.kind, t.layer) == (kind, layer))
        found[kind].setdefault(layer, 0.0)
        found[kind][layer] += weight / whole * float(loss(acts))
    return found


# ── What is asked for ───────────────────────────────────────────────────────────────────────────


def _terms_at(
    net, photo, paintings, preset, blend, masks, style_scale, original_colours
) -> Callable:
    """Check what is given, and return the function that lists the terms at a size (H, W)."""
    _check_layers(net, preset)
    paintings = [paintings] if is_array(paintings) else list(paintings)
    paintings = [_images("a painting", painting, one=True) for painting in paintings]
    blend = _blend(blend, len(paintings))
    masks = _masks(masks, len(paintings), net)
    style_scale = number("style_scale", style_scale, above=0)
    if original_colours not in COLOURS:
        raise ValueError(f"original_colours is {original_colours!r}: give luminance or histogram")
    if original_colours == "histogram":
        paintings = [palette.recoloured(painting, photo) for painting in paintings]

    def terms(size) -> list[Term]:
        found = []
        content = preset.content_weight and preset.shares("content")
        if content:
            acts = net(to_size(photo, size), only=list(content))
            found += [
                Term("content", layer, preset.content_weight * share, code(layer, acts[layer]))
                for layer, share in content.items()
            ]
        textures = preset.style_weight and preset.shares("style")
        for painting, part, mask in zip(paintings, blend, masks, strict=True) if textures else ():
            edges = painting.shape[2:]
            by = style_scale * max(size) / max(edges)
            hung = to_size(painting, [max(1, round(n * by)) for n in edges])
            acts = net(hung, only=list(textures))
            found += [
                Term("style", layer, preset.style_weight * share * part,
                     style_of(layer, gram(acts[layer]), mask))
                for layer, share in textures.items() if part
            ]
        return found

    return terms


def _check_layers(net, preset) -> None:
    for layer in preset.shares("content"):
        net.receptive_field(layer)  # complains where there is no such layer
    for layer in preset.shares("style"):
        if net.receptive_field(layer).size is None:
            raise ValueError(f"{layer} has no places, so there is no style in it: name feature "
                             "maps")


def _asked(terms: list[Term]) -> Objective:
    """− Σ weight · loss, what one wants more of."""
    layers = tuple(dict.fromkeys(term.layer for term in terms))
    return Objective(
        "content and style", layers,
        lambda acts: -sum(term.weight * term.loss(acts) for term in terms),
    )  # fmt: skip


def _smoothness(gamma: float) -> Callable:
    """γ Σ (dx² + dy²) / (3 H W · 255²), the penalty."""

    def penalty(u):
        _, C, H, W = u.shape
        return gamma / (C * H * W * 255**2) * total_variation(u)

    return penalty


def _step(preset: StylePreset) -> Callable:
    if preset.optimiser == "lbfgs":
        return quasi_newton()
    return ascend(Adam(), cosine(preset.rate, preset.steps))


# ── What is given ───────────────────────────────────────────────────────────────────────────────


def _images(what: str, x, one: bool = False):
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


def _sizes(net, photo: Sequence[int], preset: StylePreset) -> list[list[int]]:
    """(H, W) at each scale, without those before the last that are too small for the network."""
    *before, last = ([max(1, round(n * scale)) for n in photo] for scale in preset.scales)
    deepest = max([*preset.shares("content"), *preset.shares("style")],
                  key=lambda name: list(net.layers).index(name))
    fitting = []
    for size in before:
        try:
            net.output_shapes(tuple(size), until=deepest)
            fitting.append(size)
        except ValueError:
            continue
    return [*fitting, last]


# ── The photo's colours ─────────────────────────────────────────────────────────────────────────


def _with_photos_colours(walk, photo) -> Iterator[Progress]:
    """Put the photo's colours under the brightness of each step; the loop itself goes on without.

    What it goes on from is kept in the memory, as "painted".
    """
    for now in walk:
        x = palette.with_luminance(to_size(photo, now.pixels.shape[2:]), now.pixels)
        memory = Memory({**now.memory.arrays, "painted": now.pixels}, now.memory.rngs)
        yield now._replace(pixels=x, memory=memory)


def _as_painted(progress: Progress) -> Progress:
    arrays = dict(progress.memory.arrays)
    return progress._replace(
        pixels=arrays.pop("painted"), memory=Memory(arrays, progress.memory.rngs)
    )
