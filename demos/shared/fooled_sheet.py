"""Fooling images on a sheet, a row for each way and a column for each class; and as a film.

Read before: gallery.py.
"""

import math

import numpy as np
from PIL import Image

from demos.shared import captions, film, pictures
from demos.shared.gallery import label, stretched
from minigrad.backend import to_numpy
from minigrad.techniques.fool import cppn
from models.classes import class_name

COLUMNS, TILE, LABEL = 8, 160, 96  # classes in a row; pixels of a picture, and of a way's name
FILMED, MOMENTS, EDGE = 4, 40, 224  # pictures in a film, moments of it, and their edge
CONTRAST = 35  # grey levels, the deviation of what is stretched
NAMES = {
    "cppn": "bred formulas (cppn)", "direct": "bred pixels (direct)", "ascent": "gradient ascent",
}


def sheet(net, found, said: list[str]) -> Image.Image:
    """All that was found, eight classes to a row, and below how far each way got."""
    classes = list(found[0].pixels)
    rows = []
    for start in range(0, len(classes), COLUMNS):
        some = classes[start : start + COLUMNS]
        for one in found:
            there = [k for k in some if k in one.pixels]
            rows.append(row(NAMES[one.way], [(title(net, one, k), one.pixels[k]) for k in there]))
            if one.way == "ascent":
                more = [("", stretched(to_numpy(one.pixels[k]), deviation=CONTRAST)) for k in there]
                rows.append(row("the same, contrast stretched", more))
    none = ("" if "background" in net.classes else
            f"{net.name} has no answer for “none of these”: the 100 % are shared among its "
            f"{net.class_count} classes.")
    page = pictures.sheet(rows, tile=None)
    texts = [text for text in (*said, none) if text]
    return captions.stacked([page, captions.sentences(texts, page.width)])


def row(name: str, tiles) -> list[tuple[str, Image.Image]]:
    """A way's name and its pictures (1, 3, H, W)."""
    drawn = [(text, pictures.fitted(pictures.photo(x), TILE)) for text, x in tiles]
    return [("", label(name, LABEL, TILE)), *drawn]


def title(net, one, k: int) -> str:
    """A class and its probability, cut off behind the first decimal."""
    return f"{math.floor(1000 * one.answers[k]) / 10:.1f}%  {class_name(net, k)}"


def film_of(one, format: str) -> bytes:
    """How the first pictures of a way were found: the champions, or the steps of the ascent."""
    shown = list(one.pixels)[:FILMED]
    if not one.genomes:
        way = [stretched(to_numpy(now.pixels), deviation=CONTRAST) for now in some_of(one.moments)]
        return film.encoded([[x[n] for x in way] for n in range(len(shown))], format)
    champions = [tuple(now.genomes[k] for k in shown) for now in one.moments]
    moments = some_of(list(dict.fromkeys(champions)))  # each was beaten once, and does not return
    films = [cppn.drawn([moment[n] for moment in moments], EDGE) for n in range(len(shown))]
    return film.encoded([list(images) for images in films], format)


def some_of(moments: list) -> list:
    """As many as a film has, evenly spread, the first and the last among them."""
    last = len(moments) - 1
    times = {round(t) for t in np.linspace(0, last, min(MOMENTS, last + 1))}
    return [moments[t] for t in sorted(times)]
