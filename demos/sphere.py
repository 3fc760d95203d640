"""Is it noise that fools a network?  A thousand points twice as far from your photo as an attack.

An attack moves the photo a little, and another class is seen.  Then random points are asked that
are twice as far away: the photo's answer is theirs, nearly always.  Below, the answers on the way
from the photo to the attack and beyond, on the way in a random direction, and in the plane of both.

    python -m demos sphere cat.jpg
    python -m demos sphere cat.jpg --points 100 --epsilon 8
    python -m demos sphere cat.jpg --ratio 10

Without --epsilon it is the smallest of 0.5, 1, 2, 4, 8, 16 and 32 grey levels with which PGD (40
steps) finds another answer; no number of the photo moves further.  A thousand points of a small
network take half a minute on two cores, a plane as long again.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import attacking, grids, lines, pictures, provenance
from demos.shared.attacking import answer, enlarged_move, smallest
from demos.shared.axes import FINE, LEFT, RIGHT, Axes
from demos.shared.command import for_each, network, photos_of
from demos.shared.patience import batches, patiently
from demos.shared.pictures import INK, PAPER
from minigrad.backend import to_numpy
from minigrad.checked import number, whole
from minigrad.techniques import in_plane, on_line, sphere
from minigrad.techniques.fool.directions import aside
from models.classes import class_name

EDGE = 300  # pixels, of each picture


def main(argv: list[str]) -> None:
    """Look at every photo."""
    args = options().parse_intermixed_args(argv)
    whole("--points", args.points, at_least=1)
    whole("--seed", args.seed)
    number("--ratio", args.ratio, above=0)
    photos, net = photos_of(args), network(args)
    for_each(photos, lambda photo, name: look(net, photo, f"{name}_sphere", args))


def options() -> argparse.ArgumentParser:
    """How far, and how many points."""
    parse = attacking.options("sphere", __doc__)
    add = parse.add_argument
    add("--points", type=int, default=1000, metavar="N", help="random points (1000)")
    add("--ratio", type=float, default=2.0, metavar="R",
        help="how many times as far as the attack (2)")
    add("--seed", type=int, default=0, help="of the random points (0)")
    return parse


def look(net, photo: pathlib.Path, name: str, args) -> None:
    """One photo: attack it, ask around it, draw."""
    x = net.pixels(photo, size=args.size)
    with patiently("the attack"):
        epsilon, record = smallest(net, x, args.epsilon)
    moved, rng = record.adversarial, np.random.default_rng(args.seed)
    around = sphere(net, x, moved, points=args.points, ratio=args.ratio, rng=rng,
                    progress=batches("points"))
    lines_ = [on_line(net, x, to, progress=batches("a line")) for to in (moved, aside(x, moved))]
    flat = in_plane(net, x, moved, progress=batches("the plane"))
    r, told = float(around.radius[0]), int(around.flips[0])
    before, after = (class_name(net, int(k[0])) for k in (record.before, record.after))
    pictures.save(args.out, name, drawn(net, record, epsilon, around, lines_, flat, args), {
        "demo": "sphere",
        "photo": photo.name,
        "model": net.name,
        "answer": before,
        "answer to the attack": after,
        "epsilon": epsilon,
        "l2 of the attack": float(record.l2[0]),
        "points": args.points,
        "flips": told,
        "radius wanted": float(around.wanted[0]),
        "radius reached": r,
        "answers": {class_name(net, int(k)): int(around.answers[0, k])
                    for k in np.flatnonzero(around.answers[0])},
        **provenance.of(args, photo=photo),
    })
    print(f"the attack, {record.l2[0]:.0f} away, ε = {epsilon:g}: {before} → {after}")
    print(f"{told} of {args.points} random points, {r:.0f} away, have another answer "
          f"(wanted {around.wanted[0]:.0f}, before clipping to 0–255)")
    print(f"{args.out / name}.png")


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────


def drawn(net, record, epsilon, around, both, flat, args) -> dict[str, Image.Image]:
    """The sheet, and its plane alone."""
    x, before, after = record.pixels, int(record.before[0]), int(record.after[0])
    to_attack, to_random = both
    example = net.scores(around.example)
    times, move = enlarged_move(record.perturbation)
    first = [
        (f"the photo: {answer(net, record.scores_before)}", pictures.photo(x)),
        (f"the attack: {answer(net, record.scores_after)}", pictures.photo(record.adversarial)),
        (f"its move, ×{times:g}: |η|≤{epsilon:g}, ‖η‖₂ {record.l2[0]:.0f}", move),
        (f"{args.ratio:g} × as far: {answer(net, example)}", pictures.photo(around.example)),
    ]
    first = [(title, pictures.fitted(picture, EDGE)) for title, picture in first]
    most = [k for k in around.answers[0].argsort()[::-1][:4] if around.answers[0, k]]
    shares = [(class_name(net, int(k)), around.answers[0, k] / around.points)
              for k in dict.fromkeys([*most, after])]
    first.append((f"{around.points} such points: {around.flips[0]} flips",
                  answers(shares, record, around)))
    regions, legend = region_picture(net, flat, before)
    second = [
        ("towards the attack", probabilities(net, to_attack, before, after, "attack")),
        ("in a random direction, as far", probabilities(net, to_random, before, after, "as far")),
        ("the loss, − log p of the photo's class", losses(to_attack, to_random)),
        ("in the plane of both: the answers", regions),
        ("with these answers", legend),
    ]
    return {"": pictures.sheet([first, second], tile=None), "plane": pictures.sheet(
        [[("the answers in a plane", regions), ("", legend)]], tile=None)}


def answers(shares, record, around) -> Image.Image:
    """What the points are said to be, and how far away they are."""
    page, tall = Image.new("RGB", (EDGE, EDGE), PAPER), 52
    page.paste(pictures.bars(shares, (EDGE, tall * len(shares))), (0, 0))
    pen, ratio = ImageDraw.Draw(page), around.wanted[0] / record.l2[0]
    for n, text in enumerate((
        f"flips: {around.flips[0]} of {around.points}",
        f"radius wanted: {around.wanted[0]:.0f} = {ratio:.3g} × {record.l2[0]:.0f}",
        f"reached, clipped to 0–255: {around.radius[0]:.0f}",
    )):
        pen.text((0, tall * len(shares) + 8 + 22 * n), text, fill=INK, font=pictures.font())
    return page


def probabilities(net, line, before: int, after: int, there: str) -> Image.Image:
    """How sure the network is of the two classes along one line, and of all others together."""
    p, t = to_numpy(line.probabilities)[0], line.t
    others = 1 - p[:, before] - p[:, after]
    return lines.chart(EDGE, {
        "all others": lines.Curve(t, others, lines.GREY),
        class_name(net, before): lines.Curve(t, p[:, before], lines.BLUE),
        class_name(net, after): lines.Curve(t, p[:, after], lines.RED),
    }, (t[0], t[-1]), (-0.12, 1.03), "lengths of the attack", marks={0: "photo", 1: there})


def losses(to_attack, to_random) -> Image.Image:
    """The loss along both lines."""
    t, most = to_attack.t, max(float(to_attack.losses.max()), float(to_random.losses.max()))
    return lines.chart(EDGE, {
        "towards the attack": lines.Curve(t, to_attack.losses[0], lines.RED),
        "in a random direction": lines.Curve(t, to_random.losses[0], lines.BLUE),
    }, (t[0], t[-1]), (-0.12 * most, 1.03 * most), "lengths of the attack",
        marks={0: "photo", 1: "as far"})


def region_picture(net, flat, usual: int) -> tuple[Image.Image, Image.Image]:
    """The plane, the photo and the attack in it, and the legend."""
    winners = flat.probabilities[0].argmax(axis=-1)[::-1]                   # (T, T), upwards
    inside = EDGE - LEFT - RIGHT
    cells, legend = grids.classes(winners, usual, net, inside)
    half = (flat.t[1] - flat.t[0]) / 2
    reach = flat.t[0] - half, flat.t[-1] + half
    wide = cells.resize((FINE * inside, FINE * inside), Image.Resampling.NEAREST)
    axes = Axes(inside, reach, reach, inside=wide)
    for (x, y), text, fill in (((0, 0), "photo", PAPER), ((1, 0), "attack", lines.RED)):
        axes.dot(x, y, 6, fill)
        across, down = axes.place(x, y)
        axes.pen.text((across, down - 8 * FINE), text, fill=INK, anchor="mb",
                      font=pictures.font(13 * FINE))
    return axes.picture("along the attack", "across: random"), legend
