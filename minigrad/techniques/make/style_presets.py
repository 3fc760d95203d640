"""How a picture is painted: the settings of style.py, and the layers of each network.

    print(style_preset_for(net))                            # what style(net, …) does
    style(net, photo, painting, style_weight=100.0)         # the same, but more of a painting

Every term is divided by its own size, so one row of settings is right for all networks; only the
layers differ, and they follow from the table of each.  Style is asked for at the first relu of
every resolution, content at the second of those that halve the image three times, where a network
knows of things and has forgotten the exact pixels: VGG's relu1_1 … relu5_1 and relu4_2, as in the
paper (Gatys et al. 2016, section 3).  Where a network has branches, it is asked where they meet.

Found by looking, on minivgg, at a town in the style of The Starry Night, 256 to 320 pixels and 60
to 80 steps: with style_weight 10 the town is nearly a photo, with 20 all of it is strokes and every
house is there, with 100 only its spire is left.  Without tv there are dots of single pixels, with
30 to 200 a lattice of two pixels, from 400 on beads.  Adam leaves grain; begun at full size the
strokes are short; from noise the town is gone.

Read before: presets.py.  Read next: style_terms.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from minigrad.checked import number, whole
from minigrad.techniques.make.presets import outputs

CONTENT_STRIDE = 8  # pixels between the units that are asked for content: relu4_2 in VGG
WORDS = {"optimiser": ("lbfgs", "adam"), "start": ("photo", "noise")}

Layers = tuple[str, ...] | Mapping[str, float]


@dataclass(frozen=True)
class StylePreset:
    """The settings of a run.

    Attributes:
        content_layers: where things are asked for: names, or {name: its share}.
        style_layers: where textures are asked for, alike.
        content_weight: α.
        style_weight: β.
        tv: γ.
        scales: the sizes to go through, as shares of the photo's own.
        steps: at each of them, at most.
        optimiser: "lbfgs" or "adam".
        rate: Adam's, in grey levels per step, falling to zero along a cosine.
        start: "photo" or "noise".
        sigma: of that noise, in grey levels.

    Raises:
        TypeError, ValueError: a setting is no such number or word, or there is nothing to ask for.
    """

    content_layers: Layers
    style_layers: Layers
    content_weight: float = 1.0
    style_weight: float = 20.0
    tv: float = 3.0
    scales: tuple[float, ...] = (0.5, 1.0)
    steps: int = 100
    optimiser: str = "lbfgs"
    rate: float = 8.0
    start: str = "photo"
    sigma: float = 30.0

    def __post_init__(self):
        weights = [
            number(f"{name}_weight", getattr(self, f"{name}_weight"), at_least=0) * sum(shares)
            for name in ("content", "style")
            for shares in [self.shares(name).values()]
        ]
        if not any(weights):
            raise ValueError("all weights are zero, so nothing is asked for: give content_weight "
                             "or style_weight, and layers for it")
        number("tv", self.tv, at_least=0)
        if not isinstance(self.scales, tuple | list) or not self.scales:
            raise TypeError(f"scales is {self.scales!r}: give shares of the photo's size, as "
                            "(0.5, 1.0)")
        for scale in self.scales:
            number("a size in scales", scale, above=0)
        whole("steps", self.steps, at_least=1)
        number("rate", self.rate, above=0)
        number("sigma", self.sigma, at_least=0)
        for name, words in WORDS.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} is {getattr(self, name)!r}: give {' or '.join(words)}")

    def shares(self, name: str) -> dict[str, float]:
        """Each layer's share of the content or the style weight; they sum to 1, or there is none.

        Raises:
            TypeError: the layers are a text, not names.
        """
        layers = getattr(self, f"{name}_layers")
        if isinstance(layers, str):
            raise TypeError(f"{name}_layers is {layers!r}: give a tuple of names, ({layers!r},)")
        given = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers, 1.0)
        for layer, share in given.items():
            number(f"the share of {layer}", share, at_least=0)
        total = sum(given.values())
        return {layer: share / total for layer, share in given.items() if share}


def style_preset_for(net) -> StylePreset:
    """The settings with the layers of this network.

    Raises:
        ValueError: it has no relu with places.
    """
    by_stride: dict[int, list[str]] = {}
    for layer in outputs(net):
        field = net.receptive_field(layer)
        if field.size is not None:
            by_stride.setdefault(field.stride, []).append(layer)
    if not by_stride:
        raise ValueError(f"{net.name} has no relu with places, where style could be asked for")
    nearest_stride = min(by_stride, key=lambda stride: abs(stride - CONTENT_STRIDE))
    content = by_stride[nearest_stride][:2][-1]
    return StylePreset((content,), tuple(layers[0] for layers in by_stride.values()))
