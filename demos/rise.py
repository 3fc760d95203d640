"""Show random parts of your photo, and ask each time: a map that needs no gradient, as it comes.

Masks show about half of the photo each.  A pixel matters as much as the probability of a class, or
a unit's activation, is high whenever it is shown (RISE, Petsiuk, Das and Saenko 2018).  The sheet
shows the photo behind some masks, with what the network says to each; the map after more and more
of them; and beside the last a map that comes of masks, too: Score-CAM (Wang et al. 2020).

    python -m demos rise cat.jpg
    python -m demos rise cat.jpg --class "cup" --masks 100,1000,4000
    python -m demos rise cat.jpg --cells 5
"""

import argparse

from demos.shared import grids, looking, pictures
from demos.shared.patience import batches
from demos.smooth import numbers
from minigrad.backend import to_numpy
from minigrad.techniques import class_probability, score_cam
from minigrad.techniques.look.rise import behind_random_masks, rise_so_far

MASKS = [64, 256, 1024]
EXAMPLES = 3


def main(argv: list[str]) -> None:
    """Look at every photo."""
    looking.at_each_photo("rise", options().parse_intermixed_args(argv), look)


def look(sight: looking.Sight):
    """Make one photo's sheet."""
    net, x, args, asked = sight.net, sight.x, sight.args, sight.objective
    asked = asked if asked.k is None else class_probability(asked.k)
    settings = {"cells": args.cells, "keep": args.keep}
    shown, values = behind_random_masks(net, x, asked, masks=EXAMPLES, **settings)
    wanted, maps = list(args.masks), {}
    for step in rise_so_far(net, x, asked, masks=wanted[-1], progress=batches("masks"), **settings):
        if step.masks >= wanted[len(maps)]:
            maps[step.masks] = to_numpy(step.map)[0]
    low, high = (float(end) for end in (maps[wanted[-1]].min(), maps[wanted[-1]].max()))
    cam = score_cam(net, x, sight.objective, progress=batches("channels"))
    of = "it" if asked.k is None else "its probability"
    rows = [
        [sight.photo(), *(
            (f"{of} is {float(value):.2g}", pictures.fitted(pictures.photo(one), looking.EDGE))
            for one, value in zip(shown, values, strict=True)
        )],
        [*((f"after {n} masks", grids.over(map, to_numpy(x)[0], low, high, args.colours,
                                           looking.EDGE)) for n, map in maps.items()),
         sight.over("Score-CAM", cam)],
    ]
    return rows, {"masks": wanted, **settings, "lowest and highest": [low, high],
                  "asked behind each mask": of}


def options() -> argparse.ArgumentParser:
    """How many masks, and of which kind."""
    parse = looking.options("rise", __doc__)
    add = parse.add_argument
    add("--masks", type=numbers, default=MASKS, metavar="N,N,…",
        help="a map after so many masks each (64,256,1024)")
    add("--cells", type=int, default=7, help="cells in a row and in a column of a mask (7)")
    add("--keep", type=float, default=0.5, metavar="P", help="probability that one is shown (0.5)")
    return parse
