"""Train a network on a folder of photos: train/<class>/*.jpg and val/<class>/*.jpg.

    python -m demos train --data FOLDER
    python -m demos train --data FOLDER --resume out/minivgg.checkpoint.npz
    python -m demos train --data FOLDER --resume FILE --epochs 40               a longer run
    python -m demos train --data FOLDER --resume FILE --epochs 26 --lr 0.01     a warm restart
    python -m demos train --data FOLDER --adversary 1       harder photos too: takes twice as long

Most epochs see small photos, which is fast and teaches most; the last ones see them at full size
(the average pooling before fc6 allows any).  A checkpoint is written after each epoch, every few
minutes, and at Ctrl-C, from which --resume goes on as if nothing had happened.  At the end batch
norm is folded into the convolutions and the scores are divided by the temperature at which their
probabilities are right; with --epochs at what a checkpoint has, that is done at once.
"""

import argparse
import dataclasses
import hashlib
import json
import pathlib
import time

import numpy as np
from tqdm import tqdm

import models
from demos.shared import curve, pictures, training_run
from demos.shared.command import parser
from demos.shared.training_run import Run
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.learn import evaluation, training
from minigrad.techniques.learn.recipe import Recipe
from models import photo_folder, storage
from models.fold import fold_batch_norm, fold_temperature

SAVE_EVERY = 300  # seconds


def main(argv: list[str]) -> None:
    """Train, showing how it goes, and write the network, its log and the curve."""
    args = options().parse_args(argv)
    classes = photo_folder.classes_of(args.data)
    given = {field.name: getattr(args, field.name, None) for field in dataclasses.fields(Recipe)}
    given = {name: value for name, value in given.items() if value is not None}
    if args.resume:
        run = training_run.resume(args.resume, classes, given, args.device)
    else:
        run = training_run.begin(Recipe(**given), classes, args.device)
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / f"{run.recipe.model}.checkpoint.npz"
    p = run.net.preprocessing
    largest = max(p.crop, *map(run.recipe.edge, range(run.recipe.began, run.recipe.epochs)))
    edge = largest * p.resize // p.crop
    train, val = (read(args.data, part, classes, edge) for part in ("train", "val"))
    try:
        while run.epoch < run.recipe.epochs:
            one_epoch(run, train, checkpoint)
            report(run, val)
            training_run.save(checkpoint, run)
    except KeyboardInterrupt:
        training_run.save(checkpoint, run)
        raise KeyboardInterrupt(
            f"--resume {checkpoint} goes on from epoch {run.epoch + 1}, "
            f"step {len(run.outcomes) + 1}"
        ) from None
    finish(args.out, run, val, args.licence)


def options() -> argparse.ArgumentParser:
    """Options; what is not given is the recipe's, or the checkpoint's."""
    parse = parser("train", __doc__)
    add = parse.add_argument
    add("--data", required=True, type=pathlib.Path, metavar="FOLDER",
        help="holds train/<class>/ and val/<class>/")
    add("--epochs", type=int, help=f"passes over the photos ({Recipe.epochs})")
    add("--photos", type=int, help="how many make an epoch (as many as there are)")
    add("--sizes", help=f"edge*epochs,…: stretched to --epochs ({Recipe.sizes})")
    add("--batch", type=int, help=f"photos in a step ({Recipe.batch})")
    add("--lr", type=float, help=f"the highest rate ({Recipe.lr}); with --resume, a warm restart")
    add("--adversary", type=float, metavar="GREYS",
        help="learn each batch twice, once moved so far against the answer (0)")
    add("--random-seed", type=int, help=f"of weights, photos and dropout ({Recipe.random_seed})")
    add("--resume", type=pathlib.Path, metavar="FILE", help="a checkpoint")
    add("--licence", default="MIT", help="of the weights, to be written into their file (MIT)")
    return parse


def read(folder: pathlib.Path, part: str, classes: list[str], edge: int) -> photo_folder.Photos:
    """Read the photos of train or val, and say which files are left out."""
    photos = photo_folder.read(folder, part, classes, edge)
    for complaint in photos.left_out:
        print(f"left out: {complaint}")
    return photos


def one_epoch(run: Run, train: photo_folder.Photos, checkpoint: pathlib.Path) -> None:
    """Show an epoch's photos, beginning where the run stands."""
    recipe, seed, edge = run.recipe, run.recipe.random_seed, run.recipe.edge(run.epoch)
    each = recipe.steps(len(train.labels))
    rate, saved = recipe.rate(each), time.time()
    steps = range(run.epoch * each + len(run.outcomes), (run.epoch + 1) * each)
    given = photo_folder.batches(train, edge, recipe.batch, steps, seed, run.net.class_count)
    bar = tqdm(zip(steps, given, strict=True), total=each, initial=len(run.outcomes), unit="step")
    bar.set_description(f"epoch {run.epoch + 1}/{recipe.epochs} at {edge} px")
    for step, (pixels, labels) in bar:
        pixels, labels = (to_device(array, run.net.device) for array in (pixels, labels))
        one_step(run, pixels, labels, rate(step), step)
        loss, right = np.mean(run.outcomes[-100:], axis=0)
        bar.set_postfix(loss=f"{loss:.3f}", right=f"{right:.1%}", left=left(run, each, bar))
        if time.time() - saved > SAVE_EVERY:
            training_run.save(checkpoint, run)
            saved = time.time()


def one_step(run: Run, pixels, labels, rate: float, step: int) -> None:
    """Take a step; one that is interrupted was not taken, for no array is ever changed."""
    before = dict(run.optimiser.state)
    rng = np.random.default_rng((run.recipe.random_seed, step, 1))
    try:
        params, outcome = training.step(
            run.net, run.params, pixels, labels, run.optimiser, rate, rng,
            run.recipe.label_smoothing, run.recipe.adversary,
        )
    except BaseException:
        run.optimiser.state = before
        raise
    run.params = params
    run.outcomes.append(outcome)


def left(run: Run, each: int, bar: tqdm) -> str:
    """Say how long the whole run will take yet; a step's time grows with the area."""
    now, *later = (run.recipe.edge(epoch) for epoch in range(run.epoch, run.recipe.epochs))
    steps = each * (1 + sum(edge**2 for edge in later) / now**2) - len(run.outcomes)
    return tqdm.format_interval(steps / (bar.format_dict["rate"] or 1))


def answers(run: Run, photos: photo_folder.Photos, size: int):
    """Scores (N, K) and labels (N,) of all photos, their middles at `size`."""
    p = run.net.preprocessing
    batches = photo_folder.centred(photos, p.resize * size / p.crop, size, batch=100)
    return evaluation.scores_of(run.net, batches, run.params)


def report(run: Run, val: photo_folder.Photos) -> None:
    """Measure the accuracy on photos that are not trained on, and complete the epoch."""
    edge = run.recipe.edge(run.epoch)
    scores, labels = answers(run, val, max(edge, min(96, run.net.input_size)))
    loss, right = np.mean(run.outcomes, axis=0)
    run.log.append({
        "epoch": run.epoch + 1, "size": edge, "loss": round(float(loss), 4),
        "right": round(float(right), 4),
        "val": round(float((scores.argmax(1) == labels).mean()), 4),
    })
    run.epoch, run.outcomes = run.epoch + 1, []
    print(json.dumps(run.log[-1]))


def finish(out: pathlib.Path, run: Run, val: photo_folder.Photos, licence: str) -> None:
    """Write the folded network, its log and the curve; say how good it is."""
    name, classes = run.recipe.model, run.net.classes
    scores, labels = answers(run, val, run.net.input_size)
    table = evaluation.confusion(scores.argmax(1), labels, run.net.class_count)
    accuracies = evaluation.class_accuracies(table)
    calibration = evaluation.calibration(scores, labels)
    note = {
        "recipe": dataclasses.asdict(run.recipe),
        "photos": {"val": len(labels)},
        "accuracy": round(float((scores.argmax(1) == labels).mean()), 4),
        "mean of the classes' accuracies": round(float(np.nanmean(accuracies)), 4),
        "temperature folded into the last layer": round(calibration.temperature, 4),
        "calibration error before": round(calibration.before, 4),
        "calibration error": round(calibration.after, 4),
        "worst confusions": [
            f"{classes[i]} as {classes[j]}: {n}" for i, j, n in evaluation.most_confused(table)
        ],
        "accuracy by class": {
            classes[k]: round(float(share), 3)
            for k, share in enumerate(accuracies) if not np.isnan(share)
        },
        "log": run.log,
    }
    folded = fold_temperature(run.net, run.params, calibration.temperature)
    params = {n: to_numpy(a) for n, a in fold_batch_norm(run.net, folded).items()}
    attributes = models.table(name, classes).attributes | {
        "source": "trained with minigrad: python -m demos train", "licence": licence,
    }
    storage.save(out / f"{name}.h5", params, attributes, float16=True)
    note = {"sha256": hashlib.sha256((out / f"{name}.h5").read_bytes()).hexdigest(), **note}
    pictures.save(out, name, {"curve": curve.draw(run.log)}, note)
    print(f"{note['accuracy']:.1%} of {len(labels)} photos are right; {out / name}.h5")
