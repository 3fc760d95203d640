"""The known mistakes of public code beside the right pictures, each with a number that catches it.

    python -m demos mistakes
    python -m demos mistakes cat.jpg --only hooks_on_modules jitter_kept

Each is really made, by the lines that stand beside its picture, on the same photo by the same
network.  One page of HTML holds all of them, and links to where it was discussed; the pairs are
also written as pictures of their own, for slides.
"""

import argparse
import pathlib
import re
from typing import Any, NamedTuple

from PIL import Image
from tqdm import tqdm

from demos.shared import colours, excerpt, page, pictures, provenance
from demos.shared.asking import score_of
from demos.shared.command import add_photos, for_each, network, parser, photos_of
from demos.shared.shown import PAINTING, shown_for
from minigrad.checked import nearest
from minigrad.techniques.mistakes import MISTAKES, Mistake, Shown
from models.classes import find_class

EDGE = 320  # pixels of a picture
MISSING = {"normed": "{} has no batch norm", "labels": "{} knows no class of the photos here"}
LEAD = """These lines were public code, or still are.  They run, they give a picture, mostly a
beautiful one, and no error.  Each stands here beside the right lines, on one photo, with one number
that tells them apart: found in the same way for both, from what comes out alone, so that it can be
asked of anybody's code."""


class Made(NamedTuple):
    """A mistake, made: pictures and numbers, of the wrong and the right lines."""

    mistake: Mistake
    drawn: tuple[Image.Image, Image.Image]
    numbers: tuple[float, float]

    @property
    def said(self) -> tuple[str, ...]:
        """The numbers as they are written."""
        return tuple(self.mistake.form.format(n).replace("-", "−") for n in self.numbers)


def main(argv: list[str]) -> None:
    """Make all of them on every photo."""
    args = options().parse_intermixed_args(argv)
    photos, net = photos_of(args), network(args)
    k = None if args.class_ is None else find_class(net, args.class_)
    for_each(photos, lambda photo, name: make(net, photo, f"{name}_mistakes", k, args))


def make(net, photo: pathlib.Path, name: str, k: int | None, args) -> None:
    """Make the mistakes on one photo, and write the page."""
    chosen = chosen_of(args.only)
    shown = shown_for(net, photo, None if k is None else score_of(net, k))
    possible = [m for m in chosen if getattr(shown, m.needs) is not None]
    for mistake in (m for m in chosen if m not in possible):
        print(f"{mistake.name} is left out: {MISSING[mistake.needs].format(net.name)}")
    found = all_of(shown, possible)
    for one in found:
        print(f"{one.mistake.name:26} {one.said[0]:>7} {one.said[1]:>7}  {one.mistake.says}")
    pairs = {one.mistake.name: pair(one) for one in found}
    pictures.save(args.out, name, pairs, {
        "demo": "mistakes",
        "photo": photo.name,
        "model": net.name,
        "objective": shown.S.name,
        "numbers": {one.mistake.name: {"is": one.mistake.says, "wrong": one.numbers[0],
                                       "right": one.numbers[1]} for one in found},
        **provenance.of(args, photo=photo, painting=PAINTING),
    }, {".html": written(shown, photo, found)})
    print(f"{len(found)} mistakes: {args.out / name}.html")


def options() -> argparse.ArgumentParser:
    """Photos, and which mistakes."""
    parse = parser("mistakes", __doc__)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add = parse.add_argument
    add("--class", dest="class_", metavar="NAME|INDEX", help="what to ask for (the likeliest)")
    add("--only", nargs="+", metavar="MISTAKE", help="these alone, by their names in the page")
    return parse


def chosen_of(names: list[str] | None) -> list[Mistake]:
    """The mistakes of these names, or all.

    Raises:
        ValueError: there is none of such a name.
    """
    known = {mistake.name: mistake for mistake in MISTAKES}
    for name in names or ():
        if name not in known:
            raise ValueError(f"there is no mistake {name!r}; {nearest(name, known)}")
    return [known[name] for name in names or known]


def all_of(shown: Shown, mistakes: list[Mistake]) -> list[Made]:
    """Make them one after another; one that this network and photo do not show is said."""
    found = []
    with tqdm(mistakes, "mistakes", unit="mistake") as bar:
        for mistake in bar:
            try:
                found.append(made_on(shown, mistake))
            except ValueError as error:
                bar.write(f"{mistake.name} is left out: {error}")
    return found


def made_on(shown: Shown, mistake: Mistake) -> Made:
    """Run the wrong lines and the right ones."""
    found = [make(shown) for make in (mistake.wrong, mistake.right)]
    drawn = tuple(draw(shown, mistake, mistake.picture(one)) for one in found)
    return Made(mistake, drawn, tuple(float(mistake.check(shown, one)) for one in found))


def draw(shown: Shown, mistake: Mistake, array: Any) -> Image.Image:
    """What came out, as a picture."""
    if mistake.drawn == "photo":
        return pictures.fitted(pictures.photo(array), EDGE)
    if mistake.drawn == "gradient":
        return pictures.fitted(pictures.signed(array), EDGE)
    if mistake.drawn == "map":
        return pictures.heat(array, over=mistake.over(shown), edge=EDGE)
    laid = colours.over_photo(array[0], mistake.over(shown)[0], 1)
    return colours.with_scale(pictures.fitted(laid, EDGE), 1)


def pair(one: Made) -> Image.Image:
    """Both pictures beside each other, for a slide."""
    titles = [f"{which}: {said}" for which, said in zip(("wrong", "right"), one.said, strict=True)]
    return pictures.sheet([list(zip(titles, one.drawn, strict=True))], tile=None)


# ── The page ────────────────────────────────────────────────────────────────────────────────────


def written(shown: Shown, photo: pathlib.Path, found: list[Made]) -> bytes:
    """The whole page."""
    sections = [section_of(number, one) for number, one in enumerate(found, 1)]
    made = (f"Made by: python -m demos mistakes {photo.name}.  The photo is {photo.name}, the "
            f"network {shown.net.name}, the question the {shown.S.name}.")
    return page.document(f"{len(found)} mistakes that give a picture", LEAD,
                         [glance(found), *sections], made)


def glance(found: list[Made]) -> str:
    """All of them in a table."""
    rows = [(page.link(f"#{one.mistake.name}", title_of(one.mistake)),
             page.escaped(one.mistake.says), page.strong(one.said[0], "bad"),
             page.strong(one.said[1], "good")) for one in found]
    return page.table(["mistake", "the number that catches it", "wrong", "right"], rows, (2, 3))


def section_of(number: int, one: Made) -> str:
    """One mistake: what is wrong, both pictures, the number, the lines, the discussion."""
    mistake = one.mistake
    _, _, why = (mistake.wrong.__doc__ or "").partition("\n\n")
    both = shared_lines(mistake)
    return page.section(
        mistake.name, f"{number}. {title_of(mistake)}",
        page.paragraphs(why),
        page.beside(column("Wrong", "bad", mistake.wrong, one.drawn[0], one.said[0], mistake),
                    column("Right", "good", mistake.right, one.drawn[1], one.said[1], mistake)),
        page.folded("what both call", *both) if both else "",
        page.line("Known from ", ", ".join(page.link(a, called(a)) for a in mistake.found), ".",
                  kind="faint"),
    )


def column(which: str, kind: str, f, picture: Image.Image, said: str, mistake: Mistake) -> str:
    """A picture, its number and its lines."""
    number = page.line(page.strong(f"{which}: {said} ", kind), page.escaped(mistake.says))
    alt = f"{which}: {title_of(mistake)}"
    return page.block(page.figure(picture, alt, number), page.code(excerpt.lines(f)),
                      page.line(page.escaped(excerpt.place(f)), kind="faint"))


def shared_lines(mistake: Mistake) -> list[str]:
    """The functions beside them that the wrong or the right lines call, as code."""
    near = excerpt.shared(mistake.wrong, mistake.right)
    return [page.code(excerpt.lines(thing)) for thing in near]


def title_of(mistake: Mistake) -> str:
    """The first line of what the wrong lines say of themselves."""
    return (mistake.wrong.__doc__ or "").strip().splitlines()[0].rstrip(".")


def called(address: str) -> str:
    """An address in few words: meta-pytorch/captum, issue 1082."""
    found = re.match(r"https://github.com/([^/]+/[^/]+)/(issues|pull|blob/\w+)/(.+)", address)
    where, kind, rest = found.groups()
    word = {"issues": "issue ", "pull": "pull request "}.get(kind, "")
    return f"{where}, {word}{rest}"
