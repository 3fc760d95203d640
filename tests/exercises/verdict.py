"""What may become of an answer."""

from typing import NamedTuple

SOLVED, WRONG, STUB, REFUSED, STOPPED = "solved", "wrong", "to do", "refused", "stopped"
KNOWN = {SOLVED, WRONG, STUB, REFUSED, STOPPED}


class Verdict(NamedTuple):
    """What became of an answer, what the student reads, and the mistake that it most likely is."""

    state: str
    text: str = ""
    likely: str = ""
