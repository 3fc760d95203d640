r"""The picture that most excites a class, a channel or a unit, from noise or from a photo.

    for progress in excite(net, None, drawable_class(net, k)):
        …                                   # progress.pixels: (1, 3, H, W)

The image loop with the settings of the network's preset: from noise it begins small, where large
shapes are found, and grows (Simonyan et al. 2014, section 2; Yosinski et al. 2015).  Any objective
will do.  Some of them need care, for where an activation is cut off at 0 there is no gradient to
follow: drawable.py asks in front of the relu.

One unit of a feature map sees a part of the image, its receptive field.  Its picture is of one
size, and of that part alone: no other pixel moves.

Read before: presets.py, drawable.py.  Read next: diversity.py, opinion.py.
"""

import itertools
from collections.abc import Iterable, Iterator

from minigrad.backend import array_module
from minigrad.checked import whole
from minigrad.ops.fast import threads
from minigrad.techniques.make.drawable import field_of
from minigrad.techniques.make.grow import grown
from minigrad.techniques.make.loop import Progress, generators, optimize
from minigrad.techniques.make.presets import Preset, preset_for
from minigrad.techniques.make.starts import noise, within, zero
from minigrad.techniques.make.transforms import proportional
from minigrad.techniques.objectives import Objective

OTHERS = 2.0  # weight of log p, which asks for less of the other classes


def excite(
    net, pixels, objective: Objective, *, preset: Preset | None = None, rules=None, rng=None,
    resume: Progress | None = None, **changes,
) -> Iterator[Progress]:  # fmt: skip
    """Run the image loop with a preset's settings, size by size; more of the objective.

    Args:
        net: a network.
        pixels: x₀, (N, 3, H, W), RGB, 0–255, which keep their size unless `sizes` are given too;
            None for noise around the mean colour, of the preset's sizes; for one unit, of the last.
        objective: what one wants more of.
        preset: by default the network's own, `preset_for(net)`.
        rules: {op or Tensor: rule}, as `grad` takes them.
        rng: a random generator for each image, or one that has such children; None: always the
            same.
        resume: a Progress of an earlier run of the same settings, to go on behind it.
        changes: settings in place of the preset's, by the names of Preset's fields.

    Yields:
        Progress after each step, the steps counted through all sizes.

    Raises:
        TypeError, ValueError: a setting is unknown or makes no sense, or see `optimize`.
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    preset = (preset or preset_for(net)).changed(changes)
    sizes = sizes_for(objective, preset) if pixels is None or "sizes" in changes else [None]
    images = len(pixels) if pixels is not None else len(rng) if isinstance(rng, list | tuple) else 1
    rngs = generators(rng, images)
    if pixels is None:
        drawn = [begun(net, objective, preset, rng) for rng in rngs]
        pixels = array_module(*drawn).concatenate(drawn)

    def run(x, resume, n):
        settings = preset.loop_settings(min(x.shape[2:]), n)
        box = _held(x, field_of(net, objective, x.shape[2:]))
        return optimize(
            net, x, objective, **settings, box=box, rules=rules, rng=rngs, resume=resume
        )

    shape = pixels.shape
    edges = [shape[2:] if size is None else proportional(shape, size) for size in sizes]
    return grown(pixels, edges, preset.steps_at(len(sizes)), run, resume)


def sizes_for(objective: Objective, preset: Preset) -> tuple[int, ...]:
    """The sizes to go through: a unit has a place, and so it has the last of them alone."""
    return preset.sizes[-1:] if len(objective.place or ()) == 3 else preset.sizes


def begun(net, objective: Objective, preset: Preset, rng):
    """Noise to begin with, (1, 3, H, W); of a unit, within its receptive field."""
    x = noise(net, sizes_for(objective, preset)[0], 1, preset.noise, rng)
    field = field_of(net, objective, x.shape[2:])
    return x if field is None else within(field, x, zero(net, x.shape[2]))


def _held(x, field):
    """The box of grey levels that leaves the pixels outside of a field as they are."""
    if field is None:
        return 0.0, 255.0
    low, high = x.clip(0, 255), x.clip(0, 255)
    return within(field, 0 * x, low), within(field, 0 * x + 255, high)


# ── Several pictures ────────────────────────────────────────────────────────────────────────────


def excite_each(
    net, pixels, wanted: Iterable[Objective], *, preset=None, rules=None, rng=None, resume=None,
    together: int = 1, **changes,
) -> Iterator[tuple[int, Progress]]:  # fmt: skip
    """Make a picture of each objective, several at a time, and yield (number, Progress).

    Each picture is made by itself, by one thread.  In a batch the network's sums would be rounded
    otherwise, and after a hundred steps a picture has other details; so it is the same, bit for
    bit, alone and in company, on any number of threads.  A GPU, which is parallel by itself, makes
    one picture after another.

    Args:
        net: see `excite`.
        pixels: a start for each picture, (N, 3, H, W), or None for noise.
        wanted: the objectives, N of them.
        preset: see `excite`, as are rules and changes.
        rules: see `excite`.
        rng: a generator for each picture, or one that has such children.
        resume: a list with a Progress, or None, for each objective.
        together: so many pictures share an objective and are made as one batch, for one that
            compares them (diversity.py); there are as many starts and generators more.
        changes: see `excite`.

    Yields:
        (number of the objective, its Progress), a step of every one under way in turn.

    Raises:
        Whatever ends one picture ends all, when each has done the step that it is in and all of
        these are yielded: Diverged, or KeyboardInterrupt.
    """
    wanted, each = list(wanted), whole("together", together, at_least=1)
    rngs = generators(rng, len(wanted) * each)
    if pixels is not None and len(pixels) != len(rngs):
        raise ValueError(f"{len(pixels)} images do not fit {len(wanted)} objectives: "
                         + ("one" if each == 1 else str(each)) + " for each")
    walks = [
        excite(
            net, None if pixels is None else pixels[n * each : (n + 1) * each], objective,
            preset=preset, rules=rules, rng=rngs[n * each : (n + 1) * each],
            resume=resume[n] if resume else None, **changes,
        )
        for n, objective in enumerate(wanted)
    ]  # fmt: skip
    return _side_by_side(walks, threads.count() if net.device == "cpu" else 1)


def _side_by_side(walks, many: int):
    """Take a step of `many` walks at a time, each in a thread: (number, what it yields), …"""
    waiting, under_way, ended = iter(enumerate(walks)), {}, None

    def take_a_step(numbers):
        for n in numbers:
            done[n] = next(under_way[n], None)

    while ended is None:
        under_way.update(itertools.islice(waiting, many - len(under_way)))
        if not under_way:
            return
        done = {}
        try:
            threads.spread(take_a_step, list(under_way))
        except BaseException as error:  # Ctrl-C too: first what the others have done
            ended = error
        for n in sorted(done):
            if done[n] is None:
                del under_way[n]
            else:
                yield n, done[n]
    raise ended
