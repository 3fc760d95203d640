"""Networks that are trained one after another, with a bar; Ctrl-C keeps what there is.

Where a run was stopped stands in <name>_state.npz beside its pictures, the weights and the
optimiser's means of each, and --resume FILE.json goes on from there.  Every step has
random numbers of its own, so the end is the same.

Used by: ../embed.py, ../cylinder.py and instance_training.py.  Read before: resuming.py.
"""

import argparse
import math
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from demos.shared import resuming
from demos.shared.resuming import STATE, Stopped
from minigrad.checked import number, whole
from minigrad.optim import Adam
from minigrad.techniques.learn.embedding import embedding
from minigrad.techniques.make.loop import Memory, Progress


class Job(NamedTuple):
    """A network that is to be trained.

    Attributes:
        title: of its bar.
        net: with the weights that it begins with.
        data: what the walk takes behind the network.
        settings: of the walk.
        walk: trains it; None: `embedding`.
        right: what the share is of that a step tells.
    """

    title: str
    net: Any
    data: tuple
    settings: dict
    walk: Callable | None = None
    right: str = "nearest_alike"


class Learned(NamedTuple):
    """How far one has come: step 0 has the weights that it began with."""

    net: Any
    params: dict[str, Any]
    step: int
    loss: float
    state: dict[str, Any]  # the optimiser's


class Ended(NamedTuple):
    """All of them, whether there was a Ctrl-C, and what is to be saved."""

    learned: list[Learned]
    interrupted: bool
    note: dict
    more: dict[str, bytes]

    def say(self, written: pathlib.Path) -> None:
        """Tell what was written; after Ctrl-C, too, and how to go on."""
        if self.interrupted:
            steps = ", ".join(str(one.step) for one in self.learned)
            raise KeyboardInterrupt(f"after {steps} steps; drawn in {written}.png; --resume "
                                    f"{written}.json goes on")
        print(f"{written}.png")


def add_options(parse: argparse.ArgumentParser, steps: int) -> None:
    """Add how long, how fast, from which seed, and --resume."""
    add = parse.add_argument
    add("--steps", type=int, default=steps, metavar="N", help=f"of training ({steps})")
    add("--lr", type=float, default=2e-3, help="the highest rate, Adam's (0.002)")
    add("--seed", type=int, default=0, help="of the weights and batches (0)")
    resuming.add_resume(parse)
    parse.set_defaults(device="cpu")


def run(jobs: list[Job], args, stopped: Stopped | None) -> Ended:
    """Train them all, or until Ctrl-C.

    Args:
        jobs: in their order.
        args: options, with those of `add_options`.
        stopped: the run that this one goes on with.
    """
    whole("--steps", args.steps, at_least=1), number("--lr", args.lr, above=0)
    stood = stopped.stood if stopped else [None] * len(jobs)
    learned = [begin(job, at) for job, at in zip(jobs, stood, strict=True)]
    interrupted = False
    try:
        for n, job in enumerate(jobs):
            for now in steps_of(job, learned[n], args):
                learned[n] = now
    except KeyboardInterrupt:
        interrupted = True
    note = {"interrupted": interrupted, "steps done": [one.step for one in learned],
            "loss of the last step": [one.loss for one in learned if one.step]}
    if stopped:
        note["command"] = stopped.command
    more = {STATE: resuming.written([as_progress(one) for one in learned])} if interrupted else {}
    return Ended(learned, interrupted, note, more)


def steps_of(job: Job, now: Learned, args):
    """Yield where one stands after each step, with a bar."""
    optimiser = Adam()
    optimiser.state |= now.state
    walk = (job.walk or embedding)(
        job.net, *job.data, steps=args.steps, lr=args.lr, random_seed=args.seed,
        params=now.params, begin=now.step, optimiser=optimiser, **job.settings,
    )  # fmt: skip
    with tqdm(total=args.steps, initial=now.step, desc=job.title, unit="step") as bar:
        mean = None
        for trained in walk:
            loss, right = trained.outcome
            mean = right if mean is None else 0.95 * mean + 0.05 * right
            bar.set_postfix({"loss": f"{loss:.4f}", job.right: f"{mean:.0%}"}, refresh=False)
            bar.update()
            yield Learned(job.net, trained.params, trained.step, loss, dict(optimiser.state))


def begin(job: Job, at: Progress | None) -> Learned:
    """The weights that one begins with, or where it stood."""
    if at is None:
        return Learned(job.net, dict(job.net.params), 0, math.nan, {})
    params = {n.removeprefix("params/"): a for n, a in at.memory.arrays.items()
              if n.startswith("params/")}
    state = {n: a for n, a in at.memory.arrays.items() if not n.startswith("params/")}
    return Learned(job.net, params, at.step, at.value, state)


def as_progress(one: Learned) -> Progress | None:
    """Where one stands, as resuming.py writes it; there is no image."""
    if not one.step:
        return None
    arrays = {f"params/{name}": a for name, a in one.params.items()} | one.state
    return Progress(one.step, np.zeros(1), one.loss, Memory(arrays, {}))
