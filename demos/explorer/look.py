"""Look: what a layer does on a photo, and of one unit all that there is to see.

    see         the likeliest classes, and every channel of a layer
    frame       the same of a frame of the camera
    rules       a unit's or class's gradient by the three rules, and what it sees
    tape        the code of that gradient
    patches     where a channel fires most among the photos of the clone
    maximised   the picture that most excites a channel or a class

Each yields what the page draws; what takes long yields how far it is.

Read before: desk.py.  Read next: ask.py.
"""

import argparse
from collections.abc import Generator, Iterator

from demos import maximize
from demos.activations import maps_of
from demos.explorer.desk import Desk, jpeg, png
from demos.explorer.photos import opened, plain
from demos.explorer.question import Request, quoted
from demos.patches import KEPT, patches_of
from demos.rules import file_part, under_each_rule
from demos.shared import patch_index, pictures, wanted
from demos.shared.album import CALTECH, album
from demos.shared.looking import box_of
from demos.shared.patch_index import About, Index
from demos.shared.patch_search import Found, added
from demos.shared.patch_sheet import short
from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.tape import tape_of
from minigrad.techniques import excite_each, strongest_places
from minigrad.techniques.look.gradient import RULES
from minigrad.techniques.look.patches import Places, places_of
from minigrad.techniques.make.drawable import channel_count
from minigrad.techniques.objectives import activations

FRAME_BYTES, FRAME_PIXELS = 3_000_000, 4_000_000
BATCH, PATCHES = 8, 9       # photos of a step, and patches of a channel that are shown
EACH = 4                    # steps from one picture on the way to the next
USUAL = "guided backpropagation"


def see(desk: Desk, request: Request) -> Iterator[dict]:
    """The likeliest classes, and every channel of a layer, of one photo."""
    photo, x, _ = desk.asked(request)
    layer = desk.layer(request)
    acts = desk.seen.put(photo.key, desk.net(x, only=[layer, desk.net.score_layer]))
    inside = "[:, None, None]" if acts[layer].ndim == 2 else ""
    yield {
        "photo": png(pictures.photo(x)), "title": photo.title, "top": desk.says(acts.scores),
        **grid(desk.net, layer, acts[layer], png),
        "command": desk.recipe.command("activations", photo.shown, "--layer", layer),
        "python": desk.recipe.python(
            photo, set(), f"acts = net(pixels, only=[{quoted(layer)}])",
            f"show(acts[{quoted(layer)}][0]{inside})"),
        "what": desk.recipe.command("what", photo.shown),
    }  # fmt: skip


def frame(desk: Desk, request: Request) -> Iterator[dict]:
    """The same of a frame of the camera, which nobody keeps."""
    x = desk.net.pixels(opened(request.data, "the frame", FRAME_BYTES, FRAME_PIXELS))
    layer = desk.layer(request)
    acts = desk.net(x, only=[layer, desk.net.score_layer])
    yield {"top": desk.says(acts.scores), **grid(desk.net, layer, acts[layer], jpeg)}


def drop(desk: Desk, request: Request) -> Iterator[dict]:
    """Take a file, if it is a photo."""
    photo = desk.take(request.text("name", "photo.jpg"), request.data)
    yield {"key": photo.key, "title": photo.title}


def grid(net, layer: str, a, encoded) -> dict:
    """All channels of a layer as one picture, and where in it they are and fire most."""
    maps, places = maps_of(a), away_from_padding(net, layer, a)
    count, height, width = maps.shape
    scale, columns = pictures.cells(count, max(height, width))
    return {
        "layer": layer, "grid": encoded(pictures.show(maps)),
        "count": count, "rows": height, "columns": width,
        "scale": scale, "across": columns, "gap": pictures.GAP,
        "values": [float(f"{v:.4g}") for v in places.value[0].tolist()],
        "places": [list(at) for at in zip(places.row[0].tolist(), places.column[0].tolist(),
                                          strict=True)],
    }  # fmt: skip


def away_from_padding(net, layer: str, a) -> Places:
    """Where each channel fires most, among the units that see no padding, if there are any.

    A padded border is an edge that no photo has, and units fire there for that alone.
    """
    if a.ndim == 2:
        return Places(*map(to_numpy, places_of(a)))
    field, units = net.receptive_field(layer), a.shape[2:]
    free = [field.inside(net.input_size, n) for n in units]
    value, row, column = map(to_numpy, places_of(a[:, :, free[0], free[1]]))
    top, left = (part.indices(n)[0] for part, n in zip(free, units, strict=True))
    return Places(value, row + top, column + left)


# ── One unit, or one class ──────────────────────────────────────────────────────────────────────


def rules(desk: Desk, request: Request) -> Iterator[dict]:
    """The gradient by each rule, and what the unit sees."""
    photo, x, question = desk.asked(request)
    objective = question.objective(desk.net, x)
    gradients, note = under_each_rule(desk.net, x, objective)
    value = value_of(desk, photo, x, objective)
    yield {
        "name": objective.name, "value": float(f"{value:.4g}"), "note": note.strip(),
        "box": box_of(desk.net, objective, x.shape[2:]),
        "pictures": {
            rule: {"picture": png(pictures.signed(g)), "zero": not g.any(),
                   "file": file_part(rule), "python": rule_python(desk, photo, question, rule)}
            for rule, g in gradients.items()
        },
        "command": desk.recipe.command("rules", photo.shown, *question.options()),
    }  # fmt: skip


def value_of(desk: Desk, photo, x, objective) -> float:
    """How much of it there is; without another pass, where the layer was looked at just now."""
    acts = desk.seen.get(photo.key, {})
    if not set(objective.layers) <= acts.keys():
        acts = activations(desk.net, x, objective)
    return float(objective(acts))


def rule_python(desk: Desk, photo, question, rule: str) -> str:
    """The lines that make the picture of one rule."""
    asked = question.python(desk.net)
    if rule not in RULES:   # there is no relu on the way
        return desk.recipe.python(photo, {"gradient", *question.words(desk.net)},
                                  f"show(gradient(net, pixels, {asked}))")
    return desk.recipe.python(photo, {"by_rule", *question.words(desk.net)},
                              f"gradients = by_rule(net, pixels, {asked})",
                              f"show(gradients[{quoted(rule)}])")


def tape(desk: Desk, request: Request) -> Iterator[dict]:
    """The code of the gradient, step by step, as it runs under a rule."""
    _, x, question = desk.asked(request)
    objective = question.objective(desk.net, x)
    rule = request.one_of("rule", [*RULES, "gradient"], USUAL)
    replaced = {ops.relu: RULES[rule]} if rule in RULES else None
    written = tape_of(lambda x: objective(activations(desk.net, x, objective)), x, replaced)
    yield {"rule": rule, "tape": str(written)}


# ── What excites a channel ──────────────────────────────────────────────────────────────────────


def patches(desk: Desk, request: Request) -> Iterator[dict]:
    """The strongest patches of a channel among the photos of the clone."""
    net, layer = desk.net, desk.layer(request)
    c = request.whole("channel", None, channel_count(net, layer) - 1)
    index = desk.found.get(layer) or (yield from searched(desk, layer))
    settings = argparse.Namespace(folder=CALTECH, top=PATCHES)
    found = patches_of(net, index, layer, c, settings)
    yield {
        "patches": [
            {"picture": png(pictures.photo(p.crop)), "gradient": png(pictures.signed(p.gradient)),
             "value": short(p.value), "name": p.name} for p in found
        ],
        "rule": found[0].rule,
        "command": desk.recipe.command("patches", "--layer", layer, "--channels", str(c)),
        "python": patches_python(desk, layer, c),
    }


def searched(desk: Desk, layer: str) -> Generator[dict, None, Index]:
    """Look at all photos of the clone, some at each step; remember and return what was found."""
    net, folder = desk.net, album(CALTECH, but=CALTECH / "none")
    about = About(net.name, "", layer, net.input_size)
    index = patch_index.begun(about, folder.photos, channel_count(net, layer), KEPT)
    while len(waiting := index.waiting[:BATCH].tolist()):
        each = [net.pixels(CALTECH / index.photos[n].name) for n in waiting]
        places = strongest_places(net, array_module(*each).concatenate(each), layer)
        index = added(index, Found(waiting, Places(*map(to_numpy, places)), {}))
        yield {"progress": 1 - len(index.waiting) / len(index.photos),
               "of": f"{len(index.photos)} photos"}
    return desk.found.put(layer, index)


def patches_python(desk: Desk, layer: str, c: int) -> str:
    """The search as a few lines."""
    net = desk.net
    image = f", {(net.input_size,) * 2}" if net.receptive_field(layer).size is None else ""
    folder = quoted(plain(CALTECH))
    return desk.recipe.python(
        None, {"strongest_places"},
        f"field = net.receptive_field({quoted(layer)})",
        "found = []",
        f'for file in sorted(pathlib.Path({folder}).glob("*/*.jpg")):',
        f"    places = strongest_places(net, net.pixels(file), {quoted(layer)})",
        f"    value, row, column = (part[0, {c}] for part in places)",
        "    found.append((-value, file, row, column))",
        "crops = [",
        f"    cut_out(net.pixels(file)[0], field.box(row, column{image}), (128, 128, 128))",
        f"    for _, file, row, column in sorted(found)[:{PATCHES}]",
        "]",
        "show(np.stack(crops))",
        imports=("import pathlib", "import numpy as np",
                 "from minigrad.techniques.look.patches import cut_out"),
    )  # fmt: skip


def maximised(desk: Desk, request: Request) -> Iterator[dict]:
    """The picture that most excites a channel or a class, and the way there."""
    words = excited(desk, request)
    made = desk.made.get(tuple(words)) or (yield from drawn(desk, words))
    yield {**made, "command": desk.recipe.command("maximize", *words)}


def excited(desk: Desk, request: Request) -> list[str]:
    """What to excite, as on the command line."""
    if class_ := request.text("class"):
        return ["--class", class_]
    layer = desk.layer(request)
    c = request.whole("channel", None, channel_count(desk.net, layer) - 1)
    return ["--layer", layer, "--channel", str(c)]


def drawn(desk: Desk, words: list[str]) -> Generator[dict, None, dict]:
    """Make the picture as the command does; remember and return it."""
    net, parse = desk.net, maximize.options()
    parse.set_defaults(out=None)
    args = parse.parse_args(words)
    (wish,), size = wanted.asked_for(net, args)
    preset = wanted.settings(net, args, size)
    total = sum(preset.steps_at(len(preset.sizes)))
    for _, now in excite_each(net, None, [wish.objective], preset=preset, rng=[wish.rng(0)]):
        picture = {"picture": png(pictures.photo(now.pixels))} if now.step % EACH == 0 else {}
        yield {"progress": now.step / total, "of": f"{total} steps", **picture}
    return desk.made.put(tuple(words), {
        "picture": png(pictures.photo(now.pixels)),
        "python": maximised_python(desk, wish, size),
    })  # fmt: skip


def maximised_python(desk: Desk, wish, size) -> str:
    """The same from noise, in Python."""
    if wish.k is None:
        layer, c = wish.name.rsplit(" ", 1)
        technique, asked = "drawable_channel", f"drawable_channel(net, {quoted(layer)}, {c})"
    else:
        technique, asked = "drawable_class", f"drawable_class(net, {wish.k})"
    sizes = f', sizes=({size},)' if size else ""
    return desk.recipe.python(
        None, {technique, "excite_each"},
        f"random = np.random.SeedSequence(0, spawn_key=({wish.number}, {wish.copy}))",
        f"run = excite_each(net, None, [{asked}],",
        f"                  rng=[np.random.default_rng(random)]{sizes})",
        "for _, progress in run:",
        "    pass",
        "show(progress.pixels)",
        imports=("import numpy as np",),
    )  # fmt: skip


VERBS = {f.__name__: f for f in (see, frame, drop, rules, tape, patches, maximised)}
