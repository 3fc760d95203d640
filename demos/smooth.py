"""SmoothGrad: the gradient of a class on your photo, averaged over photos with noise on them.

Beside the photo the saliency map, the largest |gradient| of the three colours at each pixel, of the
mean over 1, 5 and 25 noisy photos; below it that of the gradient without noise, of the mean square
and of the variance.

    python -m demos smooth cat.jpg
    python -m demos smooth cat.jpg --class "cup" --noise 0.3 --samples 1,10,100
"""

import argparse

from demos.shared import looking
from demos.shared.patience import patiently
from minigrad.techniques import gradient, smooth_gradient
from minigrad.techniques.look.gradient import over_colours

SAMPLES, NOISE = [1, 5, 25], 0.1


def main(argv: list[str]) -> None:
    """Look at every photo."""
    looking.at_each_photo("smooth", options().parse_intermixed_args(argv), look)


def look(sight: looking.Sight):
    """Make one photo's sheet."""
    asked, args = (sight.net, sight.x, sight.objective), sight.args
    plain = gradient(*asked)
    with patiently("the gradient at noisy photos"):
        smooth = {n: smooth_gradient(*asked, samples=n, noise=args.noise) for n in args.samples}
    most = max(smooth)

    def saliency(title, w):
        return sight.over(title, over_colours(w))

    rows = [
        [sight.photo(),
         *(saliency(f"mean of {n} with noise", found.mean) for n, found in smooth.items())],
        [sight.says(), saliency("the gradient, no noise", plain),
         saliency(f"mean square of {most}", smooth[most].square),
         saliency(f"variance among {most}", smooth[most].variance)],
    ]
    return rows, {"noise, as a share of the photo's range": args.noise, "samples": args.samples}


def options() -> argparse.ArgumentParser:
    """How many, and how much noise."""
    parse = looking.options("smooth", __doc__)
    add = parse.add_argument
    add("--samples", type=numbers, default=SAMPLES, metavar="N,N,…",
        help="how many noisy photos, one map for each (1,5,25)")
    add("--noise", type=float, default=NOISE, metavar="SHARE",
        help=f"standard deviation, as a share of the photo's range ({NOISE})")
    return parse


def numbers(text: str) -> list[int]:
    """Read "1,5,25"."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not like 1,5,25, numbers from 1 on")
    return sorted({int(part) for part in parts})
