"""`python -m demos` lists the demos; `python -m demos NAME …` runs one."""

import ast
import difflib
import importlib
import pathlib
import sys

from demos.shared.command import run

HERE = pathlib.Path(__file__).parent


def demos() -> dict[str, str]:
    """Name and first docstring line of every file here that has a main; none is imported."""
    found = {}
    for file in sorted(HERE.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        has_main = any(isinstance(n, ast.FunctionDef) and n.name == "main" for n in tree.body)
        if has_main and file.stem != "__main__":
            found[file.stem] = ast.get_docstring(tree).splitlines()[0]
    return found


def main(argv: list[str]) -> None:
    """List the demos, or run the one that is named."""
    known = demos()
    if not argv or argv[0] in ("-h", "--help", "list"):
        print("python -m demos NAME --help tells the options of each:\n")
        for name, line in known.items():
            print(f"  {name:10} {line}")
        return
    name, *rest = argv
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise ValueError(f"there is no demo {name!r}; {hint}")
    importlib.import_module(f"demos.{name}").main(rest)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv[1:]))
