"""From arrays to pictures: signed gradients around grey, maps as heat, labelled sheets, files.

A run's pictures are one family of files (family.py), and a JSON among them says what made them
(provenance.py).  In a notebook nothing is written: `show` gives the picture.
"""

import io
import math
import pathlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from demos.shared import colours, family, lettering, provenance
from minigrad.backend import to_numpy

INK, PAPER, BOX = (20, 20, 24), (255, 255, 255), (255, 212, 0)
MARGIN, TITLE, GAP = 12, 26, 3


def photo(pixels) -> Image.Image:
    """Pixels (1, 3, H, W) or (3, H, W), RGB 0–255 → a picture."""
    array = to_numpy(pixels).reshape(pixels.shape[-3:]).transpose(1, 2, 0)      # (H, W, 3)
    return Image.fromarray(np.rint(array.clip(0, 255)).astype(np.uint8))


def scale_of(array) -> float:
    """The value that is drawn at full strength: 99.5 % of what is not zero lies below it."""
    size = np.abs(to_numpy(array))
    there = size[size > 1e-6 * size.max()]  # less is rounding, outside of what a unit sees
    return float(np.percentile(there, 99.5)) if there.size else 1.0


def signed(gradient) -> Image.Image:
    """A gradient (1, 3, H, W) as a picture around grey: zero is grey, so that the sign shows."""
    return photo(around_grey(gradient))


def around_grey(gradients):
    """Gradients as pixels, with one scale for all: (N, 3, H, W) → (N, 3, H, W), 0–255."""
    return 128 + 127 / scale_of(gradients) * to_numpy(gradients)


def heat(
    values, name: str = colours.USUAL, over=None, edge: int | None = None
) -> Image.Image:  # fmt: skip
    """A map (1, H, W) in colours; `over` pixels (1, 3, H, W), with a scale below, if given.

    A map with negative values is drawn from blue to red whatever the name of the colours.  Over a
    photo its longer side is `edge` pixels, if given, and the scale's letters keep their size.
    """
    name = colours.BOTH if values.min() < 0 else name
    if over is None:
        return photo(glowing(values, name))
    top = scale_of(values)
    laid = colours.over_photo(to_numpy(values)[0], to_numpy(over)[0], top, name)
    return colours.with_scale(fitted(laid, edge) if edge else laid, top, name)


def glowing(maps, name: str = colours.USUAL):
    """Maps as pixels, with one scale for all: (N, H, W) → (N, 3, H, W), 0–255."""
    v = colours.share_of(to_numpy(maps), scale_of(maps), name)
    return np.moveaxis(colours.coloured(v, name), -1, 1)                        # (N, 3, H, W)


def mosaic(images, tile: int = 40) -> Image.Image:
    """Small images (N, 3, H, W), 0–255, in a square of rows, enlarged in whole pixels."""
    count, _, height, width = images.shape
    scale, columns = cells(count, max(height, width), tile)
    rows = math.ceil(count / columns)
    down, right = height * scale + GAP, width * scale + GAP
    page = Image.new("RGB", (columns * right - GAP, rows * down - GAP), PAPER)
    for n, image in enumerate(images):
        one = photo(image).resize((width * scale, height * scale), Image.Resampling.NEAREST)
        page.paste(one, (n % columns * right, n // columns * down))
    return page


def cells(count: int, edge: int, tile: int = 40) -> tuple[int, int]:
    """By how much a mosaic enlarges its images, and how many stand in a row."""
    return max(1, tile // edge), math.ceil(math.sqrt(count))


def boxed(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Draw a box (top, left, bottom, right), half open and in pixels, on a copy."""
    picture = picture.copy()
    top, left, bottom, right = box
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, right - 1, bottom - 1), outline=INK, width=3)
    draw.rectangle((left, top, right - 1, bottom - 1), outline=BOX, width=1)
    return picture


def bars(rows: list[tuple[str, float]], size: tuple[int, int]) -> Image.Image:
    """Names and probabilities as a bar chart."""
    width, height = size
    picture = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(picture)
    step = height // len(rows)
    for i, (name, p) in enumerate(rows):
        y = i * step + step // 4
        text = shortened(f"{p:4.0%}  {name}", width, draw)
        draw.text((0, y), text, fill=INK, font=font())
        draw.rectangle((0, y + 20, max(1, int(p * (width - 1))), y + 28), fill=(70, 110, 190))
    return picture


def sheet(rows: list[list[tuple[str, Image.Image]]], tile: int | None = 256) -> Image.Image:
    """Titled pictures in rows and columns, their longer side `tile`; with None as they are.

    Small ones are enlarged in whole pixels, unblurred.
    """
    if tile:
        rows = [[(title, fitted(picture, tile)) for title, picture in row] for row in rows]
    columns = max(map(len, rows))
    widths = [max(r[c][1].width for r in rows if c < len(r)) + MARGIN for c in range(columns)]
    heights = [max(picture.height for _, picture in row) + TITLE + MARGIN for row in rows]
    page = Image.new("RGB", (sum(widths) + MARGIN, sum(heights) + MARGIN), PAPER)
    draw = ImageDraw.Draw(page)
    y = MARGIN
    for row, height in zip(rows, heights, strict=True):
        x = MARGIN
        for (title, picture), width in zip(row, widths, strict=False):
            draw.text((x, y), shortened(title, width - MARGIN, draw), fill=INK, font=font())
            page.paste(picture, (x, y + TITLE))
            x += width
        y += height
    return page


def fitted(picture: Image.Image, tile: int) -> Image.Image:
    """Enlarge or shrink a picture so that its longer side is `tile`."""
    ratio = tile / max(picture.size)
    size = [max(1, round(n * ratio)) for n in picture.size]
    method = Image.Resampling.NEAREST if ratio >= 3 else Image.Resampling.LANCZOS
    return picture.resize(size, method)


def font(size: int = 13) -> ImageFont.ImageFont:
    """The font of titles, which has Greek letters and the signs of equations."""
    return lettering.font(size)


def shortened(text: str, width: int, draw: ImageDraw.ImageDraw) -> str:
    """Cut a text to a width in pixels."""
    if draw.textlength(text, font=font()) <= width:
        return text
    while text and draw.textlength(text + "…", font=font()) > width:
        text = text[:-1]
    return text + "…"


# ── In a notebook ───────────────────────────────────────────────────────────────────────────────


def show(result) -> Image.Image:
    """What a technique gives, as one picture, which a notebook displays.

        pixels (N, 3, H, W)         a photo
        a gradient (N, 3, H, W)     around grey
        maps (N, H, W)              as heat, or from blue to red where some are negative
        {title: one of these}       a sheet
        steps of Progress           the last image, after a run with a bar; Ctrl-C ends it sooner

    Pixels are told from a gradient by their numbers: all lie in [0, 255], and one is 1 or more.
    A batch stands in rows, drawn with one scale.

    Raises:
        ValueError: an array of another shape, NaN or infinity in it, or no steps (left).
    """
    if isinstance(result, Iterator):
        result = _last(result)
    if isinstance(result, Mapping):
        titled = [(str(title), show(one)) for title, one in result.items()]
        return sheet([titled[i : i + 4] for i in range(0, len(titled), 4)])
    array = to_numpy(getattr(result, "pixels", result))
    maps = array.ndim == 3
    if array.size == 0 or not (maps or array.ndim == 4 and array.shape[1] == 3):
        raise ValueError(
            "show takes pixels or a gradient (N, 3, H, W), maps (N, H, W), a dict of them or the "
            f"steps of a run, not an array of shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError("there is no picture of NaN or infinity, which some of these numbers are")
    low, high = array.min(), array.max()
    if maps:
        return mosaic(glowing(array, colours.BOTH if low < 0 else colours.USUAL))
    return mosaic(array if 0 <= low and 1 <= high <= 255 else around_grey(array))


def _last(steps: Iterator):
    """Run to the end, or to Ctrl-C, and return the last Progress."""
    progress = None
    with tqdm(steps, unit="step") as bar:
        try:
            for progress in bar:
                bar.set_postfix(value=f"{progress.value:.1f}", refresh=False)
        except KeyboardInterrupt:
            if progress is None:
                raise
    if progress is None:
        raise ValueError("there are no steps to show: a run can be shown once, call it again")
    return progress


# ── Files ───────────────────────────────────────────────────────────────────────────────────────


def save(
    folder: pathlib.Path, name: str, pictures: Mapping[str, Image.Image], made_by: dict,
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Write name.png, name_<part>.png for each further part, and name.json of what made them.

    Args:
        folder: made if it does not exist.
        name: how the files' names begin; all that a run of this name wrote before is replaced.
        pictures: by part; the part "" is the main picture.
        made_by: whatever one needs to make them again (provenance.py); command, versions, threads
            and time are added.
        more: further files, by what follows their name, as "_1.png" or ".gif".
    """
    drawn = {f"{'_' if part else ''}{part}.png": png(one) for part, one in pictures.items()}
    family.write(folder, name, {**drawn, **more}, {
        **made_by, **provenance.here(made_by.get("command")),
    })


def png(picture: Image.Image) -> bytes:
    """A picture as the file that it will be."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=4)  # in half the usual time, 2 % more bytes
    return file.getvalue()
