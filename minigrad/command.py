"""How a command of this project ends: what a user can mend is one sentence and exit status 2.

    sys.exit(run(main, sys.argv[1:], "demos"))

A mistake of ours stays a traceback.
"""

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Callable

from minigrad.stopping import stoppable

GPU_MODULES = {"cupy", "cupy_backends", "cupyx"}
IN_ASCII = {  # what this project prints that a terminal of cp1252 or ASCII lacks
    "×": "x", "·": "*", "−": "-", "–": "-", "—": "-", "…": "...", "≥": ">=", "≤": "<=", "→": "->",
    "←": "<-", "‖": "|", "│": "|", "─": "-", "∂": "d", "Σ": "sum", "Π": "prod", "√": "sqrt",
    "∈": "in", "≠": "!=", "≈": "~", "∞": "inf", "⟨": "<", "⟩": ">", "½": "1/2", "¼": "1/4",
    "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "∘": " o ", "‘": "'", "’": "'", "“": '"',
    "”": '"', "\u0302": "^", "\u0304": "_mean", "ℝ": "R", "□": "#", "█": "#",
    "λ": "lambda", "⊗": "(x)", "∗": "*", "⊙": "(.)", "±": "+-", "∝": "~", "°": " degrees",
    "✓": "+", "✗": "x", "▸": ">",
    **dict.fromkeys("┌┐└┘├┤┬┴┼", "+"),
}  # fmt: skip


def run(main: Callable[[list[str]], None], argv: list[str], program: str) -> int:
    """Call main(argv) and return the exit status: 0, 2 for bad input, 130 after Ctrl-C or SIGTERM.

    A KeyboardInterrupt may say what was saved and how to go on.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="in plain letters")
    try:
        with stoppable():
            main(argv)
            if sys.stdout:  # none where it is closed, as by >&-
                sys.stdout.flush()  # while a broken pipe can still be caught
    except BrokenPipeError:  # the reader of our output (`| head`) has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt as stop:
        print(f"\n{'; '.join(['stopped', *map(str, stop.args)])}", file=sys.stderr)
        return 130
    except Exception as error:
        mendable = isinstance(error, ValueError | TypeError | OSError | MemoryError)
        if not mendable and not from_the_gpu(error):
            raise
        print(f"{program}: {sentence(error)}", file=sys.stderr)
        return 2
    return 0


def in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    """Write what a terminal cannot show with letters that it can: × as x, σ² as sigma^2, or ?."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(map(_plain, lacking)), error.end


def _plain(char: str) -> str:
    if char in IN_ASCII:
        return IN_ASCII[char]
    if unicodedata.name(char, "").startswith("GREEK"):      # GREEK SMALL LETTER SIGMA
        return unicodedata.name(char).split()[3].lower()
    parts = unicodedata.decomposition(char)                 # ² is <super> and 2, ê is e and ^
    before = "^" if "<super>" in parts else "_" if "<sub>" in parts else ""
    letters = unicodedata.normalize("NFKD", char).replace("−", "-").encode("ascii", "ignore")
    return before + letters.decode() if letters else "?"


codecs.register_error("in plain letters", in_plain_letters)


def sentence(error: Exception) -> str:
    """What an error says, on one line."""
    if from_the_gpu(error):
        kind, said = type(error).__name__, (str(error).splitlines() or [""])[0]
        return f"the GPU gave up, {kind}: {said}; try a smaller --size or --device cpu"
    if isinstance(error, MemoryError):
        why = f" ({printable(str(error))})" if str(error) else ""
        return f"out of memory{why}: take a smaller --size, or close other programs"
    return printable(str(error))


def from_the_gpu(error: Exception) -> bool:
    """Tell the errors of CuPy, its driver and its compiler; CuPy itself need not be here.

    Most are of classes of its own; a missing library is a RuntimeError that it raises.
    """
    frame = error.__traceback__
    while frame.tb_next:
        frame = frame.tb_next
    raised_in = frame.tb_frame.f_globals.get("__name__", "")
    modules = [raised_in, *(kind.__module__ for kind in type(error).__mro__)]
    own = not isinstance(error, ValueError | TypeError)     # those tell of arguments, as NumPy's do
    return own and any(module.split(".")[0] in GPU_MODULES for module in modules)


def printable(line: str) -> str:
    """Replace line ends and a terminal's codes: a name out of a hostile file may hold some."""
    return "".join(char if char.isprintable() else "?" for char in line)
