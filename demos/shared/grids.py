"""Maps that do not begin at zero, and grids: numbers from a lowest one on, classes with a legend.

Used by: occlusion.py, whose window stands at every place of a grid; rise.py.
"""

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import colours, pictures
from models.classes import class_name

# Okabe and Ito's colours, which nearly everybody can tell apart; grey for all other classes
APART = [
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167), (0, 114, 178), (213, 94, 0),
]
SAME, OTHERS = (238, 238, 238), (90, 90, 96)
LINE = 30  # pixels from one line of the legend to the next


def numbers(values, low: float, high: float, name: str, edge: int) -> Image.Image:
    """A grid of numbers (rows, columns) in colours from low to high, and below it the scale."""
    share = (values - low) / (high - low) if high > low else 0 * values
    picture = enlarged(colours.coloured(share.clip(0, 1), name), edge)
    return colours.with_scale(picture, high, name, low)


def over(map, photo, low: float, high: float, name: str, edge: int) -> Image.Image:
    """A map (H, W) in colours from low to high over its photo (3, H, W), and below it the scale."""
    laid = colours.over_photo(map - low, photo, (high - low) or 1, name)
    return colours.with_scale(pictures.fitted(laid, edge), high, name, low)


def classes(winners, usual: int, net, edge: int) -> tuple[Image.Image, Image.Image]:
    """A grid of classes (rows, columns), a colour for each of the most frequent, and its legend.

    `usual` is the class that stands nearly everywhere: it is left light.
    """
    found, counts = np.unique(winners, return_counts=True)
    order = [int(k) for k in found[counts.argsort()[::-1]] if k != usual]
    colour = {usual: SAME} | dict(zip(order, APART, strict=False))
    cells = np.array([[colour.get(int(k), OTHERS) for k in row] for row in winners], float)
    share = {int(k): n / winners.size for k, n in zip(found, counts, strict=True)}
    lines = [(colour[k], f"{share.get(k, 0):4.0%}  {class_name(net, k)}") for k in colour]
    rest = sum(share[k] for k in order[len(APART):])
    lines += [(OTHERS, f"{rest:4.0%}  {len(order) - len(APART)} others")] if rest else []
    return enlarged(cells, edge), legend(lines, edge)


def legend(lines: list[tuple[tuple[int, int, int], str]], edge: int) -> Image.Image:
    """Colours and what they say, a line for each."""
    page = Image.new("RGB", (edge, edge), pictures.PAPER)
    draw = ImageDraw.Draw(page)
    for i, (colour, text) in enumerate(lines):
        y = i * LINE
        draw.rectangle((0, y, 20, y + 20), fill=colour, outline=pictures.INK)
        text = pictures.shortened(text, edge - LINE, draw)
        draw.text((LINE, y), text, fill=pictures.INK, font=pictures.font())
    return page


def enlarged(cells, edge: int) -> Image.Image:
    """Colours (rows, columns, 3), 0–255, as squares without blur, the longer side of `edge`."""
    picture = Image.fromarray(np.rint(cells).astype(np.uint8))
    ratio = edge / max(picture.size)
    size = [max(1, round(n * ratio)) for n in picture.size]
    return picture.resize(size, Image.Resampling.NEAREST)
