"""What the demos have in common that lay maps over a photo: options, the loop, titled pictures.

    args = options("smooth", __doc__).parse_intermixed_args(argv)
    looking.at_each_photo("smooth", args, look)

look(sight) returns the rows of one photo's sheet and what its note tells of them; here are the
photo, what was asked for, and the tiles of such a sheet, all of one size:

    sight.photo()                   the photo, with what a unit sees
    sight.says()                    what the network says, as bars
    sight.over("title", map)        a map over the photo in grey, with a scale
    sight.signed("title", g)        a gradient around grey

Used by: the demos of one technique each that looks at a photo.
"""

import argparse
import pathlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from demos.shared import colours, pictures, provenance
from demos.shared.asking import add_objective, objective_of
from demos.shared.command import add_photos, for_each, network, parser, photos_of, top
from minigrad.techniques import Objective
from minigrad.techniques.objectives import activations

EDGE = 256  # pixels: the longer side of each picture on a sheet

Tile = tuple[str, Image.Image]


def options(name: str, doc: str, usual: str = "the likeliest class") -> argparse.ArgumentParser:
    """Begin the options of a demo that looks at photos; `usual` is asked for where nothing is."""
    parse = parser(name, doc)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add_objective(parse, usual)
    add = parse.add_argument
    add("--colours", default=colours.USUAL, choices=colours.NAMES, metavar="NAME",
        help=f"of a map: {', '.join(colours.NAMES)} ({colours.USUAL})")
    add("--size", default=None, metavar="EDGE",
        help="in pixels, or full, instead of the network's own")
    return parse


@dataclass(frozen=True)
class Sight:
    """One photo, the question, and the tiles of its sheet.

    Attributes:
        net: the network.
        x: the photo's pixels, (1, 3, H, W).
        objective: what is asked for.
        value: how much of it there is.
        scores: (1, K).
        args: the options.
    """

    net: Any
    x: Any
    objective: Objective
    value: float
    scores: Any
    args: argparse.Namespace

    def photo(self, title: str = "the photo") -> Tile:
        """The photo; with a box around what a unit sees, where a unit is asked for."""
        picture = pictures.photo(self.x)
        if box := box_of(self.net, self.objective, self.x.shape[2:]):
            title, picture = f"{title}, and what the unit sees", pictures.boxed(picture, box)
        return title, pictures.fitted(picture, EDGE)

    def says(self) -> Tile:
        """The likeliest classes as bars."""
        return "what the network says", pictures.bars(top(self.net, self.scores), (EDGE, EDGE))

    def over(self, title: str, map, name: str | None = None) -> Tile:
        """A map (1, H, W) over the photo in grey, with a scale; one that is zero says so.

        `name` of colours is for a map that has its own, whatever the options say.
        """
        picture = pictures.heat(map, name or self.args.colours, self.x, EDGE)
        return self._unless_zero(title, map), picture

    def signed(self, title: str, g) -> Tile:
        """A gradient (1, 3, H, W) around grey; one that is zero says so."""
        return self._unless_zero(title, g), pictures.fitted(pictures.signed(g), EDGE)

    def _unless_zero(self, title: str, map) -> str:
        """Say of a map that it is zero everywhere, so that nobody looks for more in it."""
        if map.any():
            return title
        print(f"{title} is zero everywhere: nothing in this photo speaks for {self.objective.name}")
        return f"{title}: zero everywhere"


def at_each_photo(demo: str, args, look: Callable[[Sight], tuple[list[list[Tile]], dict]]) -> None:
    """Look at every photo of the options, and write its sheet and a note.

    Args:
        demo: its name, at the end of the files' names.
        args: the options.
        look: makes the rows of tiles of a photo, and what its note tells of them.
    """
    photos, net = photos_of(args), network(args)
    for_each(photos, lambda photo, name: _at(photo, f"{name}_{demo}", demo, net, args, look))


def _at(photo: pathlib.Path, name: str, demo: str, net, args, look) -> None:
    x = net.pixels(photo, size=args.size)
    scores = net.scores(x)
    for class_, p in top(net, scores):
        print(f"{p:6.1%}  {class_}")
    objective = objective_of(net, x, args)
    value = float(objective(activations(net, x, objective)))
    rows, note = look(Sight(net, x, objective, value, scores, args))
    pictures.save(args.out, name, {"": pictures.sheet(rows, tile=None)}, {
        "demo": demo,
        "photo": photo.name,
        "model": net.name,
        "objective": objective.name,
        "value": value,
        **note,
        **provenance.of(args, photo=photo),
    })
    print(f"{objective.name}, {value:.4g}: {args.out / name}.png")


def box_of(net, objective, image):
    """Return the box of the image that a unit sees, (top, left, bottom, right); None for others."""
    if objective.place is None or len(objective.place) < 3:
        return None
    _, row, column = objective.place
    return net.receptive_field(objective.layers[0]).box(row, column, image)
