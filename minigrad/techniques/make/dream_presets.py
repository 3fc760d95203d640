r"""How a network dreams: the settings of dream.py, a row per network.

    print(dream_preset_for(net))                            # what dream(net, …) does
    dream(net, photo, octaves=6, rate=2.0)                  # the same, but for these

What each column says:

    layer           more of what its units see
    octaves, scale  so many sizes, each so many times as large as the one before
    steps, rate     at each size; grey levels that a step moves the pixels by, on average
    jitter          up to so many pixels, another at every step

minivgg's row was found by looking at 14 settings side by side, on a bridge, a pyramid, a cat and a
cup: relu3_2 and relu4_1 draw strokes and dots, relu4_2 eyes and spots, relu5_1 faces, legs and
trees, and relu5_2 whole churches, dogs and flowers, which take 15 steps at each of five octaves.
In fewer octaves things stay small; a rate of 3 is coarser.  squeezenet's row draws dogs' eyes and
fur.  The layer of googlenet is Mordvintsev's own; nobody has looked at the other rows' dreams yet.

Read before: presets.py.  Read next: dream.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minigrad.checked import number, whole


@dataclass(frozen=True)
class DreamPreset:
    """One row of the table.

    Raises:
        TypeError, ValueError: a setting is no such number.
    """

    layer: str
    octaves: int = 4
    scale: float = 1.4
    steps: int = 10
    rate: float = 1.5
    jitter: int = 32

    def __post_init__(self):
        whole("octaves", self.octaves, at_least=1)
        number("scale", self.scale, above=1)
        whole("steps", self.steps)
        number("rate", self.rate, above=0)
        whole("jitter", self.jitter)


DREAM_PRESETS = {
    "minivgg":    DreamPreset("relu5_2", octaves=5, steps=15),
    "vgg":        DreamPreset("relu5_2", octaves=5, steps=15),
    "alexnet":    DreamPreset("relu5"),
    "googlenet":  DreamPreset("inception4c/concat"),
    "squeezenet": DreamPreset("fire8/concat", steps=15),
}


def dream_preset_for(net) -> DreamPreset:
    """The row of this network, or of its family; else one with the layer where one looks first."""
    rows = [name for name in DREAM_PRESETS if net.name.startswith(name)]
    return DREAM_PRESETS[max(rows, key=len)] if rows else DreamPreset(net.default_layer)


def octave_sizes(
    net, photo: Sequence[int], layer: str, octaves: int, scale: float
) -> list[tuple[int, int]]:
    """(H, W) of each octave, from the smallest to the photo's own: round(H / scaleᵏ).

    Those at which nothing is left for the layer are left out; the photo's own size never is.
    """
    smaller = [
        tuple(max(1, round(n / scale**k)) for n in photo) for k in range(octaves - 1, 0, -1)
    ]
    return [*(size for size in smaller if _fits(net, size, layer)), tuple(photo)]


def _fits(net, size, layer: str) -> bool:
    try:
        net.output_shapes(size, until=layer)
    except ValueError:
        return False
    return True
