"""A small classifier in the plane: sure of its answer wherever there is nothing.

    python -m demos regions
    python -m demos regions --data moons
    python -m demos regions --far 1000 --units 30

Points of the plane in some classes are learned three times, in seconds: by a network of relus; by
the same one with a class more, "nothing", which it is shown around them; and by a network of bumps,
which say something near their centres only.  Each is drawn near the points, with the probability of
its answer as contours, and zoomed out, where no point is.  Below, that probability along rays from
the middle outwards.

A second picture shows the nearest place with another answer, for some of the points, and how well
the gradient guesses how far it is: that is how an attack finds it, where there are too many
directions to try them all.
"""

import argparse
import math
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import pictures, provenance
from demos.shared.axes import FAINT, FINE, Axes
from demos.shared.command import parser
from demos.shared.grids import APART
from demos.shared.lettering import font
from demos.shared.patience import batches, patiently
from demos.shared.pictures import INK, MARGIN, PAPER
from minigrad.checked import number, whole
from minigrad.techniques.fool.plane import DATA, Classifier, Points, learned, with_nothing
from minigrad.techniques.fool.regions import along, regions, smallest_moves, towards_infinity

EDGE, NEAR = 300, 1.5  # of a square: pixels, and its half in the units of the points
LEVELS = {0.5: (255, 255, 255), 0.9: (120, 120, 128), 0.99: INK}
RAYS, FARTHEST, SHOWN = 15, 1000.0, 60  # SHOWN points have an arrow
NOTHING = (160, 160, 168)
HEAD = "Relus are sure of their answer wherever no point is; bumps say there that they do not know"


class Subject(NamedTuple):
    """One of the three networks: its name, what it is, and what it has learned."""

    title: str
    net: Classifier
    points: Points


def main(argv: list[str]) -> None:
    """Train the three, ask them, draw."""
    args = options().parse_args(argv)
    far = number("--far", args.far, above=NEAR)
    seed, units = whole("--seed", args.seed), whole("--units", args.units, at_least=1)
    points = DATA[args.data](rng=np.random.default_rng(seed))
    subjects = trained(points, units, args)
    with patiently("the plane"):
        table = [row_of(one, points, far) for one in subjects]
        sheet = drawn(subjects, points, far)
        moves, picture = drawn_moves(subjects[0].net, points)
    tell(table, moves, far)
    name = f"{args.data}_regions"
    pictures.save(args.out, name, {"": sheet, "moves": picture}, {
        "demo": "regions",
        "networks": table,
        "moves": moves,
        **provenance.of(args),
    })  # fmt: skip
    print(args.out / f"{name}.png")


def options() -> argparse.ArgumentParser:
    """The points, and how far out to look."""
    parse = parser("regions", __doc__, looks=False)
    add = parse.add_argument
    add("--data", choices=DATA, default="spirals", help="the points (spirals)")
    add("--units", type=int, default=100, metavar="N", help="hidden units of each network (100)")
    add("--steps", type=int, default=800, metavar="N", help="of training (800)")
    add("--far", type=float, default=50, metavar="R", help="half of the edge, zoomed out (50)")
    add("--seed", type=int, default=0, help="of the points and the weights (0)")
    return parse


def trained(points: Points, units: int, args) -> list[Subject]:
    """Let the three networks learn."""
    with_more = with_nothing(points, rng=np.random.default_rng(args.seed))
    found = []
    for title, name, data in [
        ("relus", "planes", points),
        ("relus that know “nothing”", "planes", with_more),
        ("bumps", "bumps", points),
    ]:
        net = learned(data, name, units=units, steps=args.steps,
                      rng=np.random.default_rng(args.seed), progress=batches(title))
        found.append(Subject(title, net, data))
    return found


# ── Numbers ─────────────────────────────────────────────────────────────────────────────────────


def row_of(one: Subject, points: Points, far: float) -> dict:
    """What is told of a network."""
    said = regions(one.net, far)
    right = one.net.scores(points.x).argmax(axis=1) == points.labels
    row = {
        "network": one.title,
        "right": float(right.mean()),
        "mean confidence where the points are": float(
            along(one.net, points.x, [1]).max(axis=2).mean()),
        "mean confidence zoomed out": float(said.confidences.mean()),
        "“nothing” zoomed out": float((said.answers > points.labels.max()).mean()),
    }
    if one.net.name == "planes":
        begin = towards_infinity(one.net, directions()).begin
        row["the last line that a ray crosses, at most"] = float(begin.max())
    return row


def directions() -> np.ndarray:
    """Points on the circle of radius 1, RAYS of them."""
    turn = 2 * math.pi * (np.arange(RAYS) + 0.5) / RAYS
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def tell(table: list[dict], moves: dict, far: float) -> None:
    """Print the table."""
    print(f"right   sure where the points are   sure within {far:g}   network")
    for row in table:
        print(f"{row['right']:5.0%}   {row['mean confidence where the points are']:25.3f}   "
              f"{row['mean confidence zoomed out']:12.3f}   {row['network']}")
    print(f"the nearest other answer is {moves['median distance']:.2f} away (the median of "
          f"{moves['points']} points); the gradient guesses {moves['median guess']:.2f}")


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────


def drawn(subjects: list[Subject], points: Points, far: float) -> Image.Image:
    """Three columns: near, zoomed out, along rays; below, what the colours are."""
    rows = [[], [], []]
    for one in subjects:
        near, wide = plane(one.net, points, NEAR), plane(one.net, points, far)
        for x, label in zip(points.x, points.labels, strict=True):
            near.dot(*x, 2.5, APART[label])
        corners = [wide.place(*at) for at in ((-NEAR, NEAR), (NEAR, -NEAR))]
        wide.pen.rectangle([*corners[0], *corners[1]], outline=INK, width=FINE)
        rows[0].append((one.title, near.picture()))
        rows[1].append(("zoomed out: the small box is the picture above", wide.picture()))
        rows[2].append(("how sure, along rays from the middle", rays(one.net, points)))
    return with_legend(pictures.sheet(rows, tile=None), points, any_nothing=True, head=HEAD)


def plane(net: Classifier, points: Points, reach: float) -> Axes:
    """A square of the plane: the answer as a colour, deeper where it is sure, and contours."""
    found = regions(net, reach, cells=FINE * EDGE)
    colours = np.array([*APART[: points.labels.max() + 1], NOTHING], float)  # the last: nothing
    least = 1 / len(net.params["scores/bias"])
    sure = (found.confidences - least) / (1 - least)
    inside = 255 + (0.75 * sure)[..., None] * (colours[found.answers] - 255)
    for level, colour in LEVELS.items():
        inside[contour(found.confidences, level)] = colour
    limits = (-reach, reach)
    return Axes(EDGE, limits, limits, Image.fromarray(np.rint(inside).astype(np.uint8)))


def contour(values, level: float):
    """Where a level is crossed between a cell and one of its neighbours: (H, W) → (H, W)."""
    above, line = values >= level, np.zeros(values.shape, bool)
    for axis in (0, 1):
        crossed = np.diff(above.astype(int), axis=axis) != 0
        one, other = (np.pad(crossed, [(end, 1 - end) if a == axis else (0, 0) for a in (0, 1)])
                      for end in (0, 1))
        line |= one | other
    return line


def rays(net: Classifier, points: Points) -> Image.Image:
    """The largest probability on the way out, a line for each direction."""
    factors = np.geomspace(0.1, FARTHEST, 200)
    p = along(net, directions(), factors)                                   # (RAYS, A, K)
    axes = Axes(EDGE, (0.1, FARTHEST), (0, 1.05), log=True)
    axes.pen.rectangle([*axes.place(0.1, 1.05), *axes.place(1, 0)], fill=FAINT)
    colours = [*APART[: points.labels.max() + 1], NOTHING]
    for one in p:
        line = [axes.place(*at) for at in zip(factors, one.max(axis=1), strict=True)]
        axes.pen.line(line, fill=colours[int(one[-1].argmax())], width=FINE, joint="curve")
    return axes.picture("how far from the middle; grey: where the points are")


def with_legend(
    page: Image.Image, points: Points, any_nothing: bool, head: str = ""
) -> Image.Image:
    """A sheet, what it says above, and below it what its colours and lines are."""
    above, below = (34 if head else 0), legend(points, any_nothing)
    wide = max(page.width, below.width)
    both = Image.new("RGB", (wide, above + page.height + below.height), PAPER)
    both.paste(page, (0, above))
    both.paste(below, (0, above + page.height))
    ImageDraw.Draw(both).text((MARGIN, MARGIN), head, fill=INK, font=font(18))
    return both


def legend(points: Points, any_nothing: bool) -> Image.Image:
    """One line: the colours of the classes, and the contours."""
    entries = [(APART[k], None, f"class {k}") for k in range(points.labels.max() + 1)]
    entries += [(NOTHING, None, "nothing")] * any_nothing
    entries += [((190, 205, 220), line, f"probability {level:g}") for level, line in LEVELS.items()]
    page = Image.new("RGB", (1400, 34), PAPER)
    pen, x = ImageDraw.Draw(page), MARGIN
    for colour, line, text in entries:
        pen.rectangle((x, 4, x + 24, 20), fill=colour, outline=None if line else INK)
        if line:
            pen.line((x, 12, x + 24, 12), fill=line, width=2)
        pen.text((x + 30, 4), text, fill=INK, font=font(13))
        x += 44 + int(pen.textlength(text, font=font(13)))
    return page.crop((0, 0, x, 34))


def drawn_moves(net: Classifier, points: Points) -> tuple[dict, Image.Image]:
    """Arrows to the nearest other answer, and the gradient's guess of their length."""
    chosen = np.random.default_rng(0).permutation(len(points.x))[:SHOWN]
    x, labels = points.x[chosen], points.labels[chosen]
    moves = smallest_moves(net, x)
    axes = plane(net, points, NEAR)
    for at, label in zip(points.x, points.labels, strict=True):
        axes.dot(*at, 1.5, APART[label], outline=None)
    for at, move, label in zip(x, moves.moves, labels, strict=True):
        if np.isfinite(move).all():
            axes.arrow(at, at + move, INK)
        axes.dot(*at, 3, APART[label])
    there = np.isfinite(moves.distances) & np.isfinite(moves.guesses)
    far = 1.1 * max(moves.distances[there].max(), moves.guesses[there].max())
    beside = Axes(EDGE, (0, far), (0, far))
    beside.pen.line([beside.place(0, 0), beside.place(far, far)], fill=(170, 170, 178), width=FINE)
    for real, guess, label in zip(moves.distances[there], moves.guesses[there], labels[there],
                                  strict=True):
        beside.dot(real, guess, 3.5, APART[label])
    note = {
        "points": len(x),
        "median distance": float(np.median(moves.distances)),
        "median guess": float(np.median(moves.guesses)),
        "median margin of the scores": float(np.median(moves.margins)),
    }
    page = pictures.sheet([[
        ("the smallest move to another answer", axes.picture()),
        ("its length, and what the gradient guesses",
         beside.picture("distance", "the guess: margin / |gradient of the margin|")),
    ]], tile=None)
    return note, with_legend(page, points, any_nothing=False)
