"""Train Mask R-CNN on composed scenes, and the same with RoIPool in place of RoIAlign.

    python -m demos instances train
    python -m demos instances train --steps 200 --seed 1
    python -m demos instances train --resume out/instances_trained.json

Both networks begin with the same weights and see the same scenes: shapes, digits and textures over
one another on photos of demos/photos, composed anew at each step. Afterwards both are shown scenes
on photos that were not trained on. Their weights are written as mask_rcnn.h5 and
mask_rcnn_roipool.h5, which `instances --trained` takes.

Ctrl-C keeps what there is, and --resume goes on as if nothing had happened.

Used by: ../instances.py.
"""

import argparse

import numpy as np

import models
from demos.shared import (
    embedding_run,
    instance_sheet,
    pictures,
    provenance,
    resuming,
    run_folder,
    segment_data,
)
from demos.shared.command import parser
from demos.shared.embedding_run import Ended, Job
from demos.shared.instance_sheet import OBJECTS, SIZE, TITLES, Trained
from minigrad.checked import whole
from minigrad.techniques.learn.composed import CLASSES, Scenes, compose
from minigrad.techniques.learn.instances import instances
from models import storage

STEPS, WIDTH, SCENES = 1000, 12, 100
NAME = "instances_trained"


def main(argv: list[str]) -> None:
    """Train both, measure, write."""
    args, stopped = resuming.parsed(options(), argv)
    settings = {"width": whole("--width", args.width, at_least=1)}
    scenes = compose(segment_data.backgrounds(aside=True), whole("--scenes", args.scenes, 1),
                     size=SIZE, objects=OBJECTS, rng=np.random.default_rng(0))
    photos = segment_data.backgrounds(aside=False)
    jobs = [
        Job(title, models.build(name, args.seed, CLASSES, attributes=settings), (photos,),
            {"batch": args.batch, "size": SIZE, "objects": OBJECTS}, instances, "regions_right")
        for name, title in TITLES.items()
    ]
    with run_folder.own(args.out):
        finish(jobs, embedding_run.run(jobs, args, stopped), scenes, args)


def finish(jobs: list[Job], ended: Ended, scenes: Scenes, args: argparse.Namespace) -> None:
    """Measure how good they are, write their weights, draw."""
    trained = [Trained(job.title, one.net, one.params)
               for job, one in zip(jobs, ended.learned, strict=True) if one.step]
    sheet, note = instance_sheet.drawn(trained or began(jobs), scenes, least=0.5)
    for one in trained:
        write(one, args)
    pictures.save(args.out, NAME, {"": sheet}, {
        "demo": "instances train", **note, **ended.note, **provenance.of(args),
    }, more=ended.more)  # fmt: skip
    ended.say(args.out / NAME)


def options() -> argparse.ArgumentParser:
    """How long, how large, from which seed."""
    parse = parser("instances train", __doc__.split("\n\nUsed by")[0], looks=False)
    add = parse.add_argument
    embedding_run.add_options(parse, steps=STEPS)
    add("--batch", type=int, default=8, metavar="N", help="scenes in a step (8)")
    add("--width", type=int, default=WIDTH, metavar="N",
        help=f"channels of the first convolution ({WIDTH})")
    add("--scenes", type=int, default=SCENES, metavar="N",
        help=f"to measure on afterwards ({SCENES})")
    return parse


def began(jobs: list[Job]) -> list[Trained]:
    """The networks as they begin, where no step was taken."""
    return [Trained(job.title, job.net, job.net.params) for job in jobs]


def write(one: Trained, args: argparse.Namespace) -> None:
    """Write the weights of a network, in half precision."""
    attributes = one.net.attributes | {
        "source": "trained with minigrad: python -m demos instances train", "licence": "MIT",
    }
    storage.save(args.out / f"{one.net.name}.h5", one.params, attributes, float16=True)
