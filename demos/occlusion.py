"""Hide each part of your photo in turn: where the score falls, where another class takes over.

A window slides over the photo and hides what is under it.  The sheet shows the photo with the
window where the score is lowest, the drop at each pixel, and with the window at each position the
score, the probability and the likeliest class (Zeiler and Fergus 2013).

    python -m demos occlusion cat.jpg
    python -m demos occlusion cat.jpg --class "cup" --window 32 --stride 4
    python -m demos occlusion cat.jpg --fill blur

No colour means nothing to a network: a grey square is a thing too.  Compare several fills.
"""

import argparse

import numpy as np

from demos.shared import grids, looking, pictures
from demos.shared.patience import batches
from minigrad.backend import to_numpy
from minigrad.techniques import occlusion
from minigrad.techniques.look.occlusion import FILLS, filling, places, window_and_stride
from models.classes import class_name


def main(argv: list[str]) -> None:
    """Look at every photo."""
    looking.at_each_photo("occlusion", options().parse_intermixed_args(argv), look)


def look(sight: looking.Sight):
    """Make one photo's sheet."""
    net, x, args = sight.net, sight.x, sight.args
    window, stride = window_and_stride(args.window, args.stride, *x.shape[2:])
    found = occlusion(
        net, x, sight.objective, window=window, stride=stride, fill=args.fill,
        progress=batches("positions"),
    )
    scores = to_numpy(found.scores)[0]
    low, high = float(scores.min()), float(scores.max())
    rows = [
        [hidden(sight, scores, window, stride), sight.over("the drop at each pixel", found.drop),
         sight.says()],
        [("score at each position", grids.numbers(scores, low, high, args.colours, looking.EDGE))],
    ]
    note = {"window": window, "stride": stride, "fill": args.fill, "positions": scores.shape,
            "lowest and highest": [low, high]}
    if found.probability is not None:
        p = to_numpy(found.probability)[0]
        rows[1].append(("its probability", grids.numbers(p, 0, 1, args.colours, looking.EDGE)))
    if found.taking_over is not None:
        winners, likeliest = to_numpy(found.taking_over)[0], int(sight.scores[0].argmax())
        grid, legend = grids.classes(winners, likeliest, net, looking.EDGE)
        alone = bool((winners == likeliest).all())
        title = "one class everywhere" if alone else "the likeliest class"
        rows[1] += [(title, grid), ("at so many positions", legend)]
        note["the likeliest class, at so many positions"] = {
            class_name(net, int(k)): int((winners == k).sum()) for k in np.unique(winners)
        }
    return rows, note


def hidden(sight: looking.Sight, scores, window, stride) -> looking.Tile:
    """The photo with the window where the score is lowest, framed."""
    r, c = np.unravel_index(scores.argmin(), scores.shape)
    (rows, columns) = (
        places(n, *along)[at]
        for n, along, at in zip(sight.x.shape[2:], zip(window, stride, strict=True), (r, c),
                                strict=True)
    )
    shown = sight.x.copy()
    shown[..., rows, columns] = filling(sight.net, sight.x, sight.args.fill, window)[
        ..., rows, columns
    ]
    box = rows.start, columns.start, rows.stop, columns.stop
    picture = pictures.fitted(pictures.boxed(pictures.photo(shown), box), looking.EDGE)
    return "where hiding lowers the score most", picture


def options() -> argparse.ArgumentParser:
    """What hides, how large, how far apart."""
    parse = looking.options("occlusion", __doc__)
    add = parse.add_argument
    add("--window", type=int, default=None, metavar="PIXELS",
        help="edge of what is hidden at once (a sixth of the photo)")
    add("--stride", type=int, default=None, metavar="PIXELS",
        help="from one position to the next (a third of the window)")
    add("--fill", default="mean", choices=FILLS, help="what hides: the mean colour (mean), "
        "another grey, the photo blurred, or noise")
    return parse
