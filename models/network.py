"""A network: a table of named layers, the weights that they need, and what follows from both.

    net  = models.load("vgg16")
    acts = net(Tensor(pixels))              {"conv1_1": Tensor, "relu1_1": …, "fc8": scores}
    acts.scores, net.scores(pixels)         the scores by their name, from all and alone
    acts = net(pixels, until="relu4_2")     arrays in, arrays out, nothing recorded, and no further
    acts = net(pixels, only=["relu4_2"])    this one alone: less memory, and sooner

The call is all that a network does: the image takes the first step (preprocess.py), then goes down
the table, layer by layer (walk.py).  There is no mode and no state; what training needs is handed
in.

Read before: vgg.py, a table.  Read next: arguments.py.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from minigrad import ops
from minigrad.activations import Activations
from minigrad.backend import to_device
from minigrad.tensor import data_of
from models import photo as photos
from models.arguments import check_layer, params_for, pixels_for
from models.design import Design
from models.layers import STATISTICS, BatchNorm, Dropout, MaxPool
from models.preprocess import Preprocessing
from models.receptive_field import ReceptiveField, trace
from models.walk import walk, walk_on


class Network:
    """Layers by name, parameters by name, and classes.

    Attributes:
        name: as in `models.names()`.
        layers: the table, a dict name → Layer in the order of the walk.
        inputs: the names of the layers that each layer reads; none is the image.
        params: arrays by "layer/parameter"; read-only where they come from a file, and empty where
            only the table was asked for.
        classes: their names, in the order of the scores; empty if they have none.
        class_count: how many scores there are.
        default_layer: where one looks first.
        score_layer: the last, whose activation is the scores.
        preprocessing: the first step, and a photo's size.
        settings: numbers that its table was written out with, as U-Net's width; mostly none.
        dtype: of parameters and activations, "float32" or "float64".
        device: where the parameters are, "cpu" or "cuda".
    """

    def __init__(self, name, design: Design, preprocessing: Preprocessing, classes):
        self.name = name
        self.default_layer = design.default_layer
        self.preprocessing = preprocessing
        self.classes = [] if isinstance(classes, int) else list(classes)
        self.class_count = len(self.classes) or classes
        self.settings = dict(design.settings)
        table = design.table(self.class_count, **self.settings)
        self.layers = {layer.name: layer for layer in table}
        self.score_layer = next(reversed(self.layers))
        above = [(), *((name,) for name in self.layers)]
        self.inputs = {
            layer.name: layer.after or before
            for layer, before in zip(self.layers.values(), above, strict=False)
        }
        self.params = {}
        self.dtype, self.device = "float32", "cpu"

    def __call__(
        self,
        x,
        until: str | None = None,
        params: Mapping[str, Any] | None = None,
        training: np.random.Generator | None = None,
        only: Collection[str] | None = None,
    ) -> Activations:
        """Pass images down the table.

        Args:
            x: a Tensor or an array (N, 3, H, W), RGB, 0–255.
            until: the layer to stop after; by default the last, `score_layer`, whose activation is
                the score of each class before the softmax, (N, classes).
            params: arrays or Tensors to use in place of `net.params`, all or some of them.
            training: a generator that turns on dropout and the batch's own statistics.
            only: the layers to return, in place of `until`.  The walk stops after the last of
                them, and forgets the others' activations on the way.

        Returns:
            Activations by layer, in order: Tensors if x or a parameter in their past is one.

        Raises:
            ValueError: an unknown layer or parameter, or images that are none or too small.

        Warns:
            UserWarning: all pixels lie within [−3, 3], as other libraries want them.
        """
        x = pixels_for(self, x)
        for layer in only or [until or self.score_layer]:
            check_layer(self, layer)
        if only:
            until = max(only, key=list(self.layers).index)
        names = list(self.output_shapes(x.shape[2:], until))  # complains where nothing is left of x
        params = params_for(self, params)
        return walk(self, x, names, only or names, params, training)

    def onward(
        self, acts: Mapping[str, Any], wanted: Collection[str],
        params: Mapping[str, Any] | None = None, training: np.random.Generator | None = None,
    ) -> Activations:  # fmt: skip
        """Go on from activations in place of the image: what parts of the table are asked for.

        Args:
            acts: arrays or Tensors by layer, whatever somebody has made of them.
            wanted: layers that follow from these alone.
            params: as for a call.
            training: as for a call.

        Returns:
            Activations: those that were given, and the layers from there to the wanted ones.

        Raises:
            ValueError: an unknown layer or parameter, or one that needs more than was given.
        """
        for layer in [*acts, *wanted]:
            check_layer(self, layer)
        given = Activations(acts, self.score_layer)
        return walk_on(self, given, wanted, params_for(self, params), training)

    def scores(self, x, params: Mapping[str, Any] | None = None):
        """The score of each class before the softmax, (N, classes), and nothing else of a pass."""
        return self(x, params=params, only=[self.score_layer]).scores

    def pixels(self, photo, size=None):
        """Bring a photo, a path or a PIL image, to this network's size and device.

        Args:
            photo: upright or turned by EXIF, in any of Pillow's modes.
            size: an edge in pixels in place of the network's own, or "full" for the photo as it is.

        Returns:
            (1, 3, H, W) of the network's dtype, RGB, 0–255.

        Raises:
            FileNotFoundError, ValueError: there is no such photo, or it cannot be read.
        """
        array = photos.pixels(photo, self.preprocessing, size)
        return to_device(array.astype(self.dtype, copy=False), self.device)

    # ── What follows from the table alone ───────────────────────────────────────────────────────

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter, by "layer/parameter"; no array is made for it."""
        return {
            f"{name}/{short}": shape
            for name, layer in self.layers.items()
            for short, shape in layer.shapes.items()
            if not layer.shares
        }

    def output_shapes(
        self, image: tuple[int, int] | None = None, until: str | None = None
    ) -> dict[str, tuple[int, ...]]:
        """The shape of every activation for one image, without the batch axis.

        Args:
            image: (H, W), by default the network's own size.
            until: the layer to stop after.

        Raises:
            ValueError: the image is too small.
        """
        image = tuple(image or (self.input_size, self.input_size))
        shapes = {}
        for name in self.layers:
            try:
                above = self.input_shapes(name, shapes, image)
                shapes[name] = self.layers[name].output_shape(*above)
            except ValueError:
                raise ValueError(
                    f"{image[0]}×{image[1]} pixels are too few for {self.name}: "
                    f"nothing is left of them at {name}"
                ) from None
            if name == until:
                break
        return shapes

    def input_shapes(self, name, shapes, image):
        """List the shapes that a layer reads, given those of the layers above it, image (H, W)."""
        return [shapes[source] for source in self.inputs[name]] or [(3, *image)]

    def receptive_field(self, layer: str) -> ReceptiveField:
        """Say which pixels the units of a layer see.

        Raises:
            ValueError: there is no such layer.
        """
        check_layer(self, layer)
        return trace(self.layers.values(), self.inputs)[layer]

    @property
    def code_layer(self) -> str:
        """What the classifier reads: the layer before the last that has weights, dropout aside.

        VGG's and AlexNet's relu7; SqueezeNet's fire9/concat, GoogLeNet's average pooling.
        """
        last = [name for name, layer in self.layers.items() if layer.shapes][-1]
        (name,) = self.inputs[last]
        while isinstance(self.layers[name], Dropout):
            (name,) = self.inputs[name]
        return name

    @property
    def input_size(self) -> int:
        """The edge of the images that the network was made for."""
        return self.preprocessing.crop

    @property
    def mean_colour(self):
        """The colour that preprocessing turns into zero, (3,) float64, RGB 0–255, on the CPU."""
        return self.preprocessing.mean_colour

    @property
    def attributes(self) -> dict[str, Any]:
        """What a weight file has to say besides the weights (storage.py)."""
        pools = (layer for layer in self.layers.values() if isinstance(layer, MaxPool))
        return {
            "model": self.name,
            "classes": self.classes,
            **self.preprocessing._asdict(),
            **self.settings,
            "pool_rounding": "ceil" if any(pool.ceil_mode for pool in pools) else "floor",
        }

    def __repr__(self):
        return f"<{self.name}: {self.parameter_count:,} parameters, {self.class_count} classes>"

    # ── For training ────────────────────────────────────────────────────────────────────────────

    @property
    def learned(self) -> list[str]:
        """The parameters that training moves: all but batch norm's running statistics."""
        return [name for name in self.shapes if not name.endswith(STATISTICS)]

    @property
    def parameter_count(self) -> int:
        """How many numbers training moves."""
        shapes = self.shapes
        return sum(math.prod(shapes[name]) for name in self.learned)

    @property
    def score_layers(self) -> list[str]:
        """Where training asks for the classes: the scores, and those that share weights with them.

        Others than the last there are in a network that answers several times (recurrent.py).
        """
        first = self.layers[self.score_layer].shares or self.score_layer
        return [name for name, layer in self.layers.items() if first in (name, layer.shares)]

    def batch_statistics(self, acts: Mapping[str, Any]) -> dict[str, Any]:
        """Say which mean and variance each batch norm met in a pass, as plain arrays.

        They have the names of the running ones, which training moves towards them
        (techniques/learn/training.py).  The variance is the unbiased one, n / (n − 1) times the
        batch's (Ioffe and Szegedy 2015, section 3.1).
        """
        statistics = {}
        for name, layer in self.layers.items():
            if isinstance(layer, BatchNorm):
                x = data_of(acts[self.inputs[name][0]])
                n = x.size // x.shape[1]
                mean, var = ops.batch_statistics(x)
                statistics[f"{name}/running_mean"] = mean
                statistics[f"{name}/running_var"] = var * (n / max(n - 1, 1))
        return statistics
