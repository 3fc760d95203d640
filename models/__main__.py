"""`python -m models` lists the networks; `python -m models vgg16` prints a network's table."""

import argparse
import sys

import models
from minigrad.command import run
from models import description


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
    for name in models.names():
        print(line(name))
    print("\na class for each pixel:")
    for name in models.segmenters():
        print(line(name))
    print("\na class, a box and a mask for each object:")
    for name in models.detectors():
        print(line(name))


def line(name: str) -> str:
    """A network's sizes, in 80 columns."""
    net = models.table(name)
    convolutions = sum(type(layer).__name__ == "Conv" for layer in net.layers.values())
    return (f"{name:19} {convolutions:2} convolutions {net.parameter_count:11,} parameters "
            f"{net.class_count:4} classes  {net.input_size}×{net.input_size}")


if __name__ == "__main__":
    sys.exit(run(main, sys.argv[1:], "models"))
