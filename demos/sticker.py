"""A patch to print: whatever photo it lies in, the network says the same.

One sheet: the patch; six photos that it was not made with, it somewhere in each, and what the
network says of them before and after; how often it works on all photos that were kept apart, beside
a patch of noise of the same size.  The patch alone is written as …_patch.png.

    python -m demos sticker
    python -m demos sticker --target "golf ball" --size 44
    python -m demos sticker --folder PHOTOS --photos 100 --steps 200

Half of the photos make the patch, the other half try it.  With the photos that are here it takes
half a minute on two cores; Ctrl-C keeps the patch as far as it is.
"""

import argparse

import numpy as np
from tqdm import tqdm

from demos.shared import pictures, provenance
from demos.shared.command import PHOTOS, classes_for_shell, filled, network, parser
from demos.shared.handout import Card
from demos.shared.image_run import carry_out, saved
from demos.shared.many import TILE, halves, sheet
from minigrad.backend import array_module
from minigrad.checked import whole
from minigrad.techniques import adversarial_patch, patched
from models.classes import class_name, find_class


def main(argv: list[str]) -> None:
    """Make the patch, try it, and draw the sheet, also when it was stopped."""
    args = options().parse_args(argv)
    net = network(args)
    target, steps = find_class(net, args.target), whole("--steps", args.steps, at_least=1)
    seen, unseen = halves(net, args.folder, args.photos, args.seed, without=target)
    walk = adversarial_patch(net, seen, target=target, size=args.size, steps=steps,
                             rate=args.rate, rng=np.random.default_rng(args.seed))
    ended = carry_out(walk, steps, what="the patch", word="log p")
    if ended.progress is None:
        raise ended.error
    saved(ended.error, lambda: save(net, ended, seen, unseen, target, args))


def options() -> argparse.ArgumentParser:
    """Which class, how large, and which photos."""
    parse = parser("sticker", __doc__)
    add = parse.add_argument
    class_ = add("--target", default="golf ball", type=filled, metavar="CLASS",
                 help="what the network shall say (golf ball)")
    class_.completer = classes_for_shell
    add("--size", type=int, default=None, metavar="EDGE",
        help="of the patch, in pixels (two fifths of a photo's edge)")
    add("--folder", default=str(PHOTOS / "caltech101"), metavar="PHOTOS",
        help="a folder of photos, or of folders of photos (400 that are here)")
    add("--photos", type=int, default=50, metavar="N", help="at most so many of them (50)")
    add("--steps", type=int, default=50, metavar="N", help="of Adam (50)")
    add("--rate", type=float, default=20.0, metavar="LR",
        help="grey levels by step, at the beginning (20)")
    add("--seed", type=int, default=0, help="of photos and places (0)")
    return parse


def save(net, ended, seen, unseen, target: int, args) -> str:
    """Try the patch, write the sheet and the patch, and say how often it works."""
    patch, name = ended.progress.pixels, class_name(net, target)
    tried = {
        what: patched(net, photos, patch=one, target=target, rng=np.random.default_rng(args.seed))
        for what, photos, one in tqdm([
            ("unseen photos", unseen, patch), ("photos it was made with", seen, patch),
            ("unseen, a patch of noise", unseen, noise_like(patch, args.seed)),
        ], desc="trying", leave=False)
    }
    rates = {what: float(record.success.mean()) for what, record in tried.items()}
    file, size = f"{net.name}_{name.replace(' ', '_')}_sticker", patch.shape[-1]
    picture = pictures.photo(patch)
    first = Card(f"{size} pixels", pictures.fitted(picture, TILE),
                 "argmax_p  E log p(target | photo with p)", "Brown et al. 2017")
    stopped = f"; stopped at step {ended.progress.step}" if ended.error else ""
    drawn = sheet(net, f"A patch that says {name}", first, rates, tried["unseen photos"], [
        f"{net.name}. The patch was made with {len(seen)} photos and tried on {len(unseen)} "
        f"others, each time somewhere else, turned and a little larger or smaller{stopped}."])
    pictures.save(args.out, file, {"": drawn, "patch": picture}, {
        "demo": "sticker", "model": net.name, "target": name, "size": size,
        "steps": ended.progress.step, "says the target": rates,
        "photos": {"made with": len(seen), "unseen": len(unseen)},
        "interrupted": ended.error is not None, **provenance.of(args),
    })
    return (f"{name}: {rates['unseen photos']:.0%} of {len(unseen)} unseen photos, noise "
            f"{rates['unseen, a patch of noise']:.0%}: {args.out / file}.png")


def noise_like(patch, seed: int):
    """A patch of the same size that knows of no network."""
    noise = np.random.default_rng(seed).uniform(0, 255, patch.shape)
    return array_module(patch).asarray(noise, patch.dtype)
