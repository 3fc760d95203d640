"""The formula sheet: every op, its equation, and the code of its gradients.

    python -m minigrad              all ops
    python -m minigrad conv2d exp   these

The equation is what the op's docstring begins with.  Below it stands, for each array argument, the
gradient function that the op returns, read from its source: the sheet cannot say what the code
does not do.

Read before: tensor.py, for what @op does.  Read next: ops/activation.py, the ops themselves.
"""

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator

from minigrad import ops
from minigrad.checked import nearest
from minigrad.command import run

FILES = (
    "activation", "arithmetic", "shape", "linear", "conv", "pool", "norm", "resample", "unpool",
    "roi", "loss",
)


def all_ops() -> dict[str, Callable]:
    """Every op by name, in the order in which they are to be read."""
    def place(f):
        return FILES.index(f.__module__.rpartition(".")[2]), f.__wrapped__.__code__.co_firstlineno

    found = [f for f in vars(ops).values() if hasattr(f, "broadcasts")]
    return {f.__name__: f for f in sorted(found, key=place)}


def equation(f: Callable) -> str:
    """What the op's docstring says before its first empty line."""
    return inspect.getdoc(f).split("\n\n")[0]


def gradients(f: Callable) -> dict[str, str]:
    """The code of each gradient function that an op returns, by the argument that it is for."""
    source, forward = _tree(f.__wrapped__)
    names = f.__wrapped__.__globals__
    while isinstance(forward.body[-1].value, ast.Call):  # conv2d leaves it all to its definition
        source, forward = _tree(names[forward.body[-1].value.func.id])
    inner = {node.name: node for node in ast.walk(forward) if isinstance(node, ast.FunctionDef)}
    _, *returned = forward.body[-1].value.elts  # return value, gradient, gradient, …
    code = {}
    for argument, node in zip(inspect.signature(f).parameters, returned, strict=False):
        for part in ast.walk(node):  # a lambda, or the name of a function here or elsewhere
            name = getattr(part, "id", None)
            if isinstance(part, ast.Lambda):
                code[argument] = " ".join(ast.get_source_segment(source, part.body).split())
            elif name in inner:
                text = ast.get_source_segment(source, inner[name], padded=True)
                code[argument] = textwrap.dedent(text)
            elif inspect.isfunction(shared := names.get(name)):
                code[argument] = inspect.getsource(shared).rstrip()
            else:
                continue
            break
    return code


def _tree(function: Callable) -> tuple[str, ast.FunctionDef]:
    source = textwrap.dedent(inspect.getsource(function))
    return source, ast.parse(source).body[0]


def lines(f: Callable) -> Iterator[str]:
    """One op's part of the sheet."""
    place = f"{f.__module__.replace('.', '/')}.py:{f.__wrapped__.__code__.co_firstlineno}"
    arguments = ", ".join(inspect.signature(f).parameters)
    yield f"{f'{f.__name__}({arguments})':<60} {place}"
    yield textwrap.indent(equation(f), "    ")
    for argument, code in gradients(f).items():
        first, *rest = code.splitlines()
        yield f"    {'∂L/∂' + argument:14} │ {first}"
        yield from (f"    {'':14} │ {line}" for line in rest)
    yield ""


def main(argv: list[str]) -> None:
    """Print the sheet, or some ops of it.

    Raises:
        ValueError: there is no op of such a name.
    """
    options = argparse.ArgumentParser(
        prog="python -m minigrad", description="The formula sheet: every op, its equation, and the "
        "code of its gradients.",
    )  # fmt: skip
    options.add_argument("names", nargs="*", metavar="OP", help="some ops, as conv2d (all)")
    known, names = all_ops(), options.parse_args(argv).names
    for name in names:
        if name not in known:
            raise ValueError(f"there is no op {name!r}; {nearest(name, known)}")
    for name in names or known:
        print("\n".join(lines(known[name])))


if __name__ == "__main__":
    sys.exit(run(main, sys.argv[1:], "minigrad"))
