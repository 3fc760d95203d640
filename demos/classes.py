"""The classes that a network knows, with their numbers, all or those that contain a text.

python -m demos classes dog
"""

from demos.shared.command import network, parser
from models.classes import classes_like


def main(argv: list[str]) -> None:
    """Print number and name, a line per class."""
    options = parser("classes", __doc__, writes=False)
    options.add_argument("part", nargs="?", default="", help="only names that contain this")
    args = options.parse_args(argv)
    for k, name in classes_like(network(args), args.part).items():
        print(f"{k:4}  {name}")
