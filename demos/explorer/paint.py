"""Paint: the photo in the style of a painting, step by step, stopped at will.

Read before: fool.py.  Read next: quiz.py.
"""

from collections.abc import Iterator

import numpy as np

from demos.explorer.desk import Desk, png
from demos.explorer.photos import plain
from demos.explorer.question import Request, quoted
from demos.shared import pictures
from demos.shared.command import PHOTOS
from demos.shared.easel import pixels_of
from minigrad.techniques import style, style_preset_for
from minigrad.techniques.make.presets import changed

PAINTINGS = {file.stem: file for file in sorted((PHOTOS / "paintings").glob("*.jpg"))}
EDGES = (128, 192, 256, 384)
EACH = 2                    # steps from one picture to the next


def paint(desk: Desk, request: Request) -> Iterator[dict]:
    """The photo on its way to a painting."""
    net, photo = desk.net, desk.photos[request.text("photo", "chelsea")]
    painting = PAINTINGS[request.one_of("painting", PAINTINGS, "starry_night")]
    edge = request.whole("edge", 192, max(EDGES), at_least=64)
    weight = request.number("weight", 20, 0.5, 500)
    steps = request.whole("steps", 60, 400, at_least=2)
    usual = style_preset_for(net)
    settings = {"style_weight": weight, "steps": -(-steps // len(usual.scales))}
    preset = changed(usual, settings)
    x = pixels_of(net, photo.source(edge), edge)
    painted = pixels_of(net, painting, edge, enlarge=False)
    total = preset.steps * len(preset.scales)
    recipe = {
        "command": desk.recipe.command(
            "style", photo.shown, "--style", plain(painting), "--size", str(edge),
            "--steps", str(steps), "--style-weight", f"{weight:g}"),
        "python": python(desk, photo, painting, edge, settings),
    }  # fmt: skip
    yield {"progress": 0, "of": f"{total} steps", "picture": png(pictures.photo(x)), **recipe}
    for now in style(net, x, painted, preset=preset, rng=np.random.default_rng(0)):
        whole = now.step % EACH == 0 or now.step == total
        yield {"progress": now.step / total, "of": f"{total} steps", "step": now.step,
               **({"picture": png(pictures.photo(now.pixels))} if whole else {})}


def python(desk: Desk, photo, painting, edge: int, settings: dict) -> str:
    """The same as a run in Python."""
    given = ", ".join(f"{name}={value:g}" for name, value in settings.items())
    return desk.recipe.python(
        None, {"style"},
        f"photo = pixels_of(net, {quoted(photo.shown)}, {edge})",
        f"painting = pixels_of(net, {quoted(plain(painting))}, {edge}, enlarge=False)",
        f"for progress in style(net, photo, painting, {given},",
        "                      rng=np.random.default_rng(0)):",
        "    pass",
        "show(progress.pixels)",
        imports=("import numpy as np", "from demos.shared.easel import pixels_of"),
    )  # fmt: skip


VERBS = {"paint": paint}
