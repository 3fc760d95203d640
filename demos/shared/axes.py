"""Axes for what lies in a plane: a frame with ticks, and where a point stands in it.

    axes = Axes(330, (-1.5, 1.5), (-1.5, 1.5))
    axes.pen.line([axes.place(x, y) for x, y in points], fill=INK, width=4)
    axes.picture()

Lines are drawn at twice the size and shrunk, so that they have no steps.

Used by: demos/regions.py, lines.py and demos/sphere.py.
"""

import math

from PIL import Image, ImageDraw

from demos.shared.lettering import font
from demos.shared.pictures import INK, PAPER

LEFT, BELOW, RIGHT, ABOVE, LETTERS, FINE = 40, 36, 18, 8, 12, 2
FAINT = (240, 240, 244)


class Axes:
    """A square frame of `edge` pixels with ticks at its left and below.

    Attributes:
        pen: draws in the frame, FINE times as large as it is in the end.
    """

    def __init__(self, edge: int, x: tuple[float, float], y: tuple[float, float],
                 inside: Image.Image | None = None, log: bool = False,
                 log_y: bool = False):  # fmt: skip
        """Begin with a picture inside of the frame, or paper; `log`: powers of 10 along x."""
        self.edge, self.x, self.y, self.log, self.log_y = edge, x, y, log, log_y
        size = (FINE * edge, FINE * edge)
        self.inside = inside.resize(size) if inside else Image.new("RGB", size, PAPER)
        self.pen = ImageDraw.Draw(self.inside)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point stands, for the pen."""
        across, up = share(x, *self.x, self.log), share(y, *self.y, self.log_y)
        return FINE * self.edge * across, FINE * self.edge * (1 - up)

    def dot(self, x: float, y: float, radius: float, fill, outline=INK) -> None:
        """A disc of a radius in pixels of the finished picture."""
        (at, down), r = self.place(x, y), FINE * radius
        self.pen.ellipse((at - r, down - r, at + r, down + r), fill=fill, outline=outline)

    def arrow(self, start, end, fill, width: int = 1) -> None:
        """A line with a head at its end; both in the units of the axes."""
        (x, y), (to_x, to_y) = self.place(*start), self.place(*end)
        long = math.hypot(to_x - x, to_y - y)
        if not long:
            return
        ahead, head = ((to_x - x) / long, (to_y - y) / long), min(FINE * 5, long)
        self.pen.line((x, y, to_x, to_y), fill=fill, width=FINE * width)
        back = [(to_x - head * ahead[0] + side * head / 2 * ahead[1],
                 to_y - head * ahead[1] - side * head / 2 * ahead[0]) for side in (1, -1)]
        self.pen.polygon([(to_x, to_y), *back], fill=fill)

    def picture(self, x_name: str = "", y_name: str = "") -> Image.Image:
        """The finished picture, with ticks and the names of the axes."""
        edge = self.edge
        page = Image.new("RGB", (LEFT + edge + RIGHT, ABOVE + edge + BELOW), PAPER)
        page.paste(self.inside.resize((edge, edge), Image.Resampling.LANCZOS), (LEFT, ABOVE))
        pen = ImageDraw.Draw(page)
        pen.rectangle((LEFT - 1, ABOVE - 1, LEFT + edge, ABOVE + edge), outline=INK)
        for value in ticks(*self.x, self.log):
            across = LEFT + self.place(value, self.y[0])[0] / FINE
            pen.line((across, ABOVE + edge, across, ABOVE + edge + 4), fill=INK)
            pen.text((across, ABOVE + edge + 5), told(value), fill=INK, font=font(LETTERS),
                     anchor="ma")
        for value in ticks(*self.y, self.log_y):
            down = ABOVE + self.place(self.x[0], value)[1] / FINE
            pen.line((LEFT - 5, down, LEFT - 1, down), fill=INK)
            pen.text((LEFT - 7, down), told(value), fill=INK, font=font(LETTERS), anchor="rm")
        pen.text((LEFT + edge / 2, ABOVE + edge + BELOW), x_name, fill=INK, font=font(LETTERS),
                 anchor="md")
        pen.text((LEFT + 5, ABOVE + 3), y_name, fill=INK, font=font(LETTERS))
        return page


def share(value: float, low: float, high: float, log: bool) -> float:
    """How far a value is from low, 0, to high, 1; by its logarithm, if asked."""
    if log:
        value, low, high = (math.log10(one) for one in (value, low, high))
    return (value - low) / (high - low)


def ticks(low: float, high: float, log: bool = False) -> list[float]:
    """Round numbers from low to high, three to seven of them."""
    if log:
        first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
        return [10.0**n for n in range(first, last + 1)]
    rough = (high - low) / 5
    ten = 10 ** math.floor(math.log10(rough))
    step = next(ten * n for n in (1, 2, 5, 10) if ten * n >= 0.99 * rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)]


def told(value: float) -> str:
    """A tick's number, with a minus sign that is one."""
    size = abs(value)
    text = (f"{value / 1e6:g}M" if size >= 1e6 else f"{value / 1000:g}k" if size >= 1e4
            else f"{value:.6g}")
    return text.replace("-", "−")
