"""Settings that make good pictures, a row per network: a setting fits one net and one size.

What each column says:

    size            edge of the image, in pixels
    steps, rate     of Adam; the rate is grey levels per step, and falls to zero along a cosine
    noise           σ of the noise to start from, in grey levels
    jitter, zoom    up to so many pixels and up to this factor, another at every step
    waves           power of 1/|f| in the step (optimize.like_photos), None for the plain gradient
    regularizers    by name, with their strength (REGULARIZERS), in grey levels
"""

from dataclasses import dataclass, field

import numpy as np

from minigrad.optim import Adam, cosine
from minigrad.techniques import regularizers
from minigrad.techniques.optimize import descend, jitter, like_photos, optimize, zoom


@dataclass(frozen=True)
class Preset:
    """One row of the table."""

    size: int
    steps: int = 200
    rate: float = 3.0
    noise: float = 4.0
    jitter: int = 8
    zoom: float = 1.1
    waves: float | None = 0.75
    regularizers: dict[str, float] = field(default_factory=dict)


#                                                                      regularizers
PRESETS = {
    "minivgg":    Preset(size=128, jitter=8,  regularizers={"l2": 1e-7, "tv": 6e-7}),
    "vgg":        Preset(size=224, jitter=16, regularizers={"l2": 1e-7, "tv": 6e-7}),
    "alexnet":    Preset(size=224, jitter=16, regularizers={"l2": 1e-7, "tv": 6e-7}),
    "googlenet":  Preset(size=224, jitter=16, regularizers={"l2": 1e-7, "tv": 6e-7}),
    "squeezenet": Preset(size=227, jitter=12, regularizers={"l2": 1e-7, "tv": 6e-7}),
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
    "blur": lambda sigma: regularizers.every(4, regularizers.blur(sigma)),
    "small-norm": regularizers.clip_small_norm,
    "small-contribution": regularizers.clip_small_contribution,
}
REGULARIZERS = [*PENALTIES, *CORRECTIONS]


def preset_for(net) -> Preset:
    """Return the row of this network, or of its family: vgg16 is a vgg."""
    rows = [name for name in PRESETS if net.name.startswith(name)]
    return PRESETS[max(rows, key=len)] if rows else Preset(net.input_size)


def excite(net, objective, start, preset: Preset, rng: np.random.Generator):
    """Run the image loop with the settings of a row, towards more of the objective."""
    strengths = preset.regularizers
    return optimize(
        net,
        -objective,
        start,
        descend(
            Adam(),
            cosine(preset.rate, preset.steps),
            like_photos(preset.waves) if preset.waves is not None else lambda g: g,
        ),
        preset.steps,
        penalties=[
            lambda u, R=R, weight=strengths[name]: weight * R(u)
            for name, R in PENALTIES.items()
            if name in strengths
        ],
        corrections=[
            make(strengths[name]) for name, make in CORRECTIONS.items() if name in strengths
        ],
        transforms=[jitter(preset.jitter), zoom(1 / preset.zoom, preset.zoom)],
        rng=rng,
    )
