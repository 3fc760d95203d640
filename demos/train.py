"""Train a network on a folder of photos: train/<class>/*.jpg and val/<class>/*.jpg.

    python -m demos train --data FOLDER
    python -m demos train --data FOLDER --resume out/minivgg.checkpoint.npz

Most epochs see small photos, which is fast and teaches most; the last ones see them at full size
(the average pooling before fc6 allows any).  After each epoch a checkpoint is written, from which
--resume goes on as if nothing had happened.  At the end batch norm is folded into the convolutions
and the scores are divided by the temperature at which their probabilities are right.
"""

import argparse
import dataclasses
import json
import pathlib
import time

import numpy as np
from tqdm import tqdm

import models
from demos import curve, photo_folder, pictures
from demos.command import parser
from minigrad import optim
from minigrad.backend import to_device, to_numpy
from minigrad.techniques import training
from models import storage
from models.fold import fold_batch_norm


@dataclasses.dataclass
class Recipe:
    """All that a run depends on; the defaults made the network that ships."""

    model: str = "minivgg"
    epochs: int = 23
    sizes: str = "64*14,96*6,128*3"
    batch: int = 64
    lr: float = 0.06
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    random_seed: int = 0

    def plan(self) -> list[int]:
        """The edge of the photos in each epoch, the given proportions stretched to `epochs`."""
        parts = [part.split("*") for part in self.sizes.split(",")]
        sizes = [int(size) for size, count in parts for _ in range(int(count))]
        return [sizes[i * len(sizes) // self.epochs] for i in range(self.epochs)]


def main(argv: list[str]) -> None:
    """Train, showing how it goes, and write the network, its log and the curve."""
    args = options().parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    run = resumed(args) if args.resume else begun(args)
    edge = max(run.recipe.plan()) * run.net.preprocessing.resize // run.net.preprocessing.crop
    train = photo_folder.read(args.data, "train", run.classes, edge)
    val = photo_folder.read(args.data, "val", run.classes, edge)
    try:
        while run.epoch < run.recipe.epochs:
            one_epoch(run, train, args.device)
            report(run, val, args.device)
            save_checkpoint(args.out / f"{run.recipe.model}.checkpoint.npz", run)
    except KeyboardInterrupt:
        print(f"\nstopped; --resume {args.out / run.recipe.model}.checkpoint.npz goes on from "
              f"the end of epoch {run.epoch}")
        if not run.epoch:
            return
    finish(args.out, run, val, args.device)


def options() -> argparse.ArgumentParser:
    """Options; what is not given is the recipe's."""
    parse = parser("train", __doc__)
    add = parse.add_argument
    add("--data", required=True, type=pathlib.Path, metavar="FOLDER")
    add("--epochs", type=int, default=Recipe.epochs, help="passes over the photos")
    add("--sizes", default=Recipe.sizes, help="edge*epochs,…: stretched to --epochs")
    add("--batch", type=int, default=Recipe.batch)
    add("--lr", type=float, default=Recipe.lr, help="the highest rate")
    add("--random-seed", type=int, default=Recipe.random_seed)
    add("--resume", type=pathlib.Path, default=None, metavar="FILE", help="a checkpoint")
    return parse


@dataclasses.dataclass
class Run:
    """Where training stands."""

    recipe: Recipe
    classes: list[str]
    net: models.Network
    params: dict
    optimiser: optim.SGD
    epoch: int
    log: list[dict]


def begun(args) -> Run:
    """Begin at random weights."""
    recipe = Recipe(
        model=args.model or Recipe.model, epochs=args.epochs, sizes=args.sizes, batch=args.batch,
        lr=args.lr, random_seed=args.random_seed,
    )
    if min(recipe.epochs, recipe.batch) < 1 or recipe.lr <= 0:
        raise ValueError("--epochs, --batch and --lr must be above zero")
    try:
        recipe.plan()
    except ValueError:
        raise ValueError(f"--sizes {args.sizes!r}: give edge*epochs,…, as in 64*14,96*6") from None
    classes = photo_folder.classes_of(args.data)
    return make_run(recipe, classes, args.device)


def make_run(recipe: Recipe, classes: list[str], device: str) -> Run:
    """Build the network with batch norm where there is such a variant, and its optimiser."""
    name = recipe.model + "_bn" * (f"{recipe.model}_bn" in models.names())
    net = models.build(name, recipe.random_seed, classes=classes, device=device)
    optimiser = optim.SGD(recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay)
    return Run(recipe, classes, net, dict(net.params), optimiser, 0, [])


def one_epoch(run: Run, train: photo_folder.Photos, device: str) -> None:
    """Show every photo once, on average, and keep loss and accuracy in the log."""
    recipe, seed = run.recipe, run.recipe.random_seed
    each = max(1, len(train.labels) // recipe.batch)
    steps = range(run.epoch * each, (run.epoch + 1) * each)
    rate = optim.cosine(recipe.lr, recipe.epochs * each, warmup=min(400, each))
    size, began, seen = recipe.plan()[run.epoch], time.time(), []
    params = run.params
    given = photo_folder.batches(train, size, recipe.batch, steps, seed, len(run.classes))
    bar = tqdm(zip(steps, given, strict=True), total=each, unit="step")
    for step, (pixels, labels) in bar:
        rng = np.random.default_rng((seed, step, 1))
        params, progress = training.step(
            run.net, params, to_device(pixels, device), to_device(labels, device),
            run.optimiser, rate(step), rng, recipe.label_smoothing,
        )
        seen.append(progress)
        loss, right = np.mean(seen[-100:], axis=0)
        bar.set_description(f"epoch {run.epoch + 1}/{recipe.epochs} at {size} px")
        bar.set_postfix(loss=f"{loss:.3f}", right=f"{right:.1%}")
        if not np.isfinite(progress.loss):
            raise ValueError("the loss is no number any more: take a smaller --lr")
    loss, right = np.mean(seen, axis=0)
    run.params, run.epoch = params, run.epoch + 1
    run.log.append({
        "epoch": run.epoch, "size": size, "loss": round(float(loss), 4),
        "right": round(float(right), 4), "seconds": round(time.time() - began),
    })


def scores_of(run: Run, photos: photo_folder.Photos, size: int, device: str):
    """Scores and labels of all photos, each seen in the middle at `size`."""
    p = run.net.preprocessing
    scores, labels = [], []
    for pixels, of in photo_folder.centred(photos, p.resize * size // p.crop, size, 100):
        acts = run.net(to_device(pixels, device), params=run.params)
        scores.append(to_numpy(list(acts.values())[-1]))
        labels.append(of)
    return np.concatenate(scores), np.concatenate(labels)


def report(run: Run, val: photo_folder.Photos, device: str) -> None:
    """Measure the accuracy on photos that are not trained on."""
    size = max(run.log[-1]["size"], min(96, run.net.input_size))
    scores, labels = scores_of(run, val, size, device)
    run.log[-1]["val"] = round(float((scores.argmax(1) == labels).mean()), 4)
    print(json.dumps(run.log[-1]))


def finish(out: pathlib.Path, run: Run, val: photo_folder.Photos, device: str) -> None:
    """Write the folded network, its log and the curve; say how good it is."""
    name = run.recipe.model
    scores, labels = scores_of(run, val, run.net.input_size, device)
    T = training.temperature(scores, labels)
    table = training.confusion(scores.argmax(1), labels, len(run.classes))
    seen = np.maximum(1, table.sum(1))
    each = {c: round(float(table[k, k] / seen[k]), 3) for k, c in enumerate(run.classes)}
    note = {
        "recipe": dataclasses.asdict(run.recipe),
        "photos": {"val": len(labels)},
        "accuracy": round(float((scores.argmax(1) == labels).mean()), 4),
        "mean of the classes' accuracies": round(float(np.mean(list(each.values()))), 4),
        "temperature folded into the last layer": round(T, 4),
        "calibration error before": round(training.calibration_error(scores, labels), 4),
        "calibration error": round(training.calibration_error(scores / T, labels), 4),
        "worst confusions": worst(table, run.classes),
        "accuracy by class": each,
        "log": run.log,
    }
    params = {n: to_numpy(a) for n, a in folded(run, T).items()}
    attributes = models.table(name, run.classes).attributes | {
        "source": "trained with minigrad: python -m demos train", "licence": "MIT",
    }
    storage.save(out / f"{name}.h5", params, attributes, float16=True)
    pictures.save(out, name, {"curve": curve.draw(run.log)}, note)
    print(f"{note['accuracy']:.1%} of {len(labels)} photos are right; {out / name}.h5")


def folded(run: Run, T: float) -> dict:
    """Fold batch norm into the convolutions and the temperature into the last layer."""
    params = fold_batch_norm(run.net, run.params)
    last = list(run.net.layers)[-1]
    for param in run.net.layers[last].shapes:
        params[f"{last}/{param}"] = params[f"{last}/{param}"] / T
    return params


def worst(table: np.ndarray, classes: list[str], most: int = 10) -> list[str]:
    """Name the pairs of classes that are mistaken most often."""
    wrong = table * (1 - np.eye(len(table), dtype=int))
    order = np.argsort(-wrong, axis=None)[:most]
    pairs = [np.unravel_index(i, table.shape) for i in order]
    return [f"{classes[i]} as {classes[j]}: {wrong[i, j]}" for i, j in pairs if wrong[i, j]]


# ── Checkpoints ──────────────────────────────────────────────────────────────────────────────────


def save_checkpoint(path: pathlib.Path, run: Run) -> None:
    """Write everything that a run needs to go on, whole or not at all."""
    arrays = {f"params/{name}": to_numpy(a) for name, a in run.params.items()}
    arrays |= {f"momentum/{name}": to_numpy(a) for name, a in run.optimiser.state.items()}
    note = {
        "recipe": dataclasses.asdict(run.recipe), "classes": run.classes,
        "epoch": run.epoch, "log": run.log,
    }
    pictures.whole(path, lambda f: np.savez(f, note=np.array(json.dumps(note)), **arrays))


def resumed(args) -> Run:
    """Go on from a checkpoint; its recipe holds, but --epochs may be given anew."""
    try:
        with np.load(args.resume) as file:
            note = json.loads(str(file["note"]))
            arrays = {name: file[name] for name in file.files if name != "note"}
        recipe = Recipe(**note["recipe"])
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no checkpoint {args.resume}") from None
    except Exception:
        raise ValueError(f"{args.resume} is no checkpoint of python -m demos train") from None
    if args.model and args.model != recipe.model:
        raise ValueError(f"{args.resume} is a checkpoint of {recipe.model}, not of {args.model}")
    if photo_folder.classes_of(args.data) != note["classes"]:
        raise ValueError(f"{args.data} has other classes than {args.resume} was trained on")
    run = make_run(recipe, note["classes"], args.device)
    for name, array in arrays.items():
        kind, _, param = name.partition("/")
        target = run.params if kind == "params" else run.optimiser.state
        target[param] = to_device(array, args.device)
    run.epoch, run.log = note["epoch"], note["log"]
    return run
