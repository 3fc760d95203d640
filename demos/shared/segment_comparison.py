"""Networks that label every pixel, each trained for the same time on the same data.

    python -m demos segment compare
    python -m demos segment compare --seconds 300
    python -m demos segment compare --data FOLDER --networks unet multiscale

By the clock and not by steps: a network that takes many cheap steps and one that takes a few dear
ones have had the same.  The rate rises and falls by the clock, too.  Those that are made of a VGG
begin with its weights (of MiniVGG, which comes with the project), and learn at a lower rate.  One
sheet shows what each says of photos that it was not trained on, and below it how good it is on all
of these: IoU of each class and their mean, and the share of right pixels.

The dilated network here is the context module alone.  dilated_minivgg wants more than a minute:
after 60 steps it still said background everywhere.

Four minutes each on CamVid, two cores, mean IoU of the test part: FCN-8s 41.8 %, U-Net on MiniVGG
36.8, U-Net 33.3, context 22.7, recurrent 21.9.  What has learned to see is ahead at once; with half
an hour U-Net's fine edges tell as well (segment_training.py).

A clock never runs twice alike, nor does this.  Ctrl-C keeps what there is.

Used by: ../segment.py.  Read before: segment_run.py.
"""

import argparse
import dataclasses
import pathlib
import time

import numpy as np
from tqdm import tqdm

import models
from demos.shared import pictures, provenance, segment_data, segment_run, segment_sheet
from demos.shared.command import parser
from demos.shared.segment_data import Data
from demos.shared.training_run import Run
from minigrad import optim
from minigrad.backend import to_device, to_numpy
from minigrad.checked import number
from minigrad.techniques.learn import segmentation
from minigrad.techniques.learn.segment_recipe import SegmentRecipe
from models import fcn, pair_folder

NETWORKS = ["unet", "unet_minivgg", "fcn8s_minivgg", "context", "recurrent", "multiscale"]
SECONDS, EXAMPLES = 60.0, 3
FINE = 0.0005              # the rate of those that begin with weights of a VGG
TICKS, ENDLESS = 1000, 10**9


@dataclasses.dataclass
class Timed:
    """A run, and for how long it has trained."""

    run: Run
    seconds: float = 0.0


def main(argv: list[str]) -> None:
    """Train one after another, measure, draw."""
    args = options().parse_args(argv)
    number("--seconds", args.seconds, above=0)
    recipe = segment_data.recipe_for(args.data, segment_run.given(args))
    data = segment_data.load(args.data, recipe)
    print(f"{len(data.train.names)} pairs to train on, {len(data.val.names)} to evaluate on; "
          f"{len(data.classes)} classes; {args.seconds:g} seconds for each of "
          f"{len(args.networks)} networks")
    runs = {name: begin(name, recipe, data, args) for name in dict.fromkeys(args.networks)}
    found, interrupted = race(runs, data, args.seconds)
    if not found:
        raise KeyboardInterrupt("no network has taken a step, and nothing was drawn")
    name = pathlib.Path(args.data).resolve().name
    sheet = drawn({name: runs[name].run for name in found}, found, data)
    pictures.save(args.out, f"{name}_compare", {"": sheet}, {
        "demo": "segment compare", "networks": found, "the likeliest class alone": constant(data),
        "pairs": {"train": len(data.train.names), "val": len(data.val.names)},
        "interrupted": interrupted, **provenance.of(args),
    })  # fmt: skip
    print(f"{args.out / name}_compare.png")
    if interrupted:
        raise KeyboardInterrupt(f"{len(found)} of {len(runs)} networks are drawn")


def options() -> argparse.ArgumentParser:
    """Which networks, for how long, on what."""
    doc = __doc__.split("\n\nUsed by")[0]
    parse = parser("segment compare", doc, looks=False)
    add = parse.add_argument
    add("--networks", nargs="+", default=NETWORKS, metavar="NAME",
        help=f"networks that label every pixel ({' '.join(NETWORKS)})")
    add("--seconds", type=float, default=SECONDS, metavar="S",
        help=f"of training, for each ({SECONDS:g})")
    add("--data", default=segment_data.SCENES, metavar="FOLDER",
        help="holds images/ and labels/, as for segment train (composed scenes)")
    add("--device", default="cpu", choices=["cpu", "cuda"], help="what computes it (cpu)")
    segment_run.add_numbers(parse, but=("epochs", "levels"))
    return parse


def begin(name: str, recipe: SegmentRecipe, data: Data, args: argparse.Namespace) -> Timed:
    """A network with random weights, or with those of the VGG that it is made of."""
    _, _, base = name.partition("_")
    weights = models.weights_file(base) if base in fcn.BASES else None
    rate = args.lr or (FINE if weights else recipe.lr)
    recipe = dataclasses.replace(recipe, model=name, lr=rate)
    return Timed(segment_run.begin(recipe, data.classes, args.device, weights))


def race(runs: dict[str, Timed], data: Data, seconds: float) -> tuple[dict[str, dict], bool]:
    """Train and measure one after another: what is found of each, and whether Ctrl-C came."""
    found, begun = {}, []
    try:
        for name, one in runs.items():
            begun.append(name)
            train(one, data, seconds)
            found[name] = measured(one, data)
    except KeyboardInterrupt:
        for name in begun:
            if name not in found and runs[name].run.outcomes:
                found[name] = measured(runs[name], data)
        return found, True
    return found, False


def train(one: Timed, data: Data, seconds: float) -> None:
    """Train for so many seconds; the step that is under way at the end is the last."""
    run, began = one.run, time.perf_counter()
    plan = optim.cosine(run.recipe.lr, TICKS, warmup=TICKS // 20)

    def rate(step):
        return plan(int(TICKS * one.seconds / seconds))

    with tqdm(total=round(seconds, 1), desc=run.net.name, unit="s",
              bar_format="{l_bar}{bar}| {n:.0f}/{total:.0f} s{postfix}") as bar:
        for now in segment_run.trained(run, data, range(ENDLESS), rate):
            run.params, one.seconds = now.params, time.perf_counter() - began
            run.outcomes.append(now.outcome)
            loss, right = np.mean(run.outcomes[-50:], axis=0)
            bar.set_postfix(steps=len(run.outcomes), loss=f"{loss:.3f}", right=f"{right:.1%}",
                            refresh=False)
            bar.update(min(one.seconds, seconds) - bar.n)
            if one.seconds >= seconds:
                break


def measured(one: Timed, data: Data) -> dict:
    """What is to be told of a network that has been trained."""
    run = one.run
    said = {part: segment_run.told(segment_run.confusion(run, data, pairs), data.classes)
            for part, pairs in data.aside.items()}
    shares = "; ".join(f"{part}: mean IoU {of['mean IoU']:.1%}, pixels right "
                       f"{of['pixels right']:.1%}" for part, of in said.items())
    print(f"{run.net.name}, {shares}; {len(run.outcomes)} steps in {one.seconds:.0f} s")
    return said.pop("val") | said | {
        "seconds": round(one.seconds, 1), "steps": len(run.outcomes),
        "parameters": run.net.parameter_count, "lr": run.recipe.lr,
        "began with": run.origin or "random weights",
    }


def constant(data: Data) -> dict:
    """How good it would be to say the likeliest class everywhere."""
    counts = pair_folder.pixel_counts(data.val, data.void)[: len(data.classes)]
    table = np.zeros((len(counts), len(counts)), int)
    table[:, counts.argmax()] = counts
    return segment_run.told(table, data.classes)


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────


def drawn(runs: dict[str, Run], found: dict[str, dict], data: Data):
    """A row for each of some photos, a column for each network, and the numbers below."""
    rows, shown = [], pair_folder.spread(data.val, EXAMPLES)
    for picture, labels in zip(shown.pictures, shown.labels, strict=True):
        pixels = picture.transpose(2, 0, 1)[None].astype(np.float32)            # (1, 3, H, W)
        maps = {"what is true": labels} | {n: answer(run, pixels) for n, run in runs.items()}
        rows.append((pixels[0], maps))
    likeliest = constant(data)
    head = (f"Each trained for the same time. To say the likeliest class everywhere: mean IoU "
            f"{likeliest['mean IoU']:.1%}, pixels right {likeliest['pixels right']:.1%}")
    return segment_sheet.comparison(head, rows, data.classes, found)


def answer(run: Run, pixels) -> np.ndarray:
    """The class of each pixel of a photo (1, 3, H, W): (H, W)."""
    there = to_device(pixels, run.net.device)
    p = segmentation.pixel_probabilities(run.net, there, params=run.params)     # (1, K, H, W)
    return to_numpy(p)[0].argmax(axis=0)
