"""Every technique on one photo, on one page: question, equation, lines, picture, number, seconds.

    python -m demos tour --image cat.jpg
    python -m demos tour --image cat.jpg --lecture
    python -m demos tour --image cat.jpg --only rules maps dream --model squeezenet1_0_caffe

The tour draws nothing itself: each stop calls a demo, with settings that are quick, takes its
picture, and reads from the note beside it the number that says how far to believe it.  The lines
are cut from the source, so they are those that ran.  --lecture follows four lectures in place of
this project's rooms.

Ctrl-C writes the page of what there is.  What needs a package that is not there, or cannot be asked
of a network, is said in its place.
"""

import argparse
import contextlib
import importlib
import io
import pathlib
import tempfile
import time
from typing import Any, NamedTuple

from PIL import Image
from tqdm import tqdm

from demos.shared import excerpt, family, page, pictures, provenance
from demos.shared.command import add_photos, for_each, network, parser, photos_of, top
from demos.shared.itinerary import BY_NAME, groups, name_of
from demos.shared.stops import Stop
from minigrad.checked import nearest
from models.classes import class_name

WIDEST, QUALITY = 1000, 70  # of a picture on the page: pixels, JPEG
FIRST = "maps"              # judges the maps that other stops tell of
LEAD = """One photo, one network, and every question of this project.  Each picture stands beside
its equation, the lines of source that made it, and a number that says how far to believe it.  The
settings are quick ones; the command below a picture makes it again, and without its options
better."""


class Seen(NamedTuple):
    """What came of a stop: a picture and a note, or why there is none."""

    stop: Stop
    command: list[str]
    picture: Image.Image | None
    note: dict
    seconds: float
    why_not: str = ""


class Asked(NamedTuple):
    """What all stops have in common."""

    net: Any
    photo: pathlib.Path
    k: int
    args: argparse.Namespace


def main(argv: list[str]) -> None:
    """Write a page for every photo."""
    args = options().parse_intermixed_args(argv)
    for name in args.only or ():
        if name not in BY_NAME:
            raise ValueError(f"there is no stop {name!r}; {nearest(name, BY_NAME)}")
    photos, net = photos_of(args), network(args)
    for_each(photos, lambda photo, name: tour(net, photo, f"{name}_tour", args))


def options() -> argparse.ArgumentParser:
    """The photo, and which way round."""
    parse = parser("tour", __doc__)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add = parse.add_argument
    add("--lecture", action="store_true", help="in the order of four lectures, not of the rooms")
    add("--only", nargs="+", metavar="STOP", help=f"of {', '.join(BY_NAME)}, these alone")
    return parse


def tour(net, photo: pathlib.Path, name: str, args) -> None:
    """Walk, and write the page of what was seen."""
    start, scores = time.perf_counter(), net.scores(net.pixels(photo))
    asked = Asked(net, photo, int(scores[0].argmax()), args)
    for class_, p in top(net, scores):
        print(f"{p:6.1%}  {class_}")
    seen, stopped = walk(asked)
    if stopped and not seen:
        raise stopped
    seconds = time.perf_counter() - start
    text = written(asked, seen, seconds)
    pictures.save(args.out, name, {}, {
        "demo": "tour",
        "photo": photo.name,
        "model": net.name,
        "interrupted": stopped is not None,
        "seconds": round(seconds, 1),
        "stops": {stop: {"command": one.command, "seconds": round(one.seconds, 2),
                         **({"left out": one.why_not} if one.why_not else {})}
                  for stop, one in seen.items()},
        **provenance.of(args, photo=photo),
    }, {".html": text})
    print(f"{len(seen)} stops in {seconds:.0f} s, {len(text) / 1e6:.1f} MB: "
          f"{args.out / name}.html")
    if stopped:
        raise KeyboardInterrupt(f"stopped after {len(seen)} of {len(chosen(args))} stops; "
                                f"{args.out / name}.html has those")


# ── The walk ────────────────────────────────────────────────────────────────────────────────────


def chosen(args) -> list[str]:
    """The stops, each once, in the order of the walk: what judges comes first."""
    names = [name_of(stop) for stops in groups(args.lecture).values() for stop in stops]
    names = [name for name in dict.fromkeys(names) if name in (args.only or BY_NAME)]
    return sorted(names, key=lambda name: name != FIRST)


def walk(asked: Asked) -> tuple[dict[str, Seen], KeyboardInterrupt | None]:
    """Call the demos one after another; Ctrl-C ends it, and what there is is kept."""
    seen: dict[str, Seen] = {}
    with tqdm(chosen(asked.args), unit="stop") as bar:
        for name in bar:
            bar.set_description(name)
            try:
                seen[name] = called(BY_NAME[name], asked)
            except KeyboardInterrupt as stopped:
                return seen, stopped
    return seen, None


def called(stop: Stop, asked: Asked) -> Seen:
    """Call one demo, and take its picture and its note."""
    argv = argv_of(stop, asked)
    command = [stop.demo, *(provenance.plain(asked.photo) if word == str(asked.photo) else word
                            for word in argv)]
    start, still = time.perf_counter(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with contextlib.redirect_stdout(still), contextlib.redirect_stderr(still):
                demo = importlib.import_module(f"demos.{stop.demo}")
                demo.main([*argv, *of_network(stop, asked.args), "--out", folder])
        except (ValueError, TypeError, ImportError, OSError) as error:
            return Seen(stop, command, None, {}, time.perf_counter() - start, str(error))
        seconds = time.perf_counter() - start
        file, note = note_in(pathlib.Path(folder))
        drawn = file.with_name(f"{file.stem}{stop.part}.png")
        return Seen(stop, command, Image.open(drawn).convert("RGB"), note, seconds)


def note_in(folder: pathlib.Path) -> tuple[pathlib.Path, dict]:
    """The note beside the pictures; other files in JSON, as evolve's formulas, list no pictures."""
    notes = ((file, family.read(file)) for file in sorted(folder.glob("*.json")))
    return next((file, note) for file, note in notes if note)


def argv_of(stop: Stop, asked: Asked) -> list[str]:
    """What stands behind the demo's name: the photo, and options that are quick."""
    net = asked.net
    known = {"k": class_name(net, asked.k), "early": early(net), "late": net.default_layer,
             "edge": net.input_size * 5 // 8}
    options = [option.format(**known) for option in stop.options]
    return [*([str(asked.photo)] if stop.photo else []), *options]


def early(net) -> str:
    """The last relu before the image is halved twice."""
    relus = [name for name, layer in net.layers.items() if type(layer).__name__ == "Relu"]
    return next((name for name in reversed(relus) if net.receptive_field(name).stride == 2),
                relus[0])


def of_network(stop: Stop, args) -> list[str]:
    """Which network, for a demo that takes one."""
    given = {"--model": args.model, "--weights": args.weights, "--device": args.device}
    return [str(word) for option, value in given.items() if value and stop.network
            for word in (option, value)]


# ── The page ────────────────────────────────────────────────────────────────────────────────────


def written(asked: Asked, seen: dict[str, Seen], seconds: float) -> bytes:
    """The whole page."""
    notes = {one.stop.demo: one.note for one in seen.values()}
    parts, told = [], set()
    for headline, stops in groups(asked.args.lecture).items():
        names = [name for stop in stops if (name := name_of(stop)) in seen]
        parts += [page.headline(headline)] if names else []
        for name in names:
            parts.append(again(seen[name]) if name in told else section_of(seen[name], notes))
            told.add(name)
    way = "lectures" if asked.args.lecture else "rooms"
    made = (f"Made in {seconds:.0f} seconds by: python -m demos tour --image {asked.photo.name}"
            f"{' --lecture' * asked.args.lecture}.  The network is {asked.net.name}; the order is "
            f"that of the {way}.")
    return page.document(f"A tour of one photo: {asked.photo.stem}", LEAD,
                         [first(asked), contents(asked, seen), *parts], made)


def first(asked: Asked) -> str:
    """The photo, and what the network says of it."""
    x = asked.net.pixels(asked.photo)
    said = top(asked.net, asked.net.scores(x))
    return page.beside(
        page.figure(pictures.fitted(pictures.photo(x), 256), "the photo, as the network sees it"),
        page.table(["what the network says", "p"],
                   [(page.escaped(name), f"{p:.1%}") for name, p in said], (1,)))


def contents(asked: Asked, seen: dict[str, Seen]) -> str:
    """The stops and their seconds."""
    names = [name_of(stop) for stops in groups(asked.args.lecture).values() for stop in stops]
    rows = [(page.link(f"#{name}", one.stop.title), page.escaped(one.stop.question),
             f"{one.seconds:.1f} s")
            for name in dict.fromkeys(names) if (one := seen.get(name))]
    return page.table(["stop", "question", "seconds"], rows, (2,))


def section_of(one: Seen, notes: dict[str, dict]) -> str:
    """One stop."""
    stop = one.stop
    command = f"python -m demos {' '.join(quoted(word) for word in one.command)}"
    return page.section(
        name_of(stop), stop.title, page.paragraphs(stop.question), page.equation(stop.equation),
        picture_of(one) if one.picture else page.line(page.strong("Left out: ", "bad"),
                                                      page.escaped(one.why_not)),
        page.line(page.strong("How far to believe it. "),
                  page.escaped(stop.number(one.note, notes))) if one.note else "",
        page.folded("the lines that did it", *(block for path in stop.source
                                              for block in lines_of(path))),
        page.line(page.escaped(f"{one.seconds:.1f} s: {command}"), kind="faint"))


def picture_of(one: Seen) -> str:
    """The demo's picture, not wider than the page."""
    picture = one.picture
    if picture.width > WIDEST:
        size = WIDEST, round(picture.height * WIDEST / picture.width)
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return page.figure(picture, f"{one.stop.title}: {one.stop.question}", quality=QUALITY)


def lines_of(path: str) -> list[str]:
    """The source of look.gradient.saliency, and where it stands."""
    module, _, name = path.rpartition(".")
    thing = getattr(importlib.import_module(f"minigrad.techniques.{module}"), name)
    return [page.code(excerpt.lines(thing)),
            page.line(page.escaped(excerpt.place(thing)), kind="faint")]


def again(one: Seen) -> str:
    """A stop that another lecture had before."""
    return page.line(page.link(f"#{name_of(one.stop)}", one.stop.title), " (above)")


def quoted(word: str) -> str:
    """A word as a shell wants it."""
    return f'"{word}"' if " " in word else word
