"""What is asked for: as options of a command, as Python, and as the objective that these make.

    asked = Question(layer="relu4_2", unit=(59, 10, 9))
    asked.options()             ["--layer", "relu4_2", "--unit", "59,10,9"]
    asked.python(net)           'unit("relu4_2", 59, 10, 9)'
    asked.objective(net, x)     what the command would ask for

Read before: photos.py.  Read next: turns.py.
"""

import argparse
import json
import pathlib
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from demos.explorer.photos import Photo, plain
from demos.shared.asking import add_objective, objective_of
from minigrad.checked import nearest, number, whole
from models.classes import find_class

TEXT = 200  # letters of a text that a browser may send


class Request(NamedTuple):
    """What a browser asks: a verb and fields, of which nothing is believed, and maybe a file.

    Every way to read a field says in one sentence what it should be (ValueError or TypeError).
    """

    verb: str
    fields: Mapping[str, Any]
    data: bytes = b""
    wanted: Callable[[], bool] = lambda: True

    def while_wanted(self, batches: Iterable) -> Iterator:
        """Batches of long work, as a technique's `progress` wraps them, while it is wanted.

        Raises:
            ValueError: the tab was closed, or wants something newer.
        """
        for batch in batches:
            if not self.wanted():
                raise ValueError("nobody wants this any more")
            yield batch

    def text(self, name: str, usual: str | None = None) -> str | None:
        """A field that is a text; the usual one where it is missing or empty."""
        value = self.fields.get(name)
        if value in (None, ""):
            return usual
        if not isinstance(value, str) or len(value) > TEXT or not value.isprintable():
            raise ValueError(f"{name}: give a text of up to {TEXT} letters")
        return value

    def one_of(self, name: str, known, usual: str | None = None) -> str:
        """A field that is one of some texts."""
        value = self.text(name, usual)
        if value not in known:
            raise ValueError(f"there is no {name} {value!r}; {nearest(value, known)}")
        return value

    def number(self, name: str, usual: float, at_least: float, at_most: float) -> float:
        """A field that is a number within bounds."""
        return number(name, self.fields.get(name, usual), at_least, at_most)

    def whole(self, name: str, usual: int | None, at_most: int, at_least: int = 0) -> int:
        """A field that is a whole number within bounds."""
        value = whole(name, self.fields.get(name, usual), at_least)
        if value > at_most:
            raise ValueError(f"{name} is {value}: give {at_most} at most")
        return value

    def numbers(self, name: str, count: tuple[int, ...]) -> list[float] | None:
        """A field that is a list of so many numbers, or None where it is missing."""
        values = self.fields.get(name)
        if values is None:
            return None
        if not isinstance(values, list) or len(values) not in count:
            raise ValueError(f"{name}: give {' or '.join(map(str, count))} numbers")
        return [number(name, value) for value in values]


class Question(NamedTuple):
    """One class, one unit, one channel, or a part of them.

    Attributes:
        class_: by name or number.
        layer: of a unit or a channel.
        unit: (channel, row, column), or (channel,) of a layer without places.
        channel: a whole feature map.
        region: shares of the height and width, (top, left, bottom, right), of a channel, or of the
            energy of a layer.
    """

    class_: str | None = None
    layer: str | None = None
    unit: tuple[int, ...] | None = None
    channel: int | None = None
    region: tuple[float, ...] | None = None

    @classmethod
    def of(cls, request: Request) -> "Question":
        """Read it from a request."""
        unit, region = request.numbers("unit", (1, 3)), request.numbers("region", (4,))
        channel = request.fields.get("channel")
        return cls(
            request.text("class"), request.text("layer"),
            unit and tuple(whole("unit", int(i)) for i in unit),
            None if channel is None else whole("channel", channel),
            region and tuple(round(share, 3) for share in region),
        )  # fmt: skip

    def options(self) -> list[str]:
        """As on a command line."""
        given = {
            "--class": self.class_,
            "--layer": self.layer,
            "--unit": self.unit and ",".join(map(str, self.unit)),
            "--channel": None if self.channel is None else str(self.channel),
            "--region": self.region and ",".join(f"{share:g}" for share in self.region),
        }
        return [word for name, value in given.items() if value is not None
                for word in (name, value)]

    def objective(self, net, x):
        """What the options ask for.

        Raises:
            ValueError: for nothing, or for what is not there.
        """
        if self.class_ is None and self.unit is None and self.channel is None and not self.region:
            raise ValueError("say what to ask for: a class, a unit, a channel or a region")
        parse = argparse.ArgumentParser()
        add_objective(parse)
        return objective_of(net, x, parse.parse_args(self.options()))

    def python(self, net) -> str:
        """The same as a line of Python."""
        if self.class_ is not None:
            return f"class_score({find_class(net, self.class_)})"
        layer = quoted(self.layer or net.default_layer)
        if self.unit is not None:
            return f"unit({layer}, {', '.join(map(str, self.unit))})"
        inside = f"energy({layer})" if self.channel is None else f"channel({layer}, {self.channel})"
        if self.region is None:
            return inside
        return f"region({inside}, {', '.join(f'{share:g}' for share in self.region)})"

    def words(self, net) -> set[str]:
        """What its Python imports."""
        text = self.python(net)
        names = "class_score", "unit", "channel", "energy", "region"
        return {name for name in names if f"{name}(" in text}


# ── What one types to have it again ─────────────────────────────────────────────────────────────


def quoted(text: str) -> str:
    """A text as Python and the readers of this house write it."""
    return json.dumps(text, ensure_ascii=False)


class Recipe(NamedTuple):
    """How a network is named in commands and in Python: its name, and its weights where given."""

    model: str
    weights: pathlib.Path | None = None

    def command(self, demo: str, *words: str) -> str:
        """A command line; the network is named where it is not the one that ships."""
        named = ["--model", self.model] if self.model != "minivgg" else []
        named += ["--weights", plain(self.weights)] if self.weights else []
        return shlex.join(["python", "-m", "demos", demo, *words, *named])

    def python(self, photo: Photo | None, techniques: set[str], *lines: str,
               imports: tuple[str, ...] = (), shows: bool = True) -> str:
        """A snippet whose last line is the picture; it `shows` an array, or makes a picture."""
        path = f", {quoted(plain(self.weights))}" if self.weights else ""
        pixels = [f"pixels = net.pixels({quoted(photo.shown)})"] if photo else []
        known = sorted(techniques, key=str.lower)
        begin = [*(line for line in imports if line.startswith("import ")), "import models",
                 *(["from demos import show"] if shows else []),
                 *(line for line in imports if not line.startswith("import "))]
        if known:
            begin.append(f"from minigrad.techniques import {', '.join(known)}")
        net = f"net = models.load({quoted(self.model)}{path})"
        return "\n".join([*begin, "", net, *pixels, *lines])
