"""How far does a network look?  The class of all pixels is the colour of one small square.

    python -m demos segment cue
    python -m demos segment cue --steps 300 --width 16

Two networks with as many weights learn it: seven convolutions of 3×3 whose taps stand further and
further apart (dilated), and seven as usual (plain).  The sheet shows what each says of images that
it was not trained on.  The frame holds the pixels that have the square in their window; beyond it
there is nothing to go by.  The curves tell how many are right, by their distance from the square.

Ctrl-C keeps what there is.

Used by: ../segment.py.  Read before: techniques/learn/distant.py.
"""

import argparse
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import models
from demos.shared import embedding_sheet, pictures, provenance, segment_sheet
from demos.shared.command import parser
from demos.shared.lines import BLUE, GREY, RED, Curve, chart
from minigrad.checked import number, whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.learn import training
from minigrad.techniques.learn.distant import CLASSES, distant_cues, right_by_distance

NETWORKS = {"dilated": "context", "plain": "context_plain"}
STEPS, WIDTH, BATCH, LR = 150, 8, 16, 0.01
EVALUATED, EXAMPLES, TILE = 200, 3, 224


class Learned(NamedTuple):
    """A network, how many steps it has learned, and what it says of the images to evaluate on."""

    net: Any
    steps: int
    said: np.ndarray    # (N, S, S)

    @property
    def reach(self) -> int:
        """How many pixels it sees to each side."""
        return self.net.receptive_field(self.net.score_layer).size // 2


def main(argv: list[str]) -> None:
    """Train both, ask both, draw."""
    args = options().parse_args(argv)
    whole("--steps", args.steps, at_least=1), whole("--random-seed", args.random_seed)
    number("--lr", args.lr, above=0)
    rng = np.random.default_rng((args.random_seed, 1))
    asked = distant_cues(EVALUATED, size=args.size, rng=rng)
    nets = {title: models.build(name, args.random_seed, list(CLASSES),
                                attributes={"width": args.width})
            for title, name in NETWORKS.items()}
    learned, interrupted = {}, False
    for title, net in nets.items():
        params, steps, interrupted = train(title, net, args)
        said = net.scores(asked.pixels, params=params).argmax(axis=1)
        learned[title] = Learned(net, steps, said)
        if interrupted:
            break
    edges = np.arange(1, args.size - 3)
    right = {title: right_by_distance(one.said, asked.labels, asked.distances, edges)
             for title, one in learned.items()}
    pictures.save(args.out, "segment_cue", {"": drawn(learned, asked, right, edges)}, {
        "demo": "segment cue", "interrupted": interrupted,
        "right within reach and beyond": {t: halves(one, asked) for t, one in learned.items()},
        "pixels that it sees to each side": {t: one.reach for t, one in learned.items()},
        "steps": {t: one.steps for t, one in learned.items()}, **provenance.of(args),
    })  # fmt: skip
    for title, one in learned.items():
        shares = ", ".join(f"{w} {share:.1%}" for w, share in halves(one, asked).items())
        print(f"{title}: sees {one.reach} pixels to each side; right {shares}")
    print(args.out / "segment_cue.png")
    if interrupted:
        raise KeyboardInterrupt(f"after {learned[title].steps} steps of the {title} network")


def options() -> argparse.ArgumentParser:
    """How long, and of which size."""
    parse = parser("segment cue", __doc__.split("\n\nUsed by")[0], looks=False)
    add = parse.add_argument
    add("--steps", type=int, default=STEPS, metavar="N", help=f"of training, for each ({STEPS})")
    add("--size", type=int, default=64, metavar="EDGE", help="of the images, in pixels (64)")
    add("--width", type=int, default=WIDTH, metavar="N", help=f"channels of a layer ({WIDTH})")
    add("--lr", type=float, default=LR, metavar="X", help=f"the highest rate, Adam's ({LR:g})")
    add("--random-seed", type=int, default=0, metavar="N", help="of weights and images (0)")
    return parse


def train(title: str, net, args: argparse.Namespace):
    """Train on new images at every step: the parameters, the steps, and whether Ctrl-C came."""
    def batches():
        for step in range(args.steps):
            rng = np.random.default_rng((args.random_seed, 2, step))
            made = distant_cues(BATCH, size=args.size, rng=rng)
            yield made.pixels, made.labels

    rate = cosine(args.lr, args.steps, warmup=min(20, args.steps))
    params, steps = net.params, 0
    walk = training.train(net, batches(), optimiser=Adam(), lr=rate)
    with tqdm(walk, total=args.steps, desc=title, unit="step") as bar:
        try:
            for now in bar:
                params, steps = now.params, now.step
                loss, right = now.outcome
                bar.set_postfix(loss=f"{loss:.3f}", right=f"{right:.1%}", refresh=False)
        except KeyboardInterrupt:
            return params, steps, True
    return params, steps, False


def halves(one: Learned, asked) -> dict[str, float]:
    """The share of right pixels that have the square in their window, and of others, if any."""
    edges = [0, one.reach + 1, one.reach + asked.distances.max() + 2]
    shares = right_by_distance(one.said, asked.labels, asked.distances, edges)
    return {where: round(float(share), 4) for where, share in
            zip(("within", "beyond"), shares, strict=True) if not np.isnan(share)}


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────


def drawn(learned: dict[str, Learned], asked, right: dict, edges):
    """A row for each of some images, and the share of right pixels by the distance."""
    rows = []
    for n in range(EXAMPLES):
        photo = asked.pixels[n]
        row = [("the image", pictures.fitted(pictures.photo(photo), TILE)),
               ("the class of all pixels",
                segment_sheet.over(photo, asked.labels[n], list(CLASSES), TILE))]
        for title, one in learned.items():
            says = segment_sheet.over(photo, one.said[n], list(CLASSES), TILE)
            inside = asked.distances[n] <= one.reach
            row.append((f"{title}: {one.reach} pixels to each side", framed(says, inside)))
        rows.append(row)
    at = edges[:-1]
    colours = dict(zip(NETWORKS, (BLUE, RED), strict=True))
    curves = {title: Curve(list(at[known]), list(shares[known]), colours[title])
              for title, shares in right.items() for known in [~np.isnan(shares)]}
    curves["to guess"] = Curve([0, edges[-1]], [0.5, 0.5], GREY)
    marks = {one.reach: f"{one.reach} px" for one in learned.values()}
    beside = chart(2 * TILE, curves, (0, edges[-1]), (0, 1.05), "pixels to the square",
                  "share of pixels that are right", marks)
    return embedding_sheet.beside(pictures.sheet(rows, tile=None), beside)


def framed(picture, inside):
    """Draw a frame around what is inside, (S, S)."""
    scale = picture.width / inside.shape[1]
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    box = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    return pictures.boxed(picture, tuple(round(scale * edge) for edge in box))
