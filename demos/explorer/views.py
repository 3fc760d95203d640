"""Every verb of every view, by its name."""

from demos.explorer import ask, fool, look, paint, quiz

VERBS = {**look.VERBS, **ask.VERBS, **fool.VERBS, **paint.VERBS, **quiz.VERBS}


def choices() -> dict:
    """What a page lets one choose from."""
    return {
        "maps": list(ask.WAYS), "attacks": fool.NAMES, "paintings": list(paint.PAINTINGS),
        "edges": paint.EDGES, "conditions": quiz.CONDITIONS,
    }  # fmt: skip
