"""A network's table as text: what each layer gives, costs and sees.

    python -m models vgg16

Shapes are the network's (network.py), what a unit sees is receptive_field.py's.

Read before: googlenet.py.  Read next: photo_folder.py.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from models.network import Network
from models.receptive_field import ReceptiveField, trace


class Row(NamedTuple):
    """A layer's line: `parameters` are those that are learned, `multiplications` for one image."""

    layer: str
    output: tuple[int, ...]
    parameters: int
    field: ReceptiveField
    multiplications: int


def rows(net: Network, image: tuple[int, int] | None = None) -> Iterator[Row]:
    """Yield a line per layer for an image (H, W), by default of the network's own size.

    Raises:
        ValueError: the image is too small.
    """
    shapes = net.output_shapes(image)
    learned = set(net.learned)
    fields = trace(net.layers.values(), net.inputs)
    image = tuple(image or (net.input_size, net.input_size))
    for name, layer in net.layers.items():
        own = ((f"{name}/{short}", shape) for short, shape in layer.shapes.items())
        yield Row(
            name,
            shapes[name],
            sum(math.prod(shape) for param, shape in own if param in learned),
            fields[name],
            layer.multiplications(*net.input_shapes(name, shapes, image)),
        )


def widest(net: Network) -> int:
    """How many pixels in a row a unit sees, at most, of those that do not see all of any image."""
    return max(field.size or 0 for field in trace(net.layers.values(), net.inputs).values())


def text(net: Network, image: tuple[int, int] | None = None) -> str:
    """Write the lines below one another, with their sums."""
    lines = list(rows(net, image))
    height, width = image or (net.input_size, net.input_size)
    wide = max(len(row.layer) for row in lines)
    heading = "layer", "output", "parameters", "sees", "multiplications"
    form = f"{{:{wide}}}  {{:>13}}  {{:>12}}  {{:>9}}  {{:>16}}".format
    return "\n".join([
        f"{net.name}, for images of {height}×{width}",
        "",
        form(*heading),
        *(
            form(
                row.layer,
                "×".join(map(str, row.output)),
                f"{row.parameters:,}" if row.parameters else "",
                "the image" if row.field.size is None else f"{row.field.size}×{row.field.size}",
                f"{row.multiplications:,}" if row.multiplications else "",
            )
            for row in lines
        ),
        form(
            "sum", "", f"{sum(row.parameters for row in lines):,}", "",
            f"{sum(row.multiplications for row in lines):,}",
        ),
    ])
