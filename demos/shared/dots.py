"""A chart of means with their intervals: a row for each thing, a panel for each measure.

Used by: demos/believe.py.
"""

from typing import NamedTuple

from PIL import Image, ImageDraw

from demos.shared import lettering
from demos.shared.pictures import INK, PAPER

ROW, PANEL, GAP, NAMES, TOP, SIZE = 26, 190, 26, 210, 92, 14
GRID, GREY, BETTER, WORSE = (228, 228, 232), (110, 110, 118), (0, 110, 70), (190, 45, 35)
COLOURS = {1: BETTER, 0: GREY, -1: WORSE}


class Dot(NamedTuple):
    """A mean, its interval, and whether it is better (1) or worse (−1) than what it is held to."""

    mean: float
    low: float
    high: float
    verdict: int = 0


class Panel(NamedTuple):
    """One measure: a dot for each row; `held_to` is drawn as a line from top to bottom."""

    title: str
    says: str
    dots: list[Dot]
    held_to: float


def chart(headline: str, names: list[str], panels: list[Panel], footer: list[str]) -> Image.Image:
    """Draw the panels side by side, the names on their left; dots that stand alone have no bar."""
    width = GAP + NAMES + len(panels) * (PANEL + GAP)
    bottom = TOP + ROW * len(names)
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    below = [one for text in footer for one in lettering.lines(pen, text, SIZE, width - 2 * GAP)]
    page = Image.new("RGB", (width, bottom + 40 + 22 * len(below) + GAP), PAPER)
    pen = ImageDraw.Draw(page)
    lettering.write(pen, (GAP, 16), headline, 20)
    for n, name in enumerate(names):
        y = TOP + n * ROW
        pen.line((GAP, y + ROW - 1, width - GAP, y + ROW - 1), fill=GRID)
        lettering.write(pen, (GAP, y + 4), name, SIZE)
    for n, panel in enumerate(panels):
        draw_panel(pen, panel, GAP + NAMES + n * (PANEL + GAP), bottom)
    for n, text in enumerate(below):
        lettering.write(pen, (GAP, bottom + 40 + 22 * n), text, SIZE, GREY)
    return page


def draw_panel(pen: ImageDraw.ImageDraw, panel: Panel, left: int, bottom: int) -> None:
    """One panel, from its own lowest to its highest number."""
    low = min(dot.low for dot in panel.dots)
    high = max(dot.high for dot in panel.dots)

    def place(value):
        return left + 6 + (PANEL - 12) * (value - low) / ((high - low) or 1)

    lettering.write(pen, (left, TOP - 40), panel.title, 15)
    lettering.write(pen, (left, TOP - 20), panel.says, 12, GREY)
    pen.line((place(panel.held_to), TOP, place(panel.held_to), bottom), fill=(150, 150, 160))
    for n, dot in enumerate(panel.dots):
        y, colour = TOP + n * ROW + ROW // 2 - 1, COLOURS[dot.verdict]
        pen.line((place(dot.low), y, place(dot.high), y), fill=colour, width=3)
        x = place(dot.mean)
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colour)
    pen.line((left, bottom + 4, left + PANEL, bottom + 4), fill=INK)
    for value, anchor, x in ((low, "la", left), (high, "ra", left + PANEL)):
        text = f"{value:.2f}".replace("-", "−")
        pen.text((x, bottom + 8), text, fill=INK, font=lettering.font(12), anchor=anchor)
