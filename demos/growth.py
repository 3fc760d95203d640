"""How an attack grows on its way up the network, layer by layer, beside noise of the same length.

At the pixels both are a few hundredths of the photo.  Noise is averaged away or grows but slowly,
for some of its numbers push up and some down; the attack's all push the same way, and what one
layer gains the next one starts from.

    python -m demos growth cat.jpg
    python -m demos growth cat.jpg --epsilon 1
    python -m demos growth cat.jpg --model squeezenet1_1

Each row is a layer, from the pixels at the top to the scores; each dot is how far the layer's
activation moved, ‖a(x + η) − a(x)‖ / ‖a(x)‖.
"""

import argparse
import math
import pathlib

import numpy as np
from PIL import Image, ImageDraw

from demos.shared import attacking, lettering, pictures, provenance
from demos.shared.attacking import answer, smallest
from demos.shared.command import for_each, network, photos_of
from demos.shared.lines import BLUE, RED
from demos.shared.patience import patiently
from demos.shared.pictures import INK, PAPER
from minigrad.checked import whole
from minigrad.techniques import growth
from minigrad.techniques.fool.directions import aside

EDGE, TALL, WIDE, ABOVE = 256, 800, 460, 30  # pixels
HEAD = "how far each layer's activation moves:  ‖a(x+η) − a(x)‖ / ‖a(x)‖"
FAINT = (232, 232, 236)


def main(argv: list[str]) -> None:
    """Look at every photo."""
    args = options().parse_intermixed_args(argv)
    whole("--noises", args.noises, at_least=1)
    photos, net = photos_of(args), network(args)
    for_each(photos, lambda photo, name: look(net, photo, f"{name}_growth", args))


def options() -> argparse.ArgumentParser:
    """How far."""
    parse = attacking.options("growth", __doc__)
    parse.add_argument("--noises", type=int, default=8, metavar="N",
                       help="random directions, for the mean (8)")
    return parse


def look(net, photo: pathlib.Path, name: str, args) -> None:
    """One photo: attack it, follow attack and noise, draw."""
    x = net.pixels(photo, size=args.size)
    with patiently("the attack"):
        epsilon, record = smallest(net, x, args.epsilon)
    with patiently("the layers"):
        grown = growth(net, x, record.adversarial, samples=args.noises)
    noise = aside(x, record.adversarial).clip(0, 255)
    titled = [
        (f"the photo: {answer(net, record.scores_before)}", pictures.photo(x)),
        (f"the attack: {answer(net, record.scores_after)}", pictures.photo(record.adversarial)),
        (f"noise as long: {answer(net, net.scores(noise))}", pictures.photo(noise)),
    ]
    column = [[(title, pictures.fitted(picture, EDGE))] for title, picture in titled]
    attack, random = (np.array([each[n][0] for each in grown.values()]) for n in (0, 1))
    left = pictures.sheet(column, tile=None)
    sheet = pictures.sheet([[("", left), ("", chart(list(grown), attack, random))]], tile=None)
    pictures.save(args.out, name, {"": sheet}, {
        "demo": "growth",
        "photo": photo.name,
        "model": net.name,
        "epsilon": epsilon,
        "l2 of both": float(record.l2[0]),
        "change by layer, attack and noise": {
            layer: [round(float(a), 6), round(float(b), 6)]
            for layer, a, b in zip(grown, attack, random, strict=True)
        },
        **provenance.of(args, photo=photo),
    })
    print(f"of the pixels' size {attack[0]:.1%}; of the scores' {attack[-1]:.1%} by the attack, "
          f"{random[-1]:.1%} by noise that is as long")
    print(f"{args.out / name}.png")


def chart(layers, attack, random) -> Image.Image:
    """A row for each layer, a dot for the attack and one for noise, on a scale of powers of ten."""
    there = np.concatenate([attack, random])
    there = there[there > 0]  # neither NaN nor a layer that noise does not reach
    low = 10.0 ** math.floor(math.log10(there.min()))
    high = max(10 * low, 10.0 ** math.ceil(math.log10(there.max())))
    row = max(16, min(24, TALL // len(layers)))
    left = round(max(pictures.font().getlength(layer) for layer in layers)) + 24
    bottom = ABOVE + 34 + row * len(layers)
    page = Image.new("RGB", (left + WIDE + 30, bottom + 30), PAPER)
    pen = ImageDraw.Draw(page)
    lettering.write(pen, (left, 4), HEAD, 13)

    def place(value):
        return left + WIDE * math.log10(value / low) / math.log10(high / low)

    for n, (name, colour) in enumerate((("the attack", RED), ("noise of the same length", BLUE))):
        x = left + 150 * n
        pen.ellipse((x, ABOVE + 4, x + 9, ABOVE + 13), fill=colour)
        lettering.write(pen, (x + 16, ABOVE), name, 13)
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        for times in (1, 2, 5):
            value = times * 10.0**power
            if value <= high * 1.001:
                x = place(value)
                pen.line((x, ABOVE + 30, x, bottom), fill=FAINT)
                pen.text((x, bottom + 6), f"{value:.4g}", fill=INK, font=lettering.font(12),
                         anchor="ma")
    for n, (layer, a, b) in enumerate(zip(layers, attack, random, strict=True)):
        y = ABOVE + 34 + row * n + row // 2
        pen.text((left - 14, y), layer, fill=INK, font=pictures.font(), anchor="rm")
        pen.line((left, y, left + WIDE, y), fill=FAINT)
        for value, colour in ((b, BLUE), (a, RED)):
            if value > 0:
                x = place(value)
                pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colour)
    return page
