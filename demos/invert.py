"""What a layer still knows of your photo: other images with the same code, made from noise.

    python -m demos invert cat.jpg
    python -m demos invert cat.jpg --all
    python -m demos invert cat.jpg --layer relu3_2 relu5_2 fc8 --copies 4
    python -m demos invert cat.jpg --layer pool5 --strongest 100
    python -m demos invert cat.jpg --layer relu4_2 --preset lecture
    python -m demos invert --resume out/cat_invert.json

Each image begins as noise and is changed until the layer says of it what it says of the photo.
What is still right, the layer knows; what has become something else, it has forgotten.  With
--copies one sees it side by side: for the layer, these images are one and the same.

Printed is, layer by layer, the error of the code, 0 for the same one and 1 for none, and how far
the pixels are from the photo's.  Ctrl-C keeps what there is, and --resume goes on from there.
"""

import argparse
import dataclasses
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from demos.shared import film, pictures, provenance, resuming
from demos.shared.command import (
    add_photos,
    filled,
    for_each,
    layers_for_shell,
    network,
    parser,
    photos_of,
)
from demos.shared.image_run import Ended, carry_out
from demos.shared.patience import patiently
from minigrad.backend import to_numpy
from minigrad.stopping import saving
from minigrad.techniques import apart, inversion_errors, invert, invert_preset_for
from minigrad.techniques.make.invert_presets import INVERT_PRESETS, InvertPreset, landmarks
from minigrad.techniques.make.loop import Progress
from minigrad.techniques.make.presets import changed

COLUMNS = 5
FRAMES = 20  # moments of a film, of each layer
MOST = 16  # copies


class Run(NamedTuple):
    """One photo, whose codes are inverted layer by layer.

    Attributes:
        presets: the settings of each layer.
        stood: where each layer's images stand, None where they are not begun.
        films: moments of each layer, (3, H, W) bytes each.
    """

    net: object
    photo: pathlib.Path
    pixels: np.ndarray
    presets: dict[str, InvertPreset]
    stood: list[Progress | None]
    films: list[list[np.ndarray]]
    name: str
    args: argparse.Namespace
    command: list[str] | None


def main(argv: list[str]) -> None:
    """Invert the codes of every photo."""
    args, stopped = resuming.parsed(options(), argv)
    if args.film:
        film.check(args.film)
    photos = photos_of(args)
    net = network(args)
    presets = settings_of(net, args)

    def look(photo, name):
        name = f"{name}_invert"
        if stopped is None:
            one(prepared(net, photo, presets, name, args, [None] * len(presets), None))
        elif name == stopped.name:
            one(prepared(net, photo, presets, name, args, stopped.stood, stopped.command))

    for_each(photos, look)


def options() -> argparse.ArgumentParser:
    """The options."""
    parse = parser("invert", __doc__)
    add = parse.add_argument
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    where = parse.add_mutually_exclusive_group()
    layer = where.add_argument("--layer", nargs="+", type=filled, default=None, metavar="NAME",
                               help="one or several (the network's own)")
    layer.completer = layers_for_shell
    where.add_argument("--all", action="store_true", help="from the first layer to the scores")
    add("--copies", type=int, default=1, metavar="N", help="of each code, from different noise (1)")
    add("--strongest", type=int, default=None, metavar="K",
        help="leave only so many numbers of a code, the largest")
    add("--preset", choices=INVERT_PRESETS, default="usual",
        help="lecture: no smoothness, only a sixth power of the colours (usual)")
    add("--tv", type=float, default=None, metavar="L", help="weight of smoothness; 0 for none")
    add("--beta", type=float, default=None, metavar="B",
        help="its power: 2 for soft slopes, 1 for sharp edges (1.5)")
    add("--l6", type=float, default=None, metavar="L", help="weight of the colours' sixth power")
    add("--waves", type=float, default=None, metavar="P",
        help="power of 1/|f| in a step; negative for the plain gradient (1)")
    add("--sigma", type=float, default=None, metavar="S",
        help="of the noise to start from, in grey levels")
    add("--steps", type=int, default=None, metavar="N", help="for each layer (120)")
    add("--rate", type=float, default=None, metavar="R", help="grey levels per step")
    add("--size", default=None, metavar="EDGE",
        help="in pixels, or full, instead of the network's own")
    add("--seed", type=int, default=0, help="of the noise")
    film.add_film(parse, "the way there as a film, too")
    resuming.add_resume(parse)
    return parse


def settings_of(net, args) -> dict[str, InvertPreset]:
    """The preset of each layer, changed where the options say so."""
    if not 1 <= args.copies <= MOST:
        raise ValueError(f"--copies {args.copies}: give a number from 1 to {MOST}")
    names = ("tv", "beta", "l6", "waves", "sigma", "steps", "rate")
    changes = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.waves is not None and args.waves < 0:
        changes["waves"] = None
    layers = landmarks(net) if args.all else args.layer or [net.default_layer]
    return {layer: changed(invert_preset_for(net, layer, args.preset), changes)
            for layer in dict.fromkeys(layers)}


def prepared(net, photo, presets, name, args, stood, command) -> Run:
    """Read the photo."""
    x = net.pixels(photo, size=args.size)
    return Run(net, photo, x, presets, list(stood), [[] for _ in presets], name, args, command)


# ── The run ─────────────────────────────────────────────────────────────────────────────────────


def one(run: Run) -> None:
    """Invert the codes of one photo, write what there is, and raise what ended it early."""
    done = sum(now.step for now in run.stood if now)
    begun = Progress(done, run.pixels, 0.0) if done else None
    total = sum(preset.steps for preset in run.presets.values())
    ended = carry_out(through(run), total, begun, run.name)
    if not any(run.stood):
        raise ended.error
    with saving():
        table = table_of(run)
        tell(run, table)
        file = save(run, ended, table)
    if isinstance(ended.error, KeyboardInterrupt):
        raise KeyboardInterrupt(f"{file} is not complete; it goes on with: "
                                f"python -m demos invert --resume {file.with_suffix('.json')}")
    print(file)
    if ended.error:
        raise ended.error


def through(run: Run) -> Iterator[Progress]:
    """Invert layer after layer; what is there is kept in `run.stood`."""
    for n, (layer, preset) in enumerate(run.presets.items()):
        walk = invert(
            run.net, run.pixels, layer, preset=preset, copies=run.args.copies,
            strongest=run.args.strongest, rng=np.random.default_rng(run.args.seed),
            resume=run.stood[n],
        )  # fmt: skip
        for now in walk:
            run.stood[n] = now
            if run.args.film and now.step % max(1, preset.steps // FRAMES) == 0:
                run.films[n].append(to_numpy(now.pixels)[0].clip(0, 255).astype(np.uint8))
            yield now


def table_of(run: Run) -> list[dict]:
    """How far the images of each layer are from the photo and from each other."""
    table = []
    for (layer, preset), now in zip(run.presets.items(), run.stood, strict=True):
        if now is None:
            continue
        found = inversion_errors(run.net, now.pixels, run.pixels, layer,
                                 strongest=run.args.strongest)
        table.append({
            "layer": layer,
            "error of the code": to_numpy(found.code).tolist(),
            "distance in grey levels": to_numpy(found.pixels).tolist(),
            "distance between copies": to_numpy(apart(now.pixels)).tolist(),
            "steps done": now.step,
            "settings": dataclasses.asdict(preset),
        })  # fmt: skip
    return table


def tell(run: Run, table: list[dict]) -> None:
    """Print the curve: a line a layer, of several copies the mean."""
    several = run.args.copies > 1
    print("error of the code   grey levels from the photo"
          + "   from each other" * several + "   layer")
    for row in table:
        error, distance = (np.mean(row[name]) for name in list(row)[1:3])
        between = np.array(row["distance between copies"])
        others = f"{between[between > 0].mean():18.1f}" if several else ""
        print(f"{error:17.4f}   {distance:26.1f}{others}   {row['layer']}")


def save(run: Run, ended: Ended, table: list[dict]) -> pathlib.Path:
    """Write the sheet, every image, the film, and what made it all."""
    made = {layer: now for layer, now in zip(run.presets, run.stood, strict=True) if now}
    files = {
        f"_{layer.replace('/', '_')}{f'_{c + 1}' * (run.args.copies > 1)}.png":
            pictures.png(pictures.photo(image))
        for layer, now in made.items() for c, image in enumerate(now.pixels)
    }
    films = [moments for moments in run.films if moments]
    if films:
        with patiently("the film"):
            files[f".{run.args.film}"] = film.encoded(films, run.args.film)
    if ended.error:
        files[resuming.STATE] = resuming.written(run.stood)
    pictures.save(run.args.out, run.name, {"": sheet(run, made, table)}, {
        "demo": "invert",
        "photo": run.photo.name,
        "model": run.net.name,
        "copies": run.args.copies,
        "strongest": run.args.strongest,
        "random seed": run.args.seed,
        "interrupted": isinstance(ended.error, KeyboardInterrupt),
        "curve": table,
        **({"command": run.command} if run.command else {}),
        **provenance.of(run.args, photo=run.photo),
    }, files)  # fmt: skip
    return run.args.out / f"{run.name}.png"


def sheet(run: Run, made: dict[str, Progress], table: list[dict]):
    """The photo and the images; with copies a row a layer, with the photo in front of each."""
    photo, rows = ("the photo", pictures.photo(run.pixels)), []
    for now, row in zip(made.values(), table, strict=True):
        numbers = zip(row["error of the code"], row["distance in grey levels"], strict=True)
        rows.append([
            (f"{row['layer']}  error {error:.4f}, {distance:.0f} levels", pictures.photo(image))
            for image, (error, distance) in zip(now.pixels, numbers, strict=True)
        ])
    if run.args.copies > 1:
        return pictures.sheet([[photo, *row] for row in rows])
    tiles = [photo, *(tile for row in rows for tile in row)]
    return pictures.sheet([tiles[i : i + COLUMNS] for i in range(0, len(tiles), COLUMNS)])
