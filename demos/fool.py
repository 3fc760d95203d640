"""Your photo, changed so little that nobody sees it, and the network says something else.

One sheet: the photo; what is added to it, enlarged; what comes out; and beside it a random change
of the same size.  Below each stands what the network says, and below the result whether it lives on
as a PNG, as a JPEG, moved and rescaled.  The picture itself is written as …_fool_adversarial.png.

    python -m demos fool cat.jpg
    python -m demos fool cat.jpg --target "golf ball"
    python -m demos fool cat.jpg --target "golf ball" --norm l2
    python -m demos fool cat.jpg --attack climb --loss margin --rate 10000
    python -m demos fool cat.jpg --compare --on squeezenet1_0_caffe

Of several ε the first that is enough, written as bytes, is taken.  The network that ships was
trained against such attacks: it takes several times as much as SqueezeNet, and in --norm l2 one can
see what of.
"""

import argparse
import io
import pathlib

import numpy as np
from PIL import Image

import models
from demos.shared import fool_sheet, pictures, provenance
from demos.shared.command import (
    add_photos,
    classes_for_shell,
    filled,
    for_each,
    network,
    parser,
    photos_of,
    top,
)
from demos.shared.fool_sheet import Outcome, first, jpeg
from demos.shared.patience import patiently
from minigrad.techniques import (
    ATTACKS,
    Attacked,
    as_bytes,
    gradient_vanishes,
    margin,
    random_control,
    survival,
    transfer,
)
from minigrad.techniques.fool.attacks import attack_called
from minigrad.techniques.fool.checks import instead
from models.classes import class_name, find_class

LADDERS = {  # ε in grey levels, tried in turn
    "linf": [1.0, 2.0, 4.0, 6.0, 8.0, 16.0],
    "l2": [200.0, 400.0, 800.0, 1600.0, 3200.0],
    "l1": [2e3, 8e3, 32e3, 128e3],
}
DRAWS = 16  # of transformations


def main(argv: list[str]) -> None:
    """Attack every photo."""
    args = options().parse_intermixed_args(argv)
    photos, attack = photos_of(args), attack_of(args)
    net = network(args)
    judge = models.load(args.on, path=args.on_weights, device=args.device) if args.on else None
    for_each(photos, lambda photo, name: fool(net, judge, attack, photo, f"{name}_fool", args))


def options() -> argparse.ArgumentParser:
    """Options, by the names that papers give them."""
    parse = parser("fool", __doc__)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add = parse.add_argument
    add("--attack", default="pgd", type=filled, metavar="NAME",
        help=f"one of {', '.join(attack.name for attack in ATTACKS)} (pgd)")
    for name, what in (("target", "what it shall become (anything else)"),
                       ("label", "what the photo shows: is the network right without an attack?")):
        class_ = add(f"--{name}", type=filled, default=None, metavar="CLASS", help=what)
        class_.completer = classes_for_shell
    add("--epsilon", default=None, type=filled, metavar="E,…",
        help="how far, in grey levels of the norm (1, 2, 4, 6, 8, 16 in turn, the first that is "
             "enough)")
    add("--norm", default=None, choices=list(LADDERS), help="how a distance is measured (linf)")
    add("--loss", default="cross-entropy", choices=["cross-entropy", "margin"],
        help="margin where the network is so sure that −log p is 0 (cross-entropy)")
    add("--steps", default=None, type=int, metavar="N", help="in place of the attack's own")
    add("--rate", default=None, type=float, metavar="LR", help="of climb (330)")
    add("--seed", default=0, type=int, help="of random starts, of chance (0)")
    add("--force", action="store_true", help="also a photo whose --label the network gets wrong")
    add("--compare", action="store_true", help="also a strip of all ε")
    add("--on", default=None, type=filled, metavar="MODEL", help="is this network fooled, too?")
    add("--on-weights", default=None, metavar="FILE", help="its weights, where not in weights/")
    add("--size", default=None, metavar="EDGE",
        help="in pixels, or full, instead of the network's own")
    return parse


def attack_of(args):
    """The attack of the options, which must know the others.

    Raises:
        ValueError: there is no such attack, or it has no such setting.
    """
    attack = attack_called(args.attack)
    given = [name for name in ("target", "epsilon", "norm", "steps", "rate")
             if getattr(args, name) is not None]
    given += ["loss"] if args.loss == "margin" else []
    for name in given:
        if {"loss": "objective"}.get(name, name) not in attack.takes:
            raise ValueError(f"--{name} means nothing to {attack.name}: leave it out")
    return attack


def ladder_of(args) -> list[float]:
    """The ε to try in turn.

    Raises:
        ValueError: the option is no list of numbers.
    """
    if args.epsilon is None:
        return LADDERS[args.norm or "linf"]
    try:
        return [float(part) for part in args.epsilon.split(",")]
    except ValueError:
        raise ValueError(f"--epsilon {args.epsilon!r}: give a number, or several as 1,2,4"
                         ) from None


def fool(net, judge, attack, photo: pathlib.Path, name: str, args) -> None:
    """Attack one photo, hold the result against chance and bytes, and write what came of it."""
    x = net.pixels(photo, size=args.size)
    question = asked(net, x, photo, args)
    tried = tried_in_turn(net, x, attack, question, args)
    epsilon, record = chosen(net, attack, tried)
    norm = args.norm or ("linf" if "epsilon" in attack.takes else "l2")
    picture = pictures.photo(record.adversarial)
    png = pictures.png(picture)
    with patiently("chance, files, other hands"):
        made = Outcome(
            net, attack, epsilon, norm, record, read_back(net, record, png),
            read_back(net, record, jpeg(picture)),
            random_control(net, record, norm=norm, rng=np.random.default_rng(args.seed)),
            float(survival(net, record, draws=DRAWS)[0]), DRAWS,
            (judge, transfer(judge, record)) if judge else None,
        )  # fmt: skip
    drawn = {"": fool_sheet.sheet(made)}
    if args.compare and epsilon is not None:
        drawn["epsilons"] = fool_sheet.strip(net, tried)
    pictures.save(args.out, name, drawn, note(made, photo, args), more={"_adversarial.png": png})
    say(made, question, args)
    print(f"the sheet: {args.out / name}.png")


def asked(net, x, photo, args) -> dict:
    """What is wanted of a photo, as an attack takes it: target and objective.

    Raises:
        ValueError: it is what the network says already, or the network is wrong without an attack.
    """
    says = int(net.scores(x)[0].argmax())
    if args.label and (label := find_class(net, args.label)) != says:
        wrong = f"{net.name} says {class_name(net, says)} of {photo}, not {class_name(net, label)}"
        if not args.force:
            raise ValueError(f"{wrong}: it is wrong without an attack; --force attacks it all the "
                             "same")
        print(f"{wrong}; attacked all the same")
    question = {}
    if args.target:
        question["target"] = find_class(net, args.target)
        if question["target"] == says:
            raise ValueError(f"{net.name} says {class_name(net, says)} of {photo} already: give "
                             "another --target")
    if args.loss == "margin":
        question["objective"] = -margin(question["target"]) if args.target else margin(says)
    return question


def tried_in_turn(net, x, attack, question, args) -> dict[float | None, Attacked]:
    """The records by ε: up to the first that is enough, or of all that are to be compared."""
    settings = dict(question)
    for name in ("norm", "steps", "rate"):
        if getattr(args, name) is not None:
            settings[name] = getattr(args, name)
    if "watch" in attack.takes:
        settings["watch"] = lambda progress: print(
            f"step {progress.step:3}  {first(net, net.scores(progress.pixels))}")
    tried = {}
    for epsilon in ladder_of(args) if "epsilon" in attack.takes else [None]:
        if epsilon is not None:
            settings["epsilon"] = epsilon
        if "rng" in attack.takes:
            settings["rng"] = np.random.default_rng(args.seed)
        with patiently(attack.name + (f", ε = {epsilon:g}" if epsilon is not None else "")):
            tried[epsilon] = attack.make(net, x, **settings)
        if enough(net, attack, tried[epsilon]) and not args.compare:
            break
    return tried


def chosen(net, attack, tried) -> tuple[float | None, Attacked]:
    """The first that is enough, or the last of all."""
    good = (item for item in tried.items() if enough(net, attack, item[1]))
    return next(good, [*tried.items()][-1])


def enough(net, attack, record: Attacked) -> bool:
    """Does it fool as whole grey levels; and, if it was made for that, mostly when moved?"""
    written = as_bytes(net, record)
    moved = attack.name == "eot"
    return bool(written.success[0] and (not moved or survival(net, written, draws=DRAWS)[0] >= 0.5))


def read_back(net, record: Attacked, file: bytes) -> Attacked:
    """The record of the picture as a file's reader sees it, whole."""
    return instead(net, record, net.pixels(Image.open(io.BytesIO(file)), size="full"))


def say(made: Outcome, question, args) -> None:
    """What came of it, in words."""
    net, record = made.net, made.record
    size = f"‖η‖∞ {record.linf[0]:.3g} and ‖η‖₂ {record.l2[0]:,.0f} grey levels"
    print(f"{fool_sheet.headline(made)}, {made.attack.name}, {size}")
    if made.epsilon == 0:
        print("ε = 0: nothing can change")
    elif not record.success[0]:
        print("it failed: give a larger --epsilon or another --attack")
        if gradient_vanishes(net, record.pixels, **question)[0]:
            print(f"the gradient is 0 everywhere: {net.name} is so sure that −log p is 0, and "
                  "nothing leads away; give --loss margin")
    for what, one in (("as a PNG", made.png), (f"as a JPEG of {fool_sheet.QUALITY}", made.jpeg),
                      ("by chance", made.control)):
        print(f"{what:14} {first(net, one.scores_after)}")
    print(f"{'moved, scaled':14} it fools under {made.survival:.0%} of {made.draws}")
    if made.on:
        judge, other = made.on
        print(f"{judge.name} {first(judge, other.scores_before)} → "
              f"{first(judge, other.scores_after)}")


def note(made: Outcome, photo: pathlib.Path, args) -> dict:
    """What the JSON tells."""
    net, record = made.net, made.record
    also = {"weights of the other network": args.on_weights or models.weights_file(args.on)} \
        if made.on else {}
    return {
        "demo": "fool",
        "photo": photo.name,
        "model": net.name,
        "attack": made.attack.name,
        "source": made.attack.source,
        "target": None if record.target is None else class_name(net, int(record.target[0])),
        "epsilon": made.epsilon,
        "success": bool(record.success[0]),
        "before": dict(top(net, record.scores_before)),
        "after": dict(top(net, record.scores_after)),
        "norms in grey levels": {n: float(getattr(record, n)[0]) for n in ("linf", "l2", "l1")},
        "chance": dict(top(net, made.control.scores_after)),
        "norms of chance": {n: float(getattr(made.control, n)[0]) for n in ("linf", "l2", "l1")},
        "survives PNG": bool(made.png.success[0]),
        "survives JPEG": bool(made.jpeg.success[0]),
        "survives moving and rescaling": made.survival,
        "on": made.on and {
            "model": made.on[0].name,
            "before": dict(top(made.on[0], made.on[1].scores_before)),
            "after": dict(top(made.on[0], made.on[1].scores_after)),
        },
        **provenance.of(args, photo=photo, **also),
    }  # fmt: skip
