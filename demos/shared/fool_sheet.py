"""The sheet of an attack: the photo, what was added, what came of it, and chance beside it.

Used by: demos/fool.py.
"""

import io
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from demos.shared import handout, pictures
from demos.shared.command import top
from demos.shared.handout import Card, Figure
from minigrad.backend import to_numpy
from minigrad.techniques import Attack, Attacked
from models.classes import class_name

QUALITY = 90  # of the JPEG
NAMES = {"linf": "L∞", "l2": "L2", "l1": "L1"}
BY_CHANCE = {"linf": "random signs", "l2": "a random direction", "l1": "one random pixel"}


class Outcome(NamedTuple):
    """One photo's attack, and all that it is held against.

    Attributes:
        net: the network.
        attack: which.
        epsilon: ε, or None for an attack that has none.
        norm: in which random control and perturbation are equally long.
        record: what came of it.
        png: the picture as it was written to a file and read back.
        jpeg: the same, of quality 90.
        control: a random move of the same size.
        survival: under which share of `draws` transformations it still fools.
        draws: how many.
        on: what another network makes of it: (network, record), or None.
    """

    net: Any
    attack: Attack
    epsilon: float | None
    norm: str
    record: Attacked
    png: Attacked
    jpeg: Attacked
    control: Attacked
    survival: float
    draws: int
    on: tuple[Any, Attacked] | None


def first(net, scores) -> str:
    """The likeliest class and its probability: scores (1, K) → "golf ball 98 %"."""
    (name, p), = top(net, scores, 1)
    return f"{name} {p:.0%}"


def headline(made: Outcome) -> str:
    """From which answer to which; where it failed, what was not reached."""
    record = made.record
    before, after = (first(made.net, s) for s in (record.scores_before, record.scores_after))
    if record.success[0]:
        return f"{before} → {after}"
    if record.target is None:
        return f"{before} stays {after}"
    return f"{before} becomes {after}, not {class_name(made.net, int(record.target[0]))}"


def sheet(made: Outcome) -> Image.Image:
    """Four cards under a headline."""
    record, net = made.record, made.net
    times = enlargement(record.perturbation)
    cards = [
        Card("the photo, x", with_bars(net, record.pixels, record.scores_before)),
        Card(f"the perturbation η, {times} ×",
             pictures.fitted(pictures.photo(128 + times * to_numpy(record.perturbation)), 256),
             made.attack.equation, f"{made.attack.name}, {made.attack.source}", sizes(made)),
        Card("the result, x + η", with_bars(net, record.adversarial, record.scores_after),
             figures=tests(made)),
        Card(f"chance: x + {BY_CHANCE[made.norm]}",
             with_bars(net, made.control.pixels + made.control.perturbation,
                       made.control.scores_after),
             figures=(norms(made.control),
                      (Figure(f"now {first(net, made.control.scores_after)}"),))),
    ]  # fmt: skip
    return handout.page(f"{headline(made)}  ({net.name})", cards, 4, footer(made))


def with_bars(net, pixels, scores) -> Image.Image:
    """A picture, and below it the three likeliest classes."""
    picture = pictures.fitted(pictures.photo(pixels), handout.WIDTH)
    bars = pictures.bars(top(net, scores, 3), (handout.WIDTH, 108))
    page = Image.new("RGB", (handout.WIDTH, picture.height + bars.height), pictures.PAPER)
    page.paste(picture, (0, 0))
    page.paste(bars, (0, picture.height))
    return page


def enlargement(eta) -> int:
    """By which whole number a perturbation is multiplied to be seen around grey."""
    return max(1, int(127 / pictures.scale_of(eta)))


def sizes(made: Outcome) -> tuple[tuple[Figure, ...], ...]:
    """ε, and how long the perturbation is."""
    each = (Figure(f"{root_mean_square(made.record):.1f} grey levels on average"),)
    if made.epsilon is None:
        return norms(made.record), each
    return (Figure(f"ε = {made.epsilon:g}, {NAMES[made.norm]}"),), norms(made.record), each


def norms(record: Attacked) -> tuple[Figure, Figure]:
    """The two norms that everybody reports."""
    return Figure(f"‖η‖∞ {record.linf[0]:.3g}"), Figure(f"‖η‖₂ {record.l2[0]:,.0f}")


def root_mean_square(record: Attacked) -> float:
    """‖η‖₂ / √n of the first photo, grey levels for each of its n numbers."""
    return float(record.l2[0] / np.sqrt(record.pixels[0].size))


def tests(made: Outcome) -> tuple[tuple[Figure, ...], ...]:
    """Whether it lives on as bytes, as a JPEG, under other hands, and before another network."""
    lines = [
        judged(made.net, "PNG", made.png), judged(made.net, f"JPEG {QUALITY}", made.jpeg),
        Figure(f"moved, rescaled: {made.survival:.0%} of {made.draws}",
               1 if made.survival >= 0.5 else -1),
    ]  # fmt: skip
    if made.on:
        judge, record = made.on
        lines.append(Figure(f"{judge.name}: {first(judge, record.scores_after)}",
                            1 if record.success[0] else -1))
    return tuple((line,) for line in lines)


def judged(net, what: str, record: Attacked) -> Figure:
    """What is said of the picture then, with a tick where it still fools."""
    return Figure(f"{what}: {first(net, record.scores_after)}", 1 if record.success[0] else -1)


def footer(made: Outcome) -> list[str]:
    """What the marks mean, and what another network said before."""
    lines = ["η is shown around grey.  ✓ it still fools, ✗ it does not: as whole grey levels in "
             f"a file, as a JPEG of quality {QUALITY}, and in most cases when shifted by up to a "
             "sixteenth of its edge, scaled by up to 10 % and seen in a little noise."]
    if made.on:
        judge, record = made.on
        lines.append(f"{judge.name}, which the attack did not ask, says of the photo: "
                     f"{first(judge, record.scores_before)}.")
    return lines


def strip(net, records: dict[float, Attacked]) -> Image.Image:
    """The same attack at several ε, beside each other: the pictures, and what was added."""
    shown = [
        (f"ε = {epsilon:g}: {first(net, record.scores_after)}",
         pictures.photo(record.adversarial))
        for epsilon, record in records.items()
    ]  # fmt: skip
    largest = list(records.values())[-1].perturbation
    times = enlargement(largest)
    added = [
        (f"η, {times} ×", pictures.photo(128 + times * to_numpy(record.perturbation)))
        for record in records.values()
    ]
    return pictures.sheet([shown, added])


def jpeg(picture: Image.Image) -> bytes:
    """A picture as a JPEG file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
