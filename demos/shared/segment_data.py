"""What `demos segment train` trains on: a folder of pairs, or scenes that are composed here.

Composed scenes lie on the photos of demos/photos/caltech101: on four of five of them those to train
on, on the others those to evaluate on.

Used by: segment_training.py and ../instances.py.
"""

import dataclasses
import pathlib
from typing import Any, NamedTuple

import numpy as np

from demos.shared.album import CALTECH
from minigrad.techniques.learn import segment_recipe
from minigrad.techniques.learn.composed import CLASSES, VOID, compose
from minigrad.techniques.learn.segment_recipe import SegmentRecipe
from models import pair_folder, photo
from models.pair_folder import Pairs

SCENES, EDGE, EVALUATED, APART = "scenes", 64, 100, 5


class Data(NamedTuple):
    """Classes by name; pairs to train on and to evaluate on; and which label is void."""

    classes: list[str]
    train: Pairs
    val: Pairs
    test: Pairs | None
    void: int

    @property
    def aside(self) -> dict[str, Pairs]:
        """What nobody trains on, by what it is called."""
        return {"val": self.val} | ({"test": self.test} if self.test else {})


def load(source: str, recipe: SegmentRecipe) -> Data:
    """Read a folder, or compose scenes where the source is called so.

    Raises:
        ValueError: what is wrong with the folder, in one sentence.
    """
    return composed(recipe) if source == SCENES else from_folder(pathlib.Path(source), recipe)


def recipe_for(source: str, given: dict[str, Any]) -> SegmentRecipe:
    """The recipe that suits the data, but for what is given."""
    usual = segment_recipe.SCENES if source == SCENES else SegmentRecipe()
    return dataclasses.replace(usual, **given)


def composed(recipe: SegmentRecipe) -> Data:
    """Compose scenes; the same recipe makes the same ones."""
    edge, seed = recipe.edge or EDGE, recipe.random_seed
    parts = []
    for part, count in enumerate((recipe.scenes, EVALUATED)):
        rng = np.random.default_rng((seed, part))
        scenes = compose(backgrounds(aside=bool(part)), count, size=edge, rng=rng)
        bytes = np.rint(scenes.pixels).astype(np.uint8).transpose(0, 2, 3, 1)       # (N, H, W, 3)
        parts.append(Pairs(list(bytes), list(scenes.labels), [f"scene {i}" for i in range(count)]))
    return Data(list(CLASSES), *parts, None, VOID)


def backgrounds(aside: bool) -> list[np.ndarray]:
    """The photos that scenes lie on, (H, W, 3): those set aside to evaluate on, or the others."""
    files = sorted(CALTECH.rglob("*.jpg"))
    return [np.asarray(photo.upright_rgb(file)) for i, file in enumerate(files)
            if (i % APART == 0) == aside]


def from_folder(folder: pathlib.Path, recipe: SegmentRecipe) -> Data:
    """Read a folder's pairs, and set some aside where it has not done so itself."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}: give one with images/ and labels/, or "
                         f"{SCENES}")
    read = {part: pair_folder.read(place, recipe.edge or None)
            for part, place in pair_folder.places_of(folder).items()}
    counts = sum(pair_folder.pixel_counts(pairs, recipe.void) for pairs in read.values())
    there = int(counts.nonzero()[0].max(initial=0)) + 1
    classes = pair_folder.classes_of(folder) or [f"class {k}" for k in range(there)]
    for pairs in read.values():
        pair_folder.check_labels(pairs, len(classes), recipe.void)
    if "" in read:
        read["train"], read["val"] = pair_folder.split(read[""], recipe.aside, recipe.random_seed)
    return Data(classes, read["train"], read["val"], read.get("test"), recipe.void)
