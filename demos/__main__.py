"""`python -m demos` lists the demos by room; `python -m demos NAME …` runs one."""

import ast
import importlib
import pathlib
import sys

from minigrad.checked import nearest
from minigrad.command import run

HERE = pathlib.Path(__file__).parent
TECHNIQUES = HERE.parent / "minigrad" / "techniques"
ROOMS = ["look", "make", "fool", "learn"]  # in the order in which they are listed


def demos() -> dict[str, str]:
    """Name and first docstring line of every file here that has a main; none is imported."""
    found = {}
    for file in sorted(HERE.glob("*.py")):
        tree = parsed(file)
        has_main = any(isinstance(n, ast.FunctionDef) and n.name == "main" for n in tree.body)
        if has_main and file.stem != "__main__":
            found[file.stem] = ast.get_docstring(tree).splitlines()[0]
    return found


def room_of(demo: str) -> str | None:
    """The room of the first technique that a demo imports, None if it imports none."""
    exported = {
        name: room
        for module, name in imports(parsed(TECHNIQUES / "__init__.py"))
        if (room := room_in(module))
    }
    for module, name in imports(parsed(HERE / f"{demo}.py")):
        by_name = exported.get(name) if module == "minigrad.techniques" else None
        if room := by_name or room_in(f"{module}.{name}"):
            return room
    return None


def room_in(module: str) -> str | None:
    """minigrad.techniques.look.gradient → look."""
    below = module.removeprefix("minigrad.techniques.").split(".")[0]
    return below if below in ROOMS else None


def imports(tree: ast.Module):
    """Yield (module, name) of every `from module import name`, in their order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def parsed(file: pathlib.Path) -> ast.Module:
    """Read a file without running it."""
    return ast.parse(file.read_text(encoding="utf-8"))


def listed() -> str:
    """Write the list: a room and what it is for, then its demos."""
    known, lines = demos(), ["python -m demos NAME --help tells the options of each"]
    rooms = {name: room_of(name) for name in known}
    for room in [*ROOMS, None]:
        inside = [name for name in known if rooms[name] == room]
        if inside:
            lines += ["", f"{room}: {idea(room)}" if room else "and"]
            lines += [f"  {name:10} {known[name]}" for name in inside]
    return "\n".join(lines)


def idea(room: str) -> str:
    """The first line of what a room says of itself."""
    return ast.get_docstring(parsed(TECHNIQUES / room / "__init__.py")).splitlines()[0]


def main(argv: list[str]) -> None:
    """List the demos, or run the one that is named."""
    if not argv or argv[0] in ("-h", "--help", "list"):
        print(listed())
        return
    name, *rest = argv
    known = demos()
    if name not in known:
        raise ValueError(f"there is no demo {name!r}; {nearest(name, known)}")
    importlib.import_module(f"demos.{name}").main(rest)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv[1:], "demos"))
