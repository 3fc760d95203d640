"""Put an answer in the place of a library function: its code, and nothing else of it.

    function.__code__ = answer.__code__

Every alias and every `from … import` of the function sees the answer at once, and the code is put
back at the end.  Names are looked up in the library's module, so what that file imports is at hand;
tracebacks point into the student's file; and who imports the library's function to call it for
help calls the answer itself, without end.
"""

import __future__

import ast
import builtins
import contextlib
import importlib
import inspect
import types
from collections.abc import Iterator


class Refused(ValueError):
    """The answer cannot be put in place: one sentence says why."""


@contextlib.contextmanager
def grafted(function: str, text: str, filename: str) -> Iterator[set[types.CodeType]]:
    """Put a function's text in the place of "module:function" for as long as the block runs.

    Yields the code objects of the answer, inner functions and helpers among them.

    Raises:
        Refused: it cannot be read or does not fit; says so, with file and line.
    """
    module_name, qualified = function.split(":")
    module = importlib.import_module(module_name)
    outer, target = _library(module, qualified)
    answer, helpers = _made(text, filename, target.__name__, module)
    _check_fits(target, answer, filename)
    before = target.__code__
    for name, value in helpers.items():
        setattr(module, name, value)
    target.__code__ = answer.__code__
    _forget(outer)
    try:
        functions = [h for h in helpers.values() if isinstance(h, types.FunctionType)]
        yield {code for f in [answer, *functions] for code in _codes(f.__code__)}
    finally:
        target.__code__ = before
        for name in helpers:
            delattr(module, name)
        _forget(outer)


def _library(module, qualified: str):
    """The function as the module has it, and the one inside all decorators."""
    found = module
    for name in qualified.split("."):
        found = inspect.getattr_static(found, name)
    outer = found.__func__ if isinstance(found, classmethod | staticmethod) else found
    outer = outer.fget if isinstance(outer, property) else outer
    return outer, inspect.unwrap(outer)


def _made(text: str, filename: str, name: str, module):
    """Run the student's file as if it stood in the module: the function, and what else it makes."""
    try:
        tree = ast.parse(text, filename)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        at = f", line {line}" if line else ""
        raise Refused(f"{filename}{at} is not Python: {error.args[0]}") from None
    defined = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    if not defined:
        raise Refused(f"{filename} has no function {name} at its outermost level: write one there")
    for node in defined:
        node.decorator_list = []  # the library's function is decorated already
    _refuse_super(tree, filename)
    known = {**vars(builtins), **vars(module)}
    names = {**vars(module), "__name__": "answer", "__file__": filename}
    flags = __future__.annotations.compiler_flag
    exec(compile(tree, filename, "exec", flags=flags, dont_inherit=True), names)
    new = {n: value for n, value in names.items() if value is not known.get(n, names)}
    new = {n: v for n, v in new.items() if n != name and not (n[:2] == n[-2:] == "__")}
    for clash in new.keys() & vars(module).keys():
        raise Refused(
            f"{filename} makes a new {clash}, and {module.__name__} has one of that name: "
            "give yours another name"
        )
    return names[name], new


def _refuse_super(tree, filename: str):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            if isinstance(node.func, ast.Name) and node.func.id == "super":
                raise Refused(f"{filename}, line {node.lineno}: write super(Class, self) in full")


def _check_fits(target, answer, filename: str):
    """The same arguments, and no name from a function around it."""
    if not isinstance(answer, types.FunctionType):
        raise Refused(f"{filename}: {target.__name__} is no plain function any more")
    if answer.__code__.co_freevars != target.__code__.co_freevars:
        lost = ", ".join(answer.__code__.co_freevars) or "nothing"
        raise Refused(f"{filename}: {answer.__name__} uses {lost} of a function around it")
    if _arguments(answer) != _arguments(target):
        wanted = ", ".join(_arguments(target)[0])
        got = ", ".join(_arguments(answer)[0])
        raise Refused(
            f"{filename}: {target.__name__} takes ({wanted}), and yours takes ({got}): "
            "leave its first line as it was"
        )


def _arguments(function):
    code = function.__code__
    several = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    count = code.co_argcount + code.co_kwonlyargcount + several.bit_count()
    return code.co_varnames[:count], code.co_argcount, code.co_kwonlyargcount, several


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _forget(outer):
    """Empty the memory of a function that keeps its results (functools.cache)."""
    if hasattr(outer, "cache_clear"):
        outer.cache_clear()
