"""Train a network on a folder of photos: train/<class>/*.jpg and val/<class>/*.jpg.

    python -m demos train --data FOLDER --weights weights/minivgg.h5
    python -m demos train --data FOLDER
    python -m demos train --data FOLDER --resume out/minivgg.checkpoint.npz
    python -m demos train --data FOLDER --resume FILE --epochs 40
    python -m demos train --data FOLDER --resume FILE --epochs 26 --lr 0.01
    python -m demos train --data FOLDER --adversary 1

In their order: fine-tuning, for which thirty photos a class do; from nothing, which takes hundreds;
on from where a run was stopped; a longer run; a warm restart; harder photos too, twice as long.

With --weights the network begins with what it has learned from other photos: only its last layer is
made anew, for the classes of the folder, and all before moves at a tenth of the rate, or not at all
(--freeze conv).  SqueezeNet wants --lr 0.001: with five classes, 20 photos of each and five epochs
it was the best rate in the mean of three runs, and at the usual one nothing was learned.

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
from demos.shared import curve, pictures, run_folder, training_run
from demos.shared.command import parser
from demos.shared.training_run import Run
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.learn import evaluation, fine_tuning, training
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
    check_beginning(args)
    with run_folder.own(args.out):
        if args.resume:
            run = training_run.resume(args.resume, classes, given, args.device)
        elif args.weights:
            run = training_run.fine_tune(pathlib.Path(args.weights), classes, given, args.device)
        else:
            run = training_run.begin(Recipe(**given), classes, args.device)
        if not args.force:
            training_run.protect(args.out, run, args.resume)
        train_and_finish(args, run, classes)


def check_beginning(args: argparse.Namespace) -> None:
    """Raise ValueError for options that contradict each other."""
    if args.resume and args.weights:
        raise ValueError("a checkpoint has weights of its own: give --resume or --weights")
    if (args.freeze or args.body_rate) and not (args.weights or args.resume):
        raise ValueError(
            "--freeze and --body-rate keep what was learned before: give its --weights, too"
        )


def train_and_finish(args: argparse.Namespace, run: Run, classes: list[str]) -> None:
    """Show epoch after epoch; at Ctrl-C, write where the run stands."""
    checkpoint = args.out / f"{run.name}.checkpoint.npz"
    p = run.net.preprocessing
    largest = max(p.crop, *map(run.recipe.edge, range(run.recipe.began, run.recipe.epochs)))
    edge = largest * p.resize // p.crop
    train, val = (read(args.data, part, classes, edge) for part in ("train", "val"))
    with training_run.resumable(checkpoint, run):
        while run.epoch < run.recipe.epochs:
            one_epoch(run, train, checkpoint)
            report(run, val)
            training_run.save_if_possible(checkpoint, run)
    try:
        finish(args.out, run, val, args.licence)
    except OSError as error:
        again = f"--resume {checkpoint} writes it" if checkpoint.exists() else "train again"
        raise OSError(f"{error}; when that is mended, {again}") from None


def options() -> argparse.ArgumentParser:
    """Options; what is not given is the recipe's, or the checkpoint's."""
    parse = parser("train", __doc__, weights="to begin with, in place of random ones: fine-tuning")
    add = parse.add_argument
    add("--data", required=True, type=pathlib.Path, metavar="FOLDER",
        help="holds train/<class>/ and val/<class>/")
    add("--epochs", type=int, help=f"passes over the photos ({usual('epochs')})")
    add("--photos", type=int, help="how many make an epoch (as many as there are)")
    add("--sizes", help=f"edge*epochs,…: stretched to --epochs ({Recipe.sizes})")
    add("--batch", type=int, help=f"photos in a step ({usual('batch')})")
    add("--lr", type=float, help=f"the highest rate ({usual('lr')}); with --resume, a warm restart")
    add("--adversary", type=float, metavar="GREYS",
        help="learn each batch twice, once moved so far against the answer (0)")
    add("--freeze", choices=["conv", "body"],
        help="leave the convolutions of --weights as they are, or all but the last layer")
    add("--body-rate", type=float, metavar="SHARE",
        help="of --lr, for all but the last layer of --weights (0.1)")
    add("--random-seed", type=int, help=f"of weights, photos and dropout ({Recipe.random_seed})")
    add("--resume", type=pathlib.Path, metavar="FILE", help="a checkpoint")
    add("--force", action="store_true", help="replace what an earlier run has left in --out")
    add("--licence", help="of the weights, for their file (MIT, or that of --weights)")
    return parse


def usual(name: str) -> str:
    """What an option is where it is not given, from nothing and in fine-tuning."""
    return f"{getattr(Recipe, name)}, fine-tuning: {training_run.FINE_TUNING[name]}"


def read(folder: pathlib.Path, part: str, classes: list[str], edge: int) -> photo_folder.Photos:
    """Read the photos of train or val, and say what there is and what is left out."""
    photos = photo_folder.read(folder, part, classes, edge)
    for complaint in photos.left_out:
        print(f"left out: {complaint}")
    print(photos.summary)
    return photos


def one_epoch(run: Run, train: photo_folder.Photos, checkpoint: pathlib.Path) -> None:
    """Show an epoch's photos, beginning where the run stands."""
    recipe, seed, edge = run.recipe, run.recipe.random_seed, run.recipe.edge(run.epoch)
    each = recipe.steps(len(train.labels))
    saved = time.time()
    steps = range(run.epoch * each + len(run.outcomes), (run.epoch + 1) * each)
    given = photo_folder.batches(train, edge, recipe.batch, steps, seed, run.net.class_count)
    bar = tqdm(trained(run, given, recipe.rate(each), steps.start),
               total=each, initial=len(run.outcomes), unit="step")
    bar.set_description(f"epoch {run.epoch + 1}/{recipe.epochs} at {edge} px")
    for now in bar:
        run.params = now.params
        run.outcomes.append(now.outcome)
        loss, right = np.mean(run.outcomes[-100:], axis=0)
        bar.set_postfix(loss=f"{loss:.3f}", right=f"{right:.1%}", left=left(run, each, bar))
        if time.time() - saved > SAVE_EVERY:
            training_run.save_if_possible(checkpoint, run)
            saved = time.time()


def trained(run: Run, batches, rate, begin: int):
    """Train on as many batches as are given, each step with random numbers of its own."""
    device, recipe = run.net.device, run.recipe
    return training.train(
        run.net,
        ([to_device(array, device) for array in batch] for batch in batches),
        params=run.params, optimiser=run.optimiser, lr=rate, begin=begin,
        rng=lambda step: np.random.default_rng((recipe.random_seed, step, 1)),
        label_smoothing=recipe.label_smoothing, adversary=recipe.adversary,
        rates=fine_tuning.rates(run.net, recipe.freeze, recipe.body_rate),
    )  # fmt: skip


def left(run: Run, each: int, bar: tqdm) -> str:
    """Say how long the whole run will take yet; a step's time grows with the area."""
    now, *later = (run.recipe.edge(epoch) for epoch in range(run.epoch, run.recipe.epochs))
    steps = each * (1 + sum(edge**2 for edge in later) / now**2) - len(run.outcomes)
    return tqdm.format_interval(steps / (bar.format_dict["rate"] or 1))


def answers(run: Run, photos: photo_folder.Photos, size: int):
    """Scores (N, K) and labels (N,) of all photos, their middles at `size`.

    Raises:
        ValueError: the last steps have made weights of which nothing can be computed.
    """
    p = run.net.preprocessing
    batches = photo_folder.centred(photos, p.resize * size / p.crop, size, batch=100)
    scores, labels = evaluation.scores_of(run.net, batches, run.params)
    if not np.isfinite(scores).all():
        raise ValueError(f"the scores are no numbers any more: take a smaller lr than "
                         f"{run.recipe.lr:g}")
    return scores, labels


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


def finish(out: pathlib.Path, run: Run, val: photo_folder.Photos, licence: str | None) -> None:
    """Write the folded network, its log and the curve; say how good it is."""
    name, classes = run.name, run.net.classes
    scores, labels = answers(run, val, run.net.input_size)
    table = evaluation.confusion(scores.argmax(1), labels, run.net.class_count)
    accuracies = evaluation.class_accuracies(table)
    calibration = evaluation.calibration(scores, labels)
    note = {
        "recipe": dataclasses.asdict(run.recipe), "began with": run.origin or "random weights",
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
    params = {n: to_numpy(a) for n, a in folded(run, calibration.temperature).items()}
    plain = models.table(name, classes, run.net.attributes)
    begun = f", from {run.origin['weights']}" if run.origin else ""
    attributes = plain.attributes | {
        "source": f"trained with minigrad: python -m demos train{begun}",
        "licence": licence or run.origin.get("licence", "MIT"),
    }
    storage.save(out / f"{name}.h5", params, attributes, float16=True)
    note = {"sha256": hashlib.sha256((out / f"{name}.h5").read_bytes()).hexdigest(), **note}
    pictures.save(out, name, {"curve": curve.draw(run.log)}, note)
    print(f"{note['accuracy']:.1%} of {len(labels)} photos are right; {out / name}.h5")
    print(f"what has it learned? python -m demos rules --weights {out / name}.h5 --image PHOTO")


def folded(run: Run, temperature: float) -> dict:
    """What is constant from now on becomes part of the weights before it (models/fold.py)."""
    params = fold_temperature(run.net, run.params, temperature)
    return fold_batch_norm(run.net, params) if run.net.name != run.name else params
