"""A folder of photos and label images becomes batches of pairs, varied together.

    FOLDER/images/street.jpg      a photo
    FOLDER/labels/street.png      its label image: a class number at every pixel
    FOLDER/classes.txt            if there, the names of the classes, one a line

or the same below FOLDER/train and FOLDER/val.  A label image is a PNG (or any lossless kind) of
grey levels or with a palette, whose numbers are the classes; one number, void, may stand for what
has none.

What is done to a photo is done to its labels: a view of both is turned, enlarged, cut out and
mirrored by one affine map.  Photos are mixed between pixels; labels never are, for half a tree and
half a car make no street light: each pixel takes the nearest one's (Pillow's NEAREST).  What lies
beyond the photo's border is void.

Read before: photo_folder.py, which prepares batches beside the computation.
"""

import pathlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from models import photo
from models.photo_folder import SUFFIXES, ahead, recoloured

GREY = (124, 116, 104)  # beyond the border: the mean colour, which becomes zero
SMALLEST = 8            # pixels on a side


class Pairs(NamedTuple):
    """Photos (H, W, 3) and labels (H, W), of bytes, and their names; sizes may differ."""

    pictures: list[np.ndarray]
    labels: list[np.ndarray]
    names: list[str]


class Vary(NamedTuple):
    """How far a view may be from the photo.

    Attributes:
        flip: mirrored every other time.
        rotation: degrees to either side.
        zoom: the least and the most; 2 shows half the photo's width at twice the size.
        colour: by which share brightness, contrast and colour are changed.
    """

    flip: bool = True
    rotation: float = 10.0
    zoom: tuple[float, float] = (0.75, 1.5)
    colour: float = 0.25


def classes_of(folder: pathlib.Path) -> list[str] | None:
    """The names in FOLDER/classes.txt; None where there is no such file.

    Raises:
        ValueError: it names less than two.
    """
    file = folder / "classes.txt"
    if not file.is_file():
        return None
    names = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if len(names) < 2:
        raise ValueError(f"{file} names {len(names)} classes: give two or more, one a line")
    return names


def places_of(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Where pairs lie: {"train": …, "val": …} (and test), or {"": folder} for all in one place.

    Raises:
        ValueError: there are no such folders.
    """
    found = {part: folder / part for part in ("train", "val", "test")
             if (folder / part / "images").is_dir()}
    if {"train", "val"} <= set(found):
        return found
    if (folder / "images").is_dir():
        return {"": folder}
    raise ValueError(f"{folder} holds no folders images and labels, nor train and val with these: "
                     "photos belong into images/, their label images into labels/")


def read(place: pathlib.Path, edge: int | None = None) -> Pairs:
    """Read all pairs of a folder, their shorter side at most `edge` pixels.

    Raises:
        ValueError: an image without a label or a label without an image, two of other sizes, or
            what is no label image; the sentence names the file.
    """
    images, labels = (_by_name(place / kind) for kind in ("images", "labels"))
    if not images:
        raise ValueError(f"{place / 'images'} holds no photos")
    for name in images.keys() ^ labels.keys():
        file, other = (images[name], "labels") if name in images else (labels[name], "images")
        raise ValueError(f"{file} has no partner of the name {name} in {place / other}: "
                         "an image and its label image have one name")
    with ThreadPoolExecutor() as threads:
        decoded = threads.map(lambda name: _pair(images[name], labels[name], edge), images)
        progress = tqdm(decoded, total=len(images), desc=f"reading {place.name}", unit="pair")
        pictures, maps = zip(*progress, strict=True)
    return Pairs(list(pictures), list(maps), list(images))


def pixel_counts(pairs: Pairs, void: int) -> np.ndarray:
    """How many pixels have each of the labels 0 … 255, and void none: (256,)."""
    counts = sum(np.bincount(labels.ravel(), minlength=256) for labels in pairs.labels)
    counts[void] = 0
    return counts


def check_labels(pairs: Pairs, classes: int, void: int) -> None:
    """Raise ValueError where a label is no class, or all are of one."""
    for name, labels in zip(pairs.names, pairs.labels, strict=True):
        outside = (labels >= classes) & (labels != void)
        if outside.any():
            raise ValueError(f"the label image {name} holds the label {labels[outside][0]}, and "
                             f"there are classes 0–{classes - 1}, and void {void}")
    counts = pixel_counts(pairs, void)
    if (counts > 0).sum() < 2:
        raise ValueError("the label images know one class alone: training tells two or more apart")


def split(pairs: Pairs, share: float, seed: int) -> tuple[Pairs, Pairs]:
    """Set a random share of the pairs aside, one at least: (to train on, to evaluate on).

    Raises:
        ValueError: there are less than two.
    """
    n = len(pairs.names)
    if n < 2:
        raise ValueError("there is one pair alone, and none would be left to evaluate on: give "
                         "two or more")
    order = np.random.default_rng(seed).permutation(n)
    aside = min(n - 1, max(1, round(share * n)))
    return chosen(pairs, sorted(order[aside:])), chosen(pairs, sorted(order[:aside]))


def chosen(pairs: Pairs, numbers) -> Pairs:
    """Some of the pairs, by their numbers."""
    return Pairs(*([of_all[i] for i in numbers] for of_all in pairs))


def spread(pairs: Pairs, count: int) -> Pairs:
    """So many of the pairs, as far apart as can be: neighbours are often frames of one film."""
    n = len(pairs.names)
    count = min(count, n)
    return chosen(pairs, [(2 * i + 1) * n // (2 * count) for i in range(count)])


def common_size(pairs: Pairs) -> tuple[int, int]:
    """The size (H, W) of all photos; where they differ, the largest square that fits in each."""
    sizes = {labels.shape for labels in pairs.labels}
    return sizes.pop() if len(sizes) == 1 else (min(map(min, sizes)),) * 2


def batches(
    pairs: Pairs, size: tuple[int, int], batch: int, steps: range, seed: int, vary: Vary, void: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (pixels (batch, 3, H, W), labels (batch, H, W)) for each step, made some steps ahead.

    Every epoch shows each pair once at most, in an order of its own: what is left over where the
    batches do not come out even has its chance in the next.
    """
    each = max(1, len(pairs.names) // batch)

    def make(step):
        epoch, within = divmod(step, each)
        order = np.random.default_rng((seed, epoch, 2)).permutation(len(pairs.names))
        rng = np.random.default_rng((seed, step))
        numbers = order[np.arange(within * batch, (within + 1) * batch) % len(order)]
        views = [view(pairs.pictures[i], pairs.labels[i], size, vary, void, rng) for i in numbers]
        pixels, labels = map(np.stack, zip(*views, strict=True))
        return pixels.transpose(0, 3, 1, 2), labels.astype(int)             # (N, 3, H, W)

    return ahead(make, steps)


def view(picture, labels, size: tuple[int, int], vary: Vary, void: int, rng):
    r"""A random view of a photo and its labels, both by the map of places

        q = c + R (p − size/2) / zoom           R turns, and mirrors or not

    Args:
        picture: (H, W, 3) of bytes.
        labels: (H, W) of bytes.
        size: (rows, columns) of the view.
        vary: how far it goes.
        void: the label beyond the border.
        rng: chooses it.

    Returns:
        (rows, columns, 3) float32, 0–255, and (rows, columns) of bytes.
    """
    (H, W), (rows, columns) = labels.shape, size
    zoom = np.exp(rng.uniform(*np.log(vary.zoom)))
    angle = np.deg2rad(rng.uniform(-vary.rotation, vary.rotation))
    mirror = -1 if vary.flip and rng.random() < 0.5 else 1
    x, y = (rng.uniform(*sorted((n / zoom / 2, whole - n / zoom / 2)))
            for n, whole in ((columns, W), (rows, H)))
    a, b = mirror * np.cos(angle) / zoom, -np.sin(angle) / zoom
    d, e = mirror * np.sin(angle) / zoom, np.cos(angle) / zoom
    places = (a, b, x - a * columns / 2 - b * rows / 2, d, e, y - d * columns / 2 - e * rows / 2)
    photo_view, label_view = (
        Image.fromarray(array).transform((columns, rows), Image.Transform.AFFINE, places, method,
                                         fillcolor=beyond)
        for array, method, beyond in (
            (picture, Image.Resampling.BILINEAR, GREY), (labels, Image.Resampling.NEAREST, void)
        )
    )
    pixels = recoloured(np.asarray(photo_view, np.float32), vary.colour, rng)
    return pixels, np.asarray(label_view)


def as_they_are(pairs: Pairs, batch: int = 16):
    """Yield (pixels (N, 3, H, W), labels (N, H, W)) of all pairs as they are, N of one size."""
    for numbers in _alike(pairs, batch):
        pixels = np.stack([pairs.pictures[i] for i in numbers]).astype(np.float32)
        labels = np.stack([pairs.labels[i] for i in numbers]).astype(int)
        yield pixels.transpose(0, 3, 1, 2), labels


def _alike(pairs: Pairs, batch: int):
    by_size = {}
    for i, labels in enumerate(pairs.labels):
        by_size.setdefault(labels.shape, []).append(i)
    for numbers in by_size.values():
        yield from (numbers[i : i + batch] for i in range(0, len(numbers), batch))


def _by_name(place: pathlib.Path) -> dict[str, pathlib.Path]:
    found = {}
    for file in sorted(place.iterdir()) if place.is_dir() else []:
        if file.suffix.lower() in SUFFIXES and file.name[0] != ".":
            if file.stem in found:
                raise ValueError(f"{found[file.stem]} and {file} have one name: keep one of them")
            found[file.stem] = file
    return found


def _pair(image: pathlib.Path, labels: pathlib.Path, edge: int | None):
    picture, map = photo.upright_rgb(image), label_image(labels)
    if picture.size != map.size:
        sizes = [f"{one.width}×{one.height}" for one in (picture, map)]
        raise ValueError(f"{image} has {sizes[0]} pixels and its label image {labels} {sizes[1]}: "
                         "every pixel wants its label")
    if min(picture.size) < SMALLEST:
        raise ValueError(f"{image} has {picture.width}×{picture.height} pixels: {SMALLEST} on a "
                         "side are needed")
    shorter = min(picture.size)
    if edge and edge < shorter:
        size = [max(1, round(edge * n / shorter)) for n in picture.size]
        picture = picture.resize(size, Image.Resampling.BILINEAR)
        map = map.resize(size, Image.Resampling.NEAREST)
    return np.asarray(picture), np.asarray(map)


def label_image(file: pathlib.Path) -> Image.Image:
    """Read a label image, (W, H) of bytes: the numbers of its palette or its grey levels.

    Raises:
        FileNotFoundError, ValueError: there is none, or one of colours.
    """
    if not file.is_file():
        raise FileNotFoundError(f"there is no label image {file}")
    try:
        image = Image.open(file)
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise ValueError(f"{file} cannot be read as an image: {error}") from None
    if image.mode in ("L", "P", "1"):
        return Image.fromarray(np.asarray(image).astype(np.uint8))
    numbers = np.asarray(image)
    integers = numbers.ndim == 2 and numbers.dtype.kind in "iu"
    if integers and 0 <= numbers.min() <= numbers.max() < 256:
        return Image.fromarray(numbers.astype(np.uint8))
    raise ValueError(f"{file} holds {image.mode} pixels, and a label image one class number at "
                     "each, 0–255: save it as a PNG of grey levels or with a palette")
