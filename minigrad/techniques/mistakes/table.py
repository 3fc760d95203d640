"""What a mistake is: the wrong lines, the right ones, and one number that tells them apart.

    for mistake in MISTAKES:
        wrong, right = mistake.wrong(shown), mistake.right(shown)
        mistake.check(shown, wrong), mistake.check(shown, right)        # the number, of both

The number is found by the same function for both, from what comes out alone.  So it can be asked of
anybody's code.

Read before: objectives.py.  Read next: looking.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minigrad.techniques.objectives import Objective


@dataclass(frozen=True)
class Shown:
    """What every mistake is made on.

    Attributes:
        net: a network.
        x: the photo, (1, 3, H, W), RGB, 0–255, of the network's own size.
        S: the score of a class, which has its number, `S.k`.
        large: the same photo with more pixels, for a dream.
        painting: (1, 3, H, W), for a style.
        photos: (N, 3, H, W), others.
        labels: (N,), what is on them, or None where the network knows none of it.
        normed: the same network with batch norm behind its layers, or None where there is none.
    """

    net: Any
    x: Any
    S: Objective
    large: Any
    painting: Any
    photos: Any
    labels: Any
    normed: Any = None


@dataclass(frozen=True)
class Mistake:
    """One mistake.  The docstring of `wrong` says what is wrong and why; its first line is a title.

    Attributes:
        wrong: Shown → what comes out.
        right: Shown → the same, where it is done right.
        check: (Shown, what came out) → the number that catches it.
        says: what the number is.
        found: public discussions or files that it is known from, their addresses.
        drawn: how the picture is drawn: "photo", "gradient", "map", or "share" for a map whose
            scale is 0–1.
        form: how the number is written.
        picture: what came out → an array to draw.
        over: Shown → the photo below a map.
        needs: what of Shown it cannot do without, where that may be None.
    """

    wrong: Callable[[Shown], Any]
    right: Callable[[Shown], Any]
    check: Callable[[Shown, Any], float]
    says: str
    found: tuple[str, ...]
    drawn: str = "photo"
    form: str = "{:.2f}"
    picture: Callable[[Any], Any] = lambda result: result
    over: Callable[[Shown], Any] = lambda shown: shown.x
    needs: str = "net"

    @property
    def name(self) -> str:
        """The name of the wrong lines, as hooks_in_the_features."""
        return self.wrong.__name__
