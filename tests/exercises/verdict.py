"""What may become of an answer."""

from typing import NamedTuple

SOLVED, WRONG, STUB, REFUSED, STOPPED = "solved", "wrong", "to do", "refused", "stopped"


class Verdict(NamedTuple):
    """What became of an answer, and what the student reads."""

    state: str
    text: str = ""
