"""The image that most excites a class, a channel or all channels of a layer, from a blank one.

    python -m demos maximize --class "golf ball" --copies 4
    python -m demos maximize --class "golf ball" dalmatian church --gif
    python -m demos maximize --class "golf ball" --start photo --image cat.jpg
    python -m demos maximize --class "golf ball" --regularizer l2=1e-7 blur=0.5
    python -m demos maximize --layer conv3_2 --channel 17
    python -m demos maximize --layer conv3_2 --channel all

Each network has settings of its own (demos/presets.py).  Ctrl-C keeps the pictures as they are.
The probability beside a picture is the network's answer to the PNG, read again from its file.

Pictures are made one after another, each from random numbers of its own: the same seed gives the
same picture of a class, bit for bit, whatever stands beside it.  In a batch the network's sums are
rounded otherwise, and after a hundred steps a picture has other details.
"""

import argparse
import dataclasses
import math
import pathlib
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from demos.shared import pictures
from demos.shared.command import PHOTOS, find_class, network, parser
from minigrad import ops
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.make.excite import channel_wishes, class_wish
from minigrad.techniques.make.loop import Diverged, noise
from minigrad.techniques.make.presets import REGULARIZERS, corrections, excite, preset_for
from minigrad.techniques.make.transforms import resized

FRAMES, FILMED = 40, 4  # moments of a film, and the pictures that it shows
MANY = 16  # channels: they are shown on their sheet alone


def main(argv: list[str]) -> None:
    """Make the pictures, write them, look at them again."""
    args = options().parse_args(argv)
    net = network(args)
    wishes, size = asked_for(net, args)
    preset = settings(net, args, size)
    rngs = [wish.rng(args.seed) for wish in wishes]
    made = make(net, wishes, started(net, args, preset, rngs), preset, rngs, args.gif)
    save(net, wishes, made, args, preset)
    if made.error:
        raise made.error


def options() -> argparse.ArgumentParser:
    """Options; what is not given comes from the network's preset."""
    parse = parser("maximize", __doc__)
    add = parse.add_argument
    add("--class", dest="classes", nargs="+", default=[], metavar="NAME|INDEX", help="one or more")
    add("--layer", default=None, help="excite a layer's channels instead")
    add("--channel", default="all", metavar="C|C,C,…|all", help="which of them (all)")
    add("--start", default="noise", choices=["zero", "noise", "photo"])
    add("--image", type=pathlib.Path, default=PHOTOS / "face.jpg", help="for --start photo")
    add("--regularizer", nargs="+", default=None, metavar="NAME=STRENGTH",
        help=f"in place of the preset's: {', '.join(REGULARIZERS)}; or none")
    add("--copies", type=int, default=1, help="pictures of each, from different noise (1)")
    add("--size", type=int, default=None, help="edge in pixels")
    add("--steps", type=int, default=None, help="at each size of the preset")
    add("--rate", type=float, default=None, help="grey levels per step")
    add("--waves", type=float, default=None, help="power of 1/|f| in a step; negative for none")
    add("--seed", type=int, default=0, help="of the noise and the jitter")
    add("--gif", action="store_true", help="the way there as a film, too")
    return parse


# ── What to make ────────────────────────────────────────────────────────────────────────────────


def asked_for(net, args):
    """Return the wishes of the options, and the edge that suits them, or None for the preset's."""
    if bool(args.classes) == (args.layer is not None):
        raise ValueError('say what to excite: --class "golf ball", or --layer with --channel')
    if args.copies < 1:
        raise ValueError(f"--copies {args.copies}: give 1 or more")
    if args.classes:
        found = [find_class(net, text) for text in args.classes]
        wishes, size = [class_wish(net, k) for k in found], None
    else:
        wishes, size = channel_wishes(net, args.layer, args.channel)
    return [wish._replace(copy=n) for wish in wishes for n in range(args.copies)], size


def settings(net, args, size):
    """Return the network's preset, changed where the options say so."""
    preset = preset_for(net)
    given = {"steps": args.steps, "rate": args.rate}
    changes = {name: value for name, value in given.items() if value is not None}
    edge = args.size or size or preset.sizes[-1]
    if size or args.start == "photo":   # what is there already would be lost in a small image
        changes["sizes"] = (edge,)
    else:
        sizes = [round(n * edge / preset.sizes[-1]) for n in preset.sizes]
        changes["sizes"] = (*(n for n in sizes[:-1] if fits(net, n)), edge)
    if args.waves is not None:
        if not math.isfinite(args.waves):
            raise ValueError(f"--waves {args.waves}: give a power, as 0.75, or -1 for none")
        changes["waves"] = args.waves if args.waves >= 0 else None
    if args.regularizer is not None:
        named = [text for text in args.regularizer if text != "none"]
        changes["regularizers"] = dict(map(strength, named))
    preset = dataclasses.replace(preset, **changes)
    if edge < 16 or preset.steps < 1 or not 0 < preset.rate < math.inf:
        raise ValueError("--size is 16 or more, --steps 1 or more, --rate above 0")
    return preset


def fits(net, edge: int) -> bool:
    """Is an image of this edge large enough for the whole network?"""
    try:
        net.output_shapes((edge, edge))
    except ValueError:
        return False
    return True


def strength(text: str) -> tuple[str, float]:
    """Read NAME=STRENGTH."""
    name, _, number = text.partition("=")
    if name not in REGULARIZERS:
        raise ValueError(f"--regularizer {text!r}: there are {', '.join(REGULARIZERS)}, and none")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise ValueError(f"--regularizer {text!r}: give a strength, as in {name}=1e-7")
    corrections({name: value})  # which know their own bounds
    return name, value


def started(net, args, preset, rngs):
    """Return the images to start from, one per generator, of the first size: (N, 3, H, W)."""
    if args.start == "photo":
        return np.repeat(to_numpy(net.pixels(args.image, preset.sizes[0])), len(rngs), axis=0)
    sigma = preset.noise if args.start == "noise" else 0.0
    return np.concatenate([to_numpy(noise(net, preset.sizes[0], 1, sigma, rng)) for rng in rngs])


# ── Making ──────────────────────────────────────────────────────────────────────────────────────


class Made(NamedTuple):
    """Pictures (N, 3, H, W), their moments for a film, steps done for all, and what ended it."""

    pixels: np.ndarray
    films: list[list[np.ndarray]]
    steps: int
    error: Diverged | None


def make(net, wishes, start, preset, rngs, film: bool = False) -> Made:
    """Make one picture after another; Ctrl-C, or a loop that diverges, keeps what there is.

    Args:
        net: a network.
        wishes: what to make.
        start: an image for each, (N, 3, H, W), on the CPU.
        preset: the settings.
        rngs: a random generator for each.
        film: keep moments of the first pictures, too.
    """
    edge, total = preset.sizes[-1], preset.steps * len(preset.sizes)
    pixels, done, error = resized(start, edge), 0, None
    films = [[image] for image in pixels[:FILMED].copy()] if film else []
    with tqdm(total=len(wishes) * total, unit="step") as bar:
        try:
            for n, (wish, rng) in enumerate(zip(wishes, rngs, strict=True)):
                now: Any = to_device(start[n : n + 1], net.device)
                try:
                    for progress in excite(net, wish.objective, now, preset, [rng]):
                        now, done = progress.pixels, done + 1
                        bar.set_postfix(score=f"{-progress.value:.1f}", refresh=False)
                        bar.update()
                        if n < len(films) and done % max(1, total // FRAMES) == 0:
                            films[n].append(to_numpy(resized(now, edge))[0])
                finally:
                    pixels[n] = to_numpy(resized(now, edge))[0]
        except KeyboardInterrupt:
            bar.write("stopped: the pictures are kept as they are now")
        except Diverged as diverged:
            error = diverged
    return Made(pixels, films, done, error)


def stretched(pixels):
    """More contrast, to look at: each image's mean to 115 and its deviation to 50 grey levels."""
    u = pixels - pixels.mean(axis=(1, 2, 3), keepdims=True)
    return (115 + 50 * u / np.maximum(u.std(axis=(1, 2, 3), keepdims=True), 1e-6)).clip(0, 255)


# ── Writing, and looking again ──────────────────────────────────────────────────────────────────


def save(net, wishes, made: Made, args, preset) -> None:
    """Write a sheet, what made it, a film, and each picture by itself, if they are not too many."""
    images = made.pixels
    args.out.mkdir(parents=True, exist_ok=True)
    name = file_name(wishes)
    of_channels = wishes[0].k is None
    files = [
        None if of_channels and len(images) > MANY else args.out / f"{name}_{n}.png"
        for n in range(1, len(images) + 1)
    ]
    for file, image in zip(files, images, strict=True):
        if file is not None:
            picture = pictures.photo(image)
            pictures.whole(file, lambda f, picture=picture: picture.save(f, "PNG"))
    answers = [probability(net, file, wish.k) for file, wish in zip(files, wishes, strict=True)]
    if made.films:
        pictures.whole(args.out / f"{name}.gif", lambda f: film(made.films, f))
    pictures.save(args.out, name, {"": draw(wishes, images, answers)}, {
        "demo": "maximize",
        "model": net.name,
        "settings": dataclasses.asdict(preset),
        "start": args.start,
        "random seed": args.seed,
        "steps done": made.steps,
        "images": [
            {"of": wish.name, "file": file and file.name, "probability in the file": p}
            for wish, file, p in zip(wishes, files, answers, strict=True)
        ],
    })
    for wish, p in zip(wishes, answers, strict=True):
        if p is not None:
            print(f"{p:6.1%}  {wish.name}")
    print(f"{len(images)} pictures: {args.out / name}.png")


def file_name(wishes) -> str:
    """Name the files by what they show: golf_ball_maximize, conv3_2_17_maximize."""
    names = list(dict.fromkeys(wish.name for wish in wishes))
    if len(names) > 1 and wishes[0].k is None:
        names = [names[0].rsplit(" ", 1)[0]]
    text = "_".join(names[:3]) + ("_and_more" if len(names) > 3 else "")
    return "".join(c if c.isalnum() else "_" for c in text) + "_maximize"


def probability(net, file, k: int | None) -> float | None:
    """What the network says of a picture, read again from its file; None if it is of no class."""
    if k is None:
        return None
    picture = np.asarray(Image.open(file), net.dtype).transpose(2, 0, 1)[None]      # (1, 3, H, W)
    return float(ops.softmax(net.scores(to_device(picture, net.device)))[0, k])


def draw(wishes, made, answers) -> Image.Image:
    """Lay out the pictures as they are, or, of many channels, all in rows of 16 and stretched."""
    if wishes[0].k is None:
        columns = min(16, max(4, round(len(made) ** 0.5)))
        tiles = [
            (wish.name, pictures.photo(image))
            for wish, image in zip(wishes, stretched(made), strict=True)
        ]
        rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
        return pictures.sheet(rows, tile=112)
    rows = []
    for i in range(0, len(made), 4):
        part = slice(i, i + 4)
        rows.append([
            (f"{wish.name}  {p:.0%}", pictures.photo(image))
            for wish, p, image in zip(wishes[part], answers[part], made[part], strict=True)
        ])
    return pictures.sheet(rows)


def film(films, file) -> None:
    """Write the images of each moment side by side, as a GIF that rests at its end."""
    times = range(max(map(len, films)))  # a picture that was stopped stays as it was
    moments = [
        pictures.sheet([[("", pictures.photo(one[min(t, len(one) - 1)])) for one in films]])
        for t in times
    ]
    first, *rest = moments
    durations = [80] * len(rest) + [2000]
    first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
