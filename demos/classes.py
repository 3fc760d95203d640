"""The classes that a network knows, with their numbers, all or those that contain a text.

python -m demos classes dog
"""

import argparse
import difflib

from demos.shared.command import network, parser
from models.classes import classes_like


def main(argv: list[str]) -> None:
    """Print number and name, a line per class.

    Raises:
        ValueError: no name contains the text.
    """
    args = options().parse_args(argv)
    net = network(args)
    found = classes_like(net, args.part)
    if not found:
        names = [name.lower() for name in classes_like(net, "").values()]
        close = difflib.get_close_matches(args.part.lower(), names, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "without a text, all are listed"
        raise ValueError(f"no class of {net.name} contains {args.part!r}; {hint}")
    for k, name in found.items():
        print(f"{k:4}  {name}")


def options() -> argparse.ArgumentParser:
    """Which network, and which of its classes."""
    parse = parser("classes", __doc__, writes=False)
    parse.add_argument("part", nargs="?", default="", help="only names that contain this")
    return parse
