"""The search for patches: a folder of any size passes through a network, some photos at a time.

Workers decode photos, take them as far as the layer and say where each channel fires most; here
their lists become one.  They come in the order of the photos, so that a search that was stopped and
went on ends with the very same numbers as one that was not.

Read before: executor.py, patch_index.py.  Read next: patch_sheet.py.
"""

import contextlib
import functools
import pathlib
import time
from collections.abc import Iterator
from typing import NamedTuple

from tqdm import tqdm

import models
from demos.shared import patch_index
from demos.shared.executor import Crew, in_order
from demos.shared.patch_index import SEEN, UNREADABLE, Index
from minigrad.backend import array_module, to_numpy
from minigrad.command import printable
from minigrad.techniques import strongest_places
from minigrad.techniques.look.patches import Places, merged

BATCH = 16          # photos of one pass
SAVE_EVERY = 60     # seconds


class Pass(NamedTuple):
    """Which network a worker loads, and how far it takes photos of which size through it."""

    model: str
    weights: str
    device: str
    layer: str
    size: int


class Job(NamedTuple):
    """Some photos to look at: their numbers and their files."""

    through: Pass
    numbers: list[int]
    files: list[str]


class Found(NamedTuple):
    """What a worker has found: the places of the photos that it could read, and what is wrong."""

    seen: list[int]
    places: Places | None
    unreadable: dict[int, str]


def look(job: Job) -> Found:
    """The work: photos in, the strongest place of each channel on each of them out."""
    net = loaded(*job.through[:3])
    pixels, unreadable = {}, {}
    for number, file in zip(job.numbers, job.files, strict=True):
        try:
            pixels[number] = net.pixels(file, job.through.size)
        except (OSError, ValueError) as error:
            unreadable[number] = str(error)
    if not pixels:
        return Found([], None, unreadable)
    photos = list(pixels.values())
    batch = array_module(*photos).concatenate(photos)               # (N, 3, H, W)
    places = strongest_places(net, batch, job.through.layer)
    return Found(list(pixels), Places(*map(to_numpy, places)), unreadable)


@functools.lru_cache(maxsize=1)
def loaded(model: str, weights: str, device: str) -> models.Network:
    """A network, loaded once in each worker."""
    return models.load(model, weights, device)


def jobs(index: Index, folder: pathlib.Path, through: Pass) -> Iterator[Job]:
    """Cut what is left to look at into batches."""
    waiting = index.waiting.tolist()
    for start in range(0, len(waiting), BATCH):
        numbers = waiting[start : start + BATCH]
        files = [str(folder.absolute() / index.photos[n].name) for n in numbers]
        yield Job(through, numbers, files)


def added(index: Index, found: Found) -> Index:
    """The index with what a worker has found."""
    state, top, usual = index.state.copy(), index.top, index.usual
    state[found.seen], state[list(found.unreadable)] = SEEN, UNREADABLE
    if found.seen:
        top = merged(top, found.places, found.seen)
        usual = usual.and_of(found.places.value)
    return index._replace(state=state, top=top, usual=usual)


def search(
    index: Index, folder: pathlib.Path, through: Pass, crew: Crew, file: pathlib.Path
) -> Index:
    """Look at all photos that are left, writing the index now and then and at the end.

    Raises:
        KeyboardInterrupt: it was stopped; says how to go on.
        OSError: workers die again and again, or the index cannot be written.
    """
    left = len(index.waiting)
    if not left:
        return index
    patch_index.write(file, index)  # if it cannot be, that is said before the work
    bar = tqdm(total=left, unit="photo", desc=f"{through.layer} on {left:,} photos")
    saved = time.monotonic()
    work = in_order(look, jobs(index, folder, through), crew)
    try:
        with bar, contextlib.closing(work) as results:
            for found in results:
                index = added(index, found)
                bar.update(len(found.seen) + len(found.unreadable))
                for sentence in found.unreadable.values():
                    sentence = sentence.replace(str(folder.absolute()), str(folder))
                    tqdm.write(f"left out: {printable(sentence)}")
                if time.monotonic() - saved > SAVE_EVERY:
                    patch_index.write(file, index)
                    saved = time.monotonic()
    except KeyboardInterrupt:
        done = left - len(index.waiting)
        raise KeyboardInterrupt(
            f"{done:,} of {left:,} photos were looked at; the same command goes on from {file}"
        ) from None
    finally:
        patch_index.write(file, index)
    return index


def cost(files: list[str], through: Pass, repeats: int = 3) -> tuple[float, float]:
    """Seconds of `look`, and of decoding and the plain pass alone, over the same photos, in turns.

    The fastest of so many turns: whatever else runs on a machine only adds.
    """
    net, job = loaded(*through[:3]), Job(through, list(range(len(files))), files)

    def plain():
        photos = [net.pixels(file, through.size) for file in files]
        net(array_module(*photos).concatenate(photos), only=[through.layer])

    seconds = {look: [], plain: []}
    for turn in range(repeats + 1):
        for work, arguments in (look, [job]), (plain, []):
            start = time.perf_counter()
            work(*arguments)
            seconds[work] += [time.perf_counter() - start] if turn else []  # the first warms up
    return min(seconds[look]), min(seconds[plain])
