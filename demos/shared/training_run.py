"""A training run: where it stands, and the checkpoint from which it goes on.

A checkpoint holds all that the next step depends on: parameters, momentum, and how many steps were
taken, for every step draws its photos and its dropout from random numbers of its own.  So a run
that was stopped, even in the middle of an epoch, goes on bit for bit as if nothing had happened.

Read before: techniques/learn/recipe.py.  Read next: train.py.
"""

import contextlib
import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

import models
from minigrad import optim
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.learn.fine_tuning import transferred
from minigrad.techniques.learn.recipe import Recipe
from minigrad.techniques.learn.segment_recipe import SegmentRecipe
from minigrad.techniques.learn.training import Outcome
from models import storage
from models.files import replacing
from models.fold import plain_name

FINE_TUNING = {"epochs": 20, "batch": 16, "lr": 0.02, "body_rate": 0.1}
RESTARTED = {"sizes", "photos", "adversary", "freeze", "body_rate"}  # only at a warm restart


@dataclasses.dataclass
class Run:
    """Where training stands.

    Attributes:
        net: its table and classes; its weights are those of the beginning.
        params: the weights of now, and the running statistics.
        epoch: how many are complete.
        outcomes: of the steps of the epoch that is under way.
        log: a line for each epoch.
        origin: of the weights that it began with, "weights", "sha256" and "licence"; empty where
            they were random.
    """

    recipe: Recipe | SegmentRecipe
    net: models.Network
    params: dict[str, Any]
    optimiser: optim.SGD | optim.Adam
    epoch: int = 0
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)
    log: list[dict] = dataclasses.field(default_factory=list)
    origin: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the network that is written at the end, and of all its files: without batch norms."""
        return plain_name(self.net.name)


def begin(recipe: Recipe, classes: list[str], device: str) -> Run:
    """Begin at random weights, with batch norm where the network has such a variant."""
    name = f"{plain_name(recipe.model)}_bn"
    name = name if name in models.names() else recipe.model
    return _run(recipe, models.build(name, recipe.random_seed, classes=classes, device=device))


def fine_tune(
    path: pathlib.Path, classes: list[str], given: dict[str, Any], device: str
) -> Run:
    """Begin with the weights of a file, for classes of one's own.

    Args:
        path: of the weights.
        classes: of the photos.
        given: parts of the recipe; for the others see FINE_TUNING.
        device: "cpu" or "cuda".

    Raises:
        FileNotFoundError, ValueError: there is no such file, or one that cannot be used.
    """
    found = storage.attributes_of(path)
    source = models.load(given.get("model", found["model"]), path, device=device)
    native = {"model": source.name, "sizes": f"{source.input_size}*1"}
    recipe = Recipe(**{**FINE_TUNING, **native, **given})
    net = models.build(
        source.name, recipe.random_seed, classes, device, attributes=source.attributes
    )
    run = _run(recipe, net)
    run.params = transferred(net, source)
    run.origin = {
        "weights": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": str(found.get("licence", "unknown")),
    }
    return run


def _run(recipe: Recipe, net: models.Network) -> Run:
    optimiser = optim.SGD(recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay)
    return Run(recipe, net, dict(net.params), optimiser)


def save(path: pathlib.Path, run: Run) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OSError: it cannot be written; the sentence names the file and how far it came.
    """
    arrays = {f"params/{name}": to_numpy(a) for name, a in run.params.items()}
    arrays |= {f"momentum/{name}": to_numpy(a) for name, a in run.optimiser.state.items()}
    note = {
        "recipe": dataclasses.asdict(run.recipe), "classes": run.net.classes,
        "epoch": run.epoch, "seen": run.outcomes, "log": run.log, "origin": run.origin,
        "network": run.net.attributes,
    }
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, note=np.array(json.dumps(note)), **arrays)


@contextlib.contextmanager
def resumable(checkpoint: pathlib.Path, run: Run) -> Iterator[None]:
    """At Ctrl-C, write where the run stands, and say how it goes on."""
    try:
        yield
    except KeyboardInterrupt:
        save(checkpoint, run)
        raise KeyboardInterrupt(
            f"--resume {checkpoint} goes on from epoch {run.epoch + 1}, "
            f"step {len(run.outcomes) + 1}"
        ) from None


def save_if_possible(checkpoint: pathlib.Path, run: Run) -> None:
    """Write a checkpoint; where that fails, say so, for training can go on without."""
    try:
        save(checkpoint, run)
    except OSError as error:
        print(f"{error}; training goes on, and tries again")


def protect(out: pathlib.Path, run: Run, resumed: pathlib.Path | None) -> None:
    """Raise ValueError where this run would replace what another run has made."""
    checkpoint, weights = out / f"{run.name}.checkpoint.npz", out / f"{run.name}.h5"
    if resumed and checkpoint.exists() and checkpoint.samefile(resumed):
        return
    if checkpoint.exists():
        there = f"{checkpoint} is there already, {standing(checkpoint)}"
        ways = f"go on with it by --resume {checkpoint}, "
    elif weights.exists():
        there, ways = f"{weights} is there already, a trained network", ""
    else:
        return
    raise ValueError(f"{there}: {ways}give another folder as --out, or replace it by --force")


def standing(path: pathlib.Path) -> str:
    """Say in words how far the run of a checkpoint has come."""
    try:
        note, _ = read(path)
        return f"of a run that has done {note['epoch']} of {note['recipe']['epochs']} epochs"
    except ValueError:
        return "which cannot be read as a checkpoint"


def resume(path: pathlib.Path, classes: list[str], given: dict[str, Any], device: str) -> Run:
    """Go on from a checkpoint, by its own recipe and what is given anew.

    Args:
        path: of the checkpoint.
        classes: of the photos.
        given: parts of the recipe.  More `epochs` stretch the same plan; a new `lr` restarts the
            cosine for the epochs to come, and what RESTARTED lists is theirs.
        device: "cpu" or "cuda".

    Raises:
        FileNotFoundError, ValueError: there is no checkpoint, or one that does not fit.
    """
    note, arrays = read(path)
    recipe = Recipe(**note["recipe"])
    if plain_name(given.get("model", recipe.model)) != plain_name(recipe.model):
        raise ValueError(f"{path} is a checkpoint of {recipe.model}, not of {given['model']}")
    if classes != note["classes"]:
        raise ValueError(f"the photos have other classes than {path} was trained on")
    for name in ("batch", "random_seed"):
        if given.get(name, note["recipe"][name]) != note["recipe"][name]:
            raise ValueError(f"{path} has its own {name}, {note['recipe'][name]}: leave yours out")
    if "lr" in given:
        given = given | {"began": note["epoch"]}
        note["seen"] = []
    elif fixed := RESTARTED & set(given):
        option = min(fixed).replace("_", "-")
        raise ValueError(f"--{option} changes at a warm restart: give --lr too, its rate")
    recipe = dataclasses.replace(recipe, **given | {"model": recipe.model})
    run = begin(recipe, classes, device)
    if note.get("origin"):
        attributes, run.origin = note["network"], note["origin"]
        run.net = models.build(
            attributes["model"], recipe.random_seed, classes, device, attributes=attributes
        )
        run.params = dict(run.net.params)
    restore(run, note, arrays, path)
    return run


def restore(run: Run, note: dict, arrays: dict[str, np.ndarray], path: pathlib.Path) -> None:
    """Bring a run to where a checkpoint's stood.

    Raises:
        ValueError: it has other parameters.
    """
    saved = {name for name in arrays if name.startswith("params/")}
    if saved != {f"params/{name}" for name in run.params}:
        raise ValueError(f"{path} has other layers than {run.net.name} has now: begin anew")
    for name, array in arrays.items():
        kind, _, param = name.partition("/")
        target = run.params if kind == "params" else run.optimiser.state
        target[param] = to_device(array, run.net.device) if array.ndim else array.item()
    run.epoch, run.log = note["epoch"], note["log"]
    run.outcomes = [Outcome(*outcome) for outcome in note["seen"]]


def read(path: pathlib.Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Read a checkpoint: what it notes, and its arrays by name.

    Raises:
        FileNotFoundError, ValueError: there is none, or it is another file.
    """
    try:
        with np.load(path) as file:
            note = json.loads(str(file["note"]))
            return note, {name: file[name] for name in file.files if name != "note"}
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no checkpoint {path}") from None
    except Exception:  # whatever NumPy or JSON stumbled over
        raise ValueError(f"{path} is no checkpoint of python -m demos train") from None
