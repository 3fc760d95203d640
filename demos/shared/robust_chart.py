"""Accuracy as a chart: curves over ε with their intervals, and bars for defences.

A curve has its name beside it, where there is room, in its own colour; one colour for an attack, a
full line for the first network and a broken one for the second (colours: Okabe and Ito 2008).

Used by: ../robust.py.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import lettering
from demos.shared.pictures import INK, PAPER
from minigrad.techniques.look.believe import Interval

WIDTH, HEIGHT = 1000, 640
LEFT, RIGHT, TOP, BOTTOM = 84, 36, 84, 112   # margins around the curves
FINER = 3                                    # drawn so much larger, and shrunk
GRID, GREY = (228, 228, 232), (110, 110, 118)
COLOURS = {
    "random": (120, 120, 128), "fgsm": (0, 114, 178), "pgd": (213, 94, 0), "bim": (0, 158, 115),
    "momentum": (204, 121, 167),
}


class Curve(NamedTuple):
    """One attack on one network: the interval at each ε."""

    attack: str
    title: str
    at: list[Interval]
    broken: bool = False


def chart(
    headline: str, epsilons: Sequence[float], curves: list[Curve], footer: str
) -> Image.Image:
    """Accuracy against ε, doubled from tick to tick; 0, the photo itself, stands apart."""
    large = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    x = places(epsilons)
    draw_grid(ImageDraw.Draw(large), x)
    for one in curves:
        large = with_band(large, x, one)
    pen, drawn = ImageDraw.Draw(large), Image.new("L", large.size)
    for one in curves[::-1]:  # the first on top
        for on, colour in ((pen, COLOURS[one.attack]), (ImageDraw.Draw(drawn), 255)):
            draw_line(on, points(x, one), colour, one.broken)
    page = large.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    taken = np.asarray(drawn.resize((WIDTH, HEIGHT), Image.Resampling.BOX)) > 0
    write_axes(page, headline, epsilons, x, footer)
    write_names(page, x, curves, taken)
    return page


def places(epsilons: Sequence[float]) -> list[float]:
    """Where each ε stands, in pixels: log ε from left to right, 0 one step left of the others."""
    beyond = np.log2([epsilon for epsilon in epsilons if epsilon])
    if len(beyond) == len(epsilons):
        at = beyond
    else:
        at = np.array([beyond[0] - 1, *beyond]) if len(beyond) else np.zeros(1)
    span = (at[-1] - at[0]) or 1
    return (LEFT + 20 + (WIDTH - LEFT - RIGHT - 40) * (at - at[0]) / span).tolist()


def height(share: float) -> float:
    """Where an accuracy stands, in pixels."""
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share


def points(x: list[float], one: Curve) -> list[tuple[float, float]]:
    """The curve in pixels."""
    return [(at, height(interval.mean)) for at, interval in zip(x, one.at, strict=True)]


# ── What is drawn finer ─────────────────────────────────────────────────────────────────────────


def draw_grid(pen: ImageDraw.ImageDraw, x: list[float]) -> None:
    """A line for each fifth of the photos, and a tick for each ε."""
    for fifth in range(6):
        y = height(fifth / 5) * FINER
        pen.line((LEFT * FINER, y, (WIDTH - RIGHT) * FINER, y), fill=GRID if fifth else GREY,
                 width=FINER)
    for at in x:
        pen.line((at * FINER, height(0) * FINER, at * FINER, (height(0) + 6) * FINER), fill=GREY,
                 width=FINER)


def with_band(page: Image.Image, x: list[float], one: Curve) -> Image.Image:
    """The page with the interval of a curve laid over it."""
    low = [(at * FINER, height(i.low) * FINER) for at, i in zip(x, one.at, strict=True)]
    high = [(at * FINER, height(i.high) * FINER) for at, i in zip(x, one.at, strict=True)]
    mask = Image.new("L", page.size)
    ImageDraw.Draw(mask).polygon([*low, *high[::-1]], fill=46)
    return Image.composite(Image.new("RGB", page.size, COLOURS[one.attack]), page, mask)


def draw_line(pen, through: list[tuple[float, float]], colour, broken: bool) -> None:
    """A line through points, with a dot at each; broken, it is drawn in dashes."""
    through = [(a * FINER, b * FINER) for a, b in through]
    for (x0, y0), (x1, y1) in zip(through, through[1:], strict=False):
        dashes = max(1, round(np.hypot(x1 - x0, y1 - y0) / (9 * FINER))) if broken else 1
        for n in range(dashes):
            t, u = n / dashes, (n + (0.55 if broken else 1)) / dashes
            pen.line((x0 + t * (x1 - x0), y0 + t * (y1 - y0), x0 + u * (x1 - x0),
                      y0 + u * (y1 - y0)), fill=colour, width=3 * FINER)
    r = 5 * FINER
    for a, b in through:
        pen.ellipse((a - r, b - r, a + r, b + r), fill=colour)
        if broken:
            inner = PAPER if isinstance(colour, tuple) else colour
            pen.ellipse((a - r / 2, b - r / 2, a + r / 2, b + r / 2), fill=inner)


# ── What is written ─────────────────────────────────────────────────────────────────────────────


def write_axes(page, headline: str, epsilons, x: list[float], footer: str) -> None:
    """The headline, the axes' numbers and names, and what is below."""
    pen = ImageDraw.Draw(page)
    lettering.write(pen, (24, 14), headline, 21)
    lettering.write(pen, (24, 50), "accuracy: share of the photos that are still right", 14, GREY)
    for fifth in range(6):
        pen.text((LEFT - 10, height(fifth / 5)), f"{fifth * 20} %", fill=INK,
                 font=lettering.font(14), anchor="rm")
    for epsilon, at in zip(epsilons, x, strict=True):
        text = f"{epsilon:g}" if epsilon else "photo"
        pen.text((at, height(0) + 10), text, fill=INK, font=lettering.font(14), anchor="ma")
    pen.text(((LEFT + WIDTH - RIGHT) / 2, height(0) + 33),
             "ε: how far each pixel may move, in grey levels of 255", fill=INK,
             font=lettering.font(15), anchor="ma")
    for n, line in enumerate(lettering.lines(pen, footer, 13, WIDTH - 48)):
        lettering.write(pen, (24, height(0) + 62 + 19 * n), line, 13, GREY)


def write_names(page, x: list[float], curves: list[Curve], taken) -> None:
    """Each name beside its curve, where it covers least of the curves and of other names."""
    pen, font = ImageDraw.Draw(page), lettering.font(15)
    for one in curves:
        through = points(x, one)
        middle = height(one.at[0].mean / 2)
        wide, best = pen.textlength(one.title, font=font), None
        for at, y in along(through):
            for left, top in ((at + 10, y - 22), (at - 10 - wide, y + 4), (at + 8, y - 10),
                              (at - 8 - wide, y - 10), (at - wide / 2, y - 28)):
                box = [round(n) for n in (left, top, left + wide, top + 19)]
                if box[0] < LEFT + 4 or box[2] > WIDTH - 8 or box[1] < TOP or box[3] > height(0):
                    continue
                covered = int(taken[box[1] : box[3], box[0] - 3 : box[2] + 3].sum())
                cost = covered + abs(y - middle) / 40
                if best is None or cost < best[0]:
                    best = cost, box
        if best:
            _, (left, top, right, bottom) = best
            pen.text((left, top), one.title, fill=COLOURS[one.attack], font=font, stroke_width=2,
                     stroke_fill=PAPER)
            taken[top:bottom, left:right] = True


def along(through: list[tuple[float, float]], each: int = 8):
    """Points of a curve, so many between two of its dots."""
    for (x0, y0), (x1, y1) in zip(through, through[1:], strict=False):
        for t in np.linspace(0, 1, each, endpoint=False):
            yield x0 + t * (x1 - x0), y0 + t * (y1 - y0)


# ── Bars ────────────────────────────────────────────────────────────────────────────────────────

BAR, BETWEEN, NAMES = 19, 16, 150
KINDS = {  # of a bar: its colour
    "photo": (176, 178, 186), "carried over": (86, 180, 233), "as it is": (0, 114, 178),
    "adaptive": (213, 94, 0),
}


def bars(
    headline: str, says: dict[str, str], rows: dict[str, dict[str, Interval]], footer: str
) -> Image.Image:
    """A group of bars for each row, in the order of `says`, which explains each kind on top."""
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    below = lettering.lines(pen, footer, 13, WIDTH - 48)
    kinds = [kind for kind in says if any(kind in row for row in rows.values())]
    top = 64 + 24 * len(kinds)
    bottom = top + sum(BAR * len(row) + BETWEEN for row in rows.values())
    page = Image.new("RGB", (WIDTH, bottom + 56 + 19 * len(below)), PAPER)
    pen = ImageDraw.Draw(page)
    lettering.write(pen, (24, 14), headline, 21)
    for n, kind in enumerate(kinds):
        y = 54 + 24 * n
        pen.rectangle((24, y + 2, 44, y + 16), fill=KINDS[kind])
        lettering.write(pen, (54, y), says[kind], 14)
    y = top
    for fifth in range(6):
        at = along_bars(fifth / 5)
        pen.line((at, top, at, bottom), fill=GRID if fifth else GREY)
        pen.text((at, bottom + 6), f"{fifth * 20} %", fill=INK, font=lettering.font(13),
                 anchor="ma")
    for name, row in rows.items():
        middle = y + (BETWEEN + BAR * len(row)) / 2
        pen.text((24 + NAMES - 12, middle), name, fill=INK, font=lettering.font(15), anchor="rm")
        y += BETWEEN / 2
        for kind in (kind for kind in kinds if kind in row):
            draw_bar(pen, y, row[kind], KINDS[kind])
            y += BAR
        y += BETWEEN / 2
    for n, line in enumerate(below):
        lettering.write(pen, (24, bottom + 36 + 19 * n), line, 13, GREY)
    return page


def along_bars(share: float) -> float:
    """Where a bar of that accuracy ends, in pixels."""
    return 24 + NAMES + (WIDTH - NAMES - 24 - 80) * share


def draw_bar(pen, y: float, interval: Interval, colour) -> None:
    """A bar with its interval and its number."""
    zero, end, low, high = map(along_bars, (0, *interval))
    pen.rectangle((zero, y + 1, max(end, zero + 1), y + BAR - 3), fill=colour)
    if high > low:
        middle = y + BAR / 2 - 1
        pen.line((low, middle, high, middle), fill=INK)
        for x in (low, high):
            pen.line((x, middle - 3, x, middle + 3), fill=INK)
    pen.text((max(high, end) + 7, y + BAR / 2 - 1), f"{100 * interval.mean:.0f} %", fill=INK,
             font=lettering.font(12), anchor="lm")
