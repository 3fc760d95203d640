"""`python -m weights list | download NAME | convert SOURCE TARGET --model NAME | info FILE`."""

import argparse
import os
import sys

import models
from models import storage
from weights import formats
from weights.convert import convert
from weights.download import describe, download
from weights.publishers import PUBLISHED


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says; bad input is one sentence and status 2."""
    args = options().parse_args(argv)
    try:
        args.do(args)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    except (ValueError, OSError, MemoryError) as error:
        print(f"weights: {one_line(error) or 'out of memory'}", file=sys.stderr)
        return 2
    return 0


def one_line(error: BaseException) -> str:
    """What an error says; a name out of a hostile file may hold line ends or a terminal's codes."""
    return "".join(char if char.isprintable() else "?" for char in str(error))


def options() -> argparse.ArgumentParser:
    """The four commands."""
    parser = argparse.ArgumentParser(prog="python -m weights", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="list|download|convert|info")

    command = commands.add_parser("list", help="what is published where, and what is here")
    command.set_defaults(do=lambda args: print_list())

    command = commands.add_parser("download", help="fetch, check and convert")
    command.add_argument("name", metavar="NAME")
    command.add_argument("--float16", action="store_true", help="half the size, three digits")
    command.add_argument("--keep", action="store_true", help="keep the publisher's file, too")
    command.set_defaults(do=lambda a: print(download(a.name, a.float16, a.keep)))

    command = commands.add_parser("convert", help="turn a publisher's file into this project's")
    command.add_argument("source", metavar="SOURCE")
    command.add_argument("target", metavar="TARGET")
    command.add_argument("--model", required=True, choices=models.names(), metavar="NAME")
    command.add_argument("--float16", action="store_true", help="half the size, three digits")
    command.set_defaults(do=lambda a: convert(a.source, a.target, a.model, a.float16))

    command = commands.add_parser("info", help="what is in a file of any known format")
    command.add_argument("file", metavar="FILE")
    command.set_defaults(do=lambda args: print_info(args.file))
    return parser


def print_list() -> None:
    """A line per published file."""
    print(f"{'name':20} {'top-1 / top-5':15} {'hash':10} licence")
    for name, published in PUBLISHED.items():
        print(describe(name, published))


def print_info(file: str) -> None:
    """Format, attributes and arrays of a file."""
    try:
        arrays, attributes = storage.read(file)
        print(f"{file}: minigrad")
    except ValueError:
        format, arrays = formats.read(file)
        attributes = {}
        print(f"{file}: {format.name}")
    for name, value in attributes.items():
        shown = f"{len(value)} names" if name == "classes" else value
        print(f"  {name:15} {shown}")
    for name, array in arrays.items():
        print(f"  {name:40} {'×'.join(map(str, array.shape)):18} {array.dtype}")
    print(f"  {sum(array.size for array in arrays.values()):,} numbers in {len(arrays)} arrays")


if __name__ == "__main__":
    sys.exit(main())
