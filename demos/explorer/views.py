"""Every verb of every view, by its name."""

from demos.explorer import look

VERBS = {**look.VERBS}
