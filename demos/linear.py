"""Why so little is enough: ten numbers by hand, and what the same step does to more of them.

Ten numbers, ten weights, half a step each: a linear classifier that says "class 1 with 5 %" says
"with 88 %" (Stanford's CS231n, 2016, lecture 9).  On the right the same ε in more and more
dimensions: an attack grows with their number n, noise of the same size with √n only.

    python -m demos linear
    python -m demos linear --epsilon 0.2 --samples 500

It is drawn for weights from a normal distribution: dots are means over samples, lines are ε n m and
ε √n σ.  The mark at 49,152 is a photo of 128 × 128 in three colours.
"""

import argparse

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import lettering, lines, pictures, provenance
from demos.shared.command import parser
from demos.shared.lines import BLUE, GREY, RED
from demos.shared.patience import patiently
from demos.shared.pictures import INK, PAPER
from minigrad.checked import whole
from minigrad.techniques.fool.linear import (
    EPSILON,
    W,
    X,
    gains_by_dimension,
    linear_attack,
    linear_score,
    sigmoid,
)

STEP, HIGH, LEFT, EDGE = 52, 130, 8, 440  # pixels: from bar to bar, a row of bars, its name
PHOTO = 3 * 128 * 128
DIMENSIONS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)


def main(argv: list[str]) -> None:
    """Count, draw, and tell it in words."""
    args = options().parse_args(argv)
    seed = whole("--seed", args.seed)
    moved = linear_attack(X, W, args.epsilon)
    scores = [linear_score(x, W) for x in (X, moved)]
    told = [(s, sigmoid(s)) for s in scores]
    with patiently("more dimensions"):
        gains = gains_by_dimension(DIMENSIONS, epsilon=args.epsilon, samples=args.samples,
                                   rng=np.random.default_rng(seed))
    sheet = pictures.sheet([[
        (f"ten numbers, each moved by ε = {args.epsilon:g} in the direction of its weight",
         by_hand(moved, told, args.epsilon)),
        ("the same ε in n dimensions: how far the score moves", with_more(gains)),
    ]], tile=None)
    pictures.save(args.out, "linear", {"": sheet}, {
        "demo": "linear",
        "score and probability before": told[0],
        "after": told[1],
        "n": gains.n.tolist(),
        "gain of the attack": gains.attack.tolist(),
        "gain of random signs (root mean square)": gains.random.tolist(),
        **provenance.of(args),
    })
    (s, p), (t, q) = told
    print(f"the score goes from {s:g} to {t:g}, the probability of class 1 from {p:.4f} to {q:.4f}")
    print(f"in {gains.n[-1]:,} dimensions the attack moves it by {gains.attack[-1]:,.0f}, "
          f"random signs by {gains.random[-1]:,.0f}")
    print(args.out / "linear.png")


def options() -> argparse.ArgumentParser:
    """How far, and how often it is drawn."""
    parse = parser("linear", __doc__, looks=False)
    add = parse.add_argument
    add("--epsilon", type=float, default=EPSILON, metavar="E", help="how far each number moves (½)")
    add("--samples", type=int, default=100, metavar="N", help="weights drawn for each n (100)")
    add("--seed", type=int, default=0, help="of the weights (0)")
    return parse


def by_hand(moved, told, epsilon: float) -> Image.Image:
    """x, w and x̃ as bars with their numbers, and the two scores."""
    wide = LEFT + STEP * len(X) + 40
    rows = [("x", X, BLUE), ("w", W, GREY), ("x + ε sign w", moved, RED)]
    page = Image.new("RGB", (wide, HIGH * len(rows) + 96), PAPER)
    pen, most = ImageDraw.Draw(page), float(max(abs(X).max(), abs(moved).max()))
    for n, (name, values, colour) in enumerate(rows):
        top = HIGH * n
        pen.text((LEFT, top + 2), name, fill=colour, font=lettering.font(16))
        bars(pen, top, values, colour, most, ghost=X if n == 2 else None)
    for n, ((score, p), name, colour) in enumerate(
        zip(told, ("x", "x + ε sign w"), (BLUE, RED), strict=True)
    ):
        at, size = HIGH * len(rows) + 10 + 42 * n, lettering.font(18)
        pen.text((LEFT, at), f"⟨w, {name}⟩ = {signed(score)}", fill=colour, font=size)
        pen.text((LEFT + 220, at), f"P(class 1) = {p:.4f}", fill=colour, font=size)
        left = LEFT + 425
        pen.rectangle((left, at + 3, left + 130, at + 19), outline=INK)
        pen.rectangle((left, at + 3, left + round(130 * p), at + 19), fill=colour)
    return page


def bars(pen, top: int, values, colour, most: float, ghost=None) -> None:
    """Ten bars around their zero, each with its number; `ghost` is drawn as an outline behind."""
    zero, unit = top + HIGH / 2, (HIGH / 2 - 22) / most
    pen.line((LEFT, zero, LEFT + STEP * len(values), zero), fill=INK)
    for i, value in enumerate(values):
        left, right = LEFT + STEP * i + 10, LEFT + STEP * i + STEP - 10
        up, down = sorted((zero - unit * value, zero))
        pen.rectangle((left, up, right, down), fill=colour)
        if ghost is not None:
            up, down = sorted((zero - unit * ghost[i], zero))
            pen.rectangle((left - 4, up, right + 4, down), outline=BLUE, width=1)
        ends = [value] if ghost is None else [value, ghost[i]]
        if value >= 0:
            at, anchor = zero - unit * max(ends) - 3, "mb"
        else:
            at, anchor = zero - unit * min(ends) + 3, "mt"
        pen.text(((left + right) / 2, at), signed(value), fill=INK, font=lettering.font(15),
                 anchor=anchor)


def signed(value: float) -> str:
    """A number with a minus sign that is one."""
    return f"{value:.4g}".replace("-", "−")


def with_more(gains) -> Image.Image:
    """What the score gains, against the number of dimensions: sampled, and in closed form."""
    low = float(min(gains.random.min(), gains.attack.min(), gains.random_expected.min())) / 2
    high = 2 * float(gains.attack.max())
    n = gains.n
    return lines.chart(EDGE, {
        "ε sign w:  ε ‖w‖₁ ≈ ε n m": lines.Curve(n, gains.attack_expected, RED),
        "random signs:  ε ‖w‖₂ ≈ ε √n σ": lines.Curve(n, gains.random_expected, BLUE),
        "_attack": lines.Curve(n, gains.attack, RED, dots=True),
        "_random": lines.Curve(n, gains.random, BLUE, dots=True),
    }, (1.0, 1e6), (low, high), "n, the number of dimensions", "the score moves by",
        marks={PHOTO: "a photo"}, log=True)
