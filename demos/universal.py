"""One perturbation for all photos: made with some, it fools a network on others.

One sheet: the perturbation, enlarged; six photos that it was not made with, it on each, and what
the network says of them before and after; how many photos it fools, those that it was made with,
those that it has never seen, and how many a random one of the same size.

    python -m demos universal
    python -m demos universal --epsilon 10
    python -m demos universal --way deepfool --folder PHOTOS --photos 400
    python -m demos universal --model squeezenet1_0_caffe --norm l2 --epsilon 2000

Half of the photos make it, the other half try it.  With the photos that are here it takes half a
minute on two cores; Ctrl-C keeps it as far as it is.
"""

import argparse

import numpy as np
from tqdm import tqdm

from demos.shared import pictures, provenance
from demos.shared.command import PHOTOS, network, parser
from demos.shared.handout import Card
from demos.shared.image_run import carry_out, saved
from demos.shared.many import TILE, halves, sheet
from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques import with_eta
from minigrad.techniques.fool.balls import NORMS
from minigrad.techniques.fool.universal import TOGETHER, universal_steps

WAYS = {
    "loss": ("η ← P_ε(η + α sign Σ ∂J/∂x)", "Shafahi et al. 2020"),
    "deepfool": ("η ← P_ε(η + Δ), Δ by DeepFool", "Moosavi-Dezfooli et al. 2017"),
}


def main(argv: list[str]) -> None:
    """Make the perturbation, try it, and draw the sheet, also when it was stopped."""
    args = options().parse_args(argv)
    net = network(args)
    passes = whole("--passes", args.passes, at_least=1)
    seen, unseen = halves(net, args.folder, args.photos, args.seed)
    walk = universal_steps(net, seen, way=args.way, epsilon=args.epsilon,
                           norm=args.norm, passes=passes, fooling_rate=args.rate,
                           rng=np.random.default_rng(args.seed))
    ended = carry_out(walk, passes * -(-len(seen) // TOGETHER[args.way]), word="fooled")
    if ended.progress is None:
        raise ended.error
    saved(ended.error, lambda: save(net, ended, seen, unseen, args))


def options() -> argparse.ArgumentParser:
    """How far, and with which photos."""
    parse = parser("universal", __doc__)
    add = parse.add_argument
    add("--epsilon", type=float, default=16.0, metavar="E",
        help="how far it may go, in grey levels of the norm (16)")
    add("--norm", default="linf", choices=NORMS, help="how that is measured (linf)")
    add("--folder", default=str(PHOTOS / "caltech101"), metavar="PHOTOS",
        help="a folder of photos, or of folders of photos (400 that are here)")
    add("--photos", type=int, default=120, metavar="N", help="at most so many of them (120)")
    add("--way", default="loss", choices=list(TOGETHER),
        help="up the loss of ten photos at once, or by DeepFool out of each in turn (loss)")
    add("--passes", type=int, default=7, metavar="N", help="through those that make it (7)")
    add("--rate", type=float, default=0.9, metavar="R",
        help="enough when this share of a pass was fooled (0.9)")
    add("--seed", type=int, default=0, help="of the choice of photos and their order (0)")
    return parse


def save(net, ended, seen, unseen, args) -> str:
    """Try it, write the sheet and it alone, and say how many it fools."""
    eta = ended.progress.pixels
    tried = {
        what: with_eta(net, photos, eta=one)
        for what, photos, one in tqdm([
            ("unseen photos", unseen, eta), ("photos it was made with", seen, eta),
            ("unseen, by chance", unseen, shuffled(eta, args.seed)),
        ], desc="trying", leave=False)
    }
    rates = {what: float(record.success.mean()) for what, record in tried.items()}
    file, picture = f"{net.name}_universal", pictures.signed(eta)
    enlarged = 127 / pictures.scale_of(eta)
    first = Card(f"η, {enlarged:.0f} × as strong", pictures.fitted(picture, TILE),
                 *WAYS[args.way])
    stopped = f"; stopped after {ended.progress.step} photos" if ended.error else ""
    drawn = sheet(net, "One perturbation for all photos", first, rates, tried["unseen photos"], [
        f"{net.name}. η was made with {len(seen)} photos and tried on {len(unseen)} others; "
        f"‖η‖ in {args.norm} ≤ {args.epsilon:g} grey levels. By chance: the numbers of η, "
        f"shuffled{stopped}."])
    pictures.save(args.out, file, {"": drawn, "eta": picture}, {
        "demo": "universal", "model": net.name, "norm": args.norm, "epsilon": args.epsilon,
        "photos met": ended.progress.step, "fooled": rates,
        "photos": {"made with": len(seen), "unseen": len(unseen)},
        "interrupted": ended.error is not None, **provenance.of(args),
    })
    return (f"{rates['unseen photos']:.0%} of {len(unseen)} unseen photos fooled, by chance "
            f"{rates['unseen, by chance']:.0%}: {args.out / file}.png")


def shuffled(eta, seed: int):
    """The same numbers at other places: as long in every norm, and no pattern left."""
    mixed = np.random.default_rng(seed).permutation(to_numpy(eta).ravel()).reshape(eta.shape)
    return array_module(eta).asarray(mixed)
