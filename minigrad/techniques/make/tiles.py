r"""A large image, tile by tile: the same gradient in the memory of one tile.

A photo of 12 megapixels takes many gigabytes on its way through a network.  But an objective that
is a sum over places has a gradient that is one, too, and a pixel matters only to the units that see
it.  So the network is shown one window after another,

         ┌───────────────┐
         │     margin    │          of the gradient at a window only the tile is kept:
         │   ┌───────┐   │          the border of the window is no border of the photo,
         │   │ tile  │   │          and falsifies what is near
         │   └───────┘   │
         └───────────────┘

With a margin as wide as what a unit sees (its receptive field), and windows that begin where a unit
does, each tile's gradient is that of the whole image, and there are no seams.  Mordvintsev's own
tiles have no margin, and a jitter as large as a tile moves their seams at every step (2015).  So it
is here for the scores alone, whose units see the whole image: every window is asked for them.

Read before: models/receptive_field.py, transforms.py.  Read next: loop.py.
"""

from collections.abc import Iterator
from typing import NamedTuple

from minigrad.activations import Activations
from minigrad.backend import array_module
from minigrad.checked import whole
from minigrad.techniques.objectives import SCORES, Objective, activations
from minigrad.tensor import Tensor, data_of, grad


class Window(NamedTuple):
    """Along one edge of the image: what the network looks at, and which part of it is kept."""

    look: slice
    keep: slice
    last: bool

    @property
    def inner(self) -> slice:
        """The part that is kept, counted from where the window begins."""
        return slice(self.keep.start - self.look.start, self.keep.stop - self.look.start)

    def units(self, stride: int) -> slice:
        """The units of a layer that stand in it; those behind the last tile belong to that."""
        inner = self.inner
        return slice(inner.start // stride, None if self.last else inner.stop // stride)


def by_tiles(net, x, objective: Objective, tile: int, rules=None):
    """The objective and its gradient at images, one window after another.

    Args:
        net: a network.
        x: (N, 3, H, W), RGB, 0–255, an array.
        objective: a sum over places: channels and energies, guides, or scores.
        tile: its edge in pixels; it is rounded up to whole units.
        rules: {op: rule}, as `grad` takes them.

    Returns:
        (the objective, a number in an array; its gradient, (N, 3, H, W)).

    Raises:
        ValueError: the objective cannot be asked in parts.
    """
    margin, stride = margin_for(net, objective)
    tile = -(-whole("the edge of a tile", tile, at_least=1) // stride) * stride
    xp = array_module(x)
    value, gradient = xp.zeros((), x.dtype), xp.empty_like(x)
    for rows in windows(x.shape[2], tile, margin, stride):
        for columns in windows(x.shape[3], tile, margin, stride):
            X = Tensor(x[:, :, rows.look, columns.look])
            acts = activations(net, X, objective)
            (g,) = grad(objective(acts), [X], rules=rules)
            gradient[:, :, rows.keep, columns.keep] = g[:, :, rows.inner, columns.inner]
            value = value + objective(_own(net, acts, rows, columns))  # each unit counts once
    return value, gradient


def windows(edge: int, tile: int, margin: int, stride: int) -> Iterator[Window]:
    """The windows along an edge; a tile, the margin and where they begin are whole units."""
    for begin in range(0, edge, tile):
        end = min(begin + tile, edge)
        full = edge - tile - 2 * margin  # from here on a window would reach beyond the image
        start = max(0, min(begin - margin, full)) // stride * stride
        yield Window(slice(start, min(end + margin, edge)), slice(begin, end), end == edge)


def margin_for(net, objective: Objective) -> tuple[int, int]:
    """How wide the margin must be, and the distance of the units of the deepest layer, in pixels.

    (0, 1) for scores: no margin is wide enough.
    """
    if not objective.in_parts:
        raise ValueError(f"{objective.name} is of the whole image: it cannot be asked by tiles")
    names = [net.score_layer if name == SCORES else name for name in objective.layers]
    fields = [net.receptive_field(name) for name in names]
    if any(field.size is None for field in fields):
        return 0, 1
    stride = max(field.stride for field in fields)
    return -(-max(field.size for field in fields) // stride) * stride, stride


def _own(net, acts: Activations, rows: Window, columns: Window) -> Activations:
    """What the network says of the tile alone: the units that stand in it."""
    own = {}
    for layer, a in acts.items():
        a, stride = data_of(a), net.receptive_field(layer).stride
        own[layer] = a[:, :, rows.units(stride), columns.units(stride)] if a.ndim == 4 else a
    return Activations(own, acts.score_layer)
