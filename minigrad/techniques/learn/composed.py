r"""Composed scenes: photos with objects laid on them, of which every pixel's class is known.

To label a photo by hand takes an hour; a scene that is made from a random seed labels itself.  On
a background lie some objects of three classes, one over the other:

    1  shape      a disc, a polygon or a ring of one colour, a little lit from one side
    2  digit      0 … 9, written with a thick pen
    3  texture    a blob with stripes, checks, dots or grain on it
    0             the background

All have any size, turn and colour, so that neither tells the class.  An outline is a signed
distance d, in pixels, below zero inside; a pixel is covered by

    a = clip(½ − d, 0, 1),        pixels ← a · colour + (1 − a) · pixels

and one that the outline cuts through the middle of, ¼ < a < ¾, belongs to nobody: its label is
VOID, which stays out of loss and evaluation, as around the objects of PASCAL VOC.  Who hides whom
is told by the masks of the instances: each has the pixels that are seen of its object.

Read before: evaluation.py.  Read next: outlines.py, which has the shapes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.checked import whole
from minigrad.techniques.learn import outlines

CLASSES = ("background", "shape", "digit", "texture")
VOID = 255
SMALLEST = 16  # pixels: the edge of the smallest scene


class Instances(NamedTuple):
    """The objects of one scene, the lowest first.

    Attributes:
        masks: (M, H, W) of bools, the pixels that are seen of each; none of them is VOID.
        boxes: (M, 4), (top, left, bottom, right) around each mask, half open, in pixels.
        classes: (M,), 1 … 3.
    """

    masks: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray


class Scene(NamedTuple):
    """Pixels (3, H, W) float32, RGB, 0–255; labels (H, W) of bytes; and the objects."""

    pixels: np.ndarray
    labels: np.ndarray
    instances: Instances


class Scenes(NamedTuple):
    """Pixels (N, 3, H, W), labels (N, H, W) and the objects of each scene."""

    pixels: np.ndarray
    labels: np.ndarray
    instances: list[Instances]


def compose(
    backgrounds: Sequence[Any], count: int = 8, *, size: int = 96,
    objects: tuple[int, int] = (2, 5), rng: np.random.Generator | None = None,
) -> Scenes:  # fmt: skip
    """Make scenes on random pieces of photos.

    Args:
        backgrounds: photos (H, W, 3), RGB, 0–255, of any sizes.
        count: how many scenes.
        size: their edge, in pixels.
        objects: the fewest and the most on a scene; one that is hidden by others counts, too.
        rng: the same generator makes the same scenes.

    Raises:
        ValueError: no background, one that is no photo, or numbers that make no sense.
    """
    rng = rng or np.random.default_rng(0)
    size, count = whole("size", size, at_least=SMALLEST), whole("count", count, at_least=1)
    if not len(backgrounds):
        raise ValueError("a scene needs a background: give one photo or more")
    made = []
    for _ in range(count):
        photo = backgrounds[rng.integers(len(backgrounds))]
        made.append(laid_on(_piece(photo, size, rng), objects, rng=rng))
    pixels, labels, instances = zip(*made, strict=True)
    return Scenes(np.stack(pixels), np.stack(labels), list(instances))


def laid_on(pixels, objects: tuple[int, int] = (2, 5), *, rng=None) -> Scene:
    """Lay objects on a photo (3, H, W), RGB, 0–255.

    Raises:
        ValueError: it has less than 16 pixels on a side, or there are fewer than no objects.
    """
    rng = rng or np.random.default_rng(0)
    fewest, most = (whole("objects", n, at_least=0) for n in objects)
    if fewest > most:
        raise ValueError(f"objects is {objects}: give the fewest and the most")
    pixels = np.array(pixels, np.float32)
    if pixels.ndim != 3 or len(pixels) != 3 or min(pixels.shape[1:]) < SMALLEST:
        raise ValueError(f"objects are laid on a photo (3, H, W) of {SMALLEST} pixels a side or "
                         f"more, not on {pixels.shape}")
    labels, owner = np.zeros(pixels.shape[1:], np.uint8), np.full(pixels.shape[1:], -1)
    classes = rng.integers(1, 4, rng.integers(fewest, most + 1))
    for number, k in enumerate(classes):
        a, colours = _object(int(k), pixels.shape[1:], rng)
        # pixels ← a · colour + (1 − a) · pixels
        pixels = a * colours + (1 - a) * pixels
        labels[a > 0.25], owner[a > 0.25] = VOID, -1
        labels[a >= 0.75], owner[a >= 0.75] = k, number
    masks = owner == np.arange(len(classes))[:, None, None]                 # (M, H, W)
    seen = masks.any(axis=(1, 2))
    masks, classes = masks[seen], classes[seen]
    boxes = np.array([_box(mask) for mask in masks], int).reshape(-1, 4)
    return Scene(pixels.astype(np.float32), labels, Instances(masks, boxes, classes))


def _object(k: int, image, rng):
    """Draw an object of class k somewhere: coverage a (H, W), colours (3, H, W) or (3, 1, 1)."""
    H, W = image
    radius = rng.uniform(0.15, 0.3) * min(H, W)
    row, column = rng.uniform(0.1, 0.9, 2) * (H, W)
    angle = rng.uniform(0, 2 * np.pi) if k != 2 else rng.uniform(-0.6, 0.6)
    # the places of the pixels, as the object sees them: turned, in units of its radius
    y, x = np.mgrid[:H, :W].astype(np.float32)
    y, x = (y - row) / radius, (x - column) / radius
    u = np.cos(angle) * x + np.sin(angle) * y
    v = np.cos(angle) * y - np.sin(angle) * x
    d = (outlines.shape, outlines.digit, outlines.blob)[k - 1](u, v, rng) * radius
    a = np.clip(0.5 - d, 0, 1).astype(np.float32)
    one = rng.uniform(0, 255, 3).astype(np.float32)[:, None, None]
    if k == 3:
        other = (one + rng.uniform(90, 165, 3).astype(np.float32)[:, None, None]) % 256
        share = outlines.texture(u * radius, v * radius, rng).astype(np.float32)    # (H, W)
        return a, share * one + (1 - share) * other
    light = 1 + 0.2 * np.clip(u, -1, 1) if k == 1 else np.float32(1)
    return a, np.clip(one * light, 0, 255)


def _piece(photo, size: int, rng):
    """A random square of a photo (H, W, 3), of size × size pixels or all it has, mirrored or not.

    Returns:
        (3, size, size) float32.
    """
    photo = np.asarray(photo)
    if photo.ndim != 3 or photo.shape[2] != 3 or min(photo.shape) < 1:
        raise ValueError(f"a background is a photo (H, W, 3), not {photo.shape}")
    edge = min(size, *photo.shape[:2])
    top, left = (rng.integers(n - edge + 1) for n in photo.shape[:2])
    piece = photo[top : top + edge, left : left + edge].astype(np.float32)
    piece = piece[:, ::-1] if rng.random() < 0.5 else piece
    near = np.arange(size) * edge // size
    return piece[near][:, near].transpose(2, 0, 1)                          # (3, size, size)


def _box(mask):
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
