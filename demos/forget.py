"""What is left of a map when the network forgets what it has learned, from the score down.

    python -m demos forget cat.jpg
    python -m demos forget cat.jpg --only gradient Grad-CAM "LRP, composite"

On the left a map of the trained network.  Each column to its right gives random weights to more
layers, and ρ is the rank correlation with the first: where it stays near 1 the map shows the photo,
whatever the network knows (Adebayo et al. 2018, figure 2).  The last network knows nothing at all.
"""

from demos.shared import looking
from demos.shared.patience import patiently
from minigrad.techniques.look.maps import ways
from minigrad.techniques.look.randomise import forgetting, spearman, weighted_layers

USUAL = ["gradient", "guided backpropagation", "LRP-γ", "Grad-CAM"]
COLUMNS = 6


def main(argv: list[str]) -> None:
    """Write a sheet for every photo."""
    args = options().parse_intermixed_args(argv)
    chosen = [way for way in ways(args.only or USUAL) if not way.control]
    looking.at_each_photo("forget", args, lambda sight: look(sight, chosen))


def options():
    """What to ask for, and which maps."""
    parse = looking.options("forget", __doc__)
    parse.add_argument("--only", nargs="+", metavar="MAP",
                       help=f"these maps, as python -m demos maps has ({', '.join(USUAL)})")
    return parse


def look(sight: looking.Sight, chosen):
    """A row for each map: as learned, and less and less of it."""
    layers = weighted_layers(sight.net, sight.objective)
    at = [layers[round(i * (len(layers) - 1) / (COLUMNS - 1))] for i in range(COLUMNS)]
    asked, rows, told = (sight.net, sight.x, sight.objective), [[sight.photo(), sight.says()]], {}
    for way in chosen:
        with patiently(way.name):
            learned, told[way.name] = way.map(*asked), {}
            row = [sight.over(f"{way.name}, learned", learned)]
            for layer, M in forgetting(*asked, look=way.map, at=at):
                rho = told[way.name][layer] = round(float(spearman(learned, M)[0]), 3)
                row.append(sight.over(f"{layer} up, ρ {rho:.2f}", M))
        rows.append(row)
    return rows, {"rank correlation": told}
