"""Lines cut out of the source, so that a page cannot tell anything else than what ran.

    lines(saliency)     its text without the docstring
    place(saliency)     minigrad/techniques/look/gradient.py:61
    shared(wrong)       the functions of the same file that it calls

Used by: ../mistakes.py, ../tour.py.
"""

import ast
import functools
import inspect
import pathlib
import textwrap

ROOT = pathlib.Path(__file__).parents[2]


def lines(thing) -> str:
    """The lines of a function or class, without its docstring."""
    _, node, text = found(thing)
    first, last = node.lineno, node.end_lineno
    doc = node.body[0] if ast.get_docstring(node) else None
    kept = text[first - 1 : last]
    if doc:
        del kept[doc.lineno - first : doc.end_lineno - first + 1]
        while len(kept) > 1 and not kept[1].strip():    # a blank line behind it
            del kept[1]
    return textwrap.dedent("\n".join(kept)).rstrip()


def place(thing) -> str:
    """Where it stands: file and line."""
    file, node, _ = found(thing)
    return f"{file.relative_to(ROOT).as_posix()}:{node.lineno}"


def shared(*functions) -> list:
    """The functions and classes of their own file that they call, in the order of the file."""
    module = inspect.getmodule(functions[0])
    names = {node.id for function in functions for node in ast.walk(found(function)[1])
             if isinstance(node, ast.Name)}
    own = [getattr(module, name, None) for name in names]
    own = [thing for thing in own if (inspect.isfunction(thing) or inspect.isclass(thing))
           and thing.__module__ == module.__name__ and thing not in functions]
    return sorted(own, key=lambda thing: found(thing)[1].lineno)


def found(thing):
    """The file, the node of a function or class in it, and the file's lines."""
    thing = inspect.unwrap(thing)
    file = pathlib.Path(inspect.getsourcefile(thing))
    tree, text = _parsed(file)
    node = next(node for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
                and node.name == thing.__name__)
    return file, node, text


@functools.cache
def _parsed(file: pathlib.Path):
    source = file.read_text(encoding="utf-8")
    return ast.parse(source), source.splitlines()
