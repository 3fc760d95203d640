"""A row of the sheet of all layers: each channel's picture, and the patches that fire it.

Read before: gallery.py, patch_sheet.py.
"""

import math
from collections import Counter
from typing import Any, NamedTuple

from PIL import Image

from demos.shared import pictures
from demos.shared.album import kind_of
from demos.shared.gallery import label

PICTURE, NAME = 148, 92  # pixels: of a picture, and of the layer's name at the left
FEW = 16                # pixels that are shown as such


class Shown(NamedTuple):
    """A channel on the sheet.

    Attributes:
        channel: its number.
        wish: what its picture is of.
        image: the picture, (3, H, W), of what a unit sees.
        patches: the names of the photos, and what a unit sees of each, (3, H', W').
        preset: the picture's settings.
    """

    channel: int
    wish: Any
    image: Any
    patches: list[tuple[str, Any]]
    preset: Any


def row_of(net, layer: str, shown: list[Shown]):
    """The layer's name, and for each channel its picture and its patches."""
    seen = net.receptive_field(layer).size
    what = f"{layer} sees {seen} by {seen} pixels" if seen else f"{layer} sees all"
    row = [("", label(what, NAME, PICTURE))]
    for one in shown:
        row.append((title(one), enlarged(pictures.photo(one.image), PICTURE)))
        row.append((kinds(one), square([pictures.photo(patch) for _, patch in one.patches])))
    return row


def title(one: Shown) -> str:
    """The class, or the number of the channel."""
    return one.wish.name if one.wish.k is not None else f"channel {one.channel}"


def kinds(one: Shown) -> str:
    """What the photos are of, where two or more are of one kind."""
    found = Counter(kind_of(name) for name, _ in one.patches).most_common()
    return ", ".join(f"{often} of {kind}" for kind, often in found if kind and often > 1)


def enlarged(picture: Image.Image, edge: int) -> Image.Image:
    """A picture as large as its place; where it has few pixels one sees each of them."""
    if max(picture.size) <= FEW:
        return pictures.fitted(picture, edge)
    size = [max(1, round(n * edge / max(picture.size))) for n in picture.size]
    return picture.resize(size, Image.Resampling.LANCZOS)


def square(cells: list[Image.Image]) -> Image.Image:
    """Patches in a square of rows, as large as the picture beside it."""
    columns = max(1, math.ceil(math.sqrt(len(cells))))
    step = (PICTURE + pictures.GAP) // columns
    page = Image.new("RGB", (PICTURE, PICTURE), pictures.PAPER)
    for n, cell in enumerate(cells):
        cell = enlarged(cell, step - pictures.GAP)
        page.paste(cell, (n % columns * step, n // columns * step))
    return page
