r"""How a code is inverted: the settings of invert.py, by depth, and the layers worth a look.

    print(invert_preset_for(net, "relu4_2"))        # what invert(net, photo, "relu4_2") does
    invert(net, photo, "relu4_2", tv=8.0)           # the same, but smoother

The error is relative and the penalties are means over the pixels, in shares of the 255 grey levels,
so that one table is right for all networks and sizes.  Only λ_TV depends on the depth: a unit that
stands for one pixel says all there is to say, one that stands for a thousand leaves more open, and
that much more must be known of pictures beforehand.

Found by looking, minivgg at 128 pixels: a face, a cup, a cat, a pagoda and a panda.

    tv          without it edges are crossed by fine lines, four times as much blurs them
    β           1 draws flat patches with sharp borders and 2 is blurred between dots of colour;
                with 1.5 the code comes nearest
    l6          little depends on it, as pixels stay in [0, 255] anyhow; 30 makes white grey
    waves       with the plain gradient the error is four times as large after as many steps, and
                the colours are garish; with 2 slow waves go ahead and the error doubles
    sigma       of noise as strong as the photo itself, the paper's start, the grain stays
    optimiser   Adam: plain gradient descent with momentum, the paper's, was forty times as far
                from relu3_2 after 80 steps, at the best of three rates
    sizes       one is enough: slow waves come first anyhow, and of steps shared between half the
                edge and the whole the code was a third further away

Read before: presets.py.  Read next: invert.py.
"""

from dataclasses import dataclass

from minigrad.checked import nearest, number, whole
from minigrad.techniques.make.presets import main_line, outputs

# λ_TV, from so many pixels between neighbouring units on; the last where a layer has no places
TV_BY_STRIDE = {1: 0.2, 2: 0.5, 4: 1.0, 8: 2.0}


@dataclass(frozen=True)
class InvertPreset:
    """The settings of a run.

    Attributes:
        tv: λ_TV.
        beta: β; 2 likes smooth slopes, 1 flat areas with sharp edges.
        l6: λ_α.
        balanced: the code's distance is divided by ‖Φ₀‖² and the penalties by their pixels, so
            that the λ mean the same everywhere; False: neither is.
        steps: how many.
        rate: Adam's, in grey levels per step, falling to zero along a cosine.
        waves: power of 1/|f| in the step (steps.like_photos), None for the plain gradient.
        sigma: of the noise to start from, in grey levels.

    Raises:
        TypeError, ValueError: a setting is no such number.
    """

    tv: float
    beta: float = 1.5
    l6: float = 1.0
    balanced: bool = True
    steps: int = 120
    rate: float = 12.0
    waves: float | None = 1.0
    sigma: float = 5.0

    def __post_init__(self):
        number("tv", self.tv, at_least=0)
        number("beta", self.beta, above=0)
        number("l6", self.l6, at_least=0)
        whole("steps", self.steps, at_least=1)
        number("rate", self.rate, above=0)
        if self.waves is not None:
            number("waves", self.waves, at_least=0)
        number("sigma", self.sigma, at_least=0)


# ‖Φ(x) − Φ₀‖² + λ ‖u/255‖₆⁶, as in Fleuret's lecture: little is known of pictures, and it shows
LECTURE = InvertPreset(tv=0.0, l6=1000.0, balanced=False, waves=None)
INVERT_PRESETS = ("usual", "lecture")


def invert_preset_for(net, layer: str, name: str = "usual") -> InvertPreset:
    """The settings for a layer of a network: "usual", or "lecture".

    Raises:
        ValueError: there is no such layer or preset.
    """
    if name not in INVERT_PRESETS:
        raise ValueError(f"there is no preset {name!r}; {nearest(name, INVERT_PRESETS)}")
    field = net.receptive_field(layer)
    if name == "lecture":
        return LECTURE
    rows = [tv for stride, tv in TV_BY_STRIDE.items()
            if field.size is None or stride <= field.stride]
    return InvertPreset(rows[-1])


def landmarks(net) -> list[str]:
    """The layers at which to look on the way from the image to the scores.

    The first one; each pool and what it reads, the last word at a resolution; behind the last
    pool, each relu; the scores.  Of branches only where they meet.
    """
    names = main_line(net)
    pools = [i for i, name in enumerate(names) if type(net.layers[name]).__name__ == "MaxPool"]
    behind = [i for i in map(names.index, outputs(net)) if i > max(pools, default=0)]
    chosen = {0, *pools, *(i - 1 for i in pools), *behind, len(names) - 1}
    return [names[i] for i in sorted(chosen)]
