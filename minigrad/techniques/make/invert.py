r"""What a code still knows of a photo: another image with the same code, begun from noise.

    for progress in invert(net, photo, "relu4_2", copies=4):
        …                                                   # progress.pixels: (4, 3, H, W)

    x* = argmin_x  ‖Φ(x) − Φ₀‖² / ‖Φ₀‖² + λ_α R_α(u) + λ_TV R_TV(u)     Mahendran and Vedaldi 2015

    R_α  = Σ (u / 255)⁶ / n                         no colours far from the mean
    R_TV = Σ ((dx² + dy²) / 255²)^(β/2) / n         no dots of single pixels

Φ is the network up to a layer, Φ₀ = Φ(photo) its code, u the image minus the mean colour, and n how
many numbers an image has.  What all the images x* with this code share, the code knows; where
copies from different noise part, it has forgotten, and the penalties, which know of pictures and
not of the photo, have filled in.  The deeper the layer, the more that is.

With `balanced=False` it is the form of Fleuret's lecture, without the two quotients,

    x* = argmin_x  ‖Φ(x) − Φ₀‖² + λ Σ (u / 255)⁶

The step weights the waves of the gradient as photos do (steps.like_photos): that is a third way to
know of pictures, and without it the noise stays where the code does not mind.

Read before: invert_presets.py.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from minigrad.backend import array_module, is_array
from minigrad.checked import whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.make.invert_presets import InvertPreset, invert_preset_for
from minigrad.techniques.make.loop import Progress, generators, optimize
from minigrad.techniques.make.presets import changed
from minigrad.techniques.make.regularizers import l6, total_variation
from minigrad.techniques.make.starts import noise
from minigrad.techniques.make.steps import ascend, like_photos
from minigrad.techniques.make.style_terms import images
from minigrad.techniques.objectives import code


def invert(
    net, pixels, layer: str | None = None, *, target=None, strongest: int | None = None,
    copies: int = 1, preset: InvertPreset | None = None, rules=None, rng=None,
    resume: Progress | None = None, **changes,
) -> Iterator[Progress]:  # fmt: skip
    """Make images that a layer cannot tell from the photos.

    Args:
        net: a network.
        pixels: the photos, (N, 3, H, W), RGB, 0–255.
        layer: whose code it is, by default `net.default_layer`; `net.score_layer` for the scores.
        target: a code, (N, …) or (1, …) for all, in place of the photos' own: of the photos only
            the size counts then.
        strongest: only so many numbers of a code are left, the largest, and the others are 0; as
            hardly an image has such a code, a large error remains.
        copies: images of each code, from different noise; those of a photo stand side by side.
        preset: by default the layer's own, `invert_preset_for(net, layer)`.
        rules: {op or Tensor: rule}, as `grad` takes them.
        rng: a random generator for each image, or one that has such children, for the noise to
            start from; None: always the same.
        resume: a Progress of an earlier run of the same settings, to go on behind it.
        changes: settings in place of the preset's, by the names of InvertPreset's fields.

    Yields:
        Progress after each step, of N · copies images; its value is −‖Φ(x) − Φ₀‖² / ‖Φ₀‖², summed
        over them.

    Raises:
        TypeError, ValueError: a setting is unknown or makes no sense, there is no such layer, the
            photos are too small, or a code is another layer's or zero everywhere.
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    layer = layer or net.default_layer
    preset = changed(preset or invert_preset_for(net, layer), changes)
    photo, copies = images("the photo", pixels), whole("copies", copies, at_least=1)
    wanted = code_of(net, photo, layer, target=target, strongest=strongest)
    xp = array_module(wanted)
    wanted = wanted.repeat(len(photo) // len(wanted) * copies, axis=0)  # (N · copies, …)
    rngs = generators(rng, len(wanted))
    drawn = [noise(net, photo.shape[2:], 1, preset.sigma, rng) for rng in rngs]
    shape = {} if preset.waves is None else {"shape": like_photos(preset.waves, mean=True)}
    return optimize(
        net, xp.concatenate(drawn), -code(layer, wanted),
        step=ascend(Adam(), cosine(preset.rate, preset.steps), **shape), steps=preset.steps,
        penalties=penalties(preset, wanted, photo), rules=rules, rng=rngs, resume=resume,
    )  # fmt: skip


def penalties(preset: InvertPreset, wanted, pixels) -> list[Callable]:
    """λ_α R_α and λ_TV R_TV for images with these codes (N, …); what has λ = 0 is left out.

    Where they are not balanced, the whole sum is divided by ‖Φ₀‖²: its minimum stays where it is.
    """
    n = pixels[0].size
    by = [n if preset.balanced else float((code * code).sum()) for code in wanted]

    def summed(u, weight: float, R: Callable):
        return sum(weight / size * R(u[i : i + 1]) for i, size in enumerate(by))

    def R_alpha(u):
        return summed(u * (1 / 255), preset.l6, l6)

    def R_TV(u):
        tv = preset.tv / 255**preset.beta
        return summed(u, tv, lambda u: total_variation(u, preset.beta))

    return [R for weight, R in ((preset.l6, R_alpha), (preset.tv, R_TV)) if weight]


# ── Codes ───────────────────────────────────────────────────────────────────────────────────────


def code_of(net, pixels, layer: str | None = None, *, target=None, strongest: int | None = None):
    """Φ₀, the code that `invert` is to reach, (N, …): the photos' own, or a given one, checked.

    Args:
        net: a network.
        pixels: see `invert`, as are layer, target and strongest.
        layer: see `invert`.
        target: see `invert`.
        strongest: see `invert`.

    Raises:
        TypeError, ValueError: there is no such layer, or the code is none of it, is zero
            everywhere, or NaN or infinite somewhere.
    """
    layer = layer or net.default_layer
    a = net(images("the photo", pixels), only=[layer])[layer]
    if target is not None:
        if not is_array(target):
            raise TypeError(f"a code is an array, not a {type(target).__name__}: take a Tensor's "
                            ".data")
        if target.shape not in (a.shape, (1, *a.shape[1:])):
            raise ValueError(f"the code has the shape {target.shape}, and {layer} of {net.name} "
                             f"has {a.shape} for {len(pixels)} images of {pixels.shape[2]}×"
                             f"{pixels.shape[3]} pixels")
        a = target.astype(a.dtype, copy=False)
    a = a if strongest is None else only_strongest(a, strongest)
    for n, one in enumerate(a):
        if not one.any():
            which = f"photo {n + 1}" if len(a) > 1 else "the photo"
            raise ValueError(f"{layer} says nothing of {which}, all of its code is 0, so there is "
                             "nothing to invert: take another layer")
    if not bool(array_module(a).isfinite(a).all()):
        raise ValueError(f"the code of {layer} is NaN or infinite somewhere")
    return a


def only_strongest(a, k: int):
    """Leave the k numbers of each code that are furthest from 0, and 0 for all others: (N, …)."""
    k, flat = whole("strongest", k, at_least=1), a.reshape(len(a), -1)
    if k > flat.shape[1]:
        raise ValueError(f"strongest is {k}, and the code has {flat.shape[1]} numbers")
    xp = array_module(a)
    last = abs(flat).argsort(axis=1)[:, flat.shape[1] - k :]                    # (N, k)
    kept = xp.zeros_like(flat)
    xp.put_along_axis(kept, last, xp.take_along_axis(flat, last, axis=1), axis=1)
    return kept.reshape(a.shape)


# ── How well it went ────────────────────────────────────────────────────────────────────────────


class Errors(NamedTuple):
    """How far pictures are from a photo: in a layer's code, and in pixels; (N,) each.

    Attributes:
        code: ‖Φ(x) − Φ₀‖² / ‖Φ₀‖², 0 for the same code and 1 for none.
        pixels: the root of the mean square of x − photo, in grey levels.
    """

    code: Any
    pixels: Any


def inversion_errors(
    net, picture, photo, layer: str | None = None, *, target=None, strongest: int | None = None
) -> Errors:
    """Measure pictures that are to have a photo's code.

    Args:
        net: a network.
        picture: (N, 3, H, W), RGB, 0–255.
        photo: (1, 3, H, W), or one for each picture.
        layer: see `invert`, as are target and strongest.
        target: see `invert`.
        strongest: see `invert`.
    """
    layer = layer or net.default_layer
    wanted = code_of(net, photo, layer, target=target, strongest=strongest)
    a = net(images("the picture", picture), only=[layer])[layer]
    if a.shape[1:] != wanted.shape[1:]:
        raise ValueError(f"the picture has {picture.shape[2]}×{picture.shape[3]} pixels and the "
                         f"photo {photo.shape[2]}×{photo.shape[3]}: bring them to one size")
    axes = tuple(range(1, a.ndim))
    off = ((a - wanted) ** 2).sum(axis=axes) / (wanted**2).sum(axis=axes)       # (N,)
    return Errors(off, ((picture - photo) ** 2).mean(axis=(1, 2, 3)) ** 0.5)


def apart(pixels):
    """How far pictures are from each other, in grey levels: (N, 3, H, W) → (N, N)."""
    x = images("the pictures", pixels)
    rows = [((x - one) ** 2).mean(axis=(1, 2, 3)) ** 0.5 for one in x]
    return array_module(x).stack(rows)
