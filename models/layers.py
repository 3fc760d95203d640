"""The kinds of layers that the tables of this package are written in.

A layer is a line of a network's table: its name, its sizes, and the layers that it reads (the one
above it unless `after` names others).  It holds no weights and no state.  From the line follows
everything that one may want to know about it:

    layer(*inputs, params, training)    its activation, by one of minigrad.ops
    layer.shapes                        the parameters that it needs
    layer.output_shape(*inputs)         (channels, rows, columns) out, given those that come in
    layer.window                        (size, stride, padding) of what a unit sees in the layer
                                        above, or None if that is all of it
    layer.upward                        whether its output is larger (layers_up.py)
    layer.multiplications(*inputs)      for one image

Read next: design.py.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from minigrad import ops
from minigrad.backend import array_module
from minigrad.ops.pool import Window
from minigrad.tensor import data_of

Shape = tuple[int, ...]
STATISTICS = "/running_mean", "/running_var"  # of batches; all other parameters are learned


@dataclass(frozen=True)
class Layer:
    """What all lines of a table have: a name, what they read, and whose parameters they share.

    Each number goes its own way here (relu, dropout); the kinds below say where they differ.
    """

    name: str
    after: tuple[str, ...] = field(default=(), kw_only=True)
    shares: str = field(default="", kw_only=True)  # a layer whose parameters it takes
    window: ClassVar[tuple[int, int, int] | None] = (1, 1, 0)
    upward: ClassVar[bool] = False

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each parameter, by its short name."""
        return {}

    def output_shape(self, *inputs: Shape) -> Shape:
        """The shape of one image's activation, without the batch axis."""
        return inputs[0]

    def multiplications(self, *inputs: Shape) -> int:
        """How many products the layer computes for one image."""
        return 0


@dataclass(frozen=True)
class Conv(Layer):
    """Convolution with square filters."""

    channels_in: int
    channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    bias: bool = True
    dilation: int = 1
    identity: bool = False  # whether it begins as one (initialise.py)

    def __call__(self, x, params, training, conv2d=ops.conv2d):
        """Map x (N, channels_in, H, W) → (N, channels, H', W')."""
        geometry = self.stride, self.padding, self.dilation
        return conv2d(x, params["weight"], params.get("bias"), *geometry)

    @property
    def shapes(self):
        """One filter for each channel out."""
        weight = self.channels, self.channels_in, self.kernel_size, self.kernel_size
        return {"weight": weight} | ({"bias": (self.channels,)} if self.bias else {})

    @property
    def window(self):
        """The filter's own, from its first tap to its last."""
        return self.dilation * (self.kernel_size - 1) + 1, self.stride, self.padding

    def output_shape(self, shape):
        """As many places as the filter fits in."""
        (_, *image), (size, stride, padding) = shape, self.window
        places = [(n + 2 * padding - size) // stride + 1 for n in image]
        if min(places) < 1:
            raise ValueError(f"{self.name}: the filter does not fit")
        return self.channels, *places

    def multiplications(self, shape):
        """Every place, every filter, every tap."""
        return math.prod(self.output_shape(shape)) * self.channels_in * self.kernel_size**2


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation: the batch's statistics while training, the collected ones else."""

    channels: int
    eps: float = 1e-5

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → the same shape."""
        weight, bias, mean, var = (params[name] for name in self.shapes)
        if training is not None:
            mean = var = None
        return ops.batch_norm(x, weight, bias, mean, var, self.eps)

    @property
    def shapes(self):
        """A line per channel, and the statistics that place it."""
        names = "weight", "bias", "running_mean", "running_var"
        return dict.fromkeys(names, (self.channels,))

    def multiplications(self, shape):
        """One for each number: mean, variance, weight and bias make one line."""
        return math.prod(shape)


@dataclass(frozen=True)
class Relu(Layer):
    """max(0, x)."""

    def __call__(self, x, params, training):
        """Any shape → the same shape."""
        return ops.relu(x)


@dataclass(frozen=True)
class Dropout(Layer):
    """Drop a share p of the numbers while training; afterwards do nothing."""

    p: float

    def __call__(self, x, params, training):
        """Any shape → the same shape."""
        return x if training is None else ops.dropout(x, self.p, training)


@dataclass(frozen=True)
class MaxPool(Layer):
    """The maximum of each window; `ceil_mode` rounds the number of windows up."""

    kernel_size: int
    stride: int
    padding: int = 0
    ceil_mode: bool = False

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → (N, C, H', W')."""
        return ops.max_pool2d(x, *self.window, self.ceil_mode)

    @property
    def window(self):
        """The pooling window."""
        return self.kernel_size, self.stride, self.padding

    def output_shape(self, shape):
        """As many windows as the op counts."""
        channels, *image = shape
        window = Window(self.name, (1, channels, *image), *self.window, self.ceil_mode)
        return channels, *window.size


@dataclass(frozen=True)
class AdaptiveAvgPool(Layer):
    """Average to size × size windows: what lets images of any size into the layers behind it."""

    size: int
    window: ClassVar = None

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → (N, C, size, size)."""
        return ops.adaptive_avg_pool2d(x, self.size)

    def output_shape(self, shape):
        """The size that was asked for."""
        return shape[0], self.size, self.size


@dataclass(frozen=True)
class GlobalAvgPool(Layer):
    """The mean of each channel over the whole image (Lin et al. 2014, section 3.2)."""

    window: ClassVar = None

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → (N, C)."""
        return ops.mean(x, axis=(2, 3))

    def output_shape(self, shape):
        """One number per channel."""
        return shape[:1]


@dataclass(frozen=True)
class Linear(Layer):
    """A fully connected layer: every unit reads all numbers of the layer above."""

    numbers_in: int
    units: int
    window: ClassVar = None

    def __call__(self, x, params, training):
        """Map x (N, …) → (N, units)."""
        rows = x if x.ndim == 2 else ops.flatten(x)
        return ops.linear(rows, params["weight"], params["bias"])

    @property
    def shapes(self):
        """One row of weights for each unit; a feature map is read channel by channel."""
        return {"weight": (self.units, self.numbers_in), "bias": (self.units,)}

    def output_shape(self, shape):
        """One number per unit."""
        return (self.units,)

    def multiplications(self, shape):
        """Every unit times every number."""
        return self.units * self.numbers_in


@dataclass(frozen=True)
class Concat(Layer):
    """The channels of several layers behind one another."""

    def __call__(self, *inputs, params, training):
        """(N, C₁, H, W), (N, C₂, H, W), … → (N, C₁ + C₂ + …, H, W)."""
        return ops.concatenate(inputs, axis=1)

    def output_shape(self, *inputs):
        """The sum of the channels."""
        return sum(shape[0] for shape in inputs), *inputs[0][1:]


@dataclass(frozen=True)
class Add(Layer):
    """The sum of several layers of one shape."""

    def __call__(self, *inputs, params, training):
        """(N, C, H, W) several times → (N, C, H, W)."""
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


@dataclass(frozen=True)
class Image(Layer):
    """The image itself, for a table in which several layers read it."""

    def __call__(self, x, params, training):
        """Any shape → the same array."""
        return x


@dataclass(frozen=True)
class Blank(Layer):
    """Channels of zeros, as many rows and columns as the layer above has."""

    channels: int

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → (N, channels, H, W), no matter what is in it."""
        x = data_of(x)
        return array_module(x).zeros((len(x), self.channels, *x.shape[2:]), x.dtype)

    def output_shape(self, shape):
        """The size of what is above."""
        return self.channels, *shape[1:]


@dataclass(frozen=True)
class Softmax(Layer):
    """Scores become probabilities, which sum to 1 over the channels."""

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → the same shape."""
        return ops.softmax(x, axis=1)
