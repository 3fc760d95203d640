"""Integrated gradients: what each pixel of your photo adds to a class, compared with nothing.

Nothing is the mean colour, black, white or a blurred photo, and then their mean; beside them input
times gradient, which takes no steps.  Red adds to the score, blue takes from it.  All pixels
together should be the score of the photo minus that of nothing; above each map stand both, and by
how much they are off.

    python -m demos integrated cat.jpg
    python -m demos integrated cat.jpg --class "cup" --steps 128
"""

import argparse

from tqdm import tqdm

from demos.shared import looking
from minigrad.backend import to_numpy
from minigrad.techniques import input_times_gradient, integrated_gradients
from minigrad.techniques.baselines import BASELINES
from minigrad.techniques.look.gradient import added_colours
from minigrad.techniques.look.integrated import RULES, averaged

STEPS, RULE = 32, "midpoint"


def main(argv: list[str]) -> None:
    """Look at every photo."""
    looking.at_each_photo("integrated", options().parse_intermixed_args(argv), look)


def look(sight: looking.Sight):
    """Make one photo's sheet."""
    asked, args = (sight.net, sight.x, sight.objective), sight.args
    found = {
        name: integrated_gradients(*asked, baselines=name, steps=args.steps, rule=args.rule)
        for name in tqdm(BASELINES, unit="baseline", leave=False, delay=2)
    }
    found["all four"] = averaged(list(found.values()))
    tiles = [
        sight.over(title(name, one), added_colours(one.map)) for name, one in found.items()
    ]
    single = sight.over("input · gradient", added_colours(input_times_gradient(*asked)))
    rows = [[sight.photo(), *tiles[:3]], [sight.says(), *tiles[3:], single]]
    note = {
        "steps": args.steps,
        "rule": args.rule,
        "score above the baseline": {name: number(one.gain) for name, one in found.items()},
        "residual": {name: number(one.residual) for name, one in found.items()},
    }
    for name, one in found.items():
        print(title(name, one))
    return rows, note


def title(name: str, found) -> str:
    """Name a baseline, what is explained, and how well."""
    return f"from {name}: {number(found.gain):.2f}, off by {number(found.residual):+.2f}"


def number(array) -> float:
    """The one number of one photo."""
    return float(to_numpy(array)[0])


def options() -> argparse.ArgumentParser:
    """How fine the steps are."""
    parse = looking.options("integrated", __doc__)
    add = parse.add_argument
    add("--steps", type=int, default=STEPS, metavar="N",
        help=f"from the baseline to the photo ({STEPS})")
    add("--rule", default=RULE, choices=list(RULES), help=f"where the steps are ({RULE})")
    return parse
