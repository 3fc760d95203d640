"""Pictures to make: what of, from which random numbers, and the making, with a progress bar."""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from minigrad.backend import to_device, to_numpy
from minigrad.checked import whole
from minigrad.techniques.make.excite import drawable_class, excite_each
from minigrad.techniques.make.loop import Diverged
from minigrad.techniques.make.starts import noise
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
        films: the moments of the first pictures.
        each: steps done, for each picture.
        error: None, or what is to be raised once the pictures are saved.
    """

    pixels: np.ndarray
    films: list[list[np.ndarray]]
    each: list[int]
    error: Diverged | MemoryError | KeyboardInterrupt | None

    @property
    def steps(self) -> int:
        """Steps done for all pictures together."""
        return sum(self.each)


def make(net, wishes, preset, seed: int, photo=None, film: bool = False) -> Made:
    """Make the pictures; Ctrl-C, memory that is gone, or a loop that diverges keeps what there is.

    Args:
        net: a network.
        wishes: what to make.
        preset: the settings.
        seed: of the noise to start from and of all that follows.
        photo: pixels (1, 3, H, W) to start from in place of noise; they keep their size.
        film: keep moments of the first pictures, too.
    """
    edge, sizes = preset.sizes[-1], preset.sizes if photo is None else preset.sizes[-1:]
    rngs = [wish.rng(seed) for wish in wishes]
    now = [
        to_numpy(noise(net, sizes[0], 1, preset.noise, rng)) if photo is None else to_numpy(photo)
        for rng in rngs
    ]
    films = [[resized(image, edge)[0]] for image in now[:FILMED]] if film else []
    total, each, error = preset.steps * len(sizes), [0] * len(wishes), None
    pause = -(-total // FRAMES)  # steps from a moment of the film to the next
    walk = excite_each(
        net, to_device(np.concatenate(now), net.device), [wish.objective for wish in wishes],
        preset=preset, rng=rngs, sizes=sizes,
    )  # fmt: skip
    with tqdm(total=len(wishes) * total, unit="step") as bar:
        try:
            for n, progress in walk:
                now[n], each[n] = progress.pixels, progress.step
                bar.set_postfix(score=f"{progress.value:.1f}", refresh=False)
                bar.update()
                if n < len(films) and progress.step % pause == 0:
                    films[n].append(to_numpy(resized(now[n], edge))[0])
        except (KeyboardInterrupt, Diverged, MemoryError) as ended:  # smaller sizes are done
            error = ended
    made = np.concatenate([to_numpy(resized(image, edge)) for image in now])
    for moments, last, steps in zip(films, made, each, strict=False):
        if steps % pause:
            moments.append(last)  # it ends with the picture as it is
    return Made(made, films, each, error)
