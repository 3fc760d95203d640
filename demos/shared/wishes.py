"""Pictures to make: what of, from which random numbers, and the making, with a progress bar."""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from minigrad.backend import to_device, to_numpy
from minigrad.checked import whole
from minigrad.techniques.make.drawable import drawable_class
from minigrad.techniques.make.excite import begun, excite_each, sizes_for
from minigrad.techniques.make.loop import Diverged, Progress
from minigrad.techniques.make.transforms import resized
from minigrad.techniques.objectives import Objective

FRAMES, FILMED = 24, 4  # moments of a film, and the pictures that it shows


class Wish(NamedTuple):
    """One picture to make.

    Attributes:
        name: what of, in words.
        objective: what of, as a number.
        number: of the class or the channel.
        k: the class that the picture shall show, if it is one.
        copy: which of several pictures of the same it is.
    """

    name: str
    objective: Objective
    number: int
    k: int | None = None
    copy: int = 0

    def rng(self, seed: int) -> np.random.Generator:
        """A generator of this picture's own: it is the same alone and among others.

        Raises:
            ValueError: the seed is negative.
        """
        key = self.number, self.copy
        return np.random.default_rng(np.random.SeedSequence(whole("--seed", seed), spawn_key=key))


def of_class(net, k: int, name: str) -> Wish:
    """A picture of a class."""
    return Wish(name, drawable_class(net, k), k, k)


class Made(NamedTuple):
    """What was made, and what ended it before its time.

    Attributes:
        pixels: (N, 3, H, W), a picture for each wish; without a step done it is only its start.
        films: the moments of the first pictures, from the start to the picture itself.
        each: steps done, for each picture.
        error: None, or what is to be raised once the pictures are saved.
        stood: where each run stood, or None for one that was not begun (resuming.py).
    """

    pixels: np.ndarray
    films: list[list[np.ndarray]]
    each: list[int]
    error: Diverged | MemoryError | KeyboardInterrupt | None
    stood: list[Progress | None]

    @property
    def steps(self) -> int:
        """Steps done for all pictures together."""
        return sum(self.each)

    @property
    def state(self) -> list[Progress | None]:
        """What `resuming.written` takes, where the run was stopped; empty where it is whole."""
        return self.stood if self.error and any(self.stood) else []


def make(
    net, wishes, preset, seed: int, photo=None, film: bool = False, stood=None, together: int = 1,
    what: str = "",
) -> Made:  # fmt: skip
    """Make the pictures; Ctrl-C, memory that is gone, or a loop that diverges keeps what there is.

    Args:
        net: a network.
        wishes: what to make.
        preset: the settings.
        seed: of the noise to start from and of all that follows.
        photo: pixels (1, 3, H, W) to start from in place of noise; they keep their size.
        film: keep moments of the first pictures, too.
        stood: where the runs stood when they were stopped, to go on from there.
        together: so many wishes after one another are one run, with the first one's objective.
        what: the bar's name.
    """
    edge, wanted = preset.sizes[-1], [wish.objective for wish in wishes[::together]]
    sizes = sizes_for(wanted[0], preset) if photo is None else preset.sizes[-1:]
    rngs = [wish.rng(seed) for wish in wishes]
    now = [
        to_numpy(begun(net, wish.objective, preset, rng) if photo is None else photo)
        for wish, rng in zip(wishes, rngs, strict=True)
    ]
    start, stood = np.concatenate(now), list(stood or [None] * len(wanted))
    for n, run in enumerate(stood):
        if run:
            now[n * together : (n + 1) * together] = np.split(to_numpy(run.pixels), together)
    films = [[resized(image, edge)[0]] for image in now[:FILMED]] if film else []
    total, error = sum(preset.steps_at(len(sizes))), None
    pause = -(-total // FRAMES)  # steps from a moment of the film to the next
    walk = excite_each(
        net, to_device(start, net.device), wanted, preset=preset, rng=rngs, sizes=sizes,
        resume=list(stood), together=together,
    )  # fmt: skip
    done = sum(run.step for run in stood if run)
    with tqdm(total=len(wanted) * total, initial=done, unit="step", desc=what or None) as bar:
        try:
            for n, stood[n] in walk:
                mine = range(n * together, (n + 1) * together)
                for m, image in zip(mine, stood[n].pixels, strict=True):
                    now[m] = image[None]
                    if m < len(films) and stood[n].step % pause == 0:
                        films[m].append(to_numpy(resized(now[m], edge))[0])
                bar.set_postfix(score=f"{stood[n].value:.1f}", refresh=False)
                bar.update()
        except (KeyboardInterrupt, Diverged, MemoryError) as ended:  # smaller sizes are done
            error = ended
    made = np.concatenate([to_numpy(resized(image, edge)) for image in now])
    each = [stood[n // together].step if stood[n // together] else 0 for n in range(len(wishes))]
    for moments, last, steps in zip(films, made, each, strict=False):
        if steps % pause:
            moments.append(last)  # it ends with the picture as it is
    return Made(made, films, each, error, stood)
