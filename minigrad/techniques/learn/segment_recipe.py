"""A recipe of segmentation: what a run depends on besides its photos and labels.

It is shorter than that of classification (recipe.py): every epoch shows views of one size, and Adam
finds its own way for every number, so that one rate does for U-Nets of all widths.  The rate rises
for some steps and falls along a cosine.

Read before: segmentation.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

from minigrad import optim
from minigrad.checked import number, whole

WARM_UP = 50  # steps


@dataclass(frozen=True)
class SegmentRecipe:
    """How to train a network that labels every pixel.

    Attributes:
        model: the network's name.
        width: its channels at the first level, and levels: how many there are.
        epochs: how often all pairs are shown.
        batch: pairs in a step.
        lr: the highest rate, Adam's.
        weight_decay: Adam's, decoupled from the gradient.
        edge: photos are made so small that their shorter side is no more than this; 0: as they are.
        crop: the edge of the square views that are trained on; 0: as large as the photos.
        flip: every other view is mirrored.
        rotation: of a view, in degrees to either side.
        zoom: least,most of a view's enlargement.
        colour: by which share a view's brightness, contrast and colour are changed.
        balance: whether small classes count more, ∝ √(median / pixels).
        void: the label of pixels that count for nothing.
        scenes: how many are composed to train on, where the data are composed scenes.
        aside: the share of the pairs that is not trained on but evaluated on.
        random_seed: of weights, split and views.

    Raises:
        ValueError, TypeError: a number that makes no sense.
    """

    model: str = "unet"
    width: int = 16
    levels: int = 4
    epochs: int = 20
    batch: int = 16
    lr: float = 0.004
    weight_decay: float = 1e-4
    edge: int = 0
    crop: int = 0
    flip: bool = True
    rotation: float = 10.0
    zoom: str = "0.75,1.5"
    colour: float = 0.25
    balance: bool = True
    void: int = 255
    scenes: int = 1500
    aside: float = 0.2
    random_seed: int = 0

    def __post_init__(self):
        for name in ("width", "levels", "epochs", "batch", "scenes"):
            whole(name, getattr(self, name), at_least=1)
        for name in ("edge", "crop", "void", "random_seed"):
            whole(name, getattr(self, name))
        if self.void > 255:
            raise ValueError(f"void is {self.void}: a label is a number from 0 to 255")
        number("lr", self.lr, above=0)
        number("weight_decay", self.weight_decay, at_least=0)
        number("rotation, in degrees,", self.rotation, at_least=0, at_most=180)
        number("colour, a share,", self.colour, at_least=0, at_most=1)
        number("aside, a share,", self.aside, above=0, at_most=0.9)
        if not self.zooms:
            raise ValueError(f"zoom is {self.zoom!r}: give least,most, as 0.75,1.5")

    @property
    def zooms(self) -> tuple[float, float] | None:
        """The least and the most enlargement; None where they make no sense."""
        try:
            least, most = map(float, self.zoom.split(","))
        except ValueError:
            return None
        return (least, most) if 0.05 <= least <= most <= 20 else None

    def steps(self, pairs: int) -> int:
        """How many steps an epoch takes, with so many pairs to train on."""
        return max(1, pairs // self.batch)

    def rate(self, each: int) -> Callable[[int], float]:
        """The learning rate as a function of the step, with `each` steps to an epoch."""
        steps = self.epochs * each
        return optim.cosine(self.lr, steps, warmup=min(WARM_UP, steps // 4))


# No two scenes are alike, so that no view of them has to be changed as well.
SCENES = SegmentRecipe(
    scenes=3000, batch=8, epochs=6, rotation=0, zoom="1,1", colour=0, balance=False
)
