"""Every map of one photo on a page: equation, seconds, and numbers that say what it is worth.

    python -m demos maps cup.jpg
    python -m demos maps cat.jpg dog.jpg --class "wild cat"
    python -m demos maps cup.jpg --effort 4
    python -m demos maps cup.jpg --only gradient Grad-CAM RISE

Which pixels speak for the class?  Each published answer is drawn over the photo, beside two maps
that know nothing: chance, and a Gaussian in the middle.  Three numbers judge each of them, as
minigrad/techniques/look/believe.py explains: deletion, insertion, and how much of the map is left
when the upper half of the network has random weights.  One photo proves nothing: python -m demos
believe asks many.

The seconds are of this run, and no two runs agree on them.
"""

import time

from tqdm import tqdm

from demos.shared import looking
from demos.shared.handout import Card, Figure, page
from minigrad.checked import whole
from minigrad.techniques.look.believe import MEASURES, Asked, flat
from minigrad.techniques.look.maps import Effort, ways

COLUMNS, STEPS = 6, 8
CURVES = "deletion", "insertion"
FORGOTTEN = "random weights"
GAUSSIAN = "centred Gaussian"


def main(argv: list[str]) -> None:
    """Write a page for every photo."""
    args = options().parse_intermixed_args(argv)
    chosen, effort = ways(args.only), Effort().times(whole("--effort", args.effort, at_least=1))
    looking.at_each_photo("maps", args, lambda sight: look(sight, chosen, effort))


def options():
    """What to ask for, which maps, and how hard to try."""
    parse = looking.options("maps", __doc__)
    add = parse.add_argument
    add("--only", nargs="+", metavar="MAP", help="these maps alone, by their names on the page")
    add("--effort", type=int, default=1, metavar="N",
        help="N times as many masks, windows, noisy photos and steps (1)")
    return parse


def look(sight: looking.Sight, chosen, effort: Effort):
    """Make all maps of a photo, judge them, and lay them out."""
    asked = Asked(sight.net, sight.x, sight.objective, effort=effort, steps=STEPS)
    judged, cards = {}, []
    for way in tqdm(chosen, desc="maps", unit="map"):
        judged[way.name] = judge(asked, way)
    for way in chosen:
        cards.append(card_of(sight, way, *judged[way.name], judged[GAUSSIAN][2]))
    photo, said = sight.photo(), sight.says()
    first = [Card(*photo), Card(*said)]
    headline = f"Which pixels speak for it?  The {sight.objective.name}, {sight.value:.3g}"
    sheet = page(headline, first + cards, COLUMNS, footer(sight, effort))
    told = {name: {"seconds": round(seconds, 2), **numbers}
            for name, (_, seconds, numbers) in judged.items()}
    note = {"maps": told, "effort": effort._asdict(), "steps of the curves": STEPS}
    return [[("", sheet)]], note


def judge(asked: Asked, way):
    """One map (1, H, W), the seconds it took, and its numbers; or why there is none."""
    start = time.perf_counter()
    try:
        M = asked.map(way)
        seconds = time.perf_counter() - start
        numbers = {name: float(MEASURES[name].of(asked, way, M)[0])
                   for name in (*CURVES, FORGOTTEN)}
    except ValueError as error:
        return None, time.perf_counter() - start, {"no map": str(error)}
    return M, seconds, numbers


def card_of(sight, way, M, seconds: float, numbers: dict, control: dict) -> Card:
    """A map over the photo, with what there is to say."""
    if M is None:
        grey = sight.photo()[1].convert("L").convert("RGB")
        return Card(f"{way.name}: no map", grey, way.equation, numbers["no map"])
    curves = tuple(
        Figure(f"{name} {numbers[name]:.2f}",
               0 if way.control else verdict(name, numbers[name], control[name]))
        for name in CURVES
    )
    forgotten = Figure(f"{FORGOTTEN} |ρ| {numbers[FORGOTTEN]:.2f}")
    title = f"{way.name}: the same everywhere" if flat(M)[0] else way.name
    _, picture = sight.over(title, M)
    return Card(title, picture, way.equation, f"{way.source} · {seconds:.1f} s",
                (curves, (forgotten,)))


def verdict(name: str, number: float, control: float) -> int:
    """Whether a number is better than the centred Gaussian's, as far as it is printed."""
    if round(number, 2) == round(control, 2):
        return 0
    return 1 if (number > control) == MEASURES[name].more_is_better else -1


def footer(sight, effort: Effort) -> list[str]:
    """What the numbers are, and what they cost."""
    f = "its probability" if sight.objective.k is not None else "it"
    return [
        f"deletion, insertion: mean of {f} while pixels go, or come, in the order of the map. Good "
        "is a low deletion and a high insertion: ✓ better than the centred Gaussian, ✗ worse. "
        "random weights: rank correlation with the map of the network when the upper half of its "
        "layers is random; near 1 the map does not show what the network has learned.",
        f"{effort}; {STEPS} steps of the curves.",
    ]
