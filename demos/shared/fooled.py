"""Ways to find fooling images, each with a bar, and what ends it before its time is kept.

Read before: image_run.py.  Read next: fooled_sheet.py.  Used by: demos/evolve.py.
"""

from typing import Any, NamedTuple

import numpy as np

from demos.shared.fooled_sheet import COLUMNS
from demos.shared.image_run import carry_out
from minigrad.backend import to_numpy
from minigrad.techniques.fool.elites import CPPN, DIRECT, Elites, evolve
from minigrad.techniques.fool.fooling import STEPS, fooling
from minigrad.techniques.make.loop import Progress

ENCODINGS = {"cppn": CPPN, "direct": DIRECT}
WAYS = [*ENCODINGS, "ascent"]
CHILDREN = 64  # in a generation


class Found(NamedTuple):
    """What one way has found.

    Attributes:
        way: one of WAYS.
        pixels: by class, (1, 3, H, W).
        genomes: the formulas of those that have one, by class.
        answers: the probability in each picture's file, by class; filled in when it is written.
        moments: what a film needs, if one is wanted.
        steps: generations, or steps of the ascent.
        error: None, or what ended it before its time.
        sure: of how many of all classes the network is sure; of those that breed.
        median: the median of all champions' probabilities, likewise.
        best: the class of the surest one, and its probability, likewise.
        children: in a generation, likewise.
    """

    way: str
    pixels: dict[int, Any]
    genomes: dict[int, Any]
    answers: dict[int, float]
    moments: list[Elites] | list[Progress]
    steps: int
    error: BaseException | None
    sure: int = 0
    median: float = 0.0
    best: tuple[int, float] = (0, 0.0)
    children: int = 0


def bred(net, way: str, classes: list[int], args) -> Found:
    """Breed pictures of all classes; keep those of some, or of the best where none are named."""
    moments = []
    some = classes if 0 < len(classes) < net.class_count else None
    walk = evolve(
        net, encoding=ENCODINGS[way], wanted=some, generations=args.generations,
        children=CHILDREN, rng=np.random.default_rng(args.seed),
    )  # fmt: skip
    ended = carry_out(walk, args.generations, what=way, word="at 99 %",
                      at_each=moments.append if args.film else None)
    now = ended.progress
    if now is None:
        return Found(way, {}, {}, {}, [], 0, ended.error)
    best = (-now.probabilities).argsort(kind="stable")[:COLUMNS]
    shown = classes or [int(k) for k in best]
    genomes = {k: now.genomes[k] for k in shown} if way == "cppn" else {}
    return Found(
        way, {k: now.picture(k) for k in shown}, genomes, {}, moments, now.step, ended.error,
        now.value, float(np.median(now.probabilities)),
        (int(best[0]), float(now.probabilities[best[0]])), CHILDREN,
    )  # fmt: skip


def ascended(net, classes: list[int], args) -> Found:
    """Ascend from noise to each class, a sheet's row of them at a time."""
    pixels, moments, steps = {}, [], 0
    for start in range(0, len(classes), COLUMNS):
        some = classes[start : start + COLUMNS]
        walk = fooling(net, target=some, steps=STEPS,
                       rng=[noise_of(args.seed, k) for k in some])
        ended = carry_out(walk, STEPS, what="ascent", word="score",
                          at_each=moments.append if args.film and not start else None)
        if ended.progress:
            made = to_numpy(ended.progress.pixels)
            pixels |= {k: made[n : n + 1] for n, k in enumerate(some)}
            steps = max(steps, ended.progress.step)
        if ended.error:
            break
    return Found("ascent", pixels, {}, {}, moments, steps, ended.error)


def noise_of(seed: int, k: int) -> np.random.Generator:
    """A generator of this class's own: its noise is the same alone and among others."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,)))
