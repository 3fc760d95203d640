"""Fooling images: what means nothing to a person, and a network is 99 % sure of.

    python -m demos evolve
    python -m demos evolve --classes golf_ball,grand_piano,starfish --film webp
    python -m demos evolve --encoding cppn --classes all --generations 400
    python -m demos evolve --genome out/minivgg_evolve_cppn_wrench_genome.json --size 512

A row for each way to find them (Nguyen, Yosinski and Clune 2015): cppn breeds formulas from a place
to a colour, whose pictures are regular; direct breeds the pixels themselves; ascent follows the
gradient from noise, and shows its faint pictures once more with their contrast stretched.  Each way
that breeds seeks all classes at once, a niche for each.  Without --classes a column is one of the
eight that the first way got furthest with; those that are named are parents more often.

The probability above a picture is the network's answer to its PNG, read again from its bytes, and
cut off, not rounded: 99.0% is 99 % or more.  Beside a bred picture lies its genome, the formula,
and --genome draws it at any size.  Ctrl-C keeps what there is.
"""

import argparse
import json
import pathlib

from demos.shared import film, pictures, provenance
from demos.shared.command import classes_for_shell, filled, network, parser, top
from demos.shared.fooled import WAYS, Found, ascended, bred
from demos.shared.fooled_sheet import COLUMNS, film_of, sheet
from demos.shared.gallery import probability
from demos.shared.image_run import saved
from demos.shared.patience import patiently
from minigrad.backend import to_device
from minigrad.checked import whole
from minigrad.techniques.fool import cppn
from minigrad.techniques.fool.elites import SURE
from models.classes import class_name, find_class

LARGEST = 4096  # pixels of the edge of a genome that is drawn again


def main(argv: list[str]) -> None:
    """Find the pictures and write them, or draw a genome again."""
    args = options().parse_args(argv)
    check(args)
    net = network(args)
    if args.genome:
        draw_again(net, args)
        return
    ways, classes = list(dict.fromkeys(args.encoding)), asked_for(net, args)
    found = find(net, ways, classes, args)
    saved(found[-1].error, lambda: save(net, found, args))


def options() -> argparse.ArgumentParser:
    """Options of what is sought, how, and for how long."""
    parse = parser("evolve", __doc__)
    add = parse.add_argument
    classes = add("--classes", nargs="+", type=filled, default=[], metavar="NAME|INDEX",
                  help="to show, with spaces or commas between them; or all (the best eight)")
    classes.completer = classes_for_shell
    add("--encoding", nargs="+", choices=WAYS, default=WAYS, metavar="WAY",
        help=f"how to find them: {', '.join(WAYS)} (all three)")
    add("--generations", type=int, default=70, metavar="N",
        help="to breed, of 64 children each (70)")
    add("--seed", type=int, default=0, help="of everything that is drawn by lot (0)")
    film.add_film(parse, "how the first four were found, by the first way, as a film")
    add("--genome", type=pathlib.Path, metavar="FILE.json", default=None,
        help="draw this one again, and breed nothing")
    add("--size", type=int, default=None, metavar="EDGE", help="of --genome, in pixels (512)")
    return parse


def check(args) -> None:
    """Complain of options that make no sense before any work is done."""
    whole("--seed", args.seed)
    whole("--generations", args.generations, at_least=1)
    if args.size is not None and not args.genome:
        raise ValueError("--size is of a --genome: what is bred has the network's own size")
    if args.size is not None and not 16 <= args.size <= LARGEST:
        raise ValueError(f"--size {args.size}: give 16 to {LARGEST} pixels")
    if args.film:
        film.check(args.film)
        if args.encoding[0] == "direct":
            raise ValueError("a film of the direct encoding shows static from end to end: put cppn "
                             "or ascent first")


def asked_for(net, args) -> list[int]:
    """The classes that are named; none where the best are to be shown."""
    names = [name for text in args.classes for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return list(range(net.class_count))
    return list(dict.fromkeys(find_class(net, name) for name in names))


def find(net, ways: list[str], classes: list[int], args) -> list[Found]:
    """Go each way in turn, until one is stopped; the first chooses the classes, if none are."""
    found = []
    for way in ways:
        if way == "ascent":
            one = ascended(net, classes or list(range(min(COLUMNS, net.class_count))), args)
        else:
            one = bred(net, way, classes, args)
        found.append(one)
        if one.error:
            break
        classes = classes or list(one.pixels)
    return found


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────


def save(net, found: list[Found], args) -> str:
    """Write the sheet, each picture, its genome and the film; say what was written."""
    error = found[-1].error
    found = [one for one in found if one.pixels]
    if not found:
        return "nothing was found yet, nothing is written"
    name, more, images = f"{net.name}_evolve", {}, []
    for one in found:
        for k, x in one.pixels.items():
            end = f"_{one.way}_{''.join(c if c.isalnum() else '_' for c in class_name(net, k))}"
            more[f"{end}.png"] = png = pictures.png(pictures.photo(x))
            one.answers[k] = p = probability(net, png, k)
            images.append({"of": class_name(net, k), "way": one.way, "file": f"{name}{end}.png",
                           "probability in the file": p})
            if k in one.genomes:
                note = {"of": class_name(net, k), "model": net.name, "probability": p,
                        "size": x.shape[-1], **cppn.record(one.genomes[k])}
                more[f"{end}_genome.json"] = json.dumps(note, ensure_ascii=False).encode()
    said = [summary(net, one) for one in found]
    if args.film:
        with patiently("the film"):
            more[f".{args.film}"] = film_of(found[0], args.film)
    pictures.save(args.out, name, {"": sheet(net, found, said)}, {
        "demo": "evolve",
        "model": net.name,
        "random seed": args.seed,
        "interrupted": isinstance(error, KeyboardInterrupt),
        "ways": {one.way: text for one, text in zip(found, said, strict=True)},
        "images": images,
        **provenance.of(args),
    }, more)  # fmt: skip
    print("\n".join(said))
    return f"{len(images)} pictures: {args.out / name}.png"


def summary(net, one: Found) -> str:
    """How far one way got, in a sentence."""
    sure = sum(p >= SURE for p in one.answers.values())
    if one.way == "ascent":
        return (f"ascent: ≥ 99 % for {sure} of the {len(one.answers)} classes that were asked for, "
                f"after {one.steps} steps")
    k, p = one.best
    return (f"{one.way}: ≥ 99 % for {one.sure} of all {net.class_count} classes after {one.steps} "
            f"generations of {one.children} children; the median is {one.median:.2%}, the best "
            f"{p:.2%} ({class_name(net, k)})")


# ── A genome again ──────────────────────────────────────────────────────────────────────────────


def draw_again(net, args) -> None:
    """Draw a genome at any size, and say what the network makes of it, there and at its own."""
    size = args.size or 512
    if not args.genome.is_file():
        raise FileNotFoundError(f"there is no file {args.genome}: give a genome that evolve wrote")
    try:
        record = json.loads(args.genome.read_text(encoding="utf-8"))
        genome = cppn.genome(record)
    except ValueError as error:
        raise ValueError(f"{args.genome} is no genome: {error}") from None
    said = {}
    for edge in dict.fromkeys([net.input_size, size]):
        x = to_device(cppn.drawn([genome], edge).astype(net.dtype), net.device)
        said[edge] = top(net, net.scores(x), 3)
    name = f"{args.genome.stem.removesuffix('_genome')}_{size}"
    pictures.save(args.out, name, {"": pictures.photo(x)}, {
        "demo": "evolve",
        "model": net.name,
        "said at each size": said,
        **provenance.of(args, genome=args.genome),
    })  # fmt: skip
    for edge, answers in said.items():
        print(f"{edge:5} pixels:", ", ".join(f"{p:.1%} {of}" for of, p in answers))
    print(args.out / f"{name}.png")
