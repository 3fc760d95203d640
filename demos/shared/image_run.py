"""A run of the image loop from the command line: a bar, a film, and what ends it before its time.

    ended = carry_out(dream(net, x), total)
    ended.progress.pixels                   the last image, whatever happened
    ended.error                             None, or what is to be raised once it is saved

Ctrl-C, memory that is gone and a loop that diverges keep the last good image; where the run can be
resumed, what that takes is kept as well (resuming.py).

Read before: resuming.py.  Used by: the demos that make one picture after another.
"""

import pathlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from minigrad.backend import to_numpy
from minigrad.stopping import saving
from minigrad.techniques.make.loop import Diverged, Progress

FRAMES = 40  # moments of a film


class Ended(NamedTuple):
    """What a run has made, and what ended it.

    Attributes:
        progress: the last step, or None where none was taken.
        film: moments of the way, (3, H, W) bytes each.
        error: None, or what ended it before its time.
    """

    progress: Progress | None
    film: list[np.ndarray]
    error: Diverged | MemoryError | KeyboardInterrupt | None

    @property
    def state(self) -> list[Progress]:
        """What `resuming.written` takes, where the run was stopped; empty where it is whole."""
        return [self.progress] if self.error and self.progress else []


def saved(error: BaseException | None, save: Callable[[], str]) -> None:
    """Save what a run has made, say so, and raise what ended it before its time."""
    with saving():
        said = save()
    if isinstance(error, KeyboardInterrupt):
        raise KeyboardInterrupt(said)
    print(said)
    if error:
        raise error


def carry_out(
    walk: Iterator[Progress], total: int, begun: Progress | None = None, what: str = "",
    film: bool = False, at_each: Callable[[Progress], None] | None = None, word: str = "loss",
) -> Ended:  # fmt: skip
    """Take the steps of a run and show how far it is; what ends it early is kept, not raised.

    Args:
        walk: yields Progress.
        total: steps of the whole run.
        begun: where it was resumed.
        what: the bar's name.
        film: keep moments of the way.
        at_each: called after each step, say to save from time to time.
        word: what the bar calls the value; a loss is the negative of what one wants more of.
    """
    last, frames, error = begun, [], None
    sign = -1 if word == "loss" else 1
    with tqdm(total=total, initial=begun.step if begun else 0, unit="step", desc=what) as bar:
        try:
            for last in walk:
                bar.set_postfix({word: f"{sign * last.value:.4g}"}, refresh=False)
                bar.update()
                if film and last.step % max(1, total // FRAMES) == 0:
                    frames.append(to_numpy(last.pixels)[0].clip(0, 255).astype(np.uint8))
                if at_each:
                    at_each(last)
        except (KeyboardInterrupt, Diverged, MemoryError) as ended:
            error = ended
    return Ended(last, frames, error)


def conclude(ended: Ended, file: pathlib.Path, demo: str) -> None:
    """Say which picture was written, and raise what ended its run before its time."""
    if isinstance(ended.error, KeyboardInterrupt):
        raise KeyboardInterrupt(f"after step {ended.progress.step}: {file}; it goes on with: "
                                f"python -m demos {demo} --resume {file.with_suffix('.json')}")
    print(file)
    if ended.error:
        raise ended.error
