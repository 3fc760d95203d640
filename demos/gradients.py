"""Gradient and attack of two networks, side by side: does what fools them look like something?

A plain network's gradient at the image is noise to the eye, and so is its attack.  One that was
trained against an adversary (python -m demos train --adversary 1) must not be misled by single
grey levels, and its gradient shows eyes, edges, the rim of a cup.

    python -m demos gradients
    python -m demos gradients cat.jpg dog.jpg --beside OTHER.h5
    python -m demos gradients --epsilon 200 --model squeezenet1_1

The network that ships, MiniVGG, was trained so in its last five epochs.  The file from before, as
good on photos, is in Git's history, and one command brings it back:

    git show ca66286:weights/minivgg.h5 > minivgg_plain.h5
    python -m demos gradients --beside minivgg_plain.h5

Below each picture stand two numbers: the share of its power in waves of 8 pixels and longer, 5 % in
white noise, and its rank correlation with the photo's own edges, 0 for what has nothing to do with
them.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image, ImageDraw
from tqdm import tqdm

import models
from demos.shared import pictures, provenance
from demos.shared.attacking import answer
from demos.shared.command import PHOTOS, add_photos, filled, network, parser, photos_of
from demos.shared.patience import SILENCE
from demos.shared.pictures import INK, PAPER
from minigrad.techniques import along_edges, cross_entropy, gradient, low_frequencies, pgd

EDGE, BELOW, MOST = 256, 24, 12  # pixels of a picture and of its numbers; photos on a sheet
USUAL = [PHOTOS / f"{name}.jpg" for name in ("face", "chelsea", "cup", "pyramid")]


def main(argv: list[str]) -> None:
    """Ask both networks about every photo; one sheet for all."""
    args = options().parse_intermixed_args(argv)
    named = args.bare or args.image
    photos = photos_of(args) if named else USUAL
    if len(photos) > MOST:
        raise ValueError(f"{len(photos)} photos are too many for a sheet: give {MOST} at most")
    nets = [(network(args), str(args.weights or "as it ships"))]
    if args.beside:
        beside = models.load(models.storage.model_of(args.beside), path=args.beside,
                             device=args.device)
        nets.append((beside, args.beside))
    rows, numbers = [], []
    for photo in tqdm(photos, "photos", unit="photo", leave=False, delay=SILENCE):
        row = []
        for net, file in nets:
            x = net.pixels(photo, size=args.size)
            row += [] if row else [(photo.stem, framed(pictures.photo(x), ""))]
            tiles, told = asked(net, x, args)
            row += tiles
            numbers.append({"photo": photo.name, "model": net.name, "weights": file, **told})
        rows.append(row)
    save(nets, rows, numbers, photos, args)


def options() -> argparse.ArgumentParser:
    """Which networks, and how far."""
    parse = parser("gradients", __doc__)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (four that are here)")
    add = parse.add_argument
    add("--beside", type=filled, metavar="FILE", help="weights of a second network")
    add("--epsilon", type=float, default=400.0, metavar="E",
        help="‖η‖₂ of the attack, in grey levels (400)")
    add("--steps", type=int, default=20, metavar="N", help="of PGD (20)")
    add("--size", default=None, metavar="EDGE",
        help="in pixels, or full, instead of the network's own")
    return parse


def asked(net, x, args):
    """Gradient and attack of one network at one photo: their tiles, and their numbers.

    The attack begins at the photo itself: a random start would lay noise over what one looks at.
    """
    label = int(net.scores(x)[0].argmax())
    record = pgd(net, x, epsilon=args.epsilon, norm="l2", steps=args.steps, random_start=False)
    said = answer(net, record.scores_before), answer(net, record.scores_after)
    drawn = {"gradient": gradient(net, x, cross_entropy(label)), "attack": record.perturbation}
    tiles, told = [], {}
    for (name, g), title in zip(drawn.items(), (said[0], f"→ {said[1]}"), strict=True):
        if not g.any():
            tiles.append((f"{name}: zero everywhere", framed(pictures.signed(g), "")))
            continue
        low, edges = float(low_frequencies(g)[0]), float(along_edges(g, x)[0])
        told[name] = {"low frequencies": low, "along edges": edges}
        below = f"long waves {low:.0%}, edges {edges:.2f}".replace("-", "−")
        tiles.append((f"{name}: {title}", framed(pictures.signed(g), below)))
    return tiles, {"answers": said, **told}


def headings(nets) -> list[tuple[str, Image.Image]]:
    """Which network the columns below are of: titles above nothing."""
    line = Image.new("RGB", (EDGE, 1), PAPER)
    titles = [f"{net.name}, {pathlib.Path(file).name}" for net, file in nets]
    return [("", line), *((title, line) for one in titles for title in (one, ""))]


def framed(picture: Image.Image, text: str) -> Image.Image:
    """A picture with a line of numbers below it."""
    picture = pictures.fitted(picture, EDGE)
    page = Image.new("RGB", (picture.width, picture.height + BELOW), PAPER)
    page.paste(picture, (0, 0))
    ImageDraw.Draw(page).text((0, picture.height + 4), text, fill=INK, font=pictures.font())
    return page


def save(nets, rows, numbers, photos, args) -> None:
    """Write the sheet and its numbers, and say the means."""
    name = f"{nets[0][0].name}_gradients"
    read = {"beside": args.beside} if args.beside else {}
    pictures.save(args.out, name, {"": pictures.sheet([headings(nets), *rows], tile=None)}, {
        "demo": "gradients",
        "photos": [photo.name for photo in photos],
        "unit of the gradient": "loss per grey level",
        "numbers": numbers,
        **provenance.of(args, **read),
    })
    for n, (net, file) in enumerate(nets):
        mine = numbers[n :: len(nets)]
        for drawn in ("gradient", "attack"):
            pairs = [tuple(one[drawn].values()) for one in mine if drawn in one]
            if pairs:
                low, edges = np.mean(pairs, axis=0)
                print(f"{net.name}, {file}: the {drawn} has {low:.0%} of its power in waves of "
                      f"8 pixels or more (white noise: 5%), and follows edges by {edges:.2f}")
    print(f"{args.out / name}.png")
