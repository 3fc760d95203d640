"""Patches as a page: crops beside what fired the unit, and whole photos with a white frame.

Read before: pictures.py, patch_search.py.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from PIL import Image, ImageDraw

from demos.shared import pictures
from demos.shared.album import kind_of

CELL, PHOTO, LABEL = 100, 152, 13   # pixels: of a patch, of a photo, of the letters on them
BEYOND = (128, 128, 128)            # what lies beyond a photo: the colour of zero in a gradient
EDGE = (190, 190, 190)              # of a photo, to be seen on a white page
SIDE_BY_SIDE = 2                    # channels in a row of the page


class Patch(NamedTuple):
    """One patch of a channel.

    Attributes:
        value: the activation of its unit.
        name: of the photo.
        row: of the unit.
        column: of the unit.
        box: what it sees, (top, left, bottom, right) in pixels; it may reach beyond the photo.
        photo: (3, H, W), RGB, 0–255.
        crop: of the photo, on a canvas of the box's size.
        gradient: of the unit, cut out likewise.
        rule: by which rule, in words.
    """

    value: float
    name: str
    row: int
    column: int
    box: tuple[int, int, int, int]
    photo: Any
    crop: Any
    gradient: Any
    rule: str


def crops(by_channel: dict[int, list[Patch]]) -> Image.Image:
    """For each channel its crops and, beside them, the gradient of each."""
    blocks = []
    for c, patches in by_channel.items():
        cells = [labelled(pictures.photo(p.crop), p.value) for p in patches]
        drawn = [pictures.fitted(pictures.signed(p.gradient), CELL) for p in patches]
        rule = patches[0].rule + ("" if any(p.gradient.any() for p in patches) else ": zero")
        blocks.append([(title(c, patches), square(cells)), (rule, square(drawn))])
    rows = [
        sum(blocks[i : i + SIDE_BY_SIDE], []) for i in range(0, len(blocks), SIDE_BY_SIDE)
    ]
    return pictures.sheet(rows, tile=max(max(one.size) for row in rows for _, one in row))


def framed(by_channel: dict[int, list[Patch]]) -> Image.Image:
    """For each channel a row of its photos with what the unit sees, as Girshick shows them."""
    rows = []
    for c, patches in by_channel.items():
        drawn = [white_frame(pictures.photo(p.photo), p) for p in patches]
        titles = [kind_of(p.name) for p in patches]
        titles[0] = f"channel {c}" + (f": {titles[0]}" if titles[0] else "")
        rows.append(list(zip(titles, drawn, strict=True)))
    return pictures.sheet(rows, tile=PHOTO)


def title(c: int, patches: Sequence[Patch]) -> str:
    """The channel, its activations, and what the photos are of, where a third is of one kind."""
    if not any(p.value for p in patches):
        return f"channel {c}: fires on no photo"
    text = f"channel {c}: {short(patches[0].value)}"
    if len(patches) > 1:
        text += f" to {short(patches[-1].value)}"
    kinds = Counter(kind_of(p.name) for p in patches)
    kind, often = kinds.most_common(1)[0]
    told = kind and often > 1 and 3 * often >= len(patches)
    return f"{text}, {often} of {kind}" if told else text


def short(value: float) -> str:
    """An activation in three digits."""
    return f"{value:#.3g}" if abs(value) < 100 else f"{value:.0f}"


def labelled(picture: Image.Image, value: float) -> Image.Image:
    """Bring a crop to the size of a cell and write its activation on it."""
    picture = pictures.fitted(picture, CELL)
    written(picture, (3, picture.height - LABEL - 4), short(value))
    return picture


def white_frame(picture: Image.Image, patch: Patch) -> Image.Image:
    """Frame what the unit sees in white, as far as it lies in the photo, with its activation."""
    scale = PHOTO / max(picture.size)
    picture = pictures.fitted(picture, PHOTO)
    top, left, bottom, right = (round(edge * scale) for edge in patch.box)
    frame = (max(left, 0), max(top, 0), min(right, picture.width) - 1,
             min(bottom, picture.height) - 1)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, picture.width - 1, picture.height - 1), outline=EDGE)
    draw.rectangle(frame, outline=pictures.INK, width=4)        # to be seen on a white photo, too
    inner = (frame[0] + 1, frame[1] + 1, frame[2] - 1, frame[3] - 1)
    if inner[0] < inner[2] and inner[1] < inner[3]:
        draw.rectangle(inner, outline=pictures.PAPER, width=2)
    written(picture, (max(frame[0], 0) + 5, max(frame[1], 0) + 4), short(patch.value))
    return picture


def written(picture: Image.Image, place: tuple[int, int], text: str) -> None:
    """Write in white with a dark edge, which can be read on any photo; never beyond the border."""
    draw, font = ImageDraw.Draw(picture), pictures.font(LABEL)
    x = min(place[0], picture.width - round(draw.textlength(text, font)) - 2)
    y = min(place[1], picture.height - LABEL - 3)
    draw.text((max(x, 1), max(y, 1)), text, fill=pictures.PAPER, font=font, stroke_width=2,
              stroke_fill=pictures.INK)


def square(cells: list[Image.Image]) -> Image.Image:
    """Pictures in a square of rows, the first at the top left."""
    columns = math.ceil(math.sqrt(len(cells)))
    rows = math.ceil(len(cells) / columns)
    step = CELL + pictures.GAP
    size = columns * step - pictures.GAP, rows * step - pictures.GAP
    page = Image.new("RGB", size, pictures.PAPER)
    for n, cell in enumerate(cells):
        page.paste(cell, (n % columns * step, n // columns * step))
    return page
