"""Twins in HOG: a photo that keeps its looks and gets another photo's edges, for HOG.

    python -m demos hog cat.jpg --like dog.jpg
    python -m demos hog cat.jpg --like dog.jpg --near 10
    python -m demos hog --resume out/cat_hog.json

HOG describes a photo by which way its edges run, cell by cell of 8×8 pixels.  It is differentiable,
so one can ask: what is the picture near this photo that HOG takes for that one?  And what does HOG
keep of a photo: begun from noise, what has the same HOG?

The sheet shows both photos, the twin and the picture from noise, with what HOG says of each as a
star in every cell, and what a network says that has learned to look.

Printed is how far HOG is from the other photo's, ‖Φ − Φ₀‖ / ‖Φ₀‖, 0 % for the same, and how far the
pixels are from the photo's.  Ctrl-C keeps what there is, and --resume goes on from there.
"""

import argparse
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from demos.shared import glyphs, pictures, provenance, resuming
from demos.shared.command import (
    PHOTOS,
    add_photos,
    filled,
    for_each,
    network,
    parser,
    photos_of,
    top,
)
from demos.shared.image_run import Ended, carry_out, conclude
from minigrad.backend import to_device, to_numpy
from minigrad.checked import number, whole
from minigrad.stopping import saving
from minigrad.techniques import hog_twin, inversion_errors, invert
from minigrad.techniques.fool.hog import HOG, LET_THROUGH, NOISE, by_cell
from minigrad.techniques.make.loop import Progress
from minigrad.techniques.make.presets import changed
from models.photo import upright_rgb

USUAL, LIKE = PHOTOS / "chelsea.jpg", PHOTOS / "astronaut.jpg"
TILE, LEAST = 300, 32  # pixels: of the sheet, and of a photo's longer edge at least
NAMES = ["twin", "from_noise"]  # of the two pictures, in the order in which they are made


class Run(NamedTuple):
    """A photo and the one that HOG shall take it for.

    Attributes:
        hog: HOG, as a network.
        net: another network, which has learned to look, for its opinion.
        photo: to look like, (1, 3, H, W), and its file.
        like: whose HOG to have, (1, 3, H, W).
        stood: where the two pictures stand, None where one is not begun.
    """

    hog: HOG
    net: object
    file: pathlib.Path
    photo: np.ndarray
    like: np.ndarray
    stood: list[Progress | None]
    args: argparse.Namespace


def main(argv: list[str]) -> None:
    """Make a twin of every photo, and a picture from noise."""
    args, stopped = resuming.parsed(options(), argv)
    if whole("--size", args.size) < LEAST:
        raise ValueError(f"--size {args.size}: give {LEAST} or more")
    number("--near", args.near, at_least=0)
    for name in ("steps", "noise_steps"):
        whole(f"--{name.replace('_', '-')}", getattr(args, name), at_least=1)
    whole("--seed", args.seed)
    photos = photos_of(args, USUAL)
    net = network(args)

    def look(file, name):
        name = f"{name}_hog"
        if stopped is None or name == stopped.name:
            photo = fitted(file, args.size)
            like = fitted(args.like, args.size, photo.size)
            photo, like = (pixels(image, args.device) for image in (photo, like))
            stood = list(stopped.stood) if stopped else [None] * len(NAMES)
            one(Run(HOG(device=args.device), net, file, photo, like, stood, args), name, stopped)

    for_each(photos, look)


def options() -> argparse.ArgumentParser:
    """The photos, and how near to stay."""
    parse = parser("hog", __doc__)
    add = parse.add_argument
    add_photos(parse, "photos to look like, folders of photos, or patterns as 'a/*.jpg' (a cat)")
    add("--like", type=filled, default=LIKE, metavar="PHOTO",
        help="whose HOG to have (an astronaut)")
    add("--size", type=int, default=224, metavar="EDGE", help="the longer edge, in pixels (224)")
    add("--near", type=float, default=3.0, metavar="L",
        help="weight of the distance to the photo (3)")
    add("--steps", type=int, default=400, metavar="N", help="to the twin (400)")
    add("--noise-steps", type=int, default=NOISE.steps, metavar="N",
        help=f"of the picture from noise ({NOISE.steps})")
    add("--seed", type=int, default=0, help="of the noise (0)")
    resuming.add_resume(parse)
    return parse


def fitted(file, edge: int, size: tuple[int, int] | None = None) -> Image.Image:
    """A photo at a size, or with its longer edge as asked for; both edges hold whole cells.

    What does not fit is cut off, on both sides, or more below than above: faces stand high.
    """
    image = upright_rgb(file, at_least=edge)
    if size is None:
        cell = HOG().cell
        size = tuple(max(cell, round(n * edge / max(image.size)) // cell * cell)
                     for n in image.size)
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.2))


def pixels(image: Image.Image, device: str):
    """A picture as pixels (1, 3, H, W), float32."""
    array = np.asarray(image, np.float32).transpose(2, 0, 1)[None]
    return to_device(np.ascontiguousarray(array), device)


# ── The run ─────────────────────────────────────────────────────────────────────────────────────


def one(run: Run, name: str, stopped: resuming.Stopped | None) -> None:
    """Make both pictures of one photo, write what there is, and raise what ended it early."""
    done = sum(now.step for now in run.stood if now)
    begun = Progress(done, run.photo, 0.0) if done else None
    total = run.args.steps + run.args.noise_steps
    ended = carry_out(through(run), total, begun, name)
    if run.stood[0] is None:
        raise ended.error
    with saving():
        table = table_of(run)
        for title, row in table.items():
            print(f"{row['of HOG']:6.1%} of HOG, {row['of the pixels']:5.1f} grey levels   {title}")
        save(run, ended, table, name, stopped)
    file = run.args.out / f"{name}.png"
    conclude(ended._replace(progress=ended.progress or begun), file, "hog")


def through(run: Run) -> Iterator[Progress]:
    """Take the steps of one picture after the other; what is there is kept in `run.stood`."""
    twin, noise = run.stood
    preset = changed(NOISE, {"steps": run.args.noise_steps})
    walks = [
        hog_twin(run.photo, like=run.like, near=run.args.near, steps=run.args.steps, resume=twin),
        invert(run.hog, run.like, preset=preset, rules=LET_THROUGH,
               rng=np.random.default_rng(run.args.seed), resume=noise),
    ]  # fmt: skip
    for n, walk in enumerate(walks):
        for now in walk:
            run.stood[n] = now
            yield now


def table_of(run: Run) -> dict[str, dict[str, float]]:
    """How far each picture is from the other photo in HOG, and from the photo in its pixels."""
    found = {"from the photo to the other": run.photo}
    if run.stood[0]:
        found["from the twin"] = run.stood[0].pixels
    if run.stood[1]:
        found["from the picture that was noise"] = run.stood[1].pixels
    table = {}
    for n, (title, x) in enumerate(found.items()):
        of_hog = float(inversion_errors(run.hog, x, run.like, "hog").code[0]) ** 0.5
        beside = run.photo if n == 1 else run.like
        of_pixels = float(inversion_errors(run.hog, x, beside, "hog").pixels[0])
        table[title] = {"of HOG": of_hog, "of the pixels": of_pixels}
    return table


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────


def save(run: Run, ended: Ended, table: dict, name: str, stopped) -> None:
    """Write the sheet, both pictures alone, and what made them."""
    made = {n: now.pixels for n, now in zip(NAMES, run.stood, strict=True) if now}
    files = {f"_{n}.png": pictures.png(pictures.photo(x)) for n, x in made.items()}
    if ended.error:
        files[resuming.STATE] = resuming.written(run.stood)
    pictures.save(run.args.out, name, {"": sheet(run, table)}, {
        "demo": "hog",
        "photo": run.file.name,
        "like": pathlib.Path(run.args.like).name,
        "model": run.net.name,
        "distances": table,
        "steps done": [now.step if now else 0 for now in run.stood],
        "interrupted": isinstance(ended.error, KeyboardInterrupt),
        **({"command": stopped.command} if stopped else {}),
        **provenance.of(run.args, photo=run.file, like=run.args.like),
    }, files)  # fmt: skip


def sheet(run: Run, table: dict) -> Image.Image:
    """A column a picture: itself, its stars, and what the network says of it."""
    apart, *rows = table.values()
    columns = [("A, the photo to look like", run.photo),
               (f"B, whose HOG to have: {apart['of HOG']:.0%} from A's", run.like)]
    told = ["A with B's HOG, to {:.0%}", "from noise: B's HOG, to {:.0%}"]
    columns += [(text.format(row["of HOG"]), now.pixels)
                for text, row, now in zip(told, rows, run.stood, strict=False)]
    drawn = [[(title, pictures.photo(x)) for title, x in columns], [], []]
    for _, x in columns:
        stars = glyphs.glyphs(to_numpy(by_cell(run.hog(x, only=["hog"])["hog"]))[0], 16)
        drawn[1].append(("what HOG says of it", stars))
        said = top(run.net, run.net.scores(run.net.pixels(pictures.photo(x))), 4)
        drawn[2].append((f"what {run.net.name} says of it", pictures.bars(said, (TILE, 170))))
    change = pictures.photo(128 + to_numpy(run.stood[0].pixels - run.photo))
    drawn[0].append((f"the change, around grey: {rows[0]['of the pixels']:.0f} levels", change))
    return pictures.sheet(drawn, tile=TILE)
