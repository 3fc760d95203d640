"""`python -m models` lists the networks; `python -m models vgg16` prints a network's table."""

import argparse
import sys

import models
from minigrad.command import run
from models import description

FORM = "{:20}{:>12}{:>14}{:>10}{:>12}{:>8}"
KINDS = {"a photo's class": models.names, "each pixel's class": models.segmenters,
         "objects and masks": models.detectors}


def main(argv: list[str]) -> None:
    """Print the names, or one table."""
    options = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    options.add_argument("name", nargs="?", help="a network; none lists them")
    options.add_argument("--size", type=int, help="edge of the images, else the network's own")
    args = options.parse_args(argv)
    if args.name:
        net = models.table(args.name)
        print(description.text(net, None if args.size is None else (args.size, args.size)))
        return
    for kind, names in KINDS.items():
        print(FORM.format(kind, "convolutions", "parameters", "classes", "image", "sees"))
        for name in names():
            print(line(name))
        print()
    print("sees: how many pixels in a row a unit sees, of those that see most but not all")


def line(name: str) -> str:
    """A network's sizes, in 80 columns."""
    net = models.table(name)
    convolutions = sum(type(layer).__name__ == "Conv" for layer in net.layers.values())
    return FORM.format(name, convolutions, f"{net.parameter_count:,}", net.class_count,
                       f"{net.input_size}×{net.input_size}", description.widest(net))


if __name__ == "__main__":
    sys.exit(run(main, sys.argv[1:], "models"))
