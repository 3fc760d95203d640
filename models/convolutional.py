r"""A classifier made fully convolutional: the same weights, an answer at every place.

fc6 reads a feature map of C × k × k numbers.  Its weights, laid out as filters, are a convolution
that does the same wherever the k × k window stands (Long, Shelhamer and Darrell 2015, section 3.1):

    fc6(a)[o] = b[o] + Σ_{c,i,j} W[o, c·k·k + i·k + j] · a[c, i, j]  =  conv2d(a, W')[o, 0, 0]
    W'[o, c, i, j] = W[o, c·k·k + i·k + j]               k is 7 in VGG, 6 in AlexNet, 4 in MiniVGG

Each fully connected layer behind it reads one place, and is a convolution of 1×1.  The pooling that
stood before fc6, and changed nothing at the network's own size, goes; a mean over the whole map
(SqueezeNet, GoogLeNet) becomes a mean over a window of the map's own size, at every place.

    at the network's own size       one place, and its scores are the classifier's
    on a larger photo               a place every 32 pixels, each with all classes' scores

What is *not* equal: a window that is cut out of a photo has a border of zeros around it in every
convolution; the same window within the photo sees its neighbours there.  So a place of a larger
photo agrees with the classifier on the cut-out window as far as the border does not matter, and
with a cut-out that keeps its surroundings, as wide as the receptive field reaches, exactly.

Read before: network.py, vgg.py.  Read next: minigrad/techniques/look/dense.py, which slides it.
"""

from dataclasses import dataclass

from minigrad import ops
from minigrad.ops.pool import Window
from models.design import Design
from models.layers import AdaptiveAvgPool, Conv, GlobalAvgPool, Layer, Linear
from models.network import Network


@dataclass(frozen=True)
class AvgPool(Layer):
    """The mean of each window, one window at every place: what is fully convolutional wants it."""

    kernel_size: int

    def __call__(self, x, params, training):
        """Map x (N, C, H, W) → (N, C, H − k + 1, W − k + 1)."""
        return ops.avg_pool2d(x, *self.window)

    @property
    def window(self):
        """Its own, without border."""
        return self.kernel_size, 1, 0

    def output_shape(self, shape):
        """As many places as the window fits in."""
        channels, *image = shape
        window = Window(self.name, (1, channels, *image), *self.window, ceil_mode=False)
        return channels, *window.size


def fully_convolutional(net: Network) -> Network:
    """Return the network whose scores are a map: (N, 3, H, W) → (N, classes, rows, columns).

    Its weights are the classifier's own arrays, reshaped; nothing is copied.  One place is
    `receptive_field(score_layer).stride` pixels from the next.

    Args:
        net: a network, with weights or without.

    Raises:
        ValueError: its fully connected layers read a map that was averaged to another size.
    """
    shapes = net.output_shapes()
    table = [line for name in net.layers for line in _at_every_place(net, name, shapes)]
    design = Design(lambda _: table, net.default_layer, net.preprocessing)
    dense = Network(net.name, design, net.preprocessing, net.classes or net.class_count)
    dense.dtype, dense.device = net.dtype, net.device
    dense.params = {
        name: array.reshape(dense.shapes[name])     # fc6: (O, C·k·k) → (O, C, k, k)
        for name, array in net.params.items()
    }
    return dense


def _at_every_place(net: Network, name: str, shapes) -> list[Layer]:
    """What stands in a layer's place: nothing, or a layer that slides."""
    layer = net.layers[name]
    (C, *image), *_ = net.input_shapes(name, shapes, (net.input_size, net.input_size))
    if isinstance(layer, Linear):
        (k, _) = image or (1, 1)
        return [Conv(name, C, layer.units, k, after=layer.after)]
    if isinstance(layer, GlobalAvgPool):
        return [AvgPool(name, image[0], after=layer.after)]
    if isinstance(layer, AdaptiveAvgPool):
        if image != [layer.size, layer.size]:
            raise ValueError(
                f"{net.name} averages {image[0]}×{image[1]} places to {layer.size}×{layer.size} "
                f"at {name}, which no convolution does: its photos must have another size than "
                f"{net.input_size}"
            )
        return []
    return [layer]
