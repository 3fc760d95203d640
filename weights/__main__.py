"""`python -m weights list | download NAME | convert SOURCE TARGET --model NAME | info FILE`."""

import argparse
import pathlib
import shlex
import sys

# before the user's folder: a models.py there is another's
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import models
from minigrad.command import printable, run
from models import storage
from weights import formats, keras_file
from weights.convert import convert
from weights.download import describe, download
from weights.publishers import PUBLISHED


def main(argv: list[str]) -> None:
    """Do what the command line says."""
    args = options().parse_args(argv)
    args.do(args)


def options() -> argparse.ArgumentParser:
    """The four commands."""
    parser = argparse.ArgumentParser(prog="python -m weights", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="list|download|convert|info")

    command = commands.add_parser("list", help="what is published where, and what is here")
    command.set_defaults(do=lambda args: print_list())

    command = commands.add_parser("download", help="fetch, check and convert")
    command.add_argument("name", metavar="NAME", help="one of python -m weights list")
    command.add_argument("--float16", action="store_true", help="half the size, three digits")
    command.add_argument("--keep", action="store_true", help="keep the publisher's file, too")
    command.add_argument("--out", metavar="FILE", help="where to, else <model>.h5 in weights/")
    command.add_argument("--force", action="store_true", help="replace a file of other weights")
    command.set_defaults(do=lambda a: print(download(a.name, a.float16, a.keep, a.out, a.force)))

    command = commands.add_parser("convert", help="turn a publisher's file into this project's")
    command.add_argument("source", metavar="SOURCE", help="the publisher's file")
    command.add_argument("target", metavar="TARGET", help="the file to write, as weights/vgg16.h5")
    command.add_argument("--model", required=True, choices=models.names(), metavar="NAME",
                         help="whose weights these are (python -m models lists them)")
    command.add_argument("--float16", action="store_true", help="half the size, three digits")
    command.add_argument("--force", action="store_true", help="replace a file of other weights")
    command.set_defaults(do=convert_and_say)

    command = commands.add_parser("info", help="what is in a file of any known format")
    command.add_argument("file", metavar="FILE", help="any weight file")
    command.set_defaults(do=lambda args: print_info(args.file))
    return parser


def convert_and_say(args: argparse.Namespace) -> None:
    """Convert, and say what was written and what can be done with it."""
    convert(args.source, args.target, args.model, args.float16, force=args.force)
    size = pathlib.Path(args.target).stat().st_size / 2**20
    print(f"{args.model}, {size:.1f} MB: {args.target}")
    print(f"look through it: python -m demos rules --weights {shlex.quote(args.target)}")


def print_list() -> None:
    """A line per published file."""
    print(f"{'name':20} {'top-1 / top-5':15} {'hash':10} licence")
    for name, published in PUBLISHED.items():
        print(describe(name, published))


def print_info(file: str) -> None:
    """Format, attributes and arrays of a file."""
    format, attributes = formats.recognise(file), {}
    if format.name == "Keras" and keras_file.is_ours(file):
        arrays, attributes = storage.read(file)
        print(f"{file}: minigrad")
    else:
        format, arrays = formats.read(file)
        print(f"{file}: {format.name}")
    for name, value in attributes.items():
        shown = f"{len(value)} names" if name == "classes" else value
        print(printable(f"  {name:15} {shown}"))
    for name, array in arrays.items():
        shape = "×".join(map(str, array.shape))
        print(printable(f"  {name:40} {shape:18} {array.dtype}"))
    print(f"  {sum(array.size for array in arrays.values()):,} numbers in {len(arrays)} arrays")


if __name__ == "__main__":
    sys.exit(run(main, sys.argv[1:], "weights"))
