"""Ask: any map of any objective, side by side with the controls.

Two maps have a slider: occlusion the edge of its window, LRP-ε its ε.  They are made as the demos
of their names make them, all others as `python -m demos maps` does.

Read before: look.py.  Read next: fool.py.
"""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from demos.explorer.desk import Desk, png
from demos.explorer.question import Question, Request, quoted
from demos.shared import colours, pictures
from demos.shared.looking import EDGE
from minigrad.techniques import Rule, occlusion, relevance
from minigrad.techniques.look.believe import flat
from minigrad.techniques.look.gradient import added_colours
from minigrad.techniques.look.maps import CONTROLS, MAPS, Way, ways

WAYS = {way.name: way for way in (*CONTROLS, *MAPS)}
MOST = 8                    # maps at once
FIRST = "gradient|Grad-CAM|occlusion|centred Gaussian"
HEAT = "from demos.shared.pictures import heat"


class Made(NamedTuple):
    """A map, and what makes it again.

    Attributes:
        M: (1, H, W).
        demo: which makes it.
        words: the demo's options for it.
        lines: of Python, in which S is the objective.
        imports: what these need, besides techniques.
        techniques: those that they call.
        colours: by name.
    """

    M: Any
    demo: str
    words: list[str]
    lines: list[str]
    imports: tuple[str, ...] = ()
    techniques: frozenset[str] = frozenset()
    colours: str = colours.USUAL


def maps(desk: Desk, request: Request) -> Iterator[dict]:
    """Maps of one objective, one after another."""
    photo, x, question = desk.asked(request)
    if not question.options():
        question = Question(class_=desk.says(desk.net.scores(x))[0]["name"])
    names = (request.text("maps") or FIRST).split("|")[:MOST]
    if unknown := [name for name in names if name not in WAYS]:
        raise ValueError(f"there is no map {unknown[0]!r}")
    S = question.objective(desk.net, x)
    yield {"asked": S.name, "class": question.class_}
    for way in (WAYS[name] for name in names):
        begin = time.perf_counter()
        try:
            made = SLIDERS.get(way.name, of_table)(desk, request, way, x, S)
            answer = drawn(desk, made, photo, x, question)
        except ValueError as error:  # this map cannot tell of such an objective; others can
            answer = {"none": str(error)}
        yield {"map": way.name, "equation": way.equation, "source": way.source,
               "control": way.control, "seconds": round(time.perf_counter() - begin, 2), **answer}


def drawn(desk: Desk, made: Made, photo, x, question: Question) -> dict:
    """A map over its photo, and what makes it."""
    by = f", {quoted(made.colours)}" if made.colours != colours.USUAL else ""
    return {
        "picture": png(pictures.heat(made.M, made.colours, x, EDGE)),
        "flat": bool(flat(made.M)[0]),
        "command": desk.recipe.command(made.demo, photo.shown, *question.options(), *made.words),
        "python": desk.recipe.python(
            photo, made.techniques | question.words(desk.net),
            f"S = {question.python(desk.net)}", *made.lines,
            f"heat(M{by}, over=pixels, edge={EDGE})",
            imports=(HEAT, *made.imports), shows=False),
    }  # fmt: skip


# ── One map ─────────────────────────────────────────────────────────────────────────────────────


def of_table(desk: Desk, request: Request, way: Way, x, S) -> Made:
    """A map as the table makes it."""
    lines = [f"way = next(way for way in ways() if way.name == {quoted(way.name)})",
             "M = way.map(net, pixels, S)"]
    imports = (f"from {ways.__module__} import ways",)
    return Made(way.map(desk.net, x, S), "maps", ["--only", way.name], lines, imports)


def hidden(desk: Desk, request: Request, way: Way, x, S) -> Made:
    """Occlusion with a window of an edge of one's own, moved by half of it."""
    edge = min(x.shape[2:])
    window = request.whole("window", edge // 4, edge, at_least=edge // 10)
    stride = window // 2
    M = occlusion(desk.net, x, S, window=window, stride=stride,
                  progress=request.while_wanted).drop
    return Made(M, "occlusion", ["--window", str(window), "--stride", str(stride)],
                [f"M = occlusion(net, pixels, S, window={window}, stride={stride}).drop"],
                techniques=frozenset({"occlusion"}))


def shared_out(desk: Desk, request: Request, way: Way, x, S) -> Made:
    """Relevance with an ε of one's own."""
    epsilon = request.number("epsilon", 0.25, 0.01, 10)
    M = added_colours(relevance(desk.net, x, S, rules=Rule("epsilon", epsilon)).map)
    lines = [f'rule = Rule("epsilon", {epsilon:g})',
             "M = added_colours(relevance(net, pixels, S, rules=rule).map)"]
    return Made(M, "relevance", ["--epsilon", f"{epsilon:g}"], lines,
                (f"from {added_colours.__module__} import added_colours",),
                frozenset({"Rule", "relevance"}), colours.BOTH)


SLIDERS = {"occlusion": hidden, "LRP-ε": shared_out}
VERBS = {"maps": maps}
