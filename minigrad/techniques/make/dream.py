r"""DeepDream: what a network sees in a photo, more and more of it  (Mordvintsev et al. 2015).

    for progress in dream(net, photo):
        …                                                   # progress.pixels: (1, 3, H, W)

    E(x) = ½ ‖a(x)‖²,   ∂E/∂a = a          whatever a layer sees, it shall see more of

so the seed that goes back from the layer is the activation itself (`seeds` shows it): a unit that
fires a little is asked to fire a little more, one that fires strongly much more, and a cloud that
looks a bit like a bird becomes one.  Any other objective dreams, too: a channel, a class, what is
in another photo, a region (dream_objectives.py).

    x ← x + rate · g / mean|g|,            g = ∂E/∂x, at an image rolled by some pixels

Large things are found while the photo is small.  At each octave, scale times as large as the one
before, the photo is taken anew, and only what was dreamt is carried on, enlarged:

    detail = x − base(octave),             x = base(next octave) + enlarge(detail)

so that the photo stays sharp.  A detail holds that of all octaves before.

Read before: grow.py, tiles.py and dream_presets.py.  Read next: dream_objectives.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from minigrad.checked import number, whole
from minigrad.optim import SGD, constant
from minigrad.techniques.make.dream_presets import DreamPreset, dream_preset_for, octave_sizes
from minigrad.techniques.make.grow import grown
from minigrad.techniques.make.loop import Diverged, Memory, Progress, generators, optimize
from minigrad.techniques.make.presets import changed
from minigrad.techniques.make.steps import ascend, by_mean
from minigrad.techniques.make.style_terms import images
from minigrad.techniques.make.tiles import margin_for
from minigrad.techniques.make.transforms import jitter, to_size, zoom
from minigrad.techniques.objectives import SCORES, Objective, activations, energy
from minigrad.tensor import Tensor, grad

WHOLE = 1500**2  # pixels: a photo of more is shown in tiles
TILE = 512


def dream(
    net, pixels, objective: Objective | None = None, *, preset: DreamPreset | None = None,
    tile: int | None = None, rules=None, rng=None, resume: Progress | None = None, **changes,
) -> Iterator[Progress]:  # fmt: skip
    """Dream on photos, octave by octave.

    Args:
        net: a network.
        pixels: the photos, (N, 3, H, W), RGB, 0–255.
        objective: what one wants more of; by default the energy of the preset's layer.
        preset: by default the network's own, `dream_preset_for(net)`.
        tile: the network is shown tiles of so many pixels, one after another; by default of 512
            where a photo has more than 1500² pixels, which takes less memory and gives the same.
        rules: {op or Tensor: rule}, as `grad` takes them.
        rng: a random generator for each photo, or one that has such children, for the jitter;
            None: always the same.
        resume: a Progress of an earlier run of the same settings, to go on behind it.
        changes: settings in place of the preset's, by the names of DreamPreset's fields.

    Yields:
        Progress after each step, the steps counted through all octaves; with steps=0 the photo
        itself, as step 0.

    Raises:
        TypeError, ValueError: a setting is unknown or makes no sense, or a photo is too small.
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    preset = changed(preset or dream_preset_for(net), changes)
    objective = objective or energy(preset.layer)
    photo = images("the photo", pixels)
    rngs = generators(rng, len(photo))
    deepest = deepest_layer(net, objective)
    sizes = octave_sizes(net, photo.shape[2:], deepest, preset.octaves, preset.scale)
    if tile is None and photo.shape[2] * photo.shape[3] > WHOLE:
        tile = TILE
    reach = preset.jitter if tile is None else _reach(net, objective, preset.jitter, tile)
    if preset.steps == 0:
        value = objective(activations(net, photo, objective))
        return iter([Progress(0, photo.clip(0, 255), float(value))])

    def with_detail(x, size):
        """x = base(next octave) + enlarge(x − base(octave))"""
        base, next_base = (to_size(photo, edges) for edges in (x.shape[2:], size))
        return next_base + to_size(x - base, size)

    def run(x, resume, n):
        return optimize(
            net, x, objective, step=ascend(SGD(), constant(preset.rate), by_mean),
            steps=preset.steps, transforms=[jitter(reach)],
            rules=rules, rng=rngs, resume=resume, tile=tile,
        )  # fmt: skip

    return grown(photo, sizes, preset.steps, run, resume, with_detail)


def zoom_dream(
    net, pixels, objective: Objective | None = None, *, frames: int = 60, by: float = 1.04,
    preset: DreamPreset | None = None, tile: int | None = None, rules=None, rng=None,
    resume: Progress | None = None, **changes,
) -> Iterator[Progress]:  # fmt: skip
    """Dream, enlarge the middle, and dream on: the frames of a film that falls into the photo.

    The first frame is a whole dream.  Those after it begin with one: a third of the steps, at the
    last two octaves, are enough.

    Args:
        net: see `dream`, as are pixels, objective, preset, tile, rules, rng and changes.
        pixels: see `dream`.
        objective: see `dream`.
        frames: how many.
        by: the factor that each frame is enlarged by before it is dreamt on.
        preset: see `dream`.
        tile: see `dream`.
        rules: see `dream`.
        rng: see `dream`.
        resume: the Progress of a frame, to go on behind it.
        changes: see `dream`.

    Yields:
        Progress after each frame, the steps being frames.
    """
    preset = changed(preset or dream_preset_for(net), changes)
    short = replace(preset, octaves=min(2, preset.octaves), steps=-(-preset.steps // 3))
    frames, by = whole("frames", frames, at_least=1), number("the zoom", by, at_least=1)
    rngs, x = generators(rng, len(images("the photo", pixels))), pixels
    if resume:
        x = resume.pixels
        for rng, state in zip(rngs, resume.memory.rngs, strict=True):
            rng.bit_generator.state = state
    last = resume
    for frame in range(last.step if last else 0, frames):
        x = zoom(by, by)(Tensor(x), rngs).data if frame else x
        try:
            *_, now = dream(net, x, objective, preset=short if frame else preset, tile=tile,
                            rules=rules, rng=rngs)
        except Diverged:
            raise Diverged(frame, last) from None
        x = now.pixels
        memory = Memory({}, [rng.bit_generator.state for rng in rngs])
        last = Progress(frame + 1, x, now.value, memory)
        yield last


# ── What is asked for ────────────────────────────────────────────────────────────────────────────


class Seed(NamedTuple):
    """What a layer says, and what it is asked for: a and ∂E/∂a, both (N, …)."""

    activation: Any
    gradient: Any


def seeds(net, pixels, objective: Objective | None = None) -> dict[str, Seed]:
    """What goes back from each layer that an objective asks: for an energy, the activation itself.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: E; by default the energy of the preset's layer.
    """
    objective = objective or energy(dream_preset_for(net).layer)
    acts = activations(net, Tensor(pixels), objective)
    gradients = grad(objective(acts), list(acts.values()))
    return {
        layer: Seed(a.data, g) for (layer, a), g in zip(acts.items(), gradients, strict=True)
    }


def deepest_layer(net, objective: Objective) -> str:
    """The last layer that an objective asks.

    Raises:
        ValueError: the network has no such layer.
    """
    names = [net.score_layer if layer == SCORES else layer for layer in objective.layers]
    for name in names:
        net.receptive_field(name)  # complains where there is no such layer
    return max(names, key=list(net.layers).index)


def _reach(net, objective: Objective, reach: int, tile: int) -> int:
    """The jitter's reach: where tiles have no margin, it moves the seams over a whole tile."""
    margin, _ = margin_for(net, objective)
    return reach if margin else max(reach, tile // 2)
