"""Small arrays as grids of numbers, a colour in each cell.

Used by: demos/upsampling.py, demos/checkerboard.py.
"""

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import grids, lettering, pictures

CELL, LETTERS, NAME = 38, 15, 20
FAINT, LINES = (175, 175, 182), (120, 120, 128)
COLOURS = np.array([grids.APART[n] for n in (0, 1, 2, 3)], float)  # of up to four numbers
PALE = 0.62                                                        # of the colour of a cell
DARK = (96, 150, 214)


def grid(values, fill=None, frames=(), name: str = "", cell: int = CELL) -> Image.Image:
    """Numbers (rows, columns) in cells.

    Args:
        values: the numbers.
        fill: a colour for each, (rows, columns, 3), 0–255; white by default.
        frames: (top, left, bottom, right, colour) in cells, each a thick frame.
        name: what they are called, above.
        cell: pixels of an edge.
    """
    rows, columns = np.shape(values)
    above = NAME * bool(name)                   # and below, so that the middle stays the middle
    size = columns * cell + 5, rows * cell + 5 + 2 * above
    page, top = Image.new("RGB", size, pictures.PAPER), 2 + above
    pen = ImageDraw.Draw(page)
    pen.text((size[0] / 2, 0), name, fill=LINES, font=lettering.font(LETTERS), anchor="ma")
    for i, j in np.ndindex(rows, columns):
        x, y = 2 + j * cell, top + i * cell
        colour = pictures.PAPER if fill is None else tuple(np.rint(fill[i, j]).astype(int).tolist())
        pen.rectangle((x, y, x + cell, y + cell), fill=colour, outline=LINES)
        ink = pictures.INK if values[i][j] else FAINT
        text = told(float(values[i][j]))
        pen.text((x + cell / 2, y + cell / 2), text, fill=ink, anchor="mm",
                 font=lettering.font(LETTERS if len(text) < 4 else LETTERS - 3))
    for first, left, last, right, colour in frames:
        box = 2 + left * cell, top + first * cell, 2 + right * cell, top + last * cell
        pen.rectangle(box, outline=tuple(map(int, colour)), width=4)
    return page


def told(value: float) -> str:
    """A number in few letters: 3, 0.25, −1.5."""
    return f"{value:.4g}".replace("-", "−") if len(f"{value:.4g}") < 6 else f"{value:.2f}"


def mixed(shares, colours=COLOURS):
    """The colour of each cell, mixed of those that share in it; white where nobody does.

    shares (n, rows, columns), 0 or more → (rows, columns, 3), 0–255.
    """
    whole = shares.sum(axis=0)
    mix = np.tensordot(shares, colours[: len(shares)], axes=(0, 0))         # (rows, columns, 3)
    mix = np.where(whole[..., None] > 0, mix / np.maximum(whole, 1e-12)[..., None], 255)
    return PALE * mix + (1 - PALE) * 255


def shaded(values, most: float):
    """Darker where more: numbers from 0 to `most`, (rows, columns) → (rows, columns, 3), 0–255."""
    share = np.clip(np.asarray(values, float) / most, 0, 1)[..., None]
    return 255 - share * (255 - np.array(DARK))


def row(*parts) -> Image.Image:
    """Grids and signs between them ("→", "*", "+") in a row, each in the middle of its height."""
    drawn = [sign(part) if isinstance(part, str) else part for part in parts]
    height = max(one.height for one in drawn)
    page = Image.new("RGB", (sum(one.width for one in drawn), height), pictures.PAPER)
    x = 0
    for one in drawn:
        page.paste(one, (x, (height - one.height) // 2))
        x += one.width
    return page


def sign(text: str) -> Image.Image:
    """A sign of an equation, with space around it."""
    font = lettering.font(22)
    width = round(font.getlength(text)) + 24
    page = Image.new("RGB", (width, 30), pictures.PAPER)
    ImageDraw.Draw(page).text((width / 2, 15), text, fill=pictures.INK, font=font, anchor="mm")
    return page
