"""A recipe: how long to train, on photos of which size, at which rate.

Most epochs show small photos, which is fast and teaches most of it; the last ones show them at full
size, which an average pooling before the first fully connected layer allows.  The rate rises for a
few steps and then falls along a cosine to zero (optim.cosine).  A warm restart lets it rise again
in the middle of a run (Loshchilov and Hutter 2017, section 3).

Read before: training.py.  Read next: fine_tuning.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

from minigrad import optim
from minigrad.checked import number, whole

WARM_UP = 200  # steps


@dataclass(frozen=True)
class Recipe:
    """All that a run of training depends on besides its photos.

    Attributes:
        model: the network's name.
        epochs: how often all photos are shown.
        photos: how many are shown in an epoch; 0: as many as there are to train on.
        sizes: edge*epochs,…: the photos' edge, in proportions that are stretched to the epochs.
        batch: photos in a step.
        lr: the highest rate.
        momentum: SGD's, as is weight_decay (optim.py).
        label_smoothing: of the cross entropy.
        random_seed: of weights, photos and dropout.
        adversary: how far photos are moved against the network's answer, in grey levels; each batch
            then takes two steps, one as it is and one so moved (training.py).
        freeze: which layers stay as they are, "conv" or "body" (fine_tuning.py).
        body_rate: the share of each step that all layers but the last take.
        began: the epoch in which the rate was last at its highest; above 0 after a warm restart,
            when rate and sizes began anew.

    Raises:
        ValueError, TypeError: a number that makes no sense, or sizes that are none.
    """

    model: str = "minivgg"
    epochs: int = 23
    photos: int = 0
    sizes: str = "64*12,96*7,128*4"
    batch: int = 64
    lr: float = 0.06
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    random_seed: int = 0
    adversary: float = 0.0
    freeze: str = ""
    body_rate: float = 1.0
    began: int = 0

    def __post_init__(self):
        whole("epochs", self.epochs, at_least=1)
        whole("photos", self.photos)
        whole("batch", self.batch, at_least=1)
        whole("random_seed", self.random_seed)
        number("lr", self.lr, above=0)
        number("adversary, a distance in grey levels,", self.adversary, at_least=0)
        number("body_rate, a share of lr,", self.body_rate, above=0, at_most=1)
        try:
            good = min(self._edges()) > 0
        except ValueError:
            good = False
        if not good:
            raise ValueError(f"sizes is {self.sizes!r}: give edge*epochs,…, as in 64*12,96*7")

    def steps(self, photos: int) -> int:
        """How many steps an epoch takes, with so many photos to train on."""
        return max(1, (self.photos or photos) // self.batch)

    def edge(self, epoch: int) -> int:
        """The edge of the photos in an epoch, in pixels."""
        edges = self._edges()
        return edges[(epoch - self.began) * len(edges) // max(1, self.epochs - self.began)]

    def rate(self, each: int) -> Callable[[int], float]:
        """The learning rate as a function of the step, with `each` steps to an epoch."""
        first = self.began * each
        steps = (self.epochs - self.began) * each
        falling = optim.cosine(self.lr, steps, warmup=min(WARM_UP, each))
        return lambda step: falling(step - first)

    def _edges(self) -> list[int]:
        parts = [part.split("*") for part in self.sizes.split(",")]
        return [int(edge) for edge, epochs in parts for _ in range(int(epochs))]
