"""Curves in a square, each with its name in its colour below.

    chart(300, {"face": Curve(t, p, RED)}, x=(-1, 2), y=(0, 1), marks={0: "photo"})

Used by: ../sphere.py and ../linear.py.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from PIL import Image, ImageDraw

from demos.shared.axes import ABOVE, BELOW, FINE, LEFT, RIGHT, Axes
from demos.shared.lettering import font
from demos.shared.pictures import INK, PAPER, shortened

RED, BLUE, GREY = (203, 58, 42), (0, 104, 170), (130, 130, 138)
FAINT, LINE = (205, 205, 212), 20


class Curve(NamedTuple):
    """Points from left to right, joined by a line, or as dots."""

    x: list
    y: list
    colour: tuple[int, int, int]
    dots: bool = False


def chart(
    edge: int, curves: Mapping[str, Curve], x: tuple[float, float], y: tuple[float, float],
    x_name: str = "", y_name: str = "", marks: Mapping[float, str] = MappingProxyType({}),
    log: bool = False,
) -> Image.Image:  # fmt: skip
    """Draw curves into a square of about `edge` pixels, their names below it.

    Args:
        edge: of the whole, in pixels, the names aside.
        curves: by their names; those that begin with _ are not written.
        x: from and to.
        y: from and to; marks want some room below the curves.
        x_name: what is along x.
        y_name: what is along y.
        marks: lines from top to bottom, with what they are.
        log: powers of 10 along both axes.
    """
    axes = Axes(edge - LEFT - RIGHT, x, y, log=log, log_y=log)
    for at in marks:
        axes.pen.line([axes.place(at, y[0]), axes.place(at, y[1])], fill=FAINT, width=FINE)
    for curve in curves.values():
        draw(axes, curve)
    for at, text in marks.items():
        across, _ = axes.place(at, y[0])
        axes.pen.text((across + 4 * FINE, FINE * (axes.edge - 18)), text, fill=GREY,
                      font=font(12 * FINE))
    picture = axes.picture(x_name, y_name)
    named = [(name, curve) for name, curve in curves.items() if name[0] != "_"]
    page = Image.new("RGB", (picture.width, picture.height + LINE * len(named)), PAPER)
    page.paste(picture, (0, 0))
    pen = ImageDraw.Draw(page)
    for n, (name, curve) in enumerate(named):
        down = ABOVE + axes.edge + BELOW + LINE * n
        pen.rectangle((LEFT, down + 7, LEFT + 16, down + 10), fill=curve.colour)
        pen.text((LEFT + 24, down), shortened(name, page.width - LEFT - 24, pen), fill=INK,
                 font=font(13))
    return page


def draw(axes: Axes, curve: Curve) -> None:
    """One curve."""
    points = list(zip(curve.x, curve.y, strict=True))
    if curve.dots:
        for x, y in points:
            axes.dot(x, y, 4, curve.colour, outline=PAPER)
    else:
        axes.pen.line([axes.place(*point) for point in points], fill=curve.colour, width=3 * FINE,
                      joint="curve")
