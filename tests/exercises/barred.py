"""What the answer of a stranger may not say: found by reading it, before any of it runs.

An answer and the tests that judge it run in one process, so an answer might reach for the judge
instead of the task: change np.allclose, return what equals everything, open the library's source.
A function over arrays needs none of the means, so whoever uses one is refused with a sentence.
Reading is no wall (cage.py is); and what slips through must still pass for wrong what is known to
be wrong (judge.py).
"""

import ast
from collections.abc import Iterator

IMPORTS = {
    "__future__", "abc", "bisect", "cmath", "collections", "copy", "dataclasses", "enum",
    "fractions", "functools", "heapq", "itertools", "math", "minigrad", "models", "numbers",
    "numpy", "operator", "random", "scipy", "statistics", "string", "typing", "warnings",
}  # fmt: skip
NAMES = {  # as a name, behind a dot, or imported, with or without an underscore before
    "attrgetter", "breakpoint", "builtins", "codecs", "compile", "ctypes", "ctypeslib", "delattr",
    "dump", "dumps", "eval", "exec", "exit", "f2py", "fromfile", "gc", "globals", "importlib",
    "input", "inspect", "io", "linecache", "load", "loads", "locals", "ma", "memmap",
    "methodcaller", "nt", "open", "os", "pathlib", "pickle", "posix", "pytest", "quit", "save",
    "savetxt", "savez", "setattr", "signal", "socket", "subprocess", "sys", "testing", "tests",
    "threading", "tofile", "types", "vars",
}  # fmt: skip
FRAMES = {"f_back", "f_globals", "f_locals", "f_builtins", "gi_frame", "cr_frame", "tb_frame"}
HARMLESS = {"__name__", "__file__", "__doc__", "__init__", "__call__"}
BASES = {"NamedTuple", "object"}


def barred(text: str) -> str:
    """Return a sentence for the first thing that an answer may not say; "" where there is none.

    A text that is no Python has none: who grafts it says so.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    asked = {id(node.func) for node in ast.walk(tree) if _asks_plainly(node)}
    made = {name for node in ast.walk(tree) for name in _makes(node)}
    for node in ast.walk(tree):
        for found in _in(node, made):
            if not (isinstance(node, ast.Name) and id(node) in asked):
                line = getattr(node, "lineno", 1)
                return f"line {line} has {found}: an exercise needs none, so it was not run"
    return ""


def _asks_plainly(node) -> bool:
    """Is it type(x), or getattr(x, "name") of a name that might stand behind a dot?"""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    if node.func.id == "type":
        return len(node.args) == 1
    named = node.args[1] if node.func.id == "getattr" and len(node.args) > 1 else None
    return isinstance(named, ast.Constant) and not _is_barred(str(named.value))


def _makes(node) -> Iterator[str]:
    """The names that an answer makes itself: it may write their attributes."""
    if isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name


def _in(node, made: set[str]) -> Iterator[str]:
    """What of a node is barred."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imported(node)
    elif isinstance(node, ast.Name):
        if _is_barred(node.id) or node.id in ("type", "getattr"):
            yield node.id
    elif isinstance(node, ast.Attribute):
        if _is_barred(node.attr):
            yield f".{node.attr}"
        elif not isinstance(node.ctx, ast.Load) and _root(node) not in made:
            yield f"a new .{node.attr} for what is not its own"
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if _is_barred(node.name):
            yield f"a function {node.name}"
    elif isinstance(node, ast.ClassDef):
        if any(not isinstance(base, ast.Name) or base.id not in BASES for base in node.bases):
            yield "a class with a base"
        if node.keywords:
            yield "a class with a metaclass"
    elif isinstance(node, ast.Global):
        yield f"global {node.names[0]}"


def _imported(node) -> Iterator[str]:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    names = [alias.name for alias in node.names]
    for module in modules or names:
        if module.split(".")[0] not in IMPORTS:
            yield f"import {module}"
    for word in [part for name in [*modules, *names] for part in name.split(".")]:
        if _is_barred(word):
            yield f"import {word}"


def _is_barred(name: str) -> bool:
    dunder = name.startswith("__") and name not in HARMLESS
    return dunder or name.lstrip("_") in NAMES or name in FRAMES


def _root(node) -> str:
    """The name at which a.b[c].d begins."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return getattr(node, "id", "")
