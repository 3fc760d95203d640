"""Accuracy under attack: what share of photos is still right when each pixel may move by ε?

    python -m demos robust
    python -m demos robust --attacks pgd,bim,momentum --epsilons 0.5,1,2,4
    python -m demos robust --folder PHOTOS --workers 8
    python -m demos robust --defences
    python -m demos robust --checks

PHOTOS holds a folder for each class that the network knows.  Drawn is a curve for each attack with
its 95 % interval (bootstrap over photos); a table and the answers on every photo stand beside it as
CSV.  The 400 photos that are here take some minutes on two cores; Ctrl-C keeps what is done.  How
the attacks go from ε to ε says minigrad/techniques/fool/robustness.py.

The network of this project was trained against an adversary.  What that was good for shows beside
the one before it, which Git still has:

    git show ca66286:weights/minivgg.h5 > minivgg_plain.h5
    python -m demos robust --beside minivgg_plain.h5

--defences puts JPEG, blur and others before the network: what was made for the bare network, and
what was made by an attack that knows of the defence.  They do more for the network before its
adversary (--weights minivgg_plain.h5 --epsilon 2), where what is added is fine noise; what fools
the other is coarser, and a JPEG keeps it.  --checks looks for signs that a network only hides its
gradient (Carlini et al. 2019).
"""

import argparse
import pathlib
import sys

import numpy as np

from demos.shared import pictures, provenance, robust_chart
from demos.shared.album import CALTECH
from demos.shared.command import network, parser
from demos.shared.executor import add_crew
from demos.shared.family import as_csv
from demos.shared.patience import patiently
from demos.shared.robust_run import (
    CURVES,
    TITLES,
    Found,
    Network,
    Plan,
    beside,
    labelled,
    run,
)
from minigrad.backend import array_module
from minigrad.checked import nearest, number, whole
from minigrad.command import printable
from minigrad.stopping import saving
from minigrad.techniques.fool.masking import masking_checks
from minigrad.techniques.fool.robustness import EPSILONS, intervals, rising
from models.classes import class_name

USUAL = "random,fgsm,pgd"
FEW = {"defences": 48, "checks": 16}    # photos, where it is not the curves
SAYS = {
    "photo": "the photo as it is",
    "carried over": "attack made for the bare network, then the defence",
    "as it is": "attack through the defence, along its gradient as it is: 0 where it rounds",
    "adaptive": "attack that knows the defence and walks back through it, or what is carried over",
}


def main(argv: list[str]) -> None:
    """Curves, or what was asked for in their place."""
    args = options().parse_args(argv)
    if args.defences and args.checks:
        raise ValueError("--defences and --checks are two runs: give one of them")
    for name in ("beside", "attacks", "epsilons") if args.defences or args.checks else ():
        if getattr(args, name):
            raise ValueError(f"--{name} is of the curves: leave it out here")
    if args.epsilon is not None and not (args.defences or args.checks):
        raise ValueError("--epsilon is of --defences and --checks: the curves have --epsilons")
    if args.checks:
        return checks(args)
    return defences(args) if args.defences else curves(args)


def options() -> argparse.ArgumentParser:
    """Which photos, which attacks, how far, and who works."""
    parse = parser("robust", __doc__)
    add = parse.add_argument
    add("--folder", type=pathlib.Path, default=CALTECH, metavar="PHOTOS",
        help="holds a folder for each class (400 photos that are here)")
    add("--photos", type=int, metavar="N",
        help=f"so many of them, drawn (all; --defences {FEW['defences']}, --checks "
             f"{FEW['checks']})")
    add("--attacks", metavar="NAME,…", help=f"some of {', '.join(CURVES)} ({USUAL})")
    add("--epsilons", metavar="ε,ε,…",
        help=f"how far, in grey levels ({','.join(f'{e:g}' for e in EPSILONS)})")
    add("--steps", type=int, default=10, metavar="N", help="of PGD, at each ε (10)")
    add("--beside", metavar="FILE", help="weights of another network, drawn beside the first")
    add("--defences", action="store_true", help="what JPEG, blur and others are good for")
    add("--checks", action="store_true", help="is the gradient hidden?")
    add("--epsilon", type=float, metavar="ε", help="of --defences (4) and --checks (2)")
    add("--seed", type=int, default=0, help="of the choice of photos and all that is drawn (0)")
    add_crew(parse)
    return parse


# ── Curves ──────────────────────────────────────────────────────────────────────────────────────


def curves(args) -> None:
    """Attack all photos at every ε, and draw the accuracies; also when it was stopped."""
    plan, net = planned(args), network(args)
    photos = labelled(net, args, at_most(args))
    drawn, tables, single, stopped = [], [], [], False
    for one, its_net, own in beside(args, net, photos):
        found, stopped = run(one, own, plan, args)
        if len(found.photos) > 1:
            drawn += drawn_of(found, one, bool(drawn), args)
            tables += table(found, one, plan)
            single += each_photo(found, one, its_net, plan)
            for line in told(found, one, plan):
                print(line)
        if stopped:
            break
    if not drawn:
        raise KeyboardInterrupt("fewer than two photos were done, so nothing is written")
    counts = {row[0]: row[3] for row in tables}
    head = f"How far until it is wrong?  {counted(counts, len(photos))}"
    head += ", the run was stopped" if stopped else ""
    with saving():
        save(args, net, "robust", {"": robust_chart.chart(head, plan.epsilons, drawn, note(plan))},
             {"photos": min(counts.values()), "photos of each": counts, "asked for": len(photos),
              "attacks": list(plan.attacks),
              "accuracy": [dict(zip(HEAD, row, strict=True)) for row in tables],
              "interrupted": stopped},
             {".csv": as_csv([HEAD, *tables]), "_photos.csv": as_csv([
                 ["network", "photo", "class", "attack", *(f"ε = {e:g}" for e in plan.epsilons)],
                 *single,
             ])}, stopped)


def counted(counts: dict[str, int], wanted: int) -> str:
    """minivgg and other, 400 photos; or each with its own number, where a run was stopped."""
    if len(set(counts.values())) > 1:
        return ", ".join(f"{said(name)} on {count} photos" for name, count in counts.items())
    count = next(iter(counts.values()))
    part = f" of {wanted}" if count < wanted else ""
    return f"{' and '.join(map(said, counts))}, {count}{part} photos"


HEAD = ["network", "attack", "ε", "photos", "accuracy", "low", "high"]


def planned(args) -> Plan:
    """The attacks and ε's of the options.

    Raises:
        ValueError: an attack is unknown or an ε is no number.
    """
    names = [name.strip().lower() for name in (args.attacks or USUAL).split(",")]
    if unknown := [name for name in names if name not in CURVES]:
        raise ValueError(f"--attacks: there is no {unknown[0]!r}; {nearest(unknown[0], CURVES)}")
    try:
        given = [float(e) for e in args.epsilons.split(",")] if args.epsilons else EPSILONS
    except ValueError:
        raise ValueError(f"--epsilons {args.epsilons}: give numbers, as 0.5,1,2") from None
    epsilons = [0.0, *(epsilon for epsilon in rising(given) if epsilon)]
    steps = whole("--steps", args.steps, at_least=1)
    return Plan(tuple(dict.fromkeys(names)), tuple(epsilons), steps, args.seed)


def at_most(args, usual: int | None = None) -> int | None:
    """How many photos are looked at."""
    return usual if args.photos is None else whole("--photos", args.photos, at_least=1)


def drawn_of(found: Found, one: Network, second: bool, args) -> list[robust_chart.Curve]:
    """The curves of a network; with two networks each has its name."""
    return [
        robust_chart.Curve(name, TITLES[name] + (f", {said(one.name)}" if args.beside else ""),
                           intervals(right), second)
        for name, right in found.right.items()
    ]


def said(name: str) -> str:
    """A network's name in a headline, where _ would lower the letter behind it."""
    return name.replace("_", " ")


def table(found: Found, one: Network, plan: Plan) -> list[list]:
    """A line for each attack and ε."""
    return [
        [one.name, name, epsilon, right.shape[1], *(round(n, 4) for n in interval)]
        for name, right in found.right.items()
        for epsilon, interval in zip(plan.epsilons, intervals(right), strict=True)
    ]


def each_photo(found: Found, one: Network, net, plan: Plan) -> list[list]:
    """A line for each photo and attack: 1 where it is right at that ε."""
    return [
        [one.name, provenance.plain(photo.file), class_name(net, photo.k), name,
         *right[:, n].astype(int).tolist()]
        for n, photo in enumerate(found.photos) for name, right in found.right.items()
    ]


def told(found: Found, one: Network, plan: Plan) -> list[str]:
    """The accuracies as text, a line for each attack."""
    ticks = "".join(f"{epsilon:>7g}" for epsilon in plan.epsilons)
    lines = [f"{one.name + ', right of ' + str(len(found.photos)):28}{ticks}"]
    return lines + [
        f"{TITLES[name]:28}{''.join(f'{share:7.1%}' for share in right.mean(axis=1))}"
        for name, right in found.right.items()
    ]


def note(plan: Plan) -> str:
    """What stands below the chart."""
    texts = {
        "random": "Random signs move every pixel by ε, up or down.",
        "fgsm": "FGSM: one step along the gradient's signs; its curve may rise again, for one "
                "gradient says little of what is far off.",
        "pgd": f"PGD: up to {plan.steps} steps in each ball.",
    }
    known = [texts[name] for name in plan.attacks if name in texts]
    return " ".join(["Bands: 95 % of what other photos would give (bootstrap).", *known])


# ── Defences and checks ─────────────────────────────────────────────────────────────────────────


def defences(args) -> None:
    """Put each defence before the network, and attack it blindly and knowingly."""
    net = network(args)
    epsilon = number("--epsilon", 4.0 if args.epsilon is None else args.epsilon, above=0)
    plan = Plan((), (epsilon,), whole("--steps", args.steps, at_least=1), args.seed)
    photos = labelled(net, args, at_most(args, FEW["defences"]))
    ((one, _, own),) = beside(args, net, photos)
    found, stopped = run(one, own, plan, args)
    if len(found.photos) < 2:
        raise KeyboardInterrupt("fewer than two photos were done, so nothing is written")
    rows = {}
    for (name, what), right in found.right.items():
        rows.setdefault(name, {})[what] = intervals(right)[0]
    for name, row in rows.items():
        cells = (f"{what} {interval.mean:.0%}" for what, interval in row.items())
        print(f"{name:14}{', '.join(cells)}")
    part = f" of {len(photos)}, stopped" if stopped else ""
    head = (f"Defences of {said(one.name)} against PGD with ε = {epsilon:g}: accuracy on "
            f"{len(found.photos)} photos{part}")
    below = (f"PGD with {plan.steps} steps. Lines: 95 % of what other photos would give "
             "(bootstrap). Only the last bar of a group measures a defence.")
    with saving():
        save(args, net, "robust_defences", {"": robust_chart.bars(head, SAYS, rows, below)}, {
            "photos": len(found.photos), "asked for": len(photos), "ε": epsilon,
            "accuracy": {name: {what: i._asdict() for what, i in row.items()}
                         for name, row in rows.items()},
            "interrupted": stopped,
        }, {}, stopped)


def checks(args) -> None:
    """Print each check with its numbers."""
    net = network(args)
    epsilon = number("--epsilon", 2.0 if args.epsilon is None else args.epsilon, above=0)
    pixels, k = [], []
    for photo in labelled(net, args, at_most(args, FEW["checks"])):
        try:
            pixels.append(net.pixels(photo.file))
            k.append(photo.k)
        except ValueError as error:
            print(f"left out: {printable(str(error))}", file=sys.stderr)
    if not pixels:
        raise ValueError(f"{args.folder}: none of its photos can be read")
    x = array_module(*pixels).concatenate(pixels)                       # (N, 3, H, W)
    with patiently(f"six checks on {len(k)} photos"):
        found = masking_checks(net, x, labels=np.array(k), epsilon=epsilon, rng=None,
                               steps=whole("--steps", args.steps, at_least=1))
    print(found)
    failed = len(found.failed)
    print(f"{failed} of {len(found.checks)} checks failed" if failed
          else "all passed, which is no proof, and nothing speaks against these accuracies")
    save(args, net, "robust_checks", {}, {
        "photos": len(k), "ε": epsilon, "checks": [check._asdict() for check in found.checks],
    }, {}, False)


def save(args, net, what: str, drawn, numbers: dict, more, stopped: bool) -> None:
    """Write a family, and say where; raise KeyboardInterrupt with that if the run was stopped."""
    name = f"{args.folder.resolve().name}_{net.name}_{what}"
    others = {"beside": args.beside} if args.beside else {}
    pictures.save(args.out, name, drawn, {
        "demo": "robust", "model": net.name, **numbers, **provenance.of(args, **others),
    }, more)
    file = f"{args.out / name}.{'png' if drawn else 'json'}"
    if stopped:
        raise KeyboardInterrupt(f"{numbers['photos']} of {numbers['asked for']} photos: {file}")
    print(file)
