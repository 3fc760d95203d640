"""Your photo in the style of a painting: its content, the painting's strokes and colours.

    python -m demos style town.jpg
    python -m demos style town.jpg --style scream.jpg --style-weight 50
    python -m demos style town.jpg --original-colors luminance
    python -m demos style town.jpg --style a.jpg b.jpg --style-blend-weights 2 1
    python -m demos style town.jpg --style a.jpg b.jpg --mask sky.png land.png
    python -m demos style --resume out/town_starry_night_style.json

The options are those of Johnson's neural-style, but every term of the loss is divided by its own
size, so that weights mean the same for every network and painting.  The sheet shows the Gram
matrices of the painting and of the picture: which channels fire together, wherever they do; the
loss of each layer is printed, 0 where both agree and 1 for a layer that says nothing.

Ctrl-C keeps the picture as it is, and --resume goes on from there.
"""

import argparse
import contextlib
import dataclasses
import io
import pathlib
import re
from typing import NamedTuple

import numpy as np

from demos.shared import easel, family, film, pictures, provenance, resuming
from demos.shared.command import (
    PHOTOS,
    filled,
    for_each,
    layers_for_shell,
    network,
    parser,
    photos_in,
    photos_of,
)
from demos.shared.image_run import Ended, carry_out, conclude
from demos.shared.patience import patiently
from minigrad.stopping import saving
from minigrad.techniques import grams, style, style_losses, style_preset_for
from minigrad.techniques.make.presets import changed
from minigrad.techniques.make.style_presets import StylePreset

CONTENT = PHOTOS / "chelsea.jpg"
PAINTING = PHOTOS / "paintings" / "starry_night.jpg"
LONGEST = 4096  # pixels


class Run(NamedTuple):
    """One photo on its way to a picture."""

    net: object
    photo: pathlib.Path
    paintings: list[pathlib.Path]
    pixels: np.ndarray
    painted: list[np.ndarray]
    preset: StylePreset
    settings: dict
    name: str
    args: argparse.Namespace
    command: list[str] | None


def main(argv: list[str]) -> None:
    """Paint every photo."""
    args, stopped = resuming.parsed(options(), argv)
    if args.film:
        film.check(args.film)
    photos = photos_of(args, CONTENT)
    paintings = [painting for text in args.style for painting in photos_in(text)] or [PAINTING]
    net = network(args)
    preset = settings_of(net, args)

    def paint(photo, name):
        name = "_".join([name, *(p.stem for p in paintings[:3]), "style"])
        if stopped is None or name == stopped.name:
            one(prepared(net, photo, paintings, preset, name, args, stopped), stopped)

    for_each(photos, paint)


def options() -> argparse.ArgumentParser:
    """Options by the names that neural-style gave them, and by ours."""
    parse = parser("style", __doc__)
    add = parse.add_argument
    add("bare", nargs="*", default=[], metavar="PHOTO",
        help="photos, folders of photos, or patterns as 'a/*.jpg' (a cat that is here)")
    add("--content", "--image", dest="image", nargs="+", default=[], metavar="PHOTO",
        help="the same, behind a name")
    add("--style", nargs="+", default=[], metavar="PAINTING",
        help="one or several (The Starry Night, which is here)")
    add("--style-blend-weights", nargs="+", type=numbers, default=None, metavar="W",
        help="of several paintings (all alike)")
    add("--style-scale", type=float, default=1.0, metavar="S",
        help="edge of the paintings by that of the photo: with 2 strokes are twice as large (1)")
    add("--mask", nargs="+", default=None, metavar="MASK|none",
        help="for each painting a picture that is white where its style shall be")
    add("--content-weight", type=float, default=None, metavar="A", help="of what is in the photo")
    add("--style-weight", type=float, default=None, metavar="B", help="of how it is painted")
    add("--tv-weight", type=float, default=None, metavar="C", help="of smoothness; 0 for none")
    for kind in ("content", "style"):
        layers = add(f"--{kind}-layers", nargs="+", type=filled, default=None, metavar="NAME",
                     help=f"where {kind} is asked for (each network has defaults)")
        layers.completer = layers_for_shell
    add("--original-colors", choices=["luminance", "histogram"], default=None,
        help="the photo's colours: put back into the picture, or given to the painting before")
    add("--init", choices=["photo", "random"], default=None, help="what it begins with (photo)")
    add("--optimizer", choices=["lbfgs", "adam"], default=None, help="(lbfgs)")
    add("--learning-rate", type=float, default=None, metavar="R",
        help="Adam's, in grey levels per step")
    add("--steps", "--num-iterations", type=int, default=None, metavar="N",
        help="of the whole run, shared among its sizes")
    add("--size", "--image-size", type=int, default=512, metavar="EDGE",
        help="the longer edge of the picture in pixels (512)")
    add("--scales", nargs="+", type=float, default=None, metavar="S",
        help="shares of that to go through, from coarse to fine (0.5 1)")
    add("--seed", type=int, default=0, help="of the noise of --init random")
    add("--save-every", "--save-iter", type=int, default=0, metavar="N",
        help="keep the picture after every N steps, too, and a state to --resume from")
    film.add_film(parse, "the way there as a film, too")
    resuming.add_resume(parse)
    return parse


def numbers(text: str) -> list[float]:
    """Numbers between commas, as neural-style takes them, or one."""
    return [float(part) for part in text.split(",")]


# ── What is asked for ───────────────────────────────────────────────────────────────────────────


def settings_of(net, args) -> StylePreset:
    """The network's preset, changed where the options say so."""
    if not 16 <= args.size <= LONGEST:
        raise ValueError(f"--size {args.size}: give an edge from 16 to {LONGEST} pixels")
    if args.save_every < 0:
        raise ValueError(f"--save-every {args.save_every}: give a number of steps")
    preset = style_preset_for(net)
    scales = tuple(args.scales or preset.scales)
    given = {
        "content_layers": args.content_layers and tuple(args.content_layers),
        "style_layers": args.style_layers and tuple(args.style_layers),
        "content_weight": args.content_weight,
        "style_weight": args.style_weight,
        "tv": args.tv_weight,
        "scales": scales,
        "steps": args.steps and -(-args.steps // len(scales)),
        "optimiser": args.optimizer,
        "rate": args.learning_rate,
        "start": args.init and {"random": "noise"}.get(args.init, args.init),
    }
    return changed(preset, {name: value for name, value in given.items() if value is not None})


def prepared(net, photo, paintings, preset, name, args, stopped) -> Run:
    """Read the photo, the paintings and the masks."""
    largest = round(args.size * max(1.0, args.style_scale))
    masks = args.mask and [None if m == "none" else easel.mask_of(m) for m in args.mask]
    blend = args.style_blend_weights and sum(args.style_blend_weights, [])
    return Run(
        net, photo, paintings, easel.pixels_of(net, photo, args.size),
        [easel.pixels_of(net, painting, largest, enlarge=False) for painting in paintings],
        preset,
        {"blend": blend, "masks": masks, "style_scale": args.style_scale,
         "original_colours": args.original_colors},
        name, args, stopped and stopped.command,
    )  # fmt: skip


# ── The run ─────────────────────────────────────────────────────────────────────────────────────


def one(run: Run, stopped) -> None:
    """Paint one photo, write what there is, and raise what ended it before its time."""
    args, begun = run.args, stopped and stopped.stood[0]
    kept = kept_before(run) if begun else {}

    def keep(now):
        if args.save_every and now.step % args.save_every == 0:
            before = dict(kept)
            kept[f"_{now.step:04}.png"] = pictures.png(pictures.photo(now.pixels))
            with of_this_run(before):
                save(run, Ended(now, [], KeyboardInterrupt()), kept)  # as if it were stopped here

    walk = style(run.net, run.pixels, run.painted, preset=run.preset, **run.settings,
                 rng=np.random.default_rng(args.seed), resume=begun)
    ended = carry_out(walk, run.preset.steps * len(run.preset.scales), begun, run.name,
                      film=bool(args.film), at_each=keep)
    if ended.progress is None:
        raise ended.error or ValueError(f"{run.photo}: no step brings it nearer to what is asked")
    with saving():
        with of_this_run(kept):
            file = save(run, ended, kept)
        tell(run, ended)
    conclude(ended, file, "style")


def of_this_run(kept):
    """Say nothing of files that are replaced, where this run has written them itself."""
    return contextlib.redirect_stdout(io.StringIO()) if kept else contextlib.nullcontext()


def kept_before(run: Run) -> dict[str, bytes]:
    """What --save-every kept until the run was stopped."""
    listed = family.read(run.args.out / f"{run.name}.json").get("pictures", [])
    ends = [file.removeprefix(run.name) for file in listed]
    return {end: (run.args.out / f"{run.name}{end}").read_bytes()
            for end in ends if re.fullmatch(r"_\d+\.png", end)}


def tell(run: Run, ended: Ended) -> None:
    """Print the loss of each layer."""
    for kind, by_layer in losses_of(run, ended).items():
        for layer, loss in by_layer.items():
            print(f"{loss:9.4f}  {kind} at {layer}")


def losses_of(run: Run, ended: Ended):
    """The loss of each layer, content and style."""
    return style_losses(run.net, ended.progress.pixels, run.pixels, run.painted,
                        preset=run.preset, **run.settings)


def save(run: Run, ended: Ended, kept: dict[str, bytes]) -> pathlib.Path:
    """Write the picture, the sheet, the film, what --save-every kept, and what made it all."""
    made, files = ended.progress, dict(kept)
    if ended.film:
        with patiently("the film"):
            files[f".{run.args.film}"] = easel.film_of(ended.film, made.pixels, run.args.film)
    if ended.state:
        files[resuming.STATE] = resuming.written(ended.state)
    read = {f"painting {n + 1}": painting for n, painting in enumerate(run.paintings)}
    masks = [m for m in run.args.mask or [] if m != "none"]
    read |= {f"mask {n + 1}": mask for n, mask in enumerate(masks)}
    pictures.save(run.args.out, run.name, {
        "": pictures.photo(made.pixels), "sheet": sheet(run, made.pixels),
    }, {
        "demo": "style",
        "photo": run.photo.name,
        "paintings": [painting.name for painting in run.paintings],
        "model": run.net.name,
        "settings": dataclasses.asdict(run.preset),
        "random seed": run.args.seed,
        "interrupted": isinstance(ended.error, KeyboardInterrupt),
        "steps done": made.step,
        "loss": losses_of(run, ended),
        **({"command": run.command} if run.command else {}),
        **provenance.of(run.args, photo=run.photo, **read),
    }, files)  # fmt: skip
    return run.args.out / f"{run.name}.png"


def sheet(run: Run, picture):
    """All images of a run, and how their channels fire together."""
    titles = [painting.stem.replace("_", " ") for painting in run.paintings]
    images = dict(zip([*titles, "the picture"], [*run.painted, picture], strict=True))
    layers = list(run.preset.shares("style"))
    return easel.sheet(run.pixels, images, [grams(run.net, x, layers=layers)
                                            for x in images.values()])
