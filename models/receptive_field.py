r"""Which pixels does a unit see?  Follow its window back, layer by layer, to the image.

Let unit i of a layer see `size` pixels, from start + i·stride on.  A layer on top of it with a
window of k units, stride s and padding p reads k of them, from unit i·s − p on, and therefore sees

    start'  = start − p · stride
    size'   = size + (k − 1) · stride
    stride' = s · stride                            the image itself: start 0, size 1, stride 1

Where a layer makes its input larger (layers_up.py), each unit above paints k units, s apart.  So
unit i is painted by those from ⌈(i + p − k + 1) / s⌉ to ⌊(i + p) / s⌋, and which they are depends
on where among s neighbours it stands.  The stride becomes smaller, stride / s, and the box that is
traced holds what each of the s neighbours sees: exact for one of them on each side, up to
stride · (s − 1) / s pixels too large there for the others.  Where such a layer takes its rows and
columns or a pooling's switches from is not followed: its input has seen that before.

Where branches meet (Inception, Fire), a unit sees all that one of them sees: from the first start
to the last end.  Behind a layer that reads everything (fc6) every unit sees the whole image.

These are the pixels that can have an influence; most of it comes from the middle (Luo et al. 2016).
Where a stride does not come out even, the last pixels of an image are seen by nobody, and yet lie
in the boxes of the units beside them.

Read before: photo.py.  Read next: classes.py.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class ReceptiveField(NamedTuple):
    """What the units of a layer see: `size` pixels, `stride` between neighbours, from `start`.

    Rows and columns alike; size None is the whole image.
    """

    size: int | None
    stride: int
    start: int

    def box(self, row: int = 0, column: int = 0, image: tuple[int, int] | None = None):
        """Say which pixels the unit in this row and column sees.

        Args:
            row: of the unit, in its feature map.
            column: of the unit.
            image: (H, W) to cut the box at the border; without it, it may reach beyond.

        Returns:
            (top, left, bottom, right) in pixels, half open: bottom − top rows.

        Raises:
            ValueError: the whole image is seen, and nobody said how large that is.
        """
        if self.size is None:
            if image is None:
                raise ValueError("a unit of this layer sees the whole image: give image=(H, W)")
            return 0, 0, *image
        top, left = self.start + row * self.stride, self.start + column * self.stride
        box = top, left, top + self.size, left + self.size
        if image is None:
            return box
        height, width = image
        return tuple(
            min(max(edge, 0), end)
            for edge, end in zip(box, (height, width, height, width), strict=True)
        )

    def inside(self, edge: int, units: int) -> slice:
        """Say which of the units along an edge of the image see no padding; all, if none is free.

        A padded border is an edge that no photo has, and units fire there for that alone.
        """
        if self.size is None:
            return slice(0, units)
        first = max(0, -(self.start // self.stride))
        last = (edge - self.size - self.start) // self.stride
        return slice(first, last + 1) if first <= last else slice(0, units)


IMAGE = ReceptiveField(size=1, stride=1, start=0)
WHOLE = ReceptiveField(size=None, stride=0, start=0)


def trace(layers: Iterable, inputs: Mapping[str, tuple[str, ...]]) -> dict[str, ReceptiveField]:
    """Return the receptive field of every layer, by its name.

    Args:
        layers: the table, in an order in which every layer stands below what it reads.
        inputs: by layer, the names of those that it reads; none is the image.
    """
    fields = {}
    for layer in layers:
        above = [fields[name] for name in inputs[layer.name]] or [IMAGE]
        if layer.upward:
            fields[layer.name] = _painted(layer.window, above[0])
        else:
            fields[layer.name] = _through(layer.window, _union(above))
    return fields


def _through(window, field: ReceptiveField) -> ReceptiveField:
    """What a unit sees that reads a window of units, each of which sees `field` of the image.

    window (k, s, p): k units in a row; the next window begins s units on, and the first one p
    units before the first unit.  None reads everything: then, or if `field` is WHOLE, so is this.
    """
    if window is None or field.size is None:
        return WHOLE
    (k, s, p), (size, stride, start) = window, field
    return ReceptiveField(
        start=start - p * stride,
        size=size + (k - 1) * stride,
        stride=s * stride,
    )


def _painted(window, field: ReceptiveField) -> ReceptiveField:
    if field.size is None:
        return WHOLE
    (k, s, p), (size, stride, start) = window, field
    between, odd = divmod(stride, s)
    if odd:
        raise ValueError(f"units {stride} pixels apart cannot be followed {s} times as close")
    first = [-((k - 1 - i - p) // s) for i in range(s)]      # ⌈(i + p − k + 1) / s⌉
    last = [(i + p) // s for i in range(s)]
    low = min(start + j * stride - i * between for i, j in enumerate(first))
    high = max(start + j * stride + size - i * between for i, j in enumerate(last))
    return ReceptiveField(size=high - low, stride=between, start=low)


def _union(fields: list[ReceptiveField]) -> ReceptiveField:
    if any(field.size is None for field in fields):
        return WHOLE
    start = min(field.start for field in fields)
    end = max(field.start + field.size for field in fields)
    return ReceptiveField(end - start, fields[0].stride, start)
