"""A training run: its recipe, where it stands, and the checkpoint from which it goes on.

A checkpoint holds all that the next step depends on: parameters, momentum, and how many steps were
taken, for every step draws its photos and its dropout from random numbers of its own.  So a run
that was stopped, even in the middle of an epoch, goes on bit for bit as if nothing had happened.

Read before: minigrad/optim.py, techniques/learn/training.py.  Read next: train.py.
"""

import dataclasses
import json
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

import models
from minigrad import optim
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.learn.training import Progress
from models.files import replacing

WARM_UP = 200  # steps


@dataclasses.dataclass(frozen=True)
class Recipe:
    """All that a run depends on besides its photos.

    Attributes:
        photos: how many are shown in an epoch; 0: as many as there are to train on.
        sizes: edge*epochs,…: the photos' edge, in proportions that are stretched to the epochs.
        lr: the highest rate, from which a cosine falls to zero at the end.
        adversary: how far photos are moved against the network's answer, in grey levels; each batch
            then takes two steps, one as it is and one so moved (techniques/learn/training.py).
        began: the epoch in which the rate was last at its highest; above 0 after a warm restart
            (Loshchilov and Hutter 2017, section 3), when rate and sizes began anew.
    """

    model: str = "minivgg"
    epochs: int = 23
    photos: int = 0
    sizes: str = "64*12,96*7,128*4"
    batch: int = 64
    lr: float = 0.06
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    random_seed: int = 0
    adversary: float = 0.0
    began: int = 0

    def __post_init__(self):
        if min(self.epochs, self.batch) < 1 or self.photos < 0 or not self.lr > 0:
            raise ValueError("--epochs, --photos, --batch and --lr must be above zero")
        if not self.adversary >= 0:
            raise ValueError("--adversary is a distance in grey levels: 0 or more")
        try:
            good = min(self._edges()) > 0
        except ValueError:
            good = False
        if not good:
            raise ValueError(f"--sizes {self.sizes!r}: give edge*epochs,…, as in 64*12,96*7")

    def steps(self, photos: int) -> int:
        """How many steps an epoch takes, with so many photos to train on."""
        return max(1, (self.photos or photos) // self.batch)

    def edge(self, epoch: int) -> int:
        """The edge of the photos in an epoch, in pixels."""
        edges = self._edges()
        return edges[(epoch - self.began) * len(edges) // max(1, self.epochs - self.began)]

    def rate(self, each: int) -> Callable[[int], float]:
        """The learning rate as a function of the step, with `each` steps to an epoch."""
        first = self.began * each
        steps = (self.epochs - self.began) * each
        falling = optim.cosine(self.lr, steps, warmup=min(WARM_UP, each))
        return lambda step: falling(step - first)

    def _edges(self) -> list[int]:
        parts = [part.split("*") for part in self.sizes.split(",")]
        return [int(edge) for edge, epochs in parts for _ in range(int(epochs))]


@dataclasses.dataclass
class Run:
    """Where training stands.

    Attributes:
        net: its table and classes; its weights are those of the beginning.
        params: the weights of now, and the running statistics.
        epoch: how many are complete.
        seen: what the steps of the epoch that is under way have shown.
        log: a line for each epoch.
    """

    recipe: Recipe
    net: models.Network
    params: dict[str, Any]
    optimiser: optim.SGD
    epoch: int = 0
    seen: list[Progress] = dataclasses.field(default_factory=list)
    log: list[dict] = dataclasses.field(default_factory=list)


def begin(recipe: Recipe, classes: list[str], device: str) -> Run:
    """Begin at random weights, with batch norm where the network has such a variant."""
    name = recipe.model + "_bn" * (f"{recipe.model}_bn" in models.names())
    net = models.build(name, recipe.random_seed, classes=classes, device=device)
    optimiser = optim.SGD(recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay)
    return Run(recipe, net, dict(net.params), optimiser)


def save(path: pathlib.Path, run: Run) -> None:
    """Write a checkpoint, whole or not at all."""
    arrays = {f"params/{name}": to_numpy(a) for name, a in run.params.items()}
    arrays |= {f"momentum/{name}": to_numpy(a) for name, a in run.optimiser.state.items()}
    note = {
        "recipe": dataclasses.asdict(run.recipe), "classes": run.net.classes,
        "epoch": run.epoch, "seen": run.seen, "log": run.log,
    }
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, note=np.array(json.dumps(note)), **arrays)


def resume(path: pathlib.Path, classes: list[str], given: dict[str, Any], device: str) -> Run:
    """Go on from a checkpoint, by its own recipe and what is given anew.

    Args:
        path: of the checkpoint.
        classes: of the photos.
        given: parts of the recipe.  More `epochs` stretch the same plan; a new `lr` restarts the
            cosine for the epochs to come, and `sizes`, `photos` and `adversary` are theirs.
        device: "cpu" or "cuda".

    Raises:
        FileNotFoundError, ValueError: there is no checkpoint, or one that does not fit.
    """
    note, arrays = _read(path)
    recipe = Recipe(**note["recipe"])
    if given.get("model", recipe.model) != recipe.model:
        raise ValueError(f"{path} is a checkpoint of {recipe.model}, not of {given['model']}")
    if classes != note["classes"]:
        raise ValueError(f"the photos have other classes than {path} was trained on")
    for name in ("batch", "random_seed"):
        if given.get(name, note["recipe"][name]) != note["recipe"][name]:
            raise ValueError(f"{path} has its own {name}, {note['recipe'][name]}: leave yours out")
    if "lr" in given:
        given = given | {"began": note["epoch"]}
        note["seen"] = []
    elif {"sizes", "photos", "adversary"} & set(given):
        raise ValueError(
            "--sizes, --photos and --adversary change at a warm restart: give --lr too, its rate"
        )
    run = begin(dataclasses.replace(recipe, **given), note["classes"], device)
    saved = {name for name in arrays if name.startswith("params/")}
    if saved != {f"params/{name}" for name in run.params}:
        raise ValueError(f"{path} has other layers than {run.net.name} has now: begin anew")
    for name, array in arrays.items():
        kind, _, param = name.partition("/")
        target = run.params if kind == "params" else run.optimiser.state
        target[param] = to_device(array, device)
    run.epoch, run.log = note["epoch"], note["log"]
    run.seen = [Progress(*progress) for progress in note["seen"]]
    return run


def _read(path: pathlib.Path) -> tuple[dict, dict[str, np.ndarray]]:
    try:
        with np.load(path) as file:
            note = json.loads(str(file["note"]))
            return note, {name: file[name] for name in file.files if name != "note"}
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no checkpoint {path}") from None
    except Exception:  # whatever NumPy or JSON stumbled over
        raise ValueError(f"{path} is no checkpoint of python -m demos train") from None
