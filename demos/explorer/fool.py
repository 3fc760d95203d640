"""Fool: an attack on the photo in view, with its ε on a slider, and chance beside it.

Read before: ask.py.  Read next: paint.py.
"""

from collections.abc import Iterator

import numpy as np

from demos.explorer.desk import Desk, png
from demos.explorer.question import Request
from demos.fool import enough
from demos.shared import pictures
from demos.shared.fool_sheet import enlargement
from minigrad.backend import to_numpy
from minigrad.techniques import as_bytes, random_control
from minigrad.techniques.fool.attacks import attack_called
from models.classes import find_class

NAMES = ("fgsm", "bim", "pgd", "momentum")  # those with an ε that a slider can move
STEPS = 10


def fool(desk: Desk, request: Request) -> Iterator[dict]:
    """The photo moved by at most ε grey levels, what was added, and what the network says."""
    net = desk.net
    photo, x, _ = desk.asked(request)
    attack = attack_called(request.one_of("attack", NAMES, "pgd"))
    epsilon = request.number("epsilon", 4.0, 0.1, 64)
    target = request.text("target")
    settings = {"target": None if target is None else find_class(net, target), "epsilon": epsilon}
    if "steps" in attack.takes:
        settings["steps"] = STEPS
    if "rng" in attack.takes:
        settings["rng"] = np.random.default_rng(0)
    record = attack.make(net, x, **settings)
    written = as_bytes(net, record)     # what is shown is a file of whole grey levels
    chance = random_control(net, record, norm="linf", rng=np.random.default_rng(0))
    times = enlargement(record.perturbation)
    yield {
        "photo": png(pictures.photo(x)), "before": desk.says(record.scores_before),
        "picture": png(pictures.photo(record.adversarial)),
        "after": desk.says(written.scores_after),
        "eta": png(pictures.photo(128 + times * to_numpy(record.perturbation))), "times": times,
        "by chance": desk.says(chance.scores_after),
        "success": enough(net, attack, record),
        "linf": round(float(record.linf[0]), 2), "l2": round(float(record.l2[0])),
        "equation": attack.equation, "source": attack.source,
        "command": desk.recipe.command("fool", photo.shown, *words(attack, epsilon, target)),
        "python": python(desk, photo, attack, settings),
    }  # fmt: skip


def words(attack, epsilon: float, target: str | None) -> list[str]:
    """The options of the command."""
    steps = ["--steps", str(STEPS)] if "steps" in attack.takes else []
    aim = ["--target", target] if target is not None else []
    return ["--attack", attack.name, "--epsilon", f"{epsilon:g}", *steps, *aim]


def python(desk: Desk, photo, attack, settings: dict) -> str:
    """The attack as a call."""
    given = {name: f"{value:g}" if name == "epsilon" else str(value)
             for name, value in settings.items() if value is not None}
    if "rng" in given:
        given["rng"] = "np.random.default_rng(0)"
    name = attack.make.__name__
    arguments = ", ".join(f"{key}={value}" for key, value in given.items())
    return desk.recipe.python(
        photo, {name}, f"record = {name}(net, pixels, {arguments})", "show(record.adversarial)",
        imports=("import numpy as np",) if "rng" in given else (),
    )  # fmt: skip


VERBS = {"fool": fool}
