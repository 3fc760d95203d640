"""The kinds of layers that lead back up to the size of the image: what pooling has made smaller.

Each reads two layers: the one that is to become larger, and one that was not yet pooled, whose rows
and columns it gets.  A pooling with ceil_mode makes ⌈H/2⌉ rows of H, these layers make 2⌈H/2⌉ again
and cut off what is more than H: so images of any size pass.

    layer.window    (size, stride, padding): each unit of the layer above paints so many units
    layer.upward    True, which says that the window is to be read so (receptive_field.py)

Read before: layers.py.  Read next: unet.py.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

from minigrad import ops
from minigrad.tensor import data_of
from models.layers import Layer


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """Transposed convolution with square filters: each pixel paints one.

    Where it reads one layer alone, nothing is cut off.
    """

    channels_in: int
    channels: int
    kernel_size: int
    stride: int
    padding: int = 0
    upward: ClassVar[bool] = True

    def __call__(self, x, like=None, *, params, training):
        """Map x (N, channels_in, h, w), like (N, …, H, W) → (N, channels, H, W)."""
        y = ops.conv_transpose2d(x, params["weight"], params["bias"], self.stride, self.padding)
        return y if like is None else cut(y, like)

    @property
    def shapes(self):
        """One filter for each channel in."""
        weight = self.channels_in, self.channels, self.kernel_size, self.kernel_size
        return {"weight": weight, "bias": (self.channels,)}

    @property
    def window(self):
        """The filter's own."""
        return self.kernel_size, self.stride, self.padding

    def output_shape(self, shape, like=None):
        """The size of the second layer that it reads."""
        size, stride, padding = self.window
        whole = [(n - 1) * stride - 2 * padding + size for n in shape[1:]]
        return self.channels, *(like[1:] if like else whole)

    def multiplications(self, shape, like=None):
        """Every pixel, every filter, every tap."""
        return math.prod(shape) * self.channels * self.kernel_size**2


@dataclass(frozen=True)
class Upsample(Layer):
    """Bilinear upsampling, by weights that nobody learns; its scale is even."""

    scale: int
    upward: ClassVar[bool] = True

    def __call__(self, x, like, params, training):
        """Map x (N, C, h, w), like (N, …, H, W) → (N, C, H, W)."""
        size = [self.scale * n for n in x.shape[2:]]
        return cut(ops.upsample_bilinear(x, size), like)

    @property
    def window(self):
        """A tent: two pixels of the layer above are mixed at every place."""
        return 2 * self.scale, self.scale, self.scale // 2

    def output_shape(self, shape, like):
        """As many channels as before, at the size of the second layer that it reads."""
        return shape[0], *like[1:]


@dataclass(frozen=True)
class Unpool(Layer):
    """Max unpooling 2×2: each number goes back to where the maximum had been.

    The second layer that it reads is the one that was pooled, which knows where.
    """

    window: ClassVar = (2, 2, 0)
    upward: ClassVar[bool] = True

    def __call__(self, x, pooled, params, training):
        """Map x (N, C, ⌈H/2⌉, ⌈W/2⌉), pooled (N, C, H, W) → (N, C, H, W)."""
        switches = ops.max_pool_switches(data_of(pooled), 2, ceil_mode=True)
        return ops.max_unpool2d(x, switches, pooled.shape[2:], 2, ceil_mode=True)

    def output_shape(self, shape, pooled):
        """The size of what was pooled."""
        return shape[0], *pooled[1:]


def cut(y, like):
    """Cut rows and columns off at the end, down to the size of `like`."""
    H, W = like.shape[2:]
    return y if y.shape[2:] == (H, W) else y[:, :, :H, :W]
