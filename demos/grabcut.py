"""The object cut out of a photo: a map says where it is, and the colours where it ends.

A map says where the evidence for a class lies, in spots.  Its strongest pixels are surely object,
its weakest surely background, and GrabCut lets the colours decide about the others (Simonyan et
al. 2014).  The box around the largest piece says where the object is.

    python -m demos grabcut dog.jpg
    python -m demos grabcut dog.jpg --map relevance --class "dalmatian"
    python -m demos grabcut --map grad_cam 'demos/photos/caltech101/llama/*.jpg'

Below stands the control that most papers leave out: the same cut with seeds from a Gaussian in the
middle of the photo, which has seen neither photo nor network.  Where both agree, with an overlap
near 1, the map was not needed.

OpenCV does the cut: pip install -e ".[segment]"
"""

import argparse

import numpy as np

from demos.shared import looking, pictures
from demos.shared.looking import EDGE, Sight
from demos.shared.patience import patiently
from minigrad import ops
from minigrad.backend import to_numpy
from minigrad.rules import guided
from minigrad.techniques import (
    centred_gaussian,
    deeplift,
    grad_cam,
    integrated_gradients,
    relevance,
    saliency,
    smooth_gradient,
)
from minigrad.techniques.look.grabcut import NEITHER, grabcut, overlap
from minigrad.techniques.look.gradient import added_colours, over_colours

MAPS = {
    "saliency": saliency,
    "guided": lambda *asked: saliency(*asked, rules={ops.relu: guided}),
    "smooth": lambda *asked: over_colours(smooth_gradient(*asked).mean),
    "integrated": lambda *asked: added_colours(integrated_gradients(*asked).map),
    "grad_cam": grad_cam,
    "relevance": lambda *asked: added_colours(relevance(*asked).map),
    "deeplift": lambda *asked: added_colours(deeplift(*asked).map),
}
CONTROL = "a centred Gaussian"


def main(argv: list[str]) -> None:
    """Look at every photo."""
    looking.at_each_photo("grabcut", options().parse_intermixed_args(argv), look)


def look(sight: Sight):
    """The rows of one photo's sheet, and its note."""
    args, asked = sight.args, (sight.net, sight.x, sight.objective)
    with patiently(f"the map, {args.map}"):
        maps = {args.map: MAPS[args.map](*asked), CONTROL: centred_gaussian(*asked)}
    quantiles = {"foreground": args.foreground, "background": args.background}
    cuts = {
        name: grabcut(sight.x, one, **quantiles, blur=0 if name == CONTROL else args.blur)
        for name, one in maps.items()
    }
    same = float(overlap(*(cut.mask for cut in cuts.values()))[0])
    first, second = (
        [sight.over(name, maps[name]), *drawn(sight.x, cut)] for name, cut in cuts.items()
    )
    second[-1] = f"cut out; overlap {same:.2f} with that above", second[-1][1]
    note = {
        "box (top, left, bottom, right)": {n: cut.box[0].tolist() for n, cut in cuts.items()},
        "overlap of both": same,
    }
    return [[sight.photo(), *first], [sight.says(), *second]], note


def drawn(x, cut):
    """The seeds of a cut, and what it cut out, in its box."""
    photo, mask, seeds = to_numpy(x)[0], cut.mask[0], cut.seeds[0]
    told = np.where(seeds == NEITHER, photo, np.where(seeds == 1, 255, 0))
    out = pictures.photo(np.where(mask, photo, 255 - 0.15 * (255 - photo)))
    return [
        ("seeds: white object, black rest", pictures.fitted(pictures.photo(told), EDGE)),
        ("cut out", pictures.fitted(pictures.boxed(out, cut.box[0].tolist()), EDGE)),
    ]


def options() -> argparse.ArgumentParser:
    """Options by the names of the paper."""
    parse = looking.options("grabcut", __doc__)
    add = parse.add_argument
    add("--map", default="saliency", choices=MAPS, metavar="NAME",
        help=f"whose strongest pixels are seeds: {', '.join(MAPS)} (saliency)")
    add("--foreground", default=0.95, type=float, metavar="Q",
        help="the quantile of the map from which on there surely is object (0.95)")
    add("--background", default=0.30, type=float, metavar="Q",
        help="the quantile up to which there surely is none (0.30)")
    add("--blur", default=0.08, type=float, metavar="S",
        help="of the map, in the photo's shorter edge (0.08)")
    return parse
