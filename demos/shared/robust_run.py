"""Many photos under attack, a few at a time: workers attack them, here it is put together.

A worker reads a few photos, keeps those it can read, and says for each attack and ε which are still
right.  Photos come in an order that is drawn, so that a run that was stopped has seen some of all
classes.  Each photo draws from a generator of its own, whoever attacks it and beside which others.

Read before: executor.py.  Used by: ../robust.py.
"""

import contextlib
import pathlib
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import models
from demos.shared import provenance
from demos.shared.album import of_known_classes, some
from demos.shared.command import model_of
from demos.shared.executor import Crew, crew_of, in_order
from demos.shared.patch_search import loaded
from minigrad.backend import array_module
from minigrad.command import printable
from minigrad.techniques.fool.defences import defence_accuracy
from minigrad.techniques.fool.gradient_sign import bim, momentum_attack
from minigrad.techniques.fool.robustness import (
    Curve,
    at_each,
    by_fgsm,
    by_pgd,
    by_random_signs,
    robust_accuracy,
)
from models import storage
from models.classes import class_name

BATCH = 8  # photos of one job: some seconds


class Network(NamedTuple):
    """Which network a worker loads, and what it is called beside another."""

    model: str
    weights: str
    device: str
    name: str


class Photo(NamedTuple):
    """A file, its place in the order, and the number of the class that its folder names."""

    file: pathlib.Path
    number: int
    k: int


class Job(NamedTuple):
    """Some photos to attack."""

    network: Network
    photos: list[Photo]
    plan: "Plan"


class Plan(NamedTuple):
    """What is done to photos: attacks at each ε, or defences at the first.

    Attributes:
        attacks: names of `curve`; without any, the defences are tried.
        epsilons: in grey levels, rising, the first of them 0 where there are attacks.
        steps: of an attack that takes several.
        seed: of all that is drawn.
    """

    attacks: tuple[str, ...]
    epsilons: tuple[float, ...]
    steps: int
    seed: int


class Found(NamedTuple):
    """What a job has found.

    Attributes:
        photos: those that could be read.
        right: by attack, (rows, N) bool.
        unreadable: a sentence for each that could not.
    """

    photos: list[Photo]
    right: dict[Any, np.ndarray]
    unreadable: list[str]


CURVES = ("random", "fgsm", "pgd", "bim", "momentum")
TITLES = {"random": "random signs", "fgsm": "FGSM", "pgd": "PGD", "bim": "BIM",
          "momentum": "momentum"}  # fmt: skip


def curve(name: str, steps: int) -> Curve:
    """The attack of that name, as a curve."""
    return {
        "random": by_random_signs, "fgsm": by_fgsm, "pgd": by_pgd(steps), "bim": at_each(bim),
        "momentum": at_each(momentum_attack, steps=steps),
    }[name]


def look(job: Job) -> Found:
    """The work: photos in, which of them are still right out."""
    net, plan = loaded(*job.network[:3]), job.plan
    pixels, photos, unreadable = [], [], []
    for photo in job.photos:
        try:
            pixels.append(net.pixels(photo.file))
            photos.append(photo)
        except (OSError, ValueError) as error:
            unreadable.append(str(error))
    if not photos:
        return Found([], {}, unreadable)
    x, y = array_module(*pixels).concatenate(pixels), np.array([photo.k for photo in photos])
    rngs = [np.random.default_rng((plan.seed, photo.number)) for photo in photos]
    if plan.attacks:
        attacks = {name: curve(name, plan.steps) for name in plan.attacks}
        right = robust_accuracy(net, x, labels=y, attacks=attacks, epsilons=plan.epsilons, rng=rngs)
    else:
        behind = defence_accuracy(net, x, labels=y, epsilon=plan.epsilons[0], steps=plan.steps,
                                  rng=rngs[0])
        right = {(name, what): row[None] for name, rows in behind.items()
                 for what, row in rows.items()}
    return Found(photos, right, unreadable)


def attacked(network: Network, photos: list[Photo], plan: Plan, crew: Crew) -> Iterator[Found]:
    """Yield what the jobs find, with a bar and a word for each photo that cannot be read."""
    parts = [photos[i : i + BATCH] for i in range(0, len(photos), BATCH)]
    work = in_order(look, (Job(network, part, plan) for part in parts), crew)
    bar = tqdm(total=len(photos), unit="photo", desc=network.name)
    with bar, contextlib.closing(work) as results:
        for part, found in zip(parts, results, strict=False):
            for sentence in found.unreadable:
                tqdm.write(f"left out: {printable(sentence)}", file=sys.stderr)
            yield found
            bar.update(len(part))


def together(parts: list[Found]) -> Found:
    """What several jobs have found, as one."""
    parts = [part for part in parts if part.photos]
    photos = [photo for part in parts for photo in part.photos]
    names = parts[0].right if parts else ()
    right = {name: np.concatenate([part.right[name] for part in parts], axis=1) for name in names}
    return Found(photos, right, [])


# ── Photos and networks ─────────────────────────────────────────────────────────────────────────


def labelled(net, args, count: int | None) -> list[Photo]:
    """Photos with the class of their folder, in an order that is drawn; so many of them.

    Raises:
        ValueError: there are no class folders, or none that the network knows.
    """
    known = of_known_classes(net, str(args.folder))
    if known[0][1] is None:
        raise ValueError(f"{args.folder} holds photos and no class folders: what is right on a "
                         "photo is told by the folder that it lies in, dog/*.jpg")
    unknown = {f.name for f in args.folder.iterdir() if f.is_dir() and f.name[0] != "."}
    if unknown := sorted(unknown - {file.parent.name for file, _ in known}):
        print(f"left out: {some(unknown)}: no photos, or no class of {net.name}")
    order = np.random.default_rng(args.seed).permutation(len(known)).tolist()
    return [Photo(known[i][0].absolute(), i, known[i][1]) for i in order[:count]]


def beside(args, net, photos: list[Photo]) -> list[tuple[Network, object, list[Photo]]]:
    """The network, and the other one: (for the workers, itself, the photos with its numbers)."""
    files = [pathlib.Path(provenance.weights_of(args))]
    files += [pathlib.Path(args.beside)] if args.beside else []
    names = [file.stem for file in files]
    if len(set(names)) < len(names):
        names = [str(file) for file in files]
    seen = []
    for file, name in zip(files, names, strict=True):
        model = storage.model_of(file) if seen else model_of(args)
        one = models.load(model, path=file, device=args.device) if seen else net
        k = {class_name(one, k): k for k in range(one.class_count)}
        if unknown := [n for n in {class_name(net, p.k) for p in photos} if n not in k]:
            raise ValueError(f"{file} knows no {some(sorted(unknown))}: both networks take the "
                             "same classes")
        own = [photo._replace(k=k[class_name(net, photo.k)]) for photo in photos]
        seen.append((Network(model, str(file.absolute()), args.device, name), one, own))
    return seen


def run(network: Network, photos: list[Photo], plan: Plan, args) -> tuple[Found, bool]:
    """Attack the photos: what was found, and whether the run was stopped."""
    parts, stopped = [], False
    try:
        for found in attacked(network, photos, plan, crew_of(args)):
            parts.append(found)
    except KeyboardInterrupt:
        stopped = True
    found = together(parts)
    if len(found.photos) < 2 and not stopped:
        raise ValueError(f"{args.folder}: {len(found.photos)} of its photos can be read, and a "
                         "curve with an interval takes two")
    return found, stopped
