"""Letters for pages with equations: a font that has them, and indices that stand lower or higher.

    write(draw, (x, y), "M = max_c |∂S/∂x_c|", 14)

_ lowers the next letter and ^ raises it, or all that stands in braces behind them: w_{ij}, A^k.
Pillow's own font has no Greek letter and no Σ; the one in fonts/ is part of DejaVu Sans.

Used by: pictures.py, handout.py and dots.py.
"""

import functools
import pathlib
import re

from PIL import ImageDraw, ImageFont

FILE = pathlib.Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
INDEX = re.compile(r"([_^])(?:\{([^}]*)\}|(\S))")
SMALL, LOWER, HIGHER = 0.72, 0.38, -0.18  # shares of the letters' size


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font of equations, in pixels."""
    return ImageFont.truetype(str(FILE), size)


def write(draw: ImageDraw.ImageDraw, at, text: str, size: int, fill=(20, 20, 24)) -> float:
    """Write a line with indices, its upper left corner at (x, y); return its width in pixels."""
    x, y = at
    for part, small, shift in pieces(text, size):
        draw.text((x, y + shift), part, fill=fill, font=font(small))
        x += draw.textlength(part, font=font(small))
    return x - at[0]


def width(draw: ImageDraw.ImageDraw, text: str, size: int) -> float:
    """The width of a line with indices, in pixels."""
    return sum(draw.textlength(part, font=font(small)) for part, small, _ in pieces(text, size))


def pieces(text: str, size: int):
    """Yield (text, size, how much lower) of each part of a line with indices."""
    end = 0
    for index in INDEX.finditer(text):
        yield text[end : index.start()], size, 0
        shift = LOWER if index[1] == "_" else HIGHER
        yield index[2] or index[3], round(SMALL * size), round(shift * size)
        end = index.end()
    yield text[end:], size, 0


def lines(draw: ImageDraw.ImageDraw, text: str, size: int, room: int) -> list[str]:
    """Break a text at spaces into lines that fit the room, in pixels."""
    broken = [""]
    for word in text.split(" "):
        longer = f"{broken[-1]} {word}".strip()
        if broken[-1] and width(draw, longer, size) > room:
            broken.append(word)
        else:
            broken[-1] = longer
    return broken
