"""Human against network: a photo that is hard to see, five names, and who is right more often.

    as it is        as long as you like
    brief           for a tenth of a second, then noise, which ends what the eye keeps of it
    occluded        a grey square in front, half as wide as the photo
    blurred         as if seen from afar (Pillow's Gaussian, a radius of 1/64 of the edge)
    tiny            32 × 32 pixels, which people manage with (Torralba et al. 2008)
    attacked        PGD, 8 grey levels, 10 steps, away from what the network says

The photos are those of Caltech-101 that the network was never trained on.  Of the four wrong names
three are drawn, and one is the class that it takes the picture for most, after the right one: so it
is right here exactly where its first answer is.  The same number asks the same question.

Read before: paint.py.
"""

from collections.abc import Iterator

import numpy as np
from PIL import ImageFilter

from demos.explorer.desk import Desk, png
from demos.explorer.fool import STEPS
from demos.explorer.photos import Photo, plain
from demos.explorer.question import Request, quoted
from demos.shared import pictures
from demos.shared.album import CALTECH, of_known_classes
from minigrad.backend import to_numpy
from minigrad.techniques import pgd
from minigrad.techniques.look.believe import wilson
from models.classes import class_name

CONDITIONS = ("as it is", "brief", "occluded", "blurred", "tiny", "attacked")
CHOICES, TINY, BLUR, EPSILON = 5, 32, 64, 8


def quiz(desk: Desk, request: Request) -> Iterator[dict]:
    """One question, its five answers, and the network's."""
    net = desk.net
    condition = request.one_of("condition", CONDITIONS, CONDITIONS[0])
    number = request.whole("number", 0, 10**6)
    photos = of_known_classes(net, str(CALTECH))
    rng = np.random.default_rng(number)
    file, truth = photos[rng.integers(len(photos))]
    x = seen_as(condition, net, net.pixels(file), number)
    scores = to_numpy(net.scores(x))
    rival = next(int(k) for k in scores[0].argsort()[::-1] if k != truth)
    others = sorted({k for _, k in photos} - {truth, rival})
    drawn = rng.choice(others, CHOICES - 2, replace=False)
    choices = rng.permutation([truth, rival, *drawn]).tolist()
    named = [class_name(net, k) for k in choices]
    yield {
        "picture": png(pictures.photo(x)), "choices": named, "right": choices.index(truth),
        "network": int(scores[0, choices].argmax()), "top": desk.says(scores),
        "photo": f"{file.parent.name}-{file.stem}",
        "command": command(desk, condition, plain(file)),
        "python": python(desk, condition, file, number),
    }  # fmt: skip


def seen_as(condition: str, net, pixels, number: int):
    """Pixels (1, 3, H, W) as they are shown under a condition, in whole grey levels."""
    rng = np.random.default_rng([number, CONDITIONS.index(condition)])
    picture, edge = pictures.photo(pixels), pixels.shape[-1]
    if condition == "occluded":
        left, top = rng.integers(edge // 2, size=2).tolist()
        picture.paste((128, 128, 128), (left, top, left + edge // 2, top + edge // 2))
    elif condition == "blurred":
        picture = picture.filter(ImageFilter.GaussianBlur(edge / BLUR))
    elif condition == "tiny":
        picture = pictures.fitted(picture.resize((TINY, TINY)), edge)
    elif condition == "attacked":
        record = pgd(net, pixels, epsilon=EPSILON, steps=STEPS, rng=np.random.default_rng(0))
        picture = pictures.photo(record.adversarial)
    return net.pixels(picture, "full")


def command(desk: Desk, condition: str, file: str) -> str:
    """What makes the attacked photo; for the others, what the network says of the photo itself."""
    if condition == "attacked":
        return desk.recipe.command("fool", file, "--epsilon", str(EPSILON), "--steps", str(STEPS))
    return desk.recipe.command("what", file)


def python(desk: Desk, condition: str, file, number: int) -> str:
    """What makes the picture."""
    photo = Photo("", "", file, None, plain(file))
    return desk.recipe.python(
        photo, set(), f"show(seen_as({quoted(condition)}, net, pixels, {number}))",
        imports=("from demos.explorer.quiz import seen_as",),
    )  # fmt: skip


def intervals(desk: Desk, request: Request) -> Iterator[dict]:
    """Shares that were right, each with its interval, for a chart: [[right, of], …]."""
    counts = request.fields.get("counts")
    if not isinstance(counts, list) or len(counts) > 100 or any(
        not isinstance(pair, list) or len(pair) != 2 for pair in counts
    ):
        raise ValueError("counts: give a list of pairs, right answers and all")
    yield {"intervals": [list(wilson(right, of)) for right, of in counts]}


VERBS = {"quiz": quiz, "intervals": intervals}
