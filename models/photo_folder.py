"""A folder of class folders becomes batches: found, decoded once, drawn fairly, varied, in time.

    FOLDER/train/<class>/*.jpg
    FOLDER/val/<class>/*.jpg

A photo is decoded once, by the same lines that decode one to look at (photo.py), a little larger
than training will ask for, and stays in memory as bytes.  Threads make the next batches while the
engine works on this one (Pillow lets go of Python's lock while it resizes).  Each batch has random
numbers of its own, from (seed, step): a run that is resumed gets the very batches that it would
have had.

Read before: photo.py, description.py.  Read next: techniques/learn/training.py.
"""

import collections
import os
import pathlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from models import photo

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
AHEAD = min(4, os.cpu_count() or 1)  # batches in the making


class Photos(NamedTuple):
    """One part of a folder.

    Attributes:
        pictures: (H, W, 3) of bytes each.
        labels: the number of each one's class.
        left_out: a sentence for each file that could not be used.
        summary: what was read and what was not, and why, in one line.
    """

    pictures: list[np.ndarray]
    labels: np.ndarray
    left_out: list[str]
    summary: str


def classes_of(folder: pathlib.Path) -> list[str]:
    """Names of the classes: the folders in train that hold photos, in alphabetical order.

    Raises:
        ValueError: no such folder, fewer than two classes, or one in val that train lacks.
    """
    train, val = (
        {name for name, files in survey(folder / part)[0].items() if files}
        for part in ("train", "val")
    )
    if len(train) < 2:
        found = "one class folder" if train else "no class folders"
        raise ValueError(
            f"{folder}/train has {found} with photos: training tells two classes or more apart"
        )
    if val - train:
        raise ValueError(
            f"{folder}/val has photos of {min(val - train)!r}, and train has none: add some there"
        )
    return sorted(train)


def survey(place: pathlib.Path) -> tuple[dict[str, list[pathlib.Path]], collections.Counter[str]]:
    """Find the photos of train or val, {class folder: files}, and count what is none, by reason.

    Raises:
        ValueError: there is no such folder.
    """
    if not place.is_dir():
        raise ValueError(f"there is no folder {place}: photos belong into {place}/<class>/")
    photos, skipped = {}, collections.Counter()
    for entry in sorted(place.iterdir()):
        if entry.name.startswith("."):
            skipped["hidden"] += 1
        elif not entry.is_dir():
            skipped["beside the class folders"] += 1
        else:
            photos[entry.name] = []
            for file in sorted(entry.iterdir()):
                if file.name.startswith("."):
                    skipped["hidden"] += 1
                elif file.is_dir():
                    below = [f for f in file.rglob("*") if f.suffix.lower() in SUFFIXES]
                    skipped[f"in the folder {entry.name}/{file.name}"] += len(below)
                elif file.suffix.lower() in SUFFIXES:
                    photos[entry.name].append(file)
                else:
                    skipped[f"of the kind {file.suffix.lower() or 'without a suffix'}"] += 1
    return photos, skipped


def found_below(
    folder: pathlib.Path,
) -> tuple[list[pathlib.Path], collections.Counter[str]]:
    """Find the photos of a folder and of all folders below, and count what is none, by reason.

    Raises:
        ValueError: there is no such folder, or no photo in it.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    photos, skipped = [], collections.Counter()
    for file in sorted(folder.rglob("*")):
        if file.is_dir():
            continue
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            skipped["hidden"] += 1
        elif file.suffix.lower() in SUFFIXES:
            photos.append(file)
        else:
            skipped[f"of the kind {file.suffix.lower() or 'without a suffix'}"] += 1
    if not photos:
        there = some([f"{count:,} {reason}" for reason, count in skipped.items()])
        raise ValueError(f"{folder} holds no photos, nor do folders below it"
                         + f": {there}" * bool(there))
    return photos, skipped


def read(folder: pathlib.Path, part: str, classes: list[str], edge: int) -> Photos:
    """Decode all photos of train or val, their shorter side at most `edge` pixels.

    A file that is no photo, or has a side of less than 8 pixels, is left out.

    Raises:
        ValueError: nothing is left, or nothing of a class to train on.
    """
    found, skipped = survey(folder / part)
    files = [(file, k) for k, name in enumerate(classes) for file in found.get(name, ())]
    with ThreadPoolExecutor() as threads:
        decoded = threads.map(lambda item: decode(item[0], edge), files)
        progress = tqdm(decoded, total=len(files), desc=f"reading {part}", unit="photo")
        pictures = list(progress)
    kept = [i for i, picture in enumerate(pictures) if isinstance(picture, np.ndarray)]
    left_out = [picture for picture in pictures if isinstance(picture, str)]
    if not kept:
        raise ValueError(f"{folder / part} holds no photos: put some into {part}/<class>/")
    labels = np.array([files[i][1] for i in kept])
    skipped["damaged or too small"] += len(left_out)
    without = [classes[k] for k in sorted(set(range(len(classes))) - set(labels.tolist()))]
    if without and part == "train":
        empty = folder / part / without[0]
        raise ValueError(f"{empty} holds no photo that can be read: {left_out[0]}")
    empty = [name for name in found if name not in classes]
    summary = _summary(part, len(kept), len(classes) - len(without), skipped, without, empty)
    return Photos([pictures[i] for i in kept], labels, left_out, summary)


def _summary(part, photos: int, classes: int, skipped, without: list[str], empty: list[str]) -> str:
    """Say on one line what was read and what was not: "train: 100 photos of 5 classes; …"."""
    parts = [f"{part}: {photos:,} photo{'s' * (photos > 1)} of {classes} classes"]
    if without:
        parts.append(f"none of {some(without)}, which stay without an accuracy")
    reasons = [f"{count:,} {reason}" for reason, count in skipped.items() if count]
    if reasons:
        parts.append(f"not read: {some(reasons, 8)}")
    if empty:
        parts.append(f"empty, so no class: {some(empty)}")
    return "; ".join(parts)


def some(names: list[str], most: int = 5) -> str:
    """List the first of some names, and say how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def decode(file: pathlib.Path, edge: int) -> np.ndarray | str:
    """Return (H, W, 3) bytes, the shorter side at most `edge`, or what is wrong with the file."""
    try:
        image = photo.upright_rgb(file, at_least=edge)
    except (OSError, ValueError) as error:
        return str(error)
    if min(image.size) < 8:
        return f"{file} has {image.width}×{image.height} pixels, too few to see anything"
    shorter = min(image.size)
    edge = max(8, min(edge, shorter))
    size = [int(edge * n / shorter) for n in image.size]
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))


def batches(
    photos: Photos, size: int, batch: int, steps: range, seed: int, classes: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (pixels (batch, 3, size, size), labels) for each step, made some steps ahead."""
    chance = fair_chance(photos.labels, classes)

    def make(step):
        rng = np.random.default_rng((seed, step))
        chosen = rng.choice(len(photos.pictures), batch, p=chance)
        pixels = np.stack([varied(photos.pictures[i], size, rng) for i in chosen])
        return pixels.transpose(0, 3, 1, 2), photos.labels[chosen]      # (N, 3, size, size)

    return ahead(make, steps)


def ahead(make: Callable[[int], Any], steps: range) -> Iterator[Any]:
    """Yield make(step) for each step, made some steps ahead by other threads."""
    with ThreadPoolExecutor(AHEAD) as threads:
        coming = collections.deque(threads.submit(make, step) for step in steps[:AHEAD])
        try:
            for step in steps:
                ready = coming.popleft().result()
                if step + AHEAD in steps:
                    coming.append(threads.submit(make, step + AHEAD))
                yield ready
        finally:  # whoever stops early does not want the rest
            for batch_to_come in coming:
                batch_to_come.cancel()


def fair_chance(labels: np.ndarray, classes: int) -> np.ndarray:
    """How likely each photo is to be drawn: a class of n photos gets a share ∝ √n.

    With equal shares the few photos of a small class would come so often that they are learnt by
    heart, and those of a large one seldom; with shares ∝ n small classes would hardly come at all.
    """
    n = np.bincount(labels, minlength=classes)
    chance = n[labels] ** -0.5
    return chance / chance.sum()


def varied(picture: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A random view of a photo: 55–100 % of its area, mirrored or not, in other light and colours.

    (H, W, 3) bytes → (size, size, 3) float32, 0–255.
    """
    image = Image.fromarray(picture)
    area = rng.uniform(0.55, 1) * image.width * image.height
    aspect = np.exp(rng.uniform(-1, 1) * np.log(4 / 3))
    width = min(image.width, np.sqrt(area * aspect))
    height = min(image.height, np.sqrt(area / aspect))
    left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    box = (left, top, left + width, top + height)
    pixels = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box), np.float32)
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
    return recoloured(pixels, 0.25, rng)


def recoloured(pixels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Other light, contrast and colours, by a share of up to so much: (H, W, 3), 0–255."""
    brightness, contrast, colour = rng.uniform(1 - share, 1 + share, 3).astype(np.float32)
    pixels = pixels * brightness
    pixels = (pixels - pixels.mean()) * contrast + pixels.mean()
    grey = pixels.mean(axis=2, keepdims=True)
    return np.clip((pixels - grey) * colour + grey, 0, 255)


def centred(photos: Photos, resize: float, crop: int, batch: int):
    """Yield (pixels (N, 3, crop, crop), labels): the middle of every photo, in order."""
    for start in range(0, len(photos.labels), batch):
        pictures = photos.pictures[start : start + batch]
        views = [photo.centre(Image.fromarray(picture), resize, crop) for picture in pictures]
        pixels = np.stack([np.asarray(view, np.float32) for view in views])
        pixels = pixels.transpose(0, 3, 1, 2)                           # (N, 3, crop, crop)
        yield pixels, photos.labels[start : start + batch]
