"""Settings that make good pictures, a row per network: a setting fits one net and one size.

What each column says:

    sizes           shorter edges of the image: large shapes are found while it is small
    steps, rate     of the optimiser, at each size; grey levels per step.  One number, or one for
                    each size from the first on, the last for all that follow
    optimiser       "adam", or "sgd", whose rate multiplies the gradient itself
    fading          the rate falls to zero along a cosine
    noise           σ of the noise to start from, in grey levels
    jitter, zoom    up to so many pixels and up to this factor, another at every step
    grain           σ of the noise that the network sees on top, another at every step
    waves           power of 1/|f| in the step (steps.like_photos), None for the plain gradient
    coordinates     "pixels", or "waves": the optimiser steps in waves.py's, of which this is the
                    power
    regularizers    by name, with their strength (REGULARIZERS), in grey levels

Found by looking: minivgg's and squeezenet's side by side on golf ball, dalmatian, church, starfish,
springer, garbage truck and French horn.  Without `waves` the pictures are noise in all colours with
the object in it; begun at full size, they are many small objects; ten times stronger penalties
leave a weak class grey, none at all leaves ripples.  Without `centre` minivgg's pictures
are garish up to the border; with little `grain` they are pale and crossed by fine lines, with much
of it bold and without detail; `blur` wipes off what the grain leaves.  The other rows follow
squeezenet's at their own sizes, and nobody has looked at their pictures yet.

    print(preset_for(net))                                  # what excite(net, …) does
    excite(net, None, objective, rate=6.0)                  # the same, but for the rate

Read before: steps.py, waves.py.  Read next: priors.py, excite.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from minigrad.checked import number, whole
from minigrad.optim import SGD, Adam, constant, cosine
from minigrad.techniques.make import regularizers
from minigrad.techniques.make.steps import ascend, like_photos
from minigrad.techniques.make.transforms import grain, jitter, zoom
from minigrad.techniques.make.waves import ascend_waves

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
WORDS = {"optimiser": ("adam", "sgd"), "coordinates": ("pixels", "waves")}


def _penalties(strengths: Mapping[str, float]) -> list:
    """Each λ R(u) among the named."""
    chosen = [(PENALTIES[name], weight) for name, weight in strengths.items() if name in PENALTIES]
    return [lambda u, R=R, weight=weight: weight * R(u) for R, weight in chosen]


def _corrections(strengths: Mapping[str, float]) -> list:
    return [CORRECTIONS[name](v) for name, v in strengths.items() if name in CORRECTIONS]


@dataclass(frozen=True)
class Preset:
    """One row of the table.

    Raises:
        TypeError, ValueError: a setting is no such number, or there is no such regularizer.
    """

    sizes: tuple[int, ...]
    steps: int | tuple[int, ...] = 80
    rate: float | tuple[float, ...] = 3.0
    optimiser: str = "adam"
    fading: bool = True
    noise: float = 4.0
    jitter: int = 8
    zoom: float = 1.1
    grain: float = 0.0
    waves: float | None = 0.75
    coordinates: str = "pixels"
    regularizers: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        if not isinstance(self.sizes, tuple | list) or not self.sizes:
            raise TypeError(f"sizes is {self.sizes!r}: give edges in pixels, as (64, 90, 128)")
        for size in self.sizes:
            whole("an edge in sizes", size, at_least=1)
        for steps in _several("steps", self.steps):
            whole("steps", steps, at_least=1)
        for rate in _several("rate", self.rate):
            number("rate", rate, above=0)
        for name, words in WORDS.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} is {getattr(self, name)!r}: give {' or '.join(words)}")
        number("noise", self.noise, at_least=0)
        whole("jitter", self.jitter)
        number("zoom", self.zoom, at_least=1)
        number("grain", self.grain, at_least=0)
        if self.waves is not None:
            number("waves", self.waves, at_least=0)
        if not isinstance(self.regularizers, Mapping):
            raise TypeError(f"regularizers is {self.regularizers!r}: give strengths by name")
        for name, strength in self.regularizers.items():
            if name not in REGULARIZERS:
                there = ", ".join(REGULARIZERS)
                raise ValueError(f"there is no regularizer {name!r}: there are {there}")
            number(f"the strength of {name}", strength, at_least=0)
        _corrections(self.regularizers)  # some have an upper bound, too

    def steps_at(self, count: int) -> list[int]:
        """The steps at each of so many sizes."""
        return [_at(self.steps, n) for n in range(count)]

    def loop_settings(self, edge: int, n: int = 0) -> dict[str, Any]:
        """The settings as `optimize` takes them, for images of this edge, the n-th of the sizes."""
        moved = []
        if self.jitter:
            moved += [jitter(min(self.jitter, edge // 8))]
        if self.zoom > 1:
            moved += [zoom(1 / self.zoom, self.zoom)]
        steps = _at(self.steps, n)
        return {
            "step": self._step(_at(self.rate, n), steps),
            "steps": steps,
            "penalties": _penalties(self.regularizers),
            "corrections": _corrections(self.regularizers),
            "transforms": [*moved, grain(self.grain)] if self.grain else moved,
        }

    def _step(self, peak: float, steps: int):
        optimiser = Adam() if self.optimiser == "adam" else SGD()
        rate = cosine(peak, steps) if self.fading else constant(peak)
        if self.coordinates == "waves":
            return ascend_waves(optimiser, rate, self.waves or 0.0)
        shape = {} if self.waves is None else {"shape": like_photos(self.waves)}
        return ascend(optimiser, rate, **shape)

    def changed(self, changes: Mapping[str, Any]) -> "Preset":
        """The same with other values for some settings; TypeError: there is no such setting."""
        return changed(self, changes)


def _several(name: str, value) -> tuple:
    """One number, or one for each size, as a tuple."""
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    if not values:
        raise ValueError(f"{name} is empty: give a number, or one for each size")
    return values


def _at(value, n: int):
    """What holds at the n-th size."""
    values = value if isinstance(value, tuple | list) else (value,)
    return values[min(n, len(values) - 1)]


def changed(preset, changes: Mapping[str, Any]):
    """The same row, any dataclass of settings, with other values for some.

    Raises:
        TypeError: there is no such setting.
    """
    known = [setting.name for setting in fields(preset)]
    for name in changes:
        if name not in known:
            raise TypeError(f"there is no setting {name!r}: there are {', '.join(known)}")
    return replace(preset, **changes)


MILD, ALONE = {"l2": 1e-7, "tv": 6e-7}, {"tv": 2e-7, "centre": 0.02, "blur": 0.3}
PRESETS = {
    "minivgg":    Preset((64, 90, 128), 60, rate=12.0, zoom=1.2, grain=38.0, regularizers=ALONE),
    "vgg":        Preset((112, 158, 224), rate=3.0, jitter=16, zoom=1.10, regularizers=MILD),
    "alexnet":    Preset((128, 168, 224), rate=3.0, jitter=16, zoom=1.10, regularizers=MILD),
    "googlenet":  Preset((112, 158, 224), rate=3.0, jitter=16, zoom=1.10, regularizers=MILD),
    "squeezenet": Preset((128, 170, 227), rate=3.0, jitter=12, zoom=1.10, regularizers=MILD),
}


def preset_for(net) -> Preset:
    """The row of this network, or of its family, as vgg16 is a vgg; else one at its own size."""
    rows = [name for name in PRESETS if net.name.startswith(name)]
    return PRESETS[max(rows, key=len)] if rows else Preset((net.input_size,))


def sizes_up_to(net, edge: int, sizes) -> tuple[int, ...]:
    """Sizes in the same proportions that end at `edge`, without those too small for the network."""
    smaller = [round(size * edge / sizes[-1]) for size in sizes[:-1]]
    return (*(size for size in smaller if _fits(net, size)), edge)


def _fits(net, edge: int) -> bool:
    try:
        net.output_shapes((edge, edge))
    except ValueError:
        return False
    return True


def main_line(net) -> list[str]:
    """The layers past which nothing leads: what is behind one of them depends on it alone."""
    names, reach, found = list(net.layers), -1, []
    for place, name in enumerate(names):
        if reach <= place:
            found.append(name)
        readers = (names.index(n) for n in names if name in net.inputs[n])
        reach = max([reach, *readers])
    return found


def outputs(net) -> list[str]:
    """Relus in the main line, and where it branches, the layers at which the branches meet.

    A relu that several layers read is only where a Fire module parts (squeeze), narrower than what
    comes of it.
    """
    kinds = {name: type(net.layers[name]).__name__ for name in main_line(net)}
    readers = {name: sum(name in inputs for inputs in net.inputs.values()) for name in kinds}
    return [name for name, kind in kinds.items()
            if kind == "Concat" or kind == "Relu" and readers[name] < 2]
