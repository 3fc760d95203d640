r"""A photo as somebody would have painted it: what is in one image, in the style of another.

    for progress in style(net, photo, painting):
        …                                                   # progress.pixels: (1, 3, H, W)

    x* = argmin_x  α Σ_l v_l L_content,l + β Σ_l w_l L_style,l + γ TV       Gatys et al. 2016, eq. 7

    L_content,l = ‖a_l − a_l(photo)‖² / ‖a_l(photo)‖²       the same things at the same places
    L_style,l   = ‖G_l − G_l(painting)‖² / ‖G_l(painting)‖² the same textures, anywhere (gram.py)
    TV          = Σ (dx² + dy²) / (3 H W · 255²)            no dots of single pixels

Every term is divided by its own size and the shares v and w sum to 1, so that α, β and γ mean the
same on every network, for every painting, at every size.  The paper has no TV; Johnson's
neural-style does.

It begins at half the size (grow.py): the units that know of strokes see a hundred pixels, and in a
small image these are long strokes.  L-BFGS, the paper's choice, gets further in a hundred steps
than Adam, and with less grain.

Read before: style_terms.py.
"""

from collections.abc import Callable, Iterator, Sequence

from minigrad.backend import array_module
from minigrad.optim import Adam, cosine
from minigrad.techniques.make import palette
from minigrad.techniques.make.gram import gram
from minigrad.techniques.make.grow import grown
from minigrad.techniques.make.loop import Memory, Progress, generators, optimize
from minigrad.techniques.make.presets import changed
from minigrad.techniques.make.regularizers import total_variation
from minigrad.techniques.make.starts import noise
from minigrad.techniques.make.steps import ascend, quasi_newton
from minigrad.techniques.make.style_presets import StylePreset, style_preset_for
from minigrad.techniques.make.style_terms import asked, images, terms_at
from minigrad.techniques.make.transforms import to_size
from minigrad.techniques.objectives import activations


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
    photo = images("the photo", pixels)
    terms = terms_at(net, photo, paintings, preset, blend, masks, style_scale, original_colours)
    sizes = _sizes(net, photo.shape[2:], preset)
    rngs = generators(rng, len(photo))

    def run(x, resume):
        return optimize(
            net, x, asked(terms(x.shape[2:])), step=_step(preset), steps=preset.steps,
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


def style_losses(
    net, picture, photo, paintings, *, preset: StylePreset | None = None, blend=None, masks=None,
    style_scale: float = 1.0, original_colours: str | None = None, **changes,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """How far a picture is from the photo's content and the paintings' style, layer by layer.

    Without any weight: 0 where they agree, 1 for a layer that says nothing.  Of several paintings
    it is the mean, as they are blended.

    Args:
        net: a network.
        picture: (1, 3, H, W), RGB, 0–255; the photo is brought to its size.
        photo: `pixels` of `style`.
        paintings: see `style`, as are preset, blend, masks, style_scale and original_colours.
        preset: see `style`.
        blend: see `style`.
        masks: see `style`.
        style_scale: see `style`.
        original_colours: see `style`.
        changes: see `style`.

    Returns:
        {"content": {layer: loss}, "style": {layer: loss}}, without what has no weight.
    """
    preset = changed(preset or style_preset_for(net), changes)
    photo = images("the photo", photo)
    terms = terms_at(net, photo, paintings, preset, blend, masks, style_scale, original_colours)
    terms = terms(images("the picture", picture).shape[2:])
    acts = activations(net, picture, asked(terms))
    found: dict[str, dict[str, float]] = {"content": {}, "style": {}}
    for kind, layer, weight, loss in terms:
        whole = sum(t.weight for t in terms if (t.kind, t.layer) == (kind, layer))
        found[kind].setdefault(layer, 0.0)
        found[kind][layer] += weight / whole * float(loss(acts))
    return found


def grams(net, pixels, *, layers: Sequence[str] | None = None) -> dict:
    """The style of images as the network sees it: {layer: Gram matrices (N, C, C)}.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        layers: by default those of `style_preset_for(net)`.
    """
    layers = style_preset_for(net).style_layers if layers is None else tuple(layers)
    acts = net(images("an image", pixels), only=layers)
    return {layer: gram(acts[layer]) for layer in layers}


# ── The run ─────────────────────────────────────────────────────────────────────────────────────


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
