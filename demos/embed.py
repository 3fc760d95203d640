"""Digits at places in a plane or in space, like ones near each other: metric learning.

    python -m demos embed --data mnist_test.npz
    python -m demos embed --data mnist_test.npz --loss all
    python -m demos embed --data mnist_test.npz --dimensions 3
    python -m demos embed --data mnist_test.npz --shifts
    python -m demos embed --data mnist_test.npz --held 7 8 9
    python -m demos embed --photos FOLDER

A network puts each digit at a place and is told only which two show the same. What is drawn are
digits that it was not trained on. Beside it stand principal components, and the pixels themselves:
how often do the five nearest digits of known class say the right one (5-NN), and how often is the
nearest other digit a like one (recall@1)?

With --shifts a second network learns from digits that are moved to the left and right, and both are
shown moved ones. With --held the classes named are never trained on, in 64 dimensions, and are then
looked for by example. Without --data the digits are scikit-learn's, 1,797 small ones.

With --photos nothing is trained: photos are looked for by example, by what MiniVGG says of them,
beside their pixels. The folders below FOLDER are the classes (400 photos of Caltech-101).
"""

import argparse
import functools
import pathlib

import numpy as np

import models
from demos.shared import (
    digits,
    embedding_run,
    embedding_sheet,
    photo_retrieval,
    pictures,
    provenance,
    resuming,
)
from demos.shared.album import CALTECH
from demos.shared.command import parser
from demos.shared.digits import Digits
from demos.shared.embedding_run import Job, Learned
from demos.shared.embedding_sheet import Space
from demos.shared.patience import patiently
from minigrad.checked import whole
from minigrad.techniques.learn.embedding import moved, places, with_turned
from minigrad.techniques.learn.metric import LOSSES
from minigrad.techniques.learn.retrieval import as_rows, principal

HELD_DIMENSIONS, SHIFTS = 64, range(-6, 7, 2)
SAME_TURNED = 0, 1  # a 0 on its side is a 0
QUERIES, NEAREST = 9, 8
SEEN = 0.8          # of the digits are trained on
SLIGHTLY = 1        # pixels to either side: no two people write in the same place


def main(argv: list[str]) -> None:
    """Train, measure, draw."""
    args, stopped = resuming.parsed(options(), argv)
    check(args)
    if args.photos:
        photo_retrieval.main(args)
        return
    rng = np.random.default_rng(whole("--seed", args.seed))
    seen, unseen = digits.read(args.data).split(SEEN, rng)
    seen, unseen = held_apart(seen, unseen, args.held)
    asked = jobs(args, seen)
    ended = embedding_run.run(asked, args, stopped)
    draw = retrieval if args.held else along if args.shifts else side_by_side
    with patiently("where the digits are"):
        spaces = spaces_of(asked, ended.learned, seen, unseen)
        drawn, note = draw(spaces, unseen, args)
    part = "_held" if args.held else "_shifts" if args.shifts else ""
    name = f"{args.data.stem if args.data else 'digits'}_embed{part}"
    pictures.save(args.out, name, drawn, {
        "demo": "embed", "digits trained on": len(seen.labels), "not shown": len(unseen.labels),
        **note, **ended.note, **provenance.of(args, **({"digits": args.data} if args.data else {})),
    }, more=ended.more)  # fmt: skip
    ended.say(args.out / name)


def options() -> argparse.ArgumentParser:
    """The digits, the loss, and what is asked."""
    parse = parser("embed", __doc__, looks=False)
    add = parse.add_argument
    add("--data", type=pathlib.Path, metavar="FILE",
        help=".npz with X (N, 784) and Y (N,), as MNIST (scikit-learn's digits)")
    add("--photos", type=pathlib.Path, nargs="?", const=CALTECH, metavar="FOLDER",
        help="photos in class folders, in place of digits (400 of Caltech-101)")
    add("--loss", choices=[*LOSSES, "all"],
        help="one of four, or all (contrastive; with --held n-pair)")
    add("--dimensions", type=int, choices=[2, 3], default=2, help="of the space (2)")
    add("--shifts", action="store_true", help="learn from moved digits, too, and show moved ones")
    add("--held", type=int, nargs="+", default=[], metavar="DIGIT",
        help="classes that are not trained on")
    embedding_run.add_options(parse, steps=700)
    return parse


def check(args) -> None:
    """Raise ValueError for options that contradict each other."""
    if args.held and args.shifts:
        raise ValueError("--held looks for digits of other classes, --shifts for moved ones: give "
                         "one of them")
    if args.photos and (args.data or args.held or args.shifts or args.loss):
        raise ValueError("--photos trains nothing and has no digits: leave --data, --held, "
                         "--shifts and --loss out")


def held_apart(seen: Digits, unseen: Digits, held: list[int]) -> tuple[Digits, Digits]:
    """Leave some classes out of what is trained on, and look for these alone."""
    if not held:
        return seen, unseen
    known = np.unique(seen.labels)
    if not set(held) <= set(known.tolist()) or len(set(held)) > len(known) - 2:
        raise ValueError(f"--held {' '.join(map(str, held))}: name some of the classes "
                         f"{', '.join(map(str, known))}, and leave two or more to train on")
    hidden = [np.isin(part.labels, held) for part in (seen, unseen)]
    return seen.of(~hidden[0]), unseen.of(hidden[1])


def jobs(args, seen: Digits) -> list[Job]:
    """The embeddings to learn: of one loss or all; with --shifts each twice."""
    usual = "n-pair" if args.held else "contrastive"
    losses = list(LOSSES) if args.loss == "all" else [args.loss or usual]
    dimensions, settings = args.dimensions, {}
    if args.held:
        dimensions, settings = HELD_DIMENSIONS, {"classes": 20, "each": 4}
        seen = Digits(*with_turned(*seen, but=SAME_TURNED))
    found = []
    for loss in losses:
        for shift in (SLIGHTLY, max(SHIFTS)) if args.shifts else (SLIGHTLY,):
            title = f"{loss}, trained on moved" if shift > SLIGHTLY else loss
            net = models.build("lenet", args.seed, classes=dimensions)
            found.append(Job(title, net, (*seen,), settings | {"loss": loss, "shift": shift}))
    return found


def spaces_of(asked: list[Job], learned: list[Learned], seen: Digits, unseen: Digits):
    """What was learned, behind the two spaces that nobody had to train."""
    count = asked[0].net.class_count
    ways = {"pixels": as_rows, f"{count} principal components": principal(seen.images, count)}
    for job, one in zip(asked, learned, strict=True):
        if one.step:
            ways[job.title] = functools.partial(places_by, one)
    return [Space(title, of, seen, unseen) for title, of in ways.items()]


def places_by(one: Learned, images):
    """Where a network puts images."""
    return places(one.net, images, one.params)


# ── Numbers and pictures ────────────────────────────────────────────────────────────────────────


def side_by_side(spaces: list[Space], unseen: Digits, args):
    """A scatter of each, with its numbers; of one loss the digits themselves, too."""
    rows = {one.title: {"5-NN": one.right(), "recall@1": one.recall()} for one in spaces}
    _, components, *learned = spaces
    cells = [(f"{one.title}: 5-NN {rows[one.title]['5-NN']:.1%}",
              embedding_sheet.scatter(one.places, unseen.labels)) for one in [*learned, components]]
    head = (f"{len(unseen.labels):,} digits that were not trained on; each learned space was told "
            "only which two digits of a batch show the same")
    drawn = {"": embedding_sheet.page(head, cells, embedding_sheet.table(rows))}
    if len(learned) == 1 and args.dimensions == 2:
        drawn["digits"] = embedding_sheet.thumbnails(learned[0].places, unseen.images)
    return drawn, {"spaces": rows}


def along(spaces: list[Space], unseen: Digits, args):
    """Digits as they are and moved ones, by a network that has seen no moved ones and one that has.

    Below, the share of right answers by how far they are moved.
    """
    rows = {one.title: {f"{dx:+d} px": one.right(moved(unseen.images, dx)) for dx in SHIFTS}
            for one in spaces}
    rng = np.random.default_rng(args.seed)
    away = moved(unseen.images, rng.choice(SHIFTS, len(unseen.images)))
    cells = []
    for one in spaces[2:]:
        if "moved" not in one.title:
            cells.append((f"{one.title}: digits as they are, 5-NN {one.right():.1%}",
                          embedding_sheet.scatter(one.places, unseen.labels)))
        cells.append((f"{one.title}: moved digits, 5-NN {one.right(away):.1%}",
                      embedding_sheet.scatter(one.of(away), unseen.labels)))
    head = ("Digits moved by −6 … 6 pixels: a network that has learned from moved ones, too, puts "
            "them to their like")
    curves = embedding_sheet.curves({name: list(row.values()) for name, row in rows.items()},
                                    list(SHIFTS), "pixels to the right", "5-NN right")
    return {"": embedding_sheet.page(head, cells, curves)}, {"5-NN of moved digits": rows}


def retrieval(spaces: list[Space], unseen: Digits, args):
    """Some digits of classes that nobody was trained on, and the nearest others in each space."""
    rows = {one.title: {"recall@1": one.recall()} for one in spaces}
    found = {one.title: one.nearest(QUERIES, NEAREST) for one in spaces}
    head = (f"Digits {', '.join(map(str, args.held))} were never trained on: the nearest of "
            f"{len(unseen.labels):,}, other classes in red")
    sheet = embedding_sheet.neighbour_rows(found, unseen)
    return {"": embedding_sheet.page(head, sheet, embedding_sheet.table(rows))}, {"spaces": rows}
