"""Train a network that labels every pixel, on a folder of images and label images.

    python -m demos segment train --data scenes
    python -m demos segment train --data FOLDER
    python -m demos segment train --data FOLDER --resume out/unet.checkpoint.npz
    python -m demos segment train --data FOLDER --lr 0.001
        --model unet_minivgg --weights weights/minivgg.h5

FOLDER/images holds photos, FOLDER/labels PNGs of the same names with a class number at every pixel,
FOLDER/classes.txt the names of the classes, one a line, if they have any.  A fifth of the pairs,
chosen by --random-seed, is set aside to evaluate on, unless there are FOLDER/train and FOLDER/val
with such folders (and FOLDER/test).  "scenes" are composed by the project itself: shapes, digits
and textures on photos.

Every step shows views that are turned, zoomed, mirrored and recoloured at random, prepared while
the step before is computed.  A class with few pixels counts more, ∝ √(median / pixels).  Scenes are
many and no two alike: their views stay as they are, and what is not given is as the recipe SCENES
says (minigrad/techniques/learn/segment_recipe.py).  A checkpoint is written after each epoch, every
few minutes and at Ctrl-C, from which --resume goes on as if nothing had happened.

On CamVid (11 classes, void 11, 120×160), in half an hour on two cores:

    python -m demos segment train --data camvid --void 11 --rotation 0
        --model unet_minivgg --weights weights/minivgg.h5
        --batch 8 --epochs 40 --lr 0.001

Its test part, looked at once, mirrored too, and at three scales too:

    mean IoU 48.9, 49.7, 50.4 %          pixels right 83.2, 83.7, 84.4 %

The U-Net that begins with nothing (--model unet --levels 5 --lr 0.003, as long) reached a mean IoU
of 44.2, 44.5, 45.2 % and 80.2, 80.5, 81.5 % of the pixels; FCN-8s on MiniVGG (--model fcn8s_minivgg
--lr 0.0005), in 22 minutes, 47.0, 47.0, 47.4 and 82.3, 82.2, 82.6 %.

Used by: ../segment.py.
"""

import argparse
import dataclasses
import hashlib
import json
import pathlib

import numpy as np

from demos.shared import (
    curve,
    pictures,
    run_folder,
    segment_data,
    segment_run,
    segment_sheet,
    training_run,
)
from demos.shared.command import parser
from demos.shared.segment_data import Data
from demos.shared.training_run import Run
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.learn import segmentation
from minigrad.techniques.learn.segment_recipe import SegmentRecipe
from models import pair_folder, storage
from models.preprocess import LONGEST

EXAMPLES = 4  # rows of the picture at the end
LOOKS = {  # how a photo is looked at in the end, and what the mean of the answers is called
    "": {},
    ", averaged over a flip": {"flips": True},
    ", averaged over a flip and three scales": {"flips": True, "scales": (0.75, 1, 1.25)},
}


def main(argv: list[str]) -> None:
    """Train, showing how it goes, and write the network, its note, the curve and examples."""
    args = options().parse_args(argv)
    given = segment_run.given(args)
    if args.resume and args.weights:
        raise ValueError("a checkpoint has weights of its own: give --resume or --weights")
    resumed = args.resume and segment_run.recipe_of(args.resume, given)
    recipe = resumed or segment_data.recipe_for(args.data, given)
    with run_folder.own(args.out):
        data = segment_data.load(args.data, recipe)
        if resumed:
            run = segment_run.resume(args.resume, recipe, data.classes, args.device)
        else:
            run = segment_run.begin(recipe, data.classes, args.device, args.weights)
        if not args.force:
            training_run.protect(args.out, run, args.resume)
        print(f"{len(data.train.names)} pairs to train on, {len(data.val.names)} to evaluate on; "
              f"{len(data.classes)} classes; {run.net!r}")
        train_and_finish(args, run, data)


def options() -> argparse.ArgumentParser:
    """Options; what is not given is the recipe's, or the checkpoint's."""
    parse = parser("segment train", __doc__.split("\n\nUsed by")[0], looks=False)
    add, usual = parse.add_argument, SegmentRecipe()
    add("--data", required=True, metavar="FOLDER", help="holds images/ and labels/; or: scenes")
    add("--model", metavar="NAME", help=f"a network that labels every pixel ({usual.model})")
    add("--weights", type=pathlib.Path, metavar="FILE",
        help="to begin with: the same network's; of fcn…, dilated… and unet_… the VGG's below")
    add("--device", default="cpu", choices=["cpu", "cuda"], help="what computes it (cpu)")
    segment_run.add_numbers(parse)
    add("--zoom", metavar="LEAST,MOST", help=f"of a view ({usual.zoom})")
    add("--no-flip", dest="flip", action="store_false", default=None, help="mirror no view")
    add("--no-balance", dest="balance", action="store_false", default=None,
        help="count every pixel alike, whatever its class")
    add("--resume", type=pathlib.Path, metavar="FILE", help="a checkpoint")
    add("--force", action="store_true", help="replace what an earlier run has left in --out")
    add("--licence", default="MIT", help="of the weights, for their file (MIT)")
    return parse


def train_and_finish(args: argparse.Namespace, run: Run, data: Data) -> None:
    """Show epoch after epoch; at Ctrl-C, write where the run stands."""
    checkpoint = args.out / f"{run.name}.checkpoint.npz"
    with training_run.resumable(checkpoint, run):
        while run.epoch < run.recipe.epochs:
            segment_run.one_epoch(run, data, checkpoint)
            report(run, data)
            training_run.save_if_possible(checkpoint, run)
    finish(args, run, data)


def report(run: Run, data: Data) -> None:
    """Measure how good it is on pairs that are not trained on, and complete the epoch."""
    table = segment_run.confusion(run, data, data.val)
    loss, right = np.mean(run.outcomes, axis=0)
    run.log.append({
        "epoch": run.epoch + 1, "loss": round(float(loss), 4), "right": round(float(right), 4),
        "val": round(float(table.diagonal().sum() / table.sum()), 4),
        "IoU": round(segmentation.mean_iou(table), 4),
    })
    run.epoch, run.outcomes = run.epoch + 1, []
    print(json.dumps(run.log[-1]))


def finish(args: argparse.Namespace, run: Run, data: Data) -> None:
    """Write the network, its note, the curve and examples; say how good it is."""
    file = args.out / f"{run.name}.h5"
    said = {}
    for part, pairs in data.aside.items():
        for how, looks in LOOKS.items():
            table = segment_run.confusion(run, data, pairs, **looks)
            said[part + how] = segment_run.told(table, data.classes)
            print(f"{part}{how}: mean IoU {said[part + how]['mean IoU']:.1%}, "
                  f"pixels right {said[part + how]['pixels right']:.1%}")
    edge = min(max(segment_run.view_size(run.recipe, data)), LONGEST)  # of a photo to be labelled
    attributes = run.net.attributes | {
        "resize": edge, "crop": edge,
        "source": "trained with minigrad: python -m demos segment train", "licence": args.licence,
    }
    params = {name: to_numpy(array) for name, array in run.params.items()}
    storage.save(file, params, attributes, float16=True)
    note = {
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "recipe": dataclasses.asdict(run.recipe), "data": args.data,
        "began with": run.origin or "random weights",
        "pairs": {part: len(pairs.names)
                  for part, pairs in ({"train": data.train} | data.aside).items()},
        **said, "log": run.log,
    }
    drawn = {"": examples(run, data)} | ({"curve": curve.draw(run.log)} if run.log else {})
    pictures.save(args.out, run.name, drawn, note)
    print(f"python -m demos segment --weights {file} --image PHOTO")


def examples(run: Run, data: Data):
    """Photos that were not trained on, what the network says, and what is true."""
    rows, table = [], np.zeros((run.net.class_count,) * 2, int)
    shown = pair_folder.spread(data.val, EXAMPLES)
    for picture, labels in zip(shown.pictures, shown.labels, strict=True):
        pixels = picture.transpose(2, 0, 1)[None].astype(np.float32)            # (1, 3, H, W)
        p = segmentation.pixel_probabilities(
            run.net, to_device(pixels, run.net.device), flips=True, params=run.params
        )
        answer = to_numpy(p)[0].argmax(axis=0)
        table += segmentation.pixel_confusion(answer, labels, len(data.classes), data.void)
        rows.append([
            ("the photo", segment_sheet.over(pixels[0], 0 * answer, ["background"])),
            ("the network's classes", segment_sheet.over(pixels[0], answer, data.classes)),
            ("the true classes", segment_sheet.over(pixels[0], labels, data.classes)),
        ])
    ious = segment_sheet.percent(segmentation.class_ious(table))
    return segment_sheet.page(rows, segment_sheet.legend(data.classes, {"IoU here": ious}))
