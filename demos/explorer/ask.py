"""Ask: any map of any objective, side by side with the controls.

Two maps have a slider: occlusion the edge of its window, LRP-ε its ε.  They are made as the demos
of their names make them, all others as `python -m demos maps` does.

Read before: look.py.  Read next: fool.py.
"""

import time
from collections.abc import Iterator

from demos.explorer.desk import Desk, png
from demos.explorer.question import Question, Request, quoted
from demos.shared import colours, pictures
from demos.shared.looking import EDGE
from minigrad.techniques import Rule, occlusion, relevance
from minigrad.techniques.look.believe import flat
from minigrad.techniques.look.gradient import added_colours
from minigrad.techniques.look.maps import CONTROLS, MAPS, ways

NAMES = [way.name for way in (*CONTROLS, *MAPS)]
MOST = 8                    # maps at once
FIRST = "gradient|Grad-CAM|occlusion|centred Gaussian"
HEAT = "from demos.shared.pictures import heat"


def maps(desk: Desk, request: Request) -> Iterator[dict]:
    """Maps of one objective, one after another."""
    photo, x, question = desk.asked(request)
    if not question.options():
        question = Question(class_=desk.says(desk.net.scores(x))[0]["name"])
    names = (request.text("maps") or FIRST).split("|")[:MOST]
    if unknown := set(names) - set(NAMES):
        raise ValueError(f"there is no map {unknown.pop()!r}")
    objective = question.objective(desk.net, x)
    yield {"asked": objective.name, "class": question.class_}
    for name in names:
        begin = time.perf_counter()
        try:
            answer = made(desk, request, name, (photo, x, question, objective))
        except ValueError as error:  # this map cannot tell of such an objective; others can
            answer = {"none": str(error)}
        way = next(way for way in (*CONTROLS, *MAPS) if way.name == name)
        yield {"map": name, "equation": way.equation, "source": way.source,
               "control": way.control, "seconds": round(time.perf_counter() - begin, 2), **answer}


def made(desk: Desk, request: Request, name: str, about) -> dict:
    """One map over its photo, and what makes it."""
    photo, x, question, objective = about
    make = {"occlusion": hidden, "LRP-ε": shared_out}.get(name, of_table)
    M, demo, words, lines, name_of_colours = make(desk, request, name, x, objective)
    asked = question.python(desk.net)
    by = f", {quoted(name_of_colours)}" if name_of_colours != colours.USUAL else ""
    technique, *lines = [line.replace("OBJECTIVE", asked) for line in lines]
    return {
        "picture": png(pictures.heat(M, name_of_colours, x, EDGE)),
        "flat": bool(flat(M)[0]),
        "command": desk.recipe.command(demo, photo.shown, *question.options(), *words),
        "python": desk.recipe.python(
            photo, {*technique.split(), *question.words(desk.net)}, *lines,
            f"heat(M{by}, over=pixels, edge={EDGE})",
            imports=(HEAT, *extra_imports(demo)), shows=False),
    }


def extra_imports(demo: str) -> tuple[str, ...]:
    """What the lines need besides techniques."""
    return {
        "maps": ("from minigrad.techniques.look.maps import ways",),
        "relevance": ("from minigrad.techniques.look.gradient import added_colours",),
    }.get(demo, ())


def of_table(desk: Desk, request: Request, name: str, x, objective):
    """A map as the table makes it."""
    *_, way = [way for way in ways([name]) if way.name == name]
    lines = ["", f"way = next(way for way in ways() if way.name == {quoted(name)})",
             "M = way.map(net, pixels, OBJECTIVE)"]
    return way.map(desk.net, x, objective), "maps", ["--only", name], lines, colours.USUAL


def hidden(desk: Desk, request: Request, name: str, x, objective):
    """Occlusion with a window of an edge of one's own, moved by half of it."""
    edge = min(x.shape[2:])
    window = request.whole("window", edge // 4, edge, at_least=edge // 10)
    stride = window // 2
    M = occlusion(desk.net, x, objective, window=window, stride=stride,
                  progress=request.while_wanted).drop
    words = ["--window", str(window), "--stride", str(stride)]
    lines = ["occlusion", "M = occlusion(net, pixels, OBJECTIVE,",
             f"              window={window}, stride={stride}).drop"]
    return M, "occlusion", words, lines, colours.USUAL


def shared_out(desk: Desk, request: Request, name: str, x, objective):
    """Relevance with an ε of one's own."""
    epsilon = request.number("epsilon", 0.25, 0.01, 10)
    found = relevance(desk.net, x, objective, rules=Rule("epsilon", epsilon))
    lines = ["relevance Rule", f'rule = Rule("epsilon", {epsilon:g})',
             "M = added_colours(relevance(net, pixels, OBJECTIVE, rules=rule).map)"]
    words = ["--epsilon", f"{epsilon:g}"]
    return added_colours(found.map), "relevance", words, lines, colours.BOTH


VERBS = {"maps": maps}
