"""A network: a table of named layers, the weights that they need, and the walk down the table.

    net  = models.load("vgg16")
    acts = net(Tensor(pixels))              {"conv1_1": Tensor, "relu1_1": …, "fc8": scores}
    acts.scores, net.scores(pixels)         the scores by their name, from all and alone
    acts = net(pixels, until="relu4_2")     arrays in, arrays out, nothing recorded, and no further
    acts = net(pixels, only=["relu4_2"])    this one alone: less memory, and sooner

The call is all that a network does: it takes the first step (preprocess.py), then each layer in
turn reads what the layers above it have written.  There is no mode and no state; what training
needs is handed in.

Read before: layers.py, vgg.py.  Read next: receptive_field.py, storage.py.
"""

import dataclasses
import difflib
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, ops
from minigrad.activations import Activations
from minigrad.backend import device_of, is_array, to_device
from minigrad.ops.conv import rectified_conv2d
from minigrad.tensor import data_of
from models import photo as photos
from models.layers import BatchNorm, Conv, Layer, MaxPool, Relu
from models.preprocess import Preprocessing, warn_if_scaled
from models.receptive_field import ReceptiveField, trace


class Design(NamedTuple):
    """What is known of a network before it has weights.

    table(number of classes) writes out its layers; default_layer is where one looks first.
    """

    table: Callable[[int], list[Layer]]
    default_layer: str
    preprocessing: Preprocessing
    classes: int = 1000

    def with_pool_rounding(self, rounding: str) -> "Design":
        """The same, with pooling windows counted "floor" or "ceil", as weights of other origin do.

        Raises:
            ValueError: it is neither of the two.
        """
        if rounding not in ("floor", "ceil"):
            raise ValueError(f"pool_rounding is {rounding!r}: there are floor and ceil")

        def table(classes):
            return [
                dataclasses.replace(layer, ceil_mode=rounding == "ceil")
                if isinstance(layer, MaxPool)
                else layer
                for layer in self.table(classes)
            ]

        return self._replace(table=table)


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
        dtype: of parameters and activations, "float32" or "float64".
        device: where the parameters are, "cpu" or "cuda".
    """

    def __init__(self, name, design: Design, preprocessing: Preprocessing, classes):
        self.name = name
        self.default_layer = design.default_layer
        self.preprocessing = preprocessing
        self.classes = [] if isinstance(classes, int) else list(classes)
        self.class_count = len(self.classes) or classes
        self.layers = {layer.name: layer for layer in design.table(self.class_count)}
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
                them, and what the others say is forgotten as soon as all have read it.

        Returns:
            Activations by layer, in order: Tensors if x or a parameter in their past is one.

        Raises:
            ValueError: an unknown layer or parameter, or images that are none or too small.

        Warns:
            UserWarning: all pixels lie within [−3, 3], as other libraries want them.
        """
        x = self._checked(x)
        for layer in only or [until or self.score_layer]:
            self._check_layer(layer)
        if only:
            until = max(only, key=list(self.layers).index)
        walk = self.output_shapes(x.shape[2:], until)  # complains where nothing is left of x
        kept = set(only or walk)
        readers = {name: [r for r in walk if name in self.inputs[r]] for name in walk}
        params = self._with(params)
        recorded = any(isinstance(array, Tensor) for array in (x, *params.values()))
        fused = set() if recorded else {n for n in walk if self._read_by_relu_alone(n, readers)}
        first = self.preprocessing(x)
        if isinstance(first, Tensor) and first is not x:
            first.name = "preprocessed"
        acts = Activations(score_layer=self.score_layer)
        for name in walk:
            above = [acts[source] for source in self.inputs[name]] or [first]
            acts[name] = self._activation(name, above, params, training, fused - kept)
            for read in {name, *self.inputs[name]} - kept:
                if readers[read][-1:] in ([], [name]):  # nobody will read it any more
                    del acts[read]
        return acts

    def _activation(self, name, above, params, training, fused):
        """Take one layer's step; `fused` names the convolutions that do their relu's work."""
        if not fused.isdisjoint(self.inputs[name]):
            return above[0]
        layer = self.layers[name]
        own = {short: params[f"{name}/{short}"] for short in layer.shapes}
        more = {"conv2d": rectified_conv2d} if name in fused else {}
        a = layer(*above, params=own, training=training, **more)
        if isinstance(a, Tensor) and a.name is None:
            a.name = name
        return a

    def _read_by_relu_alone(self, name, readers) -> bool:
        """Whether a layer is a convolution of which nobody but a relu sees anything."""
        behind = [self.layers[reader] for reader in readers[name]]
        alone = len(behind) == 1 and isinstance(behind[0], Relu)
        return alone and isinstance(self.layers[name], Conv)

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
                shapes[name] = self.layers[name].output_shape(*self.seen_by(name, shapes, image))
            except ValueError:
                raise ValueError(
                    f"{image[0]}×{image[1]} pixels are too few for {self.name}: "
                    f"nothing is left of them at {name}"
                ) from None
            if name == until:
                break
        return shapes

    def seen_by(self, name, shapes, image):
        """List the shapes that a layer reads, given those of the layers above it."""
        return [shapes[source] for source in self.inputs[name]] or [(3, *image)]

    def receptive_field(self, layer: str) -> ReceptiveField:
        """Say which pixels the units of a layer see.

        Raises:
            ValueError: there is no such layer.
        """
        self._check_layer(layer)
        return trace(self.layers.values(), self.inputs)[layer]

    @property
    def input_size(self) -> int:
        """The edge of the images that the network was made for."""
        return self.preprocessing.crop

    @property
    def mean_colour(self):
        """The colour that preprocessing turns into zero, (3,) float32, RGB 0–255, on the CPU."""
        return self.preprocessing.mean_colour

    @property
    def attributes(self) -> dict[str, Any]:
        """What a weight file has to say besides the weights (storage.py)."""
        pools = (layer for layer in self.layers.values() if isinstance(layer, MaxPool))
        return {
            "model": self.name,
            "classes": self.classes,
            **self.preprocessing._asdict(),
            "pool_rounding": "ceil" if any(pool.ceil_mode for pool in pools) else "floor",
        }

    def __repr__(self):
        learned = sum(
            math.prod(shape) for name, shape in self.shapes.items() if "/running_" not in name
        )
        return f"<{self.name}: {learned:,} parameters, {self.class_count} classes>"

    # ── For training ────────────────────────────────────────────────────────────────────────────

    def batch_statistics(self, acts: Mapping[str, Any]) -> dict[str, Any]:
        """Say which mean and variance each batch norm met in a pass, as plain arrays.

        They have the names of the running ones, which the training loop moves towards them:

            running ← (1 − m) · running + m · batch            (Ioffe and Szegedy 2015, section 3.1)

        The variance is the unbiased one, n / (n − 1) times the batch's.
        """
        statistics = {}
        for name, layer in self.layers.items():
            if isinstance(layer, BatchNorm):
                x = acts[self.inputs[name][0]]
                x = data_of(x)
                n = x.size // x.shape[1]
                mean, var = ops.batch_statistics(x)
                statistics[f"{name}/running_mean"] = mean
                statistics[f"{name}/running_var"] = var * (n / max(n - 1, 1))
        return statistics

    # ── What may be asked, and what is said when it may not ─────────────────────────────────────

    def _checked(self, x):
        if not isinstance(x, Tensor):
            x = x if is_array(x) else np.asarray(x)
            x = x.astype(self.dtype, copy=False)
        data = data_of(x)
        if data.ndim != 4 or data.shape[1] != 3:
            raise ValueError(
                f"{self.name} takes pixels (N, 3, H, W), RGB, 0–255, not an array of shape "
                f"{data.shape}: net.pixels(photo) makes them"
            )
        if data.dtype != self.dtype or device_of(data) != self.device:
            raise ValueError(
                f"the pixels are {data.dtype} on {device_of(data)}, and {self.name} is "
                f"{self.dtype} on {self.device}: make them alike"
            )
        warn_if_scaled(data, self.name)
        return x

    def _check_layer(self, layer):
        if layer not in self.layers:
            close = difflib.get_close_matches(str(layer), self.layers, n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else (
                f"its layers are {', '.join(self.layers)}"
            )
            raise ValueError(f"{self.name} has no layer {layer!r}; {hint}")

    def _with(self, params):
        unknown = set(params or ()) - set(self.shapes)
        if unknown:
            close = difflib.get_close_matches(min(unknown), self.shapes, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ValueError(f"{self.name} has no parameter {min(unknown)!r}{hint}")
        params = {**self.params, **(params or {})}
        if len(params) < len(self.shapes):
            raise ValueError(
                f"this {self.name} is a table without weights: models.build or models.load has them"
            )
        return params
