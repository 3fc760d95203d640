"""What embeddings of digits look like: scatters with the digits' names, tables, curves, neighbours.

Used by: ../embed.py.
"""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import lettering, map_pictures, pictures, space
from demos.shared.axes import FINE, Axes
from demos.shared.digits import Digits
from demos.shared.pictures import INK, MARGIN, PAPER
from minigrad.techniques.learn.retrieval import nearest_accuracy, recall_at
from minigrad.techniques.look.codes import neighbours

EDGE, LETTERS, LINE, WRONG = 420, 14, 26, (200, 30, 30)
K = 5
COLOURS = np.array([  # of the digits 0 … 9
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189),
    (140, 86, 75), (227, 119, 194), (127, 127, 127), (188, 189, 34), (23, 190, 207),
])  # fmt: skip
LINES = [(150, 150, 158), (90, 90, 96), (0, 114, 178), (213, 94, 0), (0, 158, 115),
         (204, 121, 167), (86, 180, 233), (230, 159, 0), (140, 86, 75), INK]  # fmt: skip


class Space:
    """A way to put images at places, and where it puts the digits.

    Attributes:
        title: of the pictures.
        of: images (N, H, W) → places (N, K).
        places: of the digits that were not trained on.
    """

    def __init__(self, title: str, of: Callable, seen: Digits, unseen: Digits):
        self.title, self.of, self.seen, self.unseen = title, of, seen, unseen
        self.known, self.places = of(seen.images), of(unseen.images)

    def right(self, images=None) -> float:
        """How often K nearest digits of known class say what an unseen one is, moved or not."""
        asked = self.places if images is None else self.of(images)
        return nearest_accuracy(self.known, self.seen.labels, asked, self.unseen.labels, K)

    def recall(self) -> float:
        """How often the nearest other digit is a like one, of those that were not trained on."""
        return recall_at(self.places, self.unseen.labels)

    def nearest(self, count: int, most: int) -> dict[int, list[int]]:
        """The nearest others of the first digits of each class, `count` of them in all."""
        labels = self.unseen.labels
        known = np.unique(labels)
        asked = [n for k in known for n in np.flatnonzero(labels == k)[: count // len(known)]]
        return {int(n): [int(m) for m in neighbours(self.places, self.places[n], most + 1)[0]
                         if m != n][:most] for n in asked}


# ── Scatters ────────────────────────────────────────────────────────────────────────────────────


def scatter(places, labels) -> Image.Image:
    """Digits as dots in the plane or in space, each class with its colour and its name."""
    if places.shape[1] == 3:
        page = space.scatter(places, COLOURS[labels % 10], EDGE, radius=2)
        return beside(page, legend(np.unique(labels)))
    xy = map_pictures.on_canvas(places, EDGE, EDGE)
    page = Image.new("RGB", (EDGE * FINE, EDGE * FINE), PAPER)
    pen, r = ImageDraw.Draw(page), 2 * FINE
    for (x, y), k in zip(xy * FINE, labels, strict=True):
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(COLOURS[k % 10].tolist()))
    page = page.resize((EDGE, EDGE), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(page)
    for k in np.unique(labels):
        pen.text(tuple(np.median(xy[labels == k], axis=0)), str(k), fill=INK, anchor="mm",
                 font=lettering.font(20), stroke_width=3, stroke_fill=PAPER)
    pen.rectangle((0, 0, EDGE - 1, EDGE - 1), outline=(205, 205, 212))
    return page


def legend(classes) -> Image.Image:
    """A colour for each class, below one another."""
    page = Image.new("RGB", (44, 22 * len(classes)), PAPER)
    pen = ImageDraw.Draw(page)
    for n, k in enumerate(classes):
        pen.ellipse((4, 22 * n + 5, 16, 22 * n + 17), fill=tuple(COLOURS[k % 10].tolist()))
        pen.text((24, 22 * n + 2), str(k), fill=INK, font=lettering.font(LETTERS))
    return page


def thumbnails(places, images) -> Image.Image:
    """The digits where they lie, dark on light, but for those that would cover others."""
    dark = [Image.fromarray(255 - one).convert("RGB") for one in images]
    return map_pictures.scattered(places, dark)[0]


# ── Numbers ─────────────────────────────────────────────────────────────────────────────────────


def table(rows: Mapping[str, Mapping[str, float]]) -> Image.Image:
    """A line for each space, a column for each number, in percent."""
    columns = list(next(iter(rows.values())))
    page = Image.new("RGB", (270 + 90 * len(columns), LINE * (len(rows) + 1) + MARGIN), PAPER)
    pen = ImageDraw.Draw(page)
    for n, column in enumerate(columns):
        pen.text((330 + 90 * n, 0), column, fill=INK, font=lettering.font(LETTERS), anchor="ra")
    for i, (name, row) in enumerate(rows.items(), start=1):
        pen.line((0, LINE * i - 4, page.width, LINE * i - 4), fill=(228, 228, 232))
        pen.text((0, LINE * i), name, fill=INK, font=lettering.font(LETTERS))
        for n, value in enumerate(row.values()):
            pen.text((330 + 90 * n, LINE * i), f"{value:.1%}", fill=INK,
                     font=lettering.font(LETTERS), anchor="ra")
    return page


def curves(rows: Mapping[str, list[float]], at: list[int], x_name: str, y_name: str) -> Image.Image:
    """A line for each space, and beside them what they are."""
    axes = Axes(EDGE - 60, (at[0], at[-1]), (0, 1.02))
    names = Image.new("RGB", (300, LINE * len(rows)), PAPER)
    pen = ImageDraw.Draw(names)
    for n, (colour, (name, values)) in enumerate(zip(LINES, rows.items(), strict=False)):
        line = [axes.place(*point) for point in zip(at, values, strict=True)]
        axes.pen.line(line, fill=colour, width=3 * FINE, joint="curve")
        pen.line((0, LINE * n + 11, 28, LINE * n + 11), fill=colour, width=4)
        pen.text((36, LINE * n + 2), name, fill=INK, font=lettering.font(LETTERS))
    return beside(axes.picture(x_name, y_name), names)


def neighbour_rows(found: Mapping[str, Mapping[int, list[int]]], digits: Digits):
    """For each digit that is asked for a picture, its nearest others in each space as rows."""
    asked = list(next(iter(found.values())))
    return [(f"{digits.labels[n]}: nearest by " + ", ".join(found), strip(n, found, digits))
            for n in asked]


def strip(n: int, found: Mapping[str, Mapping[int, list[int]]], digits: Digits) -> Image.Image:
    """A digit, and for each space a row of its nearest."""
    edge, rows = 44, len(found)
    most = max(len(of_space[n]) for of_space in found.values())
    page = Image.new("RGB", ((most + 2) * edge, rows * edge), PAPER)
    page.paste(tile(digits.images[n], edge), (0, 0))
    pen = ImageDraw.Draw(page)
    for row, of_space in enumerate(found.values()):
        for column, m in enumerate(of_space[n]):
            at = ((column + 2) * edge, row * edge)
            page.paste(tile(digits.images[m], edge), at)
            if digits.labels[m] != digits.labels[n]:
                box = (*at, at[0] + edge - 3, at[1] + edge - 3)
                pen.rectangle(box, outline=WRONG, width=3)
    return page


def tile(image, edge: int) -> Image.Image:
    """A digit, dark on light."""
    return Image.fromarray(255 - image).convert("RGB").resize((edge - 2, edge - 2))


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────


def page(head: str, cells: list[tuple[str, Image.Image]], more: Image.Image) -> Image.Image:
    """A headline, titled pictures in rows of three, and a last picture in what is left."""
    cells = [*cells, ("", more)]
    rows = [cells[i : i + 3] for i in range(0, len(cells), 3)]
    sheet = pictures.sheet(rows, tile=None)
    whole = Image.new("RGB", (sheet.width, sheet.height + 34), PAPER)
    whole.paste(sheet, (0, 34))
    ImageDraw.Draw(whole).text((MARGIN, MARGIN), head, fill=INK, font=lettering.font(17))
    return whole


def beside(one: Image.Image, other: Image.Image) -> Image.Image:
    """Two pictures side by side."""
    size = one.width + MARGIN + other.width, max(one.height, other.height)
    both = Image.new("RGB", size, PAPER)
    both.paste(one, (0, 0))
    both.paste(other, (one.width + MARGIN, 0))
    return both
