"""Settings that make good pictures, a row per network: a setting fits one net and one size.

What each column says:

    sizes           edges of the image in pixels: large shapes are found while it is small
    steps, rate     of Adam, at each size; grey levels per step, falling to zero along a cosine
    noise           σ of the noise to start from, in grey levels
    jitter, zoom    up to so many pixels and up to this factor, another at every step
    grain           σ of the noise that the network sees on top, another at every step
    waves           power of 1/|f| in the step (optimize.like_photos), None for the plain gradient
    regularizers    by name, with their strength (REGULARIZERS), in grey levels

Found by looking: minivgg's and squeezenet's side by side on golf ball, dalmatian, church, starfish,
springer, garbage truck and French horn.  Without `waves` the pictures are noise in all colours with
the object in it; begun at full size, they are many small objects; ten times stronger penalties
leave a weak class grey, none at all leaves ripples.  Without `centre` minivgg's pictures
are garish up to the border; with little `grain` they are pale and crossed by fine lines, with much
of it bold and without detail; `blur` wipes off what the grain leaves.  The other rows follow
squeezenet's at their own sizes, and nobody has looked at their pictures yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from minigrad.optim import Adam, cosine
from minigrad.techniques.make import regularizers
from minigrad.techniques.make.loop import descend, like_photos, optimize
from minigrad.techniques.make.transforms import grain, jitter, resized, zoom


@dataclass(frozen=True)
class Preset:
    """One row of the table."""

    sizes: tuple[int, ...]
    steps: int = 80
    rate: float = 3.0
    noise: float = 4.0
    jitter: int = 8
    zoom: float = 1.1
    grain: float = 0.0
    waves: float | None = 0.75
    regularizers: dict[str, float] = field(default_factory=dict)


MILD, ALONE = {"l2": 1e-7, "tv": 6e-7}, {"tv": 2e-7, "centre": 0.02, "blur": 0.3}
PRESETS = {
    "minivgg":    Preset((64, 90, 128), 60, rate=12.0, zoom=1.2, grain=38.0, regularizers=ALONE),
    "vgg":        Preset((112, 158, 224), rate=3.0, jitter=16, zoom=1.10, regularizers=MILD),
    "alexnet":    Preset((128, 168, 224), rate=3.0, jitter=16, zoom=1.10, regularizers=MILD),
    "googlenet":  Preset((112, 158, 224), rate=3.0, jitter=16, zoom=1.10, regularizers=MILD),
    "squeezenet": Preset((128, 170, 227), rate=3.0, jitter=12, zoom=1.10, regularizers=MILD),
}

PENALTIES = {
    "l2": regularizers.l2,
    "l6": regularizers.l6,
    "tv": regularizers.total_variation,
    "tv1": lambda u: regularizers.total_variation(u, 1.0),
    "edges": regularizers.edge_energy,
}
CORRECTIONS = {
    "decay": regularizers.decay,
    "centre": regularizers.centre,
    "blur": lambda sigma: regularizers.every(4, regularizers.blur(sigma)),
    "small-norm": regularizers.clip_small_norm,
    "small-contribution": regularizers.clip_small_contribution,
}
REGULARIZERS = [*PENALTIES, *CORRECTIONS]


def preset_for(net) -> Preset:
    """Return the row of this network, or of its family: vgg16 is a vgg."""
    rows = [name for name in PRESETS if net.name.startswith(name)]
    return PRESETS[max(rows, key=len)] if rows else Preset((net.input_size,))


def excite(net, objective, start, preset: Preset, rngs: Sequence[np.random.Generator]):
    """Run the image loop with the settings of a row, size by size; more of the objective."""
    x = start
    for size in preset.sizes:
        for progress in optimize(
            net,
            -objective,
            resized(x, size),
            rule(preset),
            preset.steps,
            penalties(preset.regularizers),
            corrections(preset.regularizers),
            transforms(preset, size),
            rng=rngs,
        ):
            yield progress
        x = progress.pixels


def transforms(preset: Preset, size: int) -> list:
    """What the network sees differently at every step."""
    moved = [jitter(min(preset.jitter, size // 8)), zoom(1 / preset.zoom, preset.zoom)]
    return [*moved, grain(preset.grain)] if preset.grain else moved


def rule(preset: Preset):
    """Adam, with the gradient as it is or shaped like photos."""
    rate = cosine(preset.rate, preset.steps)
    if preset.waves is None:
        return descend(Adam(), rate)
    return descend(Adam(), rate, like_photos(preset.waves))


def penalties(strengths: dict[str, float]) -> list:
    """Each λ R(u) among the named."""
    chosen = [(PENALTIES[name], weight) for name, weight in strengths.items() if name in PENALTIES]
    return [lambda u, R=R, weight=weight: weight * R(u) for R, weight in chosen]


def corrections(strengths: dict[str, float]) -> list:
    """Each correction among the named."""
    return [CORRECTIONS[name](v) for name, v in strengths.items() if name in CORRECTIONS]
