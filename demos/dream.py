"""DeepDream: what the network sees in your photo, more and more of it.

    python -m demos dream clouds.jpg
    python -m demos dream clouds.jpg --layer relu4_2 --steps 10
    python -m demos dream clouds.jpg --class dalmatian
    python -m demos dream clouds.jpg --guide flowers.jpg
    python -m demos dream clouds.jpg --zoom 100 --film mp4
    python -m demos dream huge.jpg --size full
    python -m demos dream --resume out/clouds_dream.json

A layer's units are asked for more of what they see already: the gradient that goes back from the
layer is its own activation, which --show-gradient prints.  A photo keeps its proportions; its
longer edge is 640 pixels at most, unless --size says otherwise.  Large photos are shown to the
network tile by tile, and the picture is the same.

Ctrl-C keeps the picture as it is, and --resume goes on from there.
"""

import argparse
import dataclasses
import pathlib
import re
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from demos.shared import easel, family, film, pictures, provenance, resuming
from demos.shared.command import (
    PHOTOS,
    add_layer,
    add_photos,
    classes_for_shell,
    filled,
    for_each,
    network,
    parser,
    photos_of,
)
from demos.shared.image_run import Ended, carry_out, conclude
from demos.shared.patience import patiently
from minigrad.backend import to_numpy
from minigrad.checked import number, whole
from minigrad.stopping import saving
from minigrad.techniques import dream, dream_preset_for, energy, guided_by, seeds, zoom_dream
from minigrad.techniques.make.drawable import drawable_channel, drawable_class
from minigrad.techniques.make.dream import deepest_layer
from minigrad.techniques.make.dream_presets import DreamPreset, octave_sizes
from minigrad.techniques.make.presets import changed
from minigrad.techniques.objectives import Objective
from models.classes import class_name, find_class

PHOTO = PHOTOS / "pyramid.jpg"
LONGEST = 640  # pixels of the longer edge, where --size says nothing
LARGEST = 4096
FRAME = 80  # milliseconds of a frame of --zoom


class Run(NamedTuple):
    """One photo on its way to a dream."""

    net: Any
    photo: pathlib.Path
    pixels: np.ndarray
    objective: Objective
    preset: DreamPreset
    sizes: list[tuple[int, int]]
    name: str
    args: argparse.Namespace
    command: list[str] | None


def main(argv: list[str]) -> None:
    """Dream on every photo."""
    args, stopped = resuming.parsed(options(), argv)
    check(args)
    net = network(args)
    preset = settings_of(net, args)
    objective = asked_for(net, preset, args)

    def look(photo, name):
        name = f"{name}_dream"
        if stopped is None or name == stopped.name:
            one(prepared(net, photo, objective, preset, name, args, stopped), stopped)

    for_each(photos_of(args, PHOTO), look)


def options() -> argparse.ArgumentParser:
    """Options; what is not given comes from the network's preset."""
    parse = parser("dream", __doc__)
    add = parse.add_argument
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a pyramid)")
    add_layer(parse, "dream of what it sees (each network has a default)")
    of = parse.add_mutually_exclusive_group().add_argument
    of("--channel", type=int, metavar="C", help="of this channel of the layer alone")
    class_ = of("--class", dest="class_", type=filled, metavar="NAME|INDEX", help="of a class")
    class_.completer = classes_for_shell
    of("--guide", type=filled, metavar="PHOTO", help="of what is in another photo")
    add_settings(parse)
    add("--size", default=None, metavar="EDGE|full",
        help=f"the longer edge in pixels; full for the photo's own ({LONGEST} at most)")
    add("--tile", type=int, metavar="N",
        help="show the network tiles of so many pixels (large photos: 512)")
    add("--zoom", type=int, metavar="FRAMES",
        help="a film that falls into the photo: enlarge the middle, dream on, and again")
    add("--zoom-by", type=float, default=1.04, metavar="F", help="from frame to frame (1.04)")
    add("--show-gradient", action="store_true",
        help="print what goes back from the layer beside its activation")
    add("--seed", type=int, default=0, help="of the jitter")
    film.add_film(parse, "the way there, or --zoom (gif), as a film")
    resuming.add_resume(parse)
    return parse


def add_settings(parse: argparse.ArgumentParser) -> None:
    """Add what stands in a preset."""
    add = parse.add_argument
    add("--octaves", type=int, metavar="N", help="sizes to dream at, the last is the photo's")
    add("--scale", type=float, metavar="S", help="from one to the next")
    add("--steps", type=int, metavar="N", help="at each of them")
    add("--rate", type=float, metavar="R", help="grey levels that a step moves pixels by")
    add("--jitter", type=int, metavar="N", help="pixels that the image is rolled by, at most")


def check(args) -> None:
    """Complain of options that make no sense before any work is done."""
    whole("--seed", args.seed)
    number("--zoom-by", args.zoom_by, at_least=1)
    edge = args.size or "full"
    if edge != "full" and not (edge.isdecimal() and 1 <= int(edge) <= LARGEST):
        raise ValueError(f"--size {args.size}: give 1 to {LARGEST} pixels, or full")
    if args.tile is not None:
        whole("--tile", args.tile, at_least=1)
    if args.zoom is not None:
        whole("--zoom", args.zoom, at_least=1)
        args.film = args.film or "gif"
    if args.film:
        film.check(args.film)


# ── What is asked for ───────────────────────────────────────────────────────────────────────────


def settings_of(net, args) -> DreamPreset:
    """The network's preset, changed where the options say so."""
    names = [setting.name for setting in dataclasses.fields(DreamPreset)]
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return changed(dream_preset_for(net), given)


def asked_for(net, preset: DreamPreset, args) -> Objective:
    """What to dream of."""
    net.receptive_field(preset.layer)  # complains where there is no such layer
    if args.class_ is not None:
        if args.layer:
            raise ValueError("a --class is of no --layer: leave one of them out")
        return drawable_class(net, find_class(net, args.class_))
    if args.channel is not None:
        return drawable_channel(net, preset.layer, args.channel)
    if args.guide is not None:
        guide = easel.pixels_of(net, pathlib.Path(args.guide), LONGEST, enlarge=False)
        return guided_by(preset.layer, net(guide, only=[preset.layer])[preset.layer])
    return energy(preset.layer)


def prepared(net, photo, objective, preset, name, args, stopped) -> Run:
    """Read the photo, and say which octaves are too small."""
    if args.size == "full":
        pixels = net.pixels(photo, "full")
    else:
        edge = int(args.size or LONGEST)
        pixels = easel.pixels_of(net, photo, edge, enlarge=args.size is not None)
    layer = deepest_layer(net, objective)
    sizes = octave_sizes(net, pixels.shape[2:], layer, preset.octaves, preset.scale)
    if len(sizes) < preset.octaves:
        print(f"{photo}: left out {preset.octaves - len(sizes)} of {preset.octaves} octaves, "
              f"which are too small for {layer}")
    command = stopped and stopped.command
    return Run(net, photo, pixels, objective, preset, sizes, name, args, command)


# ── The run ─────────────────────────────────────────────────────────────────────────────────────


def one(run: Run, stopped) -> None:
    """Dream on one photo, write what there is, and raise what ended it before its time."""
    args, begun = run.args, stopped and stopped.stood[0]
    if args.show_gradient:
        tell_gradient(run)
    settings = {"preset": run.preset, "tile": args.tile, "rng": np.random.default_rng(args.seed),
                "resume": begun}
    if args.zoom is None:
        walk, total = dream(run.net, run.pixels, run.objective, **settings), steps_of(run)
        ended = carry_out(walk, total, begun, run.name, film=bool(args.film), word="more")
    else:
        frames = frames_before(run) if begun else []
        walk = zoom_dream(run.net, run.pixels, run.objective, frames=args.zoom, by=args.zoom_by,
                          **settings)
        ended = carry_out(walk, args.zoom, begun, run.name, word="more",
                          at_each=lambda now: frames.append(pictures.photo(now.pixels)))
        ended = ended._replace(film=[np.asarray(f).transpose(2, 0, 1) for f in frames])
    if ended.progress is None:
        raise ended.error
    dreamt, photo = to_numpy(ended.progress.pixels), to_numpy(run.pixels)
    if run.preset.steps and np.array_equal(dreamt, photo):
        raise ValueError(f"{run.photo} stays as it is: nothing in it fires {run.objective.name}")
    with saving():
        file = save(run, ended)
    conclude(ended, file, "dream")


def steps_of(run: Run) -> int:
    """Steps of a whole dream."""
    return run.preset.steps * len(run.sizes)


def tell_gradient(run: Run) -> None:
    """Print what some units say, strong ones and weak ones, and what goes back from them."""
    small = easel.pixels_of(run.net, run.photo, LONGEST, enlarge=False)
    for layer, seed in seeds(run.net, small, run.objective).items():
        a, gradient = (to_numpy(array).reshape(-1) for array in seed)
        order = a.argsort()[::-1][: (a > 0).sum()]
        print(f"E is the {run.objective.name}; {layer} says a, and ∂E/∂a goes back from there:")
        for unit in order[:: max(1, len(order) // 5)][:5]:
            print(f"    a = {a[unit]:8.4f}    ∂E/∂a = {gradient[unit]:8.4f}")
        print(f"    |∂E/∂a − a| is {abs(gradient - a).max():.4g} at most, of {a.size:,} units")


def frames_before(run: Run) -> list[Image.Image]:
    """The frames that --zoom had made when the run was stopped, from their files."""
    listed = family.read(run.args.out / f"{run.name}.json").get("pictures", [])
    files = sorted(file for file in listed if re.fullmatch(rf"{re.escape(run.name)}_\d+.png", file))
    return [Image.open(run.args.out / file).convert("RGB") for file in files]


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────


def title(run: Run) -> str:
    """What the network dreamt of, in words."""
    args, layer = run.args, run.preset.layer
    if args.class_ is not None:
        return f"a dream of {class_name(run.net, find_class(run.net, args.class_))}"
    if args.guide is not None:
        return f"{layer}'s dream, guided by {pathlib.Path(args.guide).stem}"
    channel = "" if args.channel is None else f"channel {args.channel} of "
    return f"the dream of {channel}{layer}"


def save(run: Run, ended: Ended) -> pathlib.Path:
    """Write the dream, a sheet with the photo beside it, the film, and what made them."""
    args, made, files = run.args, ended.progress, {}
    if ended.film:
        each = film.EACH if args.zoom is None else FRAME
        with patiently("the film"):
            files[f".{args.film}"] = easel.film_of(ended.film, made.pixels, args.film, each)
    if ended.state:
        files[resuming.STATE] = resuming.written(ended.state)
        frames = [] if args.zoom is None else ended.film  # for the film of the run that goes on
        files |= {f"_{n:04}.png": pictures.png(pictures.photo(frame[None]))
                  for n, frame in enumerate(frames, start=1)}
    dreamt = pictures.photo(made.pixels)
    beside = [("the photo", pictures.photo(run.pixels)), (title(run), dreamt)]
    guide = {"guide": args.guide} if args.guide else {}
    pictures.save(args.out, run.name, {"": dreamt, "sheet": pictures.sheet([beside], 480)}, {
        "demo": "dream",
        "photo": run.photo.name,
        "model": run.net.name,
        "of": run.objective.name,
        "settings": dataclasses.asdict(run.preset),
        "octaves (height, width)": run.sizes,
        "random seed": args.seed,
        "interrupted": isinstance(ended.error, KeyboardInterrupt),
        "frames done" if args.zoom else "steps done": made.step,
        **({"command": run.command} if run.command else {}),
        **provenance.of(args, photo=run.photo, **guide),
    }, files)  # fmt: skip
    return args.out / f"{run.name}.png"
