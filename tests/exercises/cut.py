"""Cut a function out of the library's source: its head is the task, its body the answer.

Nothing is imported, so a task can be written where the library itself does not run.
"""

import ast
import functools
import pathlib
import textwrap
from dataclasses import dataclass

from tests.exercises.exercise import BODY

ROOT = pathlib.Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Cut:
    """A function as it stands in the library, dedented: head (to the docstring's end) and body."""

    file: str       # minigrad/ops/arithmetic.py
    line: int
    end: int
    name: str
    head: str
    body: str
    tree: ast.Module

    @property
    def text(self) -> str:
        """The whole function."""
        return self.head + self.body

    @property
    def docstring_lines(self) -> set[str]:
        """What the task says, line by line, without indentation."""
        return {line.strip() for line in self.head.splitlines()}


@functools.lru_cache
def cut(function: str) -> Cut:
    """Cut out "module:function" or "module:Class.method"."""
    module, qualified = function.split(":")
    file = module.replace(".", "/") + ".py"
    source = (ROOT / file).read_text(encoding="utf-8")
    tree = ast.parse(source)
    node = inside(tree, qualified, f"{file} has no {qualified}")
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    documented = ast.get_docstring(node) is not None
    head_end = node.body[0].end_lineno if documented else node.body[0].lineno - 1
    lines = source.splitlines(keepends=True)
    whole = textwrap.dedent("".join(lines[first - 1 : node.end_lineno])).splitlines(keepends=True)
    split = head_end - first + 1
    head, body = "".join(whole[:split]), "".join(whole[split:]).rstrip("\n") + "\n"
    return Cut(file, node.lineno, node.end_lineno, node.name, head, body, tree)


def inside(tree: ast.Module, qualified: str, otherwise: str):
    """Find a function or class by its dotted name."""
    node = tree
    for name in qualified.split("."):
        found = [n for n in node.body if getattr(n, "name", None) == name]
        if not found:
            raise ValueError(otherwise)
        node = found[-1]
    return node


def edited(function: str, old: str, new: str) -> str:
    """Return the library's function with one edit in its body.

    Raises:
        ValueError: the old text is not there, or more than once.
    """
    reference = cut(function)
    if old == BODY:
        return reference.head + textwrap.indent(textwrap.dedent(new).strip("\n"), " " * 4) + "\n"
    if (times := reference.body.count(old)) != 1:
        raise ValueError(f"the edit's old text occurs {times} times in {function}: {old!r}")
    return reference.head + reference.body.replace(old, new)


def place(read: str) -> str:
    """Turn "minigrad/tensor.py:grad" into "minigrad/tensor.py, line 170: grad".

    Of a file alone its opening is meant: the answer may stand below.
    """
    file, _, qualified = read.partition(":")
    if not qualified:
        if not (ROOT / file).is_file():
            raise ValueError(f"there is no {file} to read")
        return f"{file}, the text at its top"
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return f"{file}, line {inside(tree, qualified, f'{read} is not there').lineno}: {qualified}"


def stub(function: str, says: str) -> str:
    """Write the file that a student begins with: the function's head, and nothing below it."""
    reference = cut(function)
    known = _used(reference)
    imports = [line for node in reference.tree.body if (line := _import(node, known))]
    own = sorted(known & {n.name for n in reference.tree.body if hasattr(n, "name")})
    parts = [f'"""{says}"""', ""]
    if imports:
        parts += [*imports, ""]
    if own := [name for name in own if name != reference.name]:
        parts += [f"# {reference.file} has these too, and you may call them: {', '.join(own)}", ""]
    return "\n".join(parts) + f"\n\n{reference.head}    raise NotImplementedError\n"


def _used(reference: Cut) -> set[str]:
    """Every name that the function uses, its annotations among them."""
    return {n.id for n in ast.walk(ast.parse(reference.text)) if isinstance(n, ast.Name)}


def _import(node, known: set[str]) -> str | None:
    """An import of the module, with the names alone that the function uses."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return None
    used = [a for a in node.names if (a.asname or a.name.split(".")[0]) in known]
    if not used:
        return None
    names = ast.Import(names=used)
    if isinstance(node, ast.ImportFrom):
        names = ast.ImportFrom(module=node.module, names=used, level=node.level)
    return ast.unparse(names)
