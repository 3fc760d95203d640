"""What detectors find on scenes, beside the truth, and a table of how good they are.

Each object of the truth has a colour of its own, and so has what was found if its mask shares half
or more with it.  What was found and is no object's is grey.

Used by: ../instances.py and instance_training.py.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from tqdm import tqdm

import models
from demos.shared import captions, embedding_sheet, lettering, pictures
from demos.shared.segment_sheet import COLOURS
from minigrad.techniques.learn.average_precision import detection_precision, mask_iou
from minigrad.techniques.learn.composed import CLASSES, Scenes
from minigrad.techniques.learn.detection import Detections, detect
from minigrad.techniques.learn.instances import Objects, objects_of

SIZE, OBJECTS = 64, (2, 5)  # pixels of a scene; the fewest and the most objects on it
TITLES = dict(zip(models.detectors(), ("RoIAlign", "RoIPool"), strict=True))
EDGE, SHOWN, SHARE, LETTERS = 288, 4, 0.45, 13
NOBODY = (120, 120, 126)


class Trained(NamedTuple):
    """A detector, what it is called, and its weights of now."""

    title: str
    net: models.Network
    params: dict


def drawn(trained: list[Trained], scenes: Scenes, least: float) -> tuple[Image.Image, dict]:
    """The sheet, and what it tells, for a note.

    Args:
        trained: the detectors.
        scenes: to measure on; the first are drawn.
        least: the probability from which on something is drawn.
    """
    true = [objects_of(of) for of in scenes.instances]
    found = {one.title: found_by(one, scenes.pixels) for one in trained}
    rows = {title: row_of(answers, true) for title, answers in found.items()}
    cells = []
    for n, (pixels, of) in enumerate(zip(scenes.pixels[:SHOWN], true, strict=False)):
        row = [(f"{title}: found", scene(pixels, surest(answers[n], least), of))
               for title, answers in found.items()]
        cells.append([*row, ("the truth", scene(pixels, of, of))])
    top = pictures.sheet(cells, tile=None)
    table = with_margin(embedding_sheet.table(rows))
    count, width = sum(len(of.boxes) for of in true), max(top.width, table.width)
    head = captions.headline("Every object with its class, its box and its own pixels", width)
    says = [f"Average precision on {len(true)} scenes with {count} objects, on photos that were "
            "not trained on. AP50: right if half of both is shared; AP: the mean over ten "
            "thresholds, .5 to .95, as COCO counts.",
            "Grey: found, and no object's."]
    below = captions.sentences(says, width)
    return captions.stacked([head, top, table, below]), {
        "scenes": len(true), "objects": count, "average precision": rows,
    }


def found_by(one: Trained, pixels) -> list[Detections]:
    """What a detector finds on scenes (N, 3, H, W), with a bar."""
    bar = tqdm(pixels.astype(one.net.dtype), desc=one.title, unit="scene", leave=False)
    return [detect(one.net, x[None], params=one.params)[0] for x in bar]


def row_of(found: list[Detections], true: list[Objects]) -> dict[str, float]:
    """How good it is, by boxes and by masks."""
    row = {}
    for what, by in (("box", "boxes"), ("mask", "masks")):
        ap = detection_precision(found, true, by)
        row |= {f"{what} AP50": ap.at_50, f"{what} AP75": ap.at_75, f"{what} AP": ap.mean}
    return {name: round(value, 4) for name, value in row.items()}


def surest(found: Detections, least: float) -> Detections:
    """What was found with a probability of `least` or more."""
    return Detections(*(part[found.scores >= least] for part in found))


# ── One scene ───────────────────────────────────────────────────────────────────────────────────


def scene(pixels, shown: Detections | Objects, true: Objects) -> Image.Image:
    """A photo (3, H, W), objects over it, in the colours of the true ones that they are."""
    size = (EDGE, EDGE * pixels.shape[1] // pixels.shape[2])
    page = pictures.photo(pixels).resize(size, Image.Resampling.BICUBIC)
    colours = colours_of(shown.masks, true.masks)
    for mask, colour in zip(shown.masks[::-1], colours[::-1], strict=True):     # the surest on top
        page = tinted(page, mask, colour)
    pen = ImageDraw.Draw(page)
    scores = getattr(shown, "scores", [None] * len(shown.boxes))
    rows = list(zip(shown.boxes, shown.classes, scores, colours, strict=True))
    for box, k, score, colour in rows[::-1]:
        x0, y0, x1, y1 = (box * (EDGE / pixels.shape[2])).tolist()
        pen.rectangle((x0, y0, min(x1, size[0]) - 1, min(y1, size[1]) - 1), outline=colour, width=2)
        name = CLASSES[k] if score is None else f"{CLASSES[k]} {score:.2f}"
        tag(pen, (x0, y0), name, colour, size)
    return page


def colours_of(masks, true) -> list[tuple[int, int, int]]:
    """The colour of the true object with which each mask shares most, if it is half or more."""
    if not len(true):
        return [NOBODY] * len(masks)
    iou = mask_iou(masks, true)                                             # (D, M)
    return [COLOURS[row.argmax() % len(COLOURS)] if row.max() >= 0.5 else NOBODY for row in iou]


def tinted(page: Image.Image, mask, colour) -> Image.Image:
    """A colour over the pixels of a mask (H, W), with a bright edge."""
    smooth = Image.fromarray(255 * mask.astype(np.uint8)).resize(
        page.size, Image.Resampling.BICUBIC)
    inside = np.asarray(smooth) >= 128
    edge = inside & ~eroded(inside)
    array = np.asarray(page, np.float32)
    array = np.where(inside[..., None], SHARE * np.float32(colour) + (1 - SHARE) * array, array)
    array[edge] = colour
    return Image.fromarray(np.rint(array).astype(np.uint8))


def eroded(inside) -> np.ndarray:
    """Where a pixel and the two on each side are inside, (H, W)."""
    padded = np.pad(inside, 2)
    H, W = inside.shape
    return np.all([padded[2 + i : 2 + i + H, 2 + j : 2 + j + W]
                   for i, j in ((-2, 0), (2, 0), (0, -2), (0, 2))], axis=0)


def tag(pen: ImageDraw.ImageDraw, at, text: str, colour, size) -> None:
    """A name on its colour, above a box, or in it where there is no room."""
    font = lettering.font(LETTERS)
    width = pen.textlength(text, font=font) + 6
    x, y = min(at[0], size[0] - width), at[1] - 16
    y = y if y >= 0 else at[1]
    pen.rectangle((x, y, x + width, y + 16), fill=colour)
    bright = np.dot(colour, (0.299, 0.587, 0.114)) > 140
    pen.text((x + 3, y), text, fill=pictures.INK if bright else pictures.PAPER, font=font)


def with_margin(picture: Image.Image) -> Image.Image:
    """A picture with the page's margin on its left."""
    page = Image.new("RGB", (picture.width + pictures.MARGIN, picture.height), pictures.PAPER)
    page.paste(picture, (pictures.MARGIN, 0))
    return page
