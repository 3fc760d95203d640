"""What a class score is made of, pixel by pixel, by five rules that share it out differently.

Layer-wise relevance propagation hands the score down from layer to layer, to whatever contributed;
red pixels speak for the class, blue ones against it.  LRP-0 is as torn as the gradient, ε lets weak
evidence fade, γ favours what speaks for a unit.  A composite takes another rule at each depth: zᴮ
for the pixels, γ below, ε above, and at the top LRP-0, or γ again.  DeepLIFT shares out the
difference to a baseline.

    python -m demos relevance cat.jpg
    python -m demos relevance cat.jpg --class "cup" --gamma 0.1
    python -m demos relevance cat.jpg --layer relu4_2 --unit 17,5,6
    python -m demos relevance cat.jpg dog.jpg FOLDER --baseline blur

Over each map stands what arrived at the pixels, Σ R.  What is missing of the score stayed on the
way: at the biases, and where ε let it fade.  The note beside the sheet says in which layer.
"""

import argparse

from demos.shared import colours, looking
from demos.shared.looking import Sight
from demos.shared.patience import patiently
from minigrad.techniques import Rule, composite, deeplift, relevance
from minigrad.techniques.baselines import BASELINES
from minigrad.techniques.look.gradient import added_colours


def main(argv: list[str]) -> None:
    """Look at every photo."""
    args = options().parse_intermixed_args(argv)
    looking.at_each_photo("relevance", args, look)


def look(sight: Sight):
    """The rows of one photo's sheet, and its note."""
    tables = by_name(sight.net, sight.args)
    with patiently("relevance under each rule"):
        found = {
            name: relevance(sight.net, sight.x, sight.objective, rules=rules)
            for name, rules in tables.items()
        }
        found["DeepLIFT"] = deeplift(
            sight.net, sight.x, sight.objective, baseline=sight.args.baseline
        )
    tiles = [
        sight.over(f"{name}, sum {r.total[0]:.3g}", added_colours(r.map), colours.BOTH)
        for name, r in found.items()
    ]
    photo = sight.photo(f"the photo, score {sight.value:.3g}")
    first, second = [photo, *tiles[:3]], [*tiles[3:], sight.says()]
    note = {
        "rule of each layer": {layer: str(rule) for layer, rule in tables["composite"].items()},
        "shared out": {name: float(r.score[0]) for name, r in found.items()},
        "arrived": {name: float(r.total[0]) for name, r in found.items()},
        "stayed": {
            name: {layer: float(kept[0]) for layer, kept in r.absorbed.items()}
            for name, r in found.items()
        },
    }
    return [first, second], note


def by_name(net, args):
    """The tables of rules that are compared."""
    settings = {"epsilon": args.epsilon, "gamma": args.gamma}
    return {
        "LRP-0": Rule("zero"),
        "LRP-ε": Rule("epsilon", args.epsilon),
        "LRP-γ": Rule("gamma", args.gamma),
        "composite, LRP-0 on top": composite(net, **settings, top=Rule("zero")),
        "composite": composite(net, **settings),
    }


def options() -> argparse.ArgumentParser:
    """Options by the names of the rules."""
    parse = looking.options("relevance", __doc__)
    add = parse.add_argument
    add("--epsilon", default=0.25, type=float, metavar="E",
        help="ε, in units of a layer's root mean square (0.25)")
    add("--gamma", default=0.25, type=float, metavar="G", help="γ (0.25)")
    add("--baseline", default="mean", choices=BASELINES,
        help="what DeepLIFT compares the photo with (mean, the mean colour)")
    return parse
