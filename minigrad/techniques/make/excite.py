r"""The picture that most excites a class, a channel or a unit, from noise or from a photo.

    for progress in excite(net, None, drawable_class(net, k)):
        …                                   # progress.pixels: (1, 3, H, W)

The image loop with the settings of the network's preset: from noise it begins small, where large
shapes are found, and grows (Simonyan et al. 2014, section 2; Yosinski et al. 2015).  Any objective
will do.  Two of them need care, for where an activation is cut off at 0 there is no gradient to
follow: drawable_class and drawable_channel ask in front of the relu.

Read before: presets.py.  Read next: opinion.py.
"""

import itertools
from collections.abc import Iterable, Iterator

from minigrad.backend import array_module
from minigrad.checked import whole
from minigrad.ops.fast import threads
from minigrad.techniques import objectives
from minigrad.techniques.make.grow import grown
from minigrad.techniques.make.loop import Progress, generators, optimize
from minigrad.techniques.make.presets import Preset, preset_for
from minigrad.techniques.make.starts import noise
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
            None for noise around the mean colour, of the preset's sizes.
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
    sizes = preset.sizes if pixels is None or "sizes" in changes else [None]
    images = len(pixels) if pixels is not None else len(rng) if isinstance(rng, list | tuple) else 1
    rngs = generators(rng, images)
    if pixels is None:
        drawn = [noise(net, sizes[0], 1, preset.noise, rng) for rng in rngs]
        pixels = array_module(*drawn).concatenate(drawn)

    def run(x, resume):
        settings = preset.loop_settings(min(x.shape[2:]))
        return optimize(net, x, objective, **settings, rules=rules, rng=rngs, resume=resume)

    shape = pixels.shape
    edges = [shape[2:] if size is None else proportional(shape, size) for size in sizes]
    return grown(pixels, edges, preset.steps, run, resume)


# ── Several pictures ────────────────────────────────────────────────────────────────────────────


def excite_each(
    net, pixels, wanted: Iterable[Objective], *, preset=None, rules=None, rng=None, resume=None,
    **changes,
) -> Iterator[tuple[int, Progress]]:
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
        resume: a list with a Progress, or None, for each picture.
        changes: see `excite`.

    Yields:
        (number of the picture, its Progress), a step of every picture under way in turn.

    Raises:
        Whatever ends one picture ends all, when each has done the step that it is in and all of
        these are yielded: Diverged, or KeyboardInterrupt.
    """
    wanted = list(wanted)
    rngs = generators(rng, len(wanted))
    if pixels is not None and len(pixels) != len(wanted):
        raise ValueError(f"{len(pixels)} images do not fit {len(wanted)} objectives: one for each")
    walks = [
        excite(
            net, None if pixels is None else pixels[n : n + 1], objective,
            preset=preset, rules=rules, rng=rngs[n : n + 1],
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


# ── Objectives that can be drawn ────────────────────────────────────────────────────────────────


def drawable_class(net, k: int) -> Objective:
    """The score of a class, and twice the logarithm of its probability.

    The score is what is drawn (Simonyan et al. 2014, section 2).  But a weak class's score may
    rise most by what excites a stronger neighbour even more, and the second term then asks for the
    difference.

    Where the score comes through a relu and a mean, as SqueezeNet's, it is the mean of the map
    before the relu: a class that is off in the blank image would have no gradient.
    """
    layer = _before(net, net.score_layer, "GlobalAvgPool", "Relu")
    if layer == net.score_layer:
        return objectives.class_score(k) - OTHERS * objectives.cross_entropy(k)
    _, height, width = net.output_shapes(until=layer)[layer]
    return (1 / (height * width)) * objectives.channel(layer, k)


def drawable_channel(net, layer: str, c: int) -> Objective:
    """A channel of a layer, before its relu.

    Raises:
        ValueError: there is no such layer or channel.
    """
    count = channel_count(net, layer)
    if whole(f"the number of a channel of {layer}", c) >= count:
        raise ValueError(f"{layer} has channels 0 … {count - 1}, not {c}")
    return objectives.channel(_before(net, layer, "Relu"), c)


def channel_count(net, layer: str) -> int:
    """How many channels a layer has."""
    net.receptive_field(layer)  # complains where there is no such layer
    return net.output_shapes(until=layer)[layer][0]


def edge_for(net, layer: str) -> int:
    """The edge of an image that shows what a unit of a layer and its neighbours see, in pixels."""
    seen = net.receptive_field(layer).size
    return net.input_size if seen is None else min(net.input_size, max(48, seen * 5 // 4))


def _before(net, layer: str, *kinds: str) -> str:
    """The layer itself, or above layers of these kinds the first of another."""
    while type(net.layers[layer]).__name__ in kinds:
        (layer,) = net.inputs[layer]
    return layer
