"""The classes that a network knows, with their numbers, all or those that contain a text.

python -m demos classes dog
"""

from demos.shared.command import class_name, network, parser


def main(argv: list[str]) -> None:
    """Print number and name, a line per class."""
    options = parser("classes", __doc__)
    options.add_argument("part", nargs="?", default="", help="only names that contain this")
    args = options.parse_args(argv)
    net = network(args)
    part = args.part.lower().replace("_", " ")
    for k in range(net.class_count):
        if part in class_name(net, k).lower().replace("_", " "):
            print(f"{k:4}  {class_name(net, k)}")
