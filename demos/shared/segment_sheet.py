"""Classes of pixels as a picture: colours over the photo, an outline, and a legend with numbers.

Used by: ../segment.py, segment_training.py and segment_comparison.py.
"""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import pictures
from demos.shared.grids import APART

# far apart for the eye: Okabe and Ito's, and some more
COLOURS = [*APART, (240, 228, 66), (120, 94, 240), (166, 86, 40), (90, 90, 96), (247, 129, 191),
           (120, 200, 60)]
BACKGROUND, VOID = (238, 238, 238), (20, 20, 24)
SHARE, EDGE = 0.6, 320  # of the colours over the photo; of a tile, in pixels
LINE, COLUMN = 24, 70   # of the legend
SMALL, BEST = 192, (0, 104, 168)  # a tile of a comparison; the best number of its line


def colours_of(classes: list[str]) -> np.ndarray:
    """A colour for each class, (K, 3) of bytes; a class called background is light."""
    plain = iter(range(len(classes)))
    return np.array([BACKGROUND if name == "background" else _nth(next(plain)) for name in classes],
                    np.uint8)


def _nth(n: int) -> tuple[int, ...]:
    if n < len(COLOURS):
        return COLOURS[n]
    hue, value = (0.61803 * n) % 1, (0.95, 0.7, 0.5)[n % 3]
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.75, value))


def over(pixels, labels, classes: list[str], edge: int = EDGE) -> Image.Image:
    """Classes over the photo in grey, each with an outline; the background is the photo itself.

    pixels (3, H, W), labels (H, W); a label that is no class is black.
    """
    photo, map = pictures.photo(pixels), Image.fromarray(np.asarray(labels, np.uint8))
    size = pictures.fitted(photo, edge).size
    photo = np.asarray(photo.resize(size, Image.Resampling.BICUBIC), np.float32)
    map = np.asarray(map.resize(size, Image.Resampling.NEAREST))
    known = map < len(classes)
    colour = np.where(known[..., None], colours_of(classes)[np.where(known, map, 0)], VOID)
    grey = photo @ np.float32([0.299, 0.587, 0.114])
    mixed = SHARE * colour + (1 - SHARE) * grey[..., None]                      # (H, W, 3)
    if "background" in classes:
        mixed = np.where((map == classes.index("background"))[..., None], photo, mixed)
    mixed[outline(map, known)] = 255
    return Image.fromarray(np.rint(mixed).clip(0, 255).astype(np.uint8))


def outline(map, known) -> np.ndarray:
    """Where a pixel's class is not that of the next to the right or below, both known: (H, W)."""
    edge = np.zeros(map.shape, bool)
    edge[:, :-1] |= (map[:, 1:] != map[:, :-1]) & known[:, 1:] & known[:, :-1]
    edge[:-1] |= (map[1:] != map[:-1]) & known[1:] & known[:-1]
    return edge


def legend(classes: list[str], columns: dict[str, list[str]], edge: int = EDGE) -> Image.Image:
    """A line for each class: its colour, its name, and what each column says of it."""
    page = Image.new("RGB", (edge, (len(classes) + 1) * LINE), pictures.PAPER)
    draw, font = ImageDraw.Draw(page), pictures.font()
    room = edge - LINE - COLUMN * len(columns)
    for i, (name, colour) in enumerate(zip(classes, colours_of(classes).tolist(), strict=True)):
        y = (i + 1) * LINE
        draw.rectangle((0, y + 2, 18, y + 18), fill=tuple(colour), outline=pictures.INK)
        draw.text((LINE + 2, y + 2), pictures.shortened(name, room, draw), pictures.INK, font)
    for column, (head, says) in enumerate(reversed(columns.items())):
        for i, text in enumerate([head, *says]):
            at = edge - 4 - COLUMN * column, i * LINE + 2
            draw.text(at, text, fill=pictures.INK, font=font, anchor="ra")
    return page


def percent(ious) -> list[str]:
    """The classes' IoU (K,) as text; a class that is nowhere has none."""
    return ["–" if np.isnan(iou) else f"{iou:.1%}" for iou in ious]


def page(rows: list[list[tuple[str, Image.Image]]], below: Image.Image) -> Image.Image:
    """A sheet of titled pictures, with a legend below it."""
    top = pictures.sheet(rows, tile=None)
    whole = Image.new("RGB", (max(top.width, below.width + 2 * pictures.MARGIN),
                              top.height + below.height + pictures.MARGIN), pictures.PAPER)
    whole.paste(top, (0, 0))
    whole.paste(below, (pictures.MARGIN, top.height))
    return whole


# ── Networks side by side ───────────────────────────────────────────────────────────────────────


def comparison(
    head: str, photos: list[tuple[np.ndarray, dict[str, np.ndarray]]], classes: list[str],
    numbers: dict[str, dict],
) -> Image.Image:  # fmt: skip
    """A row for each photo and a column for each that labels it, with its numbers below.

    Args:
        head: the line above.
        photos: pixels (3, H, W), and labels (H, W) by whose they are.
        classes: their names.
        numbers: what is told of some of those, by name.
    """
    rows = [[("the photo", pictures.fitted(pictures.photo(pixels), SMALL)),
             *((whose, over(pixels, map, classes, SMALL)) for whose, map in maps.items())]
            for pixels, maps in photos]
    rows = [rows[0], *([("", tile) for _, tile in row] for row in rows[1:])]
    widths = [max(row[c][1].width for row in rows) + pictures.MARGIN for c in range(len(rows[0]))]
    begins = dict(zip(photos[0][1], np.cumsum(widths).tolist(), strict=False))
    below = under({begins[name]: said for name, said in numbers.items()}, sum(widths), classes)
    sheet = page(rows, below)
    whole = Image.new("RGB", (sheet.width, sheet.height + LINE), pictures.PAPER)
    whole.paste(sheet, (0, LINE))
    ImageDraw.Draw(whole).text((pictures.MARGIN, 8), head, pictures.INK, pictures.font())
    return whole


def under(columns: dict[int, dict], width: int, classes: list[str]) -> Image.Image:
    """Lines of numbers below pictures that begin so far from the left; the best share in blue."""
    colours, said = dict(zip(classes, colours_of(classes).tolist(), strict=True)), columns.values()
    lines = [(name, None, [one[name] for one in said], "{:.1%}")
             for name in ("mean IoU", "pixels right")]
    lines += [(f"IoU of {name}", tuple(colours[name]),
               [one["IoU by class"].get(name) for one in said], "{:.1%}") for name in classes]
    lines += [(name, None, [one[name] for one in said], form) for name, form in
              (("seconds", "{:.0f}"), ("steps", "{:,}"), ("parameters", "{:,}"))]
    page = Image.new("RGB", (width, len(lines) * LINE + pictures.MARGIN), pictures.PAPER)
    draw, font = ImageDraw.Draw(page), pictures.font()
    for y, (name, colour, values, form) in enumerate(lines):
        y = y * LINE
        draw.line((0, y, width - pictures.MARGIN, y), fill=(228, 228, 232))
        if colour:
            draw.rectangle((2, y + 5, 16, y + 19), fill=colour, outline=pictures.INK)
        draw.text((LINE, y + 4), name, pictures.INK, font)
        best = max((v for v in values if v is not None), default=None) if "%" in form else None
        for x, value in zip(columns, values, strict=True):
            text = "–" if value is None else form.format(value)
            draw.text((x, y + 4), text, BEST if value == best else pictures.INK, font)
    return page
