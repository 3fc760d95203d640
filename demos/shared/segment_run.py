"""A run of segmentation: begun or resumed, an epoch at a time, and how good it is.

It is the run of training_run.py, with Adam in place of SGD, pairs in place of photos, and IoU in
place of accuracy.

Read before: training_run.py, segment_data.py.  Read next: segment_training.py.
"""

import argparse
import dataclasses
import pathlib
import time
from typing import Any

import numpy as np
from tqdm import tqdm

import models
from demos.shared import training_run
from demos.shared.segment_data import Data
from demos.shared.training_run import Run
from minigrad import optim
from minigrad.backend import to_device
from minigrad.techniques.learn import segmentation, training
from minigrad.techniques.learn.fine_tuning import transferred
from minigrad.techniques.learn.segment_recipe import SegmentRecipe
from models import pair_folder, storage
from models.fcn import transplanted
from models.pair_folder import Pairs, Vary

SAVE_EVERY = 300  # seconds
NUMBERS = {  # of the recipe, as options
    "width": "channels of the first level",
    "levels": "how often rows and columns are halved, and one",
    "epochs": "passes over the pairs",
    "batch": "pairs in a step",
    "lr": "the highest rate, Adam's",
    "weight_decay": "Adam's",
    "edge": "photos' shorter side at most, in pixels; 0: as they are",
    "crop": "edge of the square views; 0: as large as the photos",
    "rotation": "of a view to either side, in degrees",
    "colour": "by which share light and colours of a view change",
    "void": "the label that counts for nothing",
    "scenes": "how many are composed, with --data scenes",
    "aside": "the share of the pairs to evaluate on",
    "random_seed": "of weights, split and views",
}


def add_numbers(parse: argparse.ArgumentParser, but: tuple[str, ...] = ()) -> None:
    """Add an option for each of NUMBERS; what is not given is the recipe's, or a checkpoint's."""
    usual = SegmentRecipe()
    for name, help in NUMBERS.items():
        if name not in but:
            value = getattr(usual, name)
            parse.add_argument(f"--{name.replace('_', '-')}", type=type(value),
                               metavar="N" if isinstance(value, int) else "X",
                               help=f"{help} ({value:g})")


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The parts of a recipe that the options name."""
    parts = {field.name: getattr(args, field.name, None)
             for field in dataclasses.fields(SegmentRecipe)}
    return {name: value for name, value in parts.items() if value is not None}


def begin(
    recipe: SegmentRecipe, classes: list[str], device: str, weights: pathlib.Path | None = None
) -> Run:
    """Begin at random weights, or with those of a file: of the same network or of the VGG below.

    Raises:
        ValueError: there is no such network, or it has no scores for every pixel.
    """
    if recipe.model not in models.segmenters():
        known = ", ".join(models.segmenters())
        raise ValueError(f"{recipe.model} does not label every pixel; these do: {known}")
    settings = {"width": recipe.width, "levels": recipe.levels}
    net = models.build(recipe.model, recipe.random_seed, classes, device, attributes=settings)
    run = Run(recipe, net, dict(net.params), optim.Adam(weight_decay=recipe.weight_decay))
    if weights:
        source = models.load(storage.model_of(weights), weights, device=device)
        same = source.name == net.name
        if same and source.settings != net.settings:
            raise ValueError(f"{weights} has {source.settings}, and wanted are {net.settings}")
        run.params = transferred(net, source) if same else transplanted(net, source)
        found = {parameter: array.shape for parameter, array in run.params.items()}
        storage.check_shapes(found, net.shapes, str(weights), net.name)
        run.origin = {"weights": weights.name}
    return run


def recipe_of(path: pathlib.Path, given: dict[str, Any]) -> SegmentRecipe:
    """Read the recipe of a checkpoint; more epochs stretch the same plan.

    Raises:
        FileNotFoundError, ValueError: there is no checkpoint, or something else is given anew.
    """
    note, _ = training_run.read(path)
    try:
        recipe = SegmentRecipe(**note["recipe"])
    except TypeError:
        raise ValueError(f"{path} is no checkpoint of python -m demos segment train") from None
    for name in given.keys() - {"epochs"}:
        if given[name] != getattr(recipe, name):
            raise ValueError(f"{path} has its own {name}, {getattr(recipe, name)}: leave yours out")
    return dataclasses.replace(recipe, **given)


def resume(path: pathlib.Path, recipe: SegmentRecipe, classes: list[str], device: str) -> Run:
    """Go on from a checkpoint.

    Raises:
        ValueError: it is of other classes.
    """
    note, arrays = training_run.read(path)
    if classes != note["classes"]:
        raise ValueError(f"the data have other classes than {path} was trained on")
    run = begin(recipe, classes, device)
    training_run.restore(run, note, arrays, path)
    run.origin = note["origin"]
    return run


def one_epoch(run: Run, data: Data, checkpoint: pathlib.Path) -> None:
    """Show an epoch's pairs, beginning where the run stands."""
    recipe = run.recipe
    each = recipe.steps(len(data.train.names))
    steps = range(run.epoch * each + len(run.outcomes), (run.epoch + 1) * each)
    bar = tqdm(trained(run, data, steps, recipe.rate(each)), total=each,
               initial=len(run.outcomes), unit="step")
    bar.set_description(f"epoch {run.epoch + 1}/{recipe.epochs}")
    saved = time.time()
    for now in bar:
        run.params = now.params
        run.outcomes.append(now.outcome)
        loss, right = np.mean(run.outcomes[-100:], axis=0)
        bar.set_postfix(loss=f"{loss:.3f}", right=f"{right:.1%}")
        if time.time() - saved > SAVE_EVERY:
            training_run.save_if_possible(checkpoint, run)
            saved = time.time()


def view_size(recipe: SegmentRecipe, data: Data) -> tuple[int, int]:
    """The size (H, W) of the views that are trained on."""
    return (recipe.crop, recipe.crop) if recipe.crop else pair_folder.common_size(data.train)


def trained(run: Run, data: Data, steps: range, rate):
    """Take the steps of an epoch, each with random numbers of its own."""
    recipe, device = run.recipe, run.net.device
    size = view_size(recipe, data)
    vary = Vary(recipe.flip, recipe.rotation, recipe.zooms, recipe.colour)
    given = pair_folder.batches(data.train, size, recipe.batch, steps, recipe.random_seed, vary,
                                data.void)
    counts = pair_folder.pixel_counts(data.train, data.void)[: run.net.class_count]
    return training.train(
        run.net,
        ([to_device(array, device) for array in batch] for batch in given),
        params=run.params, optimiser=run.optimiser, lr=rate, begin=steps.start,
        rng=lambda step: np.random.default_rng((recipe.random_seed, step, 1)),
        weight=segmentation.class_weights(counts) if recipe.balance else None, void=data.void,
    )  # fmt: skip


def confusion(run: Run, data: Data, pairs: Pairs, **looks) -> np.ndarray:
    """Count what the network of now says of pairs, (K, K)."""
    batches = tqdm(pair_folder.as_they_are(pairs), desc="evaluated", unit="batch", leave=False)
    return segmentation.segmented(run.net, batches, void=data.void, params=run.params, **looks)


def told(table: np.ndarray, classes: list[str]) -> dict:
    """What a confusion says, for a note."""
    ious = segmentation.class_ious(table)
    return {
        "mean IoU": round(segmentation.mean_iou(table), 4),
        "pixels right": round(float(table.diagonal().sum() / table.sum()), 4),
        "IoU by class": {name: round(float(iou), 4) for name, iou in
                         zip(classes, ious, strict=True) if not np.isnan(iou)},
    }
